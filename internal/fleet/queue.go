package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// queue holds what a station has not delivered yet, in the order of its numbers.
type queue struct {
	limit int

	mu      sync.Mutex
	waiting []line
	last    uint64        // number of the newest record
	missed  uint64        // records that found no room since the last that did
	since   time.Time     // of missed
	urgent  int           // callers who wait until it is empty: no more comes for now
	changed chan struct{} // closed and made anew with each change
}

// line is a record as it is sent.
type line struct {
	seq  uint64
	made time.Time
	data []byte
}

func newQueue(limit int) *queue { return &queue{limit: limit, changed: make(chan struct{})} }

// put gives a record its number, and takes it if there is room. what is empty:
// there was none.
func (q *queue) put(r Record, now time.Time) (took bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= q.limit {
		return false, nil
	}
	if q.missed > 0 {
		missed := q.missed
		g := event.Gap{Kind: event.GapKind, Cause: event.SourceLost, From: q.since.UTC(), To: now.UTC(), Events: &missed, Detail: "the simulated station had no room for them"}
		if err := q.append(Record{Gap: &g}, now); err != nil {
			return false, err
		}
		q.missed = 0
	}
	return true, q.append(r, now)
}

// append adds a record. The caller holds the lock.
func (q *queue) append(r Record, now time.Time) (err error) {
	var data []byte
	switch {
	case r.Event != nil:
		r.Event.Seq = q.last + 1
		data, err = r.Event.Line()
	case r.Device != nil:
		r.Device.Seq = q.last + 1
		data, err = json.Marshal(r.Device)
	default:
		r.Gap.Seq = q.last + 1
		data, err = json.Marshal(r.Gap)
	}
	if err != nil {
		return fmt.Errorf("write record %d: %w", q.last+1, err)
	}
	q.last++
	q.waiting = append(q.waiting, line{q.last, now, append(data, '\n')})
	q.tell()
	return nil
}

// miss counts a record for which there was no room.
func (q *queue) miss(now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.missed == 0 {
		q.since = now
	}
	q.missed++
}

// tell wakes those who wait. The caller holds the lock.
func (q *queue) tell() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// first returns up to n records of up to size bytes, the oldest first.
func (q *queue) first(n, size int) []line {
	q.mu.Lock()
	defer q.mu.Unlock()
	n = min(n, len(q.waiting))
	for i := range n {
		if size -= len(q.waiting[i].data); size < 0 {
			return q.waiting[:max(1, i):max(1, i)]
		}
	}
	return q.waiting[:n:n]
}

// acknowledge removes what the server has, and returns it. A server that has
// more than was ever put was told it by an earlier run: numbers go on behind.
func (q *queue) acknowledge(seq uint64) []line {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.waiting) && q.waiting[n].seq <= seq {
		n++
	}
	done := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.last = max(q.last, seq)
	q.tell()
	return done
}

// hurry says that one more, or one less, waits until the queue is empty.
func (q *queue) hurry(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.urgent += n
	q.tell()
}

// until waits for a state of the queue.
func (q *queue) until(ctx context.Context, reached func(waiting int, urgent bool) bool) error {
	for {
		q.mu.Lock()
		there, changed := reached(len(q.waiting), q.urgent > 0), q.changed
		q.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// state returns how many records wait, since when the oldest does, and the
// number of the newest.
func (q *queue) state() (waiting int, oldest time.Time, last uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) > 0 {
		oldest = q.waiting[0].made
	}
	return len(q.waiting), oldest, q.last
}
