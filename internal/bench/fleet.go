package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/fleet"
)

// FleetConfig says with what a server is loaded.
type FleetConfig struct {
	Stations int
	Rate     float64       // events per second of each; 0: as fast as the server takes them
	For      time.Duration // how long

	// The server. Without Server one is started from Program, with a database of
	// its own, and removed at the end.
	Server, Authority, Key string
	Metrics                string // URL of the server's metrics; "": what it costs is not measured
	Program                string
	Dir                    string       // where folders are made; "": the system's place for temporary files
	Log                    *slog.Logger // of the simulated stations; if nil, nothing is logged
	Progress               io.Writer    // if nil, nothing is told
}

// FleetReport is what was measured.
type FleetReport struct {
	Time     time.Time `json:"time"`
	CPUs     int       `json:"cpus"`
	Go       string    `json:"go"`
	Stations int       `json:"stations"`
	Rate     float64   `json:"events_per_second_and_station"` // 0: as fast as it goes
	Seconds  float64   `json:"seconds"`
	Joining  float64   `json:"seconds_to_let_all_in"`

	Made         uint64  `json:"made"`
	Acknowledged uint64  `json:"acknowledged"`
	PerSecond    float64 `json:"acknowledged_per_second"`
	Batches      uint64  `json:"batches"`
	BatchBytes   float64 `json:"bytes_per_event_as_sent"`
	WireSent     float64 `json:"wire_bytes_per_event_sent"`     // TLS, headers, hellos and all
	WireReceived float64 `json:"wire_bytes_per_event_received"` // by stations, likewise

	P50MS float64 `json:"acknowledged_p50_ms"` // from an event's making to its acknowledgement
	P99MS float64 `json:"acknowledged_p99_ms"`
	MaxMS float64 `json:"acknowledged_max_ms"`

	Losses   Losses            `json:"losses"`
	Failures map[string]uint64 `json:"failed_requests,omitempty"` // by code
	Agents   Cost              `json:"agents"`                    // all of them, with what makes the events
	Server   *Cost             `json:"server,omitempty"`
	Database *float64          `json:"database_cpu_seconds,omitempty"`
	Thirds   []Third           `json:"thirds"` // how it went on
}

// Losses are events that did not reach the database, by cause.
type Losses struct {
	NoRoom         uint64 `json:"no_room"`         // the server was too slow, and the station's queue full
	Refused        uint64 `json:"refused"`         // the server cannot store them
	Unacknowledged uint64 `json:"unacknowledged"`  // the server had not answered half a minute after the end
	Twice          int64  `json:"stored_too_many"` // the server counts more or, below zero, fewer than it acknowledged
}

