package winapi

import (
	"encoding/binary"
	"testing"
	"time"
)

func TestTelemetry(t *testing.T) {
	raw := make([]byte, 96)
	le := binary.LittleEndian
	le.PutUint32(raw, 72) // HeaderSize
	le.PutUint32(raw[4:], 4242)
	le.PutUint64(raw[8:], 77|57<<48)
	le.PutUint64(raw[16:], 133800000000000001)
	le.PutUint64(raw[40:], 77)
	le.PutUint32(raw[56:], 1)
	le.PutUint32(raw[60:], 57)
	got, err := parseTelemetry(raw)
	want := Telemetry{
		PID: 4242, StartKey: 77 | 57<<48, Seq: 77, SessionID: 1, BootID: 57,
		Created: time.Date(2024, 12, 30, 2, 40, 0, 100, time.UTC),
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := parseTelemetry(raw[:71]); err == nil {
		t.Error("an answer without its end was taken")
	}
}

func TestFileTime(t *testing.T) {
	for ticks, want := range map[uint64]time.Time{
		0:                  {},
		epoch:              time.Unix(0, 0).UTC(),
		129328528807357072: time.Date(2010, 10, 29, 19, 8, 0, 735707200, time.UTC),
		epoch - 1:          time.Date(1969, 12, 31, 23, 59, 59, 999999900, time.UTC),
		1 << 63:            {},
		1<<63 - 1:          {}, // "never"
		beyond - 1:         time.Date(2199, 12, 31, 23, 59, 59, 999999900, time.UTC),
		beyond:             {},
	} {
		if got := fileTime(ticks); !got.Equal(want) {
			t.Errorf("%d: got %s, want %s", ticks, got, want)
		}
	}
}
