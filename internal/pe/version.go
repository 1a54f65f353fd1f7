package pe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
)

// A Version is what a file tells of itself in its version resource. All of it is
// the claim of whoever made the file.
type Version struct {
	Company, Description, FileVersion, InternalName, Copyright, OriginalFileName, Product, ProductVersion string
}

// Limits on what is believed of a file.
const (
	mostVersion = 64 << 10 // bytes of a version resource, whose own lengths have 16 bits
	mostEntries = 4096     // of a directory of resources
	mostNodes   = 4096     // of a version resource
)

// Kinds and languages of resources.
const (
	versionResource = 16
	english         = 0x409
)

// Version returns what the version resource says; the zero value where there is
// none. Of several languages English is taken, so that a file says the same on all
// stations, or else the first.
func (f *File) Version() (Version, error) {
	raw, err := f.versionResource()
	if err != nil || raw == nil {
		return Version{}, err
	}
	return parseVersion(raw)
}

// A VersionLine is a line of a version resource.
type VersionLine struct {
	Table       string // language and code page in hexadecimal, as the file writes them: "040904b0"
	Name, Value string
}

// VersionLines returns all lines of the version resource that Version reads.
func (f *File) VersionLines() (lines []VersionLine, err error) {
	raw, err := f.versionResource()
	if err != nil || raw == nil {
		return nil, err
	}
	err = versionLines(raw, func(table string, line node) {
		value, _ := wideText(line.value)
		lines = append(lines, VersionLine{table, line.key, strings.TrimSpace(value)})
	})
	return lines, err
}

// versionResource returns the version resource, nil where there is none.
func (f *File) versionResource() ([]byte, error) {
	root := f.Directories[ResourceDirectory].VirtualAddress
	if root == 0 {
		return nil, nil
	}
	at, ok := f.resource(root, 0, func(id uint32) bool { return id == versionResource })
	if !ok {
		return nil, f.pages.err
	}
	// Below that are a directory of names and one of languages.
	const directory = 1 << 31
	isEnglish, any := func(id uint32) bool { return id == english }, func(uint32) bool { return true }
	for _, right := range []func(uint32) bool{any, isEnglish} {
		if at&directory == 0 {
			break
		}
		below := at &^ directory
		if at, ok = f.resource(root, below, right); !ok {
			at, ok = f.resource(root, below, any)
		}
		if !ok {
			return nil, f.pages.fail(fmt.Errorf("the directory of the version resource at %#x is empty", below))
		}
	}
	var entry [8]byte
	if at&directory != 0 || f.ReadAddress(entry[:], root, at) < len(entry) {
		return nil, f.pages.fail(fmt.Errorf("the entry of the version resource at %#x cannot be read", at))
	}
	raw := make([]byte, min(binary.LittleEndian.Uint32(entry[4:]), mostVersion))
	raw = raw[:f.ReadAddress(raw, binary.LittleEndian.Uint32(entry[:]), 0)]
	if f.pages.err != nil {
		return nil, f.pages.err
	}
	return raw, nil
}

// resource returns where the first entry leads whose number is right, of the
// directory at an offset from the root. Entries with a name have no number.
func (f *File) resource(root, at uint32, right func(id uint32) bool) (to uint32, ok bool) {
	var head [16]byte
	if f.ReadAddress(head[:], root, at) < len(head) {
		return 0, false
	}
	count := uint32(binary.LittleEndian.Uint16(head[12:])) + uint32(binary.LittleEndian.Uint16(head[14:]))
	for i := range min(count, mostEntries) {
		var entry [8]byte
		if f.ReadAddress(entry[:], root, at+16+i*8) < len(entry) {
			break
		}
		if right(binary.LittleEndian.Uint32(entry[:])) {
			return binary.LittleEndian.Uint32(entry[4:]), true
		}
	}
	return 0, false
}

// node is one of the nodes that a version resource is made of.
type node struct {
	key   string
	value []byte // for a text with what follows it, up to the node's end
	below []byte // the nodes below this one
}

// nextNode takes the first node from b, which begins at a multiple of four bytes.
func nextNode(b []byte) (n node, rest []byte, ok bool) {
	if len(b) < 6 {
		return node{}, nil, false
	}
	length, value, kind := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint16(b[4:])
	if length < 6 {
		return node{}, nil, false
	}
	length = min(length, len(b)) // a linker may cut the last one
	key, at := wideText(b[6:length])
	at = min(align(6+at), length)
	n = node{key: key, value: b[at:length]}
	if kind == 1 {
		value *= 2 // characters, for most compilers
	}
	n.below = b[min(align(at+value), length):length]
	return n, b[min(align(length), len(b)):], true
}

// parseVersion reads VS_VERSIONINFO.
func parseVersion(raw []byte) (Version, error) {
	var v Version
	// The first table that says something counts: others are other languages.
	if err := versionLines(raw, func(_ string, line node) { v.set(line) }); err != nil {
		return Version{}, err
	}
	root, _, _ := nextNode(raw)
	if fixed := root.value; v.FileVersion == "" && len(fixed) >= 16 && binary.LittleEndian.Uint32(fixed) == 0xfeef04bd {
		high, low := binary.LittleEndian.Uint32(fixed[8:]), binary.LittleEndian.Uint32(fixed[12:])
		v.FileVersion = fmt.Sprintf("%d.%d.%d.%d", high>>16, high&0xffff, low>>16, low&0xffff)
	}
	return v, nil
}

// versionLines calls do for each line of each table of texts.
func versionLines(raw []byte, do func(table string, line node)) error {
	root, _, ok := nextNode(raw)
	if !ok || root.key != "VS_VERSION_INFO" {
		return errors.New("the version resource does not begin as one")
	}
	nodes := 0
	each(root.below, &nodes, func(info node) {
		if info.key != "StringFileInfo" {
			return
		}
		each(info.value, &nodes, func(table node) {
			each(table.value, &nodes, func(line node) { do(table.key, line) })
		})
	})
	return nil
}

// each calls do for the nodes in b, until all of them are too many.
func each(b []byte, nodes *int, do func(node)) {
	for *nodes < mostNodes {
		n, rest, ok := nextNode(b)
		if !ok {
			return
		}
		*nodes++
		do(n)
		b = rest
	}
}

// set takes a line of a table.
func (v *Version) set(line node) {
	to := map[string]*string{
		"CompanyName": &v.Company, "FileDescription": &v.Description, "FileVersion": &v.FileVersion, "InternalName": &v.InternalName,
		"LegalCopyright": &v.Copyright, "OriginalFilename": &v.OriginalFileName, "ProductName": &v.Product, "ProductVersion": &v.ProductVersion,
	}[line.key]
	if to == nil || *to != "" {
		return
	}
	value, _ := wideText(line.value)
	*to = strings.TrimSpace(value)
}

// wideText reads a text in UTF-16 up to its NUL or the end of b, and returns how
// many bytes it had, the NUL included.
func wideText(b []byte) (string, int) {
	var units []uint16
	at := 0
	for at+2 <= len(b) {
		unit := binary.LittleEndian.Uint16(b[at:])
		if at += 2; unit == 0 {
			break
		}
		units = append(units, unit)
	}
	return string(utf16.Decode(units)), at
}

// align returns n filled up to a multiple of four.
func align(n int) int { return (n + 3) &^ 3 }
