package enrich

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// packageNote is what the note of the package that a program belongs to says. The
// builders of some distributions put it into each program, as JSON:
// https://uapi-group.org/specifications/specs/package_metadata_for_executable_files/
type packageNote struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	OS      string `json:"os"` // who made the package: debian, fedora
}

// Limits on what is believed of a file.
const (
	mostSegments = 256
	mostNotes    = 64 << 10 // bytes of a segment of notes
	mostCode     = 4096     // bytes of code at the entry point
)

const (
	loadSegment = 1          // PT_LOAD
	noteSegment = 4          // PT_NOTE
	packageType = 0xcafe1a7e // of a note that is owned by "FDO"
)

// An elfFile is the header and the segments of an ELF file.
//
// The file is hostile: debug/elf of the standard library is not made for that.
type elfFile struct {
	r        io.ReaderAt
	order    binary.ByteOrder
	wide     bool // 64 bits
	machine  uint16
	entry    uint64
	segments []segment
}

type segment struct {
	kind                  uint32
	offset, address, size uint64 // in the file, in memory, bytes in the file
}

// openELF reads the header. False is returned for a file that is none, or has none
// that can be read.
func openELF(r io.ReaderAt) (*elfFile, bool) {
	var header [64]byte
	if n, _ := r.ReadAt(header[:], 0); n < 52 || !bytes.HasPrefix(header[:], []byte("\x7fELF")) {
		return nil, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[5] == 2 {
		order = binary.BigEndian
	}
	f := &elfFile{r: r, order: order, wide: header[4] == 2, machine: order.Uint16(header[18:]), entry: uint64(order.Uint32(header[24:]))}
	// Where the table of segments is, how large an entry is and how many there are.
	table, size, count := uint64(order.Uint32(header[28:])), order.Uint16(header[42:]), order.Uint16(header[44:])
	least := uint16(32)
	if f.wide {
		f.entry = order.Uint64(header[24:])
		table, size, count, least = order.Uint64(header[32:]), order.Uint16(header[54:]), order.Uint16(header[56:]), 56
	}
	if size < least || table > 1<<62 {
		return f, true
	}
	entry := make([]byte, least)
	for i := range min(int64(count), mostSegments) {
		if n, _ := r.ReadAt(entry, int64(table)+i*int64(size)); n < len(entry) {
			break
		}
		s := segment{order.Uint32(entry), uint64(order.Uint32(entry[4:])), uint64(order.Uint32(entry[8:])), uint64(order.Uint32(entry[16:]))}
		if f.wide {
			s.offset, s.address, s.size = order.Uint64(entry[8:]), order.Uint64(entry[16:]), order.Uint64(entry[32:])
		}
		if s.offset <= 1<<62 {
			f.segments = append(f.segments, s)
		}
	}
	return f, true
}

// architecture returns the processor that the program is made for, as events name it.
func (f *elfFile) architecture() string {
	switch f.machine {
	case 3:
		return "x86"
	case 62:
		return "x64"
	case 40:
		return "arm"
	case 183:
		return "arm64"
	case 21:
		if f.order == binary.LittleEndian {
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
	return fmt.Sprintf("machine-%#x", f.machine)
}

// entryCode returns the first bytes of code at the entry point, as far as they are
// in the file.
func (f *elfFile) entryCode() []byte {
	for _, s := range f.segments {
		if within := f.entry - s.address; s.kind == loadSegment && f.entry >= s.address && within < s.size && within <= 1<<62 {
			code := make([]byte, min(mostCode, s.size-within))
			n, _ := f.r.ReadAt(code, int64(s.offset+within))
			return code[:max(0, n)]
		}
	}
	return nil
}

// packageNote finds the note. A file that is damaged or has none gives the zero value.
func (f *elfFile) packageNote() packageNote {
	for _, s := range f.segments {
		if s.kind != noteSegment || s.size > mostNotes {
			continue
		}
		notes := make([]byte, s.size)
		n, _ := f.r.ReadAt(notes, int64(s.offset))
		if note, ok := findNote(notes[:n], f.order); ok {
			return note
		}
	}
	return packageNote{}
}

// findNote finds the package's among the notes of a segment.
func findNote(notes []byte, order binary.ByteOrder) (packageNote, bool) {
	for len(notes) >= 12 {
		owner, size, kind := order.Uint32(notes), order.Uint32(notes[4:]), order.Uint32(notes[8:])
		notes = notes[12:]
		// Both are filled up to a multiple of four bytes.
		if owner > mostNotes || size > mostNotes {
			break
		}
		begin := (owner + 3) &^ 3
		end := begin + (size+3)&^3
		if uint64(begin)+uint64(size) > uint64(len(notes)) {
			break
		}
		if kind == packageType && string(notes[:owner]) == "FDO\x00" {
			var note packageNote
			if json.Unmarshal(bytes.TrimRight(notes[begin:begin+size], "\x00"), &note) != nil {
				return packageNote{}, false
			}
			return note, true
		}
		notes = notes[min(int(end), len(notes)):]
	}
	return packageNote{}, false
}
