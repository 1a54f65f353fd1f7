package scenario

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// Text is a path or a command line with blanks that are filled in when it is
// used: $0 the path of the program in quotation marks, $S the system's folder, $P
// that of programs, $H the user's profile, $U the user's name, $C the computer's
// name, $(n) a number, $(hex) eight hexadecimal digits, $(guid) a GUID, and
// $(name) one text of the list of that name. $$ is a dollar sign.
type Text struct {
	Parts []Part
	line  int
}

// Part is a piece of a Text.
type Part struct {
	Literal string
	Blank   Blank
	List    []string // of BlankList
	name    string
}

// Blank is what is to be filled in.
type Blank byte

// The blanks. Literal is none.
const (
	Literal Blank = iota
	BlankImage
	BlankHome
	BlankUser
	BlankComputer
	BlankNumber
	BlankHex
	BlankGUID
	BlankList
)

// IsZero tells whether nothing was written.
func (t Text) IsZero() bool { return len(t.Parts) == 0 }

// Plain returns the text where nothing is to be filled in, and whether that is so.
func (t Text) Plain() (string, bool) {
	if len(t.Parts) == 1 && t.Parts[0].Blank == Literal {
		return t.Parts[0].Literal, true
	}
	return "", false
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *Text) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return mistake(n, "this must be a text")
	}
	t.line = n.Line
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.Parts = append(t.Parts, Part{Literal: literal.String()})
			literal.Reset()
		}
	}
	for rest := n.Value; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		literal.WriteString(before)
		if !found {
			break
		}
		if after == "" {
			return mistake(n, "a dollar sign at the end stands for nothing; write $$ for the sign itself")
		}
		rest = after[1:]
		blank := Literal
		switch after[0] {
		case '$':
			literal.WriteByte('$')
			continue
		case 'S':
			literal.WriteString(`C:\Windows\System32`)
			continue
		case 'P':
			literal.WriteString(`C:\Program Files`)
			continue
		case '0':
			blank = BlankImage
		case 'H':
			blank = BlankHome
		case 'U':
			blank = BlankUser
		case 'C':
			blank = BlankComputer
		case '(':
			name, behind, closed := strings.Cut(rest, ")")
			if !closed {
				return mistake(n, "$( has no closing bracket")
			}
			rest = behind
			flush()
			t.Parts = append(t.Parts, Part{Blank: named(name), name: name})
			continue
		default:
			return mistake(n, "$%c stands for nothing; write $$ for a dollar sign", after[0])
		}
		flush()
		t.Parts = append(t.Parts, Part{Blank: blank})
	}
	flush()
	return nil
}

func named(name string) Blank {
	switch name {
	case "n":
		return BlankNumber
	case "hex":
		return BlankHex
	case "guid":
		return BlankGUID
	}
	return BlankList
}
