package linuxproc

import (
	"strings"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

// cut marks the end of a command line of which there is more.
const cut = " …"

// CommandLine joins arguments to one line. Arguments stand as they are, with a
// blank between them; one that is empty, or has a blank, a quote, a backslash or
// a control character, stands in double quotes, in which a backslash stands
// before each double quote and each backslash, and a control character is written
// \n, \t, \r or \xNN. So it can be read by people, and SplitCommandLine gives the
// arguments back. It is not meant for a shell, to which $ and others would say more.
func CommandLine(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		quote(&b, arg)
	}
	return b.String()
}

func quote(b *strings.Builder, arg string) {
	plain := arg != ""
	for i := 0; i < len(arg) && plain; i++ {
		c := arg[i]
		plain = c > ' ' && c != '"' && c != '\'' && c != '\\' && c != 0x7f
	}
	if plain {
		b.WriteString(arg)
		return
	}
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for i := 0; i < len(arg); i++ {
		switch c := arg[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// SplitCommandLine returns the arguments that CommandLine joined, and whether
// the line is one that it makes.
func SplitCommandLine(line string) ([]string, bool) {
	var args []string
	for line != "" {
		var arg strings.Builder
		if line[0] != '"' {
			plain, rest, more := strings.Cut(line, " ")
			if args, line = append(args, plain), rest; more && rest == "" {
				return nil, false
			}
			continue
		}
		n, ok := unquote(&arg, line)
		if !ok {
			return nil, false
		}
		args, line = append(args, arg.String()), line[n:]
		if line == "" {
			break
		}
		if line = line[1:]; line == "" {
			return nil, false
		}
	}
	return args, true
}

// unquote writes the quoted argument at the beginning of line, and returns where
// it ends: at the end of the line or before a blank.
func unquote(b *strings.Builder, line string) (int, bool) {
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return i + 1, i+1 == len(line) || line[i+1] == ' '
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if i++; i == len(line) {
			return 0, false
		}
		switch c := line[i]; c {
		case '"', '\\':
			b.WriteByte(c)
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'x':
			if i+2 >= len(line) {
				return 0, false
			}
			high, low := digit(line[i+1]), digit(line[i+2])
			if high < 0 || low < 0 {
				return 0, false
			}
			b.WriteByte(byte(high<<4 | low))
			i += 2
		default:
			return 0, false
		}
	}
	return 0, false
}

func digit(c byte) int { return strings.IndexByte("0123456789abcdef", c) }

// Arguments splits what the kernel keeps of a process's arguments: each ends
// with a zero byte. A program may have written something else there, without
// zeros or with many at the end; then it is taken as it is.
func Arguments(raw []byte) []string {
	text := strings.TrimRight(string(raw), "\x00")
	if text == "" {
		if len(raw) == 0 {
			return nil
		}
		return []string{""}
	}
	// Empty arguments at the end cannot be told from room that a program left
	// behind when it wrote its own title over them; one zero ends the last.
	if n := len(raw) - len(text); n > 1 && n <= maxEmpty+1 {
		text += strings.Repeat("\x00", n-1)
	}
	return strings.Split(text, "\x00")
}

// maxEmpty is how many empty arguments at the end are believed.
const maxEmpty = 8

// Line returns the command line of raw arguments, no longer than an event may
// have. more says that there was more than raw; then, and where the line is too
// long, a mark at its end says that it was cut.
func Line(raw []byte, more bool) string {
	line := event.CleanText(CommandLine(Arguments(raw))) // before it is measured: it can grow
	if most := event.MaxCommandLine - len(cut); len(line) > most {
		for !utf8.RuneStart(line[most]) {
			most--
		}
		line, more = line[:most], true
	}
	if more {
		line += cut
	}
	return line
}
