package etw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"
)

// Header is what a file says of itself.
type Header struct {
	BufferSize  uint32 // bytes, expanded
	Build       uint32 // of Windows
	Processors  uint32
	PointerSize int // 4 or 8
	Start       time.Time
	End         time.Time // zero in a file that was not closed
	Boot        time.Time
	EventsLost  uint32 // that the session could not write
	BuffersLost uint32
}

// How the times of a file are told.
const (
	clockCounter = 1 // a performance counter
	clockSystem  = 2 // FILETIME
	clockCycles  = 3 // of a processor
)

// The layout of the file's header (TRACE_LOGFILE_HEADER) behind that of the record.
const (
	headOffBufferSize = 0
	headOffBuild      = 8
	headOffProcessors = 12
	headOffEnd        = 16
	headOffPointer    = 44
	headOffLost       = 48
	headOffMHz        = 52
	headOffTail64     = 248 // behind names and time zone: boot time, frequency, start, clock, lost buffers
	headOffTail32     = 240
	headTail          = 32
)

// readHeader reads the first record of a file.
func readHeader(body []byte) (Header, clock, error) {
	if len(body) < systemHead || body[2] != typeSystem32 && body[2] != typeSystem64 {
		return Header{}, clock{}, errors.New("the first record is not that of an event trace")
	}
	le := binary.LittleEndian
	h := body[systemHead:]
	tail := headOffTail64
	if len(h) >= headOffLost && le.Uint32(h[headOffPointer:]) == 4 {
		tail = headOffTail32
	}
	if len(h) < tail+headTail {
		return Header{}, clock{}, fmt.Errorf("it has %d bytes; at least %d are needed", len(h), tail+headTail)
	}
	header := Header{
		BufferSize: le.Uint32(h[headOffBufferSize:]), Build: le.Uint32(h[headOffBuild:]), Processors: le.Uint32(h[headOffProcessors:]),
		PointerSize: 8, End: filetime(le.Uint64(h[headOffEnd:])), EventsLost: le.Uint32(h[headOffLost:]),
		Boot: filetime(le.Uint64(h[tail:])), Start: filetime(le.Uint64(h[tail+16:])), BuffersLost: le.Uint32(h[tail+28:]),
	}
	if tail == headOffTail32 {
		header.PointerSize = 4
	}
	c := clock{start: le.Uint64(h[tail+16:]), first: le.Uint64(body[16:])}
	switch kind := le.Uint32(h[tail+24:]); kind {
	case clockSystem:
		return header, c, nil
	case clockCounter, 0: // 0 is the default, which is the counter
		c.frequency = le.Uint64(h[tail+8:])
	case clockCycles:
		c.frequency = uint64(le.Uint32(h[headOffMHz:])) * 1e6
	default:
		return Header{}, clock{}, fmt.Errorf("its times are of clock %d; only 1 (counter), 2 (system time) and 3 (cycles) are known", kind)
	}
	if c.frequency == 0 {
		return Header{}, clock{}, errors.New("its clock has no frequency, so no time can be told")
	}
	return header, c, nil
}

// A clock turns the time stamps of a file into times.
type clock struct {
	start     uint64 // FILETIME of the stamp first
	first     uint64
	frequency uint64 // per second; 0: stamps are FILETIME
}

// time returns what a stamp means.
func (c *clock) time(stamp uint64) time.Time {
	if c.frequency == 0 {
		return filetime(stamp)
	}
	if stamp >= c.first {
		return filetime(c.start + c.ticks(stamp-c.first))
	}
	back := c.ticks(c.first - stamp)
	if back > c.start {
		return time.Time{}
	}
	return filetime(c.start - back)
}

// ticks returns how many units of 100 ns a span of the clock has.
func (c *clock) ticks(span uint64) uint64 {
	const most = 1 << 62
	high, low := bits.Mul64(span, 1e7)
	if high >= c.frequency {
		return most
	}
	ticks, _ := bits.Div64(high, low, c.frequency)
	return min(ticks, most)
}
