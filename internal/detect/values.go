package detect

import (
	"unicode"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

// A value is what an event has for a field. It is good until the next event.
type value struct {
	text string // as the event has it; of a made value only once somebody asked
	made []byte // of a value that is put together
	fold []byte // in lower case, once somebody asked

	has, isMade, asked, folded, ascii bool
}

// values are an event's values for some fields.
type values struct {
	of     []*field
	list   []value
	buffer []byte // that made values lie in
	folds  [][]byte
}

func newValues(of []*field) *values {
	return &values{of: of, list: make([]value, len(of)), folds: make([][]byte, len(of))}
}

// fill takes the values from an event.
func (v *values) fill(p *event.Process) {
	v.buffer = v.buffer[:0]
	for i, f := range v.of {
		if f.text != nil {
			s := f.text(p)
			v.list[i] = value{text: s, has: s != "", ascii: ascii(s)}
			continue
		}
		begin := len(v.buffer)
		v.buffer = f.made(v.buffer, p)
		made := v.buffer[begin:len(v.buffer):len(v.buffer)]
		v.list[i] = value{made: made, has: len(made) > 0, isMade: true, ascii: true}
	}
}

// string returns the value as the event has it.
func (v *value) string() string {
	if v.isMade && !v.asked {
		v.text, v.asked = string(v.made), true
	}
	return v.text
}

// len returns how many bytes the value has.
func (v *value) len() int {
	if v.isMade {
		return len(v.made)
	}
	return len(v.text)
}

// lower returns the i-th value in lower case, as sigma.Fold does.
func (v *values) lower(i int) []byte {
	val := &v.list[i]
	if val.folded {
		return val.fold
	}
	b := v.folds[i][:0]
	switch {
	case val.isMade:
		b = appendLower(b, val.made)
	case val.ascii || !utf8.ValidString(val.text):
		b = appendLower(b, val.text)
	default:
		for _, r := range val.text {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	v.folds[i] = b
	val.fold, val.folded = b, true
	return b
}

func appendLower[T string | []byte](b []byte, s T) []byte {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// ascii tells whether s has nothing but ASCII.
func ascii(s string) bool {
	for len(s) >= 8 {
		if (s[0]|s[1]|s[2]|s[3]|s[4]|s[5]|s[6]|s[7])&0x80 != 0 {
			return false
		}
		s = s[8:]
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
