package etw

import (
	"container/heap"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// JoinerConfig says how messages are joined.
type JoinerConfig struct {
	BootID  uint64        // of the station, written into the events; 0: not known
	Sources Source        // that are to be waited for; 0: both
	Wait    time.Duration // for what is still missing of a start or an end; 0: 300 ms

	// Began is when the sources began to tell. A process that a snapshot finds
	// and that was created before is one that was running; one created later is
	// one whose start was missed. Zero: all were running.
	Began time.Time

	// Undecoded is given each record that cannot be decoded, with the reason.
	// If nil, they are counted only. The record is not to be kept.
	Undecoded func(*Record, error)
}

// A Joined is an event that is ready, and where it came from.
type Joined struct {
	Event   *event.Process
	Run     *Run   // whose event it is
	Sources Source // the halves that it is made of; 0: a snapshot, or an end that was inferred
}

// JoinerStats counts what a Joiner did.
type JoinerStats struct {
	Messages     uint64
	Undecodable  uint64
	Newer        uint64 // messages of a version or a length that is not known, decoded as far as it is
	Joined       uint64 // starts, stops and runnings of both sources
	ClassicOnly  uint64
	ManifestOnly uint64
	Late         uint64 // halves that came after their event had left
	Duplicates   uint64 // listings of what was known, and ends that were told twice
	Inferred     uint64 // ends that nobody reported
	Missed       uint64 // processes that nobody reported, found in a snapshot
	Forgotten    uint64 // runs dropped because there were too many
	LostEvents   uint64 // notices of the session that it lost something
	LostBuffers  uint64
	LostFiles    uint64
}

// What a Joiner waits for, and how long.
const (
	defaultWait = 300 * time.Millisecond // for the other half
	listingWait = 2 * time.Second        // for the creation time of a process that a listing without it told of
	grace       = 2 * time.Second        // for messages on their way, when a snapshot says something else
	keepEnded   = 5 * time.Second        // how long a process is known after its end: for late messages, and as a parent
)

// maxKept bounds the memory of the runs that are known, in bytes. A busy server
// has some thousand processes of two kilobytes.
const maxKept = 32 << 20

// A Joiner makes events of messages. It is not safe for concurrent use.
//
// It goes by the clock that its caller passes: the time of day in a live
// session, the records' own times in a file.
type Joiner struct {
	cfg   JoinerConfig
	stats JoinerStats

	byPID map[uint32][]*Run // the newest last
	order []*Run            // in the order in which they were first heard of; some are dropped already
	gaps  int               // how many of those
	kept  int               // bytes of those that are known

	waiting  waiting  // what Tick has to do, and when
	waits    uint64   // how often something was put there
	ready    []Joined // to be taken by Tick
	counters bool     // this session tells counters at the end of a process
}

// NewJoiner returns a Joiner that knows of no process yet.
func NewJoiner(cfg JoinerConfig) *Joiner {
	if cfg.Sources == 0 {
		cfg.Sources = Both
	}
	if cfg.Wait == 0 {
		cfg.Wait = defaultWait
	}
	return &Joiner{cfg: cfg, byPID: map[uint32][]*Run{}}
}

// Stats returns what was counted so far.
func (j *Joiner) Stats() JoinerStats { return j.stats }

// Record decodes a record and adds its message. It returns the run that the
// record is about, nil if it is about none or cannot be decoded.
func (j *Joiner) Record(r *Record, now time.Time) *Run {
	m, err := Decode(r)
	if err != nil {
		j.stats.Undecodable++
		if j.cfg.Undecoded != nil {
			j.cfg.Undecoded(r, err)
		}
		return nil
	}
	return j.Add(&m, now)
}

// Add adds a message and returns the run that it is about, or nil. At the first
// message of a run its Attached is nil.
func (j *Joiner) Add(m *Message, now time.Time) *Run {
	if m.Kind == Other {
		return nil
	}
	j.stats.Messages++
	if m.DecodedAs < m.Version || m.Tail > 0 {
		j.stats.Newer++
	}
	switch {
	case m.Kind == Lost:
		j.lost(m.Loss)
		return nil
	case m.PID == 0: // the idle process, which is none
		return nil
	}
	switch m.Kind {
	case Start, Running:
		return j.began(m, now)
	case Stop:
		return j.ended(m, now)
	case Counters:
		return j.counted(m, now)
	default: // says nothing that the others do not say
		return j.alive(m.PID, m.Time)
	}
}

func (j *Joiner) lost(what Loss) {
	switch what {
	case LostEvents:
		j.stats.LostEvents++
	case LostBuffer:
		j.stats.LostBuffers++
	case LostFile:
		j.stats.LostFiles++
	}
}

// began adds one half of a start or of a listing.
func (j *Joiner) began(m *Message, now time.Time) *Run {
	r := j.match(m)
	switch {
	case r == nil:
		j.replaced(m, now)
		r = j.known(m.PID, m.Time, m.Kind)
	case m.Kind == Start && r.origin == Running && !r.left:
		r.origin, r.told = Start, 0 // a listing was quicker
	case r.told.has(m.Source) || m.Kind == Running && r.origin == Start:
		r.learn(m) // what was missing before may be said here
		j.stats.Duplicates++
		return r
	case r.origin == Stop:
		r.origin = m.Kind // its end came first
	}
	late := r.left
	r.learn(m)
	r.told |= m.Source
	j.weigh(r)
	switch {
	case late:
		j.stats.Late++
	case r.told.has(j.cfg.Sources) || r.end.left:
		j.leave(r)
	case m.Kind == Running && r.created.IsZero():
		j.wait(r, dueStart, now.Add(max(listingWait, j.cfg.Wait)))
	default:
		j.wait(r, dueStart, now.Add(j.cfg.Wait))
	}
	return r
}

// ended adds one half of an end.
func (j *Joiner) ended(m *Message, now time.Time) *Run {
	r := j.matchEnd(m)
	if r == nil {
		r = j.known(m.PID, m.Time, Stop)
		r.created, r.seq = plausible(m.Created, m.Time), m.Seq
	}
	switch {
	case r.end.told.has(m.Source):
		j.stats.Duplicates++
		return r
	case r.end.left:
		r.end.told |= m.Source
		j.stats.Late++
		return r
	}
	r.learnEnd(m)
	j.weigh(r)
	if r.end.told.has(j.cfg.Sources) && (r.end.counters != nil || !j.counters) && r.origin != Stop {
		j.leaveEnd(r, now)
	} else {
		j.wait(r, dueEnd, now.Add(j.cfg.Wait))
	}
	return r
}

// counted adds what a process had used at its end.
func (j *Joiner) counted(m *Message, now time.Time) *Run {
	j.counters = true
	runs := j.byPID[m.PID]
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.end.counters != nil || r.since.After(m.Time) || !r.end.near(m.Time) {
			continue
		}
		if r.end.left {
			j.stats.Late++
			return r
		}
		usage := m.Usage
		r.end.counters = &usage
		if r.end.told.has(j.cfg.Sources) {
			j.leaveEnd(r, now)
		}
		return r
	}
	// The end of a process that nothing is known of yet: its other messages come.
	r := j.known(m.PID, m.Time, Stop)
	usage := m.Usage
	r.end.counters = &usage
	j.wait(r, dueDrop, now.Add(keepEnded))
	return r
}

