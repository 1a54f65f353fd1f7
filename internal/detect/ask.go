package detect

import (
	"bytes"
	"cmp"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// ask answers a test by looking at the values, which is what those tests need
// that are not decided by the literals found. An expression it matches without a
// [regex.Matcher].
func (v *values) ask(t *sigma.Test, slot, other int) bool {
	val := &v.list[slot]
	switch t.Kind {
	case sigma.Exists:
		return val.has
	case sigma.Absent:
		return !val.has
	}
	if !val.has {
		return false
	}
	switch t.Kind {
	case sigma.Regex:
		return t.Expression.MatchString(val.string())
	case sigma.CIDR:
		a, err := netip.ParseAddr(val.string())
		return err == nil && t.Network.Contains(a.Unmap())
	case sigma.Compare:
		n, err := strconv.ParseFloat(val.string(), 64)
		return err == nil && t.Relation.Holds(cmp.Compare(n, t.Number))
	case sigma.TimePart:
		n, ok := timePart(val.string(), t.Part)
		return ok && t.Relation.Holds(cmp.Compare(float64(n), t.Number))
	case sigma.SameField:
		return v.list[other].has && compareFields(t, v, slot, other)
	case sigma.Glob:
		if t.Cased {
			return fits(t.Pattern, val.string())
		}
		return fits(t.Pattern, v.lower(slot))
	}
	if t.Cased {
		return textHolds(t.Kind, val.string(), t.Text)
	}
	return textHolds(t.Kind, string(v.lower(slot)), t.Text)
}

func textHolds(kind sigma.Kind, text, literal string) bool {
	switch kind {
	case sigma.Equals:
		return text == literal
	case sigma.Prefix:
		return strings.HasPrefix(text, literal)
	case sigma.Suffix:
		return strings.HasSuffix(text, literal)
	case sigma.Contains:
		return strings.Contains(text, literal)
	}
	return false
}

func compareFields(t *sigma.Test, v *values, slot, other int) bool {
	var a, b []byte
	if t.Cased {
		a, b = []byte(v.list[slot].string()), []byte(v.list[other].string())
	} else {
		a, b = v.lower(slot), v.lower(other)
	}
	switch t.Relation {
	case sigma.Has:
		return bytes.Contains(a, b)
	case sigma.Begins:
		return bytes.HasPrefix(a, b)
	case sigma.Ends:
		return bytes.HasSuffix(a, b)
	}
	return bytes.Equal(a, b)
}

// timeLayouts are those of our own values, and of others that a text may have.
var timeLayouts = [...]string{timeLayout, time.RFC3339Nano, time.DateTime, time.DateOnly}

// timePart takes a part out of a time.
func timePart(text, part string) (int, bool) {
	for _, layout := range timeLayouts {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		switch part {
		case "minute":
			return t.Minute(), true
		case "hour":
			return t.Hour(), true
		case "day":
			return t.Day(), true
		case "week":
			_, week := t.ISOWeek()
			return week, true
		case "month":
			return int(t.Month()), true
		case "year":
			return t.Year(), true
		}
	}
	return 0, false
}

// fits tells whether all of s fits a pattern. After a *, the first place where
// the next literal stands is as good as any later one: so nothing is tried twice
// but from the last * on.
func fits[T string | []byte](p sigma.Pattern, s T) bool {
	at, piece := 0, 0
	back, resume := -1, 0 // the piece behind the last *, and where to try it next
	for {
		if n, ok := pieceFits(p, piece, s, at); ok {
			switch {
			case piece == len(p):
				return true
			case p[piece].Wild == '*':
				back, resume = piece+1, at
			}
			at += n
			piece++
			continue
		}
		if back < 0 || resume >= len(s) {
			return false
		}
		_, n := decode(s, resume)
		resume += n
		at, piece = resume, back
	}
}

// pieceFits tells whether a piece fits at a place, and how many bytes it takes.
// Behind the last piece only the end fits.
func pieceFits[T string | []byte](p sigma.Pattern, piece int, s T, at int) (int, bool) {
	if piece == len(p) {
		return 0, at == len(s)
	}
	switch p[piece].Wild {
	case '*':
		return 0, true
	case '?':
		_, n := decode(s, at)
		return n, n > 0
	}
	l := p[piece].Literal
	return len(l), len(s)-at >= len(l) && string(s[at:at+len(l)]) == l
}

func decode[T string | []byte](s T, at int) (rune, int) {
	if at >= len(s) {
		return 0, 0
	}
	if s[at] < utf8.RuneSelf {
		return rune(s[at]), 1
	}
	return utf8.DecodeRuneInString(string(s[at:min(len(s), at+utf8.UTFMax)]))
}
