package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// Search selects events.
type Search struct {
	Query    *query.Query
	From, To time.Time     // zero: unbounded; To is exclusive
	Budget   time.Duration // how long it may take; 0 for 8 s
}

const defaultBudget = 8 * time.Second

func (q *Search) budget() time.Duration {
	if q.Budget > 0 {
		return q.Budget
	}
	return defaultBudget
}

// List selects a page of events.
type List struct {
	Search
	Cursor    string // of the page before; "" for the first
	Limit     int
	Ascending bool // oldest first
}

// Page is a page of events.
type Page struct {
	Events []Event
	Next   string // cursor of the next page; "" at the end

	// Complete is false if the time was up before the page was full or the end
	// was reached: everything on this side of SearchedTo was looked through, and
	// Next goes on from there.
	Complete   bool
	SearchedTo time.Time
}

// position is a place in a list: an event, or the border of a window.
type position struct {
	at      time.Time
	station int64
	key     event.Key
	stop    bool
}

func (p position) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d %s %t", p.at.UnixMicro(), p.station, p.key, p.stop))
}

func parsePosition(s string) (p position, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	var micros int64
	var key string
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "%d %d %s %t", &micros, &p.station, &key, &p.stop)
	}
	k, ok := event.ParseKey(key)
	if err != nil || !ok {
		return position{}, fault.Invalidf("the cursor is not one of ours; begin without one").Coded("cursor_unknown")
	}
	p.at, p.key = time.UnixMicro(micros).UTC(), k
	return p, nil
}

// listed is an event found by a search, before it is fetched.
type listed struct {
	position
	kind    event.Kind
	started time.Time
}

func (l listed) ref() eventRef {
	return eventRef{ProcessRef{l.station, l.started, l.key}, l.kind}
}

func comparePositions(a, b position) int {
	stop := func(p position) int {
		if p.stop {
			return 1
		}
		return 0
	}
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.station, b.station), slices.Compare(a.key[:], b.key[:]), cmp.Compare(stop(a), stop(b)))
}

// ListEvents returns a page of the events that l selects, ordered by time, and
// by station and process where times are equal.
func (s *Store) ListEvents(ctx context.Context, l List) (*Page, error) {
	var after *position
	if l.Cursor != "" {
		p, err := parsePosition(l.Cursor)
		if err != nil {
			return nil, err
		}
		after = &p
	}
	w, err := s.newWalk(ctx, l.Search, after, l.Ascending)
	if err != nil {
		return nil, err
	}
	page := &Page{Complete: true}
	found, all, err := w.few(ctx, l.Limit)
	if err != nil {
		return nil, err
	}
	page.Complete = !w.timeUp
	for !all && len(found) <= l.Limit {
		ok, err := w.next(ctx, func(tx pgx.Tx, from, to time.Time) error {
			rows, err := w.list(ctx, tx, from, to, l.Limit+1-len(found))
			found = append(found, rows...)
			return err
		})
		if err != nil {
			return nil, err
		}
		if !ok {
			page.Complete = !w.timeUp
			break
		}
	}
	switch {
	case len(found) > l.Limit:
		found, page.Complete = found[:l.Limit], true
		page.Next = found[l.Limit-1].position.String()
	case !page.Complete:
		page.SearchedTo = w.border
		page.Next = w.borderPosition().String()
	}
	page.Events, err = s.fetchListed(ctx, found)
	return page, err
}

func (s *Store) fetchListed(ctx context.Context, found []listed) (events []Event, err error) {
	refs := make([]eventRef, len(found))
	for i, l := range found {
		refs[i] = l.ref()
	}
	err = s.search(ctx, treeTimeLimit, func(tx pgx.Tx) (err error) {
		events, err = fetchEvents(ctx, tx, refs)
		return err
	})
	return events, err
}

// EachEvent calls f with all events that search selects, oldest first, a few
// hundred at a time. It takes as long as it takes.
func (s *Store) EachEvent(ctx context.Context, search Search, f func([]Event) error) error {
	const chunk = 500
	if search.Budget == 0 {
		search.Budget = 24 * time.Hour
	}
	l := List{Search: search, Limit: chunk, Ascending: true}
	for {
		page, err := s.ListEvents(ctx, l)
		if err != nil {
			return err
		}
		if len(page.Events) > 0 {
			if err := f(page.Events); err != nil {
				return err
			}
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			return nil
		}
	}
}

// Count is how many events a search selects.
type Count struct {
	Events   int64
	AtLeast  bool // counting stopped there: there are more
	Complete bool // false: the time was up; there may be more
}

// countedOneByOne is how many processes a search may choose so that listing its
// events is the quickest way to count them.
const countedOneByOne = 200

// CountEvents counts events up to most, newest first. after, if not empty, is a
// position: only events newer than it are counted.
func (s *Store) CountEvents(ctx context.Context, search Search, most int64) (Count, error) {
	w, err := s.newWalk(ctx, search, nil, false)
	if err != nil {
		return Count{}, err
	}
	if found, all, err := w.few(ctx, int(min(most, countedOneByOne))); err != nil {
		return Count{}, err
	} else if n := int64(len(found)); all && n <= most {
		return Count{Events: n, Complete: !w.timeUp}, nil
	}
	c := Count{Complete: true}
	for c.Events <= most {
		ok, err := w.next(ctx, func(tx pgx.Tx, from, to time.Time) error {
			n, err := w.count(ctx, tx, from, to, most+1-c.Events)
			c.Events += n
			return err
		})
		if err != nil {
			return Count{}, err
		}
		if !ok {
			c.Complete = !w.timeUp
			return c, nil
		}
	}
	return Count{Events: most, AtLeast: true, Complete: true}, nil
}

