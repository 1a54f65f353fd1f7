package store

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// Gap is a stored event.Gap.
type Gap struct {
	ID          int64
	Station     int64
	StationName string
	Cause       event.Cause
	From, To    time.Time // by the station's clock
	Events      *int64    // nil: nobody can know
	FirstSeq    uint64    // of the records that are missing in the stream; 0: none are
	LastSeq     uint64
	Detail      string
	Received    time.Time
}

// GapList selects a page of gaps, newest first by their ends. Zero fields do not
// restrict.
type GapList struct {
	Stations []int64   // nil: all
	From, To time.Time // gaps that lie within it, be it in part
	Cause    event.Cause
	Cursor   string
	Limit    int
}

var gapOrder = map[string]sortColumn{"to": {"g.to_time", "timestamptz"}}

const gapTimeLimit = 5 * time.Second

// Gaps returns a page of gaps and the cursor of the next page.
func (s *Store) Gaps(ctx context.Context, l GapList) (list []Gap, next string, err error) {
	order, err := newSorting(gapOrder, "to", "g.id", true, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"limit": l.Limit + 1}
	where := []string{"true"}
	if l.Stations != nil {
		where, args["stations"] = append(where, "g.station_id = ANY (@stations::bigint[])"), l.Stations
	}
	if !l.From.IsZero() {
		where, args["from"] = append(where, "g.to_time >= @from"), l.From
	}
	if !l.To.IsZero() {
		where, args["to"] = append(where, "g.from_time < @to"), l.To
	}
	if l.Cause != "" {
		where, args["cause"] = append(where, "g.cause = @cause"), l.Cause
	}
	err = s.search(ctx, gapTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list gaps", scanGap, `
		SELECT g.id, g.station_id, s.name, g.cause, g.from_time, g.to_time, g.events, COALESCE(g.first_seq, 0), COALESCE(g.last_seq, 0), g.detail, g.received
		FROM   gap g JOIN station s ON s.id = g.station_id
		WHERE  `+conditions(append(where, order.behind(args))...)+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		last := &list[l.Limit-1]
		next = order.next(strconv.FormatInt(last.To.UnixMicro(), 10), last.ID)
	}
	return list, next, err
}

func scanGap(row pgx.CollectableRow) (g Gap, err error) {
	var first, last int64
	err = row.Scan(&g.ID, &g.Station, &g.StationName, &g.Cause, &g.From, &g.To, &g.Events, &first, &last, &g.Detail, &g.Received)
	g.FirstSeq, g.LastSeq = uint64(first), uint64(last)
	return g, err
}
