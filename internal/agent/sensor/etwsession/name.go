package etwsession

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/eljefe/eljefe/internal/etw"
)

// nameOf returns the name and the GUID of the session of an agent with a state
// folder: always the same, so that the agent finds what it left behind, and
// another's for another agent. A selftest has no folder.
func nameOf(dir string) (string, etw.GUID) {
	sum := sha256.Sum256([]byte("eljefe trace session\n" + strings.ToLower(dir)))
	var guid etw.GUID
	copy(guid[:], sum[:])
	guid[7] = guid[7]&0x0f | 0x80 // version 8: made of a digest
	guid[8] = guid[8]&0x3f | 0x80
	if dir == "" {
		return "El Jefe selftest", guid
	}
	return "El Jefe agent " + hex.EncodeToString(sum[len(sum)-4:]), guid
}
