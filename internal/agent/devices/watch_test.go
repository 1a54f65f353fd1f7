package devices

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// fakeSystem is a System in memory: no device is behind it.
type fakeSystem struct {
	changes chan Change // nil: it tells none

	mu    sync.Mutex
	here  map[string]Found
	fails error
	looks int
	next  int // arrival
}

func newFake() *fakeSystem {
	return &fakeSystem{changes: make(chan Change, 1000), here: map[string]Found{}}
}

func (s *fakeSystem) List() ([]Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	var list []Found
	for _, f := range s.here {
		f.Facts.Volumes = slices.Clone(f.Facts.Volumes)
		list = append(list, f)
	}
	return list, s.fails
}

func (s *fakeSystem) Changes() <-chan Change { return s.changes }

func (s *fakeSystem) Close() error { return nil }

func (s *fakeSystem) set(do func()) {
	s.mu.Lock()
	do()
	s.mu.Unlock()
}

// plug plugs f in, and tells so where the system tells.
func (s *fakeSystem) plug(f Found) {
	s.set(func() {
		s.next++
		f.Arrival = fmt.Sprint(s.next)
		s.here[f.Facts.Device] = f
	})
	if s.changes != nil {
		word := f
		word.Facts.Serial, word.Facts.Volumes, word.Storage = "", nil, false // what the first word lacks
		s.changes <- Change{Came: &word}
	}
}

func (s *fakeSystem) pull(f Found) {
	s.set(func() { delete(s.here, f.Facts.Device) })
	if s.changes != nil {
		s.changes <- Change{}
	}
}

func keyboard(port string) Found {
	return Found{Facts: event.Device{Device: "usb " + port, VendorID: "046d", ProductID: "c31c", ProductName: "Keyboard", Classes: "hid"}}
}

func stick(volumes ...event.Volume) Found {
	return Found{Storage: true, Facts: event.Device{
		Device: "usb 1-2", VendorID: "0951", ProductID: "1666", Serial: "001A92053B6A", Classes: "mass_storage", Volumes: volumes,
	}}
}

var mounted = event.Volume{Mount: "/media/stick", Serial: "1A2B-3C4D", Bytes: 1 << 30}

// A watching is a Watcher at work, and what it told.
type watching struct {
	*Watcher
	t    *testing.T
	dir  string
	log  bytes.Buffer
	mu   sync.Mutex // guards told and gaps
	told []event.Device
	gaps []event.Gap
	end  func()
}

func watch(t *testing.T, dir string, boot uint64, s System) *watching {
	w := &watching{t: t, dir: dir}
	w.Watcher = New(Config{
		Dir: dir, System: s, Boot: boot,
		Report: func(d event.Device) {
			if err := d.Check(); err != nil {
				t.Errorf("told of %+v: %v", d, err)
			}
			w.mu.Lock()
			w.told = append(w.told, d)
			w.mu.Unlock()
		},
		Lost: func(g event.Gap) {
			if err := g.Check(); err != nil {
				t.Errorf("told of %+v: %v", g, err)
			}
			w.mu.Lock()
			w.gaps = append(w.gaps, g)
			w.mu.Unlock()
		},
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	w.end = func() { cancel(); <-done }
	synctest.Wait() // for the first look
	return w
}

// wait waits, and until the watcher has done what was due then.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want waits for a while and compares what was told meanwhile.
func (w *watching) want(after time.Duration, want ...string) {
	w.t.Helper()
	wait(after)
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, d := range w.told {
		text := fmt.Sprintf("%s %s", d.Kind, d.Device)
		for _, v := range d.Volumes {
			text += " " + v.Mount
		}
		if d.Inferred {
			text += " inferred"
		}
		if d.Missing != "" {
			text += " " + d.Missing
		}
		got = append(got, text)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	w.told = nil
}

func TestPluggedAndRemoved(t *testing.T) {
	for _, telling := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newFake()
			if !telling {
				s.changes = nil
			}
			s.plug(keyboard("1-1"))
			w := watch(t, t.TempDir(), 1, s)
			defer w.end()
			w.want(10*time.Second, "device_present usb 1-1")
			began := time.Now()
			s.plug(stick(mounted))
			w.want(10*time.Second, "device_plugged usb 1-2 /media/stick")
			if looks := s.looks; telling {
				wait(24 * time.Hour)
				if s.looks != looks {
					t.Errorf("it looked %d times on a day without a change; want none", s.looks-looks)
				}
			}
			s.pull(stick())
			wait(10 * time.Second)
			if d := w.told[0]; d.Serial != "001A92053B6A" || d.Classes != "mass_storage" || !d.Time.After(began) {
				t.Errorf("the removal is %+v; want what was told when it was plugged in", d)
			}
			w.want(0, "device_removed usb 1-2 /media/stick")
			if len(w.gaps) != 0 {
				t.Errorf("gaps: %+v", w.gaps)
			}
		})
	}
}

