package pe

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

var info = specimen.Info{
	CompanyName: "Adobe", FileDescription: "Flash Ünstaller", FileVersion: "1.0.0.0", OriginalFilename: "setup_x86.bin", ProductName: "Adobe Flash Player",
}

func open(t *testing.T, raw []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// imphashOf is the digest of "library.function" texts.
func imphashOf(names ...string) string {
	sum := md5.Sum([]byte(strings.Join(names, ",")))
	return hex.EncodeToString(sum[:])
}

// The files of the simulated network are known to the last byte.
func TestSpecimen(t *testing.T) {
	f := open(t, specimen.Harmless(info, 50<<10))
	if f.Machine.String() != "x86" || f.Wide || f.Subsystem != 2 || f.EntryPoint != 0x1000 || len(f.Sections) != 4 || f.Sections[2].Name != ".rsrc" || f.HasSignature() || f.Managed() {
		t.Errorf("the headers say %+v", f)
	}
	if got, want := f.Compiled(), time.Unix(0x4b1a2c00, 0).UTC(); !got.Equal(want) {
		t.Errorf("compiled %s; want %s", got, want)
	}
	var imports []Import
	for im, err := range f.Imports() {
		if err != nil {
			t.Fatal(err)
		}
		imports = append(imports, im)
	}
	if want := []Import{{Library: "KERNEL32.dll", Name: "ExitProcess", Address: 0x6030}}; !slices.Equal(imports, want) {
		t.Errorf("it imports %v; want %v", imports, want)
	}
	if got, err := f.IMPHASH(); err != nil || got != imphashOf("kernel32.exitprocess") {
		t.Errorf("IMPHASH %q, %v", got, err)
	}
	want := Version{Company: "Adobe", Description: "Flash Ünstaller", FileVersion: "1.0.0.0", OriginalFileName: "setup_x86.bin", Product: "Adobe Flash Player"}
	if got, err := f.Version(); err != nil || got != want {
		t.Errorf("version %+v, %v; want %+v", got, err, want)
	}
	code, err := f.EntryCode()
	if err != nil || len(code) != entryCode || Entropy(code) >= 3 {
		t.Errorf("%d bytes of code, %v, of %.2f bits per byte; want %d below 3", len(code), err, Entropy(code), entryCode)
	}
}

// Without a text the version is that of the numbers.
func TestFixedVersion(t *testing.T) {
	f := open(t, specimen.Harmless(specimen.Info{CompanyName: " Adobe "}, 50<<10))
	if got, err := f.Version(); err != nil || got != (Version{Company: "Adobe", FileVersion: "1.0.0.0"}) {
		t.Errorf("version %+v, %v", got, err)
	}
}

func TestNoPE(t *testing.T) {
	whole := specimen.Harmless(info, 50<<10)
	dos := bytes.Clone(whole)
	copy(dos[0x80:], "NE")
	for name, raw := range map[string][]byte{
		"empty": nil, "a script": []byte("#!/bin/sh\n"), "of two letters": []byte("MZ"), "for DOS": dos,
		"with headers behind the end": append(append([]byte("MZ"), make([]byte, 58)...), 0xff, 0xff, 0xff, 0xff),
	} {
		if _, err := Open(bytes.NewReader(raw), int64(len(raw))); !errors.Is(err, ErrNoPE) {
			t.Errorf("a file %s: %v; want ErrNoPE", name, err)
		}
	}
	magic := bytes.Clone(whole)
	magic[0x80+24] = 7
	many := bytes.Clone(whole)
	binary.LittleEndian.PutUint16(many[0x80+6:], mostSections+1)
	for name, raw := range map[string][]byte{"of too many sections": many, "cut in the optional header": whole[:0x80+60], "cut in the sections": whole[:0x80+24+224+50], "with an unknown magic": magic} {
		if _, err := Open(bytes.NewReader(raw), int64(len(raw))); err == nil || errors.Is(err, ErrNoPE) {
			t.Errorf("a file %s: %v; want an error that says what is damaged", name, err)
		}
	}
}

// broken fails to read behind a place.
type broken struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("the disk is gone")

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errDisk
	}
	return b.ReaderAt.ReadAt(p, off)
}

