package winproc

import (
	"slices"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// A Table knows the processes that run, for a source that tells of each by its
// pid. It holds them, and knows whose child a process is. Its methods may be
// called from anywhere at the same time.
type Table struct {
	station Station
	sensor  event.Sensor

	mu    sync.Mutex
	known map[uint32]*known
	list  Lister
}

// known is a process that was reported.
type known struct {
	held      *Held
	started   time.Time
	boot, seq uint64
	guid      string
	image     string
	parent    uint32
}

// NewTable returns a Table that knows nothing yet, for events of a sensor.
func NewTable(station Station, sensor event.Sensor) *Table {
	return &Table{station: station, sensor: sensor, known: map[uint32]*known{}, list: Lister{Station: station}}
}

// Start completes the event of a process that starts, and keeps the process.
func (t *Table) Start(e *event.Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(e, Hold(t.station, e.PID))
}

// add completes the event of a process that is not known yet.
func (t *Table) add(e *event.Process, held *Held) {
	before := t.known[e.PID]
	older := before != nil && before.started.Sub(e.Started) > early // a log tells of what is long gone
	if before != nil && !older {
		before.held.Let() // it is told of again, or its end was missed
	}
	if held.Describe(e) {
		// The process's own identity goes before what a log makes up, so that it is
		// the same in all sensors.
		e.ProcessGUID = ""
	} else {
		held.Let()
	}
	k := &known{held: held, started: e.Started, boot: e.BootID, seq: e.ProcessSeq, guid: e.ProcessGUID, image: e.Image, parent: e.ParentPID}
	if !older {
		t.known[e.PID] = k
	}
	t.name(e, k)
}

// name says who the parent is, if that is known.
func (t *Table) name(e *event.Process, child *known) {
	parent := t.known[e.ParentPID]
	if parent == nil || e.ParentPID == e.PID || parent.started.IsZero() || parent.started.After(child.started) {
		return // the pid is another's by now
	}
	e.ParentStarted, e.ParentProcessSeq, e.ParentProcessGUID = parent.started, parent.seq, parent.guid
	set(&e.ParentImage, parent.image)
}

// Stop completes the event of an end, and lets the process go. An event that
// has a pid alone gets the identity of the process that had it last.
func (t *Table) Stop(e *event.Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.known[e.PID]
	if k == nil || k.started.After(e.Time) || !e.Started.IsZero() && !e.Started.Equal(k.started) {
		return
	}
	delete(t.known, e.PID)
	e.Started, e.BootID, e.ProcessSeq, e.ProcessGUID = k.started, k.boot, k.seq, k.guid
	set(&e.Image, k.image)
	k.held.End(e)
	k.held.Let()
}

// Running returns the event of each process in a list, and keeps those that it
// does not know yet.
func (t *Table) Running(list []winapi.ListedProcess) []*event.Process {
	return t.tell(list, event.Running, func(bool) bool { return true })
}

// Again is Running for those that are known: the others are yet to be told of.
func (t *Table) Again(list []winapi.ListedProcess) []*event.Process {
	return t.tell(list, event.Running, func(known bool) bool { return known })
}

// New is Running for those that are not known: they have started.
func (t *Table) New(list []winapi.ListedProcess) []*event.Process {
	return t.tell(list, event.Start, func(known bool) bool { return !known })
}

func (t *Table) tell(list []winapi.ListedProcess, kind event.Kind, which func(known bool) bool) []*event.Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	var events []*event.Process
	// Parents before their children, who name them.
	list = slices.SortedFunc(slices.Values(list), func(a, b winapi.ListedProcess) int { return a.Created.Compare(b.Created) })
	for _, p := range list {
		k := t.known[p.PID]
		if k != nil && !k.is(p) {
			k = nil
		}
		if !which(k != nil) {
			continue
		}
		e := Listed(p, kind, t.sensor)
		events = append(events, e)
		if k == nil {
			t.add(e, Hold(t.station, p.PID))
			continue
		}
		k.held.Describe(e)
		e.Started, e.Time, e.BootID, e.ProcessSeq, e.ProcessGUID = k.started, k.started, k.boot, k.seq, k.guid
		set(&e.Image, k.image)
		t.name(e, k)
	}
	return events
}

// Complete reads once more what a process says of itself, for one that was opened
// when it did not know that itself yet.
func (t *Table) Complete(e *event.Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.known[e.PID]; k != nil && k.started.Equal(e.Started) {
		k.held.Describe(e)
		k.image = e.Image
	}
}

// is tells whether a process is the one in the list with its pid. While it is held
// no other can have that. Otherwise the time of its creation tells, which may be that
// of a log's record.
func (k *known) is(p winapi.ListedProcess) bool {
	if _, _, ok := k.held.Identity(); ok {
		return true
	}
	after := k.started.Sub(p.Created)
	return after >= -early && after < late
}

// Missing returns an end, which is inferred, for each process that is known and
// not in a list that was taken at a time.
func (t *Table) Missing(list []winapi.ListedProcess, taken time.Time) []*event.Process {
	runs := make(map[uint32]winapi.ListedProcess, len(list))
	for _, p := range list {
		runs[p.PID] = p
	}
	t.mu.Lock()
	var events []*event.Process
	for pid, k := range t.known {
		if p, there := runs[pid]; there && k.is(p) || k.started.After(taken) {
			continue
		}
		events = append(events, &event.Process{Kind: event.Stop, Time: taken, Started: k.started, Sensor: t.sensor, PID: pid, Inferred: true})
	}
	t.mu.Unlock()
	for _, e := range events {
		t.Stop(e)
	}
	return events
}

// List returns what runs.
func (t *Table) List() ([]winapi.ListedProcess, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.list.List(func(p winapi.ListedProcess) *Held {
		if k := t.known[p.PID]; k != nil && k.is(p) {
			return k.held
		}
		return nil
	})
}

// Close lets all processes go.
func (t *Table) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.known {
		k.held.Let()
	}
	clear(t.known)
}
