package anatomy

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/pe"
)

// Limits on what is kept of a file.
const (
	mostFunctions = 4096
	mostExports   = 64 << 10 // that are counted; Windows numbers them with 16 bits
	mostCallbacks = 64
)

// readImports reads what the file imports, at once and later, and the digest of it.
func (d *dissection) readImports() {
	d.names = map[disasm.Address]string{}
	for delayed, imports := range []iter.Seq2[pe.Import, error]{d.file.Imports(), d.file.DelayedImports()} {
		for im, err := range imports {
			if err != nil {
				d.unread([]string{"imports", "delayed_imports"}[delayed], err)
				break
			}
			d.addImport(im, delayed == 1)
		}
	}
	var err error
	if d.Image.IMPHASH, err = d.file.IMPHASH(); err != nil && len(d.Unread) == 0 {
		d.unread("imphash", err)
	}
}

func (d *dissection) addImport(im pe.Import, delayed bool) {
	if d.Image.ImportCount++; d.Image.ImportCount > mostFunctions {
		return
	}
	library, last := text(im.Library), len(d.Image.Imports)-1
	if last < 0 || d.Image.Imports[last].Library != library || d.Image.Imports[last].Delayed != delayed {
		d.Image.Imports = append(d.Image.Imports, Imported{Library: library, Delayed: delayed, Functions: []Function{}})
		last++
	}
	f := Function{Name: text(im.Name), Ordinal: uint32(im.Ordinal), Address: disasm.Address(im.Address)}
	d.Image.Imports[last].Functions = append(d.Image.Imports[last].Functions, f)
	if f.Name == "" {
		f.Name = fmt.Sprintf("#%d", f.Ordinal)
	}
	d.names[disasm.Address(d.file.ImageBase)+f.Address] = library + "!" + f.Name
}

// readExports reads what the file has for others.
func (d *dissection) readExports() {
	at := d.file.Directories[pe.ExportDirectory]
	if at.VirtualAddress == 0 {
		return
	}
	var head [40]byte
	le := binary.LittleEndian
	if d.file.ReadAddress(head[:], at.VirtualAddress, 0) < len(head) {
		d.unread("exports", fmt.Errorf("their directory at %#x cannot be read", at.VirtualAddress))
		return
	}
	base, functions, named := le.Uint32(head[16:]), le.Uint32(head[20:]), le.Uint32(head[24:])
	addresses, names, ordinals := le.Uint32(head[28:]), le.Uint32(head[32:]), le.Uint32(head[36:])
	e := &Exports{Functions: []Function{}}
	if name, ok := d.file.Text(le.Uint32(head[12:]), longestText); ok {
		e.Name = text(name)
	}
	d.Image.Exports = e
	nameOf := map[uint32][]string{}
	for i := range min(named, mostFunctions) {
		var at [4]byte
		var index [2]byte
		if d.file.ReadAddress(at[:], names, i*4) < 4 || d.file.ReadAddress(index[:], ordinals, i*2) < 2 {
			d.unread("exports", fmt.Errorf("of %d names %d can be read", named, i))
			break
		}
		name, ok := d.file.Text(le.Uint32(at[:]), longestText)
		if !ok {
			continue
		}
		n := uint32(le.Uint16(index[:]))
		nameOf[n] = append(nameOf[n], text(name))
	}
	for i := range min(functions, mostExports) {
		var raw [4]byte
		if d.file.ReadAddress(raw[:], addresses, i*4) < 4 {
			d.unread("exports", fmt.Errorf("of %d addresses %d can be read", functions, i))
			break
		}
		address := le.Uint32(raw[:])
		if address == 0 { // a number that nobody has
			continue
		}
		f := Function{Ordinal: base + i, Address: disasm.Address(address)}
		if within := address - at.VirtualAddress; within < at.Size { // it points to a name
			if forward, ok := d.file.Text(address, longestText); ok {
				f.Forward = text(forward)
			}
		}
		of := nameOf[i]
		if len(of) == 0 {
			of = []string{""}
		}
		for _, f.Name = range of {
			if e.Count++; len(e.Functions) < mostFunctions {
				e.Functions = append(e.Functions, f)
			}
		}
	}
}

// readDebug finds the file with the symbols, as its maker's linker named it.
func (d *dissection) readDebug() {
	const entrySize, mostEntries, codeView = 28, 64, 2
	to := d.file.Directories[pe.DebugDirectory]
	var entry [entrySize]byte
	for i := range min(to.Size/entrySize, mostEntries) {
		if d.file.ReadAddress(entry[:], to.VirtualAddress, i*entrySize) < entrySize {
			return
		}
		if binary.LittleEndian.Uint32(entry[12:]) != codeView {
			continue
		}
		var raw [24 + longestText]byte
		n, _ := d.r.ReadAt(raw[:min(len(raw), int(binary.LittleEndian.Uint32(entry[16:])&0xffff))], int64(binary.LittleEndian.Uint32(entry[24:])))
		if n <= 24 || string(raw[:4]) != "RSDS" {
			continue
		}
		name, _, _ := strings.Cut(string(raw[24:n]), "\x00")
		d.Image.DebugFile = text(name)
		return
	}
}

// readCallbacks counts the functions that run before the entry point: those of
// IMAGE_TLS_DIRECTORY.
func (d *dissection) readCallbacks() {
	to := d.file.Directories[pe.ThreadDirectory]
	size := uint32(4)
	if d.file.Wide {
		size = 8
	}
	list, ok := d.number(to.VirtualAddress, 3*size, size)
	if to.VirtualAddress == 0 || !ok || list < d.file.ImageBase || list-d.file.ImageBase > 1<<32-1 {
		return
	}
	for i := range uint32(mostCallbacks) {
		address, ok := d.number(uint32(list-d.file.ImageBase), i*size, size)
		if !ok || address == 0 {
			return
		}
		d.Image.Callbacks++
	}
}

// number reads a number of 4 or 8 bytes.
func (d *dissection) number(address, offset, size uint32) (uint64, bool) {
	var raw [8]byte
	ok := d.file.ReadAddress(raw[:size], address, offset) == int(size)
	return binary.LittleEndian.Uint64(raw[:]), ok
}
