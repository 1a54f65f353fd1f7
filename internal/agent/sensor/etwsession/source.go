package etwsession

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/event"
)

// mode is the name of this sensor.
const mode = event.SensorETW

// Config configures a Source.
type Config struct {
	Dir string       // of the agent's state: agents with different ones do not disturb each other
	Log *slog.Logger // if nil, nothing is logged
}

// Source is a sensor.Source.
type Source struct {
	start   starter
	station winproc.Station
	log     *slog.Logger
	asked   chan asked
	loaded  *loadedImages

	mu      sync.Mutex
	opened  session // begun by Open, for the first Run
	how     way
	since   time.Time // that session
	running bool
}

// asked is a request for a rundown.
type asked struct {
	answer chan int
}

// open begins a session, so that it is certain that there can be one.
func open(start starter, station winproc.Station, log *slog.Logger) (*Source, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Source{start: start, station: station, log: log, asked: make(chan asked), loaded: newLoadedImages()}
	since := time.Now()
	opened, how, err := start()
	if err != nil {
		return nil, err
	}
	s.opened, s.how, s.since = opened, how, since
	return s, nil
}

// Close ends the session that Open began, if no Run has. Run must have ended.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened == nil {
		return nil
	}
	err := s.opened.close()
	s.opened = nil
	return err
}

// Loaded tells the time stamp and the checksum in the header of the image that
// the kernel loaded for a process that was reported a moment ago.
func (s *Source) Loaded(p *event.Process) (timeDateStamp, checksum uint32, ok bool) {
	return s.loaded.get(p.Key())
}

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	r := &run{Source: s, sink: sink, list: winproc.Lister{Station: s.station}, held: map[uint32]*holding{}}
	s.mu.Lock()
	r.session, r.way, r.began = s.opened, s.how, s.since
	s.opened, s.running = nil, true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running = false
		s.mu.Unlock()
	}()
	if r.session == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	return r.run(ctx)
}

// Rundown implements sensor.Source.
func (s *Source) Rundown(ctx context.Context) (int, error) {
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if !running {
		return 0, winproc.ErrNotRunning
	}
	ask := asked{make(chan int, 1)}
	select {
	case s.asked <- ask:
		return <-ask.answer, ctx.Err()
	case <-ctx.Done():
		return 0, fmt.Errorf("ask for what runs: %w", ctx.Err())
	}
}
