package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

func (b *bench) serverVersion(ctx context.Context) (version string, err error) {
	err = b.pool.QueryRow(ctx, `SHOW server_version`).Scan(&version)
	return version, err
}

// requireEmpty keeps the fleet out of a database that somebody uses.
func (b *bench) requireEmpty(ctx context.Context) error {
	var tables int
	err := b.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM   pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE  c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`).Scan(&tables)
	if err != nil {
		return fmt.Errorf("look whether the database is empty: %w", err)
	}
	if tables > 0 {
		return fault.Invalidf("the database has %d tables already; give bench an empty one: it fills it with invented events", tables)
	}
	return nil
}

// sample is some of the rows of an event table.
type sample struct {
	table, copy string
	columns     []string
	rows        [][]any
}

// sample returns about n of the latest rows of the event tables, in the order
// of their time, and makes empty tables of the same shape for them.
func (b *bench) sample(ctx context.Context, n int) ([]sample, error) {
	from := b.now().Add(-time.Duration(float64(b.Span) * float64(n) / float64(b.Events[len(b.Events)-1])))
	samples := []sample{{table: "process_start"}, {table: "process_stop"}}
	for i := range samples {
		s := &samples[i]
		s.copy = "bench_" + s.table
		for _, sql := range [...]string{
			`DROP TABLE IF EXISTS ` + s.copy,
			`CREATE TABLE ` + s.copy + ` (LIKE ` + s.table + ` INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`,
		} {
			if _, err := b.pool.Exec(ctx, sql); err != nil {
				return nil, fmt.Errorf("make %s: %w", s.copy, err)
			}
		}
		rows, err := b.pool.Query(ctx, `SELECT * FROM `+s.table+` WHERE started >= $1 ORDER BY started LIMIT $2`, from, n)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.table, err)
		}
		for _, f := range rows.FieldDescriptions() {
			s.columns = append(s.columns, f.Name)
		}
		if s.rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.table, err)
		}
	}
	return samples, nil
}

func (b *bench) dropSamples(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `DROP TABLE IF EXISTS bench_process_start, bench_process_stop`)
	return err
}

// Size is what the database takes on disk.
type Size struct {
	PerEvent           float64            `json:"bytes_per_event"`         // without the trigram indexes of closed days
	TrigramsPerEvent   float64            `json:"trigram_bytes_per_event"` // per event of all days
	ClosedDays         int                `json:"closed_days"`
	Parts              map[string]float64 `json:"parts"` // bytes per event
	Bytes              int64              `json:"bytes"` // of the whole database
	MaintenanceSeconds float64            `json:"maintenance_seconds"`
}

// measureSize adds up the relations: of the event tables heap and each index,
// of the others the whole.
func (b *bench) measureSize(ctx context.Context, s *Size) error {
	rows, err := b.pool.Query(ctx, `
		WITH relation AS (
			SELECT c.oid, c.relkind, regexp_replace(c.relname, '_\d{8}.*$', '') AS name,
			       CASE WHEN c.relkind <> 'i' THEN '' WHEN c.relname LIKE '%\_lines' THEN 'trigrams'
			            ELSE substring(pg_get_indexdef(c.oid) FROM '\(([^)]*)\)') END AS index,
			       c.relname ~ '_\d{8}' AS of_day
			FROM   pg_class c
			WHERE  c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i'))
		SELECT name || CASE index WHEN '' THEN '' ELSE ' ' || index END,
		       sum(CASE WHEN of_day AND relkind = 'r' THEN pg_table_size(oid) WHEN of_day THEN pg_relation_size(oid) ELSE pg_total_relation_size(oid) END)::bigint,
		       index = 'trigrams', count(*)
		FROM   relation
		WHERE  of_day OR relkind = 'r'
		GROUP  BY name, index`)
	if err != nil {
		return fmt.Errorf("measure tables: %w", err)
	}
	s.Parts = map[string]float64{}
	var name string
	var bytes, count int64
	var trigrams bool
	_, err = pgx.ForEachRow(rows, []any{&name, &bytes, &trigrams, &count}, func() error {
		each := float64(bytes) / float64(b.stored)
		if trigrams {
			s.TrigramsPerEvent, s.ClosedDays = each, int(count)
		} else {
			s.PerEvent += each
		}
		s.Parts[name] = each
		return nil
	})
	if err != nil {
		return fmt.Errorf("measure tables: %w", err)
	}
	return b.pool.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&s.Bytes)
}

// rarest returns the SHA-256 of a binary that one station has run, not long ago.
func (b *bench) rarest(ctx context.Context) (sha256 string, err error) {
	err = b.pool.QueryRow(ctx, `
		SELECT encode(f.sha256, 'hex')
		FROM   binary_total t JOIN binary_file f ON f.id = t.binary_id
		WHERE  t.last_seen >= $1
		ORDER  BY t.stations, t.runs, t.binary_id
		LIMIT  1`, b.now().Add(-20*time.Hour)).Scan(&sha256)
	if err != nil {
		return "", fmt.Errorf("find a rare binary: %w", err)
	}
	return sha256, nil
}