// What cannot be read is not taken for damaged or for missing.
func TestReadError(t *testing.T) {
	raw := specimen.Harmless(info, 50<<10)
	if _, err := Open(broken{bytes.NewReader(raw), 0}, int64(len(raw))); !errors.Is(err, errDisk) {
		t.Errorf("got %v; want the disk's error", err)
	}
	f, err := Open(broken{bytes.NewReader(raw), pageSize}, int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if h, err := f.IMPHASH(); !errors.Is(err, errDisk) || h != "" {
		t.Errorf("IMPHASH %q, %v; want the disk's error", h, err)
	}
	if v, err := f.Version(); !errors.Is(err, errDisk) || v != (Version{}) {
		t.Errorf("version %v, %v; want the disk's error", v, err)
	}
}

// image is a PE32 of one section, which holds what a test puts there.
type image struct{ raw []byte }

const sectionAt = 0x200 // in the file; in memory at 0x1000

func newImage(size int) image {
	raw := make([]byte, sectionAt+size)
	copy(raw, "MZ")
	le := binary.LittleEndian
	le.PutUint32(raw[60:], 64)
	copy(raw[64:], "PE\x00\x00")
	le.PutUint16(raw[68:], 0xaa64)
	le.PutUint16(raw[70:], 1)   // sections
	le.PutUint16(raw[84:], 224) // optional header
	optional := raw[88:]
	le.PutUint16(optional, 0x10b)
	le.PutUint32(optional[16:], 0x1000) // entry point
	le.PutUint32(optional[32:], 0x1000)
	le.PutUint32(optional[36:], 0x200)
	le.PutUint32(optional[60:], sectionAt)
	le.PutUint32(optional[92:], 16)
	section := raw[88+224:]
	copy(section, ".all")
	le.PutUint32(section[8:], uint32(size))
	le.PutUint32(section[12:], 0x1000)
	le.PutUint32(section[16:], uint32(size))
	le.PutUint32(section[20:], sectionAt)
	return image{raw}
}

// put writes 32-bit numbers at an address of the image.
func (m image) put(address int, values ...uint32) {
	for i, v := range values {
		binary.LittleEndian.PutUint32(m.raw[sectionAt+address-0x1000+4*i:], v)
	}
}

func (m image) text(address int, s string) {
	copy(m.raw[sectionAt+address-0x1000:], s)
}

func (m image) directory(number int, address, size uint32) {
	at := 88 + 96 + 8*number
	binary.LittleEndian.PutUint32(m.raw[at:], address)
	binary.LittleEndian.PutUint32(m.raw[at+4:], size)
}

// Numbers stand for names in the libraries where everybody has these, and otherwise
// for themselves; endings are left out that everybody leaves out.
func TestIMPHASH(t *testing.T) {
	m := newImage(0x1000)
	m.directory(1, 0x1100, 0)
	m.put(0x1100, 0x1200, 0, 0, 0x1300, 0x1200)
	m.put(0x1114, 0x1220, 0, 0, 0x1320, 0x1220)
	m.put(0x1128, 0, 0, 0, 0x1340, 0x1240) // without a table of names
	m.put(0x1200, 1<<31|115, 1<<31|999)
	m.put(0x1220, 1<<31|2)
	m.put(0x1240, 0x1400)
	m.text(0x1300, "WS2_32.dll")
	m.text(0x1320, "OleAut32.DLL")
	m.text(0x1340, "Odd.Name.exe")
	m.text(0x1400, "\x01\x00DoIt")
	f := open(t, m.raw)
	if got, err := f.IMPHASH(); err != nil || got != imphashOf("ws2_32.wsastartup", "ws2_32.ord999", "oleaut32.sysallocstring", "odd.name.exe.doit") {
		t.Errorf("IMPHASH %q, %v", got, err)
	}
	if f.Machine.String() != "arm64" {
		t.Errorf("the machine is %s", f.Machine)
	}
	m.directory(1, 0, 0)
	if got, err := open(t, m.raw).IMPHASH(); err != nil || got != "" {
		t.Errorf("without imports: IMPHASH %q, %v", got, err)
	}
}

// What is looked up late is told apart, in both forms that compilers write.
func TestDelayedImports(t *testing.T) {
	const base = 0x400000
	for _, offset := range []uint32{0, base} {
		m := newImage(0x1000)
		binary.LittleEndian.PutUint32(m.raw[88+28:], base)
		m.directory(DelayedDirectory, 0x1100, 64)
		relative := uint32(1)
		if offset != 0 {
			relative = 0
		}
		m.put(0x1100, relative, 0x1300+offset, 0, 0x1280+offset, 0x1200+offset)
		m.put(0x1200, 1<<31|7, 0x1400+offset)
		m.text(0x1300, "late.dll")
		m.text(0x1400, "\x00\x00Later")
		f := open(t, m.raw)
		var got []Import
		for im, err := range f.DelayedImports() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, im)
		}
		if want := []Import{{Library: "late.dll", Ordinal: 7, Address: 0x1280}, {Library: "late.dll", Name: "Later", Address: 0x1284}}; !slices.Equal(got, want) {
			t.Errorf("with addresses from %#x it imports %v; want %v", offset, got, want)
		}
		if hash, err := f.IMPHASH(); err != nil || hash != "" {
			t.Errorf("IMPHASH %q, %v; what is late does not count", hash, err)
		}
	}
}

