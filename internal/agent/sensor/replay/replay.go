// Package replay plays a recording as if its events happened now.
//
// A recording is what package recording reads: a Windows event log, an event trace
// or lines of JSON. One computer's events are played, in the order of their times. Each time
// they are played they are processes of their own: the recording's names of
// processes are replaced, so that a recording that is played twice is two runs
// of everything and not the same run stored twice. Who runs what, and who started
// whom, stays as it was recorded.
package replay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// Config says what to play and how.
type Config struct {
	File     string
	Computer string // whose events, in any case of letters; "": of which there are most
	Scratch  string // folder for a copy in the order of time; required

	// Speed is how many times faster than recorded it is played; 0: as fast as
	// the agent takes it, with times as if the last event happened now.
	Speed     float64
	Loop      bool // begin again at the end; needs a Speed
	KeepTimes bool // the events keep the times they were recorded with

	Log *slog.Logger // if nil, nothing is logged
}

// Replay is a sensor.Source.
type Replay struct {
	cfg  Config
	tape *tape

	mu   sync.Mutex // guards what Rundown looks at
	pass *pass      // nil before the first
	sink *sensor.Sink
}

// Open reads the recording. The caller closes the Replay.
func Open(cfg Config) (*Replay, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case cfg.Speed < 0:
		return nil, fmt.Errorf("the speed of a replay is %g; it must be above 0, or 0 for as fast as possible", cfg.Speed)
	case cfg.Loop && cfg.Speed == 0:
		return nil, errors.New("a replay that begins again and again needs a speed above 0")
	}
	t, err := record(cfg.File, cfg.Scratch, cfg.Computer)
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", cfg.File, err)
	}
	cfg.Log.Info("recording read", "file", cfg.File, "computer", t.computer, "events", len(t.entries),
		"left_out", t.leftOut, "others", strings.Join(t.others, " "))
	if t.damaged > 0 {
		cfg.Log.Warn("records of the recording cannot be played", "file", cfg.File, "records", t.damaged, "err", t.damage)
	}
	return &Replay{cfg: cfg, tape: t}, nil
}

// Close removes the copy of the recording.
func (r *Replay) Close() error { return r.tape.close() }

// Computer returns the name of the computer whose events are played.
func (r *Replay) Computer() string { return r.tape.computer }

// Events returns how many events are played each time.
func (r *Replay) Events() int { return len(r.tape.entries) }

// Run plays the recording, once or until ctx is over.
func (r *Replay) Run(ctx context.Context, sink *sensor.Sink) error {
	sink.State(event.SensorReplay, sensor.Working, "")
	for {
		r.mu.Lock()
		r.pass, r.sink = newPass(r.tape, &r.cfg, time.Now()), sink
		r.mu.Unlock()
		if err := r.play(ctx, sink); err != nil || ctx.Err() != nil || !r.cfg.Loop {
			return err
		}
	}
}

// play plays the recording once.
func (r *Replay) play(ctx context.Context, sink *sensor.Sink) error {
	for i, e := range r.tape.entries {
		if r.cfg.Speed == 0 {
			if sink.Room(ctx) != nil {
				return nil
			}
		} else if wait := time.Until(r.pass.due(e.time)); wait > 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
		}
		p, err := r.tape.event(e)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.pass.begin(p, i)
		r.mu.Unlock()
		sink.Report(p)
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// Rundown reports the processes that have been played and have not ended.
func (r *Replay) Rundown(ctx context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pass == nil {
		return 0, errors.New("the replay has not begun yet")
	}
	list := make([]running, 0, len(r.pass.running))
	for _, run := range r.pass.running {
		list = append(list, run)
	}
	slices.SortFunc(list, func(a, b running) int { return a.entry - b.entry })
	for n, run := range list {
		if err := r.sink.Room(ctx); err != nil {
			return n, err
		}
		p, err := r.tape.event(r.tape.entries[run.entry])
		if err != nil {
			return n, err
		}
		r.pass.shift(p)
		run.names.name(p)
		p.Kind = event.Running
		r.sink.Report(p)
	}
	return len(list), nil
}

// newBoot returns a boot id for one time that a recording is played. It has 52
// bits, so that programs that know whole numbers only as floating point keep it.
func newBoot() uint64 { return 1 + rand.Uint64N(1<<52-1) }
