package linuxproc

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
)

// A Base is what the sources of Linux have in common: a Tracker while they run,
// and what others ask it meanwhile.
type Base struct {
	*Config
	Log *slog.Logger

	mu      sync.Mutex
	tracker *Tracker // nil: Run does not run
}

// NewBase returns that of a sensor of this station. log may be nil.
func NewBase(station *Config, log *slog.Logger) *Base {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Base{Config: station, Log: log}
}

// Begin begins a Run: ready makes the source ready, if it is not, and the Tracker
// that is returned reports to sink.
func (b *Base) Begin(sink *sensor.Sink, ready func() error) (*Tracker, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ready(); err != nil {
		return nil, err
	}
	b.tracker = NewTracker(*b.Config, sink)
	return b.tracker, nil
}

// End ends a Run. release lets go what the source holds, so that a Run that comes
// later begins anew.
func (b *Base) End(release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	release()
	b.tracker = nil
}

// Finish ends what opening a source began, and so does release. Run must have ended.
func (b *Base) Finish(release func() error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return errors.Join(b.Runs.Close(), release())
}

// First tells of all that runs when a Run begins, if it was forked before the
// time since boot from which on the source itself tells of forks.
func (b *Base) First(t *Tracker, all []Facts, before time.Duration) {
	t.Found(all, before, false)
	if err := t.Forget(); err != nil {
		b.unkept(err)
	}
}

// Look finds out whether the station's clock was set. It is called every second.
func (b *Base) Look() {
	if err := b.Clock.Look(); err != nil {
		b.unkept(err)
	}
}

func (b *Base) unkept(err error) {
	b.Log.Warn("start times are not kept over a restart of the agent", "err", err)
}

// Recount is a source's Rundown of what snapshot finds: of what is known, and of
// what was forked before a time since boot.
func (b *Base) Recount(ctx context.Context, snapshot func() ([]Facts, error), before time.Duration) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tracker == nil {
		return 0, errors.New("the sensor does not run")
	}
	all, err := snapshot()
	if err != nil {
		return 0, err
	}
	return b.tracker.Found(all, before, true), ctx.Err()
}

// SameFiles tells whether a process that was reported a moment ago sees the
// station's files: whether it is not in a container.
func (b *Base) SameFiles(seq uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tracker != nil && b.tracker.SameFiles(seq)
}
