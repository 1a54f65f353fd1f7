package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// What tells the demo's stations from others: they came in by a key that the
// demo made, which gives them the label, and say that what they report is no
// sensor's. A station of somebody who merely uses the label is none of them.
const (
	DemoLabel  = "demo"
	DemoAuthor = "serve --demo" // of its enrolment keys; no user can have this name
)

// DemoStations returns the numbers of the stations of the demo.
func (s *Store) DemoStations(ctx context.Context) ([]int64, error) {
	return collect(ctx, s.pool, "list the demo's stations", pgx.RowTo[int64], `
		SELECT a.station_id
		FROM   station_agent a LEFT JOIN enrolment_key k ON k.id = a.enrolment_key_id
		WHERE  k.created_by = $1 OR (a.labels @> ARRAY[$2::text] AND a.sensor_mode = $3)
		ORDER  BY a.station_id`, DemoAuthor, DemoLabel, event.SensorReplay)
}

// ProcessesOf returns how many process starts these stations have reported.
func (s *Store) ProcessesOf(ctx context.Context, stations []int64) (int64, error) {
	var n int64
	err := s.pool.QueryRow(ctx, `SELECT COALESCE(sum(starts), 0)::bigint FROM station WHERE id = ANY($1)`, stations).Scan(&n)
	return n, unavailable(err)
}

// RemoveDemoStation removes one of them for good, with its events.
func (s *Store) RemoveDemoStation(ctx context.Context, id int64) error {
	if err := s.RetireStation(ctx, id); err != nil {
		return err
	}
	return s.RemoveStation(ctx, id)
}

// RemoveDemoKeys removes the enrolment keys that the demo made.
func (s *Store) RemoveDemoKeys(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM enrolment_key WHERE created_by = $1`, DemoAuthor)
	return unavailable(err)
}
