package winproc

import (
	"context"
	"errors"
	"sync"

	"github.com/eljefe/eljefe/internal/agent/sensor"
)

// A Rundowner reports once more what runs, for a source with a Table.
type Rundowner struct {
	mu    sync.Mutex
	table *Table // nil: the source does not run
	sink  *sensor.Sink
}

// Use says which Table the source uses from now on, and where it reports; nil: it
// does not run any more.
func (r *Rundowner) Use(t *Table, sink *sensor.Sink) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table, r.sink = t, sink
}

// Rundown does what sensor.Source says. A process that the source has not told
// of yet is left to it.
func (r *Rundowner) Rundown(ctx context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.table == nil {
		return 0, ErrNotRunning
	}
	all, err := r.table.List()
	if err != nil {
		return 0, err
	}
	events := r.table.Again(all)
	for _, e := range events {
		r.sink.Report(e)
	}
	return len(events), ctx.Err()
}

// ErrNotRunning is what Rundown says while the source does not run.
var ErrNotRunning = errors.New("the sensor does not run")
