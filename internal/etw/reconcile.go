package etw

import "time"

// A Snapshot is a process that the system's list holds.
type Snapshot struct {
	PID       uint32
	ParentPID uint32
	Created   time.Time // exact to 100 ns
	Seq       uint64    // 0: not known
	Session   uint32
	Image     string // what is known of it, a name at least
}

// Reconcile compares with the system's list of processes, taken at the time
// taken or later. A process that runs here and is not in the list has ended; one
// that is in the list only was missed. Both become events two seconds later,
// unless their own messages, which may be on their way, come first.
func (j *Joiner) Reconcile(list []Snapshot, taken, now time.Time) {
	listed := make(map[*Run]bool, len(list))
	for i := range list {
		s := &list[i]
		if s.PID == 0 {
			continue
		}
		r := j.listed(s)
		if r == nil {
			r = j.missed(s, now)
		}
		listed[r] = true
	}
	for _, r := range j.order {
		if !r.dropped && !r.Ended() && !listed[r] && r.origin != Stop && r.since.Before(taken) && r.beganAt().Before(taken) {
			j.goneAt(r, taken, now)
		}
	}
}

// listed returns the run that a process of the list is, or nil.
func (j *Joiner) listed(s *Snapshot) *Run {
	runs := j.byPID[s.PID]
	for i := len(runs) - 1; i >= 0; i-- {
		if r := runs[i]; j.Identify(r, s.Created, s.Seq) {
			return r
		}
	}
	return nil
}

// missed makes a run of a process that only the list knows.
func (j *Joiner) missed(s *Snapshot, now time.Time) *Run {
	origin := Running
	if !j.cfg.Began.IsZero() && s.Created.After(j.cfg.Began) {
		origin = Start
	}
	r := j.known(s.PID, s.Created, origin)
	r.created, r.seq = s.Created, s.Seq
	session := s.Session
	r.facts.Image, r.facts.ParentPID, r.facts.Session = s.Image, s.ParentPID, &session
	j.weigh(r)
	j.wait(r, dueStart, now.Add(grace))
	return r
}
