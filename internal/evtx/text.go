package evtx

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
)

// Masks over four UTF-16 units in one 64-bit word.
const (
	lanesNotASCII = 0xff80ff80ff80ff80
	lanesOne      = 0x0001000100010001
	lanesTop      = 0x8000800080008000
)

// appendUTF16 appends the little-endian UTF-16 text in to out, as UTF-8. It is
// the one place where text of a log becomes text of ours, and makes it
// harmless, always in the same way: NULs at the end are padding and go, a NUL
// elsewhere becomes its picture U+2400 (PostgreSQL stores no NUL), and a lone
// surrogate becomes U+FFFD. An odd last byte is ignored.
func appendUTF16(out, in []byte) []byte {
	n := len(in) &^ 1
	for n > 0 && in[n-2] == 0 && in[n-1] == 0 {
		n -= 2
	}
	in = in[:n]
	for len(in) >= 8 { // four units of ASCII at a time, as nearly all text is
		w := binary.LittleEndian.Uint64(in)
		if w&lanesNotASCII != 0 || (w-lanesOne)&^w&lanesTop != 0 {
			break
		}
		out = append(out, byte(w), byte(w>>16), byte(w>>32), byte(w>>48))
		in = in[8:]
	}
	for len(in) >= 2 {
		u := rune(binary.LittleEndian.Uint16(in))
		in = in[2:]
		switch {
		case u == 0:
			u = '\u2400'
		case u < utf8.RuneSelf:
			out = append(out, byte(u))
			continue
		case utf16.IsSurrogate(u):
			pair := rune(utf8.RuneError)
			if len(in) >= 2 {
				pair = utf16.DecodeRune(u, rune(binary.LittleEndian.Uint16(in)))
			}
			if u = pair; u != utf8.RuneError {
				in = in[2:]
			}
		}
		out = utf8.AppendRune(out, u)
	}
	return out
}

// ansiText makes text of bytes in an unknown code page, with the same rules:
// what is no UTF-8 becomes U+FFFD.
func ansiText(b []byte) string {
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return event.CleanText(string(b))
}
