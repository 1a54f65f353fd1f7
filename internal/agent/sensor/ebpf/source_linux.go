package ebpf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

const (
	tick       = 100 * time.Millisecond // while forks wait for their exec
	readEvery  = 250 * time.Millisecond // what the kernel does not wake the agent for: forks and ends
	lookEvery  = time.Second            // for losses, and whether the clock was set
	compareFor = 10 * time.Second       // after a loss: what runs is compared with what is known each second
	compare    = time.Minute            // the same without a loss
	degraded   = time.Minute            // how long the state says that there was a loss
)

// Details of gaps.
const (
	dropped    = "the kernel had no room for what the programs of the sensor told, or could not run one of them"
	unreadable = "the sensor could not read what its programs in the kernel wrote"
)

// Config configures a Source.
type Config struct {
	Dir string       // where it keeps start times over restarts; "": nowhere
	Log *slog.Logger // if nil, nothing is logged
}

// Source is a sensor.Source. Its programs are in the kernel from Open on.
type Source struct {
	*linuxproc.Base
	decoder decoder

	// These change in Begin and End only.
	kernel *loaded       // nil: not loaded now
	since  time.Duration // since boot: from when on the kernel tells of forks
}

// Open loads the programs. The error says why this station cannot have them; the
// caller falls back to another sensor.
func Open(cfg Config) (*Source, error) {
	if err := linuxproc.SeesAll(); err != nil {
		return nil, err
	}
	station, err := linuxproc.Open(mode, cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Source{Base: linuxproc.NewBase(station, cfg.Log)}
	s.decoder = decoder{pageSize: uint64(os.Getpagesize()), mounts: station.Proc.Mounts}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, station.Runs.Close())
	}
	return s, nil
}

// load loads the programs, if they are not loaded.
func (s *Source) load() error {
	if s.kernel != nil {
		return nil
	}
	kernel, err := load(s.Proc.OneHierarchy())
	if err != nil {
		return err
	}
	s.kernel, s.since = kernel, s.Clock.Now()
	debug.FreeOSMemory() // the kernel's types take more than the sensor ever will
	return nil
}

// Close takes the programs out of the kernel. Run must have ended.
func (s *Source) Close() error {
	return s.Finish(func() (err error) {
		if s.kernel != nil {
			err, s.kernel = s.kernel.close(), nil
		}
		return err
	})
}

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	tracker, err := s.Begin(sink, s.load)
	if err != nil {
		return err
	}
	defer s.End(func() {
		if err := s.kernel.close(); err != nil {
			s.Log.Warn("a program stays in the kernel", "err", err)
		}
		s.kernel = nil
	})
	records, err := openQueue(s.kernel.ring)
	if err != nil {
		return err
	}
	sink.State(mode, sensor.Working, "")
	stop := context.AfterFunc(ctx, records.end)
	defer stop()
	w := &watch{source: s, kernel: s.kernel, records: records, tracker: tracker, sink: sink, looked: time.Now()}
	err = w.run(s.since)
	tracker.Flush()
	return errors.Join(err, records.close())
}

// snapshot asks the kernel for all processes.
func (s *Source) snapshot(kernel *loaded) ([]linuxproc.Facts, error) {
	list, err := kernel.found.Open()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer list.Close()
	raw, err := io.ReadAll(list)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	if len(raw)%factsSize != 0 {
		return nil, fmt.Errorf("list processes: %d bytes are not records of %d", len(raw), factsSize)
	}
	all := make([]linuxproc.Facts, 0, len(raw)/factsSize)
	for ; len(raw) > 0; raw = raw[factsSize:] {
		r, err := s.decoder.decode(raw[:factsSize])
		if err != nil {
			return nil, fmt.Errorf("list processes: %w", err)
		}
		all = append(all, r.facts)
	}
	return all, nil
}

// Rundown implements sensor.Source.
func (s *Source) Rundown(ctx context.Context) (int, error) {
	return s.Recount(ctx, func() ([]linuxproc.Facts, error) { return s.snapshot(s.kernel) }, s.Clock.Now()-linuxproc.Young)
}

// A watch is one Run: it takes the records, and looks at the clock, the losses and,
// now and then, at all that runs.
type watch struct {
	source  *Source
	kernel  *loaded
	records *queue
	tracker *linuxproc.Tracker
	sink    *sensor.Sink

	lost     uint64
	looked   time.Time // for losses
	lossSeen time.Time
	degraded bool // the state says that there was a loss
	compared time.Time
}

// run works until the queue is ended. What was forked before the given time since
// boot is found first.
func (w *watch) run(before time.Duration) error {
	s := w.source
	all, err := s.snapshot(w.kernel)
	if err != nil {
		return err
	}
	s.First(w.tracker, all, before)
	w.compared = time.Now()
	for pause := tick; ; {
		err := w.records.receive(time.Now().Add(pause), w.take)
		if errors.Is(err, errEnded) {
			// What the kernel has written until now.
			return errors.Join(w.records.rest(w.take), w.losses(time.Now()))
		}
		if err != nil {
			return err
		}
		if pause = readEvery; w.tracker.Tick() {
			pause = tick
		}
		if now := time.Now(); now.Sub(w.looked) >= lookEvery {
			if err := w.look(now); err != nil {
				return err
			}
		}
	}
}

// take tells the tracker of a record.
func (w *watch) take(raw []byte) {
	s := w.source
	r, err := s.decoder.decode(raw)
	if err != nil {
		now := time.Now()
		w.sink.Lost(1, now, now, unreadable)
		s.Log.Debug("a record of the kernel cannot be read", "err", err)
		return
	}
	switch r.kind {
	case kindFork:
		w.tracker.Forked(r.facts)
	case kindExec:
		w.tracker.Execed(r.facts, r.at)
	case kindExit:
		w.tracker.Ended(r.end)
	}
}

func (w *watch) look(now time.Time) error {
	s := w.source
	s.Look()
	if err := w.losses(now); err != nil {
		return err
	}
	if w.degraded && now.Sub(w.lossSeen) > degraded {
		w.degraded = false
		w.sink.State(mode, sensor.Working, "")
	}
	if now.Sub(w.lossSeen) > compareFor && now.Sub(w.compared) < compare {
		return nil
	}
	w.compared = now
	all, err := s.snapshot(w.kernel)
	if err != nil {
		return err
	}
	w.tracker.Found(all, s.Clock.Now()-linuxproc.Young, false)
	return nil
}

// losses tells what was lost since the last look.
func (w *watch) losses(now time.Time) error {
	lost, err := w.kernel.losses()
	if err != nil {
		return err
	}
	if lost > w.lost {
		w.sink.Lost(lost-w.lost, w.looked, now, dropped)
		w.sink.State(mode, sensor.Degraded, dropped)
		w.lossSeen, w.degraded = now, true
	}
	w.lost, w.looked = lost, now
	return nil
}
