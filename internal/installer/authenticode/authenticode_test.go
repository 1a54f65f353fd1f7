package authenticode

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	headerAt   = 128
	optionalAt = headerAt + 24
	entryAt    = optionalAt + 112 + 32
	tableAt    = 512
)

// program returns the least that is a program for Windows, with a table of
// certificates. Its checksum is some number that is not 0.
func program(table []byte) []byte {
	p := make([]byte, tableAt)
	copy(p, Magic)
	binary.LittleEndian.PutUint32(p[60:], headerAt)
	copy(p[headerAt:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(p[headerAt+20:], 240)
	binary.LittleEndian.PutUint16(p[optionalAt:], 0x20b)
	binary.LittleEndian.PutUint32(p[optionalAt+64:], 1)
	binary.LittleEndian.PutUint32(p[optionalAt+108:], 16)
	if len(table) > 0 {
		binary.LittleEndian.PutUint32(p[entryAt:], tableAt)
		binary.LittleEndian.PutUint32(p[entryAt+4:], uint32(len(table)))
	}
	return append(p, table...)
}

// entry returns a certificate table with one signature.
func entry(signature []byte) []byte {
	length := (8 + len(signature) + 7) &^ 7
	t := binary.LittleEndian.AppendUint32(nil, uint32(length))
	t = append(append(t, 0, 2, 2, 0), signature...)
	return append(t, make([]byte, length-len(t))...)
}

// signature returns the frame of a SignedData around certificates.
func signature(t testing.TB, certificates ...string) []byte {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData())
		b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(asn1.SET, func(*cryptobyte.Builder) {})
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte("what was signed")) })
				if len(certificates) > 0 {
					b.AddASN1(explicit0, func(b *cryptobyte.Builder) {
						for _, c := range certificates {
							b.AddBytes(certificate(c))
						}
					})
				}
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte("signer")) })
			})
		})
	})
	return b.BytesOrPanic()
}

func certificate(text string) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1OctetString([]byte(text)) })
	return b.BytesOrPanic()
}

func TestAddCertificate(t *testing.T) {
	for _, test := range []struct{ before, want []string }{
		{nil, []string{"place"}},
		{[]string{"signer"}, []string{"signer", "place"}},
		{[]string{"signer", "root"}, []string{"signer", "root", "place"}},
	} {
		got, err := AddCertificate(append(signature(t, test.before...), 0, 0, 0), certificate("place"))
		if err != nil {
			t.Fatal(err)
		}
		if want := signature(t, test.want...); !bytes.Equal(got, want) {
			t.Errorf("%q: got %x, want %x", test.before, got, want)
		}
		list, err := Certificates(got)
		if err != nil || len(list) != len(test.want) || !bytes.Equal(list[len(list)-1], certificate("place")) {
			t.Errorf("%q: it has the certificates %q, %v", test.before, list, err)
		}
	}
	for _, bad := range [][]byte{nil, {0x30}, certificate("text"), signature(t, "signer")[:40]} {
		if _, err := AddCertificate(bad, certificate("place")); err == nil {
			t.Errorf("%x was taken for a signature", bad)
		}
	}
}

