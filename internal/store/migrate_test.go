//go:build unix

package store_test

import (
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// Figures of before migration 7 are the same after it, also those that do not
// fit into 32 bits.
func TestMigrationKeepsFigures(t *testing.T) {
	pool := storetest.New(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`DROP SCHEMA public CASCADE`)
	exec(`CREATE SCHEMA public`)
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	if err := store.EnsurePartitions(t.Context(), pool, []time.Time{monday, monday.AddDate(0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	const bits32 = 1<<31 - 1
	stops := []struct {
		handles, write, cycles, virtual *int64 // as they were
		narrow, large                   *int64 // write_bytes, and what stands for it in large
	}{
		{},
		{handles: new(int64(0))},
		{handles: new(int64(7)), write: new(int64(10)), cycles: new(int64(1 << 40)), virtual: new(int64(1 << 41)), narrow: new(int64(10))},
		{handles: new(int64(7)), write: new(int64(bits32)), narrow: new(int64(bits32))},
		{handles: new(int64(7)), write: new(int64(bits32 + 1)), narrow: new(int64(bits32)), large: new(int64(bits32 + 1))},
		{handles: new(int64(7)), write: new(int64(1<<63 - 1)), virtual: new(int64(1)), narrow: new(int64(bits32)), large: new(int64(1<<63 - 1))},
	}
	for i, s := range stops {
		started := monday.Add(time.Duration(i) * 7 * time.Hour) // over two days
		exec(`INSERT INTO process_stop (started, stopped, process_key, handles, write_bytes, cpu_cycles, peak_virtual_size, station_id, pid, sensor, start_known)
		      VALUES ($1, $1, gen_random_uuid(), $2, $3, $4, $5, 1, $6, 1, true)`, started, s.handles, s.write, s.cycles, s.virtual, i)
	}
	if err := store.Migrate(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for i, s := range stops {
		var handles, write, cycles, virtual, large, others *int64
		err := pool.QueryRow(t.Context(), `SELECT handles, write_bytes, cpu_cycles, peak_virtual_size, large[10], large[1] + large[17] FROM process_stop WHERE pid = $1`, i).
			Scan(&handles, &write, &cycles, &virtual, &large, &others)
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, got, want *int64) {
			t.Helper()
			if (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Errorf("stop %d: %s is %v; want %v", i, what, show(got), show(want))
			}
		}
		same("handles", handles, s.handles)
		same("write_bytes", write, s.narrow)
		same("cpu_cycles", cycles, s.cycles)
		same("peak_virtual_size", virtual, s.virtual)
		same("write_bytes in large", large, s.large)
		if sum := new(int64(0)); s.large != nil {
			*sum = *s.handles
			if s.virtual != nil {
				*sum += *s.virtual
			}
			same("handles and peak_virtual_size in large", others, sum)
		}
	}
}

func show(p *int64) any {
	if p == nil {
		return "null"
	}
	return *p
}
