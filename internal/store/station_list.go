package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// StationList selects a page of stations. Zero fields do not restrict.
type StationList struct {
	Search       string // part of the name, in any case
	Show         Shown
	Label        string
	System       string
	AgentVersion string
	SensorMode   string
	EnrolmentKey string // name
	KeyID        int64  // number of the enrolment key
	Sort         string // name, last_seen, first_seen, last_contact, enrolled or processes
	Descending   bool
	Cursor       string // of the page before; "" for the first
	Limit        int
	Since        time.Time // from when recent events are counted
	Now          time.Time // as of when stations are silent; zero: the present
}

// Shown says which stations a list is about. Retired ones are shown only where
// they are asked for.
type Shown string

// What a list may be about: all, all that report by themselves, or those in one
// state.
const (
	ShowAll      Shown = ""
	ShowLive     Shown = "live"
	ShowImported Shown = Shown(StateImported)
	ShowOnline   Shown = Shown(StateOnline)
	ShowSilent   Shown = Shown(StateSilent)
	ShowWaiting  Shown = Shown(StateWaiting)
	ShowRetired  Shown = Shown(StateRetired)
	ShowRevoked  Shown = Shown(StateRevoked)
)

// ListedStation is a station, how it is, and how busy it has been.
type ListedStation struct {
	Station
	State  StationState
	Agent  *StationAgent // nil: imported
	Recent int64         // events since then, from the beginning of that hour
	key    string
}

var stationOrder = map[string]sortColumn{
	"name":         {"lower(s.name)", "text"},
	"last_seen":    {"s.last_seen", "timestamptz"},
	"first_seen":   {"s.first_seen", "timestamptz"},
	"last_contact": {"COALESCE(" + stationContact + ", 'epoch')", "timestamptz"},
	"enrolled":     {"COALESCE(a.enrolled, 'epoch')", "timestamptz"},
	"processes":    {"s.starts", "bigint"},
}

const stationTimeLimit = 10 * time.Second

// recentEventsSQL counts the events of station s since the hour of @since.
const recentEventsSQL = `
		COALESCE((SELECT sum(h.starts + h.stops) FROM station_hour h WHERE h.station_id = s.id AND h.hour >= date_trunc('hour', @since::timestamptz)), 0)::bigint`

// filter returns the conditions of the list on stationTables, and their arguments.
func (l *StationList) filter() (where string, args pgx.NamedArgs) {
	now := l.Now
	if now.IsZero() {
		now = time.Now()
	}
	args = pgx.NamedArgs{"now": now, "since": l.Since}
	list := []string{"EXISTS (SELECT FROM station_stream WHERE station_id = s.id)"}
	switch l.Show {
	case ShowAll:
		list = append(list, "a.retired IS NULL")
	case ShowLive:
		list = append(list, "s.origin = 'live'", "a.retired IS NULL")
	case ShowRetired:
		list = append(list, "a.retired IS NOT NULL")
	case ShowRevoked:
		list = append(list, "a.revoked IS NOT NULL")
	default:
		list, args["state"] = append(list, stationStateSQL+" = @state"), string(l.Show)
	}
	for _, c := range []struct{ name, value, sql string }{
		{"search", l.Search, "strpos(lower(s.name), lower(@search)) > 0"},
		{"label", l.Label, "a.labels @> ARRAY[@label]"},
		{"system", l.System, "a.system = @system"},
		{"agent_version", l.AgentVersion, "a.agent_version = @agent_version"},
		{"sensor_mode", l.SensorMode, "a.sensor_mode = @sensor_mode"},
		{"enrolment_key", l.EnrolmentKey, "k.name = @enrolment_key"},
	} {
		if c.value != "" {
			list, args[c.name] = append(list, c.sql), c.value
		}
	}
	if l.KeyID != 0 {
		list, args["key_id"] = append(list, "a.enrolment_key_id = @key_id"), l.KeyID
	}
	return conditions(list...), args
}

// Stations returns a page of stations and the cursor of the next page.
func (s *Store) Stations(ctx context.Context, l StationList) (list []ListedStation, next string, err error) {
	order, err := newSorting(stationOrder, l.Sort, "s.id", l.Descending, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	where, args := l.filter()
	args["limit"] = l.Limit + 1
	sql := `
		SELECT ` + listedColumns + `, page.key
		FROM  (SELECT s.id, ` + order.key() + ` AS key
		       FROM   ` + stationTables + `
		       WHERE  ` + conditions(where, order.behind(args)) + `
		       ORDER  BY ` + order.orderBy() + `
		       LIMIT  @limit) AS page
		JOIN   ` + listedTables + ` ON s.id = page.id
		ORDER  BY ` + order.orderBy()
	err = s.search(ctx, stationTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list stations", scanListed, sql, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		next = order.next(list[l.Limit-1].key, list[l.Limit-1].ID)
	}
	return list, next, err
}

// listedTables is in parentheses, to be joined as a whole.
const listedTables = `(` + stationTables + `
		LEFT   JOIN station p ON p.id = a.parted_from)`

var listedColumns = `s.id, s.name, s.origin, s.first_seen, s.last_seen, s.starts, ` + stationStateSQL + `, ` + recentEventsSQL + `,
		       ` + agentColumns

func scanListed(row pgx.CollectableRow) (st ListedStation, err error) {
	var agent StationAgent
	var station *int64
	var boot int64
	err = row.Scan(append(append([]any{&st.ID, &st.Name, &st.Origin, &st.FirstSeen, &st.LastSeen, &st.Starts, &st.State, &st.Recent},
		agent.into(&station, &boot)...), &st.key)...)
	if station != nil {
		agent.BootID = uint64(boot)
		st.Agent = &agent
	}
	return st, err
}

// fetchStations returns stations by their numbers; those that are gone are left out.
func fetchStations(ctx context.Context, db DB, ids []int64, now, since time.Time) ([]ListedStation, error) {
	return collect(ctx, db, "read stations", scanListed, `
		SELECT `+listedColumns+`, ''
		FROM   `+listedTables+`
		WHERE  s.id = ANY (@ids)
		ORDER  BY s.id`, pgx.NamedArgs{"ids": ids, "now": now, "since": since})
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
