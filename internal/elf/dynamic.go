package elf

import (
	"bytes"
)

// Limits on what is believed of a file.
const (
	mostSections = 1024
	mostDynamic  = 64 << 10 // bytes of the table that the loader reads
	mostNeeded   = 1024     // libraries
	longestName  = 512      // bytes
)

// A Section is a part of the file as the linker knew it. Nothing that runs needs
// them: a file may have none, or false ones.
type Section struct {
	Name                  string
	Kind                  uint32 // 8: nothing of it is in the file
	Flags                 uint64 // 1: writable, 2: in memory, 4: executable
	Address, Offset, Size uint64
}

// Kinds of sections.
const (
	noteSection = 7
	NoBits      = 8 // it has no bytes in the file
)

// Sections returns the sections, up to 1,024.
func (f *File) Sections() []Section {
	var list []Section
	var names []uint32
	least := uint16(40)
	if f.Wide {
		least = 64
	}
	f.each(f.sections, least, mostSections, func(_ int, e []byte) {
		o := f.Order
		s := Section{Kind: o.Uint32(e[4:]), Flags: uint64(o.Uint32(e[8:])), Address: uint64(o.Uint32(e[12:])), Offset: uint64(o.Uint32(e[16:])), Size: uint64(o.Uint32(e[20:]))}
		if f.Wide {
			s.Flags, s.Address, s.Offset, s.Size = o.Uint64(e[8:]), o.Uint64(e[16:]), o.Uint64(e[24:]), o.Uint64(e[32:])
		}
		list, names = append(list, s), append(names, o.Uint32(e))
	})
	if int(f.names) >= len(list) {
		return list
	}
	texts := list[f.names]
	for i, at := range names {
		if uint64(at) < texts.Size && texts.Offset <= 1<<62 {
			list[i].Name = f.text(int64(texts.Offset)+int64(at), int64(min(texts.Size-uint64(at), longestName)))
		}
	}
	return list
}

// HasSections tells whether the header speaks of sections at all.
func (f *File) HasSections() bool { return f.sections.count > 0 }

// text returns what stands before the first NUL, of at most n bytes.
func (f *File) text(off, n int64) string {
	b := f.read(off, n)
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

// Interpreter returns the program that loads this one; "" where it needs none.
func (f *File) Interpreter() string {
	for _, s := range f.Segments {
		if s.Kind == interpreter {
			return f.text(int64(s.Offset), int64(min(s.Size, longestName)))
		}
	}
	return ""
}

// A Dynamic is what a file tells the loader of libraries.
type Dynamic struct {
	Needed  []string // the libraries it needs, in their order; up to 1,024
	Name    string   // its own, for a library
	RunPath []string // where libraries are looked for first, as RPATH or RUNPATH say
	Program bool     // it says that it is a program, although it runs at any address
}

// Dynamic reads the table for the loader. A file that needs no loader gives the
// zero value.
func (f *File) Dynamic() Dynamic {
	var raw []byte
	for _, s := range f.Segments {
		if s.Kind == dynamic {
			raw = f.read(int64(s.Offset), int64(min(s.Size, mostDynamic)))
			break
		}
	}
	const needed, strings, size, soname, rpath, runpath, flags, asProgram = 1, 5, 10, 14, 15, 29, 0x6ffffffb, 0x08000000
	var d Dynamic
	var texts, length uint64
	type reference struct{ tag, at uint64 }
	var found []reference
	for len(found) < mostNeeded {
		tag, value, rest, ok := f.pair(raw)
		if !ok || tag == 0 {
			break
		}
		switch raw = rest; tag {
		case strings:
			texts = value
		case size:
			length = value
		case flags:
			d.Program = value&asProgram != 0
		case needed, soname, rpath, runpath:
			found = append(found, reference{tag, value})
		}
	}
	base, mapped := f.Place(texts)
	for _, r := range found {
		if r.at >= min(length, uint64(mapped)) {
			continue
		}
		text := f.text(base+int64(r.at), min(mapped-int64(r.at), longestName))
		switch r.tag {
		case needed:
			d.Needed = append(d.Needed, text)
		case soname:
			d.Name = text
		default:
			d.RunPath = append(d.RunPath, text)
		}
	}
	return d
}

// pair takes two numbers from b, each as wide as an address.
func (f *File) pair(b []byte) (tag, value uint64, rest []byte, ok bool) {
	switch {
	case f.Wide && len(b) >= 16:
		return f.Order.Uint64(b), f.Order.Uint64(b[8:]), b[16:], true
	case !f.Wide && len(b) >= 8:
		return uint64(f.Order.Uint32(b)), uint64(f.Order.Uint32(b[4:])), b[8:], true
	}
	return 0, 0, nil, false
}
