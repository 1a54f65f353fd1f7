package evtx

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
)

// The types of a value in binary XML ([MS-EVEN6] 2.2.12, and observed).
const (
	typeNull       = 0x00
	typeString     = 0x01 // UTF-16
	typeANSI       = 0x02
	typeInt8       = 0x03
	typeUint8      = 0x04
	typeInt16      = 0x05
	typeUint16     = 0x06
	typeInt32      = 0x07
	typeUint32     = 0x08
	typeInt64      = 0x09
	typeUint64     = 0x0a
	typeFloat32    = 0x0b
	typeFloat64    = 0x0c
	typeBool       = 0x0d // 4 bytes
	typeBinary     = 0x0e
	typeGUID       = 0x0f
	typeSize       = 0x10 // 4 or 8 bytes
	typeFileTime   = 0x11
	typeSystemTime = 0x12
	typeSID        = 0x13
	typeHex32      = 0x14
	typeHex64      = 0x15
	typeBinXML     = 0x21
	typeArray      = 0x80 // flag: array of the type in the lower bits
)

// A value is one substitution of a template instance: bytes of the chunk.
type value struct {
	kind byte
	data []byte
}

// width is the number of bytes of a type of fixed size, 0 for the others.
func width(kind byte) int {
	switch kind {
	case typeInt8, typeUint8:
		return 1
	case typeInt16, typeUint16:
		return 2
	case typeInt32, typeUint32, typeFloat32, typeBool, typeHex32:
		return 4
	case typeInt64, typeUint64, typeFloat64, typeFileTime, typeHex64:
		return 8
	case typeGUID, typeSystemTime:
		return 16
	}
	return 0
}

// appendValue appends the value as text, in the form that Windows' own XML has
// (but upper-case hexadecimal for binary data and times with seven digits). A
// value too short for its type comes as hexadecimal.
func appendValue(out []byte, v value) []byte {
	d := v.data
	if len(d) == 0 || len(d) < width(v.kind) {
		return appendHex(out, d)
	}
	le := binary.LittleEndian
	switch v.kind {
	case typeNull:
		return out
	case typeString:
		return appendUTF16(out, d)
	case typeANSI:
		return append(out, ansiText(d)...)
	case typeInt8:
		return strconv.AppendInt(out, int64(int8(d[0])), 10)
	case typeUint8:
		return strconv.AppendUint(out, uint64(d[0]), 10)
	case typeInt16:
		return strconv.AppendInt(out, int64(int16(le.Uint16(d))), 10)
	case typeUint16:
		return strconv.AppendUint(out, uint64(le.Uint16(d)), 10)
	case typeInt32:
		return strconv.AppendInt(out, int64(int32(le.Uint32(d))), 10)
	case typeUint32:
		return strconv.AppendUint(out, uint64(le.Uint32(d)), 10)
	case typeInt64:
		return strconv.AppendInt(out, int64(le.Uint64(d)), 10)
	case typeUint64:
		return strconv.AppendUint(out, le.Uint64(d), 10)
	case typeFloat32:
		return strconv.AppendFloat(out, float64(math.Float32frombits(le.Uint32(d))), 'g', -1, 32)
	case typeFloat64:
		return strconv.AppendFloat(out, math.Float64frombits(le.Uint64(d)), 'g', -1, 64)
	case typeBool:
		return strconv.AppendBool(out, le.Uint32(d) != 0)
	case typeGUID:
		return appendGUID(out, d)
	case typeSize, typeHex32, typeHex64:
		switch {
		case len(d) >= 8:
			return strconv.AppendUint(append(out, "0x"...), le.Uint64(d), 16)
		case len(d) >= 4:
			return strconv.AppendUint(append(out, "0x"...), uint64(le.Uint32(d)), 16)
		}
	case typeFileTime:
		return filetime(le.Uint64(d)).AppendFormat(out, "2006-01-02T15:04:05.0000000Z")
	case typeSystemTime:
		field := func(i int) uint16 { return le.Uint16(d[2*i:]) } // field 2 is the day of the week
		return fmt.Appendf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", field(0), field(1), field(3), field(4), field(5), field(6), field(7))
	case typeSID:
		return appendSID(out, d)
	}
	if v.kind&typeArray != 0 {
		return appendArray(out, v)
	}
	return appendHex(out, d)
}

