package winapi

//lint:file-ignore U1000 Windows fills these, and trace_windows.go reads them

import (
	"encoding/binary"
	"time"
)

// What follows is laid out as Windows has it on 64-bit processors. A test holds
// the sizes.

type guid [16]byte

// traceProperties is EVENT_TRACE_PROPERTIES, which begins with a WNODE_HEADER.
type traceProperties struct {
	size          uint32
	_             uint32
	logger        uint64 // the session's number in the lower 16 bits
	_             int64
	guid          guid
	clientContext uint32 // which clock
	flags         uint32

	bufferSize          uint32 // kB
	minimumBuffers      uint32
	maximumBuffers      uint32
	maximumFileSize     uint32
	logFileMode         uint32
	flushTimer          uint32
	enableFlags         uint32
	ageLimit            int32
	numberOfBuffers     uint32
	freeBuffers         uint32
	eventsLost          uint32
	buffersWritten      uint32
	logBuffersLost      uint32
	realTimeBuffersLost uint32
	loggerThread        uintptr
	logFileNameOffset   uint32
	loggerNameOffset    uint32
}

// eventRecord is EVENT_RECORD.
type eventRecord struct {
	size, headerType, flags, property uint16
	threadID, processID               uint32
	timeStamp                         uint64
	provider                          guid
	id                                uint16
	version, channel, level, opcode   uint8
	task                              uint16
	keyword                           uint64
	processorTime                     uint64
	activity                          guid

	processor, _  uint8
	loggerID      uint16
	extendedCount uint16
	userLength    uint16
	extended      *extendedItem
	user          *byte
	context       uintptr
}

// extendedItem is EVENT_HEADER_EXTENDED_DATA_ITEM.
type extendedItem struct {
	_, kind, linkage, size uint16
	data                   *byte
}

// traceLogfile is EVENT_TRACE_LOGFILEW.
type traceLogfile struct {
	logFileName, loggerName *uint16
	currentTime             int64
	buffersRead             uint32
	processTraceMode        uint32
	currentEvent            eventTrace
	header                  traceLogfileHeader
	bufferCallback          uintptr
	bufferSize, filled      uint32
	eventsLost              uint32
	eventRecordCallback     uintptr
	isKernelTrace           uint32
	context                 uintptr
}

// eventTrace is EVENT_TRACE. Nothing of it is used.
type eventTrace struct {
	_         [48]byte
	_, _      uint32
	_         guid
	mofData   uintptr
	mofLength uint32
	_         uint32
}

// traceLogfileHeader is TRACE_LOGFILE_HEADER. Nothing of it is used.
type traceLogfileHeader struct {
	_                     [16]byte
	_                     int64
	_                     [16]byte
	_                     guid
	loggerName, logFile   uintptr
	_                     [172]byte // the time zone
	_, _, _               int64
	reserved, buffersLost uint32
}

// enableParameters is ENABLE_TRACE_PARAMETERS.
type enableParameters struct {
	version        uint32
	enableProperty uint32
	controlFlags   uint32
	source         guid
	filter         uintptr
	filterCount    uint32
}

// A TraceEvent is an event as a trace session delivers it.
type TraceEvent struct {
	Provider        [16]byte // of a classic event: its class
	ID              uint16
	Version, Opcode uint8
	Classic         bool
	PointerSize     int
	Time            time.Time
	PID, TID        uint32
	StartKey        uint64 // of the process that wrote it; 0: not said
	Payload         []byte // only until the function returns that was given it
}

// The flags of a record's header.
const (
	headerFlag32Bit   = 0x20
	headerFlagClassic = 0x100
)

// extendedStartKey is the kind of the extended item with the writer's start key.
const extendedStartKey = 0xd

// enabledKeywords looks for a session in what EnumerateTraceGuidsEx says of a
// provider, and returns the keywords that the session has enabled there; false:
// none.
func enabledKeywords(raw []byte, logger uint16) (keywords uint64, enabled bool) {
	const (
		head     = 8  // TRACE_GUID_INFO
		instance = 16 // TRACE_PROVIDER_INSTANCE_INFO
		enable   = 32 // TRACE_ENABLE_INFO
	)
	le := binary.LittleEndian
	if len(raw) < head {
		return 0, false
	}
	count := le.Uint32(raw)
	raw = raw[head:]
	for ; count > 0 && len(raw) >= instance; count-- {
		next, enables := le.Uint32(raw), le.Uint32(raw[4:])
		for at := instance; enables > 0 && len(raw)-at >= enable; enables-- {
			e := raw[at:]
			if le.Uint32(e) != 0 && le.Uint16(e[6:]) == logger {
				keywords |= le.Uint64(e[16:])
				enabled = true
			}
			at += enable
		}
		if next == 0 || uint64(next) > uint64(len(raw)) {
			break
		}
		raw = raw[next:]
	}
	return keywords, enabled
}
