package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
)

// A walk goes through the days of a search in windows of time, newest first or
// oldest first. Windows begin small and grow while they are quick, so that a
// page is full after the first or second of them, and a search for something
// rare over months is a few dozen statements, any of which can be cut off
// without losing the others.
type walk struct {
	store     *Store
	search    Search
	forms     []*searchForm
	byProcess bool // the search chooses all events of a process or none
	ascending bool
	after     *position
	days      []time.Time // that have partitions, in the order of the walk

	border   time.Time // everything on this side of it has been searched
	step     time.Duration
	deadline time.Time
	timeUp   bool
}

const (
	firstWindow    = 15 * time.Minute
	smallestWindow = time.Minute
	apartFrom      = 4 * time.Hour // see stopForms
	day            = 24 * time.Hour
)

// A searchForm is one of the two shapes of a search: for starts, with what is
// known of their end, and for stops, with what is known of their start.
type searchForm struct {
	stops  bool
	filter *filter
	time   string // column of the event's time
	own    string // alias of the table searched

	// For stops only.
	longest   time.Duration // that any process has run
	startedIn string        // condition on t.started
	joinStart string        // how process_start s is joined
	within    bool          // the processes have started in the window too
	apart     bool          // the stops are chosen before their starts are joined
}

// stopForms returns the forms of a search for stops. One that speaks of the
// start is made in two parts. Processes that started within the window are most;
// both tables have them in the same span. Of those that had started before there
// are few, anywhere in the past: their starts are looked up one by one, where a
// join would read all that ever started.
func stopForms(filter *filter) []*searchForm {
	form := func(startedIn, joinStart string) *searchForm {
		return &searchForm{stops: true, filter: filter, time: "t.stopped", own: "t", startedIn: startedIn, joinStart: joinStart}
	}
	within := func(f *searchForm) *searchForm { f.within = true; return f }
	apart := func(f *searchForm) *searchForm { f.apart = true; return f }
	if !filter.joins {
		return []*searchForm{form("t.started < @to AND t.started >= @from_started", "")}
	}
	const same = "s.station_id = t.station_id AND s.started = t.started AND s.process_key = t.process_key"
	return []*searchForm{
		within(form("t.started < @to AND t.started >= @from", "process_start s ON "+same+" AND s.started < @to AND s.started >= @from")),
		apart(form("t.started < @from AND t.started >= @from_started",
			"LATERAL (SELECT * FROM process_start s WHERE "+same+" AND s.started < @from AND s.started >= @from_started LIMIT 1) AS s ON true")),
	}
}

// newSearchFilter compiles a query and looks up what it speaks of.
func (s *Store) newSearchFilter(ctx context.Context, q *query.Query, stops bool) (*filter, error) {
	f, err := newFilter(q, stops)
	if err != nil {
		return nil, err
	}
	return f, s.lookUp(ctx, f)
}

// join is how the other table is joined.
func (f *filter) join() string {
	if f.inner {
		return "JOIN"
	}
	return "LEFT   JOIN"
}

func (s *Store) newWalk(ctx context.Context, search Search, after *position, ascending bool) (*walk, error) {
	w := &walk{store: s, search: search, after: after, ascending: ascending, step: firstWindow, deadline: time.Now().Add(search.budget())}
	starts, stops := searchedKinds(search.Query)
	w.byProcess = choosesByProcess(search.Query)
	if starts {
		filter, err := s.newSearchFilter(ctx, search.Query, false)
		if err != nil {
			return nil, err
		}
		if !filter.never {
			w.forms = append(w.forms, &searchForm{filter: filter, time: "s.started", own: "s"})
		}
	}
	if stops {
		filter, err := s.newSearchFilter(ctx, search.Query, true)
		if err != nil {
			return nil, err
		}
		if !filter.never {
			w.forms = append(w.forms, stopForms(filter)...)
		}
	}
	// Days are made ahead, and a station may have been silent for long: without
	// these bounds the windows would have grown before they met an event.
	oldest, newest, some, err := s.Bounds(ctx)
	if err != nil || !some {
		return w, err
	}
	search.From = later(search.From, oldest)
	if end := newest.Add(time.Millisecond); search.To.IsZero() || search.To.After(end) {
		search.To = end
	}
	w.search = search
	days, err := partitionDays(ctx, s.reads)
	if err != nil {
		return nil, unavailable(err)
	}
	longest, err := longestRun(ctx, s.reads)
	if err != nil {
		return nil, unavailable(err)
	}
	for _, f := range w.forms {
		f.longest = longest
	}
	w.days = slices.DeleteFunc(days, func(d time.Time) bool {
		return !d.Before(search.To) || !d.Add(day).After(search.From)
	})
	if !ascending {
		slices.Reverse(w.days)
	}
	if len(w.days) > 0 {
		w.border = w.start()
	}
	return w, nil
}

