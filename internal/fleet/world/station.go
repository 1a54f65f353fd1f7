package world

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
)

// Station tells what happens on one computer. It may be read by one at a time.
type Station struct {
	world *World
	spec  *scenario.Station
	rng   *rand.Rand
	no    int

	joined time.Time     // when it got its agent
	ends   time.Time     // when it is heard of for the last time; zero: never
	skew   time.Duration // of its clock
	now    time.Time     // true
	queue  queue
	last   uint64 // of what was arranged
	out    []Record

	boot  boot
	boots uint64
	watch watch
	ports []*port // in the order in which they were first used
}

// ID names the station among all of its world.
func (s *Station) ID() string {
	if s.joined.After(s.world.cfg.From.Add(enrolling)) {
		return s.spec.Name + " again"
	}
	return s.spec.Name
}

// Name is what the computer calls itself.
func (s *Station) Name() string { return s.spec.Name }

// System is the operating system.
func (s *Station) System() string { return s.spec.Of.System }

// Fingerprint is that of the machine.
func (s *Station) Fingerprint() string { return s.world.fingerprint(s.spec.Name) }

// Skew is how far the station's clock is ahead.
func (s *Station) Skew() time.Duration { return s.skew }

// Joined is when the station got its agent.
func (s *Station) Joined() time.Time { return s.joined }

// Silent tells whether nothing is heard of the station any more after the
// records before t.
func (s *Station) Silent(t time.Time) bool { return !s.ends.IsZero() && !s.ends.After(t) }

// Boot returns which start of the computer it is at, and when that was by the
// station's clock.
func (s *Station) Boot() (id uint64, up time.Time) { return s.boot.id, s.boot.up.Add(s.skew) }

// enrolling is how long it takes until all stations have their agents.
const enrolling = 40 * time.Minute

// station returns a computer at the beginning of its stream, again one that was
// installed anew.
func (w *World) station(spec *scenario.Station, no int, again *scenario.Trouble) *Station {
	s := &Station{world: w, spec: spec, no: no, boots: uint64(100 + no*37)}
	seeds := []string{spec.Name}
	s.joined = w.cfg.From.Add(time.Duration(no%40) * enrolling / 40)
	if again != nil {
		s.joined, s.boots = w.moment(again.Day, again.At), 0
		seeds = append(seeds, "again")
	}
	s.rng = rand.New(rand.NewPCG(w.seedOf(seeds...), 0x656c6a656665))
	first := midnight(s.joined.In(w.cfg.Zone))
	if spec.Of.Always && again == nil {
		first = first.AddDate(0, 0, -2)
	}
	s.now = first
	s.stand()
	for _, t := range w.scenario.Troubles {
		if t.Station == spec.Name {
			s.expect(t, again)
		}
	}
	if spec.Of.Always {
		up := first.Add(3*time.Hour + s.upTo(time.Hour))
		if again != nil {
			up = s.joined.Add(-4 * time.Minute)
		}
		s.at(up, func() { s.powerOn(time.Time{}) })
	}
	s.at(s.joined, s.agentBegins)
	s.at(first, func() { s.dayBegins(first) })
	for _, e := range w.scenario.Story {
		if e.Station == spec.Name {
			s.await(e)
		}
	}
	return s
}

// expect arranges for a trouble.
func (s *Station) expect(t *scenario.Trouble, again *scenario.Trouble) {
	at := s.world.moment(t.Day, t.At)
	switch {
	case t.Clock != 0:
		s.skew = t.Clock
	case at.Before(s.joined) || t == again:
	case t.Silent, t.Reinstalled:
		s.ends = at
	case t.AgentOff:
		s.at(at, s.agentEnds)
		s.at(at.Add(t.For), s.agentBegins)
	default:
		s.at(at, func() { s.watch.blind(s.now) })
		s.at(at.Add(t.For), func() { s.seesAgain(t) })
	}
}

