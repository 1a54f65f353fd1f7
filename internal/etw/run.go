package etw

import (
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A Run is a process that the joiner knows of, from the first message about it
// until some seconds after its end.
type Run struct {
	PID uint32

	// Of the image's header, as the kernel loaded it; 0 where no source said.
	ImageChecksum, ImageStamp uint32

	// Attached is for the caller, as for a handle to the process: what it sets at
	// the first message is there with each event of the process.
	Attached any

	joining
}

// joining is what only the joiner knows of a run.
type joining struct {
	origin Kind   // Start, Running, or Stop for one of which only the end is known
	told   Source // the halves of the start or listing that have come
	left   bool   // the start or listing is an event, and with it the identity is settled
	facts  event.Process

	since     time.Time // when it was there already
	created   time.Time // exact; zero: not known
	seq       uint64    // 0: not known
	uniqueKey uint64    // of the kernel's object; the same for all classic messages of one process
	headerPID uint32    // who wrote the first half
	headerTID uint32

	gone time.Time // when a snapshot, or another process with its pid, showed that it has ended
	end  ending

	waits   uint8 // deeds that are in the queue
	weight  int
	dropped bool
}

// runWeight is about what a run takes beside its texts.
const runWeight = 2048

// ending is what is known of a run's end.
type ending struct {
	told     Source
	inferred bool
	left     bool // it is an event
	at       time.Time
	exact    bool // at is from the manifest source
	code     uint32
	record   uint64 // position in the file of the first half
	image    string
	user     string
	manifest *Usage
	counters *Usage
}

// maxReused is how many runs of one pid are known at a time.
const maxReused = 64

// has tells whether all of the sources are among these.
func (s Source) has(all Source) bool { return s&all == all }

// near tells whether t may be of this end; anything is, of one that is not told.
func (e *ending) near(t time.Time) bool { return e.told == 0 || apart(e.at, t) < loose }

// Ended tells whether the end of the run was reported or inferred.
func (r *Run) Ended() bool { return r.end.told != 0 || r.end.inferred }

// Left tells whether the run's start or listing is an event already.
func (r *Run) Left() bool { return r.left }

// How far apart two halves may be.
const (
	strict = 5 * time.Millisecond // with the same writer
	loose  = 2 * time.Second
)

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

// plausible returns a creation time, or none if it cannot be one of a process
// that was reported at the other time.
func plausible(created, reported time.Time) time.Time {
	if created.After(reported.Add(farAway)) {
		return time.Time{}
	}
	return created
}

// known makes the joiner know a run that it has not heard of.
func (j *Joiner) known(pid uint32, since time.Time, origin Kind) *Run {
	r := &Run{PID: pid, joining: joining{origin: origin, since: since, headerPID: NoID, headerTID: NoID}}
	j.tidy()
	if runs := j.byPID[pid]; len(runs) >= maxReused {
		j.forget(runs[0])
	}
	j.byPID[pid] = append(j.byPID[pid], r)
	j.order = append(j.order, r)
	j.weigh(r)
	return r
}

// match returns the run that a start or listing is about, or nil for a new one.
func (j *Joiner) match(m *Message) *Run {
	var best *Run
	nearest := loose
	runs := j.byPID[m.PID]
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.other(m) {
			continue
		}
		if r.seq != 0 && m.Seq != 0 || !r.created.IsZero() && !m.Created.IsZero() {
			return r
		}
		if m.Kind == Running || r.origin == Running {
			return r // alive at that time, under that pid
		}
		if r.told.has(m.Source) {
			if m.UniqueKey != 0 && m.UniqueKey == r.uniqueKey && apart(r.since, m.Time) < strict {
				return r // told twice
			}
			continue // its pid was given to another
		}
		if r.told == 0 { // its end came first
			if m.UniqueKey != 0 && m.UniqueKey == r.uniqueKey || r.created.IsZero() {
				return r
			}
		}
		distance := apart(r.beganAt(), m.beganAt())
		if distance < strict && r.headerPID == m.HeaderPID && r.headerTID == m.HeaderTID {
			return r
		}
		if distance < nearest {
			best, nearest = r, distance
		}
	}
	return best
}

