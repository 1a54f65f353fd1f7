package poll

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/event"
)

// listEvery is the time between looks at the list of processes.
const listEvery = 500 * time.Millisecond

// settleIn is how long it takes a process at most to know its command line, but
// on a station that has much to do.
const settleIn = 100 * time.Millisecond

// listMisses is what the sensor's state says besides why there is no better one.
const listMisses = "processes that live for less than half a second may not be seen"

// A Lister is the Source of Windows: it sees processes by the system's list.
type Lister struct {
	winproc.Rundowner
	why     string
	station winproc.Station
}

// NewLister returns a Lister. why is why there is no better sensor, for people.
func NewLister(station winproc.Station, why string) *Lister {
	l := &Lister{why: listMisses, station: station}
	if why != "" {
		l.why += "; " + why
	}
	return l
}

// Close does nothing: what Run holds it lets go itself.
func (l *Lister) Close() error { return nil }

// Run implements sensor.Source.
func (l *Lister) Run(ctx context.Context, sink *sensor.Sink) error {
	t := winproc.NewTable(l.station, mode)
	defer t.Close()
	l.Use(t, sink)
	defer l.Use(nil, nil)
	sink.State(mode, sensor.Degraded, l.why)
	all, err := t.List()
	if err != nil {
		return fmt.Errorf("look at what runs: %w", err)
	}
	for _, e := range t.Running(all) {
		sink.Report(e)
	}
	ticks := time.NewTicker(listEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		now := time.Now()
		if all, err = t.List(); err != nil {
			return fmt.Errorf("look at what runs: %w", err)
		}
		// The ends come first: a pid may have been used again.
		for _, e := range t.Missing(all, now) {
			sink.Report(e)
		}
		began := t.New(all)
		settle(ctx, t, began, now)
		for _, e := range began {
			sink.Report(e)
		}
	}
}

// settle waits a moment where processes are so young that they do not have their
// command lines yet.
func settle(ctx context.Context, t *winproc.Table, began []*event.Process, now time.Time) {
	young := func(e *event.Process) bool {
		return e.CommandLine == "" && now.Sub(e.Started) < listEvery
	}
	if !slices.ContainsFunc(began, young) {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(settleIn):
	}
	for _, e := range began {
		if young(e) {
			t.Complete(e)
		}
	}
}
