package evtx

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestAppendUTF16(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want string
	}{
		{"empty", nil, ""},
		{"one byte", []byte{'a'}, ""},
		{"ASCII, not a multiple of four", utf16Bytes('a', 'b', 'c', 'd', 'e', 'f'), "abcdef"},
		{"odd byte at the end", append(utf16Bytes('a', 'b', 'c', 'd'), 'x'), "abcd"},
		{"NULs at the end", utf16Bytes('a', 0, 0), "a"},
		{"only NULs", utf16Bytes(0, 0, 0, 0, 0), ""},
		{"NUL within, early", utf16Bytes(0, 'b', 'c', 'd', 'e'), "␀bcde"},
		{"NUL within, in each place of four", utf16Bytes('a', 0, 'c', 0, 'e', 'f', 0, 'h', 'i'), "a␀c␀ef␀hi"},
		{"Latin, Greek, Chinese", utf16Bytes('a', 'ä', 'λ', '中', 'b'), "aäλ中b"},
		{"0x80 and 0x7f", utf16Bytes(0x7f, 0x80, 0x7f, 0x7f), "\x7f\u0080\x7f\x7f"},
		{"surrogate pair", utf16Bytes('a', 0xd83d, 0xde00, 'b'), "a😀b"},
		{"lone high surrogate", utf16Bytes('a', 0xd83d, 'b', 'c'), "a\uFFFDbc"},
		{"high surrogate at the end", utf16Bytes('a', 0xd83d), "a\uFFFD"},
		{"lone low surrogate", utf16Bytes(0xde00, 'b'), "\uFFFDb"},
		{"two high surrogates and a low one", utf16Bytes(0xd83d, 0xd83d, 0xde00), "\uFFFD😀"},
		{"U+FFFD itself", utf16Bytes(0xfffd, 'x'), "\uFFFDx"},
		{"ASCII, then others, then ASCII", utf16Bytes('a', 'b', 'c', 'd', 'ä', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'), "abcdäfghijklm"},
	} {
		if got := string(appendUTF16(nil, c.in)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzUTF16(f *testing.F) {
	f.Add(utf16Bytes('a', 'b', 0, 0xd83d, 0xde00, 'c', 'd', 'e', 'f'))
	f.Fuzz(func(t *testing.T, in []byte) {
		out := appendUTF16(nil, in)
		if !utf8.Valid(out) || bytes.IndexByte(out, 0) >= 0 {
			t.Errorf("%x became %q", in, out)
		}
	})
}

func TestAppendValue(t *testing.T) {
	for _, c := range []struct {
		kind byte
		data []byte
		want string
	}{
		{typeNull, []byte{1}, ""},
		{typeString, utf16Bytes('a'), "a"},
		{typeANSI, []byte("a\x00b\xff\x00"), "a␀b\uFFFD"},
		{typeInt8, []byte{0xff}, "-1"},
		{typeUint8, []byte{0xff}, "255"},
		{typeInt16, []byte{0xfe, 0xff}, "-2"},
		{typeUint16, []byte{0xfe, 0xff}, "65534"},
		{typeInt32, []byte{0xfe, 0xff, 0xff, 0xff}, "-2"},
		{typeUint32, []byte{0xfe, 0xff, 0xff, 0xff}, "4294967294"},
		{typeInt64, bytes.Repeat([]byte{0xff}, 8), "-1"},
		{typeUint64, bytes.Repeat([]byte{0xff}, 8), "18446744073709551615"},
		{typeFloat32, []byte{0, 0, 0xc0, 0x3f}, "1.5"},
		{typeFloat64, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, "1.5"},
		{typeBool, []byte{1, 0, 0, 0}, "true"},
		{typeBool, []byte{0, 0, 0, 0}, "false"},
		{typeBinary, []byte{0xab, 0x01}, "AB01"},
		{typeGUID, []byte{0x85, 0x03, 0x77, 0x57, 0x2a, 0xc2, 0xe0, 0x43, 0xbf, 0x4c, 0x06, 0xf5, 0x69, 0x8f, 0xfb, 0xd9}, "{57770385-C22A-43E0-BF4C-06F5698FFBD9}"},
		{typeSize, []byte{0x48, 0x19, 0, 0}, "0x1948"},
		{typeSize, []byte{0x48, 0x19, 0, 0, 1, 0, 0, 0}, "0x100001948"},
		{typeSize, []byte{0x48, 0x19}, "4819"},
		{typeFileTime, []byte{0x01, 0xc0, 0x89, 0x76, 0x45, 0x3c, 0xda, 0x01}, "2024-01-01T00:00:00.0000001Z"},
		{typeFileTime, make([]byte, 8), "1601-01-01T00:00:00.0000000Z"},
		{typeFileTime, bytes.Repeat([]byte{0xff}, 8), "1601-01-01T00:00:00.0000000Z"},
		{typeSystemTime, utf16Bytes(2026, 3, 0, 1, 12, 30, 59, 7), "2026-03-01T12:30:59.007Z"},
		{typeSID, []byte{1, 2, 0, 0, 0, 0, 0, 16, 0, 0x30, 0, 0, 1, 0, 0, 0}, "S-1-16-12288-1"},
		{typeSID, []byte{1, 3, 0, 0, 0, 0, 0, 16, 0, 0x30, 0, 0}, "010300000000001000300000"},
		{typeHex32, []byte{0x2f, 0, 0, 0}, "0x2f"},
		{typeHex64, []byte{0xe7, 3, 0, 0, 0, 0, 0, 0}, "0x3e7"},
		{typeUint16 | typeArray, []byte{1, 0, 2, 0, 3}, "1, 2"},
		{typeString | typeArray, utf16Bytes('a', 0, 0, 'b'), "a, , b"},
		{typeBinary | typeArray, []byte{1}, "01"},
		{typeUint32, []byte{1, 2}, "0102"}, // too short
		{typeGUID, []byte{1}, "01"},
		{0x77, []byte{1}, "01"}, // unknown
		{0xff, []byte{1}, "01"},
		{typeUint64, nil, ""},
	} {
		if got := string(appendValue(nil, value{c.kind, c.data})); got != c.want {
			t.Errorf("type %#02x, %x: %q, want %q", c.kind, c.data, got, c.want)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]uint64{
		"0": 0, "12": 12, "0123": 123, "0x1A": 26, "0XfF": 255, "18446744073709551615": 1<<64 - 1,
	} {
		if got, ok := parseNumber(in); got != want || !ok {
			t.Errorf("parseNumber(%q) = %d, %t; want %d", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "-", "0x", "x", "1_0", "-1", " 1", "18446744073709551616", "0b1", "1.0"} {
		if got, ok := parseNumber(in); ok {
			t.Errorf("parseNumber(%q) = %d; want none", in, got)
		}
	}
}
