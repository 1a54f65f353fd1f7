package specimen

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"slices"
	"testing"
	"unicode/utf16"
)

var info = Info{CompanyName: "Adobe", FileVersion: "1.0.0.0", OriginalFilename: "setup_x86.bin", ProductName: "Adobe Flash Player"}

func TestHarmless(t *testing.T) {
	raw := Harmless(info, 187<<10)
	if d := len(raw) - 187<<10; d < -4096 || d > 4096 {
		t.Errorf("the file has %d bytes; want about %d", len(raw), 187<<10)
	}
	if !bytes.Equal(raw, Harmless(info, 187<<10)) {
		t.Error("the same file is made in two ways")
	}
	f, err := pe.NewFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	header, ok := f.OptionalHeader.(*pe.OptionalHeader32)
	if !ok || f.Machine != pe.IMAGE_FILE_MACHINE_I386 || header.Subsystem != pe.IMAGE_SUBSYSTEM_WINDOWS_GUI {
		t.Fatalf("the header is %+v; want that of a PE32 with windows", f.OptionalHeader)
	}
	if got, err := f.ImportedSymbols(); err != nil || !slices.Equal(got, []string{"ExitProcess:KERNEL32.dll"}) {
		t.Errorf("imports %q (%v); want nothing but ExitProcess", got, err)
	}
	end := uint32(0)
	for _, s := range f.Sections {
		if s.VirtualAddress%header.SectionAlignment != 0 || s.Offset%header.FileAlignment != 0 || s.VirtualAddress < end {
			t.Errorf("section %s lies at %#x, in the file at %#x", s.Name, s.VirtualAddress, s.Offset)
		}
		end = s.VirtualAddress + s.VirtualSize
	}
	if header.SizeOfImage < end || header.SizeOfImage%header.SectionAlignment != 0 {
		t.Errorf("the image has %#x bytes; its sections end at %#x", header.SizeOfImage, end)
	}
	text, err := f.Sections[0].Data()
	if err != nil {
		t.Fatal(err)
	}
	// All of the code: a run of nop, push 0, call ExitProcess through the import.
	start := header.AddressOfEntryPoint - f.Sections[0].VirtualAddress
	code := bytes.TrimLeft(text[start:], "\x90")
	if n := len(text[start:]) - len(code); n < 8<<10 {
		t.Errorf("the run at the entry point has %d bytes; want a long one", n)
	}
	if !bytes.HasPrefix(code, []byte{0x6a, 0, 0xff, 0x15}) {
		t.Fatalf("behind the run stands % x; want push 0 and a call", code[:8])
	}
	slot := binary.LittleEndian.Uint32(code[4:]) - header.ImageBase
	imports := f.Sections[1]
	if slot < imports.VirtualAddress || slot >= imports.VirtualAddress+imports.VirtualSize {
		t.Errorf("the call goes through %#x, which is not in the imports", slot)
	}
	if !bytes.Contains(raw, wide("setup_x86.bin")) || !bytes.Contains(raw, wide("Adobe Flash Player")) {
		t.Error("the version resource does not say what it should")
	}
}

// A version resource is a tree of nodes that know their lengths.
func TestVersionResource(t *testing.T) {
	raw := versionInfo(info)
	texts := map[string]string{}
	var walk func(b []byte)
	walk = func(b []byte) {
		for len(b) >= 6 {
			length, value, text := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint16(b[4:]) == 1
			if length < 6 || length > len(b) {
				t.Fatalf("a node of %d bytes in %d", length, len(b))
			}
			name, rest := text16(b[6:length])
			at := round(length-rest, 4)
			if text {
				value *= 2
			}
			if at+value > length {
				t.Fatalf("the value of %s ends behind its node", name)
			}
			if text && value > 0 {
				texts[name], _ = text16(b[at : at+value])
			}
			if next := round(at+value, 4); next < length {
				walk(b[next:length])
			}
			b = b[min(len(b), round(length, 4)):]
		}
	}
	walk(raw)
	if texts["OriginalFilename"] != info.OriginalFilename || texts["CompanyName"] != "Adobe" || len(texts) != 4 {
		t.Errorf("the resource says %q", texts)
	}
}

// text16 returns the text at the beginning of b, and how much is behind it.
func text16(b []byte) (text string, rest int) {
	var units []uint16
	for len(b) >= 2 {
		u := binary.LittleEndian.Uint16(b)
		if b = b[2:]; u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units)), len(b)
}

func wide(s string) []byte { return le16(nil, utf16.Encode([]rune(s))...) }
