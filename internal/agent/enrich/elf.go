package enrich

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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
)

const (
	noteSegment = 4          // PT_NOTE
	packageType = 0xcafe1a7e // of a note that is owned by "FDO"
)

// readPackageNote finds the note in an ELF file. A file that is none, is damaged,
// or has no note gives the zero value.
//
// The file is hostile: debug/elf of the standard library is not made for that.
func readPackageNote(r io.ReaderAt) packageNote {
	var header [64]byte
	if n, _ := r.ReadAt(header[:], 0); n < 52 || !bytes.HasPrefix(header[:], []byte("\x7fELF")) {
		return packageNote{}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[5] == 2 {
		order = binary.BigEndian
	}
	wide := header[4] == 2
	// Where the table of segments is, how large an entry is and how many there are.
	table, size, count := uint64(order.Uint32(header[28:])), order.Uint16(header[42:]), order.Uint16(header[44:])
	least := uint16(32)
	if wide {
		table, size, count, least = order.Uint64(header[32:]), order.Uint16(header[54:]), order.Uint16(header[56:]), 56
	}
	if size < least || table > 1<<62 {
		return packageNote{}
	}
	entry := make([]byte, least)
	for i := range min(int64(count), mostSegments) {
		if n, _ := r.ReadAt(entry, int64(table)+i*int64(size)); n < len(entry) {
			return packageNote{}
		}
		if order.Uint32(entry) != noteSegment {
			continue
		}
		at, length := uint64(order.Uint32(entry[4:])), uint64(order.Uint32(entry[16:]))
		if wide {
			at, length = order.Uint64(entry[8:]), order.Uint64(entry[32:])
		}
		if at > 1<<62 || length > mostNotes {
			continue
		}
		notes := make([]byte, length)
		n, _ := r.ReadAt(notes, int64(at))
		if note, ok := findNote(notes[:n], order); ok {
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
