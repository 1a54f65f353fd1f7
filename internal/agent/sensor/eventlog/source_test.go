package eventlog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc/winproctest"
	"github.com/eljefe/eljefe/internal/event"
)

// fakeChannel is a channel without Windows. It has the awkward sides of a real
// one: its records are numbered together with others that are not asked for, it
// keeps so many and forgets the oldest, and it can be cleared by anybody, which
// begins the numbers anew and leaves a subscription to what was before.
type fakeChannel struct {
	keeps int

	mu     sync.Mutex
	last   uint64
	log    []record
	at     uint64 // of the subscription
	broken error
	open   bool
}

type record struct {
	number uint64
	text   string // "": of others
}

// write adds a record; %d in it is its number.
func (c *fakeChannel) write(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	if text != "" {
		text = fmt.Sprintf(text, c.last)
	}
	c.log = append(c.log, record{c.last, text})
	if len(c.log) > c.keeps {
		c.log = c.log[1:]
	}
}

func (c *fakeChannel) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log, c.last = nil, 0
}

func (c *fakeChannel) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = err
}

func (c *fakeChannel) state() (oldest, newest uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.log) > 0 {
		oldest, newest = c.log[0].number, c.last
	}
	return oldest, newest, c.broken
}

func (c *fakeChannel) subscribe(after uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.open = after, true
	return c.broken
}

func (c *fakeChannel) unsubscribe() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = false
}

func (c *fakeChannel) next(wait time.Duration) ([]string, error) {
	until := time.Now().Add(wait)
	for {
		c.mu.Lock()
		var texts []string
		for _, r := range c.log {
			if r.number <= c.at || !c.open {
				continue
			}
			if c.at = r.number; r.text != "" {
				texts = append(texts, r.text)
			}
		}
		err := c.broken
		c.mu.Unlock()
		if len(texts) > 0 || err != nil || !time.Now().Before(until) {
			return texts, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func xmlEvent(provider string, id int, at time.Time, data ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<Event><System><Provider Name='%s'/><EventID>%d</EventID><TimeCreated SystemTime='%s'/>", provider, id, at.UTC().Format(time.RFC3339Nano))
	b.WriteString("<EventRecordID>%d</EventRecordID></System><EventData>")
	for i := 0; i < len(data); i += 2 {
		fmt.Fprintf(&b, "<Data Name='%s'>%s</Data>", data[i], data[i+1])
	}
	b.WriteString("</EventData></Event>")
	return b.String()
}

const auditing = "Microsoft-Windows-Security-Auditing"

func started(pid uint32, at time.Time) string {
	return xmlEvent(auditing, 4688, at, "NewProcessId", fmt.Sprintf("%#x", pid), "NewProcessName", `C:\Windows\notepad.exe`, "ProcessId", "0x4")
}

func ended(pid uint32, at time.Time) string {
	return xmlEvent(auditing, 4689, at, "ProcessId", fmt.Sprintf("%#x", pid), "Status", "0x0", "ProcessName", `C:\Windows\notepad.exe`)
}

// rig is a Source that runs, in a bubble of virtual time.
type rig struct {
	*fakeChannel
	*winproctest.Station
	dir   string
	sink  *sensor.Sink
	stop  context.CancelFunc
	ended chan error
}

func newRig(t *testing.T) *rig {
	r := &rig{fakeChannel: &fakeChannel{keeps: 1000}, Station: new(winproctest.Station), dir: t.TempDir()}
	r.Begin(winproctest.Process{PID: 4, Created: time.Now().Add(-time.Hour), Image: "System", Denied: true})
	return r
}

func (r *rig) begin(t *testing.T) {
	r.sink, r.ended = sensor.NewSink(0, 0), make(chan error, 1)
	s := newSource(Config{Sensor: event.SensorSecurity, Dir: r.dir, Why: "no etw"}, "Security", r.fakeChannel, r.Station)
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	sink, ended := r.sink, r.ended
	go func() { ended <- s.Run(ctx, sink) }()
	time.Sleep(time.Second)
}

func (r *rig) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	if n := r.Held(); n != 0 || r.open {
		t.Errorf("%d processes are held at the end; subscribed: %t", n, r.open)
	}
}

func (r *rig) reported(t *testing.T) (events []*event.Process, gaps []event.Gap) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		e, g, err := r.sink.Take(ctx, 1000)
		if err != nil {
			return events, gaps
		}
		events, gaps = append(events, e...), append(gaps, g...)
	}
}

func summary(events []*event.Process) string {
	var list []string
	for _, e := range events {
		list = append(list, fmt.Sprintf("%s %d", e.Kind, e.PID))
	}
	return strings.Join(list, ", ")
}

func TestReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.write(started(99, time.Now())) // before the agent: not told
		r.begin(t)
		if events, gaps := r.reported(t); summary(events) != "running 4" || len(gaps) != 0 {
			t.Fatalf("at first %s, %v", summary(events), gaps)
		}
		if st := r.sink.Status(); st.Mode != event.SensorSecurity || st.State != sensor.Degraded || st.Detail != "no etw" {
			t.Errorf("its state is %+v", st)
		}
		created := time.Now()
		r.Begin(winproctest.Process{PID: 8, ParentPID: 4, Created: created, Seq: 70, Image: `C:\Windows\notepad.exe`, CommandLine: "notepad"})
		time.Sleep(3 * time.Millisecond)
		r.write(started(8, time.Now()))
		r.write("")
		time.Sleep(time.Second)
		r.End(8, 6, time.Now())
		r.write(ended(8, time.Now()))
		time.Sleep(time.Second)
		events, gaps := r.reported(t)
		if summary(events) != "start 8, stop 8" || len(gaps) != 0 {
			t.Fatalf("%s, %v", summary(events), gaps)
		}
		e := events[0]
		if e.CommandLine != "notepad" || !e.Started.Equal(created) || e.ProcessSeq != 70 || e.Sensor != event.SensorSecurity || e.ParentImage != "System" {
			t.Errorf("the start is %+v", e)
		}
		if stop := events[1]; stop.Key() != e.Key() || *stop.ExitCode != 6 {
			t.Errorf("the end is %+v", stop)
		}
		r.write("this is no XML %d")
		time.Sleep(time.Second)
		if _, gaps := r.reported(t); len(gaps) != 1 || *gaps[0].Events != 1 {
			t.Errorf("the gaps are %v; want one of one event", gaps)
		}
		r.end(t)
	})
}

