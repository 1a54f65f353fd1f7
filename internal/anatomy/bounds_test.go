package anatomy

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"
)

// trap makes a program of size bytes in which everything leads to as much as it can: a thousand
// sections that are all of the file, and directories that lead into one field of
// words that are all the same.
func trap(size int, word uint32) []byte {
	const header, sections = 0x80, 1000
	raw := make([]byte, size)
	for i := 0x20000; i+4 <= size; i += 4 {
		put(raw, i, word)
	}
	copy(raw, "MZ")
	put(raw, 60, header)
	copy(raw[header:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(raw[header+4:], 0x8664)
	binary.LittleEndian.PutUint16(raw[header+6:], sections)
	binary.LittleEndian.PutUint16(raw[header+20:], 240)
	optional := raw[header+24:]
	binary.LittleEndian.PutUint16(optional, 0x20b)
	put(optional, 16, 0x30000)      // entry point
	put(optional, 60, uint32(size)) // headers: addresses are offsets
	put(optional, 108, 16)          // directories
	for i := range 16 {
		put(optional, 112+8*i, 0x20000+uint32(i)*64)
		put(optional, 112+8*i+4, uint32(size))
	}
	put(optional, 112+8*4, 0x40000) // signatures
	put(optional, 112+8*4+4, uint32(size-0x40000))
	for i := range sections {
		s := optional[240+40*i:]
		put(s, 8, uint32(size))
		put(s, 12, 0x10000000)
		put(s, 16, uint32(size-i))
		put(s, 20, uint32(i))
		put(s, 36, 0xe0000020)
	}
	return raw
}

// Files that are made to keep a reader busy do not.
func TestBounds(t *testing.T) {
	size := 16 << 20
	if raced || testing.Short() {
		size = 1 << 20
	}
	words := []uint32{0x20000, 0x80000010, 0x00010001, 0x41414141, 0x20202020, 0xffffffff, 0x00030030, 0x00100010}
	if raced {
		words = words[:1]
	}
	for _, word := range words {
		raw := trap(size, word)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		took := fastest(func() { checkFacts(t, raw) })
		runtime.ReadMemStats(&after)
		if took >= slow {
			t.Errorf("words %#x: %s; want less than %s", word, took, slow)
		}
		if most := uint64(256 << 20); after.TotalAlloc-before.TotalAlloc > most {
			t.Errorf("words %#x: %d MB were asked for; want at most %d", word, (after.TotalAlloc-before.TotalAlloc)>>20, most>>20)
		}
		t.Logf("words %#x: %s, %d MB asked for", word, took, (after.TotalAlloc-before.TotalAlloc)>>20)
	}
	f, err := Of(bytes.NewReader(trap(size, 0x20000)), int64(size), now)
	if err != nil || len(f.Image.Sections) != 1000 || len(f.Unread) == 0 {
		t.Errorf("%+v, %v", f, err)
	}
}