// await arranges for an episode.
func (s *Station) await(e *scenario.Episode) {
	at := s.world.moment(e.Day, e.At)
	if e.Live != 0 {
		at = s.world.cfg.Live.Add(e.Live)
	}
	if at.After(s.now) {
		s.at(at, func() { s.play(e.Do) })
	}
}

// Next returns the next record from before until, if there is one. Later it goes
// on from there.
func (s *Station) Next(until time.Time) (Record, bool) {
	for len(s.out) == 0 {
		if len(s.queue) == 0 || !s.queue[0].at.Before(until) {
			return Record{}, false
		}
		item := heap.Pop(&s.queue).(happening)
		if item.at.After(s.now) { // what happened last may have taken a moment
			s.now = item.at
		}
		if s.Silent(s.now.Add(1)) {
			s.queue = nil
			return Record{}, false
		}
		item.do()
	}
	r := s.out[0]
	s.out = s.out[1:]
	return r, true
}

// at lets something happen at a time, or now if that is past.
func (s *Station) at(t time.Time, do func()) {
	if t.Before(s.now) {
		t = s.now
	}
	s.last++
	heap.Push(&s.queue, happening{t, s.last, do})
}

// watch is what the sensor sees.
type watch struct {
	on    bool
	lost  bool      // it misses everything for now
	since time.Time // of lost, or of the agent's end; zero: there was none
	count uint64    // events missed while lost
}

func (w *watch) blind(now time.Time) {
	if w.on {
		w.lost, w.since, w.count = true, now, 0
	}
}

// agentBegins starts the sensor: it reports what it does not know and finds
// running, and for which time nobody was there.
func (s *Station) agentBegins() {
	w := &s.watch
	if w.on {
		return
	}
	switch {
	case !w.since.IsZero():
		s.gap(event.Gap{Cause: event.AgentOff, From: w.since, To: s.now, Detail: "the agent was stopped, and started again"})
	case s.boot.id != 0:
		s.gap(event.Gap{Cause: event.BeforeAgent, From: s.boot.up, To: s.now, Detail: "the agent was installed while the station was running"})
	}
	*w = watch{on: true}
	for _, p := range s.boot.alive {
		if !p.told {
			p.told = true
			found := p.start
			found.Kind = event.Running
			s.tell(&found)
		}
	}
	s.lookAround()
}

func (s *Station) agentEnds() {
	if s.boot.id != 0 {
		s.watch = watch{since: s.now}
	}
}

// seesAgain ends a time in which the sensor missed everything.
func (s *Station) seesAgain(t *scenario.Trouble) {
	w := &s.watch
	if !w.lost {
		return
	}
	w.lost = false
	if w.count > 0 {
		missed := w.count
		s.gap(event.Gap{Cause: t.Gap, From: w.since, To: s.now, Events: &missed, Detail: t.Detail})
	}
}

// see reports an event, if the sensor sees it.
func (s *Station) see(e *event.Process) (seen bool) {
	switch {
	case !s.watch.on:
		return false
	case s.watch.lost:
		s.watch.count++
		return false
	}
	s.tell(e)
	return true
}

// tell reports a copy of an event, by the station's clock.
func (s *Station) tell(e *event.Process) {
	c := *e
	for _, t := range [...]*time.Time{&c.Time, &c.Started} {
		if !t.IsZero() {
			*t = t.Add(s.skew).UTC()
		}
	}
	s.out = append(s.out, Record{Time: s.now, Event: &c})
}

func (s *Station) gap(g event.Gap) {
	g.Kind = event.GapKind
	g.From, g.To = g.From.Add(s.skew).UTC(), g.To.Add(s.skew).UTC()
	s.out = append(s.out, Record{Time: s.now, Gap: &g})
}

// happening is something that will happen.
type happening struct {
	at time.Time
	no uint64 // in the order in which it was arranged
	do func()
}

// queue holds what will happen, as a heap: the next first.
type queue []happening

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].no < q[j].no
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(happening)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = happening{}
	*q = (*q)[:last]
	return x
}
