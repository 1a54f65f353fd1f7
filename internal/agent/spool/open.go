package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// recover reads what is in the folder, finishes what was interrupted, counts
// what is missing, and makes the spool ready for appending.
func (s *Spool) recover() error {
	files, st, known, spoiled, err := openState(s.cfg.Dir)
	if err != nil {
		return err
	}
	s.files, s.state = files, st
	if spoiled {
		s.log.Warn("the spool's state cannot be read; records that the server has are sent once more", "file", filepath.Join(s.cfg.Dir, stateName))
	}
	names, err := s.list()
	if err != nil {
		return err
	}
	if !known && len(names) > 0 {
		s.state.Jumped = names[0] - 1 // nobody knows what was before
	}
	told, err := s.survey(names)
	if err != nil {
		return err
	}
	s.previous = Previous{Known: known, Orderly: st.Orderly == 1, LastAlive: nanos(s.state.Alive)}
	s.next = 1 + max(s.state.High, s.state.Acknowledged, s.state.Jumped, s.state.Raise.To+s.state.Raise.By)
	for _, seg := range s.segments {
		s.next = max(s.next, seg.covered+1)
	}
	if err := s.resume(); err != nil {
		return err
	}
	if err := s.forget(told); err != nil {
		return err
	}
	if err := s.finishRaise(); err != nil {
		s.log.Warn("cannot finish giving records their new numbers; it is tried again before they are read", "err", err)
	}
	if err := s.countMissing(); err != nil {
		return err
	}
	s.state.Orderly = 0
	if err := s.files.write(&s.state, true); err != nil {
		return err
	}
	s.marked = max(s.marked, min(s.state.High, s.next-1))
	s.noteAcknowledged()
	s.tell()
	if !s.synced() {
		s.touched()
	}
	return nil
}

// list returns the first numbers of the segments in the folder, ascending. It
// removes what is left over, and leaves alone what is not the spool's.
func (s *Spool) list() ([]uint64, error) {
	entries, err := os.ReadDir(s.cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("list the spool's folder: %w", err)
	}
	var firsts []uint64
	for _, e := range entries {
		name := e.Name()
		path := filepath.Join(s.cfg.Dir, name)
		first, ours := parseName(strings.TrimSuffix(name, tempSuffix))
		switch {
		case name == stateName, name == lockName:
			continue
		case !ours || !e.Type().IsRegular():
			s.log.Warn("there is a file in the spool's folder that is not the spool's; it is left alone", "file", path)
			continue
		case strings.HasSuffix(name, tempSuffix), first <= s.state.Gone:
			if err := os.Remove(path); err != nil {
				return nil, fmt.Errorf("remove what is left over in the spool: %w", err)
			}
			continue
		}
		ok, err := s.usable(path, first)
		if err != nil {
			return nil, err
		}
		if ok {
			firsts = append(firsts, first)
		}
	}
	slices.Sort(firsts)
	return firsts, nil
}

// usable tells whether the file at path is a segment that begins with first. A
// file from which nothing can be read is removed: its records, if it had any,
// will be found missing.
func (s *Spool) usable(path string, first uint64) (bool, error) {
	head, err := readHead(path)
	if err != nil {
		return false, err
	}
	version, named, whole := parseHeader(head)
	switch {
	case whole && version > segmentVersion:
		return false, fmt.Errorf("%s was written by a newer version of the agent (format %d, this one knows %d): install that version, or remove the folder and lose what it holds", path, version, segmentVersion)
	case whole && named != first:
		s.log.Warn("a file in the spool's folder has another segment's name; it is left alone", "file", path)
		return false, nil
	case whole:
		return true, nil
	}
	data, err := readSegment(path)
	if err != nil {
		return false, err
	}
	if examine(data, first, noLimit, nil).frames > 0 {
		return true, nil
	}
	s.log.Warn("a segment of the spool holds nothing that can be read; it is removed", "file", path, "bytes", len(data))
	if err := os.Remove(path); err != nil {
		return false, fmt.Errorf("remove an unreadable segment: %w", err)
	}
	return false, nil
}

// readHead returns the bytes at the beginning of a segment.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	head := make([]byte, headerSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return head[:n], nil
}