// Two devices that are alike, without a serial number, are two: by their ports.
func TestAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, t.TempDir(), 1, s)
		defer w.end()
		s.plug(keyboard("1-1"))
		s.plug(keyboard("1-3"))
		w.want(5*time.Second, "device_plugged usb 1-1", "device_plugged usb 1-3")
		s.pull(keyboard("1-3"))
		w.want(5*time.Second, "device_removed usb 1-3")
		// Another of the kind into the same port, before anybody looked.
		s.set(func() { delete(s.here, "usb 1-1") })
		s.plug(keyboard("1-1"))
		w.want(5*time.Second, "device_removed usb 1-1", "device_plugged usb 1-1")
	})
}

func TestVolumesThatComeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, t.TempDir(), 1, s)
		defer w.end()
		began := time.Now().UTC()
		s.plug(stick())
		wait(2500 * time.Millisecond)
		s.set(func() { s.here["usb 1-2"] = withArrival(stick(event.Volume{Serial: "1A2B-3C4D", Bytes: 1 << 30}), 1) })
		w.want(time.Second) // a partition, which is not mounted yet
		s.set(func() { s.here["usb 1-2"] = withArrival(stick(mounted), 1) })
		wait(time.Second)
		if len(w.told) != 1 || w.told[0].Time.Sub(began) > time.Second {
			t.Errorf("told %+v; want it with the time when it came", w.told)
		}
		w.want(0, "device_plugged usb 1-2 /media/stick")
		s.pull(stick())
		w.want(time.Second, "device_removed usb 1-2 /media/stick")

		// Later than that, they are told with the removal, even if they are gone by then.
		s.plug(stick())
		w.want(4*time.Second + 900*time.Millisecond)
		w.want(time.Second, "device_plugged usb 1-2 volumes=busy")
		s.set(func() { s.here["usb 1-2"] = withArrival(stick(mounted), 2) })
		s.changes <- Change{}
		w.want(time.Second)
		s.set(func() { s.here["usb 1-2"] = withArrival(stick(), 2) })
		s.changes <- Change{}
		w.want(time.Second)
		s.pull(stick())
		w.want(time.Second, "device_removed usb 1-2 /media/stick")

		// Pulled before they came.
		s.plug(stick())
		w.want(2 * time.Second)
		s.pull(stick())
		w.want(time.Second, "device_plugged usb 1-2 volumes=gone", "device_removed usb 1-2 volumes=gone")
	})
}

func withArrival(f Found, n int) Found {
	f.Arrival = fmt.Sprint(n)
	return f
}

// What came and went before anybody could look is told by what the system said.
func TestFlash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, t.TempDir(), 1, s)
		defer w.end()
		w.want(time.Second)
		s.plug(keyboard("1-1"))
		s.pull(keyboard("1-1"))
		w.want(time.Second, "device_plugged usb 1-1", "device_removed usb 1-1")
		s.changes <- Change{Missed: true}
		w.want(2 * time.Minute)
		if len(w.gaps) != 1 || w.gaps[0].Cause != event.SourceLost || w.gaps[0].Events != nil || w.gaps[0].Detail != unheard {
			t.Errorf("gaps: %+v; want one of nobody knows how many", w.gaps)
		}
	})
}

// The agent is started anew: nothing is told again, and what went meanwhile is told.
func TestRestart(t *testing.T) {
	for _, test := range []struct {
		name   string
		boot   uint64
		change func(*fakeSystem)
		want   []string
	}{
		{"nothing changed", 1, func(*fakeSystem) {}, nil},
		{"another boot numbers anew", 2, func(s *fakeSystem) { s.plug(keyboard("1-1")) }, nil},
		{"one was removed", 1, func(s *fakeSystem) { s.pull(stick()) }, []string{"device_removed usb 1-2 /media/stick inferred"}},
		{"one was removed and plugged in again", 1, func(s *fakeSystem) { s.plug(keyboard("1-1")) },
			[]string{"device_removed usb 1-1 inferred", "device_present usb 1-1"}},
		{"another in its place, at another boot", 2, func(s *fakeSystem) {
			f := stick(mounted)
			f.Facts.Serial = "another"
			s.plug(f)
		}, []string{"device_removed usb 1-2 /media/stick inferred", "device_present usb 1-2 /media/stick"}},
		{"one came", 1, func(s *fakeSystem) { s.plug(keyboard("1-4")) }, []string{"device_present usb 1-4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, dir := newFake(), t.TempDir()
				s.plug(keyboard("1-1"))
				s.plug(stick(mounted))
				w := watch(t, dir, 1, s)
				w.want(10*time.Second, "device_present usb 1-1", "device_present usb 1-2 /media/stick")
				w.end()
				s.changes = make(chan Change, 1000)
				test.change(s)
				s.changes = make(chan Change, 1000) // nobody heard
				w = watch(t, dir, test.boot, s)
				w.want(10*time.Second, test.want...)
				w.end()
				w = watch(t, dir, test.boot, s)
				w.want(10 * time.Second)
				s.pull(keyboard("1-1")) // which is not inferred any more
				w.want(time.Second, "device_removed usb 1-1")
				w.end()
			})
		})
	}
}

