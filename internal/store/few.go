package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// few lists all events of a search that chooses whole processes, newest first, if
// no more than limit of them started in its span, and no more before it; ok tells
// whether it is such a search. It walks the starts alone. The stops of these are known by their
// keys then, and those of processes that had started before are looked for once,
// where the walk of both looks for them in each of its windows.
//
// Afterwards w.border and w.timeUp say how far the search has come, if ok;
// otherwise w is as it was.
func (w *walk) few(ctx context.Context, limit int) (found []listed, ok bool, err error) {
	if !w.byProcess || w.ascending || w.after != nil || len(w.days) == 0 || len(w.forms) != 3 || w.forms[0].stops || !w.forms[1].filter.inner {
		return nil, false, nil
	}
	starts, before := *w, w.forms[2]
	starts.forms = w.forms[:1]
	to := w.border
	for {
		more, err := starts.next(ctx, func(tx pgx.Tx, from, to time.Time) error {
			rows, err := starts.listForm(ctx, tx, w.forms[0], from, to, limit+1-len(found), nil, false)
			found = append(found, rows...)
			return err
		})
		if err != nil || len(found) > limit {
			return nil, false, err
		}
		if !more {
			break
		}
	}
	from, tooMany := starts.border, false
	left := max(time.Until(w.deadline), time.Second) // what was found is worth the little that is missing
	err = w.store.search(ctx, left, func(tx pgx.Tx) error {
		stops, err := stopsOf(ctx, tx, found, from, to)
		if err != nil {
			return err
		}
		older, err := w.listForm(ctx, tx, before, from, to, limit+1, nil, false)
		found, tooMany = slices.Concat(found, stops, older), len(older) > limit
		return err
	})
	if isTimeout(err) || err == nil && tooMany {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(found, func(a, b listed) int { return comparePositions(b.position, a.position) })
	found = slices.CompactFunc(found, func(a, b listed) bool { return a.position == b.position })
	w.border, w.timeUp, w.days = starts.border, starts.timeUp, nil
	return found, true, nil
}

// stopsOf lists the stops within a span of the given starts.
func stopsOf(ctx context.Context, tx DB, starts []listed, from, to time.Time) ([]listed, error) {
	if len(starts) == 0 {
		return nil, nil
	}
	stations, times, keys := identities(starts)
	return collect(ctx, tx, "list stops", func(row pgx.CollectableRow) (listed, error) {
		l := listed{position: position{stop: true}, kind: event.Stop}
		var key [16]byte
		err := row.Scan(&l.at, &l.station, &key, &l.started)
		l.at, l.started, l.key = l.at.UTC(), l.started.UTC(), key
		return l, err
	}, `
		SELECT t.stopped, t.station_id, t.process_key, t.started
		FROM   unnest(@stations::integer[], @times::timestamptz[], @keys::uuid[]) AS s (station_id, started, process_key)
		CROSS  JOIN LATERAL (
			SELECT * FROM process_stop t
			WHERE  t.station_id = s.station_id AND t.started = s.started AND t.process_key = s.process_key) AS t
		WHERE  t.stopped >= @from AND t.stopped < @to`,
		pgx.NamedArgs{"stations": stations, "times": times, "keys": keys, "from": from, "to": to})
}

// identities returns the columns of the keys of the given events.
func identities(list []listed) (stations []int64, started []time.Time, keys [][16]byte) {
	for _, l := range list {
		stations, started, keys = append(stations, l.station), append(started, l.started), append(keys, l.key)
	}
	return stations, started, keys
}
