package procconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	*linuxproc.Base
	why string

	// These change in Begin and End only.
	socket *socket       // nil: not open now
	since  time.Duration // since boot: from when on the kernel tells
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
	s := &Source{Base: linuxproc.NewBase(station, cfg.Log), why: cfg.Why}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, station.Runs.Close())
	}
	return s, nil
}

// open opens the socket, if it is not open.
func (s *Source) open() error {
	if s.socket != nil {
		return nil
	}
	socket, err := openSocket()
	if err != nil {
		return err
	}
	s.socket, s.since = socket, s.Clock.Now()
	return nil
}

// Close tells the kernel that nobody listens. Run must have ended.
func (s *Source) Close() error {
	return s.Finish(func() (err error) {
		if s.socket != nil {
			err, s.socket = s.socket.close(), nil
		}
		return err
	})
}

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	tracker, err := s.Begin(sink, s.open)
	if err != nil {
		return err
	}
	defer s.End(func() {
		if err := s.socket.close(); err != nil {
			s.Log.Warn("the process connector goes on telling", "err", err)
		}
		s.socket = nil
	})
	l := &listener{source: s, socket: s.socket, tracker: tracker, sink: sink, numbers: counter{}, looked: time.Now(), compared: time.Now()}
	sink.State(mode, sensor.Degraded, s.why)
	if err := l.socket.wait(tick); err != nil {
		return err
	}
	all, err := s.Proc.Snapshot()
	if err != nil {
		return fmt.Errorf("look at what runs: %w", err)
	}
	s.First(tracker, all, s.since)
	err = l.run(ctx)
	l.losses(time.Now())
	tracker.Flush()
	return err
}

// Rundown implements sensor.Source.
func (s *Source) Rundown(ctx context.Context) (int, error) {
	return s.Recount(ctx, s.Proc.Snapshot, s.Clock.Now()-linuxproc.Young)
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
		if s, err := l.source.Proc.Stat(m.pid); err == nil {
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
		if s, err := l.source.Proc.Stat(m.pid); err == nil {
			f.Parent = l.who(s.ParentPID, at)
		}
		if l.source.Proc.Fill(&f) != nil || f.Image == "" || f.CommandLine == "" {
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
	if s, err := l.source.Proc.Stat(pid); err == nil {
		return linuxproc.Ref{PID: pid, Forked: s.Forked, Execs: 1}
	}
	return linuxproc.Ref{PID: pid, Forked: at}
}

// look is called each second.
func (l *listener) look(now time.Time) error {
	l.source.Look()
	l.losses(now)
	if now.Sub(l.lossSeen) > compareFor && now.Sub(l.compared) < compare {
		return nil
	}
	// What runs and was not told of is found.
	all, err := l.source.Proc.Snapshot()
	if err != nil {
		return fmt.Errorf("compare with what runs: %w", err)
	}
	l.compared = time.Now()
	l.tracker.Found(all, l.source.Clock.Now()-linuxproc.Young, false)
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