func TestMemoryThatIsDamaged(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "cut": `{"boot_id":1,"devices":[{"fac`, "of another kind": `{"devices":[{"facts":{}}]}`, "huge": strings.Repeat(" ", maxMemory+1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, dir := newFake(), t.TempDir()
				if err := os.WriteFile(filepath.Join(dir, memoryFile), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				s.plug(keyboard("1-1"))
				w := watch(t, dir, 1, s)
				w.want(10*time.Second, "device_present usb 1-1")
				w.end()
				if log := w.log.String(); strings.Count(log, "is not known any more") != 1 {
					t.Errorf("the log is %q; want that the memory is lost, once", log)
				}
				w = watch(t, dir, 1, s)
				w.want(10 * time.Second)
				w.end()
			})
		})
	}
}

// What cannot be noted is told all the same.
func TestMemoryThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, filepath.Join(t.TempDir(), "nowhere"), 1, s)
		s.plug(keyboard("1-1"))
		s.plug(keyboard("1-3"))
		w.want(5*time.Second, "device_plugged usb 1-1", "device_plugged usb 1-3")
		w.end()
		if log := w.log.String(); strings.Count(log, "cannot be noted") != 1 {
			t.Errorf("the log is %q; want that it cannot be noted, once", log)
		}
	})
}

// A plug that is loose, or one that means ill, fills nothing and hides nothing.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, t.TempDir(), 1, s)
		const times = 600
		for i := range times { // for a minute
			if i == times/2 {
				s.plug(keyboard("2-1"))
			}
			s.plug(keyboard("1-1"))
			wait(50 * time.Millisecond)
			s.pull(keyboard("1-1"))
			wait(50 * time.Millisecond)
		}
		s.plug(keyboard("1-1"))
		wait(5 * time.Minute)
		w.end()
		var of, other []event.Device
		for _, d := range w.told {
			if d.Device == "usb 1-1" {
				of = append(of, d)
			} else {
				other = append(other, d)
			}
		}
		var counted uint64
		for _, g := range w.gaps {
			if g.Cause != event.SourceLost || g.Detail != tooOften {
				t.Errorf("gap %+v", g)
			}
			counted += *g.Events
		}
		if got := uint64(len(of)) + counted; got != 2*times+1 {
			t.Errorf("%d told and %d counted; want %d together", len(of), counted, 2*times+1)
		}
		if len(of) > ofOne+20 || len(w.gaps) > 4 {
			t.Errorf("%d records and %d gaps for one device in a minute; that is no bound", len(of), len(w.gaps))
		}
		if len(other) != 1 || other[0].Kind != event.DevicePlugged {
			t.Errorf("of the other device it told %+v", other)
		}
		if last := of[len(of)-1]; last.Kind != event.DevicePlugged {
			t.Errorf("it ends with %+v; want that it is plugged in", last)
		}
		for i, d := range of {
			if want := []event.Kind{event.DevicePlugged, event.DeviceRemoved}[i%2]; d.Kind != want {
				t.Fatalf("record %d of the device is %s, want %s", i, d.Kind, want)
			}
		}
	})
}

// A stick that is another each time is bounded too.
func TestStormOfManyNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		w := watch(t, t.TempDir(), 1, s)
		for i := range 1000 {
			f := keyboard(fmt.Sprintf("1-1.%d", i))
			s.plug(f)
			wait(10 * time.Millisecond)
			s.pull(f)
			wait(10 * time.Millisecond)
		}
		wait(2 * time.Minute)
		if len(w.told) > ofAll+30 || len(w.devices) != 0 {
			t.Errorf("told %d records, and %d devices are kept", len(w.told), len(w.devices))
		}
		w.end()
	})
}

// A look that fails is no removal.
func TestLookThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.plug(keyboard("1-1"))
		w := watch(t, t.TempDir(), 1, s)
		w.want(5*time.Second, "device_present usb 1-1")
		s.set(func() { s.fails = errors.New("out of order") })
		s.changes <- Change{}
		w.want(time.Minute)
		s.set(func() { s.fails = nil })
		w.want(time.Minute)
		w.end()
		if log := w.log.String(); strings.Count(log, "out of order") != 1 || !strings.Contains(log, "it can be said again") {
			t.Errorf("the log is %q; want the failure once and its end", log)
		}
	})
}

// A station that turns out to be a copy of another tells its devices as its own.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFake()
		s.plug(keyboard("1-1"))
		w := watch(t, t.TempDir(), 1, s)
		w.want(5*time.Second, "device_present usb 1-1")
		w.Forget()
		w.want(5*time.Second, "device_present usb 1-1")
		w.end()
	})
}
