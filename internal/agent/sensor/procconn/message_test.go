package procconn

import (
	"encoding/binary"
	"testing"
	"time"
)

// datagramOf puts a message together as the kernel does.
func datagramOf(number, what, processor uint32, data ...uint32) []byte {
	size := eventHeader + 4*len(data)
	b := make([]byte, netlinkHeader+connectorHeader+size)
	order := binary.NativeEndian
	order.PutUint32(b, uint32(len(b)))
	order.PutUint32(b[netlinkHeader+8:], number)
	order.PutUint16(b[netlinkHeader+16:], uint16(size))
	event := b[netlinkHeader+connectorHeader:]
	order.PutUint32(event, what)
	order.PutUint32(event[4:], processor)
	order.PutUint64(event[8:], uint64(time.Minute))
	for i, v := range data {
		order.PutUint32(event[eventHeader+4*i:], v)
	}
	return b
}

func TestParse(t *testing.T) {
	raw := datagramOf(7, forked, 1, 11, 10, 20, 20)
	raw = append(raw, datagramOf(8, execed, 0, 21, 20)...)
	raw = append(raw, datagramOf(9, exited, 0, 20, 20, 256, 17)...)
	raw = append(raw, datagramOf(0, answer, 0, 1)...)
	raw = append(raw, datagramOf(10, 0x200, 0, 1, 1, 1, 1, 1, 1)...) // another kind
	want := []message{
		{what: forked, processor: 1, number: 7, at: time.Minute, pid: 20, thread: 20, parentPID: 10, parentThread: 11},
		{what: execed, number: 8, at: time.Minute, pid: 20, thread: 21},
		{what: exited, number: 9, at: time.Minute, pid: 20, thread: 20, status: 256},
		{what: answer, at: time.Minute, status: 1},
		{what: 0x200, number: 10, at: time.Minute},
	}
	got, err := parse(raw)
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %+v, %v; want %d messages", got, err, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("message %d is %+v; want %+v", i, got[i], want[i])
		}
	}
	for n := 1; n < len(datagramOf(7, forked, 1, 1, 2, 3, 4)); n++ {
		if _, err := parse(datagramOf(7, forked, 1, 1, 2, 3, 4)[:n]); err == nil {
			t.Errorf("%d bytes of a message give no error", n)
		}
	}
	if _, err := parse(datagramOf(7, forked, 1, 1, 2, 3)); err == nil {
		t.Error("a fork that lacks a number gives no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(datagramOf(7, forked, 1, 11, 10, 20, 20))
	f.Add(append(datagramOf(8, execed, 0, 21, 20), datagramOf(9, exited, 0, 20, 20, 256, 17)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := parse(raw)
		if err == nil && len(all) == 0 && len(raw) > 0 {
			t.Errorf("%d bytes are no message and no error", len(raw))
		}
	})
}

// The messages of each processor are counted by themselves, over the largest
// number too.
func TestMissed(t *testing.T) {
	c := counter{}
	var total uint64
	for _, m := range []message{
		{processor: 0, number: 5}, {processor: 1, number: 1<<32 - 2}, {processor: 0, number: 6}, {processor: 0, number: 10},
		{processor: 1, number: 1}, {processor: 0, number: 11},
	} {
		total += c.missed(m)
	}
	if total != 3+2 {
		t.Errorf("%d messages are missed; want 3 of one processor and 2 of the other", total)
	}
}
