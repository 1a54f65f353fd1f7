package agent

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	takeEvents = 256             // written at once
	enrichTime = 2 * time.Second // how long events wait for facts
)

// notAnEvent is the detail of the gap for what cannot be recorded. It is always
// the same text, so that hostile events do not make as many gaps.
const notAnEvent = "the sensor reported what is no event; the agent's log on level debug says what"

// Enrich adds to events what the sensor did not know. It returns when it is done
// or ctx is over, which is soon; the events then go on as they are. It returns
// those for which there was no time.
type Enrich func(ctx context.Context, events []*event.Process) (skipped []*event.Process)

// notADevice is the same for what the system says of a USB device.
const notADevice = "the system reported what is no USB device; the agent's log on level debug says what"

// skippedEvery is how long events without facts add up before a gap tells of them.
const skippedEvery = time.Minute

// keeper is what keeps records: the spool.
type keeper interface {
	Append(ctx context.Context, records ...[]byte) (uint64, error)
}

// A recorder carries what the sink has into the spool. Gaps of other origin may be recorded at the same time.
type recorder struct {
	sink   *sensor.Sink
	watch  func([]*event.Process) // if not nil, told of what is taken from the sink
	enrich Enrich                 // nil: nothing is added
	spool  keeper
	log    *slog.Logger

	mu      sync.Mutex // guards everything below
	failing bool       // the last write failed
	skipped event.Gap  // events without facts that no gap tells of yet
	since   time.Time  // the first of them was recorded
}

// run records until ctx is over and nothing is left in the sink.
func (r *recorder) run(ctx context.Context) {
	for {
		events, gaps, err := r.sink.Take(ctx, takeEvents)
		if err != nil {
			r.tellSkipped(time.Now().Add(skippedEvery))
			return
		}
		if r.watch != nil {
			r.watch(events)
		}
		r.record(events, gaps)
	}
}

// record writes events and gaps to the spool. It is not stopped by the end of the
// agent: what the sink gave is not given again.
func (r *recorder) record(events []*event.Process, gaps []event.Gap) {
	if r.enrich != nil && len(events) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), enrichTime)
		r.noteSkipped(r.enrich(ctx, events))
		cancel()
	}
	records := make([][]byte, 0, len(events)+len(gaps))
	for _, p := range events {
		raw, err := encode(p)
		if err != nil {
			r.sink.Lost(1, at(p), at(p), notAnEvent)
			r.log.Debug("an event cannot be recorded", "err", err)
			continue
		}
		records = append(records, raw)
	}
	for i := range gaps {
		raw, err := encodeGap(&gaps[i])
		if err != nil {
			// It has times that no clock shows, as an event that was lost may have.
			// What matters is that it is told.
			r.log.Warn("a gap is recorded with the time of now", "cause", gaps[i].Cause, "err", err)
			gaps[i].From = time.Now().UTC()
			gaps[i].To = gaps[i].From
			raw, err = encodeGap(&gaps[i])
		}
		if err != nil {
			r.log.Error("a gap cannot be recorded", "cause", gaps[i].Cause, "err", err)
			continue
		}
		records = append(records, raw)
	}
	r.append(records)
}

// device writes what happened to a USB device to the spool.
func (r *recorder) device(d event.Device) {
	raw, err := encodeDevice(&d)
	if err != nil {
		r.log.Debug("a USB device cannot be recorded", "err", err)
		now := time.Now()
		g := span(event.SourceLost, now, now, notADevice)
		one := uint64(1)
		g.Events = &one
		r.record(nil, []event.Gap{g})
		return
	}
	r.append([][]byte{raw})
}

// noteSkipped counts events without facts.
func (r *recorder) noteSkipped(events []*event.Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := &r.skipped
	for _, p := range events {
		if g.Events == nil {
			*g = span(event.EnrichmentSkipped, at(p), at(p), "there was no time to read the files of these processes: their hashes are missing")
			g.Events, r.since = new(uint64), time.Now()
		}
		*g.Events++
		if t := at(p).UTC(); t.Before(g.From) {
			g.From = t
		} else if t.After(g.To) {
			g.To = t
		}
	}
}

// tellSkipped records the gap for events without facts, if it is due.
func (r *recorder) tellSkipped(now time.Time) {
	r.mu.Lock()
	g := r.skipped
	if g.Events == nil || now.Sub(r.since) < skippedEvery {
		r.mu.Unlock()
		return
	}
	r.skipped = event.Gap{}
	r.mu.Unlock()
	r.record(nil, []event.Gap{g})
}

// append writes records. What cannot be written the spool counts itself.
func (r *recorder) append(records [][]byte) {
	if len(records) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := r.spool.Append(context.Background(), records...)
	switch {
	case err == nil && r.failing:
		r.log.Info("events can be kept again")
	case err != nil && !r.failing:
		r.log.Error("events cannot be kept: they are counted as lost", "err", err)
	}
	r.failing = err != nil
}

// at returns a time that a gap may have: that of the event, if it is one that a
// clock shows.
func at(p *event.Process) time.Time {
	if (&event.Gap{Kind: event.GapKind, Cause: event.SourceLost, From: p.Time, To: p.Time}).Check() != nil {
		return time.Now()
	}
	return p.Time
}

// encode returns the record of an event. Whose it is and which number it has are
// not the sensor's to say.
func encode(p *event.Process) ([]byte, error) {
	p.Station, p.Seq, p.Origin, p.SourceFile, p.SourceRecord = "", 0, "", "", 0
	if err := p.Check(); err != nil {
		return nil, err
	}
	return fitting(p.Line())
}

// encodeDevice returns the record of a device, with a number that is not its to say.
func encodeDevice(d *event.Device) ([]byte, error) {
	d.Seq = 0
	if err := d.Check(); err != nil {
		return nil, err
	}
	return fitting(json.Marshal(d))
}

// fitting returns a record that was written, if that leaves room for its number in
// a line.
func fitting(raw []byte, err error) ([]byte, error) {
	if err == nil && len(raw) > wire.MaxLine-len(`"seq":18446744073709551615,`) {
		err = errors.New("the record is larger than the protocol allows")
	}
	return raw, err
}

func encodeGap(g *event.Gap) ([]byte, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(g)
}
