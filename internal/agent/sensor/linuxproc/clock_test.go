package linuxproc

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fakeClocks are clocks that a test sets.
type fakeClocks struct {
	since time.Duration
	boot  time.Time
}

func (f *fakeClocks) clocks() Clocks {
	return Clocks{SinceBoot: func() time.Duration { return f.since }, Day: func() time.Time { return f.boot.Add(f.since) }}
}

// What has happened keeps its time when the station's clock is set, and over a
// restart of the agent too, but not in another boot.
func TestClock(t *testing.T) {
	booted := time.Date(2026, 11, 1, 8, 0, 0, 123456789, time.UTC)
	station := &fakeClocks{since: time.Minute, boot: booted}
	path := filepath.Join(t.TempDir(), "clock")
	open := func(boot uint64) *Clock {
		t.Helper()
		c, err := NewClock(boot, path, station.clocks())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := func(c *Clock, since time.Duration, at time.Time) {
		t.Helper()
		if got := c.Time(since); !got.Equal(at.Truncate(time.Microsecond)) {
			t.Errorf("%s after the boot it was %s; want %s", since, got, at)
		}
	}
	c := open(7)
	want(c, 30*time.Second, booted.Add(30*time.Second))

	station.since, station.boot = 2*time.Minute, booted.Add(time.Millisecond) // read a little later: not set
	if err := c.Look(); err != nil {
		t.Fatal(err)
	}
	want(c, 2*time.Minute, booted.Add(2*time.Minute))

	station.since, station.boot = 3*time.Minute, booted.Add(-time.Hour)
	if err := c.Look(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Clock{c, open(7)} {
		want(c, 2*time.Minute, booted.Add(2*time.Minute))
		want(c, 4*time.Minute, booted.Add(4*time.Minute-time.Hour))
	}
	want(open(8), 2*time.Minute, booted.Add(2*time.Minute-time.Hour))

	// A file that was cut short says nothing, and is no reason to fail.
	if err := os.WriteFile(path, []byte(`{"boot_id":7,"orig`), 0o600); err != nil {
		t.Fatal(err)
	}
	want(open(7), 2*time.Minute, booted.Add(2*time.Minute-time.Hour))
}

// When a run began is known after a restart of the agent, until it is forgotten.
func TestRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs")
	open := func(boot uint64) *Runs {
		t.Helper()
		r, err := OpenRuns(boot, path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	one, two := Ref{PID: 10, Forked: time.Second, Execs: 2}, Ref{PID: 11, Forked: time.Second, Execs: 3}
	r := open(7)
	r.add(one, 5*time.Second)
	r.add(two, 6*time.Second)
	r = open(7)
	if got := r.beganAt(one); got != 5*time.Second {
		t.Errorf("the first began at %s; want 5s", got)
	}
	r.remove(Ref{PID: 99, Forked: time.Second, Execs: 2}) // of which nothing is known
	if err := r.Keep(func(seq uint64) bool { return seq == two.Seq() }); err != nil {
		t.Fatal(err)
	}
	r = open(7)
	if a, b := r.beganAt(one), r.beganAt(two); a != time.Second || b != 6*time.Second {
		t.Errorf("they began at %s and %s; want 1s, as the first is forgotten, and 6s", a, b)
	}
	// It does not grow with what has ended.
	for i := range uint32(2 * mostWritten / 16) {
		ended := Ref{PID: i + 100, Forked: time.Second, Execs: 2}
		r.add(ended, time.Minute)
		r.remove(ended)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > mostWritten+1024 || len(r.began) != 1 {
		t.Errorf("file %+v, %v, and %d runs; want at most %d bytes and one", info, err, len(r.began), mostWritten)
	}
	if got := open(7).beganAt(two); got != 6*time.Second {
		t.Errorf("after the file was written anew, the second began at %s; want 6s", got)
	}
	if got := open(8).beganAt(two); got != time.Second {
		t.Errorf("in another boot it began at %s; want 1s", got)
	}
	var none *Runs
	none.add(one, 5*time.Second)
	if got := none.beganAt(one); got != time.Second {
		t.Errorf("where nothing is kept it began at %s; want 1s", got)
	}
}
