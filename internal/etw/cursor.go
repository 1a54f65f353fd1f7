package etw

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A DecodeError says why a record cannot be decoded.
type DecodeError struct {
	Record string // what it is: "ProcessStart version 3", "classic process end version 4"
	Field  string // that does not fit; "" where it is none in particular
	Offset int    // of that field in the payload
	Size   int    // of the payload
	Reason string
}

func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s (%d bytes)", e.Record, e.Reason, e.Size)
	}
	return fmt.Sprintf("%s: %s at byte %d of %d: %s", e.Record, e.Field, e.Offset, e.Size, e.Reason)
}

// A cursor reads the fields of a payload, one after the other: they are packed
// and little-endian. After the first field that does not fit it gives zeros, so
// that a layout can be read to its end and asked once.
type cursor struct {
	data    []byte
	at      int
	pointer int // bytes of a pointer

	field  string // the first that does not fit
	offset int    // where that is
	reason string // what is wrong with it; "": nothing
}

// fail notes what is wrong with the field that begins at offset.
func (c *cursor) fail(field string, offset int, reason string) {
	if c.reason == "" {
		c.field, c.offset, c.reason = field, offset, reason
	}
	c.at = len(c.data)
}

// take returns the next n bytes, or nil.
func (c *cursor) take(field string, n int) []byte {
	if c.reason != "" {
		return nil
	}
	if left := len(c.data) - c.at; left < n {
		c.fail(field, c.at, "it has "+strconv.Itoa(n)+" bytes, and "+strconv.Itoa(left)+" are left")
		return nil
	}
	c.at += n
	return c.data[c.at-n : c.at]
}

func (c *cursor) u16(field string) uint16 {
	if b := c.take(field, 2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32(field string) uint32 {
	if b := c.take(field, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(field string) uint64 {
	if b := c.take(field, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) ptr(field string) uint64 {
	if c.pointer == 4 {
		return uint64(c.u32(field))
	}
	return c.u64(field)
}

func (c *cursor) filetime(field string) time.Time { return filetime(c.u64(field)) }

// wide returns a text in UTF-16 that a NUL ends.
func (c *cursor) wide(field string) string {
	if c.reason != "" {
		return ""
	}
	start := c.at
	for i := start; i+1 < len(c.data); i += 2 {
		if c.data[i] == 0 && c.data[i+1] == 0 {
			c.at = i + 2
			return wideText(c.data[start:i])
		}
	}
	c.fail(field, start, "the text has no end")
	return ""
}

// wideText returns the text that stands in UTF-16. A surrogate without its other
// half becomes U+FFFD.
func wideText(b []byte) string {
	short := make([]byte, 0, 256)
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] >= utf8.RuneSelf || b[i+1] != 0 {
			return otherText(b)
		}
		short = append(short, b[i])
	}
	return string(short)
}

// otherText is wideText for what is not all ASCII.
func otherText(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// ansi returns a text of bytes that a NUL ends. They are in the code page of the
// station, which nobody tells: what is not UTF-8 is taken for Latin-1.
func (c *cursor) ansi(field string) string {
	if c.reason != "" {
		return ""
	}
	start := c.at
	for i := start; i < len(c.data); i++ {
		if c.data[i] != 0 {
			continue
		}
		c.at = i + 1
		text := c.data[start:i]
		if utf8.Valid(text) {
			return string(text)
		}
		runes := make([]rune, len(text))
		for k, b := range text {
			runes[k] = rune(b)
		}
		return string(runes)
	}
	c.fail(field, start, "the text has no end")
	return ""
}

// The layout of a SID: revision, number of parts, authority, parts.
const (
	sidHead  = 8
	sidParts = 15 // at most
)

// sid returns a SID in its written form.
func (c *cursor) sid(field string) string {
	start := c.at
	head := c.take(field, sidHead)
	switch {
	case head == nil:
		return ""
	case head[0] != 1:
		c.fail(field, start, fmt.Sprintf("a SID of revision %d; only 1 is known", head[0]))
		return ""
	case head[1] > sidParts:
		c.fail(field, start, fmt.Sprintf("a SID of %d parts; it has at most %d", head[1], sidParts))
		return ""
	}
	parts := c.take(field, 4*int(head[1]))
	if parts == nil && head[1] > 0 {
		return ""
	}
	authority := uint64(binary.BigEndian.Uint16(head[2:]))<<32 | uint64(binary.BigEndian.Uint32(head[4:]))
	text := append(make([]byte, 0, 64), "S-1-"...)
	text = strconv.AppendUint(text, authority, 10)
	for ; len(parts) > 0; parts = parts[4:] {
		text = append(text, '-')
		text = strconv.AppendUint(text, uint64(binary.LittleEndian.Uint32(parts)), 10)
	}
	return string(text)
}

// user returns the SID of a classic event: behind a TOKEN_USER, of which only
// the size matters. Where there is no SID, there is a zero of four bytes instead.
func (c *cursor) user(field string) string {
	if len(c.data)-c.at < 4 || binary.LittleEndian.Uint32(c.data[c.at:]) == 0 && !c.zeroUser() {
		c.u32(field)
		return ""
	}
	if c.take(field, 2*c.pointer) == nil {
		return ""
	}
	return c.sid(field)
}

// zeroUser tells whether a TOKEN_USER of zeros and then a SID follows, as
// programs other than the kernel write it.
func (c *cursor) zeroUser() bool {
	rest := c.data[c.at:]
	skip := 2 * c.pointer
	if len(rest) < skip+sidHead {
		return false
	}
	for _, b := range rest[:skip] {
		if b != 0 {
			return false
		}
	}
	head := rest[skip:]
	return head[0] == 1 && head[1] > 0 && head[1] <= sidParts && binary.BigEndian.Uint32(head[2:]) == 0
}
