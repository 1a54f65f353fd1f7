package elf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
)

// A PackageNote is what the note of the package that a program belongs to says. The
// builders of some distributions put it into each program, as JSON:
// https://uapi-group.org/specifications/specs/package_metadata_for_executable_files/
type PackageNote struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	OS      string `json:"os"` // who made the package: debian, fedora
}

// Types of notes, each with its owner.
const (
	packageType = 0xcafe1a7e // "FDO"
	buildType   = 3          // "GNU"
)

// PackageNote finds the note. A file that is damaged or has none gives the zero value.
func (f *File) PackageNote() PackageNote {
	raw, ok := f.note("FDO\x00", packageType)
	var note PackageNote
	if !ok || json.Unmarshal(bytes.TrimRight(raw, "\x00"), &note) != nil {
		return PackageNote{}
	}
	return note
}

// BuildID returns what the linker named this build, in lower-case hexadecimal; "":
// nothing.
func (f *File) BuildID() string {
	raw, ok := f.note("GNU\x00", buildType)
	for _, s := range f.Sections() { // some linkers tell it to nobody else
		if ok {
			break
		}
		if s.Kind == noteSection && s.Size <= mostNotes && s.Offset <= 1<<62 {
			raw, ok = f.findNote(f.read(int64(s.Offset), int64(s.Size)), "GNU\x00", buildType)
		}
	}
	return hex.EncodeToString(raw[:min(len(raw), 64)])
}

// note returns what the first note says of that owner and type.
func (f *File) note(owner string, kind uint32) ([]byte, bool) {
	for _, s := range f.Segments {
		if s.Kind != noteSegment || s.Size > mostNotes {
			continue
		}
		if note, ok := f.findNote(f.read(int64(s.Offset), int64(s.Size)), owner, kind); ok {
			return note, true
		}
	}
	return nil, false
}

// findNote finds one among the notes of a segment.
func (f *File) findNote(notes []byte, of string, wanted uint32) ([]byte, bool) {
	for len(notes) >= 12 {
		owner, size, kind := f.Order.Uint32(notes), f.Order.Uint32(notes[4:]), f.Order.Uint32(notes[8:])
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
		if kind == wanted && string(notes[:owner]) == of {
			return notes[begin : begin+size], true
		}
		notes = notes[min(int(end), len(notes)):]
	}
	return nil, false
}