// Histogram is how many events there are in each of a row of equal spans.
type Histogram struct {
	From     time.Time
	Width    time.Duration // of a bucket
	Counts   []int64
	Complete bool // false: the time was up; the older buckets are too low
}

// CountOverTime counts the events of a search with both ends in about n buckets.
func (s *Store) CountOverTime(ctx context.Context, search Search, n int) (*Histogram, error) {
	width := max(time.Second, search.To.Sub(search.From)/time.Duration(n)).Round(time.Second)
	if width >= time.Hour/2 && (search.Query == nil || search.Query.Root == nil) {
		return s.countHours(ctx, search, width)
	}
	h := &Histogram{From: search.From.Truncate(time.Microsecond), Width: width, Counts: make([]int64, n), Complete: true}
	return h, s.countEach(ctx, search, h)
}

// countEach adds the events of a search to their buckets, looking at each.
func (s *Store) countEach(ctx context.Context, search Search, h *Histogram) error {
	w, err := s.newWalk(ctx, search, nil, false)
	if err != nil {
		return err
	}
	for {
		ok, err := w.next(ctx, func(tx pgx.Tx, from, to time.Time) error {
			return w.histogram(ctx, tx, from, to, h)
		})
		if err != nil {
			return err
		}
		if !ok {
			h.Complete = h.Complete && !w.timeUp
			return nil
		}
	}
}

// countHours counts all events of a span in buckets of whole hours, from what is
// counted of each hour; only the broken hours at both ends are looked through.
func (s *Store) countHours(ctx context.Context, search Search, width time.Duration) (*Histogram, error) {
	width = (width + time.Hour - 1).Truncate(time.Hour)
	h := &Histogram{From: search.From.Truncate(time.Hour), Width: width, Complete: true}
	h.Counts = make([]int64, (search.To.Sub(h.From)+width-1)/width)
	first, last := search.From.Add(time.Hour-1).Truncate(time.Hour), search.To.Truncate(time.Hour)
	for _, broken := range [...][2]time.Time{{search.From, first}, {last, search.To}} {
		if broken[0].Before(broken[1]) {
			part := search
			part.From, part.To = broken[0], broken[1]
			if err := s.countEach(ctx, part, h); err != nil {
				return nil, err
			}
		}
	}
	p, err := s.Pulse(ctx, first, last, 0, 0)
	if err != nil {
		return nil, err
	}
	for _, hour := range p.Hours {
		h.Counts[hour.Start.Sub(h.From)/width] += hour.Starts + hour.Stops
	}
	return h, nil
}

// Bounds returns the times of the oldest and the newest stored event; ok is
// false if there is none.
func (s *Store) Bounds(ctx context.Context) (oldest, newest time.Time, ok bool, err error) {
	var first, last *time.Time
	err = s.reads.QueryRow(ctx, `SELECT min(first_seen), max(last_seen) FROM station`).Scan(&first, &last)
	if err != nil {
		return oldest, newest, false, unavailable(fmt.Errorf("read bounds: %w", err))
	}
	if first == nil || last == nil {
		return oldest, newest, false, nil
	}
	return first.UTC(), last.UTC(), true, nil
}

// searchedKinds returns whether a query can select starts (and running
// processes) and stops, from the terms that must all hold.
func searchedKinds(q *query.Query) (starts, stops bool) {
	starts, stops = true, true
	for _, n := range q.Terms() {
		t, ok := n.(*query.Term)
		if !ok || t.Field == nil || t.Field.Name != "kind" {
			continue
		}
		var start, stop bool
		for _, v := range t.Values {
			if v.Op != query.Is {
				start, stop = true, true
				continue
			}
			if t.Field.Values[v.Number] == string(event.Stop) {
				stop = true
			} else {
				start = true
			}
		}
		starts, stops = starts && start, stops && stop
	}
	return starts, stops
}

// choosesByProcess tells whether a query speaks of nothing in which the events
// of one process differ.
func choosesByProcess(q *query.Query) bool {
	var by func(n query.Node) bool
	by = func(n query.Node) bool {
		switch n := n.(type) {
		case *query.And:
			return !slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return !by(n) })
		case *query.Or:
			return !slices.ContainsFunc(n.Nodes, func(n query.Node) bool { return !by(n) })
		case *query.Not:
			return by(n.Node)
		case *query.Term:
			return n.Field == nil || !slices.Contains(fieldsOfEvents, n.Field.Name)
		}
		return false
	}
	return q == nil || q.Root == nil || by(q.Root)
}

// fieldsOfEvents differ between a process's start and its stop.
var fieldsOfEvents = []string{"kind", "time", "seq", "sensor", "process_guid", "parent_process_guid", "source_file", "source_record", "missing"}

func conditions(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), "\n\t\tAND    ")
}
