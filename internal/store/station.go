package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// Station is a monitored machine, or a computer that an imported log speaks of.
type Station struct {
	ID        int64
	Name      string
	Origin    event.Origin
	FirstSeen time.Time // oldest event
	LastSeen  time.Time // newest event
	Starts    int64     // process starts that were ever stored
}

// ImportStation returns the id of the imported station called name, and makes
// it where it is new. Names are compared without case, as Windows does.
func (s *Store) ImportStation(ctx context.Context, name string, seen time.Time) (int64, error) {
	key := importKey(name)
	var id int64
	err := s.pool.QueryRow(ctx, `SELECT id FROM station WHERE key = $1`, key).Scan(&id)
	if err == pgx.ErrNoRows {
		err = s.pool.QueryRow(ctx, `
			INSERT INTO station (key, name, origin, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT (key) DO UPDATE SET key = excluded.key
			RETURNING id`, key, name, event.Imported, seen).Scan(&id)
	}
	if err != nil {
		return 0, unavailable(fmt.Errorf("find imported station %q: %w", name, err))
	}
	return id, nil
}

// HasImportedStation tells whether there is an imported station called name.
func (s *Store) HasImportedStation(ctx context.Context, name string) (bool, error) {
	var there bool
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM station WHERE key = $1)`, importKey(name)).Scan(&there)
	if err != nil {
		return false, unavailable(fmt.Errorf("look for imported station %q: %w", name, err))
	}
	return there, nil
}

func importKey(name string) string { return "import:" + strings.ToLower(name) }

// LiveStation returns the id of the station that key identifies, and makes it
// where it is new.
func (s *Store) LiveStation(ctx context.Context, key, name string, seen time.Time) (int64, error) {
	var id int64
	err := s.pool.QueryRow(ctx, `
		INSERT INTO station (key, name, origin, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (key) DO UPDATE SET name = excluded.name
		RETURNING id`, key, name, event.Live, seen).Scan(&id)
	if err != nil {
		return 0, unavailable(fmt.Errorf("find station %q: %w", name, err))
	}
	return id, nil
}

// Station returns one station.
func (s *Store) Station(ctx context.Context, id int64) (*Station, error) {
	rows, err := s.reads.Query(ctx, `SELECT `+stationColumns+` FROM station WHERE id = $1::bigint`, id)
	if err != nil {
		return nil, unavailable(fmt.Errorf("read station %d: %w", id, err))
	}
	st, err := pgx.CollectExactlyOneRow(rows, scanStation)
	if err == pgx.ErrNoRows {
		return nil, fault.NotFoundf("there is no station %d", id).Coded("no_station", "id")
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("read station %d: %w", id, err))
	}
	return &st, nil
}

const stationColumns = `id, name, origin, first_seen, last_seen, starts`

func scanStation(row pgx.CollectableRow) (st Station, err error) {
	err = row.Scan(&st.ID, &st.Name, &st.Origin, &st.FirstSeen, &st.LastSeen, &st.Starts)
	return st, err
}

// RemoveStation deletes a station, its events and gaps, and its share of the
// prevalence. One that reports by itself must be retired or revoked before: it
// would go on reporting.
func (s *Store) RemoveStation(ctx context.Context, id int64) error {
	st, err := s.Station(ctx, id)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if st.Origin != event.Imported {
			gone, err := lockAgent(ctx, tx, id)
			if err != nil {
				return err
			}
			if !gone {
				return fault.New(fault.Conflict, "station %s reports by itself; retire or revoke it first", st.Name).Coded("station_reports", "station")
			}
		}
		if _, err := tx.Exec(ctx, `SELECT FROM station_stream WHERE station_id = $1 FOR UPDATE`, id); err != nil {
			return fmt.Errorf("lock station: %w", err)
		}
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, foldLock); err != nil {
			return fmt.Errorf("lock totals: %w", err)
		}
		if err := foldPrevalence(ctx, tx); err != nil {
			return err
		}
		if err := removeStation(ctx, tx, id); err != nil {
			return err
		}
		return removeLostDevices(ctx, tx)
	})
}

// removeStation removes a station's events, and what they added to the fleet's
// figures. Of runs on days that have expired nobody knows any more: they stay
// counted.
func removeStation(ctx context.Context, tx DB, id int64) error {
	for _, sql := range [...]string{
		`CREATE TEMP TABLE removed ON COMMIT DROP AS
		 SELECT binary_id, COALESCE(parent_binary_id, 0) AS parent_binary_id, count(*) AS runs FROM process_start WHERE station_id = $1 GROUP BY 1, 2`,
		`CREATE TEMP TABLE left_binary ON COMMIT DROP AS SELECT DISTINCT binary_id FROM account_binary_station WHERE station_id = $1`,
		`CREATE TEMP TABLE left_launch ON COMMIT DROP AS SELECT binary_id, parent_binary_id FROM launch_station WHERE station_id = $1`,
		`DELETE FROM process_start WHERE station_id = $1`,
		`DELETE FROM process_stop WHERE station_id = $1`,
		`DELETE FROM launch_station WHERE station_id = $1`,
		`DELETE FROM account_binary_station WHERE station_id = $1`,
		`DELETE FROM account_station WHERE station_id = $1`,
		`DELETE FROM station_hour WHERE station_id = $1`,
		`DELETE FROM station_stream WHERE station_id = $1`,
		`DELETE FROM station WHERE id = $1`,
	} {
		args := []any{id}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return fmt.Errorf("remove station %d: %w", id, err)
		}
	}
	// first_seen is that of the stations that are left; last_seen of the events.
	for _, sql := range [...]string{
		`DELETE FROM binary_total t USING left_binary l
		 WHERE  t.binary_id = l.binary_id AND NOT EXISTS (SELECT FROM account_binary_station a WHERE a.binary_id = l.binary_id)`,
		`UPDATE binary_total t
		 SET    stations = t.stations - 1, runs = t.runs - COALESCE(r.runs, 0), first_seen = a.first_seen, last_seen = COALESCE(s.last_seen, a.first_seen)
		 FROM   left_binary l
		 LEFT   JOIN (SELECT binary_id, sum(runs) AS runs FROM removed GROUP BY 1) r USING (binary_id)
		 CROSS  JOIN LATERAL (SELECT min(first_seen) AS first_seen FROM account_binary_station a WHERE a.binary_id = l.binary_id) a
		 CROSS  JOIN LATERAL (SELECT max(started) AS last_seen FROM process_start s WHERE s.binary_id = l.binary_id) s
		 WHERE  t.binary_id = l.binary_id`,
		`DELETE FROM launch_total t USING left_launch l
		 WHERE  t.binary_id = l.binary_id AND t.parent_binary_id = l.parent_binary_id
		 AND    NOT EXISTS (SELECT FROM launch_station a WHERE a.binary_id = l.binary_id AND a.parent_binary_id = l.parent_binary_id)`,
		`UPDATE launch_total t
		 SET    stations = t.stations - 1, runs = t.runs - COALESCE(r.runs, 0), first_seen = a.first_seen, last_seen = GREATEST(a.first_seen, LEAST(t.last_seen, b.last_seen))
		 FROM   left_launch l
		 LEFT   JOIN removed r USING (binary_id, parent_binary_id)
		 JOIN   binary_total b USING (binary_id)
		 CROSS  JOIN LATERAL (SELECT min(first_seen) AS first_seen FROM launch_station a WHERE a.binary_id = l.binary_id AND a.parent_binary_id = l.parent_binary_id) a
		 WHERE  t.binary_id = l.binary_id AND t.parent_binary_id = l.parent_binary_id`,
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("correct the fleet's figures: %w", err)
		}
	}
	return nil
}
