package recording

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/etw"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// mostSorted is how many bytes of messages wait to be put in the order of time.
// Each processor fills buffers of its own, so a trace is in no order; one of
// less than some ten thousand processes is sorted whole.
const mostSorted = 64 << 20

// etlItems reads an event trace, of which at most so many bytes wait to be sorted.
func etlItems(file io.ReaderAt, size int64, most int, cfg Config) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		f, err := etw.NewReader(file, size)
		if err != nil {
			yield(Item{Damage: inTrace(err), Read: size})
			return
		}
		facts, err := f.Facts()
		if err != nil {
			yield(Item{Damage: inTrace(err), Read: f.Offset()})
			return
		}
		t := trace{file: f, facts: facts, most: most, yield: yield, joiner: etw.NewJoiner(etw.JoinerConfig{}), station: facts.Computer}
		if t.station == "" {
			t.station = cfg.Station
		}
		named := t.station != ""
		if !named {
			t.station = nameOf(cfg.Name)
		}
		if !t.records() {
			return
		}
		if !named {
			t.remark(Item{}, fault.Sayf("the trace does not say which computer it is of: its events are under the name of the file, %q; \"eljefe import --station\" gives another",
				t.station).Coded("trace_unnamed", "station"))
		}
		if h := f.Header(); h.EventsLost > 0 || h.BuffersLost > 0 || t.lost > 0 {
			t.remark(Item{Lost: uint64(h.EventsLost) + uint64(h.BuffersLost) + t.lost},
				fault.Sayf("the trace is incomplete: while it was recorded, %d events and %d buffers of events were lost, and %d losses were noted in it",
					h.EventsLost, h.BuffersLost, t.lost).Coded("trace_incomplete", "events", "buffers", "losses"))
		}
	}
}

// inTrace says where an event trace is damaged, and why.
func inTrace(err error) error {
	e, ok := errors.AsType[*etw.FileError](err)
	if !ok {
		return err
	}
	said := fault.Sayf("%v", err).Coded("damage_etl")
	said.Params = fault.Named([]string{"buffer", "offset", "why"}, []any{e.Buffer, fmt.Sprintf("%#x", e.Offset), e.Reason})
	return said
}

// nameOf returns a file's name without its folder and without what tells its type.
func nameOf(file string) string {
	base := filepath.Base(strings.ReplaceAll(file, `\`, "/"))
	if name := strings.TrimSuffix(base, filepath.Ext(base)); name != "" && name != "." && name != "/" {
		return name
	}
	return "trace"
}

// A trace is an event trace on its way to events.
type trace struct {
	file    *etw.File
	facts   etw.Facts
	station string
	joiner  *etw.Joiner
	sorting sorting
	most    int    // bytes that may wait there
	lost    uint64 // notices of losses among the records
	yield   func(Item) bool
	stopped bool // nobody wants any more
}

// item hands an item out.
func (t *trace) item(it Item) {
	it.Read = t.file.Offset()
	t.stopped = t.stopped || !t.yield(it)
}

// remark hands out an item that says something of the trace as a whole.
func (t *trace) remark(it Item, said *fault.Said) {
	if t.stopped {
		return
	}
	it.Remark, it.Second = said.Text, true
	t.item(it)
}

// records hands out all that the file holds. It returns false if not all of it
// was wanted.
func (t *trace) records() bool {
	for r, err := range t.file.Records() {
		if damage := (*etw.FileError)(nil); err != nil {
			t.item(Item{Damage: inTrace(err)})
			if !errors.As(err, &damage) {
				break // of the source: there is no more
			}
		} else {
			t.record(r)
		}
		if t.stopped {
			return false
		}
	}
	for len(t.sorting.list) > 0 && !t.stopped {
		t.join(heap.Pop(&t.sorting).(etw.Message))
	}
	t.events(t.joiner.Flush())
	return !t.stopped
}

// record takes one record.
func (t *trace) record(r *etw.Record) {
	m, err := etw.Decode(r)
	switch {
	case err != nil:
		t.item(Item{Damage: fault.Sayf("record %d: %v", r.Number, err).Coded("at_record", "record", "why")})
		return
	case m.Kind == etw.Lost:
		t.lost++
	case m.Kind == etw.Start, m.Kind == etw.Stop, m.Kind == etw.Running, m.Kind == etw.Counters:
		t.item(Item{Part: true})
		heap.Push(&t.sorting, m)
		for t.sorting.bytes > t.most && !t.stopped {
			t.join(heap.Pop(&t.sorting).(etw.Message))
		}
		return
	}
	t.item(Item{})
}

// join gives the joiner a message, at the message's own time.
func (t *trace) join(m etw.Message) {
	t.events(t.joiner.Tick(m.Time))
	t.joiner.Add(&m, m.Time)
}

// events hands out events, whose records have been counted.
func (t *trace) events(ready []etw.Joined) {
	for _, r := range ready {
		if t.stopped {
			return
		}
		p := r.Event
		p.Station, p.Origin = t.station, event.Imported
		p.Image, p.ParentImage = t.facts.Path(p.Image), t.facts.Path(p.ParentImage)
		if p.User == "" {
			p.User = p.UserSID // as Windows shows an account whose name it cannot find
		}
		t.item(Item{Event: p, Second: true})
	}
}

// sorting is a heap of messages, the earliest first.
type sorting struct {
	list  []etw.Message
	bytes int
}

// messageWeight is about what a message takes beside its texts.
const messageWeight = 640

func weight(m *etw.Message) int {
	return messageWeight + len(m.Image) + len(m.CommandLine) + len(m.UserSID) + len(m.Package) + len(m.AppID)
}

func (s *sorting) Len() int      { return len(s.list) }
func (s *sorting) Swap(i, k int) { s.list[i], s.list[k] = s.list[k], s.list[i] }
func (s *sorting) Less(i, k int) bool {
	a, b := &s.list[i], &s.list[k]
	if order := a.Time.Compare(b.Time); order != 0 {
		return order < 0
	}
	return a.Number < b.Number
}

func (s *sorting) Push(x any) {
	m := x.(etw.Message)
	s.bytes += weight(&m)
	s.list = append(s.list, m)
}

func (s *sorting) Pop() any {
	last := s.list[len(s.list)-1]
	s.list[len(s.list)-1] = etw.Message{}
	s.list = s.list[:len(s.list)-1]
	s.bytes -= weight(&last)
	return last
}
