package winapi

import (
	"errors"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The system's callback hands on what is in a record, to the one that it is for.
func TestDeliver(t *testing.T) {
	var got []TraceEvent
	var payload string
	number := consumers.add(func(e *TraceEvent) {
		got = append(got, *e)
		payload = string(e.Payload)
	})
	defer consumers.remove(number)
	text := []byte("payload")
	key := uint64(0x0039000000000047)
	items := [2]extendedItem{{kind: 2, size: 1, data: &text[0]}, {kind: extendedStartKey, size: 8, data: (*byte)(unsafe.Pointer(&key))}}
	at := time.Date(2026, 3, 1, 12, 0, 0, 100, time.UTC)
	r := &eventRecord{
		flags: headerFlagClassic | headerFlag32Bit, threadID: 7, processID: 8, timeStamp: uint64(at.UnixNano()/100 + epoch),
		provider: guid{1, 2, 3}, id: 9, version: 4, opcode: 5, extendedCount: 2, userLength: uint16(len(text)),
		extended: &items[0], user: &text[0], context: number,
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	for _, p := range []any{r, &items[0], &text[0], &key} {
		pinner.Pin(p)
	}
	call := func() { _, _, _ = syscall.SyscallN(consumers.callback(), uintptr(unsafe.Pointer(r))) }
	call()
	if len(got) != 1 || payload != "payload" {
		t.Fatalf("%d events came, with %q", len(got), payload)
	}
	e := got[0]
	e.Payload = nil
	want := TraceEvent{Provider: guid{1, 2, 3}, ID: 9, Version: 4, Opcode: 5, Classic: true, PointerSize: 4, Time: at, PID: 8, TID: 7, StartKey: key}
	if e.Provider != want.Provider || e.ID != want.ID || e.Version != want.Version || e.Opcode != want.Opcode || !e.Classic ||
		e.PointerSize != 4 || !e.Time.Equal(at) || e.PID != 8 || e.TID != 7 || e.StartKey != key {
		t.Errorf("got %+v; want %+v", e, want)
	}

	r.context = number + 1000 // of a consumer that is gone
	call()
	r.context, r.user, r.userLength, r.extended, r.extendedCount, r.flags = number, nil, 0, nil, 0, 0
	call()
	if len(got) != 2 || got[1].Payload != nil || got[1].StartKey != 0 || got[1].PointerSize != 8 || got[1].Classic {
		t.Errorf("then came %+v", got[1:])
	}
}

// A session can be begun, is found and stopped again, or there is an error that says
// why not.
func TestTrace(t *testing.T) {
	o := TraceOptions{Name: "El Jefe test", GUID: [16]byte{0xe1, 1, 2, 3, 4, 5, 6, 0x87, 0x88, 9}, Buffers: 4}
	trace, err := StartTrace(o)
	if err != nil {
		t.Skipf("no session can be begun here: %v", err)
	}
	state, err := trace.Query()
	if err != nil || state.GUID != o.GUID {
		t.Errorf("it is %+v, %v", state, err)
	}
	again, err := StartTrace(o) // takes over what is left behind
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := trace.Query(); !errors.Is(err, ErrNoTrace) {
		t.Errorf("of a session that was stopped: %v", err)
	}
}
