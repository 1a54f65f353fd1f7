package anatomy

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/pe"
)

// Flags of sections: IMAGE_SCN_...
const (
	sectionCode    = 0x00000020
	sectionExecute = 0x20000000
	sectionRead    = 0x40000000
	sectionWrite   = 0x80000000
)

// Flags of images: IMAGE_FILE_...
const imageLibrary = 0x2000

// readHeaders reads what the headers say, and finds the parts of the file.
func (d *dissection) readHeaders() {
	// That much of the optional header pe.Open has read, or it would have failed.
	var raw [72]byte
	_, _ = d.r.ReadAt(raw[:], d.file.Header+24)
	le := binary.LittleEndian
	d.Image = &Image{
		Subsystem: subsystem(d.file.Subsystem), Characteristics: flags(uint32(d.file.Characteristics), characteristics), Protections: flags(uint32(le.Uint16(raw[70:])), protections),
		LinkerVersion: fmt.Sprintf("%d.%d", raw[2], raw[3]), SystemVersion: fmt.Sprintf("%d.%d", le.Uint16(raw[48:]), le.Uint16(raw[50:])),
		Base: disasm.Address(d.file.ImageBase), ImageBytes: le.Uint32(raw[56:]), HeaderBytes: le.Uint32(raw[60:]), Checksum: d.file.Checksum,
		TimeDateStamp: d.file.TimeDateStamp, Directories: []Directory{}, Sections: make([]Section, 0, len(d.file.Sections)),
	}
	if at := d.file.Compiled(); !at.IsZero() {
		d.Image.Compiled = &at
	} else {
		d.Image.Reproducible = d.file.TimeDateStamp != 0
	}
	for i, to := range d.file.Directories {
		if to != (pe.Directory{}) {
			d.Image.Directories = append(d.Image.Directories, Directory{directories[i], disasm.Address(to.VirtualAddress), to.Size})
		}
	}
	symbols, texts := d.symbols()
	end := max(min(int64(d.Image.HeaderBytes), d.Size), min(symbols, d.Size))
	for _, s := range d.file.Sections {
		d.Image.Sections = append(d.Image.Sections, Section{
			Name: d.sectionName(s.Name, texts), Address: disasm.Address(s.VirtualAddress), Memory: uint64(s.VirtualSize), Offset: int64(s.Offset), Size: int64(s.Size),
			Read: s.Flags&sectionRead != 0, Write: s.Flags&sectionWrite != 0, Execute: s.Flags&sectionExecute != 0, Flags: fmt.Sprintf("%#x", s.Flags),
		})
		if s.Size > 0 {
			end = max(end, min(int64(s.Offset)+int64(s.Size), d.Size))
		}
	}
	for i := range d.Image.Sections {
		d.want(&d.Image.Sections[i].Entropy, d.Image.Sections[i].Offset, d.Image.Sections[i].Size)
	}
	d.findOverlay(end)
}

// symbols returns where the table of symbols ends that some compilers add, 0 where there
// is none, and where its texts begin.
func (d *dissection) symbols() (end, texts int64) {
	const symbolSize = 18
	var raw [8]byte
	_, _ = d.r.ReadAt(raw[:], d.file.Header+12)
	at, count := int64(binary.LittleEndian.Uint32(raw[:])), int64(binary.LittleEndian.Uint32(raw[4:]))
	texts = at + count*symbolSize
	var length [4]byte
	if n, _ := d.r.ReadAt(length[:], texts); at == 0 || n < len(length) {
		return 0, 0
	}
	return texts + int64(binary.LittleEndian.Uint32(length[:])), texts
}

// sectionName returns the name of a section, which for some compilers is where among
// the texts of the symbols a longer one stands: "/19".
func (d *dissection) sectionName(name string, texts int64) string {
	at, isLong := strings.CutPrefix(name, "/")
	n, err := strconv.ParseUint(at, 10, 32)
	if !isLong || err != nil || texts == 0 {
		return text(name)
	}
	var raw [64]byte
	got, _ := d.r.ReadAt(raw[:], texts+int64(n))
	long, _, whole := strings.Cut(string(raw[:got]), "\x00")
	if !whole || long == "" {
		return text(name)
	}
	return text(long)
}

// want asks for the entropy of a part of the file, as far as it is in it.
func (d *dissection) want(entropy *float64, offset, size int64) {
	if offset < 0 || offset >= d.Size || size <= 0 {
		return
	}
	d.parts = append(d.parts, part{offset, offset + min(size, d.Size-offset), entropy})
}

