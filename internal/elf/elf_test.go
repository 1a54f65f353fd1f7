package elf

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

const note = `{"type":"deb","name":"coreutils","version":"9.4-3","os":"debian","osVersion":"13","architecture":"amd64"}`

// program makes an ELF file of two segments, of which the second has notes.
func program(order binary.ByteOrder, wide bool, notes []byte) []byte {
	b := make([]byte, 64+2*56)
	copy(b, "\x7fELF\x01\x01")
	if wide {
		b[4] = 2
	}
	if order == binary.BigEndian {
		b[5] = 2
	}
	const table, at = 64, 64 + 2*56
	if wide {
		order.PutUint64(b[32:], table)
		order.PutUint16(b[54:], 56)
		order.PutUint16(b[56:], 2)
		order.PutUint32(b[table+56:], noteSegment)
		order.PutUint64(b[table+56+8:], at)
		order.PutUint64(b[table+56+32:], uint64(len(notes)))
	} else {
		order.PutUint32(b[28:], table)
		order.PutUint16(b[42:], 32)
		order.PutUint16(b[44:], 2)
		order.PutUint32(b[table+32:], noteSegment)
		order.PutUint32(b[table+32+4:], at)
		order.PutUint32(b[table+32+16:], uint32(len(notes)))
	}
	return append(b, notes...)
}

func noteOf(order binary.ByteOrder, owner string, kind uint32, text string) []byte {
	b := make([]byte, 12)
	order.PutUint32(b, uint32(len(owner)))
	order.PutUint32(b[4:], uint32(len(text)))
	order.PutUint32(b[8:], kind)
	for _, part := range []string{owner, text} {
		b = append(b, part...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func noteIn(r *bytes.Reader) PackageNote {
	f, ok := Open(r)
	if !ok {
		return PackageNote{}
	}
	return f.PackageNote()
}

func TestPackageNote(t *testing.T) {
	want := PackageNote{Name: "coreutils", Version: "9.4-3", OS: "debian"}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		notes := append(noteOf(order, "GNU\x00", 3, "12345"), noteOf(order, "FDO\x00", packageType, note+"\x00\x00")...)
		for _, wide := range []bool{true, false} {
			if got := noteIn(bytes.NewReader(program(order, wide, notes))); got != want {
				t.Errorf("%s, 64 bits %t: %+v; want %+v", order, wide, got, want)
			}
		}
		for name, notes := range map[string][]byte{
			"of another owner": noteOf(order, "XYZ\x00", packageType, note), "of another type": noteOf(order, "FDO\x00", 1, note),
			"that is no JSON": noteOf(order, "FDO\x00", packageType, note[1:]), "that is cut": noteOf(order, "FDO\x00", packageType, note)[:40], "that is not there": nil,
		} {
			if got := noteIn(bytes.NewReader(program(order, true, notes))); got != (PackageNote{}) {
				t.Errorf("a note %s gives %+v", name, got)
			}
		}
	}
	for _, text := range []string{"", "#!/bin/sh\n", "\x7fELF", "MZ"} {
		if got := noteIn(bytes.NewReader([]byte(text))); got != (PackageNote{}) {
			t.Errorf("%q gives %+v", text, got)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(program(binary.LittleEndian, true, noteOf(binary.LittleEndian, "FDO\x00", packageType, note)))
	f.Add(program(binary.BigEndian, false, noteOf(binary.BigEndian, "FDO\x00", packageType, note)))
	if raw, err := os.ReadFile("/usr/bin/true"); err == nil {
		f.Add(raw[:min(len(raw), 4<<10)])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		f, ok := Open(bytes.NewReader(raw))
		if !ok {
			return
		}
		if got := f.PackageNote(); len(got.Name) > mostNotes {
			t.Errorf("a name of %d bytes", len(got.Name))
		}
		if got := f.EntryCode(); len(got) > mostCode {
			t.Errorf("%d bytes of code", len(got))
		}
		if got := f.Sections(); len(got) > mostSections {
			t.Errorf("%d sections", len(got))
		}
		if d := f.Dynamic(); len(d.Needed)+len(d.RunPath) > mostNeeded || len(d.Name) > longestName || len(f.Interpreter()) > longestName || len(f.BuildID()) > 128 {
			t.Errorf("%+v, %q, %q", d, f.Interpreter(), f.BuildID())
		}
	})
}
