package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Overview is the fleet in a few numbers. Recent is since a time.
type Overview struct {
	Stations, Live, Active, Silent int64 // without those that were retired; silent as in StateSilent
	Binaries, New, NewRare         int64 // first seen recently, and of those on one station only
	LastHour, LastDay              int64 // events
	Newest                         *time.Time
}

const (
	overviewTimeLimit = 8 * time.Second
	overviewBudget    = time.Second // for counting events one by one
)

// Overview returns the fleet's numbers as of now; what is recent, is of the last
// 24 hours.
func (s *Store) Overview(ctx context.Context, now time.Time) (*Overview, error) {
	var o Overview
	err := s.search(ctx, overviewTimeLimit, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT count(*), count(*) FILTER (WHERE origin = 'live'), count(*) FILTER (WHERE last_seen >= @since),
			       count(*) FILTER (WHERE `+stationStateSQL+` = 'silent'), max(last_seen)
			FROM   `+stationTables+`
			WHERE  EXISTS (SELECT FROM station_stream WHERE station_id = s.id) AND a.retired IS NULL`, pgx.NamedArgs{"since": now.Add(-day), "now": now}).
			Scan(&o.Stations, &o.Live, &o.Active, &o.Silent, &o.Newest)
		if err != nil {
			return fmt.Errorf("count stations: %w", err)
		}
		err = tx.QueryRow(ctx, `
			SELECT count(*), count(*) FILTER (WHERE f.first_seen >= @since), count(*) FILTER (WHERE f.first_seen >= @since AND f.stations = 1)
			FROM   `+binaryFiguresSQL+` AS f`, pgx.NamedArgs{"since": now.Add(-day)}).Scan(&o.Binaries, &o.New, &o.NewRare)
		if err != nil {
			return fmt.Errorf("count binaries: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if o.LastHour, err = s.eventsSince(ctx, now.Add(-time.Hour), now); err != nil {
		return nil, err
	}
	o.LastDay, err = s.eventsSince(ctx, now.Add(-day), now)
	return &o, err
}

// eventsSince counts the events up to now: whole hours as they were counted when
// they were stored, and one by one those before the first. Where that takes too
// long, that hour's share is taken for it.
func (s *Store) eventsSince(ctx context.Context, since, now time.Time) (int64, error) {
	first := since.Truncate(time.Hour).Add(time.Hour)
	p, err := s.Pulse(ctx, first.Add(-time.Hour), now, 0, 0)
	if err != nil {
		return 0, err
	}
	var whole, broken int64
	for _, h := range p.Hours {
		if h.Start.Before(first) {
			broken = h.Starts + h.Stops
		} else {
			whole += h.Starts + h.Stops
		}
	}
	if broken == 0 {
		return whole, nil
	}
	c, err := s.CountEvents(ctx, Search{From: since, To: first, Budget: overviewBudget}, broken)
	if err != nil {
		return 0, err
	}
	if !c.Complete {
		c.Events = int64(float64(broken) * first.Sub(since).Hours())
	}
	return whole + c.Events, nil
}
