package spool

import "time"

// touchEvery is how often Touch writes.
const touchEvery = time.Minute

// Previous is what is known of the time before the spool was opened.
type Previous struct {
	Known     bool      // false where there was no spool, or its state could not be read
	Orderly   bool      // the spool was closed; else the process or the system ended without that
	LastAlive time.Time // when the agent last called Touch, appended or closed, within about a minute
}

// Evicted counts the records that were ever lost before the server had them.
type Evicted struct {
	Full, Age, Damaged, Disk uint64
}

// Stats describe the spool at one moment.
type Stats struct {
	First        uint64 // the lowest number that is kept; above Last where nothing is
	Last         uint64 // the highest number that was given
	Acknowledged uint64 // the server has everything up to here

	Bytes   int64     // of all segments
	Records uint64    // that the server does not have
	Oldest  time.Time // when the oldest of them was appended; zero where there is none

	Evicted   Evicted
	LastAlive time.Time // as the last Touch that was written has it
	Previous  Previous
}

// waiting remembers when the record behind the number after was appended.
type waiting struct {
	after uint64
	since time.Time
}

// moved forgets where in the files something was: they have changed.
func (s *Spool) moved() {
	s.cursor = cursor{}
	s.waiting = waiting{}
}

// Stats returns what the spool holds.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		First: s.next, Last: s.next - 1, Acknowledged: s.state.Acknowledged,
		Bytes: s.bytes(),
		Evicted: Evicted{
			Full: s.state.Evicted[full], Age: s.state.Evicted[age],
			Damaged: s.state.Evicted[damaged], Disk: s.state.Evicted[disk],
		},
		LastAlive: nanos(s.state.Alive), Previous: s.previous,
	}
	for _, seg := range s.segments {
		st.Records += seg.records(s.acknowledged(seg))
		if seg.newest >= seg.first {
			st.First = min(st.First, seg.first)
		}
	}
	if st.Records > 0 && !s.closed {
		st.Oldest = s.oldest()
	}
	return st
}

// oldest returns when the oldest waiting record was appended.
func (s *Spool) oldest() time.Time {
	if s.waiting.after == s.state.Acknowledged && !s.waiting.since.IsZero() {
		return s.waiting.since
	}
	// A look ahead of the reader, which must not lose its place.
	place, marked := s.cursor, s.marked
	s.marked = s.next - 1
	b := &batch{maxRecords: 1, maxBytes: 1}
	_, err := s.collect(s.state.Acknowledged, b)
	s.cursor, s.marked = place, marked
	if err != nil || len(b.records) == 0 {
		return time.Time{} // it cannot be read: Read will say so, and count it
	}
	s.waiting.after, s.waiting.since = s.state.Acknowledged, b.records[0].Time
	return s.waiting.since
}

// Touch notes that the agent runs. It writes at most once a minute, in place,
// and without waiting for the disk.
func (s *Spool) Touch(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	// A clock that was set back is written too, or nothing would be for as long
	// as it was set back.
	if now.Sub(nanos(s.state.Alive)).Abs() < touchEvery {
		return nil
	}
	s.state.Alive = now.UnixNano()
	return s.files.write(&s.state, false)
}
