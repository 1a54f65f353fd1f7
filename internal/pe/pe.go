// Package pe reads executable files of Windows: what their headers say, what they
// import, what they tell of their maker, and the code that runs first.
//
// The files are hostile. Whatever bytes it is given, it neither panics nor reads
// without end: how much it reads, keeps and follows is bounded, and what does not
// fit in is an error that says what and where. It reads by io.ReaderAt and holds
// pieces only, so that a file of gigabytes costs no more memory than a small one,
// and it never maps a file: one that is cut short meanwhile would end the program.
//
// Where a damaged file leaves a choice, it does as the loader of Windows does. What
// the facts mean is for others to say; whether a signature is good, the station says.
package pe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// ErrNoPE says that a file is no executable of Windows, damaged or not.
var ErrNoPE = errors.New("not an executable of Windows")

// Limits on what is believed of a file.
const (
	mostSections    = 1024 // compilers make some 20; the loader of Windows XP took 96
	mostDirectories = 16
)

// Data directories, by their number.
const (
	ExportDirectory    = 0
	ImportDirectory    = 1
	ResourceDirectory  = 2
	SignatureDirectory = 4
	DebugDirectory     = 6
	ThreadDirectory    = 9 // storage of threads, and code that runs when they begin and end
	DelayedDirectory   = 13
	ManagedDirectory   = 14
)

// A Machine is the processor that an image is made for.
type Machine uint16

// String returns the processor as events name it.
func (m Machine) String() string {
	switch m {
	case 0x14c:
		return "x86"
	case 0x8664:
		return "x64"
	case 0x1c0, 0x1c2, 0x1c4:
		return "arm"
	case 0xaa64:
		return "arm64"
	}
	return fmt.Sprintf("machine-%#x", uint16(m))
}

// A Section is a part of an image.
type Section struct {
	Name           string // at most 8 bytes, whatever they are
	VirtualAddress uint32
	VirtualSize    uint32
	Offset, Size   uint32 // in the file
	Flags          uint32
}

// A Directory tells where in the image something is. That of the signature lies in
// the file, and its address is an offset.
type Directory struct{ VirtualAddress, Size uint32 }

// A File is an executable file. It may be used by one caller at a time.
type File struct {
	Machine         Machine
	Wide            bool   // PE32+: 64 bits
	Characteristics uint16 // of the COFF header
	TimeDateStamp   uint32 // a time, a digest or nothing: see Compiled
	Checksum        uint32 // as the header claims; 0 in most files that are no drivers
	Subsystem       uint16
	ImageBase       uint64 // the address that the image is made for
	EntryPoint      uint32 // address relative to the image; 0: none
	Header          int64  // where in the file the PE header is
	Sections        []Section
	Directories     [mostDirectories]Directory // those that the file does not have are zero

	sectionAlignment, fileAlignment uint32
	headers                         uint32 // bytes of the file that are mapped as headers

	pages pages
}

// Open reads the headers of a file of that size. A file that is none of this kind
// gives ErrNoPE.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{pages: pages{r: r, size: size, left: mostPages}}
	var dos [64]byte
	if n := f.pages.read(dos[:], 0); n < len(dos) || dos[0] != 'M' || dos[1] != 'Z' {
		return nil, f.pages.fail(ErrNoPE)
	}
	at := int64(binary.LittleEndian.Uint32(dos[60:]))
	var head [24]byte
	if n := f.pages.read(head[:], at); n < len(head) || string(head[:4]) != "PE\x00\x00" {
		return nil, f.pages.fail(ErrNoPE) // a program for DOS, or for Windows 3
	}
	le := binary.LittleEndian
	f.Machine = Machine(le.Uint16(head[4:]))
	f.TimeDateStamp = le.Uint32(head[8:])
	f.Characteristics = le.Uint16(head[22:])
	f.Header = at
	if err := f.readOptional(at + 24); err != nil {
		return nil, f.pages.fail(err)
	}
	sections, optional := int(le.Uint16(head[6:])), int64(le.Uint16(head[20:]))
	if sections > mostSections {
		return nil, fmt.Errorf("%d sections: at most %d are read", sections, mostSections)
	}
	return f, f.pages.fail(f.readSections(at+24+optional, sections))
}

