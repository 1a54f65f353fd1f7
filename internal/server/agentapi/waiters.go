package agentapi

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	// mostWaiters is how many stations may wait for tasks at one server.
	mostWaiters = 50_000
	// mostOfStation is how many requests of one station may: a connection that
	// broke is noticed late, so there may be an old one.
	mostOfStation = 4
)

// waiters are the stations that wait for tasks. All of them share one connection
// to the database.
type waiters struct {
	listen func(ctx context.Context, added func(station int64)) error
	log    *slog.Logger
	given  *lru.Cache[int64, []int64] // tasks in the last answer to a station

	mu    sync.Mutex
	bells map[int64][]chan struct{} // of a station; each has room for one ring
}

func newWaiters(listen func(ctx context.Context, added func(station int64)) error, log *slog.Logger) *waiters {
	given, err := lru.New[int64, []int64](10_000)
	if err != nil {
		panic(err) // the number is not positive
	}
	return &waiters{listen: listen, log: log, given: given, bells: map[int64][]chan struct{}{}}
}

// join returns a bell that rings when the station has a new task, and a function
// that ends it.
func (w *waiters) join(station int64) (bell <-chan struct{}, leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.bells[station]); n >= mostOfStation || n == 0 && len(w.bells) >= mostWaiters {
		return nil, nil, fault.New(fault.TooMany, "too many requests wait for tasks; try again later")
	}
	own := make(chan struct{}, 1)
	w.bells[station] = append(w.bells[station], own)
	return own, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		left := slices.DeleteFunc(w.bells[station], func(b chan struct{}) bool { return b == own })
		if w.bells[station] = left; len(left) == 0 {
			delete(w.bells, station)
		}
	}, nil
}

// count returns how many stations wait.
func (w *waiters) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.bells)
}

// give notes what a station is answered with.
func (w *waiters) give(station int64, tasks []wire.Task) { w.given.Add(station, numbers(tasks)) }

// gave tells whether these tasks were the last answer to the station.
func (w *waiters) gave(station int64, tasks []wire.Task) bool {
	last, ok := w.given.Get(station)
	return ok && slices.Equal(last, numbers(tasks))
}

func numbers(tasks []wire.Task) []int64 {
	list := make([]int64, len(tasks))
	for i, t := range tasks {
		list[i] = t.ID
	}
	return list
}

// ring tells those of a station.
func (w *waiters) ring(station int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ring(w.bells[station])
}

func (w *waiters) ringAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, bells := range w.bells {
		ring(bells)
	}
}

func ring(bells []chan struct{}) {
	for _, bell := range bells {
		select {
		case bell <- struct{}{}:
		default: // it rings already
		}
	}
}

// run listens until ctx ends, and again whenever the connection breaks.
func (w *waiters) run(ctx context.Context) error {
	broken := false
	for ctx.Err() == nil {
		begun := time.Now()
		err := w.listen(ctx, w.ring)
		if ctx.Err() != nil {
			break
		}
		if !broken {
			w.log.WarnContext(ctx, "waiting for tasks interrupted, trying again", "err", err)
		}
		broken = time.Since(begun) < 5*time.Second
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
		// Nobody has heard of what was added meanwhile, nor will of what is added
		// until we listen again: all are to look once that should be so.
		time.AfterFunc(time.Second, w.ringAll)
	}
	return nil
}
