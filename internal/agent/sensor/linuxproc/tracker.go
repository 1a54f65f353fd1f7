package linuxproc

import (
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

const (
	// linger is how long a process that has ended is remembered: until nothing
	// that was seen before its end can come any more.
	linger = 10 * time.Second

	// Young is how long a process may be unknown while a source that tells of forks
	// has yet to tell of it.
	Young = 3 * time.Second

	// keptCommandLine is how much of a command line is remembered, for forks.
	keptCommandLine = 4 << 10
)

// Config configures a Tracker. All of it is required but Runs.
type Config struct {
	Sensor event.Sensor
	BootID uint64
	Clock  *Clock
	Proc   *Proc
	Users  *Users
	Runs   *Runs      // remembers what began with an exec; nil: nobody does
	Own    Namespaces // the station's; zero: not known
}

// A Tracker knows the processes that run, and turns what a source tells of them
// into events. See the package's comment for the rules.
//
// What it is told is in the order in which it happened, for each process. It may
// be told something twice, by a rundown and by itself; that is reported once. Its
// methods may be called from anywhere at the same time.
type Tracker struct {
	cfg  Config
	sink *sensor.Sink

	mu      sync.Mutex
	table   map[uint32]*process // those that run, and those that ended a moment ago
	pending []*process          // forks that were not reported when they were seen, the oldest first
	ended   []*process          // in the order of their ends
	recent  []*process          // in the order in which they were reported
	files   map[uint64]bool     // of the recent ones by sequence number: whether they see the agent's files
}

// process is a process that a Tracker knows.
type process struct {
	Facts
	began    time.Duration // this run, since boot
	reported bool
	seen     time.Duration // the fork, and then the report
	ended    time.Duration // when its end was seen; 0: it runs
	missing  int           // snapshots in a row in which it was not
}

// NewTracker returns a Tracker that knows nothing yet and reports to sink.
func NewTracker(cfg Config, sink *sensor.Sink) *Tracker {
	return &Tracker{cfg: cfg, sink: sink, table: map[uint32]*process{}, files: map[uint64]bool{}}
}

// Current returns the process that has a pid now, as far as the Tracker knows.
func (t *Tracker) Current(pid uint32) (Ref, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.table[pid]; p != nil && p.ended == 0 {
		return p.Ref, true
	}
	return Ref{}, false
}

// SameFiles tells whether a process that was reported a moment ago sees the
// station's files: not in a container.
func (t *Tracker) SameFiles(seq uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.files[seq]
}

// Forked tells of a new process. The texts of f may be empty: they are the parent's.
func (t *Tracker) Forked(f Facts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.table[f.PID]; p != nil && p.same(f.Ref) {
		return // a rundown was quicker
	}
	copied := f.Parent.PID
	if f.Creator != 0 {
		copied = f.Creator
	}
	if from := t.table[copied]; from != nil && from.ended == 0 {
		// What has children is a process of its own, though it may exec soon.
		t.start(from)
		f.Image, f.CommandLine, f.Directory = from.Image, from.CommandLine, from.Directory
		if !f.Told {
			f.Told, f.Effective, f.Capabilities, f.Permitted, f.Session, f.SameFiles = from.Told, from.Effective, from.Capabilities, from.Permitted, from.Session, from.SameFiles
		}
		if !f.Spaced {
			f.Spaced, f.Spaces = from.Spaced, from.Spaces
		}
		if !f.Grouped {
			f.Grouped, f.Container = from.Grouped, from.Container
		}
	}
	p := &process{Facts: f, began: f.Forked, seen: min(f.Forked, t.cfg.Clock.Now())}
	t.table[f.PID] = p
	t.pending = append(t.pending, p)
}

// Execed tells that a process runs another program since at. f.Execs counts that
// exec, and the texts are the new ones, as far as they are known.
func (t *Tracker) Execed(f Facts, at time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.table[f.PID]
	if p != nil && p.same(f.Ref) && at-p.Forked >= ForkWait {
		t.start(p) // it was told late of the fork
	}
	switch {
	case p == nil || !p.same(f.Ref) || p.ended != 0:
		// Forked before anybody looked, or the fork was lost.
		p = &process{Facts: f, began: f.Forked}
		if f.Execs > 1 {
			p.began = at
		}
		t.table[f.PID] = p
	case !p.reported:
		f.Parent, f.Creator, f.Forked = p.Parent, p.Creator, p.Forked
		p.Facts = f
	case f.Execs <= p.Execs:
		return // a rundown was quicker
	default:
		f.Parent, f.Creator, f.Forked = p.Ref, 0, p.Forked
		t.stop(p, &End{Ref: p.Ref, At: at})
		p = &process{Facts: f, began: at}
		t.table[f.PID] = p
	}
	t.start(p)
}

// Ended tells that a process has ended.
func (t *Tracker) Ended(e End) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.table[e.PID]
	switch {
	case p == nil || !p.same(e.Ref):
		// Its start was lost; the end is told all the same.
		p = &process{Facts: Facts{Ref: e.Ref}, began: e.Forked, reported: true}
		t.table[e.PID] = p
	case p.ended != 0:
		return
	}
	t.end(p, &e)
}

