package winapi

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Telemetry is by which numbers the kernel knows a process.
type Telemetry struct {
	PID       uint32
	StartKey  uint64 // sequence number, with the boot's in its upper 16 bits
	Created   time.Time
	Seq       uint64 // of the process, within its boot
	SessionID uint32
	BootID    uint32 // counts the boots of this installation
}

// A ListedProcess is a process as the system's list has it.
type ListedProcess struct {
	PID, ParentPID uint32
	Created        time.Time // zero for pid 0, which is none
	Session        uint32
	Name           string // of its file, without the folder
	Threads        uint32 // 0: it has ended, and somebody holds it; or it is the kernel's own
	Handles        uint32
}

// Where the members of PROCESS_TELEMETRY_ID_INFORMATION are. Behind them are
// offsets of texts.
const (
	telemetryPID      = 4
	telemetryStartKey = 8
	telemetryCreated  = 16
	telemetrySeq      = 40
	telemetrySession  = 56
	telemetryBoot     = 60
	telemetryHead     = 72
)

func parseTelemetry(raw []byte) (Telemetry, error) {
	if len(raw) < telemetryHead {
		return Telemetry{}, fmt.Errorf("the numbers of a process have %d bytes; at least %d were expected", len(raw), telemetryHead)
	}
	le := binary.LittleEndian
	return Telemetry{
		PID: le.Uint32(raw[telemetryPID:]), StartKey: le.Uint64(raw[telemetryStartKey:]), Created: fileTime(le.Uint64(raw[telemetryCreated:])),
		Seq: le.Uint64(raw[telemetrySeq:]), SessionID: le.Uint32(raw[telemetrySession:]), BootID: le.Uint32(raw[telemetryBoot:]),
	}, nil
}

// epoch is the Unix epoch in Windows' count of 100 ns since 1601, and beyond the
// year 2200, which no clock shows.
const (
	epoch  = 116444736000000000
	beyond = 189025920000000000
)

// fileTime returns the time of a FILETIME; the zero time for 0, and for what no
// clock shows, as a process may have that is only being made.
func fileTime(t uint64) time.Time {
	if t == 0 || t >= beyond {
		return time.Time{}
	}
	since := int64(t) - epoch
	return time.Unix(since/1e7, since%1e7*100).UTC()
}
