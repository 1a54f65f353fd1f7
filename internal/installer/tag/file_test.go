package tag

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// program returns the least that is a program for Windows, with what follows it
// in the file.
func program(following []byte, signed bool) []byte {
	const header, optional = 128, 128 + 24
	p := make([]byte, 512)
	copy(p, "MZ")
	binary.LittleEndian.PutUint32(p[60:], header)
	copy(p[header:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(p[header+4:], 0x8664)
	binary.LittleEndian.PutUint16(p[header+20:], 240)
	binary.LittleEndian.PutUint16(p[header+22:], 2)
	binary.LittleEndian.PutUint16(p[optional:], 0x20b)
	binary.LittleEndian.PutUint32(p[optional+108:], 16)
	if signed {
		binary.LittleEndian.PutUint32(p[optional+112+32:], uint32(len(p)))
		binary.LittleEndian.PutUint32(p[optional+112+36:], uint32(len(following)))
	}
	return append(p, following...)
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func find(file []byte) (*Place, error) { return Find(bytes.NewReader(file), int64(len(file))) }

func TestUnsignedFiles(t *testing.T) {
	document := seal(t, example(), authority(t))
	for name, file := range map[string][]byte{
		"program":              program(EmptySlot(), false),
		"package with a place": testdata(t, "client.msi"),
	} {
		t.Run(name, func(t *testing.T) {
			place, err := find(file)
			if err != nil {
				t.Fatal(err)
			}
			if place.Signed {
				t.Error("it is taken for signed")
			}
			if _, err := place.Read(bytes.NewReader(file)); !errors.Is(err, ErrNone) {
				t.Errorf("before: error %v; want that there is none", err)
			}
			client := slices.Clone(file)
			if err := place.Write(client, document); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "client")
			if err := os.WriteFile(path, client, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := FromFile(path)
			if err != nil || got.Server != example().Server {
				t.Errorf("got %+v, %v", got, err)
			}
			if err := Blank(client); err != nil || !bytes.Equal(client, file) {
				t.Errorf("blank: %v; want the file as it was", err)
			}
		})
	}
}

func TestNoPlace(t *testing.T) {
	signed := testdata(t, "signed.msi")
	for name, file := range map[string][]byte{
		"text":                    []byte("#!/bin/sh\n"),
		"nothing":                 nil,
		"program":                 program(nil, false),
		"program, more behind it": program(make([]byte, 2*SlotSize), false),
		"signed package":          signed, // the place in its table is signed too, and must not be used
	} {
		if _, err := find(file); !errors.Is(err, ErrNoPlace) {
			t.Errorf("%s: error %v; want that there is no place", name, err)
		}
		if err := Blank(slices.Clone(file)); err != nil {
			t.Errorf("%s: blank: %v", name, err)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	for name, file := range map[string][]byte{
		"signature outside":   program(nil, false)[:200],
		"no signature in it":  program(make([]byte, 64), true),
		"package cut short":   testdata(t, "client.msi")[:3000],
		"a compound's header": testdata(t, "client.msi")[:512],
	} {
		if place, err := find(file); err == nil || errors.Is(err, ErrNoPlace) {
			t.Errorf("%s: got %+v, %v; want an error that says what is wrong", name, place, err)
		}
	}
	file := program(EmptySlot(), false)
	file[len(file)-1] ^= 1
	place, err := find(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place.Read(bytes.NewReader(file)); !errors.Is(err, ErrDamaged) {
		t.Errorf("its mark changed: error %v; want that it is damaged", err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(program(EmptySlot(), false))
	f.Add(program(make([]byte, 64), true))
	f.Add(testdata(f, "client.msi"))
	f.Add(testdata(f, "signed.msi"))
	f.Fuzz(func(t *testing.T, file []byte) {
		place, err := find(file)
		if err != nil {
			return
		}
		if err := place.Write(file, []byte("document")); err != nil {
			t.Fatal(err)
		}
		if got, err := place.Read(bytes.NewReader(file)); err != nil || string(got) != "document" {
			t.Errorf("wrote a document, and read %q, %v", got, err)
		}
	})
}
