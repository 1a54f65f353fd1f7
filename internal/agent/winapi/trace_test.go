package winapi

import (
	"encoding/binary"
	"testing"
	"unsafe"
)

// The structures have the sizes that Windows' headers give them for 64-bit
// processors, where Go lays them out in the same way on every system.
func TestTraceSizes(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the agent is for 64-bit processors")
	}
	var logfile traceLogfile
	var record eventRecord
	var properties traceProperties
	for name, size := range map[string][2]uintptr{
		"EVENT_TRACE_PROPERTIES":          {unsafe.Sizeof(properties), 120},
		"EVENT_RECORD":                    {unsafe.Sizeof(record), 112},
		"EVENT_TRACE_LOGFILEW":            {unsafe.Sizeof(logfile), 448},
		"TRACE_LOGFILE_HEADER":            {unsafe.Sizeof(logfile.header), 280},
		"EVENT_TRACE":                     {unsafe.Sizeof(logfile.currentEvent), 88},
		"EVENT_HEADER_EXTENDED_DATA_ITEM": {unsafe.Sizeof(extendedItem{}), 16},
		"ENABLE_TRACE_PARAMETERS":         {unsafe.Sizeof(enableParameters{}), 48},

		"Wnode.Guid":          {unsafe.Offsetof(properties.guid), 24},
		"Wnode.Flags":         {unsafe.Offsetof(properties.flags), 44},
		"LogFileMode":         {unsafe.Offsetof(properties.logFileMode), 64},
		"EventsLost":          {unsafe.Offsetof(properties.eventsLost), 88},
		"RealTimeBuffersLost": {unsafe.Offsetof(properties.realTimeBuffersLost), 100},
		"LoggerNameOffset":    {unsafe.Offsetof(properties.loggerNameOffset), 116},
		"ProviderId":          {unsafe.Offsetof(record.provider), 24},
		"EventDescriptor":     {unsafe.Offsetof(record.id), 40},
		"UserDataLength":      {unsafe.Offsetof(record.userLength), 86},
		"UserContext":         {unsafe.Offsetof(record.context), 104},
		"ProcessTraceMode":    {unsafe.Offsetof(logfile.processTraceMode), 28},
		"EventRecordCallback": {unsafe.Offsetof(logfile.eventRecordCallback), 424},
		"Context":             {unsafe.Offsetof(logfile.context), 440},
	} {
		if size[0] != size[1] {
			t.Errorf("%s: %d, want %d", name, size[0], size[1])
		}
	}
}

func TestEnabledKeywords(t *testing.T) {
	le := binary.LittleEndian
	enable := func(on uint32, logger uint16, keywords uint64) []byte {
		b := make([]byte, 32)
		le.PutUint32(b, on)
		le.PutUint16(b[6:], logger)
		le.PutUint64(b[16:], keywords)
		return b
	}
	instance := func(next uint32, enables ...[]byte) []byte {
		b := make([]byte, 16)
		le.PutUint32(b, next)
		le.PutUint32(b[4:], uint32(len(enables)))
		for _, e := range enables {
			b = append(b, e...)
		}
		return b
	}
	answer := func(count uint32, instances ...[]byte) []byte {
		b := make([]byte, 8)
		le.PutUint32(b, count)
		for _, i := range instances {
			b = append(b, i...)
		}
		return b
	}
	two := answer(2, instance(48, enable(1, 5, 0x10)), instance(0, enable(1, 7, 0x30), enable(0, 9, 0x10)))
	for name, c := range map[string]struct {
		raw      []byte
		logger   uint16
		keywords uint64
		enabled  bool
	}{
		"first":         {two, 5, 0x10, true},
		"second":        {two, 7, 0x30, true},
		"disabled":      {two, 9, 0, false},
		"other":         {two, 6, 0, false},
		"nothing":       {nil, 5, 0, false},
		"no instance":   {answer(0), 5, 0, false},
		"cut":           {two[:30], 5, 0, false},
		"beyond itself": {answer(9, instance(1<<31, enable(1, 5, 1))), 6, 0, false},
		"forged count":  {answer(1, instance(0, enable(1, 5, 1))[:16]), 5, 0, false},
	} {
		keywords, enabled := enabledKeywords(c.raw, c.logger)
		if keywords != c.keywords || enabled != c.enabled {
			t.Errorf("%s: %#x, %t; want %#x, %t", name, keywords, enabled, c.keywords, c.enabled)
		}
	}
}

// Whatever the system answers is read without a panic.
func FuzzEnabledKeywords(f *testing.F) {
	f.Add(make([]byte, 120), uint16(5))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0}, uint16(0))
	f.Fuzz(func(t *testing.T, raw []byte, logger uint16) {
		if keywords, enabled := enabledKeywords(raw, logger); keywords != 0 && !enabled {
			t.Errorf("keywords %#x of a provider that is not enabled", keywords)
		}
		if numbers, err := parseTelemetry(raw); err == nil && len(raw) < telemetryHead {
			t.Errorf("%d bytes gave %+v", len(raw), numbers)
		}
	})
}
