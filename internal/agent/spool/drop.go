package spool

import (
	"fmt"
	"os"
	"time"
)

var noTime time.Time

// lose counts losses, durably: fresh ones for the first time, carried ones
// because the notices that told of them are lost too. Notices are due from now on.
func (s *Spool) lose(fresh, carried losses) error {
	s.settle()
	if s.told {
		// The notices in the log are about the losses of before. Only when they
		// are on disk can those be forgotten, and new ones be counted.
		if err := s.syncHeld(); err != nil {
			s.log.Warn("cannot sync what tells of the spool's losses", "err", err)
			s.confirm(s.state.High, true)
		}
	}
	for reason := range fresh {
		s.state.Evicted[reason] += fresh[reason].Records
		s.state.Untold[reason].add(fresh[reason])
		s.state.Untold[reason].add(carried[reason])
	}
	s.state.NoticeAt = s.next
	return s.files.write(&s.state, true)
}

// drop removes the oldest segment. What the server does not have of it is
// counted first: if the process ends in between, the removal is made up for
// when the spool is opened again.
func (s *Spool) drop(reason int) error {
	if err := s.closeForDrop(); err != nil {
		return err
	}
	seg := s.segments[0]
	fresh, carried := s.leave(seg, reason)
	s.state.Gone = max(s.state.Gone, seg.covered)
	if err := s.lose(fresh, carried); err != nil {
		return err
	}
	if err := os.Remove(s.path(seg)); err != nil {
		s.log.Warn("cannot remove a segment of the spool; it is tried again at the next start", "err", err)
	}
	s.segments = s.segments[1:]
	s.moved()
	return nil
}

// closeForDrop closes the files that stand in the way of removing the oldest
// segment.
func (s *Spool) closeForDrop() error {
	s.settle()
	if len(s.rolled) == 0 && len(s.segments) > 1 {
		return nil
	}
	if err := s.closeSegments(); err != nil {
		return fmt.Errorf("close the segment to drop: %w", err)
	}
	return nil
}

// leave returns what is lost when seg goes: the records that the server does not
// have, and the losses that it would have learned of from seg.
func (s *Spool) leave(seg *segment, reason int) (fresh, carried losses) {
	had := s.acknowledged(seg)
	if seg.records(had) == 0 {
		return fresh, carried
	}
	data, err := readSegment(s.path(seg))
	if err != nil {
		first := max(seg.first, had+1)
		fresh[damaged] = loss{First: first, Last: seg.newest, Records: seg.records(had), To: seg.latest}
		return fresh, carried
	}
	sv := examine(data, seg.first, seg.covered+1, func(f frame) {
		if f.seq <= had {
			return
		}
		switch f.kind {
		case kindRecord:
			fresh[reason].count(f.seq, f.time)
		case kindNotice:
			if why, l, ok := parseLoss(f.payload); ok {
				carried[why].add(l)
			}
		}
	})
	missing := sv.missing
	if seg.covered > sv.covered {
		missing = append(missing, span{sv.covered + 1, seg.covered})
	}
	if s.state.Mending == seg.first {
		missing = nil // counted when it was to be mended
	}
	for _, m := range missing {
		if n := m.within(had+1, m.last); n > 0 {
			fresh[damaged].add(loss{First: m.last - n + 1, Last: m.last, Records: n})
		}
	}
	return fresh, carried
}

// expire drops what is older than it should get.
func (s *Spool) expire() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.tell()
	for !s.closed && len(s.segments) > 0 {
		s.settle()
		now := s.cfg.Now()
		seg := s.segments[0]
		switch {
		case len(s.segments) == 1 && seg.records(s.acknowledged(seg)) == 0:
			return nil // the file that is written to may stay: it is small
		case seg.covered <= s.acknowledged(seg) && now.Sub(seg.acknowledged) >= s.cfg.KeepAcknowledged:
		case seg.covered > s.acknowledged(seg) && now.Sub(time.Unix(0, seg.latest)) >= s.cfg.MaxAge:
		default:
			return nil
		}
		if err := s.drop(age); err != nil {
			return err
		}
	}
	return nil
}
