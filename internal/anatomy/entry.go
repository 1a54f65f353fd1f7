package anatomy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/pe"
)

// mostInstructions is how many are shown of the code at the entry point.
const mostInstructions = 400

// readEntry reads the code at the entry point of an image. One for .NET has none of
// its own: what is there Windows does not run.
func (d *dissection) readEntry() {
	code, err := d.file.EntryCode()
	if err != nil {
		d.unread("entry", err)
	}
	if d.file.EntryPoint == 0 || d.file.Managed() {
		return
	}
	off, _ := d.file.Place(d.file.EntryPoint)
	base := disasm.Address(d.file.ImageBase)
	d.setEntry(code, off, base, base+disasm.Address(d.file.EntryPoint), d.Image.Sections)
	if len(code) == 0 {
		d.unread("entry", fmt.Errorf("the file has nothing at the entry point %#x", d.file.EntryPoint))
	}
}

// setEntry notes the code at an address, which lies there in the file. The sections'
// addresses are relative to the base.
func (d *dissection) setEntry(code []byte, off int64, base, at disasm.Address, sections []Section) {
	d.Entry = &Entry{Address: at, Offset: off, Bytes: len(code), Entropy: rounded(pe.Entropy(code))}
	s := sectionAt(sections, at-base)
	if s != nil {
		d.Entry.Section = s.Name
	}
	if len(code) == 0 {
		return
	}
	sum := sha256.Sum256(code)
	d.Entry.SHA256 = hex.EncodeToString(sum[:])
	if !disasm.Known(disasm.Arch(d.Machine)) {
		d.Entry.Unknown = true
		return
	}
	if s != nil && s.Memory > 0 { // what is behind it is no code
		code = code[:min(uint64(len(code)), uint64(s.Address)+s.Memory-uint64(at-base))]
	}
	list := disasm.Code(code, at, disasm.Arch(d.Machine), disasm.Options{
		Most: mostInstructions + 1, Name: func(a disasm.Address) string { return d.names[a] },
	})
	if d.Entry.More = len(list) > mostInstructions; d.Entry.More {
		list = list[:mostInstructions]
	}
	d.Entry.Instructions = list
}

// sectionAt returns the section at an address, nil: there is none.
func sectionAt(list []Section, at disasm.Address) *Section {
	for i := range list {
		memory := list[i].Memory
		if memory == 0 {
			memory = uint64(max(0, list[i].Size))
		}
		if s := &list[i]; at >= s.Address && uint64(at-s.Address) < memory {
			return s
		}
	}
	return nil
}
