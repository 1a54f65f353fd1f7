package sigma

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// dashes are what Windows programs, and those who hide from rules, begin an
// option with.
var dashes = [...]string{"-", "/", "\u2013", "\u2014", "\u2015"}

// maxDashes is how many dashes of one value are varied: each makes five of it.
const maxDashes = 5

// transform applies a modifier that makes one value, or several, of a value.
func transform(modifier string, p Pattern) ([]Pattern, error) {
	if modifier == "windash" {
		return windash(p)
	}
	s, plain := p.literal()
	if !plain {
		return nil, fmt.Errorf("%s cannot encode a value with the wildcards * and ?; put a backslash before one that stands for itself", modifier)
	}
	switch modifier {
	case "base64":
		return []Pattern{literal(base64.StdEncoding.EncodeToString([]byte(s)))}, nil
	case "base64offset":
		return base64offset(s), nil
	}
	return []Pattern{literal(encodeUTF16(modifier, s))}, nil
}

func literal(s string) Pattern { return Pattern{{Literal: s}} }

// literal returns the text that p is, if it has no wildcard.
func (p Pattern) literal() (string, bool) {
	var b strings.Builder
	for _, piece := range p {
		if piece.Wild != 0 {
			return "", false
		}
		b.WriteString(piece.Literal)
	}
	return b.String(), true
}

// base64offset returns what stands in any base64 text whose content contains s,
// for the three places at which s can begin there. The characters at both ends
// that depend on what is beside s are cut off.
func base64offset(s string) []Pattern {
	begin := [3]int{0, 2, 3}
	end := [3]int{0, 3, 2}
	var all []Pattern
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte("   "[:shift] + s))
		from, to := begin[shift], len(text)-end[(len(s)+shift)%3]
		if from < to {
			all = append(all, literal(text[from:to]))
		}
	}
	return all
}

func encodeUTF16(modifier, s string) string {
	units := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(units)+2)
	if modifier == "utf16" { // little-endian, behind a mark that says so
		b = append(b, 0xff, 0xfe)
	}
	for _, u := range units {
		if modifier == "utf16be" {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// windash returns p with each dash that begins an option written in all ways.
// Such a dash has no word before it, and has one after it.
func windash(p Pattern) ([]Pattern, error) {
	varied := 0
	all := []Pattern{nil}
	for i, piece := range p {
		variants := []string{piece.Literal}
		if piece.Wild == 0 {
			places := optionDashes(p, i)
			if varied += len(places); varied > maxDashes {
				return nil, fmt.Errorf("windash would vary more than %d dashes of one value, each in %d ways; divide the value", maxDashes, len(dashes))
			}
			variants = withDashes(piece.Literal, places)
		}
		var longer []Pattern
		for _, before := range all {
			for _, v := range variants {
				longer = append(longer, append(before[:len(before):len(before)], Piece{Literal: v, Wild: piece.Wild}))
			}
		}
		all = longer
	}
	return all, nil
}

// optionDashes returns where the i-th piece of p, a literal, has a - or / that
// begins an option. A wildcard beside it is no word.
func optionDashes(p Pattern, i int) []int {
	s := p[i].Literal
	var places []int
	for at := 0; at < len(s); at++ {
		if s[at] != '-' && s[at] != '/' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		after, _ := utf8.DecodeRuneInString(s[at+1:])
		if !isWord(before) && isWord(after) {
			places = append(places, at)
		}
	}
	return places
}

func isWord(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func withDashes(s string, places []int) []string {
	all := []string{""}
	from := 0
	for _, at := range places {
		var longer []string
		for _, before := range all {
			for _, dash := range dashes {
				longer = append(longer, before+s[from:at]+dash)
			}
		}
		all, from = longer, at+1
	}
	for i := range all {
		all[i] += s[from:]
	}
	return all
}
