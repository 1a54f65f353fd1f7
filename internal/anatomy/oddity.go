package anatomy

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/eljefe/eljefe/internal/anatomy/signature"
	"github.com/eljefe/eljefe/internal/disasm"
)

// An Oddity is what programs of honest makers seldom have. None of them is a proof:
// installers are packed, and old compilers wrote odd headers.
type Oddity struct {
	Code  Code   `json:"code"`
	Where string `json:"where,omitempty"` // the section concerned, by its name
	Value string `json:"value,omitempty"` // what is odd there, as the code says
}

// A Code says what is odd.
type Code string

// The codes.
const (
	PackedBy          Code = "packed_by"                   // a section has the name that a packer gives; value: the packer
	WritableCode      Code = "section_writable_executable" // code that can change itself
	PackedSection     Code = "section_packed"              // code of more entropy than code has; value: bits per byte
	EmptyCode         Code = "section_filled_at_run"       // room for code that the file does not have; value: bytes
	OddName           Code = "section_name_odd"            // a name of what cannot be read
	BeyondEnd         Code = "section_beyond_end"          // the file ends before the section does
	Overlapping       Code = "sections_overlap"            // two sections share bytes of the file; value: the other one
	NoSections        Code = "sections_missing"            // the file has none
	EntryOutside      Code = "entry_outside"               // the entry point is in no section
	EntryNotCode      Code = "entry_not_code"              // ... in a section that is not executable
	EntryWritable     Code = "entry_writable"              // ... in one that can be written
	EntryLast         Code = "entry_in_last_section"       // ... in the last one, though code begins before it
	EntrySimple       Code = "entry_code_simple"           // the code there has too little entropy for code; value: bits per byte
	CompiledInFuture  Code = "compiled_in_future"          // value: the time
	WrongChecksum     Code = "checksum_wrong"              // the header has another one than the file
	BrokenSignature   Code = "signature_broken"            // value: the problem
	DataBehind        Code = "data_behind_signature"       // value: bytes
	FewImports        Code = "imports_few"                 // it finds the functions it needs by itself; value: how many it imports
	OverlappingHeader Code = "headers_overlap"             // the PE header lies within that of DOS
)

// Limits beyond which something is odd.
const (
	packedEntropy = 7.2  // of code; that of compilers has seldom more than 6.7
	simpleEntropy = 3.0  // of the code at the entry point: the original El Jefe's measure
	leastMeasured = 1024 // bytes, of which entropy says something
	fewImports    = 8
)

// packerNames lists "section packer": names of sections that packers give.
//
//go:embed packers.txt
var packerNames string

var packers = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(packerNames) {
		section, packer, _ := strings.Cut(strings.TrimSpace(line), " ")
		names[section] = packer
	}
	return names
})

func (d *dissection) note(code Code, where, value string) {
	d.Anomalies = append(d.Anomalies, Oddity{code, where, value})
}

// judge notes what is odd about an image, all of whose facts are read.
func (d *dissection) judge() {
	sections := d.Image.Sections
	d.judgePacker(sections)
	d.judgeSections(sections)
	d.judgeOverlap(sections)
	if len(sections) == 0 {
		d.note(NoSections, "", "")
	}
	if d.Entry != nil {
		d.judgeEntry(sections, disasm.Address(d.file.EntryPoint))
		d.judgeImports()
	}
	if at := d.Image.Compiled; at != nil && at.After(d.now.Add(24*time.Hour)) { // its maker's clock may be ahead
		d.note(CompiledInFuture, "", at.Format(time.RFC3339))
	}
	if d.Image.Checksum != 0 && d.Image.Checksum != d.Image.ComputedChecksum {
		d.note(WrongChecksum, "", "")
	}
	if d.file.Header < 64 {
		d.note(OverlappingHeader, "", "")
	}
	for _, s := range d.Image.Signatures {
		switch s.Problem {
		case signature.WrongDigest, signature.WrongSignature, signature.Unreadable:
			d.note(BrokenSignature, "", string(s.Problem))
		}
	}
	if n := d.Image.BehindSignature; n > 0 {
		d.note(DataBehind, "", fmt.Sprint(n))
	}
}