// findOverlay takes what is behind the last part, but for the signatures, which come
// last.
func (d *dissection) findOverlay(at int64) {
	end := d.Size
	if d.file != nil && d.file.HasSignature() {
		if s := d.file.Directories[pe.SignatureDirectory]; int64(s.VirtualAddress) >= at {
			if end = int64(s.VirtualAddress); end+int64(s.Size) < d.Size { // and yet more behind them
				end = d.Size
			} else if end-at < 8 { // what fills up to the signatures
				end = at
			}
		}
	}
	if at >= end {
		return
	}
	d.Overlay = &Overlay{Offset: at, Size: end - at}
	d.want(&d.Overlay.Entropy, at, end-at)
}

// role returns what an image is there for.
func (d *dissection) role() Role {
	const native, firmware, lastFirmware, boot = 1, 10, 13, 16
	switch s := d.file.Subsystem; {
	case s >= firmware && s <= lastFirmware || s == boot:
		return Firmware
	case s == native && d.importsKernel():
		return Driver
	case d.file.Characteristics&imageLibrary != 0:
		return Library
	}
	return Program
}

// importsKernel tells whether an image needs what only the kernel has.
func (d *dissection) importsKernel() bool {
	for _, l := range d.Image.Imports {
		switch strings.ToLower(l.Library) {
		case "ntoskrnl.exe", "hal.dll", "ndis.sys", "win32k.sys", "fltmgr.sys", "wdfldr.sys", "storport.sys", "videoprt.sys", "portcls.sys", "scsiport.sys", "ks.sys":
			return true
		}
	}
	return false
}

// readRich reads what Microsoft's linker notes of the tools that made a file, between
// the program for DOS and the headers. All of it is masked by a key that follows it.
func (d *dissection) readRich() {
	const most = 4096
	raw := make([]byte, min(d.file.Header, most))
	n, _ := d.r.ReadAt(raw, 0)
	tools, digest := parseRich(raw[:n])
	d.Image.Rich, d.Image.RichHash = tools, digest
}

// subsystem names what kind of world a program runs in: IMAGE_SUBSYSTEM_...
func subsystem(n uint16) string {
	names := map[uint16]string{
		1: "native", 2: "gui", 3: "console", 5: "os2", 7: "posix", 8: "native_windows", 9: "windows_ce", 10: "efi_application",
		11: "efi_boot_driver", 12: "efi_driver", 13: "efi_rom", 14: "xbox", 16: "boot_application",
	}
	if name, ok := names[n]; ok {
		return name
	}
	return fmt.Sprintf("subsystem-%d", n)
}

// A flag is a bit with a name.
type flag struct {
	bit  uint32
	name string
}

// characteristics are those of IMAGE_FILE_HEADER.
var characteristics = []flag{
	{0x0001, "relocations_stripped"}, {0x0002, "executable"}, {0x0004, "lines_stripped"}, {0x0008, "symbols_stripped"}, {0x0020, "large_address_aware"},
	{0x0100, "32_bit"}, {0x0200, "debug_stripped"}, {0x0400, "removable_run_from_swap"}, {0x0800, "net_run_from_swap"}, {0x1000, "system"},
	{imageLibrary, "dll"}, {0x4000, "uniprocessor"},
}

// protections are the DllCharacteristics of IMAGE_OPTIONAL_HEADER.
var protections = []flag{
	{0x0020, "high_entropy_aslr"}, {0x0040, "aslr"}, {0x0080, "force_integrity"}, {0x0100, "dep"}, {0x0200, "no_isolation"}, {0x0400, "no_seh"},
	{0x0800, "no_bind"}, {0x1000, "appcontainer"}, {0x2000, "wdm_driver"}, {0x4000, "control_flow_guard"}, {0x8000, "terminal_server_aware"},
}

// directories are the names of IMAGE_DIRECTORY_ENTRY_...
var directories = [...]string{
	"export", "import", "resource", "exception", "security", "relocation", "debug", "architecture", "global_pointer", "tls", "load_config",
	"bound_import", "import_addresses", "delay_import", "managed", "reserved",
}

// flags returns the names of the bits that are set; those without one as a number.
func flags(bits uint32, known []flag) []string {
	list := []string{}
	for _, f := range known {
		if bits&f.bit != 0 {
			list = append(list, f.name)
			bits &^= f.bit
		}
	}
	if bits != 0 {
		list = append(list, fmt.Sprintf("%#x", bits))
	}
	return list
}
