package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/eljefe/eljefe/internal/fault"
)

// chunkBytes is about how much is written at once.
const chunkBytes = 1 << 20

// Append gives the records the next numbers and writes them. It returns the
// number of the last one. They can be read at once, survive the end of the
// process, and within Config.SyncEvery that of the system.
//
// Where MaxBytes is reached or the disk is full, room is made by dropping what
// is oldest. If that is not enough, or the disk fails, the records that were not
// written are counted as lost and the error says why: the caller has nothing to
// count, and no reason to try again.
func (s *Spool) Append(ctx context.Context, records ...[]byte) (last uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for i, r := range records {
		if limit := min(MaxRecord, s.cfg.SegmentBytes-headerSize); int64(len(r)) > limit {
			return 0, fault.New(fault.TooLarge, "record %d of %d has %d bytes; the spool takes at most %d", i+1, len(records), len(r), limit)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, ErrClosed
	}
	for len(records) > 0 {
		n := chunk(records, min(chunkBytes, s.cfg.SegmentBytes))
		if err := s.put(records[:n]); err != nil {
			at := s.cfg.Now().UnixNano()
			lost := loss{Records: uint64(len(records)), From: at, To: at}
			return s.next - 1, errors.Join(fmt.Errorf("append %d records to the spool: %w", len(records), err), s.lose(losses{disk: lost}, losses{}))
		}
		records = records[n:]
	}
	return s.next - 1, nil
}

// chunk returns how many of the records are written together.
func chunk(records [][]byte, limit int64) int {
	var size int64
	for i, r := range records {
		if size += int64(frameSize + len(r)); size > limit && i > 0 {
			return i
		}
	}
	return len(records)
}

// put writes the records, and before them the notices of losses that are not
// told yet, and makes the room that they need.
func (s *Spool) put(records [][]byte) error {
	need := int64(headerSize)
	for _, r := range records {
		need += int64(frameSize + len(r))
	}
	for len(s.segments) > 0 && s.bytes()+need > s.cfg.MaxBytes-headroom {
		if err := s.drop(full); err != nil {
			return err
		}
	}
	for {
		err := s.write(records)
		if err == nil || !noSpace(err) || !s.worthDropping() {
			return err
		}
		if err := s.drop(full); err != nil {
			return err
		}
	}
}

// worthDropping tells whether dropping the oldest segment gives a full disk
// noticeable room: the last segment goes only when there is something in it.
func (s *Spool) worthDropping() bool {
	if len(s.segments) == 1 {
		return s.segments[0].size >= min(64<<10, s.cfg.SegmentBytes/2)
	}
	return len(s.segments) > 0
}

// write writes notices and records in one go.
func (s *Spool) write(records [][]byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	now := s.cfg.Now().UnixNano()
	seq := s.next
	b, noticed := s.appendNotices(s.buf[:0], &seq, now)
	for _, r := range records {
		b = appendFrame(b, kindRecord, seq, now, r)
		seq++
	}
	if s.buf = b; cap(b) > 2*chunkBytes {
		s.buf = nil // one large batch is no reason to hold its memory
	}
	if seq == s.next {
		return nil
	}
	seg := s.segments[len(s.segments)-1]
	if _, err := s.active.WriteAt(b, seg.size); err != nil {
		if cut := s.active.Truncate(seg.size); cut != nil {
			// What is behind the segment's end must not be mistaken for records:
			// the next segment bounds the numbers in this one.
			s.rolled, s.active = append(s.rolled, s.active), nil
		}
		return fmt.Errorf("write to segment: %w", err)
	}
	seg.size += int64(len(b))
	seg.newest, seg.covered, seg.latest = seq-1, seq-1, now
	seg.acknowledged = noTime
	s.next = seq
	s.told = s.told || noticed
	if seq-1 > s.awaited {
		s.wake()
	}
	s.touched()
	return nil
}

// appendNotices appends a notice for each loss that is not told yet.
func (s *Spool) appendNotices(b []byte, seq *uint64, now int64) (_ []byte, noticed bool) {
	if s.told {
		return b, false
	}
	for reason := range s.state.Untold {
		l := &s.state.Untold[reason]
		if l.Records == 0 {
			continue
		}
		var data []byte
		if s.cfg.Evicted != nil {
			data = s.cfg.Evicted(l.eviction(reason))
		}
		if len(data) == 0 || len(data) > MaxRecord {
			*l = loss{} // nobody wants to be told; Stats has the count
			continue
		}
		b = appendFrame(b, kindNotice, *seq, now, appendLoss(nil, reason, *l), data)
		*seq++
		noticed = true
	}
	return b, noticed
}

// tell writes the notices that are due, if there are any. Where that fails they
// stay due, and go before the next record.
func (s *Spool) tell() {
	if s.told || s.state.Untold == (losses{}) {
		return
	}
	if err := s.put(nil); err != nil {
		s.log.Warn("cannot write yet what the spool lost; it is counted, and told later", "err", err)
	}
}

// begin sees to it that there is a segment to write to.
func (s *Spool) begin() error {
	if s.active != nil && s.segments[len(s.segments)-1].size < s.cfg.SegmentBytes {
		return nil
	}
	path := filepath.Join(s.cfg.Dir, segmentName(s.next))
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	if _, err = f.Write(appendHeader(nil, s.next)); err == nil {
		err = s.syncFolder()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("begin segment: %w", err), f.Close(), os.Remove(path))
	}
	if s.active != nil {
		s.rolled = append(s.rolled, s.active)
	}
	s.active = f
	if n := len(s.segments); n > 0 && s.segments[n-1].first == s.next {
		s.segments = s.segments[:n-1] // it was begun before and nothing got into it
	}
	s.segments = append(s.segments, &segment{first: s.next, newest: s.next - 1, covered: s.next - 1, size: headerSize, surveyed: true})
	s.touched()
	return nil
}
