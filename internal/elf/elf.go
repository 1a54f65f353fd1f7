// Package elf reads programs and libraries of Linux: what their headers say, which
// libraries they need, whose package they belong to, and the code that runs first.
//
// The files are hostile, which debug/elf of the standard library is not made for.
// Whatever bytes it is given, it neither panics nor reads without end: how much is
// read and kept is bounded, and what lies outside of the file is not there. What the
// facts mean is for others to say.
package elf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// Limits on what is believed of a file.
const (
	mostSegments = 256
	mostNotes    = 64 << 10 // bytes of a segment of notes
	mostCode     = 4096     // bytes of code at the entry point
)

// Kinds of segments.
const (
	Load        = 1 // PT_LOAD
	dynamic     = 2 // PT_DYNAMIC
	interpreter = 3 // PT_INTERP
	noteSegment = 4 // PT_NOTE
)

// A Type is what a file is for.
type Type uint16

// The types of files.
const (
	Relocatable Type = 1
	Executable  Type = 2
	Shared      Type = 3 // a library, or a program that runs at any address
	Core        Type = 4
)

// A File is the header and the segments of an ELF file.
type File struct {
	Order    binary.ByteOrder
	Wide     bool // 64 bits
	Type     Type
	Machine  uint16
	Entry    uint64 // address; 0: none
	Segments []Segment

	r        io.ReaderAt
	segments table
	sections table
	names    uint16 // the section with the names of sections
}

// A Segment is a part of the file that is mapped, or says how the file is to be run.
type Segment struct {
	Kind                  uint32
	Flags                 uint32 // 1: executable, 2: writable, 4: readable
	Offset, Address, Size uint64 // in the file, in memory, bytes in the file
	Memory                uint64 // bytes in memory
}

// A table is where entries of one size lie.
type table struct {
	at    uint64
	size  uint16
	count uint16
}

// Open reads the header. False is returned for a file that is none, or has none
// that can be read.
func Open(r io.ReaderAt) (*File, bool) {
	var header [64]byte
	if n, _ := r.ReadAt(header[:], 0); n < 52 || !bytes.HasPrefix(header[:], []byte("\x7fELF")) {
		return nil, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[5] == 2 {
		order = binary.BigEndian
	}
	f := &File{
		r: r, Order: order, Wide: header[4] == 2, Type: Type(order.Uint16(header[16:])), Machine: order.Uint16(header[18:]),
		Entry: uint64(order.Uint32(header[24:])),
	}
	f.segments = table{uint64(order.Uint32(header[28:])), order.Uint16(header[42:]), order.Uint16(header[44:])}
	f.sections, f.names = table{uint64(order.Uint32(header[32:])), order.Uint16(header[46:]), order.Uint16(header[48:])}, order.Uint16(header[50:])
	least := uint16(32)
	if f.Wide {
		f.Entry = order.Uint64(header[24:])
		f.segments = table{order.Uint64(header[32:]), order.Uint16(header[54:]), order.Uint16(header[56:])}
		f.sections, f.names = table{order.Uint64(header[40:]), order.Uint16(header[58:]), order.Uint16(header[60:])}, order.Uint16(header[62:])
		least = 56
	}
	f.each(f.segments, least, mostSegments, func(_ int, entry []byte) {
		s := Segment{
			Kind: order.Uint32(entry), Offset: uint64(order.Uint32(entry[4:])), Address: uint64(order.Uint32(entry[8:])),
			Size: uint64(order.Uint32(entry[16:])), Memory: uint64(order.Uint32(entry[20:])), Flags: order.Uint32(entry[24:]),
		}
		if f.Wide {
			s.Flags, s.Offset, s.Address = order.Uint32(entry[4:]), order.Uint64(entry[8:]), order.Uint64(entry[16:])
			s.Size, s.Memory = order.Uint64(entry[32:]), order.Uint64(entry[40:])
		}
		if s.Offset <= 1<<62 {
			f.Segments = append(f.Segments, s)
		}
	})
	return f, true
}

// each calls do for the entries of a table, whose first bytes it needs, up to so many.
func (f *File) each(t table, least uint16, most int, do func(i int, entry []byte)) {
	if t.size < least || t.at > 1<<62 {
		return
	}
	entry := make([]byte, least)
	for i := range min(int(t.count), most) {
		if n, _ := f.r.ReadAt(entry, int64(t.at)+int64(i)*int64(t.size)); n < len(entry) {
			return
		}
		do(i, entry)
	}
}

// Architecture returns the processor that the program is made for, as events name it.
func (f *File) Architecture() string {
	switch f.Machine {
	case 3:
		return "x86"
	case 62:
		return "x64"
	case 40:
		return "arm"
	case 183:
		return "arm64"
	case 21:
		if f.Order == binary.LittleEndian {
			return "ppc64le"
		}
		return "ppc64"
	case 22:
		return "s390x"
	case 243:
		return "riscv64"
	case 258:
		return "loongarch64"
	}
	return fmt.Sprintf("machine-%#x", f.Machine)
}

// Place returns where in the file an address is, and how many bytes of the file are
// mapped from there on: 0 where it has none.
func (f *File) Place(address uint64) (off, n int64) {
	for _, s := range f.Segments {
		if within := address - s.Address; s.Kind == Load && address >= s.Address && within < s.Size && within <= 1<<62 {
			return int64(s.Offset + within), int64(min(s.Size-within, 1<<62))
		}
	}
	return 0, 0
}

// EntryCode returns the first bytes of code at the entry point, 4,096 or as far as
// they are in the file.
func (f *File) EntryCode() []byte {
	off, n := f.Place(f.Entry)
	if n == 0 {
		return nil
	}
	return f.read(off, min(mostCode, n))
}

// read returns as many bytes as there are.
func (f *File) read(off, n int64) []byte {
	b := make([]byte, n)
	got, _ := f.r.ReadAt(b, off)
	return b[:max(0, got)]
}

// Tables returns where the tables of segments and sections are, each with how many
// bytes it has.
func (f *File) Tables() [][2]int64 {
	var list [][2]int64
	for _, t := range []table{f.segments, f.sections} {
		if t.at > 0 && t.at <= 1<<62 {
			list = append(list, [2]int64{int64(t.at), int64(t.size) * int64(t.count)})
		}
	}
	return list
}
