package store

import (
	"context"
	"fmt"
	"time"
)

// Status says how much is stored.
type Status struct {
	ServerVersion string // of PostgreSQL
	Bytes         int64  // of the database on disk
	Starts, Stops int64  // estimated by PostgreSQL's statistics
	Stations      int64
	Oldest        *time.Time // time of the oldest event; nil: none
	Newest        *time.Time
}

// Status returns how much is stored.
func (s *Store) Status(ctx context.Context) (*Status, error) {
	var st Status
	err := s.reads.QueryRow(ctx, `
		WITH rows AS (
			SELECT i.inhparent::regclass::text AS parent, GREATEST(pg_stat_get_live_tuples(i.inhrelid), c.reltuples::bigint, 0) AS n
			FROM   pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE  i.inhparent IN ('process_start'::regclass, 'process_stop'::regclass))
		SELECT current_setting('server_version'), pg_database_size(current_database()),
		       COALESCE((SELECT sum(n) FROM rows WHERE parent = 'process_start'), 0)::bigint,
		       COALESCE((SELECT sum(n) FROM rows WHERE parent = 'process_stop'), 0)::bigint,
		       (SELECT count(*) FROM station), (SELECT min(first_seen) FROM station), (SELECT max(last_seen) FROM station)`).
		Scan(&st.ServerVersion, &st.Bytes, &st.Starts, &st.Stops, &st.Stations, &st.Oldest, &st.Newest)
	if err != nil {
		return nil, unavailable(fmt.Errorf("read status: %w", err))
	}
	return &st, nil
}
