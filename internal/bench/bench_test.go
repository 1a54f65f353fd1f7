//go:build unix

package bench

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

func smallConfig() Config {
	return Config{Events: []int{4000, 9000}, Stations: 20, Span: 2 * 24 * time.Hour, Writers: 2, Batch: 500, Burst: 16, Runs: 1}
}

func TestRun(t *testing.T) {
	cfg := smallConfig()
	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Stages) != 2 {
		t.Fatalf("%d stages; want 2", len(report.Stages))
	}
	s := report.Stages[1]
	if s.Events < 9000 || s.Ingest.PerSecond <= 0 || s.Copy.PerSecond <= 0 || s.Size.PerEvent < 100 {
		t.Errorf("stage is not measured: %+v", s)
	}
	rows := map[string]int64{}
	for _, q := range s.Searches {
		rows[q.Name+" "+q.Span] = q.Rows
		if !q.Complete {
			t.Errorf("%s %s was cut off", q.Name, q.Span)
		}
	}
	for name, want := range map[string]int64{
		"newest 100 24h": 100, "image, common 30d": 100, "command line, common 30d": 100, "command line, absent 30d": 0, "words, absent 30d": 0,
		"20th page 30d": 100, "process ": 1, "descendants, 2000 ": treeSize, "write operations, none 30d": 0,
	} {
		if got, ok := rows[name]; !ok || got != want {
			t.Errorf("%q gave %d rows (asked: %t); want %d", name, got, ok, want)
		}
	}
	var text bytes.Buffer
	if err := report.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"COPY ALONE", "BYTES PER EVENT", "newest 100"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the printed report has no %q", part)
		}
	}
}

func TestRunRefusesUsedDatabase(t *testing.T) {
	cfg := smallConfig()
	cfg.DatabaseURL = storetest.URL(t)
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("a database with tables: got error %v; want one that asks for an empty database", err)
	}
}

func BenchmarkAddEvents(b *testing.B) {
	for _, batch := range []int{100, 1500} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) { benchmarkAddEvents(b, batch) })
	}
}

func benchmarkAddEvents(b *testing.B, batch int) {
	db, fleet := storetest.Open(b), testFleet(500, 2_000_000)
	for i := range fleet.Stations {
		id, err := db.LiveStation(b.Context(), fmt.Sprint(i), StationName(i), fleet.From)
		if err != nil {
			b.Fatal(err)
		}
		fleet.Stations[i] = id
	}
	g := NewGenerator(fleet)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n += storeBatch(b, db, g.Next(batch))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

func storeBatch(b *testing.B, db *store.Store, batches []store.StationEvents) (n int) {
	for _, batch := range batches {
		for i := range batch.Events {
			if err := batch.Events[i].Check(); err != nil {
				b.Fatal(err)
			}
		}
		n += len(batch.Events)
	}
	if _, err := db.AddEvents(b.Context(), batches); err != nil {
		b.Fatal(err)
	}
	return n
}
