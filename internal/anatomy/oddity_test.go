package anatomy

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

const (
	specimenHeader   = 0x80
	specimenSections = specimenHeader + 24 + 224
)

// section changes the header of a section of a specimen: flags, place and name.
func section(raw []byte, i int) []byte { return raw[specimenSections+40*i:][:40] }

func put(b []byte, at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }

// What is odd is told, and nothing else.
func TestOddities(t *testing.T) {
	const code = 0x60000020
	for name, test := range map[string]struct {
		change func(raw []byte)
		want   []string
	}{
		"as it is":          {func([]byte) {}, nil},
		"writable code":     {func(b []byte) { put(section(b, 0), 36, code|sectionWrite) }, []string{"section_writable_executable .text ", "entry_writable .text "}},
		"a packer's name":   {func(b []byte) { copy(section(b, 0), "UPX1\x00") }, []string{"packed_by UPX1 UPX"}},
		"data at the entry": {func(b []byte) { put(section(b, 0), 36, 0x40000040) }, []string{"entry_not_code .text "}},
		"an entry nowhere":  {func(b []byte) { put(b, specimenHeader+40, 0x900000) }, []string{"entry_outside  0xd00000"}},
		"an entry at the end": {func(b []byte) {
			put(b, specimenHeader+40, 0x8000)
			put(section(b, 3), 36, code)
			put(section(b, 3), 12, 0x8000)
		}, []string{"entry_in_last_section .data "}},
		"a section to be":       {func(b []byte) { put(section(b, 3), 36, code); put(section(b, 3), 16, 0) }, []string{"section_filled_at_run .data 33336"}},
		"a name of nothing":     {func(b []byte) { copy(section(b, 3), "\x01\xff\x00") }, []string{"section_name_odd \x01\ufffd "}},
		"a section cut off":     {func(b []byte) { put(section(b, 3), 16, 1<<20) }, []string{"section_beyond_end .data "}},
		"shared bytes":          {func(b []byte) { put(section(b, 3), 20, binary.LittleEndian.Uint32(section(b, 2)[20:])) }, []string{"sections_overlap .rsrc .data"}},
		"a stamp of tomorrow":   {func(b []byte) { put(b, specimenHeader+8, uint32(now.Add(48*time.Hour).Unix())) }, []string{"compiled_in_future  2026-11-26T00:00:00Z"}},
		"a stamp of today":      {func(b []byte) { put(b, specimenHeader+8, uint32(now.Add(time.Hour).Unix())) }, nil},
		"another's checksum":    {func(b []byte) { put(b, specimenHeader+24+64, 0x1234) }, []string{"checksum_wrong  "}},
		"no sections":           {func(b []byte) { b[specimenHeader+6] = 0 }, []string{"sections_missing  ", "entry_outside  0x401000"}},
		"what looks like noise": {func(b []byte) { noise(b[0x400+5000:][:10000]) }, nil},
		"all noise":             {func(b []byte) { noise(b[0x400:][:16384]) }, []string{"section_packed .text "}},
	} {
		raw := specimen.Harmless(specimen.Info{CompanyName: "Example"}, 50<<10)
		test.change(raw)
		f, err := Of(bytes.NewReader(raw), int64(len(raw)), now)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range f.Anomalies {
			if a.Code == PackedSection {
				a.Value = ""
			}
			if a.Code != EntrySimple { // the specimen is made to be that
				got = append(got, fmt.Sprintf("%s %s %s", a.Code, a.Where, a.Value))
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q; want %q", name, got, test.want)
		}
	}
	raw := specimen.Harmless(specimen.Info{}, 50<<10)
	f, err := Of(bytes.NewReader(raw), int64(len(raw)), now)
	if err != nil || !slices.Contains(f.Anomalies, Oddity{EntrySimple, ".text", "0.00"}) {
		t.Errorf("%+v, %v; want code that is too simple", f.Anomalies, err)
	}
	if f.Overlay != nil || f.Role != Program || f.Format != PE32 || f.Machine != "x86" || f.Image.Base != 0x400000 || f.Entry.Section != ".text" || f.Entry.Offset != 0x400 || len(f.Unread) != 0 {
		t.Errorf("%+v", f)
	}
	if in := f.Entry.Instructions; len(in) != mostInstructions || !f.Entry.More || in[0].Mnemonic != "nop" || in[0].Address != 0x401000 {
		t.Errorf("%d instructions, the first %+v", len(in), in[0])
	}
}

// noise fills b with bytes that are all equally frequent.
func noise(b []byte) {
	for i := range b {
		b[i] = byte(i * 167)
	}
}

// What is behind the last section is the overlay.
func TestOverlay(t *testing.T) {
	raw := append(specimen.Harmless(specimen.Info{}, 50<<10), "more than there should be"...)
	f, err := Of(bytes.NewReader(raw), int64(len(raw)), now)
	if err != nil || f.Overlay == nil || f.Overlay.Size != 25 || f.Overlay.Offset != int64(len(raw)-25) || f.Overlay.Entropy < 3 {
		t.Errorf("%+v, %v", f.Overlay, err)
	}
}

// A Rich header, made as Microsoft's linker makes it.
func TestRich(t *testing.T) {
	const key = 0x89abcdef
	clear := []byte("DanS\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x34\x12\x05\x01\x07\x00\x00\x00\x78\x56\x04\x01\x01\x00\x00\x00")
	var masked []byte
	for i := 0; i < len(clear); i += 4 {
		masked = binary.LittleEndian.AppendUint32(masked, binary.LittleEndian.Uint32(clear[i:])^key)
	}
	masked = binary.LittleEndian.AppendUint32(append(masked, "Rich"...), key)
	sum := md5.Sum(clear)
	want := []Tool{{0x105, 0x1234, 7}, {0x104, 0x5678, 1}}
	stub := append([]byte("MZ"), make([]byte, 126)...)
	if got, digest := parseRich(append(stub, masked...)); !reflect.DeepEqual(got, want) || digest != hex.EncodeToString(sum[:]) {
		t.Errorf("got %+v, %s; want %+v, %x", got, digest, want, sum)
	}
	for name, raw := range map[string][]byte{"none": stub, "the end alone": masked[len(masked)-8:], "a key that is cut": masked[:len(masked)-1], "no begin": masked[4:]} {
		if got, digest := parseRich(raw); got != nil || digest != "" {
			t.Errorf("%s: %+v, %s", name, got, digest)
		}
	}
}

// All names of packers are in the form that they are looked up in.
func TestPackers(t *testing.T) {
	for section, packer := range packers() {
		if section != strings.ToLower(section) || section == "" || packer == "" || len(section) > 10 {
			t.Errorf("packers.txt: %q %q", section, packer)
		}
	}
}