// Cost is what a program used.
type Cost struct {
	MemoryBytes uint64  `json:"memory_bytes"` // resident, at the end
	PeakBytes   uint64  `json:"memory_peak_bytes"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	Cores       float64 `json:"cores"` // on average
}

// Third is a third of the time. Without growth all are alike.
type Third struct {
	PerSecond   float64 `json:"acknowledged_per_second"`
	P50MS       float64 `json:"acknowledged_p50_ms"`
	P99MS       float64 `json:"acknowledged_p99_ms"`
	Waiting     uint64  `json:"waiting"` // events on stations at its end
	ServerBytes uint64  `json:"server_memory_bytes,omitempty"`
	AgentsBytes uint64  `json:"agents_memory_bytes"`
}

const (
	// joining is how many stations are let in at the same time.
	joining = 16
	// queueRecords is how many events a station keeps, underway how many all of
	// them keep together where they send as fast as the server takes them: enough
	// for full transactions, and less than the server lets wait.
	queueRecords = 2000
	underway     = 16_000
	// fastest is the rate at which the times of events go on where the server
	// says how many there are.
	fastest = 25
	// drain is how long the server has for what waits at the end.
	drain = 30 * time.Second
)

// load is one run.
type load struct {
	FleetConfig
	fleet     *fleet.Fleet
	stations  []*fleet.Station
	generator *Generator
	server    *gauge // nil: not measured
	self      *gauge
	report    FleetReport
}

// RunFleet loads a server with simulated stations and measures.
func RunFleet(ctx context.Context, cfg FleetConfig) (report *FleetReport, err error) {
	if cfg.Stations < 1 || cfg.Rate < 0 || cfg.For < time.Second {
		return nil, fault.Invalidf("there must be a station, a rate that is not negative, and a second of time")
	}
	l := &load{FleetConfig: cfg}
	if l.Progress == nil {
		l.Progress = io.Discard
	}
	dir, err := os.MkdirTemp(cfg.Dir, "eljefe-bench-*")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var private *privateServer
	if cfg.Server == "" {
		if private, err = startServer(ctx, cfg.Program, dir); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, private.stop()) }()
		l.Server, l.Authority, l.Key, l.Metrics = private.agents, private.authority, private.key, private.page+"/metrics"
	}
	if l.self, err = selfGauge(); err != nil {
		return nil, err
	}
	if l.Metrics != "" {
		l.server = serverGauge(l.Metrics)
	}
	if err := l.run(ctx, dir); err != nil {
		return nil, err
	}
	if private != nil {
		l.report.Database = private.databaseCPU()
	}
	return &l.report, nil
}

// run lets the stations in, loads the server and measures.
func (l *load) run(ctx context.Context, dir string) error {
	waiting := queueRecords
	if l.Rate == 0 {
		waiting = min(queueRecords, max(20, underway/l.Stations))
	}
	var err error
	l.fleet, err = fleet.New(fleet.Config{
		Server: l.Server, Authority: l.Authority, Key: func(context.Context) (string, error) { return l.Key, nil }, Dir: dir + "/stations", Version: "bench",
		Waiting: waiting, Log: l.Log,
	})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	outs := make(chan error, l.Stations)
	begun := time.Now()
	say(l.Progress, "letting %d stations in", l.Stations)
	if err := l.join(ctx, func(s *fleet.Station) {
		group.Go(func() {
			if err := s.Run(running); err != nil {
				outs <- err
			}
		})
	}); err != nil {
		return err
	}
	l.report = FleetReport{
		Time: time.Now().UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version(), Stations: l.Stations, Rate: l.Rate, Joining: time.Since(begun).Seconds(),
	}
	if err := l.measure(ctx); err != nil {
		return err
	}
	select {
	case err := <-outs:
		return err
	default:
		return nil
	}
}

// join makes the stations and lets them in.
func (l *load) join(ctx context.Context, joined func(*fleet.Station)) error {
	l.stations = make([]*fleet.Station, l.Stations)
	turns, errs := make(chan struct{}, joining), make([]error, l.Stations)
	var group sync.WaitGroup
	for i := range l.stations {
		turns <- struct{}{}
		group.Go(func() {
			defer func() { <-turns }()
			name := StationName(i)
			s, err := l.fleet.NewStation(fleet.Machine{ID: fmt.Sprintf("%06d", i), Name: name, Fingerprint: fmt.Sprintf("bench %s %d", name, time.Now().UnixNano()), System: "a simulated station"})
			if err == nil {
				_, err = s.Join(ctx)
			}
			if l.stations[i], errs[i] = s, err; err == nil {
				joined(s)
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// measure loads the server for the time that was asked for.
func (l *load) measure(ctx context.Context) error {
	rate := l.Rate
	if rate == 0 {
		rate = fastest
	}
	ids := make([]int64, l.Stations)
	for i := range ids {
		ids[i] = int64(i)
	}
	begun, joined := time.Now(), l.fleet.Figures()
	l.generator = NewGenerator(Fleet{
		Stations: ids, Of: l.Stations, From: begun.UTC(), To: begun.Add(l.For).UTC(), Events: int(rate * float64(l.Stations) * l.For.Seconds()), Burst: 2, Seed: 1,
	})
	for _, g := range []*gauge{l.self, l.server} {
		if err := g.begin(ctx); err != nil {
			return err
		}
	}
	say(l.Progress, "loading for %s", l.For)
	limited, cancel := context.WithDeadline(ctx, begun.Add(l.For))
	defer cancel()
	made := make(chan error, 1)
	go func() { made <- l.feed(limited, begun) }()
	before := l.fleet.Figures()
	for third := range 3 {
		if err := l.watch(ctx, begun.Add(l.For*time.Duration(third+1)/3)); err != nil {
			return err
		}
		now := l.fleet.Figures()
		l.third(&before, &now)
		before = now
	}
	if err := <-made; err != nil {
		return err
	}
	l.report.Seconds = time.Since(begun).Seconds()
	return l.conclude(ctx, &joined)
}

// feed gives the stations events until ctx is over.
func (l *load) feed(ctx context.Context, begun time.Time) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	given := 0
	for ctx.Err() == nil {
		due := 1000
		if l.Rate > 0 {
			due = int(time.Since(begun).Seconds()*l.Rate*float64(l.Stations)) - given
			if due < 1 {
				select {
				case <-ctx.Done():
				case <-tick.C:
				}
				continue
			}
		}
		for _, batch := range l.generator.Next(due) {
			given += len(batch.Events)
			if err := l.give(ctx, l.stations[batch.Station], batch.Events); err != nil {
				return err
			}
		}
	}
	return nil
}

// give hands events to a station: at a rate what it has no room for is lost, as
// fast as it goes the station is waited for.
func (l *load) give(ctx context.Context, s *fleet.Station, events []event.Process) error {
	for i := range events {
		e := &events[i]
		e.Seq, e.Station, e.Origin = 0, "", ""
		if l.Rate > 0 {
			if err := s.Offer(fleet.Record{Event: e}); err != nil {
				return err
			}
		} else if err := s.Put(ctx, fleet.Record{Event: e}); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
	return nil
}

// watch looks every second what is used, until a time.
func (l *load) watch(ctx context.Context, until time.Time) error {
	for {
		pause := min(time.Second, time.Until(until))
		if pause <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		for _, g := range []*gauge{l.self, l.server} {
			if err := g.look(ctx); err != nil {
				return err
			}
		}
	}
}

// third notes how a third of the time went.
func (l *load) third(before, now *fleet.Figures) {
	latency := now.Latency.Since(&before.Latency)
	t := Third{
		PerSecond: float64(now.Acknowledged-before.Acknowledged) / (l.For.Seconds() / 3), P50MS: ms(latency.Quantile(0.5)), P99MS: ms(latency.Quantile(0.99)),
		Waiting: now.Made - now.Dropped - now.Acknowledged, AgentsBytes: l.self.memory,
	}
	if l.server != nil {
		t.ServerBytes = l.server.memory
	}
	l.report.Thirds = append(l.report.Thirds, t)
	say(l.Progress, "%.0f events/s acknowledged, p99 %.0f ms, %d waiting", t.PerSecond, t.P99MS, t.Waiting)
}

// conclude waits for what is still under way, and draws up the balance of what
// came after before.
func (l *load) conclude(ctx context.Context, before *fleet.Figures) error {
	atEnd := l.fleet.Figures()
	limited, cancel := context.WithTimeout(ctx, drain)
	defer cancel()
	for _, s := range l.stations {
		if s.Flush(limited) != nil {
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, g := range []*gauge{l.self, l.server} {
		if err := g.look(ctx); err != nil {
			return err
		}
	}
	f, r := l.fleet.Figures(), &l.report
	r.Made, r.Acknowledged, r.PerSecond = f.Made, f.Acknowledged, float64(atEnd.Acknowledged)/r.Seconds
	r.Batches = f.Batches
	if f.Acknowledged > 0 {
		per := func(n uint64) float64 { return float64(n) / float64(f.Acknowledged) }
		r.BatchBytes, r.WireSent, r.WireReceived = per(f.Bytes), per(f.WireSent-before.WireSent), per(f.WireReceived-before.WireReceived)
	}
	r.P50MS, r.P99MS, r.MaxMS = ms(f.Latency.Quantile(0.5)), ms(f.Latency.Quantile(0.99)), ms(f.Latency.Max)
	r.Failures = f.Failures
	waiting := uint64(0)
	for _, s := range l.stations {
		waiting += uint64(s.Waiting())
	}
	r.Losses = Losses{NoRoom: f.Dropped, Refused: f.Refused, Unacknowledged: waiting}
	r.Agents = *l.self.cost()
	if r.Server = l.server.cost(); r.Server != nil {
		r.Losses.Twice = int64(l.server.stored()) - int64(f.Acknowledged-f.Refused)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...) // nobody may be reading
}