// start returns where the walk begins.
func (w *walk) start() time.Time {
	if w.ascending {
		at := w.days[0]
		if at.Before(w.search.From) {
			at = w.search.From
		}
		if w.after != nil && at.Before(w.after.at) {
			at = w.after.at
		}
		return at
	}
	at := w.days[0].Add(day)
	if !w.search.To.IsZero() && at.After(w.search.To) {
		at = w.search.To
	}
	if w.after != nil && at.After(w.after.at) {
		at = w.after.at.Add(time.Microsecond) // the instant itself may have more
	}
	return at
}

// next runs f on the next window; ok is false at the end, or when time is up.
func (w *walk) next(ctx context.Context, f func(tx pgx.Tx, from, to time.Time) error) (ok bool, err error) {
	for {
		from, to, ok := w.window()
		if !ok || len(w.forms) == 0 {
			return false, nil
		}
		left := time.Until(w.deadline)
		if left <= 0 {
			w.timeUp = true
			return false, nil
		}
		begun := time.Now()
		err := w.store.search(ctx, left, func(tx pgx.Tx) error { return f(tx, from, to) })
		took := time.Since(begun)
		switch {
		case isTimeout(err) && to.Sub(from) > smallestWindow && time.Until(w.deadline) > 0:
			w.step = max(smallestWindow, to.Sub(from)/8)
			continue
		case isTimeout(err):
			w.timeUp = true
			return false, nil
		case err != nil:
			return false, err
		}
		switch {
		case took < 100*time.Millisecond:
			w.step *= 4
		case took < time.Second: // much of it may be the same for any window
			w.step *= 2
		case took > 2*time.Second:
			w.step = max(smallestWindow, w.step/2)
		}
		w.border = to
		if !w.ascending {
			w.border = from
		}
		return true, nil
	}
}

