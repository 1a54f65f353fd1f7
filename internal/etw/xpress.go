package etw

import (
	"encoding/binary"
	"errors"
)

// The reasons why compressed bytes cannot be expanded.
var (
	errXpressShort = errors.New("the compressed bytes end too early")
	errXpressLong  = errors.New("the compressed bytes expand to more than the buffer holds")
	errXpressBack  = errors.New("the compressed bytes refer to something before their beginning")
)

// The shortest match, and the longest that each step of a length can tell.
const (
	xpressShortest = 3
	xpressInToken  = 7   // more is in half a byte
	xpressInNibble = 15  // more is in a byte
	xpressInByte   = 255 // more is in two bytes, or four
)

// expand appends to dst what src expands to: the plain LZ77 of [MS-XCA] 2.4. It
// stops after size bytes, which dst must have room for.
//
// Before each 32 items stands a word of 32 flags, the first in its highest bit:
// 0 is a byte as it is, 1 a match of two bytes, length in the lower 3 bits and
// distance in the rest. Two matches in turn share the byte that has the next 4
// bits of their lengths.
func expand(dst, src []byte, size int) ([]byte, error) {
	x := xpress{src: src}
	begin, end := len(dst), len(dst)+size
	var flags uint32
	for left := 0; len(dst) < end; left-- {
		if left == 0 {
			b, ok := x.take(4)
			if !ok {
				return dst, errXpressShort
			}
			flags, left = binary.LittleEndian.Uint32(b), 32
		}
		match := flags&(1<<31) != 0
		flags <<= 1
		if !match {
			b, ok := x.take(1)
			if !ok {
				return dst, errXpressShort
			}
			dst = append(dst, b[0])
			continue
		}
		distance, length, ok := x.match()
		switch {
		case !ok:
			return dst, errXpressShort
		case distance > len(dst)-begin:
			return dst, errXpressBack
		case length > end-len(dst):
			return dst, errXpressLong
		}
		dst = repeat(dst, distance, length)
	}
	return dst, nil
}

// repeat appends length bytes from distance before the end. They may overlap
// with what is appended.
func repeat(dst []byte, distance, length int) []byte {
	for length > 0 {
		n := min(distance, length)
		from := len(dst) - distance
		dst = append(dst, dst[from:from+n]...)
		length -= n
		distance += n
	}
	return dst
}

// xpress reads compressed bytes.
type xpress struct {
	src    []byte
	at     int
	nibble int // where the byte stands whose upper half is the next length; 0: nowhere
}

func (x *xpress) take(n int) ([]byte, bool) {
	if len(x.src)-x.at < n {
		return nil, false
	}
	x.at += n
	return x.src[x.at-n : x.at], true
}

// match reads a match.
func (x *xpress) match() (distance, length int, ok bool) {
	b, ok := x.take(2)
	if !ok {
		return 0, 0, false
	}
	token := int(binary.LittleEndian.Uint16(b))
	distance, length = token>>3+1, token&xpressInToken
	if length < xpressInToken {
		return distance, length + xpressShortest, true
	}
	if x.nibble == 0 {
		if b, ok = x.take(1); !ok {
			return 0, 0, false
		}
		x.nibble, length = x.at-1, int(b[0]&0xf)
	} else {
		length, x.nibble = int(x.src[x.nibble]>>4), 0
	}
	if length < xpressInNibble {
		return distance, length + xpressInToken + xpressShortest, true
	}
	if b, ok = x.take(1); !ok {
		return 0, 0, false
	}
	if length = int(b[0]); length < xpressInByte {
		return distance, length + xpressInNibble + xpressInToken + xpressShortest, true
	}
	// The whole length in two bytes, or, where they are zero, in the next four.
	if b, ok = x.take(2); !ok {
		return 0, 0, false
	}
	if length = int(binary.LittleEndian.Uint16(b)); length == 0 {
		if b, ok = x.take(4); !ok {
			return 0, 0, false
		}
		whole := binary.LittleEndian.Uint32(b)
		if whole > 1<<30 {
			whole = 1 << 30 // more than any buffer; it is refused there
		}
		length = int(whole)
	}
	if length < xpressInNibble+xpressInToken {
		return 0, 0, false
	}
	return distance, length + xpressShortest, true
}