// Tables that lead to ever more do not keep the reader.
func TestBounds(t *testing.T) {
	libraries := newImage(64 << 10)
	libraries.directory(1, 0x1100, 0)
	for i := range mostLibraries + 1 {
		libraries.put(0x1100+20*i, 0x1000, 0, 0, 0x1090, 0x1000)
	}
	libraries.text(0x1090, "a.dll")

	functions := newImage(1 << 20)
	functions.directory(1, 0x1100, 0)
	functions.put(0x1100, 0x2000, 0, 0, 0x1090, 0x2000)
	functions.text(0x1090, "a.dll")
	for i := range mostFunctions + 1 {
		functions.put(0x2000+4*i, 0x1200)
	}
	functions.text(0x1200, "\x00\x00f")

	// Names that are far from each other: each is another page.
	scattered := newImage(4 << 20)
	scattered.directory(1, 0x1100, 0)
	scattered.put(0x1100, 0x2000, 0, 0, 0x1090, 0x2000)
	scattered.text(0x1090, "a.dll")
	for i := range mostFunctions {
		at := 0x50000 + i*7919%180*pageSize
		scattered.put(0x2000+4*i, uint32(at))
		scattered.text(at, "\x00\x00f")
	}

	outside := newImage(0x1000)
	outside.directory(1, 0x1100, 0)
	outside.put(0x1100, 0x1200, 0, 0, 0x5000, 0x1200)

	for name, test := range map[string]struct {
		raw  []byte
		want string
	}{
		"libraries": {libraries.raw, "imported libraries"}, "functions": {functions.raw, "imported functions"},
		"scattered": {scattered.raw, "more data than is read"}, "outside": {outside.raw, "library 0"},
	} {
		if _, err := open(t, test.raw).IMPHASH(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want an error about %s", name, err, test.want)
		}
	}
}

// A stamp that is a digest is no time, nor is 0; code for .NET has no entry of its own.
func TestMarks(t *testing.T) {
	m := newImage(0x2000)
	binary.LittleEndian.PutUint32(m.raw[72:], 0x60000000)
	m.text(0x1000, strings.Repeat("\x90", 100))
	f := open(t, m.raw)
	if f.Compiled().Year() != 2021 {
		t.Errorf("compiled %s", f.Compiled())
	}
	if code, err := f.EntryCode(); err != nil || len(code) != entryCode {
		t.Errorf("%d bytes of code, %v", len(code), err)
	}
	m.directory(6, 0x1500, 56)
	m.put(0x1500+12, 2)
	m.put(0x1500+28+12, 16)
	m.directory(14, 0x1600, 72)
	m.put(0x1600+16, 1)
	f = open(t, m.raw)
	if !f.Compiled().IsZero() {
		t.Errorf("a digest gives the time %s", f.Compiled())
	}
	if code, err := f.EntryCode(); !f.Managed() || err != nil || len(code) != 0 {
		t.Errorf("code for .NET: %t, %d bytes at its entry point, %v", f.Managed(), len(code), err)
	}
	m.directory(4, uint32(len(m.raw)-8), 8)
	if !open(t, m.raw).HasSignature() {
		t.Error("the signature at the end is not seen")
	}
	m.directory(4, uint32(len(m.raw)-8), 9)
	if open(t, m.raw).HasSignature() {
		t.Error("a signature behind the end is seen")
	}
}

func TestEntropy(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, test := range []struct {
		b    []byte
		want float64
	}{{nil, 0}, {[]byte("aaaa"), 0}, {[]byte("abab"), 1}, {[]byte("abcd"), 2}, {all, 8}} {
		if got := Entropy(test.b); got != test.want || (got == 0 && 1/got < 0) {
			t.Errorf("%.10q...: %v; want %v", test.b, got, test.want)
		}
	}
}
