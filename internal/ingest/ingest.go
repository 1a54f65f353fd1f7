// Package ingest turns what stations report into stored events.
//
// It checks every event, finds its station, and hands whole batches to the
// store, which keeps each in one transaction. What it returns without an error
// is on disk; what it is given again is stored once.
//
// Events come in on two ways. An Ingester takes those of files, and waits a
// while for a database that is away, because a file is read once. A Live takes
// those of agents, and never lets them wait: they keep what is not acknowledged.
package ingest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// Store is what ingest needs of the database.
type Store interface {
	ImportStation(ctx context.Context, name string, seen time.Time) (int64, error)
	AddEvents(ctx context.Context, batches []store.StationEvents) ([]store.Added, error)
}

// Ingester stores batches of events. It is safe for concurrent use.
type Ingester struct {
	store Store
	cfg   Config

	// patience is how long a batch is tried again while the database is away.
	patience time.Duration

	mu       sync.Mutex
	stations map[string]int64 // imported stations by lower-case name
}

// Config configures an Ingester. The zero value works.
type Config struct {
	// Guard, if not nil, is asked before each batch whether there is space for
	// need more bytes, and refuses while the disk is full.
	Guard func(need int64) error

	// Retention is for how many days events are kept, 0 for ever. Older ones
	// are refused: they would be gone the same day.
	Retention int

	Log *slog.Logger // if nil, nothing is logged
}

// New returns an Ingester on s.
func New(s Store, cfg Config) *Ingester {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Ingester{store: s, cfg: cfg, patience: time.Minute, stations: map[string]int64{}}
}

// Result says what became of a batch.
type Result struct {
	Starts, Stops int // events that were accepted, by kind
	Added         int // stored now
	Duplicates    int // stored before
	Refused       []Refusal
	Stations      []int64
}

// Refusal is an event that cannot be stored.
type Refusal struct {
	Event  *event.Process
	Reason error
}

// Import stores events read from a file. Each names its station itself. An
// event that cannot be stored is refused with its reason; the others are stored.
func (in *Ingester) Import(ctx context.Context, events []event.Process) (Result, error) {
	if in.cfg.Guard != nil {
		if err := in.cfg.Guard(0); err != nil {
			return Result{}, err
		}
	}
	res, err := in.importOnce(ctx, events)
	if fault.KindOf(err) == fault.Conflict {
		// A station was removed since we learnt its number: it is made again.
		in.forget()
		res, err = in.importOnce(ctx, events)
	}
	return res, err
}

func (in *Ingester) importOnce(ctx context.Context, events []event.Process) (Result, error) {
	var res Result
	byStation := map[int64]int{}
	var batches []store.StationEvents
	for i := range events {
		p := &events[i]
		p.Origin = event.Imported
		if err := checkNamed(p, in.cfg.Retention); err != nil {
			res.Refused = append(res.Refused, Refusal{p, err})
			continue
		}
		id, err := in.station(ctx, p)
		if err != nil {
			return Result{}, err
		}
		at, ok := byStation[id]
		if !ok {
			at = len(batches)
			byStation[id] = at
			batches = append(batches, store.StationEvents{Station: id})
			res.Stations = append(res.Stations, id)
		}
		batches[at].Events = append(batches[at].Events, *p)
		if p.Kind == event.Stop {
			res.Stops++
		} else {
			res.Starts++
		}
	}
	if len(batches) == 0 {
		return res, nil
	}
	var added []store.Added
	err := in.insist(ctx, func() (err error) {
		added, err = in.store.AddEvents(ctx, batches)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	for _, a := range added {
		res.Added += a.Starts + a.Stops
		res.Duplicates += a.Duplicates
	}
	return res, nil
}

// station returns the id of the imported station that p names.
func (in *Ingester) station(ctx context.Context, p *event.Process) (id int64, err error) {
	name := strings.ToLower(p.Station)
	in.mu.Lock()
	id, ok := in.stations[name]
	in.mu.Unlock()
	if ok {
		return id, nil
	}
	err = in.insist(ctx, func() (err error) {
		id, err = in.store.ImportStation(ctx, p.Station, p.Time)
		return err
	})
	if err != nil {
		return 0, err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stations[name] = id
	return id, nil
}

func (in *Ingester) forget() {
	in.mu.Lock()
	defer in.mu.Unlock()
	clear(in.stations)
}

// insist runs f again, with growing pauses, while it says that the database is
// not there. A batch that was stored before the connection broke is recognised.
func (in *Ingester) insist(ctx context.Context, f func() error) error {
	begun, pause := time.Now(), 50*time.Millisecond
	for {
		err := f()
		if err == nil || fault.KindOf(err) != fault.Unavailable || time.Since(begun) > in.patience {
			return err
		}
		if pause == 50*time.Millisecond {
			in.cfg.Log.WarnContext(ctx, "database away, trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, 2*time.Second)
	}
}
