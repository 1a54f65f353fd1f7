package fleet

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/wire"
)

// deliver sends what waits. It ends with an error, when ctx is over or the server
// does not want the station any more.
func (s *Station) deliver(ctx context.Context) error {
	failures, most := 0, 0
	var shared uplink.Shared
	var lines []byte
	for {
		w := s.welcomed()
		limit := w.BatchRecords
		if most > 0 {
			limit = min(limit, most)
		}
		if err := s.collect(ctx, limit, time.Duration(w.BatchWaitMS)*time.Millisecond); err != nil {
			return err
		}
		batch := s.queue.first(limit, 4*w.BatchBytes)
		if len(batch) == 0 {
			continue // a hello has removed it
		}
		lines = lines[:0]
		for _, l := range batch {
			lines = append(lines, l.data...)
		}
		packed, err := s.fleet.pack(lines, shared.On())
		if err != nil {
			return err
		}
		s.fleet.figures.sent.Add(uint64(len(batch)))
		stored, err := s.client.Events(ctx, packed, true)
		shared.Answered(packed, lines, stored, err)
		switch {
		case ctx.Err() != nil, out(err):
			return err
		case err == nil:
			failures = 0
			s.fleet.figures.batches.Add(1)
			s.fleet.figures.bytes.Add(uint64(len(packed.Body)))
			s.fleet.figures.refused.Add(uint64(len(stored.Refused)))
			s.acknowledge(stored.Acknowledged)
		case uplink.Is(err, wire.CodeContext) && packed.Context != wire.NewContext:
			s.fleet.figures.failures.add(err)
		case uplink.Is(err, wire.CodeTooLarge) && len(batch) > 1:
			s.fleet.figures.failures.add(err)
			most = len(batch) / 2
		default:
			s.pause(ctx, err, failures)
			failures++
			if !uplink.Is(err, wire.CodeBusy) && ctx.Err() == nil {
				// It may be another server by now, or one with an older copy.
				if err := s.greet(ctx); err != nil {
					s.fleet.figures.failures.add(err)
				}
			}
		}
	}
}

// collect waits for records, and a little longer for more of them.
func (s *Station) collect(ctx context.Context, limit int, wait time.Duration) error {
	if err := s.queue.until(ctx, func(waiting int, _ bool) bool { return waiting > 0 }); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	// Half of what fits must do: whoever puts records waits for room.
	err := s.queue.until(limited, func(waiting int, urgent bool) bool { return urgent || waiting >= min(limit, s.queue.limit/2) })
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// acknowledge notes what the server has.
func (s *Station) acknowledge(seq uint64) {
	now := time.Now()
	done := s.queue.acknowledge(seq)
	s.fleet.figures.acknowledged.Add(uint64(len(done)))
	for _, l := range done {
		s.fleet.figures.latency.add(now.Sub(l.made), 1)
	}
}

// failures counts requests that failed.
type failures struct {
	mu sync.Mutex
	by map[string]uint64
}

func (f *failures) add(err error) {
	kind := "network"
	if p, ok := errors.AsType[*uplink.Problem](err); ok {
		kind = p.Code
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = map[string]uint64{}
	}
	f.by[kind]++
}

func (f *failures) read() map[string]uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.by)
}
