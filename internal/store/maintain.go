package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Maintain does the leader's work until ctx ends: it folds the prevalence, ends
// tasks whose time is over, makes partitions ahead, indexes closed days and
// drops expired ones. Every
// server calls it; the work itself is done by one at a time.
//
// retention is how many days of events are kept, 0 for all.
func (s *Store) Maintain(ctx context.Context, retention int) error {
	fold, tasks, daily := time.NewTicker(FoldEvery), time.NewTicker(time.Minute), time.NewTicker(10*time.Minute)
	defer fold.Stop()
	defer tasks.Stop()
	defer daily.Stop()
	failing := false
	note := func(doing string, err error) {
		if err != nil && !failing && ctx.Err() == nil {
			s.log.WarnContext(ctx, "maintenance failed, trying again", "doing", doing, "err", err)
		}
		failing = err != nil
	}
	note("days", s.MaintainDays(ctx, time.Now(), retention))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-fold.C:
			note("prevalence", s.FoldPrevalence(ctx))
		case <-tasks.C:
			note("tasks", s.ExpireTasks(ctx, time.Now()))
			note("updates", s.ExpireUpdates(ctx, time.Now()))
		case <-daily.C:
			note("days", s.MaintainDays(ctx, time.Now(), retention))
		}
	}
}

const (
	daysAhead = 2
	// A day is closed this long after its end: late events of a station that
	// was cut off may still come, and do come in; they only cost more.
	closedAfter = 2 * time.Hour
)

// MaintainDays makes partitions for the coming days, gives closed days their
// trigram index and statistics, and drops days older than retention.
func (s *Store) MaintainDays(ctx context.Context, now time.Time, retention int) error {
	today := now.UTC().Truncate(24 * time.Hour)
	var ahead []time.Time
	for d := range daysAhead + 1 {
		ahead = append(ahead, today.AddDate(0, 0, d))
	}
	if err := EnsurePartitions(ctx, s.pool, ahead); err != nil {
		return unavailable(err)
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return unavailable(fmt.Errorf("connect: %w", err))
	}
	defer conn.Release()
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, maintainLock).Scan(&mine); err != nil || !mine {
		return unavailable(err)
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, maintainLock); err != nil {
			s.log.WarnContext(ctx, "maintenance lock not given back", "err", err)
		}
	}()
	dropped := false
	days, err := partitionDays(ctx, conn)
	if err != nil {
		return unavailable(err)
	}
	for _, day := range days {
		switch {
		case retention > 0 && day.Before(today.AddDate(0, 0, -retention)):
			err = dropDay(ctx, conn.Conn(), day)
			s.days.forget()
			s.log.InfoContext(ctx, "day expired, its events are removed", "day", day.Format(time.DateOnly), "retention_days", retention)
			dropped = true
		case now.Sub(day.AddDate(0, 0, 1)) > closedAfter:
			err = closeDay(ctx, conn.Conn(), day)
		}
		if err != nil {
			return unavailable(err)
		}
	}
	// These decide how searches are planned, and they grow fastest while a new
	// database is too young for autovacuum to have looked at them.
	if _, err := conn.Exec(ctx, `ANALYZE station, station_agent, gap, account, path, line, binary_file, binary_total, device, station_device`); err != nil {
		return unavailable(fmt.Errorf("count what is in the dictionaries: %w", err))
	}
	if dropped {
		// What is gone is not the oldest event any more.
		if _, err := conn.Exec(ctx, `UPDATE station SET first_seen = LEAST(last_seen, $1) WHERE first_seen < $1`, today.AddDate(0, 0, -retention)); err != nil {
			return unavailable(fmt.Errorf("forget times of expired days: %w", err))
		}
		if _, err := conn.Exec(ctx, `DELETE FROM station_hour WHERE hour < $1`, today.AddDate(0, 0, -retention)); err != nil {
			return unavailable(fmt.Errorf("forget hours of expired days: %w", err))
		}
	}
	if retention > 0 {
		if err := expireDevices(ctx, conn.Conn(), today.AddDate(0, 0, -retention)); err != nil {
			return unavailable(err)
		}
	}
	return unavailable(expireRecords(ctx, conn, now, retention))
}

