package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pulse is how busy the fleet, or one station, was in each hour.
type Pulse struct {
	Hours []Hour // that have events, oldest first
	Top   []BusyStation
}

// Hour is what happened in an hour, by the times of the events.
type Hour struct {
	Start         time.Time
	Starts, Stops int64
}

// BusyStation is a station with many process starts.
type BusyStation struct {
	ID     int64
	Name   string
	Starts int64
}

const pulseTimeLimit = 8 * time.Second

// Pulse returns the hours that begin within a span, and the stations with most
// starts in it. station 0 is the whole fleet.
func (s *Store) Pulse(ctx context.Context, from, to time.Time, station int64, top int) (*Pulse, error) {
	p := &Pulse{}
	args := pgx.NamedArgs{"from": from, "to": to, "top": top}
	where := "hour >= @from AND hour < @to"
	if station != 0 {
		where += " AND station_id = @station::bigint"
		args["station"] = station
	}
	err := s.search(ctx, pulseTimeLimit, func(tx pgx.Tx) (err error) {
		p.Hours, err = collect(ctx, tx, "read pulse", func(row pgx.CollectableRow) (h Hour, err error) {
			err = row.Scan(&h.Start, &h.Starts, &h.Stops)
			h.Start = h.Start.UTC()
			return h, err
		}, `SELECT hour, sum(starts), sum(stops) FROM station_hour WHERE `+where+` GROUP BY hour ORDER BY hour`, args)
		if err != nil || top == 0 {
			return err
		}
		p.Top, err = collect(ctx, tx, "read busiest stations", pgx.RowToStructByPos[BusyStation], `
			SELECT s.id, s.name, h.starts
			FROM  (SELECT station_id, sum(starts) AS starts FROM station_hour WHERE `+where+` GROUP BY station_id HAVING sum(starts) > 0 ORDER BY 2 DESC, 1 LIMIT @top) AS h
			JOIN   station s ON s.id = h.station_id
			ORDER  BY h.starts DESC, s.id`, args)
		return err
	})
	return p, err
}
