package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/eljefe/eljefe/internal/fault"
)

var errDamaged = errors.New("the segment is damaged")

// readAhead is the least that is read from a file at once.
const readAhead = 64 << 10

// A cursor says where reading goes on: behind the record with number after, at
// offset off of the segment that begins with first. Its zero value is none.
type cursor struct {
	after, first uint64
	off          int64
}

// A batch collects records for one Read.
type batch struct {
	records    []Record
	bytes      int
	maxRecords int
	maxBytes   int
}

func (b *batch) full() bool { return len(b.records) >= b.maxRecords || b.bytes >= b.maxBytes }

// last returns the number of the last record, or 0.
func (b *batch) last() uint64 {
	if len(b.records) == 0 {
		return 0
	}
	return b.records[len(b.records)-1].Seq
}

// Read returns the records behind the number after: at most maxRecords, and as
// many as fit into maxBytes, but at least one. What it returns is on disk. A
// number that is missing was lost, and is told of by a record of its own.
func (s *Spool) Read(after uint64, maxRecords, maxBytes int) ([]Record, error) {
	if maxRecords < 1 || maxBytes < 1 {
		return nil, fault.Invalidf("read at least one record and one byte from the spool, not %d and %d", maxRecords, maxBytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := new(batch)
	for tries := 0; ; tries++ {
		if s.closed {
			return nil, ErrClosed
		}
		if err := s.finishRaise(); err != nil {
			return nil, err
		}
		from := b.last()
		if from == 0 || from != s.cursor.after {
			// Nothing was read yet, or that has changed its place meanwhile.
			b, from = &batch{maxRecords: maxRecords, maxBytes: maxBytes}, after
		}
		seg, err := s.collect(from, b)
		switch {
		case errors.Is(err, errDamaged) && tries < 10:
			if err := s.mendWhileOpen(seg); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case b.full() || s.newest() <= max(after, s.marked) || tries > 0 && len(b.records) > 0:
			return b.records, nil
		default:
			if err := s.syncShared(); err != nil {
				return nil, err
			}
		}
	}
}

// mendWhileOpen mends a segment in which Read met damage.
func (s *Spool) mendWhileOpen(seg *segment) error {
	s.settle()
	for i, still := range s.segments {
		if still == seg {
			if err := s.mend(seg, s.limit(i), seg.covered); err != nil {
				return err
			}
			s.tell()
		}
	}
	return nil
}

// collect fills b with what is behind after and known to be on disk. With
// errDamaged it returns the segment concerned.
func (s *Spool) collect(after uint64, b *batch) (*segment, error) {
	if after >= s.marked {
		return nil, nil
	}
	i := sort.Search(len(s.segments), func(i int) bool { return s.segments[i].covered > after })
	for ; i < len(s.segments) && !b.full() && s.segments[i].first <= s.marked; i++ {
		if err := s.collectFrom(s.segments[i], after, b); err != nil {
			return s.segments[i], err
		}
	}
	return nil, nil
}

// collectFrom fills b from one segment.
func (s *Spool) collectFrom(seg *segment, after uint64, b *batch) error {
	off := int64(headerSize)
	if c := s.cursor; c.first == seg.first && c.after == after {
		off = c.off
	}
	f := s.active
	if f == nil || seg != s.segments[len(s.segments)-1] {
		var err error
		if f, err = os.Open(s.path(seg)); err != nil {
			return fmt.Errorf("open segment: %w", err)
		}
		defer f.Close()
	}
	var data []byte // from off on
	for off < seg.size {
		fr, wants, ok := parseFrame(data)
		if !ok {
			if wants <= len(data) || off+int64(wants) > seg.size {
				return errDamaged
			}
			// A new buffer each time: the records before point into the old one.
			data = make([]byte, min(max(int64(wants), int64(b.maxBytes-b.bytes), readAhead), seg.size-off, chunkBytes+frameSize+maxPayload))
			if _, err := f.ReadAt(data, off); errors.Is(err, io.EOF) {
				return errDamaged
			} else if err != nil {
				return fmt.Errorf("read segment: %w", err)
			}
			continue
		}
		if fr.seq > s.marked {
			return nil
		}
		if fr.seq > after && fr.kind != kindHole {
			if len(b.records) > 0 && b.bytes+len(fr.data()) > b.maxBytes {
				b.bytes = b.maxBytes // full
				return nil
			}
			b.records = append(b.records, fr.record())
			b.bytes += len(fr.data())
			s.cursor = cursor{after: fr.seq, first: seg.first, off: off + int64(fr.size)}
		}
		data = data[fr.size:]
		off += int64(fr.size)
		if b.full() {
			return nil
		}
	}
	return nil
}

// Wait returns when there is a record behind the number after, or with an error
// when ctx or the spool ends first.
func (s *Spool) Wait(ctx context.Context, after uint64) error {
	for {
		s.mu.Lock()
		newest, closed, grown := s.newest(), s.closed, s.grown
		if newest <= after {
			s.awaited = min(s.awaited, after)
		}
		s.mu.Unlock()
		switch {
		case closed:
			return ErrClosed
		case newest > after:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}
