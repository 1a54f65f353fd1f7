package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A segment is what is kept in memory of one file.
type segment struct {
	first    uint64
	newest   uint64 // the highest number of a record; first-1 where there is none
	covered  uint64 // the highest number of a record or of a hole
	size     int64
	latest   int64  // the time of the last record, or of the last change where surveyed is false
	holes    []span // numbers between first and covered that are not there
	dirty    bool   // when it was read there was something to mend
	surveyed bool   // the file was read to its end; else the numbers are those its neighbours suggest

	// acknowledged is since when the server has all of it, and zero before.
	// The file's modification time keeps it.
	acknowledged time.Time
}

const (
	segmentSuffix = ".seg"
	tempSuffix    = ".tmp"
)

func segmentName(first uint64) string { return fmt.Sprintf("%020d", first) + segmentSuffix }

// parseName returns the first number of the segment called name.
func parseName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0 && first < noLimit
}

func (s *Spool) path(seg *segment) string {
	return filepath.Join(s.cfg.Dir, segmentName(seg.first))
}

// records returns how many records the segment has behind after.
func (seg *segment) records(after uint64) uint64 {
	from := max(after+1, seg.first)
	if seg.newest < from {
		return 0
	}
	n := seg.newest - from + 1
	for _, h := range seg.holes {
		n -= h.within(from, seg.newest)
	}
	return n
}

// take makes seg what the survey found.
func (seg *segment) take(sv survey) {
	seg.newest, seg.covered, seg.size, seg.latest = sv.newest, sv.covered, sv.end, sv.latest
	seg.holes = append(sv.holes, sv.missing...)
	seg.dirty = sv.damaged || sv.torn || len(sv.missing) > 0
	seg.surveyed = true
}

// readSegment returns the bytes of a segment's file.
func readSegment(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at segment: %w", err)
	}
	if info.Size() > maxSegment {
		return nil, fmt.Errorf("%s has %d bytes, which no segment has: move it out of the spool's folder", path, info.Size())
	}
	data := make([]byte, info.Size())
	n, err := io.ReadFull(f, data)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return data[:n], nil
}

// replace writes a file under the name of the segment that begins with first,
// whole or not at all.
func (s *Spool) replace(first uint64, data []byte) error {
	path := filepath.Join(s.cfg.Dir, segmentName(first))
	temp := path + tempSuffix
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write segment anew: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write segment anew: %w", err), os.Remove(temp))
	}
	return s.syncFolder()
}

func (s *Spool) syncFolder() error {
	if err := syncFolder(s.cfg.Dir); err != nil {
		return fmt.Errorf("sync the spool's folder: %w", err)
	}
	return nil
}

// mend reads a segment anew, counts what is missing of it and not acknowledged,
// and writes it without the damaged places. Numbers up to through belong into
// the segment. The count is durable first, and with it which segment it is
// about, so that an end in between does not count twice.
func (s *Spool) mend(seg *segment, limit, through uint64) error {
	s.settle()
	data, err := readSegment(s.path(seg))
	if err != nil {
		return err
	}
	sv := examine(data, seg.first, limit, nil)
	missing := sv.missing
	if through > sv.covered {
		missing = append(missing, span{sv.covered + 1, through})
	}
	if !sv.damaged && len(missing) == 0 {
		seg.take(sv)
		if sv.torn {
			return s.cut(seg)
		}
		return nil
	}
	if s.state.Mending != seg.first {
		var lost loss
		for _, m := range missing {
			if n := m.within(s.acknowledged(seg)+1, m.last); n > 0 {
				lost.add(loss{First: m.last - n + 1, Last: m.last, Records: n})
			}
		}
		s.log.Warn("part of the spool is damaged", "file", s.path(seg), "records", lost.Records)
		s.state.Mending = seg.first
		if err := s.lose(losses{damaged: lost}, losses{}); err != nil {
			return err
		}
	}
	if s.active != nil || len(s.rolled) > 0 {
		// The file is replaced: what follows goes into the next one.
		if err := s.closeSegments(); err != nil {
			return err
		}
	}
	whole := appendHeader(make([]byte, 0, len(data)+(len(missing)+1)*frameSize), seg.first)
	covered := seg.first - 1
	examine(data, seg.first, limit, func(f frame) {
		if f.kind != kindHole && f.seq > covered+1 {
			whole = appendFrame(whole, kindHole, f.seq-1, f.time)
		}
		whole = appendFrame(whole, f.kind, f.seq, f.time, f.payload)
		covered = f.seq
	})
	if through > covered {
		whole = appendFrame(whole, kindHole, through, s.cfg.Now().UnixNano())
	}
	if err := s.replace(seg.first, whole); err != nil {
		return err
	}
	seg.take(examine(whole, seg.first, limit, nil))
	s.moved()
	s.state.Mending = 0
	return s.files.write(&s.state, true)
}

// cut removes what stands behind the segment's last frame: a write that was
// torn before anybody was promised anything.
func (s *Spool) cut(seg *segment) error {
	if err := os.Truncate(s.path(seg), seg.size); err != nil {
		return fmt.Errorf("cut off a torn write: %w", err)
	}
	return nil
}

// limit returns the number that the segment at i must stay below.
func (s *Spool) limit(i int) uint64 {
	if i+1 < len(s.segments) {
		return s.segments[i+1].first
	}
	return s.next
}

// newest returns the highest number of a record that is kept, or 0.
func (s *Spool) newest() uint64 {
	for _, seg := range slices.Backward(s.segments) {
		if seg.newest >= seg.first {
			return seg.newest
		}
	}
	return 0
}

// acknowledged returns up to which number of those in seg the server has them.
func (s *Spool) acknowledged(seg *segment) uint64 {
	if r := s.state.Raise; seg.first <= r.To {
		return r.After // a number as it was before Raise
	}
	return s.state.Acknowledged
}

// bytes returns the size of all segments.
func (s *Spool) bytes() int64 {
	var n int64
	for _, seg := range s.segments {
		n += seg.size
	}
	return n
}