// What was written while no agent ran is told by the next.
func TestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.write("")
		r.begin(t)
		r.write(started(8, time.Now()))
		time.Sleep(2 * time.Second)
		r.end(t)
		if events, _ := r.reported(t); summary(events) != "running 4, start 8" {
			t.Errorf("the first told %s", summary(events))
		}
		r.write(started(12, time.Now()))
		r.begin(t)
		if events, gaps := r.reported(t); summary(events) != "running 4, start 12" || len(gaps) != 0 {
			t.Errorf("the second told %s, %v", summary(events), gaps)
		}
		r.end(t)
	})
}

// A log that was cleared or written round is a gap, while the agent runs and
// while it does not.
func TestHoles(t *testing.T) {
	away := func(r *rig, t *testing.T, do func()) { r.end(t); do(); r.begin(t) }
	there := func(r *rig, t *testing.T, do func()) { do(); time.Sleep(2 * lookEvery) }
	roll := func(r *rig) {
		for range 2 * r.keeps {
			r.write("")
		}
	}
	for name, c := range map[string]struct {
		when   func(*rig, *testing.T, func())
		do     func(*rig)
		detail string // "": no gap
	}{
		"cleared while away": {away, func(r *rig) { r.clear(); r.write("") }, cleared},
		"rolled while away":  {away, roll, writtenOut},
		"cleared":            {there, func(r *rig) { r.clear(); r.write("") }, cleared},
		"rolled":             {there, roll, writtenOut},
		"nothing":            {away, func(*rig) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.keeps = 10
				for range 20 {
					r.write("")
				}
				r.begin(t)
				time.Sleep(15 * time.Second)
				r.reported(t)
				before := time.Now()
				c.when(r, t, func() { c.do(r) })
				_, gaps := r.reported(t)
				switch {
				case c.detail == "" && len(gaps) > 0:
					t.Errorf("the gaps are %v; want none", gaps)
				case c.detail != "" && (len(gaps) != 1 || gaps[0].Detail != fmt.Sprintf(c.detail, "Security") || gaps[0].From.After(before) || gaps[0].Events != nil):
					t.Errorf("the gaps are %v; want one that says %q and begins before %s", gaps, c.detail, before)
				}
				// It goes on.
				r.Begin(winproctest.Process{PID: 8, ParentPID: 4, Created: time.Now(), Image: `C:\Windows\notepad.exe`})
				r.write(started(8, time.Now()))
				time.Sleep(2 * lookEvery)
				if events, gaps := r.reported(t); summary(events) != "start 8" || len(gaps) > 0 {
					t.Errorf("then it told %s, %v", summary(events), gaps)
				}
				r.end(t)
			})
		})
	}
}

// What the log does not tell, the list does.
func TestCompares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.begin(t)
		r.reported(t)
		r.Begin(winproctest.Process{PID: 8, ParentPID: 4, Created: time.Now(), Image: `C:\Windows\notepad.exe`})
		time.Sleep(2 * compareEvery)
		if events, _ := r.reported(t); summary(events) != "start 8" {
			t.Errorf("it told %s", summary(events))
		}
		r.End(8, 1, time.Now())
		time.Sleep(2 * compareEvery)
		if events, _ := r.reported(t); summary(events) != "stop 8" || *events[0].ExitCode != 1 {
			t.Errorf("it told %s", summary(events))
		}
		r.end(t)
	})
}

// A log that cannot be read any more ends the source; started again it goes on.
func TestFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.begin(t)
		r.fail(errors.New("the service was stopped"))
		if err := <-r.ended; err == nil || !strings.Contains(err.Error(), "the service was stopped") {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	if p := readPlace(dir, event.SensorSysmon, nil); p != (place{}) {
		t.Errorf("in an empty folder it is %v", p)
	}
	want := place{Record: 7, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if err := want.write(dir, event.SensorSysmon); err != nil {
		t.Fatal(err)
	}
	if p := readPlace(dir, event.SensorSysmon, nil); p != want {
		t.Errorf("it is %v; want %v", p, want)
	}
	if p := readPlace(dir, event.SensorSecurity, nil); p != (place{}) {
		t.Errorf("that of another sensor is %v", p)
	}
	if err := os.WriteFile(placePath(dir, event.SensorSysmon), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := readPlace(dir, event.SensorSysmon, newSource(Config{}, "", nil, nil).cfg.Log); p != (place{}) {
		t.Errorf("of a broken file it is %v", p)
	}
	if err := want.write(filepath.Join(dir, "none"), event.SensorSysmon); err == nil {
		t.Error("it can be kept where there is no folder")
	}
	if err := want.write("", event.SensorSysmon); err != nil {
		t.Error(err)
	}
}