// survey makes the index. A segment that the server has all of is not read,
// only those that may be asked for, and the last one. It returns by reason which
// of the losses in state.Untold have their notice in the log.
func (s *Spool) survey(firsts []uint64) (told [len(reasons)]bool, err error) {
	for i, first := range firsts {
		seg := &segment{first: first}
		s.segments = append(s.segments, seg)
		info, err := os.Stat(s.path(seg))
		if err != nil {
			return told, fmt.Errorf("look at segment: %w", err)
		}
		seg.acknowledged = info.ModTime() // kept only where it is true, see noteAcknowledged
		limit := uint64(noLimit)
		if i+1 < len(firsts) {
			limit = firsts[i+1]
			if limit-1 <= s.state.Acknowledged && s.state.Raise.To == 0 {
				seg.newest, seg.covered = limit-1, limit-1
				seg.size, seg.latest = info.Size(), info.ModTime().UnixNano()
				continue
			}
		}
		data, err := readSegment(s.path(seg))
		if err != nil {
			return told, err
		}
		sv := examine(data, first, limit, func(f frame) {
			if reason, l, ok := parseLoss(f.payload); f.kind == kindNotice && ok && f.seq >= s.state.NoticeAt && l == s.state.Untold[reason] {
				told[reason] = true
			}
		})
		seg.take(sv)
		if seg.records(0) > 0 {
			s.state.Alive = max(s.state.Alive, seg.latest)
		}
	}
	return told, nil
}

// resume opens the files that are to be written or synced: those that the last
// process may have left without syncing, and the last one.
func (s *Spool) resume() error {
	for i, seg := range s.segments {
		last := i == len(s.segments)-1
		if seg.covered <= s.state.High && !last {
			continue
		}
		f, err := os.OpenFile(s.path(seg), os.O_RDWR, 0o600)
		if err != nil {
			return fmt.Errorf("open segment: %w", err)
		}
		if last && seg.size < s.cfg.SegmentBytes {
			s.active = f
		} else {
			s.rolled = append(s.rolled, f)
		}
	}
	return nil
}

// forget clears the losses whose notices are in the log, once these are on disk.
func (s *Spool) forget(told [len(reasons)]bool) error {
	if told == ([len(reasons)]bool{}) {
		return nil
	}
	if err := s.syncHeld(); err != nil {
		return err
	}
	for reason, ok := range told {
		if ok {
			s.state.Untold[reason] = loss{}
		}
	}
	return nil // recover writes the state
}

// countMissing counts what should be in the segments, or between them, and is
// not, and mends the segments concerned.
func (s *Spool) countMissing() error {
	for i := 0; i < len(s.segments); i++ {
		seg := s.segments[i]
		if !seg.surveyed {
			continue
		}
		// Behind its last frame a segment may lack what comes before the next
		// one, or before the highest number that was on disk.
		through := max(s.state.High, seg.covered)
		if i+1 < len(s.segments) {
			through = s.segments[i+1].first - 1
		}
		if through <= max(s.state.Acknowledged, s.state.Jumped) {
			through = seg.covered
		}
		if !seg.dirty && through == seg.covered {
			continue
		}
		if err := s.mend(seg, s.limit(i), through); err != nil {
			s.log.Warn("cannot mend a segment of the spool; what it lacks is counted", "file", s.path(seg), "err", err)
		}
	}
	first := s.next
	if len(s.segments) > 0 {
		first = s.segments[0].first
	}
	if had := max(s.state.Acknowledged, s.state.Gone, s.state.Jumped); had+1 < first {
		lost := loss{First: had + 1, Last: first - 1, Records: first - 1 - had}
		s.log.Warn("segments of the spool are missing", "records", lost.Records)
		s.state.Jumped = first - 1
		return s.lose(losses{damaged: lost}, losses{})
	}
	return nil
}

// noteAcknowledged notes for each segment since when the server has all of it.
func (s *Spool) noteAcknowledged() {
	for _, seg := range s.segments {
		switch {
		case seg.covered > s.acknowledged(seg) || seg.records(0) == 0:
			seg.acknowledged = noTime
		case seg.acknowledged.IsZero():
			seg.acknowledged = s.cfg.Now()
			if err := os.Chtimes(s.path(seg), time.Time{}, seg.acknowledged); err != nil {
				s.log.Warn("cannot note when a segment of the spool was acknowledged; it may be kept longer", "err", err)
			}
		}
	}
}