// readOptional reads the optional header, which is none. How long the file says
// that it is matters for what follows it, not for what is in it.
func (f *File) readOptional(at int64) error {
	var head [112]byte
	le := binary.LittleEndian
	n := f.pages.read(head[:], at)
	if n < 72 {
		return fmt.Errorf("the optional header at %#x is cut off", at)
	}
	directories := int64(96)
	f.ImageBase = uint64(le.Uint32(head[28:]))
	switch magic := le.Uint16(head[:]); magic {
	case 0x10b:
	case 0x20b:
		f.Wide, directories = true, 112
		f.ImageBase = le.Uint64(head[24:])
	default:
		return fmt.Errorf("the optional header at %#x has the unknown magic %#x", at, magic)
	}
	f.EntryPoint = le.Uint32(head[16:])
	f.sectionAlignment, f.fileAlignment = le.Uint32(head[32:]), le.Uint32(head[36:])
	f.headers = le.Uint32(head[60:])
	f.Checksum = le.Uint32(head[64:])
	f.Subsystem = le.Uint16(head[68:])

	count := min(le.Uint32(head[directories-4:]), mostDirectories)
	var raw [mostDirectories * 8]byte
	f.pages.read(raw[:count*8], at+directories) // those behind the file's end stay zero
	for i := range count {
		f.Directories[i] = Directory{le.Uint32(raw[i*8:]), le.Uint32(raw[i*8+4:])}
	}
	return nil
}

func (f *File) readSections(at int64, count int) error {
	var raw [40]byte
	le := binary.LittleEndian
	for i := range count {
		if n := f.pages.read(raw[:], at+int64(i)*int64(len(raw))); n < len(raw) {
			return fmt.Errorf("the table of %d sections at %#x is cut off", count, at)
		}
		f.Sections = append(f.Sections, Section{
			Name: text(raw[:8]), VirtualSize: le.Uint32(raw[8:]), VirtualAddress: le.Uint32(raw[12:]),
			Size: le.Uint32(raw[16:]), Offset: le.Uint32(raw[20:]), Flags: le.Uint32(raw[36:]),
		})
	}
	return nil
}

// HasSignature tells whether the file has a table of signatures within its bounds.
func (f *File) HasSignature() bool {
	d := f.Directories[SignatureDirectory]
	return d.VirtualAddress != 0 && d.Size >= 8 && int64(d.VirtualAddress)+int64(d.Size) <= f.pages.size
}

// Compiled returns when the file was made, as its header claims. The zero time
// stands for a header without a time: it is 0, or the linker put a digest there so
// that equal sources give equal files.
func (f *File) Compiled() time.Time {
	if f.TimeDateStamp == 0 || f.reproducible() {
		return time.Time{}
	}
	return time.Unix(int64(f.TimeDateStamp), 0).UTC()
}

// reproducible tells whether the file says that its time stamps are digests.
func (f *File) reproducible() bool {
	const entrySize, most, digest = 28, 64, 16 // IMAGE_DEBUG_TYPE_REPRO
	d := f.Directories[DebugDirectory]
	var entry [entrySize]byte
	for i := range min(d.Size/entrySize, most) {
		if f.ReadAddress(entry[:], d.VirtualAddress, i*entrySize) < entrySize {
			break
		}
		if binary.LittleEndian.Uint32(entry[12:]) == digest {
			return true
		}
	}
	return false
}

// Managed tells whether the file has nothing but code for .NET: then what its entry
// point has is a stub that Windows does not run.
func (f *File) Managed() bool {
	const ilOnly = 1
	var head [20]byte
	d := f.Directories[ManagedDirectory]
	return d.Size > 0 && f.ReadAddress(head[:], d.VirtualAddress, 0) == len(head) && binary.LittleEndian.Uint32(head[16:])&ilOnly != 0
}