// window returns the next window, which begins at the border, or at the next
// day that has partitions.
func (w *walk) window() (from, to time.Time, ok bool) {
	for len(w.days) > 0 {
		d := w.days[0]
		if w.ascending {
			if !d.Add(day).After(w.border) {
				w.days = w.days[1:]
				continue
			}
			from = later(w.border, d)
			to = from.Add(w.step)
			if !w.search.To.IsZero() && to.After(w.search.To) {
				to = w.search.To
			}
		} else {
			if !d.Before(w.border) {
				w.days = w.days[1:]
				continue
			}
			to = w.border
			if end := d.Add(day); to.After(end) {
				to = end
			}
			from = later(to.Add(-w.step), w.search.From)
		}
		return from, to, from.Before(to)
	}
	return from, to, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// borderPosition is the place in the list where a search that was cut off goes on.
func (w *walk) borderPosition() position {
	if w.ascending {
		return position{at: w.border.Add(-time.Microsecond), station: 1<<63 - 1, key: lastKey, stop: true}
	}
	return position{at: w.border}
}

var lastKey = event.Key{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// from returns the FROM and WHERE of a form within a window, and its arguments.
func (f *searchForm) from(from, to time.Time, also string) (string, pgx.NamedArgs) {
	args := f.filter.arguments()
	args["from"], args["to"] = from, to
	var tables, span string
	if f.stops {
		tables = "process_stop t"
		// A process starts before it stops, and none has run for longer than the
		// longest: other partitions hold nothing.
		args["from_started"] = from.Add(-f.longest)
		span = "t.stopped >= @from AND t.stopped < @to AND " + f.startedIn
		if f.apart && to.Sub(from) > apartFrom {
			tables = "(SELECT * FROM process_stop t WHERE " + span + " OFFSET 0) AS t"
			span = "true"
		}
		if f.filter.joins {
			tables += "\n\t\t" + f.filter.join() + " " + f.joinStart
		}
	} else {
		tables = "process_start s"
		span = "s.started >= @from AND s.started < @to"
		if f.filter.joins {
			tables += "\n\t\t" + f.filter.join() + " process_stop t ON t.station_id = s.station_id AND t.started = s.started AND t.process_key = s.process_key AND t.started >= @from AND t.started < @to"
		}
	}
	return "FROM   " + tables + "\n\t\tWHERE  " + conditions(span, also, f.filter.where), args
}

// list returns up to limit events of a window, in the order of the walk.
func (w *walk) list(ctx context.Context, tx DB, from, to time.Time, limit int) ([]listed, error) {
	var all []listed
	var starts []listed // all of the window that fit, if allStarts
	allStarts := false
	for _, f := range w.forms {
		rows, err := w.listForm(ctx, tx, f, from, to, limit, starts, allStarts)
		if err != nil {
			return nil, err
		}
		if !f.stops && w.byProcess && len(rows) < limit && (w.after == nil || w.after.at.Before(from) || !w.after.at.Before(to)) {
			starts, allStarts = rows, true
		}
		all = append(all, rows...)
	}
	slices.SortStableFunc(all, func(a, b listed) int {
		if w.ascending {
			return comparePositions(a.position, b.position)
		}
		return comparePositions(b.position, a.position)
	})
	// Two stops of one process would give its start twice.
	all = slices.CompactFunc(all, func(a, b listed) bool { return a.position == b.position })
	return all[:min(limit, len(all))], nil
}

// listForm lists the events of one form. If all starts of the window that fit
// are known, and a stop needs a start that fits, those that have stopped in the
// window too are the stops of these.
func (w *walk) listForm(ctx context.Context, tx DB, f *searchForm, from, to time.Time, limit int, starts []listed, allStarts bool) ([]listed, error) {
	if known := f.within && f.filter.inner && allStarts; known && len(starts) == 0 {
		return nil, nil
	} else if known {
		f = f.ofStarts(starts)
	}
	order, compare := "DESC", "<"
	if w.ascending {
		order, compare = "ASC", ">"
	}
	also := ""
	if w.after != nil {
		// Of a process that starts and stops in one instant the start comes first.
		if f.stops != w.after.stop && f.stops == w.ascending {
			compare += "="
		}
		also = fmt.Sprintf("(%s, %s.station_id, %s.process_key) %s (@after, @after_station::bigint, @after_key::uuid)", f.time, f.own, f.own, compare)
	}
	tables, args := f.from(from, to, also)
	args["limit"] = limit
	if w.after != nil {
		args["after"], args["after_station"], args["after_key"] = w.after.at, w.after.station, [16]byte(w.after.key)
	}
	kind := "s.kind"
	if f.stops {
		kind = "2::smallint"
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`
		SELECT %s, %s.station_id, %s.process_key, %s.started, %s
		%s
		ORDER  BY 1 %s, 2 %s, 3 %s
		LIMIT  @limit`, f.time, f.own, f.own, f.own, kind, tables, order, order, order), args)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (listed, error) {
		l := listed{position: position{stop: f.stops}}
		var key [16]byte
		var code int16
		err := row.Scan(&l.at, &l.station, &key, &l.started, &code)
		l.at, l.started, l.key, l.kind = l.at.UTC(), l.started.UTC(), key, nameOf(kindCode, &code)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return list, nil
}

// ofStarts returns a form for the stops of the given starts.
func (f *searchForm) ofStarts(starts []listed) *searchForm {
	stations, times, keys := identities(starts)
	of := *f
	of.filter = &filter{
		where: "(t.station_id, t.started, t.process_key) IN (SELECT * FROM unnest(@stations::integer[], @times::timestamptz[], @keys::uuid[]))",
		args:  pgx.NamedArgs{"stations": stations, "times": times, "keys": keys},
	}
	return &of
}

// count counts up to limit events of a window.
func (w *walk) count(ctx context.Context, tx DB, from, to time.Time, limit int64) (int64, error) {
	var all int64
	for _, f := range w.forms {
		if f.within && f.filter.inner && w.byProcess && len(w.forms) > 2 && all == 0 {
			continue // a stop of a start that does not fit
		}
		tables, args := f.from(from, to, "")
		args["limit"] = limit - all
		var n int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM (SELECT `+tables+` LIMIT @limit) AS counted`, args).Scan(&n); err != nil {
			return 0, fmt.Errorf("count events: %w", err)
		}
		if all += n; all >= limit {
			break
		}
	}
	return all, nil
}

// histogram adds the events of a window to their buckets: all of them or, if it
// fails, none, since the window may be tried again in smaller pieces.
func (w *walk) histogram(ctx context.Context, tx DB, from, to time.Time, h *Histogram) error {
	found := map[time.Duration]int64{} // by the beginning of a bucket, from h.From on
	for _, f := range w.forms {
		tables, args := f.from(from, to, "")
		args["origin"], args["width"] = h.From, h.Width
		rows, err := tx.Query(ctx, fmt.Sprintf(`
			SELECT date_bin(@width::interval, %s, @origin::timestamptz), count(*)
			%s
			GROUP  BY 1`, f.time, tables), args)
		if err != nil {
			return fmt.Errorf("count events over time: %w", err)
		}
		var start time.Time
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&start, &n}, func() error { found[start.Sub(h.From)] += n; return nil }); err != nil {
			return fmt.Errorf("count events over time: %w", err)
		}
	}
	for start, n := range found {
		if start >= 0 {
			h.Counts[min(int(start/h.Width), len(h.Counts)-1)] += n
		}
	}
	return nil
}
