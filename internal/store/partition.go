package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// partitionedTables have a partition per UTC day, called table_YYYYMMDD.
var partitionedTables = []string{"process_start", "process_stop"}

const dayFormat = "20060102"

// EnsurePartitions makes the partitions of the given UTC days where they are
// missing. Servers that need the same day at the same time take turns.
func EnsurePartitions(ctx context.Context, db interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}, days []time.Time) error {
	days = slices.Clone(days)
	slices.SortFunc(days, time.Time.Compare)
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, partitionLock); err != nil {
			return fmt.Errorf("lock partitions: %w", err)
		}
		for _, day := range days {
			from := day.UTC().Truncate(24 * time.Hour)
			for _, table := range partitionedTables {
				if err := ensurePartition(ctx, tx, table, from); err != nil {
					return fmt.Errorf("make partition of %s for %s: %w", table, from.Format(time.DateOnly), err)
				}
			}
		}
		return nil
	})
}

// ensurePartition makes one table and attaches it: unlike CREATE TABLE PARTITION
// OF, that lets others read and write the day's neighbours meanwhile. DDL takes
// no parameters; all that is put into the text is ours.
func ensurePartition(ctx context.Context, tx DB, table string, from time.Time) error {
	name := table + "_" + from.Format(dayFormat)
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists); err != nil || exists {
		return err
	}
	for _, sql := range [...]string{
		fmt.Sprintf(`CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`, name, table),
		fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`,
			table, name, from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339)),
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// longestRun returns how long any process is known to have run, at most.
func longestRun(ctx context.Context, db DB) (longest time.Duration, err error) {
	if err := db.QueryRow(ctx, `SELECT longest FROM longest_run`).Scan(&longest); err != nil {
		return 0, fmt.Errorf("read the longest run: %w", err)
	}
	return longest, nil
}

// partitionDays returns the UTC days that have partitions, oldest first.
func partitionDays(ctx context.Context, db DB) ([]time.Time, error) {
	rows, err := db.Query(ctx, `
		SELECT right(c.relname, 8)
		FROM   pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE  i.inhparent = 'process_start'::regclass
		ORDER  BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (time.Time, error) {
		var name string
		if err := row.Scan(&name); err != nil {
			return time.Time{}, err
		}
		return time.Parse(dayFormat, name)
	})
}
