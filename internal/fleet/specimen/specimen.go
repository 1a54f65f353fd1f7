// Package specimen makes executable files for the simulated network: files that
// look odd to whoever examines them and do nothing when they are run.
//
// What it makes is a valid PE32 of a few sections with an import and a version
// resource. Its only code is a long run of one instruction that does nothing,
// and a call of ExitProcess.
package specimen

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// Info is what the file's version resource says.
type Info struct {
	CompanyName, FileDescription, FileVersion, OriginalFilename, ProductName string
}

const (
	imageBase   = 0x400000
	fileAlign   = 0x200
	memoryAlign = 0x1000
	headers     = 0x400
	textRVA     = 0x1000
	// run is how many bytes the entry point's run of one instruction has.
	run = 16 << 10
)

// Harmless returns an executable of about size bytes, never less than it needs.
// Equal arguments give equal bytes.
func Harmless(info Info, size int) []byte {
	text := bytes.Repeat([]byte{0x90}, run) // nop
	dataRVA := uint32(textRVA + round(len(text)+memoryAlign, memoryAlign))
	imports, slot := importsOfExit(dataRVA)
	text = append(text, 0x6a, 0x00) // push 0
	text = append(text, 0xff, 0x15) // call [slot]
	text = le32(text, imageBase+dataRVA+slot)
	resourceRVA := dataRVA + uint32(round(len(imports), memoryAlign))
	resource := versionResource(info, resourceRVA)
	paddingRVA := resourceRVA + uint32(round(len(resource), memoryAlign))
	padding := bytes.Repeat([]byte("HARMLESS"), max(fileAlign, size-headers-len(text)-len(imports)-len(resource))/8)

	sections := []section{
		{".text", textRVA, text, 0x60000020},
		{".idata", dataRVA, imports, 0xc0000040},
		{".rsrc", resourceRVA, resource, 0x40000040},
		{".data", paddingRVA, padding, 0xc0000040},
	}
	return link(sections, [2]uint32{dataRVA, importDescriptors}, [2]uint32{resourceRVA, uint32(len(resource))})
}

type section struct {
	name  string
	rva   uint32
	data  []byte
	flags uint32
}

// link writes the headers and the sections.
func link(sections []section, imports, resource [2]uint32) []byte {
	last := sections[len(sections)-1]
	imageSize := last.rva + uint32(round(len(last.data), memoryAlign))

	out := make([]byte, 0x80, headers)
	copy(out, "MZ")
	binary.LittleEndian.PutUint32(out[0x3c:], 0x80)
	out = append(out, "PE\x00\x00"...)
	out = le16(out, 0x14c, uint16(len(sections))) // i386
	out = le32(out, 0x4b1a2c00, 0, 0)             // a date, no symbols
	out = le16(out, 224, 0x0102)                  // optional header; executable, 32 bits

	out = append(out, 0x0b, 0x01, 6, 0) // PE32, linker
	out = le32(out, uint32(round(len(sections[0].data), fileAlign)), uint32(round(len(last.data), fileAlign)), 0,
		textRVA, textRVA, sections[1].rva, // entry point, code, data
		imageBase, memoryAlign, fileAlign)
	out = le16(out, 4, 0, 1, 0, 4, 0) // versions of the system, the image and the subsystem
	out = le32(out, 0, imageSize, headers, 0)
	out = le16(out, 2, 0) // with windows
	out = le32(out, 1<<20, 4096, 1<<20, 4096, 0, 16)
	for i := range uint32(16) {
		switch i {
		case 1:
			out = le32(out, imports[0], imports[1])
		case 2:
			out = le32(out, resource[0], resource[1])
		default:
			out = le32(out, 0, 0)
		}
	}
	at := headers
	for _, s := range sections {
		var name [8]byte
		copy(name[:], s.name)
		out = append(out, name[:]...)
		raw := round(len(s.data), fileAlign)
		out = le32(out, uint32(len(s.data)), s.rva, uint32(raw), uint32(at), 0, 0, 0, s.flags)
		at += raw
	}
	out = append(out, make([]byte, headers-len(out))...)
	for _, s := range sections {
		out = append(out, s.data...)
		out = append(out, make([]byte, round(len(s.data), fileAlign)-len(s.data))...)
	}
	return out
}

const importDescriptors = 40 // bytes of the one descriptor and the empty one behind it

// importsOfExit returns the import section at rva, and where in it the address
// of ExitProcess will be.
func importsOfExit(rva uint32) (data []byte, slot uint32) {
	const lookup, addresses, hint, library = 40, 48, 56, 72
	data = le32(data, rva+lookup, 0, 0, rva+library, rva+addresses)
	data = le32(data, 0, 0, 0, 0, 0)
	data = le32(data, rva+hint, 0) // names
	data = le32(data, rva+hint, 0) // addresses, once it is loaded
	data = append(data, "\x00\x00ExitProcess\x00"...)
	data = append(data, make([]byte, library-len(data))...)
	return append(data, "KERNEL32.dll\x00"...), addresses
}

// versionResource returns a resource section at rva with a version resource.
func versionResource(info Info, rva uint32) []byte {
	version := versionInfo(info)
	var out []byte
	// Three levels: kind 16 (version), number 1, language 0x409.
	for level, id := range [...]uint32{16, 1, 0x409} {
		out = le32(out, 0, 0, 0)
		out = le16(out, 0, 1)
		child := uint32((level + 1) * 24)
		if level < 2 {
			child |= 1 << 31
		}
		out = le32(out, id, child)
	}
	out = le32(out, rva+uint32(len(out))+16, uint32(len(version)), 1200, 0)
	return append(out, version...)
}

func versionInfo(info Info) []byte {
	fixed := le32(nil, 0xfeef04bd, 0x10000, 1<<16, 0, 1<<16, 0, 0x3f, 0, 0x40004, 1, 0, 0, 0)
	var texts []byte
	for _, t := range [...][2]string{
		{"CompanyName", info.CompanyName}, {"FileDescription", info.FileDescription}, {"FileVersion", info.FileVersion},
		{"OriginalFilename", info.OriginalFilename}, {"ProductName", info.ProductName},
	} {
		if t[1] != "" {
			texts = append(aligned(texts), node(t[0], true, utf16z(t[1]), nil)...)
		}
	}
	table := node("040904b0", true, nil, texts)
	strings := node("StringFileInfo", true, nil, table)
	translation := node("Translation", false, le16(nil, 0x409, 1200), nil)
	variables := node("VarFileInfo", true, nil, translation)
	return node("VS_VERSION_INFO", false, fixed, append(aligned(strings), variables...))
}

// node writes one node of a version resource: its lengths, name, value and what
// is below it.
func node(name string, text bool, value, below []byte) []byte {
	length, kind := len(value), uint16(0)
	if text {
		length, kind = length/2, 1
	}
	out := le16(nil, 0, uint16(length), kind)
	out = aligned(append(out, utf16z(name)...))
	out = append(out, value...)
	if len(below) > 0 {
		out = append(aligned(out), below...)
	}
	binary.LittleEndian.PutUint16(out, uint16(len(out)))
	return out
}

func utf16z(s string) []byte {
	return le16(nil, append(utf16.Encode([]rune(s)), 0)...)
}

// aligned fills b up to a multiple of four bytes.
func aligned(b []byte) []byte { return append(b, make([]byte, round(len(b), 4)-len(b))...) }

func round(n, to int) int { return (n + to - 1) / to * to }

func le16(b []byte, values ...uint16) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

func le32(b []byte, values ...uint32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}
