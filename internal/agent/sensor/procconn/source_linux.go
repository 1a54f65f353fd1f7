package procconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

const (
	tick       = 50 * time.Millisecond
	lookEvery  = time.Second
	compareFor = 10 * time.Second // after a loss: what runs is compared with what is known each second
	compare    = time.Minute      // the same without a loss
)

// Details of gaps.
const (
	bufferFull = "the kernel's buffer of the process connector was full"
	tooShort   = "processes ended before their image and command line could be read; their starts and ends are there"
)

// Config configures a Source.
type Config struct {
	Dir string       // where it keeps start times over restarts; "": nowhere
	Why string       // why there is no better sensor, for people
	Log *slog.Logger // if nil, nothing is logged
}

// Source is a sensor.Source.
type Source struct {
	why     string
	log     *slog.Logger
	station *linuxproc.Config

	mu      sync.Mutex
	socket  *socket // nil: not open now
	tracker *linuxproc.Tracker
	since   time.Duration // since boot: from when on the kernel tells
}

// Open asks the kernel for its messages. The error says why this station cannot
// have them.
func Open(cfg Config) (*Source, error) {
	if err := linuxproc.SeesAll(); err != nil {
		return nil, err
	}
	station, err := linuxproc.Open(mode, cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Source{why: cfg.Why, log: cfg.Log, station: station}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, station.Runs.Close())
	}
	return s, nil
}

func (s *Source) open() error {
	socket, err := openSocket()
	if err != nil {
		return err
	}
	s.socket, s.since = socket, s.station.Clock.Now()
	return nil
}

// Close tells the kernel that nobody listens. Run must have ended.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.station.Runs.Close()
	if s.socket != nil {
		err = errors.Join(err, s.socket.close())
		s.socket = nil
	}
	return err
}

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	s.mu.Lock()
	if s.socket == nil {
		if err := s.open(); err != nil {
			s.mu.Unlock()
			return err
		}
	}
	s.tracker = linuxproc.NewTracker(*s.station, sink)
	l := &listener{source: s, socket: s.socket, tracker: s.tracker, sink: sink, numbers: counter{}, looked: time.Now()}
	before := s.since
	s.mu.Unlock()
	defer s.end()

	sink.State(mode, sensor.Degraded, s.why)
	if err := l.socket.wait(tick); err != nil {
		return err
	}
	if err := l.compare(before); err != nil {
		return err
	}
	if err := s.tracker.Forget(); err != nil {
		s.log.Warn("start times are not kept over a restart of the agent", "err", err)
	}
	err := l.run(ctx)
	l.losses(time.Now())
	s.tracker.Flush()
	return err
}

// end closes the socket, so that a Run that comes later begins anew.
func (s *Source) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.socket.close(); err != nil {
		s.log.Warn("the process connector goes on telling", "err", err)
	}
	s.socket, s.tracker = nil, nil
}

// Rundown implements sensor.Source.
func (s *Source) Rundown(ctx context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tracker == nil {
		return 0, errors.New("the sensor does not run")
	}
	all, err := s.station.Proc.Snapshot()
	if err != nil {
		return 0, err
	}
	return s.tracker.Found(all, s.station.Clock.Now()-linuxproc.Young, true), ctx.Err()
}

// SameFiles tells whether a process that was reported a moment ago sees the
// files that the agent sees: whether it is not in a container.
func (s *Source) SameFiles(seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tracker != nil && s.tracker.SameFiles(seq)
}

// A listener is one Run.
type listener struct {
	source  *Source
	socket  *socket
	tracker *linuxproc.Tracker
	sink    *sensor.Sink

	numbers  counter
	missed   uint64 // messages, since looked
	unread   uint64 // processes, since looked
	looked   time.Time
	lossSeen time.Time
	compared time.Time
	ticked   time.Time
}

