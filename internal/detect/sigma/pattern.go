package sigma

import (
	"strings"
	"unicode/utf8"
)

// A Pattern is a text with wildcards.
type Pattern []Piece

// A Piece is a literal, or a wildcard.
type Piece struct {
	Literal string // where Wild is 0
	Wild    byte   // '*' any characters, lines included; '?' exactly one; 0 none
}

// parsePattern reads a Sigma string. A backslash takes the meaning from a
// wildcard and from another backslash; elsewhere it is a backslash.
func parsePattern(s string) Pattern {
	var p Pattern
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			p = append(p, Piece{Literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			literal.WriteByte(s[i])
		case c == '*' || c == '?':
			flush()
			p = append(p, Piece{Wild: c})
		default:
			literal.WriteByte(c)
		}
	}
	flush()
	return p
}

// joined returns p with neighbouring literals made one, and runs of * too.
func (p Pattern) joined() Pattern {
	var q Pattern
	for _, piece := range p {
		last := len(q) - 1
		switch {
		case piece.Wild == 0 && piece.Literal == "":
		case last >= 0 && piece.Wild == '*' && q[last].Wild == '*':
		case last >= 0 && piece.Wild == 0 && q[last].Wild == 0:
			q[last].Literal += piece.Literal
		default:
			q = append(q, piece)
		}
	}
	return q
}

// Fold returns s without regard to case: how values and literals are made
// comparable. Bytes that are no UTF-8, as encodings give them, stay.
func Fold(s string) string {
	if utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// shape puts the kind of test into t that p comes down to: most patterns are a
// literal with or without a * before and after it.
func (t *Test) shape(p Pattern) {
	p = p.joined()
	if !t.Cased {
		for i := range p {
			p[i].Literal = Fold(p[i].Literal)
		}
	}
	switch {
	case len(p) == 0:
		t.Kind = Equals
	case len(p) == 1 && p[0].Wild == '*':
		t.Kind = Exists
	case len(p) == 1 && p[0].Wild == 0:
		t.Kind, t.Text = Equals, p[0].Literal
	case len(p) == 2 && p[0].Wild == '*' && p[1].Wild == 0:
		t.Kind, t.Text = Suffix, p[1].Literal
	case len(p) == 2 && p[0].Wild == 0 && p[1].Wild == '*':
		t.Kind, t.Text = Prefix, p[0].Literal
	case len(p) == 3 && p[0].Wild == '*' && p[1].Wild == 0 && p[2].Wild == '*':
		t.Kind, t.Text = Contains, p[1].Literal
	default:
		t.Kind, t.Pattern = Glob, p
	}
}
