package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/store"
)

// Ingest is how events were stored: checked, resolved, counted, committed.
type Ingest struct {
	Events         int64   `json:"events"`
	Seconds        float64 `json:"seconds"`
	PerSecond      float64 `json:"events_per_second"`
	GeneratorShare float64 `json:"generator_share"` // of the writers' time
	CheckShare     float64 `json:"check_share"`
	P50MS          float64 `json:"commit_p50_ms"` // a transaction, from its first statement to its commit
	P99MS          float64 `json:"commit_p99_ms"`
	MaxMS          float64 `json:"commit_max_ms"`
}

// Copy is how rows went into tables of the same shape by COPY and nothing else.
type Copy struct {
	Rows      int64   `json:"rows"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"rows_per_second"`
}

// writing is what one writer measures.
type writing struct {
	events          int64
	generate, check time.Duration
	transactions    []time.Duration
}

// ingest stores events until there are n.
func (b *bench) ingest(ctx context.Context, n int64) (in Ingest, err error) {
	if b.CPUProfile != "" && b.stored == 0 {
		file, err := os.Create(b.CPUProfile)
		if err != nil {
			return in, err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return in, err
		}
		defer pprof.StopCPUProfile()
	}
	background, stop := context.WithCancel(ctx)
	var fold sync.WaitGroup
	fold.Go(func() { b.foldOften(background) })
	defer fold.Wait()
	defer stop()

	begun := time.Now()
	writings, errs := make([]writing, len(b.generators)), make([]error, len(b.generators))
	var writers sync.WaitGroup
	for i, g := range b.generators {
		share := (n - b.stored) * int64(len(g.stations)) / int64(b.Stations)
		writers.Go(func() { writings[i], errs[i] = b.write(ctx, g, share) })
	}
	writers.Wait()
	if err := errors.Join(errs...); err != nil {
		return in, err
	}
	in.Seconds = time.Since(begun).Seconds()
	var all []time.Duration
	for _, w := range writings {
		in.Events += w.events
		in.GeneratorShare += w.generate.Seconds() / in.Seconds / float64(len(writings))
		in.CheckShare += w.check.Seconds() / in.Seconds / float64(len(writings))
		all = append(all, w.transactions...)
	}
	b.stored += in.Events
	in.PerSecond = float64(in.Events) / in.Seconds
	in.P50MS, in.P99MS, in.MaxMS = quantile(all, 0.5), quantile(all, 0.99), quantile(all, 1)
	return in, nil
}

// foldOften does what a server does beside.
func (b *bench) foldOften(ctx context.Context) {
	tick := time.NewTicker(store.FoldEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := b.db.FoldPrevalence(ctx); err != nil && ctx.Err() == nil {
				b.say("folding the prevalence failed: %v", err)
			}
		}
	}
}

// write stores n events of a generator.
func (b *bench) write(ctx context.Context, g *Generator, n int64) (w writing, err error) {
	for w.events < n {
		t0 := time.Now()
		batches := g.Next(b.Batch)
		t1 := time.Now()
		for _, batch := range batches {
			for i := range batch.Events {
				if err := batch.Events[i].Check(); err != nil {
					return w, fmt.Errorf("the generator made an event that is none: %w", err)
				}
			}
		}
		t2 := time.Now()
		added, err := b.db.AddEvents(ctx, batches)
		if err != nil {
			return w, err
		}
		w.generate, w.check, w.transactions = w.generate+t1.Sub(t0), w.check+t2.Sub(t1), append(w.transactions, time.Since(t2))
		for i, a := range added {
			if a.Duplicates > 0 || a.Starts+a.Stops != len(batches[i].Events) {
				return w, fmt.Errorf("of %d new events %d starts and %d stops were stored, %d were taken for duplicates", len(batches[i].Events), a.Starts, a.Stops, a.Duplicates)
			}
			w.events += int64(a.Starts + a.Stops)
		}
	}
	return w, nil
}

// quantile returns a quantile in milliseconds: the smallest time that so large a
// share of all is no longer than.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	rank := int(math.Ceil(q * float64(len(all))))
	return float64(all[max(rank, 1)-1].Microseconds()) / 1000
}

// treeSize is how many processes are below the root that plantTree makes.
const treeSize = 2000

// plantTree stores a big tree and returns its root.
func (b *bench) plantTree(ctx context.Context) (store.ProcessRef, error) {
	batch, root := b.generators[0].Tree(treeSize)
	ref := store.ProcessRef{Station: batch.Station, Started: root.Started.Truncate(time.Microsecond), Key: root.Key()}
	for i := range batch.Events {
		if err := batch.Events[i].Check(); err != nil {
			return ref, err
		}
	}
	_, err := b.db.AddEvents(ctx, []store.StationEvents{batch})
	b.stored += int64(len(batch.Events))
	return ref, err
}

// copyRows is how many of the latest rows are copied again.
const copyRows = 300_000

// copySample copies the rows that were stored last into tables of the same
// shape with the same indexes, as many writers as before with as big
// transactions, and nothing else.
func (b *bench) copySample(ctx context.Context) (c Copy, err error) {
	samples, err := b.sample(ctx, copyRows)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, b.dropSamples(context.WithoutCancel(ctx))) }()
	begun := time.Now()
	errs := make([]error, b.Writers)
	var writers sync.WaitGroup
	for i := range b.Writers {
		writers.Go(func() { errs[i] = b.copyShare(ctx, samples, i) })
	}
	writers.Wait()
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	for _, s := range samples {
		c.Rows += int64(len(s.rows))
	}
	c.Seconds = time.Since(begun).Seconds()
	c.PerSecond = float64(c.Rows) / c.Seconds
	return c, nil
}

// copyShare copies every Writers-th transaction, beginning with number i.
func (b *bench) copyShare(ctx context.Context, samples []sample, i int) error {
	total := 0
	for _, s := range samples {
		total += len(s.rows)
	}
	n := max(1, total/b.Batch)
	for at := i; at < n; at += b.Writers {
		err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
			for _, s := range samples {
				rows := s.rows[at*len(s.rows)/n : (at+1)*len(s.rows)/n]
				if _, err := tx.CopyFrom(ctx, pgx.Identifier{s.copy}, s.columns, pgx.CopyFromRows(rows)); err != nil {
					return fmt.Errorf("copy into %s: %w", s.copy, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
