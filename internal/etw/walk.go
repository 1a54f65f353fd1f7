package etw

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of record header.
const (
	typeSystem32  = 0x01
	typeSystem64  = 0x02
	typeCompact32 = 0x03
	typeCompact64 = 0x04
	typeFull32    = 0x0a
	typePerf32    = 0x10
	typePerf64    = 0x11
	typeEvent32   = 0x12
	typeEvent64   = 0x13
	typeFull64    = 0x14
)

// The lengths of their headers.
const (
	systemHead  = 32
	compactHead = 24
	perfHead    = 16
	eventHead   = 80
	fullHead    = 48
)

// The groups of the kernel's own records that are of interest.
const (
	groupTrace   = 0x00
	groupProcess = 0x03
	groupConfig  = 0x0b
)

// The classes of the kernel's own records, beside Process.
var (
	traceClass  = NewGUID(0x68fdd900, 0x4a3e, 0x11d1, [8]byte{0x84, 0xf4, 0x00, 0x00, 0xf8, 0x04, 0x64, 0xe3})
	configClass = NewGUID(0x01853a65, 0x418f, 0x4f36, [8]byte{0xae, 0xfc, 0xdc, 0x0f, 0x1d, 0x2f, 0xd2, 0x35})
)

// Extended items, which may stand before the payload of an EVENT_HEADER record.
const (
	extendedFlag     = 0x0001 // in the header's flags
	extendedHead     = 8
	extendedStartKey = 0xd
)

var errRecordCut = errors.New("the record goes on behind the end of the buffer")

// A walker hands out the records of a file's buffers.
type walker struct {
	file   *File
	yield  func(*Record, error) bool
	record Record
	number uint64 // of records so far
}

// buffer hands out the records of one buffer, of which cut tells that its end is
// missing, as has been said. It returns false when nobody wants any more.
func (w *walker) buffer(body []byte, offset int64, number int, cut bool) bool {
	for at := 0; len(body)-at >= 8; {
		if binary.LittleEndian.Uint16(body[at:]) == 0xffff {
			return true // the rest was not used
		}
		n, err := w.read(body[at:])
		w.number++
		if cut && errors.Is(err, errRecordCut) {
			return true
		}
		if err != nil {
			return w.yield(nil, &FileError{Offset: offset, Buffer: number, Within: bufferHead + at, Reason: err})
		}
		w.record.Number = w.number
		if !w.yield(&w.record, nil) {
			return false
		}
		at += (n + 7) &^ 7
	}
	return true
}

// read reads the record that b begins with, and returns its length.
func (w *walker) read(b []byte) (int, error) {
	le := binary.LittleEndian
	// The kernel's own records begin with a version; the size stands behind it.
	size := int(le.Uint16(b))
	kind := b[2]
	head := 0
	switch kind {
	case typeSystem32, typeSystem64:
		size, head = int(le.Uint16(b[4:])), systemHead
	case typeCompact32, typeCompact64:
		size, head = int(le.Uint16(b[4:])), compactHead
	case typePerf32, typePerf64:
		size, head = int(le.Uint16(b[4:])), perfHead
	case typeEvent32, typeEvent64:
		head = eventHead
	case typeFull32, typeFull64:
		head = fullHead
	default: // of no interest, but its size must be known: all others begin with it
		head = 8
	}
	switch {
	case size < head:
		return 0, fmt.Errorf("a record of type %#x says that it has %d bytes; its header alone has %d", kind, size, head)
	case size > len(b):
		return 0, fmt.Errorf("%w: type %#x, %d bytes", errRecordCut, kind, size)
	}
	b = b[:size]
	w.record = Record{PointerSize: 8, PID: NoID, TID: NoID, Payload: b[head:]}
	var err error
	switch kind {
	case typeSystem32, typeSystem64, typeCompact32, typeCompact64, typePerf32, typePerf64:
		w.kernel(b, head, kind)
	case typeEvent32, typeEvent64:
		err = w.event(b, kind)
	case typeFull32, typeFull64:
		w.full(b, kind)
	}
	return size, err
}

// kernel reads the header of a record of the kernel's own.
func (w *walker) kernel(b []byte, head int, kind byte) {
	le := binary.LittleEndian
	r := &w.record
	r.Classic, r.Version, r.Opcode = true, b[0], b[6]
	switch b[7] {
	case groupTrace:
		r.Provider = traceClass
	case groupProcess:
		r.Provider = Process
	case groupConfig:
		r.Provider = configClass
	}
	if kind == typeSystem32 || kind == typeCompact32 || kind == typePerf32 {
		r.PointerSize = 4
	}
	stamp := b[8:]
	if head > perfHead {
		r.TID, r.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
		stamp = b[16:]
	}
	r.Time = w.file.clock.time(le.Uint64(stamp))
}

// full reads an EVENT_TRACE_HEADER.
func (w *walker) full(b []byte, kind byte) {
	le := binary.LittleEndian
	r := &w.record
	r.Classic, r.Opcode, r.Version = true, b[4], uint8(le.Uint16(b[6:]))
	r.TID, r.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
	r.Time = w.file.clock.time(le.Uint64(b[16:]))
	copy(r.Provider[:], b[24:])
	if kind == typeFull32 {
		r.PointerSize = 4
	}
}

// event reads an EVENT_HEADER and the extended items behind it.
func (w *walker) event(b []byte, kind byte) error {
	le := binary.LittleEndian
	r := &w.record
	r.TID, r.PID = le.Uint32(b[8:]), le.Uint32(b[12:])
	r.Time = w.file.clock.time(le.Uint64(b[16:]))
	copy(r.Provider[:], b[24:])
	r.ID, r.Version, r.Opcode = le.Uint16(b[40:]), b[42], b[45]
	if kind == typeEvent32 {
		r.PointerSize = 4
	}
	for more := le.Uint16(b[4:])&extendedFlag != 0; more; {
		item := r.Payload
		if len(item) < extendedHead {
			return fmt.Errorf("the extended items of event %d of %s have no end", r.ID, r.Provider)
		}
		size, used := int(le.Uint16(item)), int(le.Uint16(item[6:]))
		if size < extendedHead || size > len(item) || used > size-extendedHead {
			return fmt.Errorf("an extended item of event %d of %s says that it has %d bytes, of %d", r.ID, r.Provider, size, len(item))
		}
		if le.Uint16(item[2:]) == extendedStartKey && used == 8 {
			r.StartKey = le.Uint64(item[extendedHead:])
		}
		more = le.Uint16(item[4:])&1 != 0
		r.Payload = item[size:]
	}
	return nil
}