// run listens until ctx is over and what had come until then is told.
func (l *listener) run(ctx context.Context) error {
	for {
		messages, err := l.socket.receive()
		now := time.Now()
		switch {
		case errors.Is(err, errLost):
			l.lossSeen = now
		case err != nil:
			return err
		case len(messages) == 0 && ctx.Err() != nil:
			return nil
		}
		for _, m := range messages {
			l.take(m)
		}
		if now.Sub(l.ticked) >= tick {
			l.ticked = now
			l.tracker.Tick()
		}
		if now.Sub(l.looked) >= lookEvery {
			if err := l.look(now); err != nil {
				return err
			}
		}
	}
}

// take tells the tracker of one message.
func (l *listener) take(m message) {
	if m.what == answer {
		return // it has no number
	}
	l.missed += l.numbers.missed(m)
	at := m.at + linuxproc.Suspended()
	switch {
	case m.pid != m.thread && m.what != exited:
		return // a thread
	case m.what == forked:
		f := linuxproc.Facts{Ref: linuxproc.Ref{PID: m.pid, Forked: at}, Parent: l.who(m.parentPID, at)}
		if s, err := l.source.station.Proc.Stat(m.pid); err == nil {
			if s.Kernel {
				return
			}
			f.Forked = s.Forked
			if s.ParentPID != m.parentPID { // CLONE_PARENT, or the parent has ended already
				if _, known := l.tracker.Current(m.parentPID); known {
					f.Parent, f.Creator = l.who(s.ParentPID, at), m.parentPID
				}
			}
		}
		l.tracker.Forked(f)
	case m.what == execed:
		ref := l.who(m.pid, at)
		ref.Execs++
		f := linuxproc.Facts{Ref: ref}
		if s, err := l.source.station.Proc.Stat(m.pid); err == nil {
			f.Parent = l.who(s.ParentPID, at)
		}
		if l.source.station.Proc.Fill(&f) != nil || f.Image == "" || f.CommandLine == "" {
			l.unread++
		}
		l.tracker.Execed(f, at)
	case m.what == exited && m.pid == m.thread:
		// The leader's end. The others of its threads may still run, for a moment or,
		// where a program is strange, for long.
		if ref, known := l.tracker.Current(m.pid); known {
			l.tracker.Ended(linuxproc.End{Ref: ref, At: at, Status: &m.status})
		}
	}
}

// who names the process that has a pid at a time.
func (l *listener) who(pid uint32, at time.Duration) linuxproc.Ref {
	if ref, known := l.tracker.Current(pid); known {
		return ref
	}
	if s, err := l.source.station.Proc.Stat(pid); err == nil {
		return linuxproc.Ref{PID: pid, Forked: s.Forked, Execs: 1}
	}
	return linuxproc.Ref{PID: pid, Forked: at}
}

// look is called each second.
func (l *listener) look(now time.Time) error {
	s := l.source
	if err := s.station.Clock.Look(); err != nil {
		s.log.Warn("start times are not kept over a restart of the agent", "err", err)
	}
	l.losses(now)
	if now.Sub(l.lossSeen) > compareFor && now.Sub(l.compared) < compare {
		return nil
	}
	return l.compare(s.station.Clock.Now() - linuxproc.Young)
}

// compare finds what runs and was not told of.
func (l *listener) compare(before time.Duration) error {
	all, err := l.source.station.Proc.Snapshot()
	if err != nil {
		return fmt.Errorf("compare with what runs: %w", err)
	}
	l.compared = time.Now()
	l.tracker.Found(all, before, false)
	return nil
}

// losses tells what was lost since the last look.
func (l *listener) losses(now time.Time) {
	if l.missed > 0 {
		l.sink.Lost(l.missed, l.looked, now, bufferFull)
		l.lossSeen = now
	}
	if l.unread > 0 {
		l.sink.Lost(l.unread, l.looked, now, tooShort)
	}
	l.missed, l.unread, l.looked = 0, 0, now
}
