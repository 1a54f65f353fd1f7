//go:build linux || windows

package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
)

// betterEvery is how often it is tried whether a better way can be had again.
const betterEvery = 10 * time.Minute

// A ladder is the best way that can be had at any time. When one fails while it
// runs, the next one takes its place in the same moment; the better ones are
// tried again now and then.
type ladder struct {
	ways []way
	log  *slog.Logger

	mu      sync.Mutex
	current Source // nil: the last one failed, and there was no other
	at      int    // which way it is
}

// newLadder opens the first way that can be had.
func newLadder(ways []way, log *slog.Logger) (*ladder, error) {
	source, at, err := descend(ways, nil, log)
	if err != nil {
		return nil, err
	}
	return &ladder{ways: ways, log: log, current: source, at: at}, nil
}

// inUse returns the one that is in use, and which it is; nil: none.
func (l *ladder) inUse() (Source, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current, l.at
}

func (l *ladder) use(source Source, at int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current, l.at = source, at
}

// Close closes the one that is in use.
func (l *ladder) Close() error {
	source, _ := l.inUse()
	if source == nil {
		return nil
	}
	l.use(nil, 0)
	return source.Close()
}

// Rundown implements sensor.Source.
func (l *ladder) Rundown(ctx context.Context) (int, error) {
	source, _ := l.inUse()
	if source == nil {
		return 0, errors.New("the sensor does not run")
	}
	return source.Rundown(ctx)
}

// Run implements sensor.Source.
func (l *ladder) Run(ctx context.Context, sink *sensor.Sink) error {
	for {
		source, at := l.inUse()
		if source == nil { // all failed, and the agent tries again
			var err error
			if source, at, err = descend(l.ways, nil, l.log); err != nil {
				return err
			}
			l.use(source, at)
		}
		better, betterAt, err := l.runOne(ctx, source, at, sink)
		failed := time.Now()
		if closed := source.Close(); closed != nil {
			l.log.Warn("a sensor cannot be closed", "sensor", l.ways[at].name, "err", closed)
		}
		switch {
		case better != nil:
			l.log.Info("processes are seen in a better way again", "sensor", l.ways[betterAt].name)
			l.use(better, betterAt)
			continue
		case err == nil, ctx.Err() != nil:
			l.use(nil, 0)
			return err
		}
		why := reason(string(l.ways[at].name)+" failed", err)
		l.log.Error("a sensor failed; the next one takes its place", "sensor", l.ways[at].name, "err", err)
		next, vain, cannot := descend(l.ways[at+1:], []string{why}, l.log)
		sink.Lost(0, failed, time.Now(), "the sensor failed: "+why)
		if cannot != nil {
			l.use(nil, 0)
			return cannot
		}
		l.use(next, at+1+vain)
	}
}

// runOne runs a source until ctx is over, until it fails, or until a better one
// can be had, which it then returns, opened.
func (l *ladder) runOne(ctx context.Context, source Source, at int, sink *sensor.Sink) (better Source, betterAt int, err error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- source.Run(running, sink) }()
	again := time.NewTicker(betterEvery)
	defer again.Stop()
	for {
		select {
		case err := <-ended:
			return nil, 0, err
		case <-again.C:
		}
		if better, betterAt = l.better(at); better == nil {
			continue
		}
		stop() // the better one has begun to listen already
		if err := <-ended; err != nil {
			l.log.Warn("a sensor that is given up failed at its end", "sensor", l.ways[at].name, "err", err)
		}
		return better, betterAt, nil
	}
}

// better opens a way that is better than one, if one can be had now.
func (l *ladder) better(at int) (Source, int) {
	// What cannot be had is not said every time.
	source, which, err := descend(l.ways[:at], nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, 0
	}
	return source, which
}
