package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// StationList selects a page of stations.
type StationList struct {
	Search     string // part of the name, in any case
	Show       Shown
	Sort       string // name, last_seen, first_seen or processes
	Descending bool
	Cursor     string // of the page before; "" for the first
	Limit      int
	Since      time.Time // from when recent events are counted
}

// Shown says which stations a list is about.
type Shown string

const (
	ShowAll      Shown = ""
	ShowLive     Shown = "live"
	ShowSilent   Shown = "silent" // live, and without a recent event
	ShowImported Shown = "imported"
)

var shownConditions = map[Shown]string{
	ShowLive:     `s.origin = 'live'`,
	ShowSilent:   `s.origin = 'live' AND s.last_seen < @since`,
	ShowImported: `s.origin = 'imported'`,
}

// ListedStation is a station and how busy it has been.
type ListedStation struct {
	Station
	Recent int64 // events since then, from the beginning of that hour
	key    string
}

var stationOrder = map[string]sortColumn{
	"name":       {"lower(s.name)", "text"},
	"last_seen":  {"s.last_seen", "timestamptz"},
	"first_seen": {"s.first_seen", "timestamptz"},
	"processes":  {"s.starts", "bigint"},
}

const stationTimeLimit = 10 * time.Second

// recentEventsSQL counts the events of station s since the hour of @since.
const recentEventsSQL = `
		COALESCE((SELECT sum(h.starts + h.stops) FROM station_hour h WHERE h.station_id = s.id AND h.hour >= date_trunc('hour', @since::timestamptz)), 0)::bigint`

// Stations returns a page of stations and the cursor of the next page.
func (s *Store) Stations(ctx context.Context, l StationList) (list []ListedStation, next string, err error) {
	order, err := newSorting(stationOrder, l.Sort, "s.id", l.Descending, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"search": l.Search, "limit": l.Limit + 1, "since": l.Since}
	sql := `
		SELECT s.*, ` + recentEventsSQL + `
		FROM  (SELECT ` + stationColumns + `, ` + order.key() + ` AS key
		       FROM   station s
		       WHERE  ` + conditions(`(@search = '' OR strpos(lower(s.name), lower(@search)) > 0)`,
		`EXISTS (SELECT FROM station_stream WHERE station_id = s.id)`, shownConditions[l.Show], order.behind(args)) + `
		       ORDER  BY ` + order.orderBy() + `
		       LIMIT  @limit) AS s`
	err = s.search(ctx, stationTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list stations", func(row pgx.CollectableRow) (st ListedStation, err error) {
			err = row.Scan(&st.ID, &st.Name, &st.Origin, &st.FirstSeen, &st.LastSeen, &st.Starts, &st.key, &st.Recent)
			return st, err
		}, sql, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		next = order.next(list[l.Limit-1].key, list[l.Limit-1].ID)
	}
	return list, next, err
}

// StationFigures are what the page of one station says of it.
type StationFigures struct {
	Recent   int64 // events since a time, from the beginning of that hour
	Binaries int64 // that have run there
	Users    int64 // that have run something there, as far as they are known
}

// StationFigures returns the figures of a station.
func (s *Store) StationFigures(ctx context.Context, id int64, since time.Time) (*StationFigures, error) {
	var list []StationFigures
	err := s.search(ctx, stationTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "count what ran on a station", pgx.RowToStructByPos[StationFigures], `
			SELECT `+recentEventsSQL+`, count(DISTINCT a.binary_id), count(DISTINCT a.account_id) FILTER (WHERE u.name <> '' OR u.sid <> '')
			FROM  (SELECT @id::bigint AS id) AS s
			LEFT   JOIN account_binary_station a ON a.station_id = s.id
			LEFT   JOIN account u ON u.id = a.account_id
			GROUP  BY s.id`, pgx.NamedArgs{"id": id, "since": since})
		return err
	})
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}