// appendArray appends the elements of an array, separated by comma and space.
func appendArray(out []byte, v value) []byte {
	kind := v.kind &^ typeArray
	if kind == typeString {
		first := true
		for s := range stringArray(v.data) {
			if !first {
				out = append(out, ", "...)
			}
			first = false
			out = appendUTF16(out, s)
		}
		return out
	}
	w := width(kind)
	if w == 0 {
		return appendHex(out, v.data)
	}
	for i := 0; i+w <= len(v.data); i += w {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = appendValue(out, value{kind, v.data[i : i+w]})
	}
	return out
}

// stringArray returns the elements of an array of UTF-16 texts, each of which
// ends with a NUL; the last may lack it.
func stringArray(b []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) >= 2 {
			i := 0
			for i+1 < len(b) && (b[i] != 0 || b[i+1] != 0) {
				i += 2
			}
			if !yield(b[:i]) {
				return
			}
			b = b[min(i+2, len(b)):]
		}
	}
}

// number returns the value as a number: that of an integer type, or of a text
// with a decimal or 0x-hexadecimal number.
func number(v value) (uint64, bool) {
	d, le := v.data, binary.LittleEndian
	switch v.kind {
	case typeInt8, typeUint8, typeInt16, typeUint16, typeInt32, typeUint32, typeInt64, typeUint64, typeSize, typeHex32, typeHex64:
		switch {
		case len(d) >= 8:
			return le.Uint64(d), true
		case len(d) >= 4:
			return uint64(le.Uint32(d)), true
		case len(d) >= 2:
			return uint64(le.Uint16(d)), true
		case len(d) == 1:
			return uint64(d[0]), true
		}
		return 0, false
	case typeString:
		const longest = 2 * len("18446744073709551615")
		if len(d) > longest+2 {
			return 0, false
		}
		var buf [3 * longest]byte
		return parseNumber(string(appendUTF16(buf[:0], d)))
	}
	return 0, false
}

// parseNumber reads a decimal number, or a hexadecimal one after 0x.
func parseNumber(s string) (uint64, bool) {
	base := 10
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		s, base = s[2:], 16
	}
	x, err := strconv.ParseUint(s, base, 64)
	return x, err == nil
}

// moment returns the value as a time, or the zero time if it is none.
func moment(v value) time.Time {
	d := v.data
	switch {
	case v.kind == typeFileTime && len(d) >= 8:
		return filetime(binary.LittleEndian.Uint64(d))
	case v.kind == typeSystemTime && len(d) >= 16, v.kind == typeString && len(d) < 100:
		return parseTime(string(appendValue(nil, v)))
	}
	return time.Time{}
}

// parseTime reads a time with its zone, as RFC 3339 has it; the zero time if s
// is none.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// FILETIME counts 100 ns since 1601-01-01.
const (
	filetimePerSecond = 1e7
	filetimeUnixEpoch = 11644473600 // seconds from 1601 to 1970
	filetimeMax       = 1 << 63     // beyond it Windows takes no FILETIME
)

// filetime converts a FILETIME. 0 is the beginning of 1601, and so is what is
// beyond the type's range.
func filetime(t uint64) time.Time {
	if t >= filetimeMax {
		t = 0
	}
	return time.Unix(int64(t/filetimePerSecond)-filetimeUnixEpoch, int64(t%filetimePerSecond)*100).UTC()
}

func appendHex(out, d []byte) []byte {
	start := len(out)
	out = hex.AppendEncode(out, d)
	for i, c := range out[start:] {
		if c >= 'a' {
			out[start+i] = c - 'a' + 'A'
		}
	}
	return out
}

// guidOrder is the order in which a GUID's 16 bytes are written as text; a dash
// precedes the bytes 4, 6, 8 and 10.
var guidOrder = [16]byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

func appendGUID(out, d []byte) []byte {
	const digits = "0123456789ABCDEF"
	out = append(out, '{')
	for i, from := range guidOrder {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[d[from]>>4], digits[d[from]&15])
	}
	return append(out, '}')
}

// appendSID appends a security identifier: revision, count of sub-authorities,
// authority (6 bytes, big-endian), sub-authorities.
func appendSID(out, d []byte) []byte {
	if len(d) < 8 || len(d) < 8+4*int(d[1]) {
		return appendHex(out, d)
	}
	var authority uint64
	for _, x := range d[2:8] {
		authority = authority<<8 | uint64(x)
	}
	out = strconv.AppendUint(append(out, "S-"...), uint64(d[0]), 10)
	out = strconv.AppendUint(append(out, '-'), authority, 10)
	for i := range int(d[1]) {
		out = strconv.AppendUint(append(out, '-'), uint64(binary.LittleEndian.Uint32(d[8+4*i:])), 10)
	}
	return out
}
