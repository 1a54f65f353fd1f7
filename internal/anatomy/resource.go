package anatomy

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"

	"github.com/eljefe/eljefe/internal/pe"
)

// Limits on what is believed of a file.
const (
	mostResources = 4096 // that are counted
	keptResources = 512
	mostEntries   = 4096 // of a directory of resources

	// Of a resource of fewer bytes the entropy is not measured, and of no more.
	leastMeasuredResource, mostMeasuredResource = 4 << 10, 64 << 10
)

// Types of resources: RT_...
const (
	iconResource      = 3
	groupIconResource = 14
)

// A leaf is a resource, by the three numbers or names of the directories that lead to
// it.
type leaf struct {
	kind, name, language resourceName
	address, size        uint32
}

// A resourceName is a number, or a text where it is not empty.
type resourceName struct {
	number uint32
	text   string
}

func (n resourceName) String() string {
	if n.text != "" {
		return n.text
	}
	return "#" + strconv.FormatUint(uint64(n.number), 10)
}

// readResources reads which resources there are, and returns them.
func (d *dissection) readResources() []leaf {
	if d.file.Directories[pe.ResourceDirectory].VirtualAddress == 0 {
		return nil
	}
	leaves, cut := d.leaves()
	if cut {
		d.unread("resources", fmt.Errorf("there are more than %d of them, or their directories are damaged", len(leaves)))
	}
	d.Image.ResourceCount = len(leaves)
	d.Image.Resources = make([]Resource, 0, min(len(leaves), keptResources))
	for _, l := range leaves[:min(len(leaves), keptResources)] {
		r := Resource{Type: typeName(l.kind), Name: text(l.name.String()), Language: languageName(l.language.number), Size: l.size}
		if off, n := d.file.Place(l.address); n > 0 {
			r.Offset = off
		}
		d.Image.Resources = append(d.Image.Resources, r)
	}
	for i := range d.Image.Resources {
		if r := &d.Image.Resources[i]; r.Offset > 0 && r.Size >= leastMeasuredResource {
			d.want(&r.Entropy, r.Offset, min(int64(r.Size), mostMeasuredResource))
		}
	}
	return leaves
}

// leaves walks the three levels of directories. True is returned where not all of
// them could be read.
func (d *dissection) leaves() (list []leaf, cut bool) {
	visited := 0 // entries: directories may lead to one another
	var walk func(at uint32, level int, path [3]resourceName)
	walk = func(at uint32, level int, path [3]resourceName) {
		for name, to := range d.entries(at) {
			if visited++; visited > 4*mostResources || len(list) == mostResources {
				cut = true
				return
			}
			path[level] = name
			const directory = 1 << 31
			if to&directory != 0 {
				if level == 2 { // deeper than Windows looks
					cut = true
					continue
				}
				walk(to&^directory, level+1, path)
				continue
			}
			var entry [8]byte
			if d.file.ReadAddress(entry[:], d.file.Directories[pe.ResourceDirectory].VirtualAddress, to) < len(entry) {
				cut = true
				continue
			}
			list = append(list, leaf{path[0], path[1], path[2], binary.LittleEndian.Uint32(entry[:]), binary.LittleEndian.Uint32(entry[4:])})
		}
	}
	walk(0, 0, [3]resourceName{})
	return list, cut
}

// entries returns those of the directory at an offset from the first one: their names,
// and where they lead.
func (d *dissection) entries(at uint32) func(yield func(resourceName, uint32) bool) {
	return func(yield func(resourceName, uint32) bool) {
		root, le := d.file.Directories[pe.ResourceDirectory].VirtualAddress, binary.LittleEndian
		var head [16]byte
		if d.file.ReadAddress(head[:], root, at) < len(head) {
			return
		}
		count := uint32(le.Uint16(head[12:])) + uint32(le.Uint16(head[14:]))
		for i := range min(count, mostEntries) {
			var entry [8]byte
			if d.file.ReadAddress(entry[:], root, at+16+i*8) < len(entry) {
				return
			}
			const named = 1 << 31
			name := resourceName{number: le.Uint32(entry[:])}
			if name.number&named != 0 {
				name = resourceName{text: d.resourceText(root, name.number&^named)}
			}
			if !yield(name, le.Uint32(entry[4:])) {
				return
			}
		}
	}
}

// resourceText reads the name of a resource: a length and UTF-16.
func (d *dissection) resourceText(root, at uint32) string {
	var length [2]byte
	d.file.ReadAddress(length[:], root, at)
	raw := make([]byte, 2*min(int(binary.LittleEndian.Uint16(length[:])), longestText/2))
	raw = raw[:d.file.ReadAddress(raw, root, at+2)]
	units := make([]uint16, 0, len(raw)/2)
	for ; len(raw) >= 2; raw = raw[2:] {
		units = append(units, binary.LittleEndian.Uint16(raw))
	}
	if len(units) == 0 {
		return "?"
	}
	return string(utf16.Decode(units))
}

// typeNames are those of RT_...
var typeNames = [...]string{
	1: "cursor", 2: "bitmap", iconResource: "icon", 4: "menu", 5: "dialog", 6: "string", 7: "font_directory", 8: "font", 9: "accelerator", 10: "data",
	11: "message_table", 12: "cursor_group", groupIconResource: "icon_group", 16: "version", 17: "dialog_include", 19: "plug_and_play", 20: "vxd",
	21: "animated_cursor", 22: "animated_icon", 23: "html", 24: "manifest",
}

// typeName names what kind of resource it is.
func typeName(n resourceName) string {
	if n.text == "" && n.number < uint32(len(typeNames)) && typeNames[n.number] != "" {
		return typeNames[n.number]
	}
	return text(n.String())
}

// languageNames lists "number tag", the numbers in hexadecimal.
//
//go:embed languages.txt
var languageNames string

var languages = sync.OnceValue(func() map[uint32]string {
	names := map[uint32]string{}
	for line := range strings.Lines(languageNames) {
		number, tag, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(number, 16, 16)
		if err != nil {
			panic("languages.txt: " + line)
		}
		names[uint32(n)] = tag
	}
	return names
})

// languageName returns the tag of a language of Windows.
func languageName(n uint32) string {
	if tag, ok := languages()[n]; ok {
		return tag
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%#04x", n)
}

// readVersion reads what the file says of itself.
func (d *dissection) readVersion() {
	lines, err := d.file.VersionLines()
	if err != nil {
		d.unread("version", err)
	}
	for _, l := range lines {
		language := text(l.Table)
		if n, err := strconv.ParseUint(l.Table, 16, 32); err == nil {
			language = languageName(uint32(n >> 16))
		}
		d.Image.VersionStrings = append(d.Image.VersionStrings, VersionString{language, text(l.Name), text(l.Value)})
	}
}
