package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// ErrSequence is in the error of AddEvents for a live batch whose numbers do not
// ascend, or jump further than they can. Nothing of it is stored.
var ErrSequence = errors.New("numbers out of sequence")

// stream is the numbers of a station in one transaction.
type stream struct {
	station int64
	before  uint64    // last number of the transactions before
	last    uint64    // last number now
	at      time.Time // of the record that has it; zero: it is of an earlier transaction
	gaps    []*event.Gap
	holes   []gapRow // numbers that were passed over
}

// errNoStream is the error of lockStreams where a station has no stream yet. Those
// that enrol are given one; an imported station begins its own with its first events.
var errNoStream = errors.New("station without a stream")

// stationsOfBatches returns the stations of batches, in the order of their numbers.
func stationsOfBatches(batches []StationEvents) []int64 {
	ids := make([]int64, len(batches))
	for i, b := range batches {
		ids[i] = b.Station
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// lockStreams makes writers of one station take turns, and finds out up to where
// each station's stream is stored. Rows are locked in the order of their ids.
func (w *writer) lockStreams(ctx context.Context, batches []StationEvents) error {
	ids := stationsOfBatches(batches)
	rows, err := w.tx.Query(ctx, `SELECT station_id, last_seq FROM station_stream WHERE station_id = ANY ($1) ORDER BY station_id FOR UPDATE`, ids)
	if err != nil {
		return fmt.Errorf("lock streams: %w", err)
	}
	w.streams = make(map[int64]*stream, len(ids))
	var id, seq int64
	_, err = pgx.ForEachRow(rows, []any{&id, &seq}, func() error {
		w.streams[id] = &stream{station: id, before: uint64(seq), last: uint64(seq)}
		return nil
	})
	if err != nil {
		return fmt.Errorf("lock streams: %w", err)
	}
	if len(w.streams) < len(ids) {
		return errNoStream
	}
	return nil
}

// beginStreams gives stations a stream that have none. It is a transaction of its
// own: who waits for another's new row holds no locks then.
func (s *Store) beginStreams(ctx context.Context, batches []StationEvents) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO station_stream (station_id, last_seq)
		SELECT id, 0 FROM unnest($1::bigint[]) id ORDER BY id
		ON CONFLICT DO NOTHING`, stationsOfBatches(batches))
	if err != nil {
		return unavailable(fmt.Errorf("begin streams: %w", err))
	}
	return nil
}

// take adds what is new of a batch to the transaction.
func (w *writer) take(i int, b *StationEvents, added *Added) error {
	s := w.streams[b.Station]
	if !b.Live {
		for j := range b.Events {
			w.add(b, i, &b.Events[j])
		}
		return nil
	}
	// Events, gaps and devices are three lists of one stream.
	previous := uint64(0)
	for events, gaps, devices := b.Events, b.Gaps, b.Devices; len(events)+len(gaps)+len(devices) > 0; {
		var p *event.Process
		var g *event.Gap
		var d *event.Device
		var seq uint64
		var at time.Time
		switch {
		case len(events) > 0 && (len(gaps) == 0 || events[0].Seq < gaps[0].Seq) && (len(devices) == 0 || events[0].Seq < devices[0].Seq):
			p, events = &events[0], events[1:]
			seq, at = p.Seq, p.Time
		case len(gaps) > 0 && (len(devices) == 0 || gaps[0].Seq < devices[0].Seq):
			g, gaps = &gaps[0], gaps[1:]
			seq, at = g.Seq, g.To
		default:
			d, devices = &devices[0], devices[1:]
			seq, at = d.Seq, d.Time
		}
		if seq <= previous {
			return fault.Wrap(fault.Invalid, ErrSequence, "record %d comes after record %d: the numbers of a stream ascend from 1", seq, previous)
		}
		previous = seq
		isNew, err := s.advance(seq, at)
		switch {
		case err != nil:
			return err
		case !isNew:
			added.Duplicates++
		case p != nil:
			w.add(b, i, p)
		case g != nil:
			added.Gaps++
			s.gaps = append(s.gaps, g)
		default:
			added.Devices++
			w.addDevice(b.Station, d)
		}
	}
	added.LastSeq = s.last
	return nil
}

// advance moves the stream to the record with a number, and tells whether it is
// new.
func (s *stream) advance(seq uint64, at time.Time) (isNew bool, err error) {
	switch {
	case seq <= s.last:
		return false, nil
	case seq-s.last > wire.MaxJump:
		return false, fault.Wrap(fault.Invalid, ErrSequence, "record %d is too far behind %d, the last one that is stored", seq, s.last)
	case seq > s.last+1:
		s.holes = append(s.holes, gapRow{
			station: s.station, cause: event.Unexplained, from: s.at, to: at, missing: numbers{s.last + 1, seq - 1},
		})
	}
	s.last, s.at = seq, at
	return true, nil
}

// numbers is a span of a stream; both ends belong to it.
type numbers struct{ first, last uint64 }

func (n numbers) count() uint64 { return n.last - n.first + 1 }

// without returns what is left of the span, in order.
func (n numbers) without(others []numbers) []numbers {
	left := []numbers{n}
	for _, o := range others {
		var next []numbers
		for _, l := range left {
			if o.last < l.first || o.first > l.last {
				next = append(next, l)
				continue
			}
			if o.first > l.first {
				next = append(next, numbers{l.first, o.first - 1})
			}
			if o.last < l.last {
				next = append(next, numbers{o.last + 1, l.last})
			}
		}
		left = next
	}
	return left
}

// hull is the shortest span that has all of them; zero for none.
func hull(list []numbers) (h numbers) {
	for i, n := range list {
		if i == 0 {
			h = n
		}
		h = numbers{min(h.first, n.first), max(h.last, n.last)}
	}
	return h
}