func TestReplace(t *testing.T) {
	file := program(entry(signature(t, "signer")))
	table, err := FindTable(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	got, at, err := table.Signature(bytes.NewReader(file))
	if err != nil || at != tableAt+8 || !bytes.HasPrefix(got, signature(t, "signer")) {
		t.Fatalf("got %x at %d, %v", got, at, err)
	}
	replaced, err := table.Replace(file, signature(t, "signer", strings.Repeat("place", 1000)))
	if err != nil {
		t.Fatal(err)
	}
	want := program(entry(signature(t, "signer", strings.Repeat("place", 1000))))
	table.SetChecksum(want)
	if !bytes.Equal(replaced, want) {
		t.Error("the program with another signature is not what it should be")
	}
	two := program(append(entry(signature(t, "a")), entry(signature(t, "b"))...))
	if table, err = FindTable(bytes.NewReader(two), int64(len(two))); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"two signatures": two, "more at the end": append(slices.Clone(two), 0)} {
		if _, err := table.Replace(file, signature(t)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The sum of all words, folded to 16 bits, and the length.
func TestSetChecksum(t *testing.T) {
	file := append(program(nil), 0xff, 0xff, 0x01)
	table, err := FindTable(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var sum uint32
	zeroed := slices.Clone(file)
	binary.LittleEndian.PutUint32(zeroed[table.Checksum:], 0)
	for i := 0; i < len(zeroed); i += 2 {
		word := uint32(zeroed[i])
		if i+1 < len(zeroed) {
			word |= uint32(zeroed[i+1]) << 8
		}
		if sum += word; sum > 0xffff {
			sum -= 0xffff
		}
	}
	table.SetChecksum(file)
	if got, want := binary.LittleEndian.Uint32(file[table.Checksum:]), sum+uint32(len(file)); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
	table.SetChecksum(zeroed)
	if binary.LittleEndian.Uint32(zeroed[table.Checksum:]) != 0 {
		t.Error("a checksum that was left out was put in")
	}
}

func TestDamagedTables(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(file []byte) []byte
	}{
		{"text", "no program for Windows", func([]byte) []byte { return []byte(strings.Repeat("text", 100)) }},
		{"short", "cut short", func(f []byte) []byte { return f[:headerAt+30] }},
		{"DOS", "no PE header", func(f []byte) []byte { f[headerAt] = 'N'; return f }},
		{"header outside", "cut short", func(f []byte) []byte { f[63] = 0xff; return f }},
		{"form", "is unknown", func(f []byte) []byte { f[optionalAt] = 7; return f }},
		{"no directory for it", "no place for a signature", func(f []byte) []byte { f[optionalAt+108] = 4; return f }},
		{"cut off", "outside of the file", func(f []byte) []byte { return f[:len(f)-1] }},
		{"table in the header", "outside of the file", func(f []byte) []byte { clear(f[entryAt : entryAt+4]); return f }},
		{"length of an entry", "damaged", func(f []byte) []byte { f[tableAt+3] = 0x7f; return f }},
		{"no length at all", "damaged", func(f []byte) []byte { clear(f[tableAt : tableAt+4]); return f }},
		{"another type", "none that is known", func(f []byte) []byte { f[tableAt+6] = 1; return f }},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.change(program(entry(signature(t, "signer"))))
			table, err := FindTable(bytes.NewReader(file), int64(len(file)))
			if err == nil {
				_, _, err = table.Signature(bytes.NewReader(file))
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want it to say %q", err, test.want)
			}
		})
	}
}

func FuzzProgram(f *testing.F) {
	f.Add(program(nil))
	f.Add(program(entry(signature(f, "signer"))))
	f.Add(program(append(entry(signature(f, "a")), entry(signature(f, "b", "c"))...)))
	f.Fuzz(func(t *testing.T, file []byte) {
		table, err := FindTable(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		digest, unsigned := Digest(file)
		signed, _, err := table.Signature(bytes.NewReader(file))
		if err != nil {
			return
		}
		_, _ = Signer(signed) // must not break
		before, err := Certificates(signed)
		if err != nil {
			return
		}
		more, err := AddCertificate(signed, certificate("place"))
		if err != nil {
			return // there was none of the certificates' set where there should be one
		}
		if after, err := Certificates(more); err != nil || len(after) != len(before)+1 {
			t.Fatalf("with one more, %d certificates are %d, %v", len(before), len(after), err)
		}
		replaced, err := table.Replace(file, more)
		if err != nil {
			return
		}
		if table, err = FindTable(bytes.NewReader(replaced), int64(len(replaced))); err != nil {
			t.Fatal(err)
		}
		if got, _, err := table.Signature(bytes.NewReader(replaced)); err != nil || !bytes.HasPrefix(got, more) {
			t.Errorf("another signature was put in, and is not there: %v", err)
		}
		if got, err := Digest(replaced); unsigned != nil || err != nil || got != digest {
			t.Errorf("with another signature it has another digest: %v, %v", unsigned, err)
		}
	})
}
