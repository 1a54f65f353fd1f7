//go:build unix

package store_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// manyEvents stores n processes of two stations over a week and more, many at
// the very same instants, two thirds of them with an end.
func manyEvents(t *testing.T, s *store.Store, n int) (starts, stops int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"A", "B"} {
		var events []event.Process
		for i := range n / 2 {
			at := time.Duration(random.IntN(9*24*4)) * 15 * time.Minute
			p := sysmonStart(i+1, 0, at, []string{`C:\Windows\cmd.exe`, `C:\Windows\notepad.exe`}[i%2])
			events = append(events, p)
			starts++
			if i%3 != 0 {
				// Some end at the instant they start, some days later.
				events = append(events, sysmonStop(i+1, at+time.Duration(i%4)*17*time.Hour))
				stops++
			}
		}
		add(t, s, imported(t, s, name), events...)
	}
	return starts, stops
}

func parse(t *testing.T, q string) *query.Query {
	t.Helper()
	parsed, err := query.Parse(q, monday)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Turning the pages gives every event once, in order, whatever the page's size
// and however often the time is up.
func TestPagesGiveEveryEventOnce(t *testing.T) {
	s := storetest.Open(t)
	starts, stops := manyEvents(t, s, 600)
	from, to := monday.Add(26*time.Hour), monday.Add(120*time.Hour)
	for _, tt := range []struct {
		name   string
		search store.Search
		want   int // -1: as many as the other order gives
	}{
		{"everything", store.Search{Query: parse(t, "")}, starts + stops},
		{"starts", store.Search{Query: parse(t, "kind:start")}, starts},
		{"stops", store.Search{Query: parse(t, "kind:stop")}, stops},
		{"not starts", store.Search{Query: parse(t, "-kind:start")}, stops},
		{"one program", store.Search{Query: parse(t, "name:cmd.exe kind:start")}, starts / 2},
		{"one program's ends", store.Search{Query: parse(t, "name:cmd.exe kind:stop")}, 200},
		{"both", store.Search{Query: parse(t, "name:cmd.exe")}, 500},
		{"nothing", store.Search{Query: parse(t, "name:cmd.exe name:notepad.exe")}, 0},
		{"a span", store.Search{Query: parse(t, ""), From: from, To: to}, -1},
		{"duration", store.Search{Query: parse(t, "duration:>1h kind:start")}, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var both [][]string
			for _, ascending := range []bool{false, true} {
				var seen []string
				var last time.Time
				l := store.List{Search: tt.search, Limit: 7, Ascending: ascending}
				for pages := 0; ; pages++ {
					page, err := s.ListEvents(t.Context(), l)
					if err != nil {
						t.Fatal(err)
					}
					for i := range page.Events {
						e := &page.Events[i]
						if !last.IsZero() && (e.Time.Before(last) && ascending || e.Time.After(last) && !ascending) {
							t.Fatalf("ascending %v: %v comes after %v", ascending, e.Time, last)
						}
						if !tt.search.From.IsZero() && (e.Time.Before(from) || !e.Time.Before(to)) {
							t.Errorf("%v is outside the span", e.Time)
						}
						last = e.Time
						seen = append(seen, e.Ref.String()+string(e.Kind))
					}
					if l.Cursor = page.Next; l.Cursor == "" {
						break
					}
					if pages > 1000 {
						t.Fatal("the pages do not end")
					}
				}
				both = append(both, seen)
				if tt.want >= 0 && len(seen) != tt.want {
					t.Errorf("ascending %v: %d events, want %d", ascending, len(seen), tt.want)
				}
				slices.Sort(seen)
				if distinct := len(slices.Compact(slices.Clone(seen))); distinct != len(seen) {
					t.Errorf("ascending %v: %d events, of which %d differ", ascending, len(seen), distinct)
				}
			}
			if !slices.Equal(both[0], both[1]) {
				t.Errorf("newest first gives %d events, oldest first %d", len(both[0]), len(both[1]))
			}
			count, err := s.CountEvents(t.Context(), tt.search, 10_000)
			if err != nil || !count.Complete || count.AtLeast || int(count.Events) != len(both[0]) {
				t.Errorf("counted %+v, %v; want %d", count, err, len(both[0]))
			}
			span := tt.search
			span.From, span.To = later(span.From, monday), sooner(span.To, monday.AddDate(0, 0, 15))
			h, err := s.CountOverTime(t.Context(), span, 50)
			var sum int64
			if err == nil {
				for _, n := range h.Counts {
					sum += n
				}
			}
			if err != nil || !h.Complete || int(sum) != len(both[0]) {
				t.Errorf("the histogram has %d events, %v; want %d", sum, err, len(both[0]))
			}
		})
	}
}

