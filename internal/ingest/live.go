package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// LiveStore is what the live path needs of the database.
type LiveStore interface {
	AddEvents(ctx context.Context, batches []store.StationEvents) ([]store.Added, error)
}

// LiveConfig configures a Live. The zero value works.
type LiveConfig struct {
	Guard     func(need int64) error // see Config
	Retention int                    // see Config
	Log       *slog.Logger           // if nil, nothing is logged

	// QueueRows and QueueBytes are how much may wait to be written: 100,000
	// records and 64 MiB if zero.
	QueueRows  int
	QueueBytes int
}

const (
	// writers work at the same time: while one waits for the disk, the other has
	// the processor.
	writers = 2
	// togetherRows is how many records of many stations make one transaction.
	togetherRows = 4000
	// writeTime is how long a transaction may take before the database counts as
	// away. An agent that waits longer for its answer gives up.
	writeTime = 20 * time.Second
)

// Live stores what agents report. Batches wait in a bounded queue; two writers
// take what waits, of many stations, as one transaction. Where the database is
// away nothing waits: agents keep their records and are to come again.
type Live struct {
	store LiveStore
	cfg   LiveConfig
	wake  chan struct{} // has a value while something waits and a writer may sleep

	mu       sync.Mutex
	waiting  []*pending
	rows     int // of waiting
	bytes    int
	stopped  bool
	suspects map[int64]bool // stations whose last batch the store did not take
}

// pending is a batch on its way.
type pending struct {
	ctx   context.Context // of whoever waits for it
	batch store.StationEvents
	rows  int
	bytes int
	done  chan outcome // has room for one
}

type outcome struct {
	added store.Added
	err   error
}

// NewLive returns a Live on s. It stores nothing until Run runs.
func NewLive(s LiveStore, cfg LiveConfig) *Live {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.QueueRows == 0 {
		cfg.QueueRows = 100_000
	}
	if cfg.QueueBytes == 0 {
		cfg.QueueBytes = 64 << 20
	}
	return &Live{store: s, cfg: cfg, wake: make(chan struct{}, 1), suspects: map[int64]bool{}}
}

// LiveBatch is a piece of a station's stream. Numbers ascend over all lists together.
type LiveBatch struct {
	Station int64
	Events  []event.Process
	Gaps    []event.Gap
	Devices []event.Device
	Refused []Unreadable
	Bytes   int // as it came, unpacked: what it weighs in the queue
}

// Unreadable is a record of which no more could be read than its number.
type Unreadable struct {
	Seq    uint64
	Reason string
}

// LiveResult says what became of a LiveBatch.
type LiveResult struct {
	store.Added
	Refused []Unreadable // by number
}

// Add stores a batch. When it returns without an error, everything is on disk
// up to LastSeq. Errors are of the kinds TooMany and Unavailable, where the batch
// should be sent again later, Invalid, where its numbers cannot be, and Conflict,
// where the station is not there any more.
func (l *Live) Add(ctx context.Context, b LiveBatch) (LiveResult, error) {
	if l.cfg.Guard != nil {
		if err := l.cfg.Guard(0); err != nil {
			return LiveResult{}, err
		}
	}
	batch, refused := l.check(b)
	p := &pending{ctx: ctx, batch: batch, rows: len(batch.Events) + len(batch.Gaps) + len(batch.Devices), bytes: b.Bytes, done: make(chan outcome, 1)}
	if err := l.enqueue(p); err != nil {
		return LiveResult{}, err
	}
	select {
	case o := <-p.done:
		return LiveResult{Added: o.added, Refused: refused}, o.err
	case <-ctx.Done():
		return LiveResult{}, fault.Wrap(fault.Unavailable, ctx.Err(), "the request was given up before its records were stored").Coded("given_up")
	}
}

// Waiting returns how many records wait to be written.
func (l *Live) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rows
}

