package winapi

import (
	"encoding/binary"
	"testing"
)

func TestVersionFacts(t *testing.T) {
	for _, test := range []struct {
		facts VersionFacts
		want  string
	}{
		{VersionFacts{Major: 10, Build: 22631, Product: "Windows 10 Pro", Release: "23H2", OldRelease: "2009"}, "Windows 11 Pro 23H2 (22631)"},
		{VersionFacts{Major: 10, Build: 17763, Product: "Windows 10 Enterprise LTSC 2019", OldRelease: "1809"}, "Windows 10 Enterprise LTSC 2019 1809 (17763)"},
		{VersionFacts{Major: 10, Build: 26100, Product: "Windows Server 2025 Standard", Release: "24H2", Server: true}, "Windows Server 2025 Standard 24H2 (26100)"},
		{VersionFacts{Major: 10, Build: 14393, Product: "Windows Server 2016 Datacenter", OldRelease: "1607", Server: true}, "Windows Server 2016 Datacenter 1607 (14393)"},
		{VersionFacts{Major: 10, Minor: 0, Build: 26200}, "Windows 10.0 (26200)"},
		{VersionFacts{Major: 10, Minor: 0, Build: 20348, Server: true}, "Windows Server 10.0 (20348)"},
	} {
		if got := test.facts.String(); got != test.want {
			t.Errorf("%+v is called %q; want %q", test.facts, got, test.want)
		}
	}
}

// smbios returns tables as Windows hands them out.
func smbios(structures ...[]byte) []byte {
	table := []byte{0, 3, 0, 0, 0, 0, 0, 0}
	for _, s := range structures {
		table = append(table, s...)
	}
	binary.LittleEndian.PutUint32(table[4:], uint32(len(table)-8))
	return table
}

func system(uuid [16]byte, texts string) []byte {
	s := append([]byte{1, 27, 1, 0, 1, 2, 3, 4}, uuid[:]...)
	return append(append(s, 6, 5, 6), texts+"\x00\x00"...)
}

func TestSystemUUID(t *testing.T) {
	uuid := [16]byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	bios := append([]byte{0, 24}, make([]byte, 22)...)
	bios = append(bios, "maker\x00version\x00\x00"...)
	silent := append([]byte{2, 4, 0, 0}, 0, 0) // a structure without texts
	var ones [16]byte
	for i := range ones {
		ones[i] = 0xff
	}
	whole := smbios(bios, silent, system(uuid, "maker"), []byte{127, 4, 0, 0, 0, 0})
	for name, test := range map[string]struct {
		table []byte
		want  string
	}{
		"usual":        {whole, "00112233-4455-6677-8899-aabbccddeeff"},
		"zeros":        {smbios(bios, system([16]byte{}, "x")), ""},
		"ones":         {smbios(bios, system(ones, "x")), ""},
		"none":         {smbios(bios), ""},
		"old":          {smbios([]byte{1, 8, 0, 0, 0, 0, 0, 0, 0, 0}), ""},
		"empty":        {nil, ""},
		"length 0":     {smbios([]byte{2, 0, 0, 0, 0, 0}), ""},
		"no end":       {smbios([]byte{2, 4, 0, 0, 'x', 'y'}), ""},
		"past the end": {smbios([]byte{1, 200, 0, 0}), ""},
	} {
		if got, ok := SystemUUID(test.table); got != test.want || ok != (test.want != "") {
			t.Errorf("%s: %q, %t; want %q", name, got, ok, test.want)
		}
	}
	for n := range whole { // however much of it is missing, it does not panic
		SystemUUID(whole[:n])
	}
}

func FuzzSystemUUID(f *testing.F) {
	f.Add(smbios(system([16]byte{1, 2, 3}, "maker")))
	f.Fuzz(func(t *testing.T, table []byte) {
		if uuid, ok := SystemUUID(table); ok && len(uuid) != 36 {
			t.Errorf("the number is %q", uuid)
		}
	})
}
