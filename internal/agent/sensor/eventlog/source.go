package eventlog

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/evtx"
)

const (
	waitFor      = 500 * time.Millisecond // for records
	keepEvery    = time.Second            // the place in the log is written
	lookEvery    = 10 * time.Second       // at whether the log was cleared
	compareEvery = time.Minute            // with what runs
	settled      = 10 * time.Second       // a process that began before, and is in no record, is in none
)

// Details of gaps.
const (
	cleared    = "the event log %s was cleared"
	writtenOut = "the event log %s was full and had overwritten its oldest records before they were read"
	unreadable = "records of the event log %s could not be read; the agent's log on level debug says why"
)

// channel is a channel of the event log, as this package needs one.
type channel interface {
	// state returns the numbers of the oldest and the newest record; 0 and 0: it is empty.
	state() (oldest, newest uint64, err error)

	// subscribe begins behind a record.
	subscribe(after uint64) error

	// next returns records as XML, the oldest first, and waits for one so long.
	next(wait time.Duration) ([]string, error)

	unsubscribe()
}

// Config configures a Source.
type Config struct {
	Sensor event.Sensor // SensorSysmon or SensorSecurity
	Dir    string       // where it keeps its place in the log; "": nowhere
	Why    string       // why there is no better sensor, for people
	Log    *slog.Logger // if nil, nothing is logged
}

// Source is a sensor.Source.
type Source struct {
	winproc.Rundowner
	cfg     Config
	name    string // of the channel
	channel channel
	station winproc.Station
}

// newSource returns a Source that reads a channel.
func newSource(cfg Config, name string, c channel, station winproc.Station) *Source {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Source{cfg: cfg, name: name, channel: c, station: station}
}

// Close does nothing: what Run holds it lets go itself.
func (s *Source) Close() error { return nil }

// Run implements sensor.Source.
func (s *Source) Run(ctx context.Context, sink *sensor.Sink) error {
	t := winproc.NewTable(s.station, s.cfg.Sensor)
	defer t.Close()
	r := &reader{source: s, table: t, sink: sink, place: readPlace(s.cfg.Dir, s.cfg.Sensor, s.cfg.Log)}
	// From here on the log is told, and then what runs: so nothing is between.
	if err := r.begin(time.Now()); err != nil {
		return err
	}
	defer s.channel.unsubscribe()
	all, err := t.List()
	if err != nil {
		return err
	}
	for _, e := range t.Running(all) {
		sink.Report(e)
	}
	s.Use(t, sink)
	defer s.Use(nil, nil)
	sink.State(s.cfg.Sensor, sensor.Degraded, s.cfg.Why)
	defer r.keep()
	return r.run(ctx)
}

// A reader is one Run.
type reader struct {
	source *Source
	table  *winproc.Table
	sink   *sensor.Sink

	place    place
	kept     time.Time
	looked   time.Time
	compared time.Time
	failing  bool // the place could not be written
}

// begin subscribes behind the last record that was read, or behind the newest
// where none was.
func (r *reader) begin(now time.Time) error {
	oldest, newest, err := r.source.channel.state()
	if err != nil {
		return err
	}
	r.looked, r.compared, r.kept = now, now, now
	if r.place.Record == 0 {
		r.place = place{Record: newest, Time: now}
	} else {
		r.check(oldest, newest, now)
	}
	return r.source.channel.subscribe(r.place.Record)
}

// check tells what is missing between the last record that was read and the
// oldest that is there.
func (r *reader) check(oldest, newest uint64, now time.Time) {
	detail := ""
	switch {
	case newest < r.place.Record:
		detail = cleared
		// What is there was written since, and was not read.
		r.place.Record = max(oldest, 1) - 1
	case oldest > r.place.Record+1:
		detail = writtenOut
		r.place.Record = oldest - 1
	default:
		return
	}
	r.sink.Lost(0, r.place.Time, now, fmt.Sprintf(detail, r.source.name))
	r.place.Time = now
}

// run reads until ctx is over.
func (r *reader) run(ctx context.Context) error {
	for ctx.Err() == nil {
		// A record is written before it can be read: what was there a moment ago, and
		// is not read now, is not for us.
		look := time.Since(r.looked) >= lookEvery
		var oldest, newest uint64
		if look {
			var err error
			if oldest, newest, err = r.source.channel.state(); err != nil {
				return err
			}
		}
		texts, err := r.source.channel.next(waitFor)
		if err != nil {
			return err
		}
		now := time.Now()
		for _, text := range texts {
			r.take(text, now)
		}
		if look && len(texts) == 0 {
			if err := r.look(oldest, newest, now); err != nil {
				return err
			}
		}
		if now.Sub(r.compared) >= compareEvery {
			if err := r.compare(now); err != nil {
				return err
			}
		}
		if now.Sub(r.kept) >= keepEvery {
			r.keep()
		}
	}
	return nil
}

// look is called when everything that the log had is read.
func (r *reader) look(oldest, newest uint64, now time.Time) error {
	r.looked = now
	before := r.place.Record
	r.check(oldest, newest, now)
	if r.place.Record < before { // another log begins: the subscription was to the old one
		r.source.channel.unsubscribe()
		return r.source.channel.subscribe(r.place.Record)
	}
	r.place.Record, r.place.Time = max(r.place.Record, newest), now
	return nil
}

// take reports one record.
func (r *reader) take(text string, now time.Time) {
	rec, err := evtx.FromXML(text)
	if err != nil {
		r.unreadable(now, err)
		return
	}
	r.place.Record, r.place.Time = max(r.place.Record, rec.RecordID), now
	e, ok, err := evtx.Process(rec)
	switch {
	case err != nil:
		r.unreadable(now, err)
		return
	case !ok:
		return // the query let something else through
	case e.Kind == event.Stop:
		r.table.Stop(&e)
	default:
		r.table.Start(&e)
	}
	e.Sensor = r.source.cfg.Sensor
	r.sink.Report(&e)
}

func (r *reader) unreadable(now time.Time, err error) {
	r.source.cfg.Log.Debug("a record cannot be read", "channel", r.source.name, "err", err)
	r.sink.Lost(1, now, now, fmt.Sprintf(unreadable, r.source.name))
}

// compare tells of what the log does not: ends, and starts from before the policy
// or Sysmon's configuration let them through.
func (r *reader) compare(now time.Time) error {
	r.compared = now
	all, err := r.table.List()
	if err != nil {
		return err
	}
	var old []winapi.ListedProcess
	for _, p := range all {
		if now.Sub(p.Created) >= settled {
			old = append(old, p)
		}
	}
	for _, e := range r.table.Missing(all, now) {
		r.sink.Report(e)
	}
	for _, e := range r.table.New(old) {
		r.sink.Report(e)
	}
	return nil
}

// keep writes the place.
func (r *reader) keep() {
	r.kept = time.Now()
	err := r.place.write(r.source.cfg.Dir, r.source.cfg.Sensor)
	if err != nil && !r.failing {
		r.source.cfg.Log.Warn("the place in the event log cannot be kept: records may be told twice, or missed, after a restart", "err", err)
	}
	r.failing = err != nil
}