// Tick returns the events that are ready: complete, or waited for long enough.
// A start always comes before its end.
func (j *Joiner) Tick(now time.Time) []Joined {
	for len(j.waiting) > 0 && !j.waiting[0].at.After(now) {
		j.due(heap.Pop(&j.waiting).(due))
	}
	ready := j.ready
	j.ready = nil
	return ready
}

// Next returns when Tick should be called again, and false if nothing waits.
func (j *Joiner) Next() (time.Time, bool) {
	if len(j.ready) > 0 {
		return time.Time{}, true
	}
	if len(j.waiting) > 0 {
		return j.waiting[0].at, true
	}
	return time.Time{}, false
}

// Flush returns all events that wait, complete or not: nothing more will come.
func (j *Joiner) Flush() []Joined {
	for len(j.waiting) > 0 {
		j.due(heap.Pop(&j.waiting).(due))
	}
	return j.Tick(time.Time{})
}

// Rundown returns an event of kind running for each process that runs.
func (j *Joiner) Rundown() []Joined {
	var list []Joined
	for _, r := range j.order {
		if r.dropped || !r.left || r.Ended() {
			continue
		}
		p := r.facts
		p.Kind = event.Running
		list = append(list, Joined{Event: &p, Run: r, Sources: r.told})
	}
	return list
}