// beganAt is about when the process began.
func (r *Run) beganAt() time.Time {
	if !r.created.IsZero() {
		return r.created
	}
	return r.since
}

func (m *Message) beganAt() time.Time {
	if !m.Created.IsZero() {
		return m.Created
	}
	return m.Time
}

// other tells whether a start, listing or end is certainly of another process
// than the run, though the pid is the same.
func (r *Run) other(m *Message) bool {
	switch {
	case r.seq != 0 && m.Seq != 0:
		return r.seq != m.Seq
	case !r.created.IsZero() && !m.Created.IsZero():
		return !r.created.Equal(m.Created)
	case r.uniqueKey != 0 && m.UniqueKey != 0 && r.uniqueKey != m.UniqueKey:
		return true
	case m.Kind == Stop:
		return r.beganAt().After(m.Time)
	case r.Ended() && r.end.at.Before(m.beganAt()):
		return true
	case m.Kind == Start && r.origin == Running && r.created.IsZero():
		return r.since.Before(m.beganAt()) // what is listed has begun before
	case m.Kind == Start:
		return apart(r.beganAt(), m.beganAt()) > loose && r.origin != Stop
	}
	return r.beganAt().After(m.Time.Add(loose))
}

// matchEnd returns the run that an end is about, or nil for one that is not known.
func (j *Joiner) matchEnd(m *Message) *Run {
	runs := j.byPID[m.PID]
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if r.other(m) {
			continue
		}
		if certain := r.seq != 0 && m.Seq != 0 || !r.created.IsZero() && !m.Created.IsZero(); certain || r.end.inferred || r.end.near(m.endedAt()) {
			return r
		}
	}
	return nil
}

// endedAt is about when the process ended.
func (m *Message) endedAt() time.Time {
	if !m.Exited.IsZero() {
		return m.Exited
	}
	return m.Time
}

// alive returns the run that has a pid at a time, or nil.
func (j *Joiner) alive(pid uint32, at time.Time) *Run {
	runs := j.byPID[pid]
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		if !r.beganAt().After(at) && (!r.Ended() || !r.end.at.Before(at)) {
			return r
		}
	}
	return nil
}

// replaced infers the ends of runs whose pid a new process has.
func (j *Joiner) replaced(m *Message, now time.Time) {
	for _, r := range j.byPID[m.PID] {
		if !r.Ended() && !r.beganAt().After(m.beganAt()) {
			j.goneAt(r, m.beganAt(), now)
		}
	}
}

// goneAt notes that a run has ended by the time at, though nobody said so.
func (j *Joiner) goneAt(r *Run, at, now time.Time) {
	if r.gone.IsZero() {
		r.gone = at
	}
	j.wait(r, dueGone, now.Add(grace))
}

// Identify tells what the caller has learned of the run from the system, if that
// can be: its creation time and its sequence number (0: not known). It says
// false, and changes nothing, if that is another process.
func (j *Joiner) Identify(r *Run, created time.Time, seq uint64) bool {
	switch {
	case r.seq != 0 && seq != 0 && r.seq != seq, !r.created.IsZero() && !r.created.Equal(created):
		return false
	case r.created.IsZero() && r.origin == Start && apart(r.since, created) > loose,
		r.created.IsZero() && created.After(r.since.Add(loose)):
		return false
	}
	r.identify(created, seq)
	return true
}

// identify notes creation time and sequence number where they are not known.
// Once an event has left, its identity stays: the end must name the same process.
func (r *Run) identify(created time.Time, seq uint64) {
	if r.created.IsZero() {
		r.created = created
	}
	if r.seq == 0 {
		r.seq = seq
	}
}
