//go:build unix

package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// lack stores a gap of a station, from and to in minutes after a time; events
// below zero are unknown.
func lack(t *testing.T, s *store.Store, station int64, seq uint64, cause event.Cause, since time.Time, from, to int, events int64) {
	t.Helper()
	g := event.Gap{Kind: event.GapKind, Seq: seq, Cause: cause, From: since.Add(time.Duration(from) * time.Minute), To: since.Add(time.Duration(to) * time.Minute)}
	if n := uint64(events); events >= 0 {
		g.Events = &n
	}
	if err := g.Check(); err != nil {
		t.Fatal(err)
	}
	addBatch(t, s, store.StationEvents{Station: station, Live: true, Gaps: []event.Gap{g}})
}

func TestCoverage(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B", "C", "D", "E", "F")
	a, b, c, silent, behind, gone := ids[0], ids[1], ids[2], ids[3], ids[4], ids[5]
	began := time.Now().Truncate(time.Hour).Add(-2 * time.Hour).UTC()
	at := func(n int) time.Time { return began.Add(time.Duration(n) * time.Minute) }
	lack(t, s, a, 1, event.SourceLost, began, 10, 20, 7)
	lack(t, s, a, 2, event.AgentOff, began, 15, 30, -1)
	lack(t, s, b, 1, event.SourceLost, began, 40, 40, 3)
	lack(t, s, b, 2, event.ClockJump, began, 45, 45, -1)
	lack(t, s, c, 1, event.EnrichmentSkipped, began, 50, 59, 11)
	now := at(100)
	say := func(name string, station int64, minute int, oldest int) {
		h := hello(name, "r", began, at(minute))
		if oldest >= 0 {
			h.Stream = wire.Stream{Waiting: 5, OldestWaiting: at(oldest)}
		}
		greet(t, s, station, h, at(minute))
	}
	say("A", a, 99, -1)
	say("B", b, 100, 99) // waits for a minute: no delay
	say("C", c, 98, -1)
	say("D", silent, 80, 70)
	say("E", behind, 99, 90)
	say("F", gone, 10, -1)
	if err := s.RetireStation(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	imported(t, s, "G")
	for _, tt := range []struct {
		name     string
		from, to int
		stations []int64
		want     string // gaps, stations, lost, from-to, silent, behind; causes
		bands    string // of ten minutes
		examples string
	}{
		{"all", 0, 100, nil, "5 gaps, 2 stations, 10+ lost 10-40, 1 silent, 1 behind: source_lost 2/2/10 agent_off 1/1/0 clock_jump 1/1/0 enrichment_skipped 1/1/11", "0 1 1 0 1 0 0 0 1 2", "B gap, A gap, D silent, E behind"},
		{"of one", 0, 100, []int64{b}, "2 gaps, 1 stations, 3 lost 40-40, 0 silent, 0 behind: clock_jump 1/1/0 source_lost 1/1/3", "0 0 0 0 1 0 0 0 0 0", "B gap"},
		{"of a silent one", 0, 100, []int64{silent}, "0 gaps, 0 stations, 0 lost, 1 silent, 0 behind:", "0 0 0 0 0 0 0 0 1 1", "D silent"},
		{"of none", 0, 100, []int64{}, "0 gaps, 0 stations, 0 lost, 0 silent, 0 behind:", "0 0 0 0 0 0 0 0 0 0", ""},
		{"a part of a gap", 12, 18, nil, "2 gaps, 1 stations, 7+ lost 12-18, 0 silent, 0 behind: agent_off 1/1/0 source_lost 1/1/7", "1", "A gap"},
		{"before anybody was silent", 41, 79, nil, "2 gaps, 0 stations, 0 lost, 0 silent, 0 behind: clock_jump 1/1/0 enrichment_skipped 1/1/11", "0 0 0", ""},
		{"the end is not in it", 0, 10, nil, "0 gaps, 0 stations, 0 lost, 0 silent, 0 behind:", "0", ""},
		{"after the gaps", 82, 88, nil, "0 gaps, 0 stations, 0 lost, 1 silent, 0 behind:", "1", "D silent"},
		{"into the future", 60, 160, nil, "0 gaps, 0 stations, 0 lost, 1 silent, 1 behind:", "0 0 1 2 0 0 0 0 0 0", "D silent, E behind"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := s.Coverage(t.Context(), store.CoverageQuestion{
				From: at(tt.from), To: at(tt.to), Stations: tt.stations, Bands: max(1, (tt.to-tt.from)/10), Examples: 20, Now: now,
			})
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%d gaps, %d stations, %d", c.Gaps, c.Stations, c.Lost)
			if c.LostUnknown {
				got += "+"
			}
			got += " lost"
			if !c.From.IsZero() {
				got += fmt.Sprintf(" %d-%d", int(c.From.Sub(began).Minutes()), int(c.To.Sub(began).Minutes()))
			}
			got += fmt.Sprintf(", %d silent, %d behind:", c.Silent, c.Behind)
			for _, x := range c.Causes {
				got += fmt.Sprintf(" %s %d/%d/%d", x.Cause, x.Gaps, x.Stations, x.Events)
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			var bands, examples []string
			for _, b := range c.Bands {
				bands = append(bands, fmt.Sprint(b.Stations))
			}
			if got := strings.Join(bands, " "); got != tt.bands {
				t.Errorf("bands: %s; want %s", got, tt.bands)
			}
			if len(c.Bands) > 0 && (!c.Bands[0].From.Equal(at(tt.from)) || !c.Bands[len(c.Bands)-1].To.Equal(at(tt.to))) {
				t.Errorf("bands from %v to %v", c.Bands[0].From, c.Bands[len(c.Bands)-1].To)
			}
			for _, e := range c.Examples {
				examples = append(examples, e.Name+" "+e.Why)
			}
			if got := strings.Join(examples, ", "); got != tt.examples {
				t.Errorf("examples: %s; want %s", got, tt.examples)
			}
			if c.Complete() != (tt.examples == "") {
				t.Errorf("complete: %v", c.Complete())
			}
		})
	}
	if c, err := s.Coverage(t.Context(), store.CoverageQuestion{From: at(0), To: at(100), Now: now}); err != nil || c.Bands != nil || c.Examples != nil || c.Stations != 2 {
		t.Errorf("without bands and examples: %+v, %v", c, err)
	}
}

// BenchmarkCoverage asks about a fleet of 2,000 stations with 100,000 gaps in
// thirty days, as every answer of the page does.
func BenchmarkCoverage(b *testing.B) {
	const stations, gaps = 2000, 100_000
	pool := storetest.New(b)
	s := store.New(pool, pool, nil)
	now := time.Now()
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO station (key, name, origin, first_seen, last_seen) SELECT 'agent:' || n, 'S' || n, 'live', now(), now() FROM generate_series(1, %d) n`, stations),
		`INSERT INTO station_agent (station_id, host_name, fingerprint, last_contact, report)
		 SELECT id, name, name, now() - random() * interval '4 minutes', json_build_object('log', repeat('x', 1200)) FROM station`,
	} {
		if _, err := pool.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	causes := event.Causes()
	var station []int64
	var cause []string
	var from, to []time.Time
	for range gaps {
		at := now.Add(-time.Duration(rand.Int64N(int64(30 * 24 * time.Hour))))
		station, cause = append(station, 1+rand.Int64N(stations)), append(cause, string(causes[rand.IntN(len(causes))]))
		to = append(to, at)
	}
	slices.SortFunc(to, time.Time.Compare)
	for _, at := range to {
		from = append(from, at.Add(-time.Duration(rand.Int64N(int64(time.Hour)))))
	}
	if _, err := pool.Exec(b.Context(), `
		INSERT INTO gap (station_id, cause, from_time, to_time, events) SELECT s, c, f, t, 5 FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS g (s, c, f, t)`,
		station, cause, from, to); err != nil {
		b.Fatal(err)
	}
	if _, err := pool.Exec(b.Context(), `VACUUM ANALYZE gap, station, station_agent`); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name     string
		span     time.Duration
		ago      time.Duration
		stations []int64
		bands    int
	}{
		{"hour", time.Hour, 0, nil, 0}, {"day", 24 * time.Hour, 0, nil, 0}, {"day/bands", 24 * time.Hour, 0, nil, 200}, {"day/station", 24 * time.Hour, 0, []int64{7}, 0},
		{"old_day", 24 * time.Hour, 28 * 24 * time.Hour, nil, 0},
		{"month", 30 * 24 * time.Hour, 0, nil, 0}, {"month/bands", 30 * 24 * time.Hour, 0, nil, 200}, {"month/station", 30 * 24 * time.Hour, 0, []int64{7}, 200},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Coverage(b.Context(), store.CoverageQuestion{From: now.Add(-bb.ago - bb.span), To: now.Add(-bb.ago), Stations: bb.stations, Bands: bb.bands, Examples: min(20, bb.bands), Now: now}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
