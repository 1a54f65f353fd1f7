package winapi

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// VersionFacts is what a Windows says of itself.
type VersionFacts struct {
	Major, Minor, Build, Revision uint32
	Server                        bool   // and not a workstation
	Product                       string // "Windows 10 Pro", also on Windows 11
	Release                       string // "23H2"; "" before 20H2
	OldRelease                    string // "1809"; stays "2009" from 20H2 on
}

// firstEleven is the first build of Windows 11, which still calls itself 10.
const firstEleven = 22000

// String returns the name as people know it: "Windows 11 Pro 23H2 (22631)".
func (v VersionFacts) String() string {
	name := strings.TrimSpace(v.Product)
	switch {
	case name == "":
		name = fmt.Sprintf("Windows %d.%d", v.Major, v.Minor)
		if v.Server {
			name = fmt.Sprintf("Windows Server %d.%d", v.Major, v.Minor)
		}
	case !v.Server && v.Build >= firstEleven:
		name = strings.Replace(name, "Windows 10", "Windows 11", 1)
	}
	release := v.Release
	if release == "" {
		release = v.OldRelease
	}
	if release != "" {
		name += " " + release
	}
	return fmt.Sprintf("%s (%d)", name, v.Build)
}

// SystemUUID returns the number of the machine from its SMBIOS tables as
// GetSystemFirmwareTable gives them. Many boards have none, or all have the same
// zeros: then it returns false.
func SystemUUID(table []byte) (string, bool) {
	const (
		head   = 8 // calling method, version, revision, length of what follows
		system = 1 // the kind of structure that has the UUID
		at     = 8 // where in it
	)
	if len(table) < head {
		return "", false
	}
	rest := table[head:]
	if n := binary.LittleEndian.Uint32(table[4:]); uint64(n) < uint64(len(rest)) {
		rest = rest[:n]
	}
	for len(rest) >= 4 {
		kind, length := rest[0], int(rest[1])
		if length < 4 || length > len(rest) {
			return "", false
		}
		if kind == system {
			if length < at+16 {
				return "", false
			}
			return formatUUID(rest[at : at+16])
		}
		// Behind the structure are its texts, which end with two zeros.
		texts := rest[length:]
		end := strings.Index(string(texts), "\x00\x00")
		if end < 0 {
			return "", false
		}
		rest = texts[end+2:]
	}
	return "", false
}

func formatUUID(b []byte) (string, bool) {
	same := true
	for _, c := range b {
		same = same && c == b[0]
	}
	if same && (b[0] == 0 || b[0] == 0xff) {
		return "", false
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]), b[8:10], b[10:]), true
}
