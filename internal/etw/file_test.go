package etw

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSmallTrace(t *testing.T) {
	for _, packed := range []bool{false, true} {
		b := smallTrace(packed)
		if !IsTrace(b[:512]) {
			t.Fatal("it is not known as a trace")
		}
		f, err := NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		h := f.Header()
		if h.Build != 26100 || h.EventsLost != 3 || h.BuffersLost != 1 || !h.Start.Equal(noon) || h.PointerSize != 8 {
			t.Errorf("the header is %+v", h)
		}
		facts, err := f.Facts()
		if err != nil || facts.Computer != "STATION-1" || facts.Path(`\device\harddiskvolume1\a.exe`) != `C:\a.exe` || facts.Path(`\Device\X\a`) != `\Device\X\a` {
			t.Errorf("facts %+v, %v", facts, err)
		}
		var got []Message
		for r, err := range f.Records() {
			if err != nil {
				t.Fatal(err)
			}
			m, err := Decode(r)
			if err != nil {
				t.Fatal(err)
			}
			if m.Kind != Other {
				got = append(got, m)
			}
		}
		if len(got) != 4 || got[0].Kind != Running || got[1].CommandLine != "a" || got[2].Image != `\Device\HarddiskVolume1\a.exe` || got[3].Kind != Stop {
			t.Fatalf("got %+v", got)
		}
		if got[0].HeaderPID != NoID || got[1].HeaderPID != 8 || got[2].StartKey != 7<<48|1 || !got[2].Time.Equal(noon.Add(time.Second)) || got[2].Number != 5 {
			t.Errorf("headers: %+v", got)
		}
		if f.Offset() != int64(len(b)) {
			t.Errorf("%d bytes read of %d", f.Offset(), len(b))
		}
	}
}

// A damaged place costs what lies in it, and says where it is.
func TestDamage(t *testing.T) {
	header := len(smallTrace(false)) - len(secondAndThird(false))
	for name, test := range map[string]struct {
		packed  bool
		damage  func(b []byte) []byte
		want    string // part of the first error
		records int    // that are still read
	}{
		"cut in a header":       {false, func(b []byte) []byte { return b[:header+9] }, "buffer 1, offset 0x", 1},
		"cut in a buffer":       {false, func(b []byte) []byte { return b[:header+bufferHead+10] }, "the file ends inside the buffer", 1},
		"cut in a packed one":   {true, func(b []byte) []byte { return b[:header+bufferHead+80] }, "the file ends inside the buffer", 2},
		"a size of nonsense":    {false, func(b []byte) []byte { b[header+3] = 0xff; return b }, "the buffer says that it has", 2},
		"a packed one likewise": {true, func(b []byte) []byte { b[header+3] = 0xff; return b }, "reading goes on at", 2},
		"a size of zero":        {true, func(b []byte) []byte { clear(b[header : header+4]); return b }, "the buffer says that it has 0 bytes", 2},
		"a use of nonsense":     {false, func(b []byte) []byte { b[header+7] = 0xff; return b }, "bytes of it are used", 2},
		"a record too long":     {false, func(b []byte) []byte { b[header+bufferHead+5] = 0xff; return b }, "behind the end of the buffer", 2},
		"a record too short":    {false, func(b []byte) []byte { b[header+bufferHead+4], b[header+bufferHead+5] = 1, 0; return b }, "its header alone has 32", 2},
		"packed nonsense": {true, func(b []byte) []byte {
			for i := range 40 {
				b[header+bufferHead+i] = 0xff
			}
			return b
		}, "before their beginning", 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := test.damage(smallTrace(test.packed))
			f, err := NewReader(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			records := 0
			var first error
			for _, err := range f.Records() {
				if err == nil {
					records++
				} else if first == nil {
					first = err
				}
			}
			var damage *FileError
			if !errors.As(first, &damage) || damage.Buffer != 1 || damage.Offset != int64(header) || !strings.Contains(first.Error(), test.want) {
				t.Errorf("the error is %v; want one of buffer 1 with %q", first, test.want)
			}
			if records != test.records {
				t.Errorf("%d records are read; want %d", records, test.records)
			}
		})
	}
}

// secondAndThird returns what follows the first buffer of the small trace.
func secondAndThird(packed bool) []byte {
	b := smallTrace(packed)
	return b[binary.LittleEndian.Uint32(b):]
}

