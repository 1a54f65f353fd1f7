package linuxproc

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, ``},
		{[]string{""}, `""`},
		{[]string{"/bin/true"}, `/bin/true`},
		{[]string{"sh", "-c", "echo $HOME | wc"}, `sh -c "echo $HOME | wc"`},
		{[]string{"a", "", "b c", `say "hi"`, `C:\x`}, `a "" "b c" "say \"hi\"" "C:\\x"`},
		{[]string{"it's", "tab\there", "line\nbreak\r", "\x01\x7f"}, `"it's" "tab\there" "line\nbreak\r" "\x01\x7f"`},
		{[]string{"ñandú", "\xff"}, "ñandú \xff"},
	} {
		got := CommandLine(c.args)
		if got != c.want {
			t.Errorf("%q becomes %s; want %s", c.args, got, c.want)
		}
		if back, ok := SplitCommandLine(got); !ok || !slices.Equal(back, c.args) {
			t.Errorf("%s gives back %q, %t; want %q", got, back, ok, c.args)
		}
	}
	for _, line := range []string{`a `, `"a`, `"a"b`, `"\q"`, `"\x0"`, `"\xgg"`, `"\`, `"a" `} {
		if args, ok := SplitCommandLine(line); ok {
			t.Errorf("%s is split into %q; want that it is none of ours", line, args)
		}
	}
}

func FuzzCommandLine(f *testing.F) {
	f.Add([]byte("sh\x00-c\x00echo \"x\"\x00"))
	f.Add([]byte("\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		args := Arguments(raw)
		if back, ok := SplitCommandLine(CommandLine(args)); !ok || !slices.Equal(back, args) {
			t.Errorf("%q gives back %q", args, back)
		}
		if line := Line(raw, false); len(line) > event.MaxCommandLine {
			t.Errorf("line of %d bytes", len(line))
		}
	})
}

func TestArguments(t *testing.T) {
	for raw, want := range map[string][]string{
		"":                             nil,
		"\x00":                         {""},
		"a\x00":                        {"a"},
		"a\x00b c\x00":                 {"a", "b c"},
		"a\x00\x00":                    {"a", ""},
		"a\x00\x00b\x00":               {"a", "", "b"},
		"nginx: worker":                {"nginx: worker"},
		"sshd: x" + zeros(40):          {"sshd: x"},
		"a\x00b" + zeros(1+maxEmpty):   {"a", "b", "", "", "", "", "", "", "", ""},
		"a\x00b" + zeros(2+maxEmpty+5): {"a", "b"},
	} {
		if got := Arguments([]byte(raw)); !slices.Equal(got, want) {
			t.Errorf("%q gives %q; want %q", raw, got, want)
		}
	}
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

// A line is as long as an event may carry, whatever is in it.
func TestLine(t *testing.T) {
	if got, want := Line([]byte("a\x00b"), true), "a b …"; got != want {
		t.Errorf("what was cut is %q; want %q", got, want)
	}
	for _, long := range []string{strings.Repeat("x", 70_000), strings.Repeat("a\xff", 30_000), strings.Repeat("€", 30_000), strings.Repeat("\"\n", 20_000)} {
		line := Line([]byte(long), false)
		if len(line) > event.MaxCommandLine || !strings.HasSuffix(line, cut) || !utf8.ValidString(line) {
			t.Errorf("a line of %d bytes from %d of %.4q, ending with %q", len(line), len(long), long, line[len(line)-8:])
		}
	}
}
