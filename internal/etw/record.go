package etw

import (
	"encoding/binary"
	"fmt"
	"time"
)

// A GUID as it lies in memory: its first three parts little-endian.
type GUID [16]byte

// NewGUID returns the GUID that is written {a-b-c-d...}, d being its last eight bytes.
func NewGUID(a uint32, b, c uint16, d [8]byte) GUID {
	var g GUID
	binary.LittleEndian.PutUint32(g[0:], a)
	binary.LittleEndian.PutUint16(g[4:], b)
	binary.LittleEndian.PutUint16(g[6:], c)
	copy(g[8:], d[:])
	return g
}

// String returns the GUID as Windows writes it, in lower case and without braces.
func (g GUID) String() string {
	le := binary.LittleEndian
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", le.Uint32(g[0:]), le.Uint16(g[4:]), le.Uint16(g[6:]), g[8:10], g[10:])
}

// The providers whose records are understood.
var (
	// KernelProcess is the manifest provider Microsoft-Windows-Kernel-Process.
	KernelProcess = NewGUID(0x22fb2cd6, 0x0e7b, 0x422b, [8]byte{0xa0, 0xc7, 0x2f, 0xad, 0x1f, 0xd0, 0xe7, 0x16})
	// Process is the class of the kernel's classic Process events.
	Process = NewGUID(0x3d6fa8d0, 0xfe05, 0x11d0, [8]byte{0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c})
	// LostEvent is the class by which a real-time session tells its losses.
	LostEvent = NewGUID(0x6a399ae0, 0x4bc6, 0x4de9, [8]byte{0x87, 0x0b, 0x36, 0x57, 0xf8, 0x94, 0x7e, 0x7e})
)

// NoID stands in a Record for a process or thread that its header does not name.
const NoID = ^uint32(0)

// A Record is one event as a session or a file delivers it.
type Record struct {
	Provider    GUID   // of a classic event: its class
	ID          uint16 // of a manifest event; 0 in a classic one
	Version     uint8
	Opcode      uint8
	Classic     bool
	PointerSize int // 4 or 8, of the machine that wrote it
	Time        time.Time
	PID, TID    uint32 // who wrote it; NoID where the header does not say
	StartKey    uint64 // of the process that wrote it (extended item 0xD); 0: none
	Number      uint64 // position in the file, from 1; 0: not of a file
	Payload     []byte // the event's own data, without headers and extended items
}

// filetime returns the time that a FILETIME means; the zero time for 0.
func filetime(ticks uint64) time.Time {
	if ticks == 0 {
		return time.Time{}
	}
	const sinceUnix = 11_644_473_600 // seconds from 1601 to 1970
	return time.Unix(int64(ticks/1e7)-sinceUnix, int64(ticks%1e7)*100).UTC()
}