// enqueue lets a batch wait, if there is room. An empty queue has room for any
// batch.
func (l *Live) enqueue(p *pending) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.stopped:
		return errStopping
	case len(l.waiting) > 0 && (l.rows+p.rows > l.cfg.QueueRows || l.bytes+p.bytes > l.cfg.QueueBytes):
		return fault.New(fault.TooMany, "%d records wait to be written; try again in a moment", l.rows).Coded("records_wait", "records")
	}
	l.waiting = append(l.waiting, p)
	l.rows += p.rows
	l.bytes += p.bytes
	l.rouse()
	return nil
}

var errStopping = fault.New(fault.Unavailable, "the server is stopping; try again in a moment").Coded("stopping")

// rouse wakes a writer.
func (l *Live) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run writes what is added until ctx ends. What waits then is given up, and not
// acknowledged.
func (l *Live) Run(ctx context.Context) error {
	var group sync.WaitGroup
	for range writers {
		group.Go(func() { l.write(ctx) })
	}
	group.Wait()
	l.mu.Lock()
	left := l.waiting
	l.waiting, l.rows, l.bytes, l.stopped = nil, 0, 0, true
	l.mu.Unlock()
	for _, p := range left {
		p.done <- outcome{err: errStopping}
	}
	return nil
}

// write is one writer.
func (l *Live) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for ctx.Err() == nil {
			together := l.take()
			if len(together) == 0 {
				break
			}
			l.storeAll(ctx, together)
		}
	}
}

// take returns what is to be one transaction: the batches that have waited
// longest, at least one. A suspect's batch comes alone, so that it is not again
// and again the whole transaction that fails.
func (l *Live) take() []*pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	var together []*pending
	rows, n := 0, 0
	for ; n < len(l.waiting); n++ {
		p := l.waiting[n]
		gone := p.ctx.Err() != nil // nobody waits for it any more: its agent sends it again
		suspect := l.suspects[p.batch.Station]
		if !gone && len(together) > 0 && (suspect || rows+p.rows > togetherRows) {
			break
		}
		l.rows -= p.rows
		l.bytes -= p.bytes
		if gone {
			continue
		}
		together = append(together, p)
		rows += p.rows
		if suspect {
			n++
			break
		}
	}
	clear(l.waiting[:n])
	if l.waiting = l.waiting[n:]; len(l.waiting) > 0 {
		l.rouse() // the other writer
	}
	return together
}

// storeAll stores batches in one transaction, or each in its own where one of
// them spoils it.
func (l *Live) storeAll(ctx context.Context, together []*pending) {
	batches := make([]store.StationEvents, len(together))
	for i, p := range together {
		batches[i] = p.batch
	}
	added, err := l.addEvents(ctx, batches)
	switch {
	case err == nil:
		l.suspect(together, false)
		for i, p := range together {
			p.done <- outcome{added: added[i]}
		}
	case fault.KindOf(err) == fault.Unavailable:
		for _, p := range together {
			p.done <- outcome{err: err}
		}
	case len(together) > 1:
		for _, p := range together {
			l.storeAll(ctx, []*pending{p})
		}
	default:
		l.suspect(together, true)
		together[0].done <- outcome{err: err}
	}
}

// suspect notes whether the store took the stations' batches.
func (l *Live) suspect(of []*pending, suspected bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range of {
		if suspected {
			l.suspects[p.batch.Station] = true
		} else {
			delete(l.suspects, p.batch.Station)
		}
	}
}

// addEvents is the store's, with a limit of time. A panic over what one station
// sent ends neither the writer nor the server.
func (l *Live) addEvents(ctx context.Context, batches []store.StationEvents) (added []store.Added, err error) {
	limited, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			added, err = nil, fmt.Errorf("store panicked: %v", v)
		}
	}()
	added, err = l.store.AddEvents(limited, batches)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		err = errStopping
	case limited.Err() != nil:
		err = fault.Wrap(fault.Unavailable, err, "the database did not answer within %s; try again later", writeTime).Coded("database_slow", "after")
	}
	return added, err
}
