package anatomy

import (
	"fmt"

	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/elf"
)

// Flags of ELF: PF_... of segments and SHF_... of sections.
const (
	segmentExecute, segmentWrite, segmentRead = 1, 2, 4
	elfWrite, elfLoaded, elfExecute           = 1, 2, 4
)

// readELF reads an executable of Linux.
func (d *dissection) readELF(file *elf.File) error {
	d.Format, d.Machine = ELF32, file.Architecture()
	if file.Wide {
		d.Format = ELF64
	}
	loader, note := file.Dynamic(), file.PackageNote()
	d.ELF = &ELF{
		Interpreter: text(file.Interpreter()), Needed: texts(loader.Needed), Name: text(loader.Name), RunPath: texts(loader.RunPath), BuildID: file.BuildID(),
		Package: text(note.Name), Version: text(note.Version), Distributor: text(note.OS), Sections: []Section{}, Segments: []Section{},
	}
	d.ELF.Static = d.ELF.Interpreter == "" && len(loader.Needed) == 0
	d.Role = roleOfELF(file.Type, loader.Program || d.ELF.Interpreter != "" && loader.Name == "")
	end := int64(64)
	if !file.Wide {
		end = 52
	}
	for _, s := range file.Segments {
		if s.Kind == elf.Load {
			d.ELF.Segments = append(d.ELF.Segments, Section{
				Address: disasm.Address(s.Address), Memory: s.Memory, Offset: int64(s.Offset), Size: bounded(s.Size), Flags: fmt.Sprintf("%#x", s.Flags),
				Read: s.Flags&segmentRead != 0, Write: s.Flags&segmentWrite != 0, Execute: s.Flags&segmentExecute != 0,
			})
		}
		end = d.reach(end, int64(s.Offset), bounded(s.Size))
	}
	for _, s := range file.Sections() {
		one := Section{
			Name: text(s.Name), Address: disasm.Address(s.Address), Offset: bounded(s.Offset), Size: bounded(s.Size), Flags: fmt.Sprintf("%#x", s.Flags),
			Read: s.Flags&elfLoaded != 0, Write: s.Flags&elfWrite != 0, Execute: s.Flags&elfExecute != 0,
		}
		if one.Read {
			one.Memory = s.Size
		}
		if s.Kind == elf.NoBits {
			one.Size = 0
		}
		d.ELF.Sections = append(d.ELF.Sections, one)
		end = d.reach(end, one.Offset, one.Size)
	}
	for _, t := range file.Tables() {
		end = d.reach(end, t[0], t[1])
	}
	for _, list := range [][]Section{d.ELF.Sections, d.ELF.Segments} {
		for i := range list {
			d.want(&list[i].Entropy, list[i].Offset, list[i].Size)
		}
	}
	d.findOverlay(end)
	if off, n := file.Place(file.Entry); file.Entry != 0 && (n > 0 || d.Role == Program) {
		d.setEntry(file.EntryCode(), off, 0, disasm.Address(file.Entry), d.ELF.Sections)
	}
	if _, err := d.pass(nil); err != nil {
		return err
	}
	d.judgeELF(file.HasSections())
	return nil
}

// reach returns how far the file is spoken of, by a part more.
func (d *dissection) reach(end, offset, size int64) int64 {
	if size <= 0 || offset < 0 || offset >= d.Size {
		return end
	}
	return max(end, offset+min(size, d.Size-offset))
}

// bounded makes a number of a file one that can be computed with.
func bounded(n uint64) int64 { return int64(min(n, 1<<62)) }

func texts(list []string) []string {
	for i := range list {
		list[i] = text(list[i])
	}
	return list
}

func roleOfELF(kind elf.Type, program bool) Role {
	switch {
	case kind == elf.Executable, kind == elf.Shared && program:
		return Program
	case kind == elf.Shared:
		return Library
	case kind == elf.Relocatable:
		return Object
	case kind == elf.Core:
		return Core
	}
	return ""
}