// end reports the end of a process, and remembers it for a while.
func (t *Tracker) end(p *process, e *End) {
	t.start(p)
	t.stop(p, e)
	p.ended = t.cfg.Clock.Now()
	p.Image, p.CommandLine, p.Directory = "", "", ""
	t.ended = append(t.ended, p)
}

// Tick is called about ten times a second, or a few times while it returns false: it
// reports the forks that do not exec, and tells whether there are any that still may.
func (t *Tracker) Tick() (waiting bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.cfg.Clock.Now()
	for len(t.pending) > 0 && (t.pending[0].reported || now-t.pending[0].seen >= ForkWait) {
		t.start(t.pending[0])
		t.pending = t.pending[1:]
	}
	for len(t.ended) > 0 && now-t.ended[0].ended >= linger {
		if p := t.ended[0]; t.table[p.PID] == p {
			delete(t.table, p.PID)
		}
		t.ended = t.ended[1:]
	}
	for len(t.recent) > 0 && now-t.recent[0].seen >= linger {
		delete(t.files, t.recent[0].Seq())
		t.recent = t.recent[1:]
	}
	return len(t.pending) > 0
}

// Found tells of all processes that run at a moment, whose texts are read from
// /proc. Those that the Tracker does not know are reported as running, if they
// were forked before the time since boot from which on the source tells of forks
// itself; again says to report the known ones so too. It returns how many were
// reported. Of what has been gone for two calls, an end is inferred.
func (t *Tracker) Found(all []Facts, before time.Duration, again bool) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, now := 0, t.cfg.Clock.Now()
	there := make(map[uint32]bool, len(all))
	for _, f := range all {
		p := t.table[f.PID]
		known := p != nil && p.same(f.Ref)
		switch {
		case known:
			there[f.PID] = true
			if !again || !p.reported || p.ended != 0 {
				continue
			}
			if strings.HasSuffix(p.CommandLine, cut) { // only its beginning is remembered
				_ = t.cfg.Proc.Fill(&p.Facts)
			}
		case f.Forked >= before:
			continue
		default:
			if t.cfg.Proc.Fill(&f) != nil {
				continue // it has ended meanwhile
			}
			p = &process{Facts: f, began: t.cfg.Runs.beganAt(f.Ref), reported: true}
			t.table[f.PID] = p
			there[f.PID] = true
			t.note(p, now)
		}
		t.sink.Report(t.event(event.Running, p))
		p.CommandLine = shortened(p.CommandLine)
		n++
	}
	for pid, p := range t.table {
		switch {
		case there[pid] || p.ended != 0 || now-p.Forked < Young:
			p.missing = 0
		case p.missing > 0: // its end was lost, and counted by the source
			t.end(p, &End{Ref: p.Ref, At: now, Inferred: true})
		default:
			p.missing++
		}
	}
	return n
}

// start reports a process, if that was not done.
func (t *Tracker) start(p *process) {
	if p.reported {
		return
	}
	p.reported = true
	placed := p.Spaced && p.Grouped || p.Unplaced != ""
	if !p.Told || !placed || p.Image == "" || p.CommandLine == "" || p.Directory == "" || strings.HasSuffix(p.CommandLine, cut) {
		_ = t.cfg.Proc.Fill(&p.Facts) // what has ended already is told as far as it is known
	}
	if p.began != p.Forked {
		t.cfg.Runs.add(p.Ref, p.began)
	}
	t.note(p, t.cfg.Clock.Now())
	t.sink.Report(t.event(event.Start, p))
	p.CommandLine = shortened(p.CommandLine)
}

// note remembers for a while where the files of a reported process are.
func (t *Tracker) note(p *process, now time.Duration) {
	p.seen = now
	t.recent = append(t.recent, p)
	t.files[p.Seq()] = p.SameFiles
}

// Flush reports the forks that may still exec. The source has ended.
func (t *Tracker) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pending {
		t.start(p)
	}
	t.pending = nil
}

// Forget makes room: what is remembered on disk of processes that are gone.
func (t *Tracker) Forget() error {
	t.mu.Lock()
	runs := make(map[uint64]bool, len(t.table))
	for _, p := range t.table {
		runs[p.Seq()] = true
	}
	t.mu.Unlock()
	return t.cfg.Runs.Keep(func(seq uint64) bool { return runs[seq] })
}

// shortened returns what is remembered of a command line.
func shortened(line string) string {
	if len(line) <= keptCommandLine {
		return line
	}
	return strings.Clone(line[:keptCommandLine]) + cut
}
