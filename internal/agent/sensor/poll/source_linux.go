package poll

import (
	"context"
	"log/slog"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

// interval is the time between looks.
const interval = time.Second

// missing is what the sensor's state says besides why there is no better one.
const missing = "processes that live for less than a second may not be seen"

// Config configures a Source.
type Config struct {
	Dir string       // where it keeps start times over restarts; "": nowhere
	Why string       // why there is no better sensor, for people
	Log *slog.Logger // if nil, nothing is logged
}

// Source is a sensor.Source.
type Source struct {
	*linuxproc.Base
	why string
}

// Open prepares a Source.
func Open(cfg Config) (*Source, error) {
	station, err := linuxproc.Open(mode, cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Source{Base: linuxproc.NewBase(station, cfg.Log), why: missing}
	if cfg.Why != "" {
		s.why = missing + "; " + cfg.Why
	}
	return s, nil
}

// Close ends what Open began. Run must have ended.
func (s *Source) Close() error { return s.Finish(func() error { return nil }) }

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	tracker, err := s.Begin(sink, func() error { return nil })
	if err != nil {
		return err
	}
	defer s.End(func() {})
	sink.State(mode, sensor.Degraded, s.why)
	l := &look{tracker: tracker, proc: s.Proc, known: map[uint32]known{}}
	all, err := s.Proc.Snapshot()
	if err != nil {
		return err
	}
	s.First(tracker, all, s.Clock.Now())
	l.remember(all)
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		s.Look()
		now := s.Clock.Now()
		if all, err = s.Proc.Snapshot(); err != nil {
			return err
		}
		l.compare(all, now)
		tracker.Tick()
	}
}

// Rundown implements sensor.Source.
func (s *Source) Rundown(ctx context.Context) (int, error) {
	// What is not known yet is left to the next look, which is the one to tell it.
	return s.Recount(ctx, s.Proc.Snapshot, 0)
}

// known is a process as the last look found it.
type known struct {
	forked time.Duration
	image  string
}

// A look compares what runs with what ran at the last one.
type look struct {
	tracker *linuxproc.Tracker
	proc    *linuxproc.Proc
	known   map[uint32]known
}

func (l *look) remember(all []linuxproc.Facts) {
	for _, f := range all {
		l.known[f.PID] = known{f.Forked, l.proc.Image(f.PID)}
	}
}

// compare tells the tracker what is other than at the last look. The ends come
// first: a pid may have been used again.
func (l *look) compare(all []linuxproc.Facts, now time.Duration) {
	there := make(map[uint32]time.Duration, len(all))
	for _, f := range all {
		there[f.PID] = f.Forked
	}
	for pid, before := range l.known {
		if forked, ok := there[pid]; ok && forked == before.forked {
			continue
		}
		delete(l.known, pid)
		if ref, ok := l.tracker.Current(pid); ok {
			l.tracker.Ended(linuxproc.End{Ref: ref, At: now, Inferred: true})
		}
	}
	for _, f := range all {
		before, ran := l.known[f.PID]
		image := l.proc.Image(f.PID)
		if ran && (image == before.image || image == "") {
			continue
		}
		l.known[f.PID] = known{f.Forked, image}
		if ref, ok := l.tracker.Current(f.PID); ok {
			f.Ref = ref
			f.Execs++
		}
		if parent, ok := l.tracker.Current(f.Parent.PID); ok {
			f.Parent = parent
		}
		// A process that is gone by now was never seen whole; nor is it told.
		if l.proc.Fill(&f) == nil {
			l.tracker.Execed(f, now)
		} else {
			delete(l.known, f.PID)
		}
	}
}