func TestNoTrace(t *testing.T) {
	for name, b := range map[string][]byte{"empty": nil, "short": make([]byte, 100), "an event log": append([]byte("ElfFile\x00"), make([]byte, 600)...)} {
		if _, err := NewReader(bytes.NewReader(b), int64(len(b))); !errors.Is(err, ErrNotETL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewReader(errorReader{}, 100); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a disk that fails: %v", err)
	}
	const head = bufferHead + systemHead
	for name, change := range map[string]func(b []byte){
		"a clock that is not known":       func(b []byte) { b[head+headOffTail64+24] = 9 },
		"a clock without a frequency":     func(b []byte) { clear(b[head+headOffTail64+8 : head+headOffTail64+16]) },
		"cycles without a frequency":      func(b []byte) { b[head+headOffTail64+24] = clockCycles },
		"a header that is cut":            func(b []byte) { binary.LittleEndian.PutUint32(b[bufferOffSaved:], bufferHead+100) },
		"a first record of another group": func(b []byte) { b[bufferHead+7] = groupProcess },
	} {
		b := smallTrace(false)
		change(b)
		if _, err := NewReader(bytes.NewReader(b), int64(len(b))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Times are those of the clock that the header names.
func TestClocks(t *testing.T) {
	for name, test := range map[string]struct {
		clock clock
		stamp uint64
		want  time.Time
	}{
		"counter": {clock{toFiletime(noon), 1000, 2_337_949}, 1000 + 2*2_337_949, noon.Add(2 * time.Second)},
		"before":  {clock{toFiletime(noon), 1e9, 1e7}, 0, noon.Add(-100 * time.Second)},
		"far":     {clock{toFiletime(noon), 0, 1}, 1 << 63, filetime(toFiletime(noon) + 1<<62)},
		"too far": {clock{5, 1 << 63, 1}, 0, time.Time{}},
		"system":  {clock{}, toFiletime(noon), noon},
	} {
		if got := test.clock.time(test.stamp); !got.Equal(test.want) {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

func TestOpenFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.etl")
	if _, err := OpenFile(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(name, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(name); !errors.Is(err, ErrNotETL) || !strings.Contains(err.Error(), "a.etl") {
		t.Errorf("a text: %v", err)
	}
	if err := os.WriteFile(name, smallTrace(true), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// The examples of [MS-XCA] 3.1.
func TestXpress(t *testing.T) {
	for _, test := range []struct {
		packed []byte
		want   string
	}{
		{[]byte("\x3f\x00\x00\x00abcdefghijklmnopqrstuvwxyz"), "abcdefghijklmnopqrstuvwxyz"},
		{[]byte("\xff\xff\xff\x1fabc\x17\x00\x0f\xff\x26\x01"), strings.Repeat("abc", 100)},
	} {
		got, err := expand(nil, test.packed, len(test.want))
		if err != nil || string(got) != test.want {
			t.Errorf("got %q, %v; want %q", got, err, test.want)
		}
		for n := range test.packed {
			if _, err := expand(nil, test.packed[:n], len(test.want)); err == nil && n < len(test.packed)-1 {
				t.Errorf("cut to %d bytes: no error", n)
			}
		}
	}
	long := bytes.Repeat([]byte("ab"), 100_000)
	if got, err := expand(nil, compress(long), len(long)); err != nil || !bytes.Equal(got, long) {
		t.Errorf("a long match: %d bytes, %v", len(got), err)
	}
	for name, test := range map[string]struct {
		packed []byte
		size   int
		want   error
	}{
		"long":  {[]byte("\xff\xff\xff\x1fabc\x17\x00\x0f\xff\x26\x01"), 299, errXpressLong},
		"back":  {[]byte{0, 0, 0, 0x80, 0, 0}, 3, errXpressBack},
		"short": {[]byte{0, 0, 0, 0, 'a'}, 2, errXpressShort},
		"huge":  {[]byte{0, 0, 0, 0x40, 'a', 7, 0, 15, 255, 0, 0, 255, 255, 255, 255}, 100, errXpressLong},
	} {
		if _, err := expand(nil, test.packed, test.size); !errors.Is(err, test.want) {
			t.Errorf("%s: %v; want %v", name, err, test.want)
		}
	}
}
