package sensor

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// Limits of a Sink that is given none: what ten seconds of 500 starts need, and
// what fits into the agent's memory even if every command line is long.
const (
	defaultEvents = 8192
	defaultBytes  = 10 << 20
)

// gapEvery is how often losses become a record. In between they add up.
const gapEvery = time.Second

// Overflow is the detail of the gap for what the Sink itself had to drop.
const Overflow = "the agent could not keep up: its queue was full"

// A Sink takes events from a source and keeps them until the agent takes them.
// Its methods may be called from anywhere at the same time.
type Sink struct {
	maxEvents, maxBytes int

	mu      sync.Mutex
	queue   []*event.Process
	bytes   int
	status  wire.Sensor
	losses  []loss
	nextGap time.Time // no record of a loss before

	filled  chan struct{} // has an element when there may be something to take
	emptied chan struct{} // has an element when there may be room again
}

// loss is what was lost for one reason since the last record of it.
type loss struct {
	detail   string
	events   uint64
	unknown  bool // beside those, an unknown number
	from, to time.Time
}

// NewSink returns a Sink that holds as many events and as many bytes of them;
// 0 means the default.
func NewSink(maxEvents, maxBytes int) *Sink {
	if maxEvents == 0 {
		maxEvents = defaultEvents
	}
	if maxBytes == 0 {
		maxBytes = defaultBytes
	}
	return &Sink{
		maxEvents: maxEvents, maxBytes: maxBytes,
		status: wire.Sensor{State: Stopped},
		filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1),
	}
}

// Report hands over an event, which is the Sink's from then on. It returns at
// once; an event that does not fit is counted as lost.
func (s *Sink) Report(p *event.Process) {
	s.mu.Lock()
	s.status.Events++
	if s.full() {
		s.lose(1, false, p.Time, p.Time, Overflow)
	} else {
		s.queue = append(s.queue, p)
		s.bytes += footprint(p)
	}
	s.mu.Unlock()
	signal(s.filled)
}

// Lost counts events that the source knows to be lost before it could report
// them, between two times and for a reason. n is 0 where nobody knows how many.
func (s *Sink) Lost(n uint64, from, to time.Time, detail string) {
	s.mu.Lock()
	s.lose(n, n == 0, from, to, detail)
	s.mu.Unlock()
	signal(s.filled)
}

func (s *Sink) lose(n uint64, unknown bool, from, to time.Time, detail string) {
	s.status.Lost += n
	// By the wall clock, as the gap will say it. If that was set back meanwhile, the
	// later time is the earlier one.
	if from, to = from.Round(0), to.Round(0); to.Before(from) {
		from, to = to, from
	}
	for i := range s.losses {
		l := &s.losses[i]
		if l.detail != detail {
			continue
		}
		l.events += n
		l.unknown = l.unknown || unknown
		if from.Before(l.from) {
			l.from = from
		}
		if to.After(l.to) {
			l.to = to
		}
		return
	}
	s.losses = append(s.losses, loss{detail: detail, events: n, unknown: unknown, from: from, to: to})
}

// State says which way the source sees processes and how well. detail is for
// people, and "" while all is well.
func (s *Sink) State(mode event.Sensor, state, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Mode, s.status.State, s.status.Detail = mode, state, detail
}

// Status returns what a hello says of the sensor.
func (s *Sink) Status() wire.Sensor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Waiting returns how many events wait to be taken.
func (s *Sink) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// Room waits until an event fits. It is for sources that can wait, as recordings
// can; a kernel cannot.
func (s *Sink) Room(ctx context.Context) error {
	for {
		s.mu.Lock()
		full := s.full()
		s.mu.Unlock()
		if !full {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.emptied:
		}
	}
}

func (s *Sink) full() bool {
	return len(s.queue) >= s.maxEvents || s.bytes >= s.maxBytes
}

// Take waits until there is something and returns up to limit events, in the
// order of their reports, and what was lost meanwhile: gaps come at most once a
// second, but for the last ones. When ctx is over it returns what is left, and
// the error once there is nothing more.
func (s *Sink) Take(ctx context.Context, limit int) ([]*event.Process, []event.Gap, error) {
	for {
		events, gaps, wait := s.take(limit, ctx.Err() != nil)
		if len(events)+len(gaps) > 0 {
			signal(s.emptied)
			return events, gaps, nil
		}
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		var due <-chan time.Time // never, if nothing was lost
		if wait > 0 {
			due = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-s.filled:
		case <-due:
		}
	}
}

// take returns what can be had at once, and how long until losses are due.
func (s *Sink) take(limit int, last bool) (events []*event.Process, gaps []event.Gap, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(limit, len(s.queue))
	events = slices.Clone(s.queue[:n])
	for _, p := range events {
		s.bytes -= footprint(p)
	}
	clear(s.queue[:n]) // the queue's memory must not hold what is taken
	if s.queue = s.queue[n:]; len(s.queue) == 0 {
		s.queue = nil
	}
	if len(s.losses) == 0 {
		return events, nil, 0
	}
	now := time.Now()
	if wait = s.nextGap.Sub(now); wait > 0 && !last {
		return events, nil, wait
	}
	for _, l := range s.losses {
		g := event.Gap{Kind: event.GapKind, Cause: event.SourceLost, From: l.from.UTC(), To: l.to.UTC(), Detail: l.detail}
		if !l.unknown {
			g.Events = &l.events
		}
		gaps = append(gaps, g)
	}
	s.losses, s.nextGap = nil, now.Add(gapEvery)
	return events, gaps, 0
}

// signal leaves word in c that something has changed, if there is none yet.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
