package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/query"
)

// BinaryBounds returns when the first and the last of the binaries of a query was
// first seen; ok is false where there are none.
func (s *Store) BinaryBounds(ctx context.Context, q *query.Query) (oldest, newest time.Time, ok bool, err error) {
	f, err := newBinaryFilter(q)
	if err != nil {
		return oldest, newest, false, err
	}
	var first, last *time.Time
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		sql := `SELECT min(f.first_seen), max(f.first_seen) FROM ` + binaryTables + ` WHERE ` + conditions("true", f.where)
		if err := tx.QueryRow(ctx, sql, f.arguments()).Scan(&first, &last); err != nil {
			return fmt.Errorf("read bounds of binaries: %w", err)
		}
		return nil
	})
	if err != nil || first == nil {
		return oldest, newest, false, tooSlow(err)
	}
	return first.UTC(), last.UTC(), true, nil
}

// CountBinariesOverTime counts the binaries of a query that were first seen in a
// span, in at most n buckets that cover it.
func (s *Store) CountBinariesOverTime(ctx context.Context, q *query.Query, from, to time.Time, n int) (*Histogram, error) {
	f, err := newBinaryFilter(q)
	if err != nil {
		return nil, err
	}
	from = from.Truncate(time.Microsecond) // the resolution of stored times
	span, per := to.Sub(from), time.Duration(n)*time.Second
	width := span / per * time.Second
	if width*time.Duration(n) < span {
		width += time.Second
	}
	h := &Histogram{From: from, Width: width, Counts: make([]int64, (span-1)/width+1), Complete: true}
	args := f.arguments()
	args["from"], args["to"], args["width"] = from, to, width
	sql := `
		SELECT date_bin(@width::interval, f.first_seen, @from::timestamptz), count(*)
		FROM   ` + binaryTables + `
		WHERE  ` + conditions("f.first_seen >= @from AND f.first_seen < @to", f.where) + `
		GROUP  BY 1`
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, sql, args)
		if err != nil {
			return fmt.Errorf("count binaries over time: %w", err)
		}
		var start time.Time
		var count int64
		_, err = pgx.ForEachRow(rows, []any{&start, &count}, func() error {
			h.Counts[min(int(start.Sub(from)/width), len(h.Counts)-1)] += count // a span of centuries is longer than a Duration
			return nil
		})
		if err != nil {
			return fmt.Errorf("count binaries over time: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, tooSlow(err)
	}
	return h, nil
}