// judgePacker looks for the name of a packer, once.
func (d *dissection) judgePacker(sections []Section) {
	for _, s := range sections {
		if packer := packers()[strings.ToLower(s.Name)]; packer != "" {
			d.note(PackedBy, s.Name, packer)
			return
		}
	}
}

func (d *dissection) judgeSections(sections []Section) {
	for _, s := range sections {
		if s.Write && s.Execute {
			d.note(WritableCode, s.Name, "")
		}
		if s.Execute && s.Entropy >= packedEntropy && s.Size >= leastMeasured {
			d.note(PackedSection, s.Name, fmt.Sprintf("%.2f", s.Entropy))
		}
		if s.Execute && s.Size == 0 && s.Memory >= 4096 {
			d.note(EmptyCode, s.Name, fmt.Sprint(s.Memory))
		}
		if s.Size > 0 && s.Offset+s.Size > d.Size {
			d.note(BeyondEnd, s.Name, "")
		}
		if strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
			d.note(OddName, s.Name, "")
		}
	}
}

// judgeOverlap looks for two sections that share bytes of the file.
func (d *dissection) judgeOverlap(sections []Section) {
	filled := slices.DeleteFunc(slices.Clone(sections), func(s Section) bool { return s.Size == 0 })
	slices.SortStableFunc(filled, func(a, b Section) int { return int(max(-1, min(1, a.Offset-b.Offset))) })
	for i := 1; i < len(filled); i++ {
		if before := filled[i-1]; before.Offset+before.Size > filled[i].Offset {
			d.note(Overlapping, before.Name, filled[i].Name)
			return
		}
	}
}

// judgeEntry looks at where the entry point is and what is there.
func (d *dissection) judgeEntry(sections []Section, at disasm.Address) {
	s := sectionAt(sections, at)
	switch {
	case s == nil:
		d.note(EntryOutside, "", d.Entry.Address.String())
	case !s.Execute:
		d.note(EntryNotCode, s.Name, "")
	case s.Write:
		d.note(EntryWritable, s.Name, "")
	}
	if n := len(sections); s != nil && n > 1 && s == &sections[n-1] && slices.ContainsFunc(sections[:n-1], func(s Section) bool { return s.Execute }) {
		d.note(EntryLast, s.Name, "")
	}
	if d.Entry.Bytes >= leastMeasured && d.Entry.Entropy < simpleEntropy {
		d.note(EntrySimple, d.Entry.Section, fmt.Sprintf("%.2f", d.Entry.Entropy))
	}
}

// judgeImports looks for a program that imports little more than what it needs to
// find everything else.
func (d *dissection) judgeImports() {
	if d.Image.ImportCount == 0 || d.Image.ImportCount > fewImports {
		return
	}
	loads, finds := false, false
	for _, l := range d.Image.Imports {
		for _, f := range l.Functions {
			loads = loads || strings.HasPrefix(f.Name, "LoadLibrary") || f.Name == "LdrLoadDll"
			finds = finds || f.Name == "GetProcAddress" || f.Name == "LdrGetProcedureAddress"
		}
	}
	if loads && finds {
		d.note(FewImports, "", fmt.Sprint(d.Image.ImportCount))
	}
}

// judgeELF notes what is odd about an executable of Linux.
func (d *dissection) judgeELF(hasSections bool) {
	if d.Role == Core || d.Role == Object {
		return
	}
	d.judgePacker(d.ELF.Sections)
	if d.packedByUPX() {
		d.note(PackedBy, "", "UPX")
	}
	d.judgeSections(d.ELF.Segments)
	if !hasSections {
		d.note(NoSections, "", "")
	}
	if d.Entry != nil {
		d.judgeEntry(d.ELF.Segments, d.Entry.Address)
	}
}

// packedByUPX looks for the mark that UPX leaves behind the headers.
func (d *dissection) packedByUPX() bool {
	head := make([]byte, min(512, d.Size))
	n, _ := d.r.ReadAt(head, 0)
	return bytes.Contains(head[:n], []byte("UPX!"))
}