// A histogram of days is made of whole hours that are counted already, and of the
// broken hours at its ends.
func TestHistogramOfDays(t *testing.T) {
	s := storetest.Open(t)
	manyEvents(t, s, 600)
	span := store.Search{From: monday.Add(17 * time.Minute), To: monday.Add(8*24*time.Hour + 46*time.Minute)}
	page, err := s.ListEvents(t.Context(), store.List{Search: span, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.CountOverTime(t.Context(), span, 48)
	if err != nil {
		t.Fatal(err)
	}
	if h.Width != 5*time.Hour || !h.From.Equal(monday) || !h.Complete {
		t.Errorf("buckets of %s from %s, complete %t; want 5 h from %s, complete", h.Width, h.From, h.Complete, monday)
	}
	want := make([]int64, len(h.Counts))
	for _, e := range page.Events {
		want[e.Time.Sub(h.From)/h.Width]++
	}
	if !slices.Equal(h.Counts, want) {
		t.Errorf("got  %v\nwant %v", h.Counts, want)
	}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// A search whose time is up says how far it came, and goes on from there.
func TestSearchGoesOnWhereItsTimeWasUp(t *testing.T) {
	s := storetest.Open(t)
	starts, stops := manyEvents(t, s, 400)
	for _, ascending := range []bool{false, true} {
		l := store.List{Search: store.Search{Query: parse(t, ""), Budget: time.Millisecond}, Limit: 1000, Ascending: ascending}
		found, cuts := 0, 0
		for range 10_000 {
			page, err := s.ListEvents(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			found += len(page.Events)
			if !page.Complete {
				cuts++
				if page.SearchedTo.IsZero() || page.Next == "" {
					t.Fatalf("cut off, and says neither how far nor how to go on: %+v", page)
				}
			}
			if l.Cursor = page.Next; l.Cursor == "" {
				break
			}
		}
		if found != starts+stops || cuts == 0 {
			t.Errorf("ascending %v: %d events after %d cuts, want %d", ascending, found, cuts, starts+stops)
		}
	}
}

func TestForgedCursor(t *testing.T) {
	s := storetest.Open(t)
	for _, cursor := range []string{"x", "AAAA", "MSAyIDMgNA"} {
		if _, err := s.ListEvents(t.Context(), store.List{Search: store.Search{Query: parse(t, "")}, Cursor: cursor, Limit: 1}); err == nil {
			t.Errorf("cursor %q was accepted", cursor)
		}
	}
}

// Old days are dropped, closed days get their index, and both go on working.
func TestMaintainDays(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	st := imported(t, s, "A")
	for d := range 5 {
		add(t, s, st, sysmonStart(d+1, 0, time.Duration(d)*24*time.Hour, `C:\a.exe`))
	}
	pool := storetest.Connect(t, url)
	// What a server leaves that was killed while it closed a day.
	for _, sql := range []string{
		`CREATE INDEX process_start_20261119_lines ON process_start_20261119 USING gin (command_line gin_trgm_ops)`,
		`CREATE INDEX left_by_reindex ON process_stop_20261119 (pid)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('process_start_20261119_lines'::regclass, 'left_by_reindex'::regclass)`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	now := monday.AddDate(0, 0, 4)
	for range 2 { // the second time there is nothing left to do
		if err := s.MaintainDays(t.Context(), now, 2); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.ListEvents(t.Context(), store.List{Search: store.Search{Query: parse(t, `command_line:"number"`)}, Limit: 10})
	if err != nil || len(page.Events) != 3 {
		t.Errorf("after two days of retention: %d events, %v; want 3", len(page.Events), err)
	}
	var indexes, ahead, broken int
	err = pool.QueryRow(t.Context(), `
		SELECT count(*) FILTER (WHERE relname LIKE 'process\_start\_%\_lines'), count(*) FILTER (WHERE relname IN ('process_start_20261121', 'process_start_20261122')),
		       (SELECT count(*) FROM pg_index WHERE NOT indisvalid)
		FROM pg_class`).Scan(&indexes, &ahead, &broken)
	if err != nil || indexes != 2 || ahead != 2 || broken != 0 {
		t.Errorf("%d trigram indexes, %d days ahead, %d broken indexes, %v; want 2, 2 and none", indexes, ahead, broken, err)
	}
	// A dropped day can be imported again.
	if got := add(t, s, st, sysmonStart(1, 0, 0, `C:\a.exe`)); got.Starts != 1 {
		t.Errorf("import of a dropped day: %+v", got)
	}
}
