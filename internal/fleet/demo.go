package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
)

// Demo plays a scenario to a server: what lies behind it as fast as it goes, and
// then what happens, as it happens.
//
// What it has told is remembered by the server, when it began by a file in Dir: a
// demo that is started again goes on where it was, and makes up for the time in
// between.
type Demo struct {
	Scenario  *scenario.Scenario
	Server    string                                // https://host:port of the agents' listener
	Authority string                                // fingerprint
	Key       func(context.Context) (string, error) // enrolment key, asked for if a station is new
	Dir       string
	Version   string
	Days      int     // that lie behind it; at least 1
	Seed      uint64  // for a demo that begins
	Busy      float64 // see world.Config
	Log       *slog.Logger

	// Speed is how fast the past goes by: 60 plays an hour in a minute, 0 as fast
	// as it goes. The present is always real time.
	Speed float64
}

const (
	// recent is what is told first, so that there is something to see at once.
	recent = 24 * time.Hour
	// together is how many stations deliver their past at one time.
	together = 4
	// portion is how many records of the past a station delivers before another
	// one has its turn.
	portion = 2000
	// beat is how often stations look what happens now.
	beat = 250 * time.Millisecond
)

// playing is a demo that runs.
type playing struct {
	*Demo
	state  *demoState
	fleet  *Fleet
	turns  chan struct{}
	begun  time.Time
	behind atomic.Int64 // stations that are not in the present yet
}

// Run plays until ctx is over, and returns nil then. Stations that were removed
// or revoked fall silent.
func (d *Demo) Run(ctx context.Context) error {
	state, err := d.load(time.Now())
	if err != nil {
		return err
	}
	recentWorld, pastWorld := d.world(state), d.world(state)
	fleet, err := New(Config{
		Server: d.Server, Authority: d.Authority, Key: d.Key, Dir: filepath.Join(d.Dir, "stations"), Version: d.Version,
		Tasks: true, File: recentWorld.File, Log: d.Log,
	})
	if err != nil {
		return err
	}
	p := &playing{Demo: d, state: state, fleet: fleet, turns: make(chan struct{}, together), begun: time.Now()}
	now, past := recentWorld.Stations(), pastWorld.Stations()
	p.behind.Store(int64(len(now)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	failed := make(chan error, len(now))
	for i := range now {
		group.Go(func() {
			if err := p.play(ctx, &script{recent: now[i], past: past[i], cut: p.cut(), live: state.Live}); err != nil && ctx.Err() == nil {
				failed <- fmt.Errorf("simulated station %s: %w", now[i].Name(), err)
				cancel()
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}

func (d *Demo) world(state *demoState) *world.World {
	return world.New(d.Scenario, world.Config{Seed: state.Seed, From: state.From, Live: state.Live, Zone: state.zone(), Busy: state.Busy})
}

// cut is when what is told first begins. A past that goes by slowly is told in
// its order.
func (p *playing) cut() time.Time {
	if p.Speed > 0 {
		return p.state.From
	}
	return p.state.Live.Add(-recent)
}

// play plays one station.
func (p *playing) play(ctx context.Context, s *script) error {
	w := s.recent
	station, err := p.fleet.NewStation(Machine{ID: w.ID(), Name: w.Name(), Fingerprint: w.Fingerprint(), System: w.System()})
	if err != nil {
		return err
	}
	told, err := station.Join(ctx)
	if err != nil {
		return p.gone(ctx, station, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		err := station.Run(ctx)
		cancel() // nobody would take what is told
		ended <- err
	}()
	err = p.tell(ctx, station, s, told)
	cancel()
	return errors.Join(err, p.gone(ctx, station, <-ended))
}

// gone takes the end of a station that the server does not want any more for
// what somebody has decided.
func (p *playing) gone(ctx context.Context, s *Station, err error) error {
	if errors.Is(err, ErrOut) {
		p.Log.InfoContext(ctx, "simulated station falls silent", "station", s.machine.Name, "reason", err.Error())
		return nil
	}
	return err
}

// tell hands a station's records over, without those that were told before.
func (p *playing) tell(ctx context.Context, station *Station, s *script, told uint64) error {
	for ; told > 0; told-- {
		if _, ok := s.next(time.Now()); !ok {
			break // the clock was set back, or the server has been told more than there is
		}
	}
	for {
		select {
		case p.turns <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		now, n, err := p.time(), 0, error(nil)
		for ; n < portion && err == nil; n++ {
			r, ok := s.next(now)
			if !ok {
				break
			}
			err = station.Put(ctx, Record{Event: r.Event, Gap: r.Gap, Device: r.Device})
		}
		boot, up := s.recent.Boot()
		station.SetState(s.recent.Skew(), boot, up)
		if err == nil && (n == portion || !s.caughtUp) {
			err = station.Flush(ctx)
		}
		<-p.turns
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if n == portion {
			continue
		}
		if !s.caughtUp && time.Since(now) < time.Minute {
			s.caughtUp = true
			if p.behind.Add(-1) == 0 {
				f := p.fleet.Figures()
				p.Log.InfoContext(ctx, "demo: the past is told", "days", p.state.days(), "records", f.Acknowledged, "dur", time.Since(p.begun).Round(time.Second))
			}
		}
		if s.recent.Silent(now) {
			return station.Flush(ctx)
		}
		if sleep(ctx, beat) != nil {
			return nil
		}
	}
}

// time is up to when things have happened.
func (p *playing) time() time.Time {
	now := time.Now()
	if p.Speed <= 0 {
		return now
	}
	played := p.state.From.Add(time.Duration(float64(now.Sub(p.begun)) * p.Speed))
	if played.After(now) {
		return now
	}
	return played
}

// script is the order in which a station's records are told: first the recent
// past, then what was before that, then the present. The order is the same each
// time, so that a number is always that of the same record.
type script struct {
	recent, past *world.Station // of two equal worlds
	cut, live    time.Time
	part         int
	caughtUp     bool
}

// next returns the next record of what has happened until now.
func (s *script) next(now time.Time) (world.Record, bool) {
	if s.part == 0 {
		for { // what is before the cut comes later
			if _, ok := s.recent.Next(s.cut); !ok {
				break
			}
		}
		s.part++
	}
	if s.part == 1 {
		until := s.live
		if now.Before(until) {
			until = now
		}
		if r, ok := s.recent.Next(until); ok || until.Before(s.live) {
			return r, ok
		}
		s.part++
	}
	if s.part == 2 {
		if r, ok := s.past.Next(s.cut); ok {
			return r, ok
		}
		s.past = nil
		s.part++
	}
	return s.recent.Next(now)
}