// certificatesKept is for how long a certificate is known after its end: a
// station that comes back with it is told so, and not that nobody knows it.
const certificatesKept = 90 * day

// expireRecords removes what was noted of stations and is as old as the events
// that expire, and what serves nobody any more. A task that is open stays.
func expireRecords(ctx context.Context, db DB, now time.Time, retention int) error {
	type expiry struct {
		sql    string
		before time.Time
	}
	list := []expiry{
		{`DELETE FROM station_certificate WHERE expires < $1`, now.Add(-certificatesKept)},
		{`DELETE FROM station_run r WHERE first_seen < $1 AND NOT EXISTS (SELECT FROM station_agent a WHERE a.station_id = r.station_id AND a.run = r.run AND a.fingerprint = r.fingerprint)`, now.Add(-runsKept)},
	}
	if retention > 0 {
		oldest := now.UTC().Truncate(day).AddDate(0, 0, -retention)
		list = append(list,
			expiry{`DELETE FROM gap WHERE to_time < $1`, oldest},
			expiry{`DELETE FROM station_clock WHERE server_time < $1`, oldest},
			expiry{`DELETE FROM task WHERE finished < $1`, oldest})
	}
	for _, e := range list {
		if _, err := db.Exec(ctx, e.sql, e.before); err != nil {
			return fmt.Errorf("remove expired records of stations: %w", err)
		}
	}
	return nil
}

// closeDay gives a day that is over the index for searches inside command
// lines, and packs its other indexes, of which a third is air after a day of
// events from everywhere. It takes about 30 s per million events and blocks
// nobody. The index for command lines comes last: where it is, all is done.
func closeDay(ctx context.Context, conn *pgx.Conn, day time.Time) error {
	starts, stops := "process_start_"+day.Format(dayFormat), "process_stop_"+day.Format(dayFormat)
	var closed bool
	err := conn.QueryRow(ctx, `SELECT COALESCE((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)), false)`, starts+"_lines").Scan(&closed)
	if err != nil || closed {
		return err
	}
	// What a build leaves that was interrupted serves nobody and is in the way.
	// The others are packed without room for what comes: hardly anything does.
	rows, err := conn.Query(ctx, `
		SELECT format(CASE WHEN i.indisvalid THEN 'ALTER INDEX %s SET (fillfactor = 100)' ELSE 'DROP INDEX %s' END, i.indexrelid::regclass)
		FROM   pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
		WHERE  i.indrelid IN ($1::text::regclass, $2::text::regclass) AND (NOT i.indisvalid OR m.amname = 'btree')`, starts, stops)
	if err != nil {
		return fmt.Errorf("close day %s: %w", day.Format(time.DateOnly), err)
	}
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("close day %s: %w", day.Format(time.DateOnly), err)
	}
	statements = append(statements,
		fmt.Sprintf(`REINDEX TABLE CONCURRENTLY %s`, starts),
		fmt.Sprintf(`REINDEX TABLE CONCURRENTLY %s`, stops),
		fmt.Sprintf(`CREATE INDEX CONCURRENTLY %s_lines ON %s USING gin (command_line gin_trgm_ops) WITH (fastupdate = off)`, starts, starts),
		fmt.Sprintf(`ANALYZE %s`, starts),
		fmt.Sprintf(`ANALYZE %s`, stops),
	)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("close day %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}

// dropDay removes a day's events.
func dropDay(ctx context.Context, conn *pgx.Conn, day time.Time) error {
	for _, table := range partitionedTables {
		name := table + "_" + day.Format(dayFormat)
		if _, err := conn.Exec(ctx, fmt.Sprintf(`DROP TABLE IF EXISTS %s`, name)); err != nil {
			return fmt.Errorf("drop day %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return nil
}
