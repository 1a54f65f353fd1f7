package spool

import (
	"fmt"
	"os"
	"slices"

	"github.com/eljefe/eljefe/internal/fault"
)

// ReasonRestored is the reason in what Rewind returns.
const ReasonRestored = "restored"

// Acknowledge notes that the server has everything up to seq. It is not synced:
// an acknowledgement that is lost in a power cut means sending once more.
func (s *Spool) Acknowledge(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case seq >= s.next:
		return fault.New(fault.Conflict, "the server acknowledges record %d, and the highest that was given to it is %d: this spool is older than what the server knows, so its numbers must be raised", seq, s.next-1)
	case seq <= s.state.Acknowledged:
		return nil
	}
	s.state.Acknowledged = seq
	s.noteAcknowledged()
	return s.files.write(&s.state, false)
}

// Rewind notes that the server has records up to seq only, because it was
// restored from an older copy: Read gives again what is still kept. It returns
// what the server had and gets no more, with Records 0 where that is nothing;
// the caller tells of it. The time From is not known.
func (s *Spool) Rewind(seq uint64) (Eviction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Eviction{}, ErrClosed
	}
	if err := s.finishRaise(); err != nil {
		return Eviction{}, err
	}
	s.settle()
	had := s.state.Acknowledged
	if seq >= had {
		return Eviction{}, nil
	}
	s.state.Acknowledged = seq
	s.moved()
	s.noteAcknowledged()
	if err := s.files.write(&s.state, true); err != nil {
		return Eviction{}, err
	}
	// What nobody could ask for was not read when the spool was opened.
	for i, seg := range s.segments {
		if !seg.surveyed && seg.covered > seq {
			if err := s.mend(seg, s.limit(i), seg.covered); err != nil {
				return Eviction{}, err
			}
		}
	}
	s.tell()
	first := s.next
	for _, seg := range s.segments {
		if seg.newest >= seg.first {
			first = seg.first
			break
		}
	}
	last := min(had, first-1)
	if last <= seq {
		return Eviction{}, nil
	}
	gone := Eviction{First: seq + 1, Last: last, Records: int64(last - seq), Reason: ReasonRestored}
	if b := (&batch{maxRecords: 1, maxBytes: 1}); len(s.segments) > 0 {
		if _, err := s.collect(last, b); err == nil && len(b.records) > 0 {
			gone.To = b.records[0].Time
		}
	}
	return gone, nil
}

// Raise is for a station that was set back to an older copy of itself: the
// server has records up to seq, and those behind what it acknowledged here are
// not this spool's. Records that wait get new numbers behind seq, in their order,
// and new ones go on from there.
//
// New numbers are also behind all old ones. So, if the process ends on the way,
// a number tells whether its segment has been written anew, and the next Open
// finishes what the state says is under way.
func (s *Spool) Raise(seq uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if err := s.finishRaise(); err != nil {
		return err
	}
	after := s.state.Acknowledged
	if seq <= after {
		return fault.New(fault.Conflict, "numbers cannot be raised to %d: the server has acknowledged %d already", seq, after)
	}
	if seq >= noLimit/2 {
		return fault.Invalidf("numbers cannot be raised to %d: at most %d", seq, uint64(noLimit/2))
	}
	if err := s.closeSegments(); err != nil {
		return err
	}
	before := s.state
	to := s.next - 1
	start := max(seq, to) + 1
	s.state.Raise = raise{After: after, To: to, By: start - after - 1}
	s.state.Acknowledged = seq
	s.state.Jumped = start - 1
	s.state.High = to + s.state.Raise.By
	if err := s.files.write(&s.state, true); err != nil {
		before.Generation = s.state.Generation
		s.state = before
		return err
	}
	s.next = s.state.High + 1
	s.marked = s.state.High
	return s.finishRaise()
}

// finishRaise gives records their new numbers, segment by segment, if Raise is
// under way.
func (s *Spool) finishRaise() error {
	r := s.state.Raise
	if r.To == 0 {
		return nil
	}
	if err := s.closeSegments(); err != nil {
		return err
	}
	for {
		i := slices.IndexFunc(s.segments, func(seg *segment) bool { return seg.first <= r.To && seg.covered > r.After })
		if i < 0 {
			break
		}
		err := s.renumber(i, r)
		if oldest := s.segments[0]; noSpace(err) && oldest.covered <= s.acknowledged(oldest) {
			err = s.drop(full) // the server has it
		}
		if err != nil {
			return fmt.Errorf("give records new numbers: %w", err)
		}
	}
	s.state.Raise = raise{}
	s.moved()
	s.wake()
	return s.files.write(&s.state, true)
}

// renumber writes the waiting records of the segment at i into a new segment,
// with their new numbers, and removes them from the old one.
func (s *Spool) renumber(i int, r raise) error {
	seg := s.segments[i]
	limit := min(s.limit(i), r.To+1)
	if err := s.mend(seg, limit, seg.covered); err != nil {
		return err
	}
	data, err := readSegment(s.path(seg))
	if err != nil {
		return err
	}
	first := max(seg.first, r.After+1) + r.By
	anew := appendHeader(make([]byte, 0, len(data)), first)
	keep := int64(headerSize) // of the old file
	sv := examine(data, seg.first, limit, func(f frame) {
		if f.seq <= r.After {
			keep += int64(f.size)
			return
		}
		anew = appendFrame(anew, f.kind, f.seq+r.By, f.time, f.payload)
	})
	if sv.covered > r.After {
		if err := s.replace(first, anew); err != nil {
			return err
		}
		moved := &segment{first: first}
		moved.take(examine(anew, first, noLimit, nil))
		at, found := slices.BinarySearchFunc(s.segments, first, func(seg *segment, n uint64) int {
			if seg.first < n {
				return -1
			}
			return int(min(seg.first-n, 1))
		})
		if !found {
			s.segments = slices.Insert(s.segments, at, moved)
		} else {
			s.segments[at] = moved
		}
	}
	if seg.first > r.After {
		if err := os.Remove(s.path(seg)); err != nil {
			return fmt.Errorf("remove segment with old numbers: %w", err)
		}
		s.segments = slices.Delete(s.segments, i, i+1)
		return s.syncFolder()
	}
	if err := os.Truncate(s.path(seg), keep); err != nil {
		return fmt.Errorf("cut segment with old numbers: %w", err)
	}
	seg.take(examine(data[:keep], seg.first, limit, nil))
	return nil
}
