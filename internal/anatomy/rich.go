package anatomy

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
)

// parseRich finds and reads a Rich header in what is before the PE header. The digest is
// the MD5 of it without its mask, from its first mark to before its last, which is
// what everybody computes; equal ones tell that the same tools made the same number
// of parts.
func parseRich(raw []byte) ([]Tool, string) {
	const begin, end = 0x536e6144, "Rich" // "DanS"
	le := binary.LittleEndian
	at := bytes.LastIndex(raw, []byte(end))
	if at < 0 || at+8 > len(raw) {
		return nil, ""
	}
	key := le.Uint32(raw[at+4:])
	first := -1
	for i := at - 4; i >= 0; i -= 4 {
		if le.Uint32(raw[i:])^key == begin {
			first = i
			break
		}
	}
	if first < 0 {
		return nil, ""
	}
	clear := bytes.Clone(raw[first:at])
	for i := 0; i+4 <= len(clear); i += 4 {
		le.PutUint32(clear[i:], le.Uint32(clear[i:])^key)
	}
	sum := md5.Sum(clear)
	var tools []Tool
	for rest := clear[min(16, len(clear)):]; len(rest) >= 8; rest = rest[8:] { // behind the mark and what fills it up
		tools = append(tools, Tool{Product: le.Uint16(rest[2:]), Build: le.Uint16(rest), Count: le.Uint32(rest[4:])})
	}
	return tools, hex.EncodeToString(sum[:])
}
