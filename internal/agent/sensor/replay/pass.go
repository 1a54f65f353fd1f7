package replay

import (
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A pass is one time that a recording is played.
type pass struct {
	cfg         *Config
	first, last time.Time // of the recording
	began       time.Time

	// Processes get new names. A boot of the recording becomes one of the pass,
	// and its numbers are kept; a process without numbers gets one, in a boot
	// that stands for all the recording.
	boots  map[uint64]uint64
	byKey  map[event.Key]uint64 // numbers that were given
	byPID  map[uint32]names     // of those that run: a source may name a process by its pid only
	number uint64               // the last one given

	running map[names]running
}

// names are what an event calls its process and the parent.
type names struct{ boot, seq, parent uint64 }

// name writes the names into an event, in place of those that were recorded.
func (n names) name(p *event.Process) {
	p.BootID, p.ProcessSeq, p.ParentProcessSeq = n.boot, n.seq, n.parent
	p.ProcessGUID, p.ParentProcessGUID, p.ProcessKey, p.ParentProcessKey = "", "", "", ""
}

// running is a process that has been played and has not ended.
type running struct {
	entry   int // where its start stands
	names   names
	started time.Time // in this pass
}

func newPass(t *tape, cfg *Config, now time.Time) *pass {
	return &pass{
		cfg: cfg, began: now,
		first: t.entries[0].time, last: t.entries[len(t.entries)-1].time,
		boots: map[uint64]uint64{}, byKey: map[event.Key]uint64{}, byPID: map[uint32]names{}, running: map[names]running{},
	}
}

// due returns when an event of the recording's time t is to be played.
func (s *pass) due(t time.Time) time.Time {
	return s.began.Add(time.Duration(float64(t.Sub(s.first)) / s.cfg.Speed))
}

// now returns the time that stands for the recording's time t. What began before
// the recording keeps its age.
func (s *pass) now(t time.Time) time.Time {
	switch {
	case s.cfg.KeepTimes:
		return t
	case s.cfg.Speed == 0:
		t = s.began.Add(t.Sub(s.last))
	case t.Before(s.first):
		t = s.began.Add(t.Sub(s.first))
	default:
		t = s.due(t)
	}
	return t.Round(0).UTC().Truncate(100 * time.Nanosecond) // as Windows counts, and keys do
}

// shift moves the event's times.
func (s *pass) shift(p *event.Process) {
	for _, t := range [...]*time.Time{&p.Time, &p.Started, &p.ParentStarted} {
		if !t.IsZero() {
			*t = s.now(*t)
		}
	}
}

// begin makes the recorded event at entry one of this pass.
func (s *pass) begin(p *event.Process, entry int) {
	n := s.names(p)
	s.shift(p)
	n.name(p)
	self := names{boot: n.boot, seq: n.seq}
	if p.Kind == event.Stop {
		if run, known := s.running[self]; known && p.Started.IsZero() {
			p.Started = run.started
		}
		delete(s.running, self)
		if s.byPID[p.PID] == self {
			delete(s.byPID, p.PID)
		}
		return
	}
	s.byPID[p.PID] = self
	s.running[self] = running{entry, n, p.Started}
}

// names returns the names for a recorded event.
func (s *pass) names(p *event.Process) names {
	if p.BootID != 0 && p.ProcessSeq != 0 {
		n := names{boot: s.boot(p.BootID), seq: p.ProcessSeq, parent: p.ParentProcessSeq}
		if k, ok := event.ParseKey(p.ParentProcessKey); ok && n.parent == 0 {
			if boot, seq := k.Numbers(); boot == p.BootID {
				n.parent = seq // as an export has it
			}
		}
		return n
	}
	n := names{boot: s.boot(0)}
	if key := p.Key(); !key.IsZero() {
		n.seq = s.numbered(key)
	} else if known, ok := s.byPID[p.PID]; ok {
		n = names{boot: known.boot, seq: known.seq}
	} else {
		return names{} // the end of a process that nothing is known of
	}
	if key := p.ParentKey(); !key.IsZero() {
		n.parent = s.numbered(key)
	} else if known, ok := s.byPID[p.ParentPID]; ok && p.ParentPID != 0 && known.boot == n.boot {
		n.parent = known.seq
	}
	return n
}

func (s *pass) boot(recorded uint64) uint64 {
	if s.boots[recorded] == 0 {
		s.boots[recorded] = newBoot()
	}
	return s.boots[recorded]
}

func (s *pass) numbered(key event.Key) uint64 {
	if s.byKey[key] == 0 {
		s.number++
		s.byKey[key] = s.number
	}
	return s.byKey[key]
}
