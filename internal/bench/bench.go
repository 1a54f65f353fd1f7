// Package bench measures what El Jefe does on a machine: how fast events are
// stored, beside a bare COPY of the same rows; how many bytes one takes; how
// long searches last, asked of the real API over HTTP.
//
// It works on a database of its own, in which it loads the stream of a
// simulated fleet. It judges nothing: machines differ, so its figures are
// compared with others of the same run. It is the one package besides store
// that has SQL (sql.go): to look at tables from outside, never to search them.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/embedded"
)

// Config says what to measure.
type Config struct {
	Events      []int         // measure when so many are stored; ascending
	Stations    int           // of the fleet
	Span        time.Duration // over which the last of Events is spread
	Until       time.Time     // the fleet's present; zero: now. Searches are slowest before 02:00 UTC, when the day before is closed
	Writers     int           // connections that store, each for stations of its own
	Batch       int           // events in one transaction
	Burst       int           // events that a station sends at once
	Runs        int           // of each search
	DatabaseURL string        // of an empty database; "": a private one
	Dir         string        // where the private one's folder is made; "": the system's place for temporary files
	CPUProfile  string        // file for a profile of the ingest; "": none
	Log         *slog.Logger  // for the private database; if nil, nothing is logged
	Progress    io.Writer     // if nil, nothing is told
}

// Report is what was measured.
type Report struct {
	Time       time.Time `json:"time"`
	CPUs       int       `json:"cpus"`
	Go         string    `json:"go"`
	PostgreSQL string    `json:"postgresql"`
	Stations   int       `json:"stations"`
	Writers    int       `json:"writers"`
	Batch      int       `json:"batch"`
	Burst      int       `json:"burst"`
	Days       float64   `json:"days"`
	Stages     []Stage   `json:"stages"`
}

// Stage is what was measured when so many events were stored.
type Stage struct {
	Events   int64    `json:"events"`
	Ingest   Ingest   `json:"ingest"` // of most events since the stage before
	Path     Path     `json:"path"`   // of the last of them
	Copy     Copy     `json:"copy"`
	Size     Size     `json:"size"`
	Searches []Search `json:"searches"`
}

// bench is one run.
type bench struct {
	Config
	db         *store.Store
	pool       *pgxpool.Pool // looks at the tables from outside
	identities *identities
	generators []*Generator // one for each writer
	stored     int64
}

// Run measures and reports. What it made is removed; a database that was given
// stays filled.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	if len(cfg.Events) == 0 || cfg.Events[0] < 1 || !slices.IsSorted(cfg.Events) {
		return nil, fault.Invalidf("the numbers of events must be positive and ascending")
	}
	b := &bench{Config: cfg}
	if b.Until.IsZero() {
		b.Until = time.Now()
	}
	b.Until = b.Until.UTC().Truncate(time.Minute)
	if b.Progress == nil {
		b.Progress = io.Discard
	}
	url := cfg.DatabaseURL
	if url == "" {
		var stop func() error
		if url, stop, err = startPrivate(ctx, cfg); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	if b.db, err = store.Open(ctx, url, cfg.Log); err != nil {
		return nil, err
	}
	defer b.db.Close()
	if b.pool, err = pgxpool.New(ctx, url); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	defer b.pool.Close()
	if err := b.requireEmpty(ctx); err != nil {
		return nil, err
	}
	if err := b.db.Migrate(ctx); err != nil {
		return nil, err
	}
	report = &Report{
		Time: time.Now().UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version(), Stations: cfg.Stations, Writers: cfg.Writers, Batch: cfg.Batch, Burst: cfg.Burst,
		Days: cfg.Span.Hours() / 24,
	}
	if report.PostgreSQL, err = b.serverVersion(ctx); err != nil {
		return nil, err
	}
	if b.identities, err = b.newIdentities(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.identities.remove()) }()
	if err := b.makeFleet(ctx); err != nil {
		return nil, err
	}
	for _, n := range cfg.Events {
		s, err := b.stage(ctx, int64(n))
		if err != nil {
			return nil, err
		}
		report.Stages = append(report.Stages, *s)
	}
	return report, nil
}

// startPrivate starts a PostgreSQL with the settings that serve gives it, in a
// folder that stop removes.
func startPrivate(ctx context.Context, cfg Config) (url string, stop func() error, err error) {
	dir, err := os.MkdirTemp(cfg.Dir, "eljefe-bench-*")
	if err != nil {
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	if err := os.Chmod(dir, 0o711); err != nil { // the database's account must be able to enter
		return "", nil, errors.Join(err, remove())
	}
	cluster, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(dir, "postgresql"), Log: cfg.Log})
	if err != nil {
		return "", nil, errors.Join(err, remove())
	}
	return cluster.URL(), func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // ctx may have ended
		defer cancel()
		return errors.Join(cluster.Stop(ctx), remove())
	}, nil
}

// makeFleet makes the stations and the generators of their streams.
func (b *bench) makeFleet(ctx context.Context) error {
	from := b.Until.Add(-b.Span)
	ids := make([][]int64, b.Writers)
	for number := range b.Stations {
		writer := number * b.Writers / b.Stations
		id, err := b.enroll(ctx, StationName(number))
		if err != nil {
			return err
		}
		ids[writer] = append(ids[writer], id)
	}
	first := 0
	for i, list := range ids {
		b.generators = append(b.generators, NewGenerator(Fleet{
			Stations: list, First: first, Of: b.Stations, From: from, To: b.Until,
			Events: b.Events[len(b.Events)-1] * len(list) / b.Stations, Burst: b.Burst, Seed: uint64(i),
		}))
		first += len(list)
	}
	return nil
}

// now returns the present of the simulated fleet.
func (b *bench) now() time.Time {
	return slices.MaxFunc(b.generators, func(a, b *Generator) int { return a.end.Compare(b.end) }).end
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Progress, time.Now().Format(time.TimeOnly)+" "+format+"\n", args...) // nobody may be reading
}

// stage stores events until there are n, and measures.
func (b *bench) stage(ctx context.Context, n int64) (*Stage, error) {
	s := &Stage{}
	b.say("storing events until there are %d", n)
	var err error
	some := min(pathEvents, (n-b.stored)/pathShare)
	if s.Ingest, err = b.ingest(ctx, max(b.stored, n-some-b.pathFirst())); err != nil {
		return nil, err
	}
	b.say("%.0f events/s; sending some as stations do", s.Ingest.PerSecond)
	if s.Path, err = b.measurePath(ctx, some); err != nil {
		return nil, err
	}
	b.say("%.0f events/s the whole way; copying the latest of them", s.Path.PerSecond)
	if s.Copy, err = b.copySample(ctx); err != nil {
		return nil, err
	}
	tree, err := b.plantTree(ctx)
	if err != nil {
		return nil, err
	}
	s.Events = b.stored
	b.say("%.0f rows/s by COPY alone; closing days", s.Copy.PerSecond)
	begun := time.Now()
	if err := b.db.FoldPrevalence(ctx); err != nil {
		return nil, err
	}
	if err := b.db.MaintainDays(ctx, b.now(), 0); err != nil {
		return nil, err
	}
	s.Size.MaintenanceSeconds = time.Since(begun).Seconds()
	if err := b.measureSize(ctx, &s.Size); err != nil {
		return nil, err
	}
	b.say("%.0f bytes per event; searching", s.Size.PerEvent)
	s.Searches, err = b.searchAll(ctx, tree)
	return s, err
}
