package linuxproc

import (
	"testing"
	"time"
)

// All that a sequence number is made of counts, to the tick and no finer, and it
// fits where the store keeps it.
func TestSeq(t *testing.T) {
	const at = 50 * 24 * time.Hour
	base := Seq(4711, at, 1)
	for name, other := range map[string]uint64{
		"another pid": Seq(4712, at, 1), "a tick later": Seq(4711, at+Tick, 1), "another exec": Seq(4711, at, 2),
		"the largest pid": Seq(1<<22-1, at, 1), "no exec": Seq(4711, at, 0),
	} {
		if other == base {
			t.Errorf("%s gives the same number %d", name, base)
		}
	}
	if same := Seq(4711, at+Tick-1, 1); same != base {
		t.Errorf("within the tick it is %d; want %d, as /proc knows no more", same, base)
	}
	if n := Seq(1<<22-1, 1000*24*time.Hour, 1<<32-1); n > 1<<63-1 {
		t.Errorf("number %d does not fit into 63 bits", n)
	}
	if n := Seq(0, at, 1); n != 0 {
		t.Errorf("nobody has the number %d; want 0", n)
	}
	if !ForkOf(base, at+Tick/2) || ForkOf(base, at+Tick) {
		t.Error("ForkOf takes another time for the same, or the same for another")
	}
}

func TestParseBootID(t *testing.T) {
	for text, want := range map[string]uint64{
		"8c0e4e2b-93c3-4a3e-9f4f-1d1b1e0a7a11\n": 0x8c0e4e2b93c34,
		"00000000-0000-0000-9f4f-1d1b1e0a7a11":   1,
		"8c0e4e2b-93c3":                          0,
		"":                                       0,
	} {
		got, err := ParseBootID(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("boot id %q gives %#x, %v; want %#x", text, got, err, want)
		}
	}
}
