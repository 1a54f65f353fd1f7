package query

import (
	"strings"
	"unicode/utf8"
)

// Pattern is text with wildcards, one Piece after the other. No two literal
// pieces and no two runs stand side by side.
type Pattern []Piece

// Piece is a literal text or a wildcard.
type Piece struct {
	Wild Wild
	Text string // of a literal: not empty, as typed
}

// Wild tells what a piece stands for.
type Wild uint8

// The kinds of piece.
const (
	Literal Wild = iota
	One          // ?: exactly one character
	Run          // *: any number of characters
)

// parsePattern reads wildcards and their escapes. It accepts any text.
func parsePattern(text string) Pattern {
	var p Pattern
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			p = append(p, Piece{Text: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '[' && i+2 < len(text) && text[i+2] == ']' && strings.IndexByte("*?[", text[i+1]) >= 0:
			literal.WriteByte(text[i+1])
			i += 2
		case c == '*':
			flush()
			if len(p) == 0 || p[len(p)-1].Wild != Run {
				p = append(p, Piece{Wild: Run})
			}
		case c == '?':
			flush()
			p = append(p, Piece{Wild: One})
		default:
			literal.WriteByte(c)
		}
	}
	flush()
	return p
}

// literalPattern returns the pattern that stands for text and nothing else.
func literalPattern(text string) Pattern {
	if text == "" {
		return nil
	}
	return Pattern{{Text: text}}
}

// Escape returns the form of text in which *, ? and [ are ordinary, quoted if
// need be: what stands after "field:" to look for that very text.
func Escape(text string) string { return quoteValue(literalPattern(text).String()) }

// String returns the pattern as it is typed, without quotes.
func (p Pattern) String() string {
	var b strings.Builder
	for i, piece := range p {
		switch piece.Wild {
		case One:
			b.WriteByte('?')
		case Run:
			b.WriteByte('*')
		default:
			for j := 0; j < len(piece.Text); j++ {
				c := piece.Text[j]
				last := j == len(piece.Text)-1
				if c == '*' || c == '?' ||
					c == '[' && (last && i < len(p)-1 || !last && strings.IndexByte("*?[", piece.Text[j+1]) >= 0) {
					b.Write([]byte{'[', c, ']'})
				} else {
					b.WriteByte(c)
				}
			}
		}
	}
	return b.String()
}

// Has tells whether the pattern has a piece of that kind.
func (p Pattern) Has(w Wild) bool {
	for _, piece := range p {
		if piece.Wild == w {
			return true
		}
	}
	return false
}

// hasAny tells whether one of chars stands in the literal text.
func (p Pattern) hasAny(chars string) bool {
	for _, piece := range p {
		if strings.ContainsAny(piece.Text, chars) {
			return true
		}
	}
	return false
}

// within returns the pattern that finds p anywhere in a text.
func (p Pattern) within() Pattern {
	w := append(Pattern{{Wild: Run}}, p...)
	return append(w, Piece{Wild: Run})
}

// Trimmed returns the pattern without separators at its end: what the trimmed
// text must fit for DirectoryPart.
func (p Pattern) Trimmed() Pattern {
	if len(p) == 0 || p[len(p)-1].Wild != Literal {
		return p
	}
	return append(p[:len(p)-1:len(p)-1], literalPattern(strings.TrimRight(p[len(p)-1].Text, separators))...)
}

// matcher returns a function that tells whether a whole text fits the pattern,
// without regard to the case of A to Z.
func (p Pattern) matcher() func(string) bool {
	folded := make(Pattern, len(p))
	for i, piece := range p {
		folded[i] = Piece{piece.Wild, lowerASCII(piece.Text)}
	}
	var parts []Pattern // between runs
	from := 0
	for i, piece := range folded {
		if piece.Wild == Run {
			parts = append(parts, folded[from:i])
			from = i + 1
		}
	}
	parts = append(parts, folded[from:])
	if len(parts) == 1 {
		return func(s string) bool {
			n, ok := parts[0].prefix(s)
			return ok && n == len(s)
		}
	}
	first, middle, last := parts[0], parts[1:len(parts)-1], parts[len(parts)-1]
	return func(s string) bool {
		n, ok := first.prefix(s)
		if !ok {
			return false
		}
		s = s[n:]
		for _, m := range middle {
			if s, ok = m.after(s); !ok {
				return false
			}
		}
		return last.suffix(s)
	}
}

// prefix tells whether s begins with p, which has no run and is folded, and in
// how many bytes.
func (p Pattern) prefix(s string) (int, bool) {
	n := 0
	for _, piece := range p {
		if piece.Wild == One {
			if n == len(s) {
				return 0, false
			}
			_, size := utf8.DecodeRuneInString(s[n:])
			n += size
			continue
		}
		if !hasPrefixFold(s[n:], piece.Text) {
			return 0, false
		}
		n += len(piece.Text)
	}
	return n, true
}

// after returns what follows the first place in s where p, as for prefix, fits.
func (p Pattern) after(s string) (string, bool) {
	for i := 0; i <= len(s); {
		if len(p) > 0 && p[0].Wild == Literal {
			next := indexFold(s[i:], p[0].Text)
			if next < 0 {
				return "", false
			}
			i += next
		}
		if n, ok := p.prefix(s[i:]); ok {
			return s[i+n:], true
		}
		if i == len(s) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return "", false
}

// suffix tells whether s ends with p, which is as for prefix.
func (p Pattern) suffix(s string) bool {
	end := len(s)
	for i := len(p) - 1; i >= 0; i-- {
		if p[i].Wild == One {
			if end == 0 {
				return false
			}
			_, size := utf8.DecodeLastRuneInString(s[:end])
			end -= size
			continue
		}
		end -= len(p[i].Text)
		if end < 0 || !hasPrefixFold(s[end:], p[i].Text) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// lowerASCII folds A to Z and nothing else, as PostgreSQL does with COLLATE "C".
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				b[j] = lower(b[j])
			}
			return string(b)
		}
	}
	return s
}

// hasPrefixFold tells whether s begins with prefix, which is in lower case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

// indexFold returns where text, which is in lower case and not empty, begins in
// s, or -1.
func indexFold(s, text string) int {
	c := text[0]
	for i := 0; i+len(text) <= len(s); i++ {
		if lower(s[i]) == c && hasPrefixFold(s[i:], text) {
			return i
		}
	}
	return -1
}
