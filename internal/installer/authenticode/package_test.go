package authenticode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "tag", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestPackageSignature(t *testing.T) {
	signed, err := PackageSignature(bytes.NewReader(testdata(t, "signed.msi")))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := Certificates(signed); err != nil || len(list) != 1 || !bytes.Contains(list[0], []byte("Test code signing")) {
		t.Errorf("its certificates are %q, %v; want the signer's", list, err)
	}
	if c, err := Signer(signed); err != nil || c.Subject.CommonName != "Test code signing" {
		t.Errorf("it is signed by %v, %v", c, err)
	}
	if c, err := Signer(signature(t, "signer")); err == nil {
		t.Errorf("what nobody has signed is signed by %v", c)
	}
	if _, err := PackageSignature(bytes.NewReader(testdata(t, "client.msi"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a package that is not signed: error %v; want that there is none", err)
	}
}

func TestDamagedPackages(t *testing.T) {
	const directoryAt, tableAt = 48, 76 // in the header: where directory and sector table begin
	raw := testdata(t, "signed.msi")
	put := func(at int, value uint32) func([]byte) []byte {
		return func(raw []byte) []byte {
			binary.LittleEndian.PutUint32(raw[at:], value)
			return raw
		}
	}
	directory := int(binary.LittleEndian.Uint32(raw[directoryAt:]))
	table := 512 + 512*int(binary.LittleEndian.Uint32(raw[tableAt:]))
	root := 512 + 512*directory
	top := binary.LittleEndian.Uint32(raw[root+76:])
	for _, test := range []struct {
		name   string
		change func([]byte) []byte
	}{
		{"another file", put(0, 0)},
		{"cut short", func(raw []byte) []byte { return raw[:1500] }},
		{"sector table outside", put(tableAt, 1<<20)},
		{"directory outside", put(directoryAt, 1<<20)},
		{"directory is a circle", put(table+4*directory, uint32(directory))},
		{"entries are a circle", put(root+128*int(top)+68, top)},
		{"entry outside", put(root+76, 1<<20)},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := PackageSignature(bytes.NewReader(test.change(bytes.Clone(raw))))
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %d bytes, %v; want an error that says that it is damaged", len(got), err)
			}
			if _, err := PackageDigest(bytes.NewReader(test.change(bytes.Clone(raw)))); err == nil {
				t.Error("it has a digest; want an error that says that it is damaged")
			}
		})
	}
	name := bytes.Index(raw, []byte("\x05\x00D\x00i\x00g\x00i\x00t\x00a\x00l\x00S"))
	long := put(name+120, MaxSignature+1)(bytes.Clone(raw))
	if _, err := PackageSignature(bytes.NewReader(long)); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a signature of more than a megabyte: error %v", err)
	}
}
