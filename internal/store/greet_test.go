//go:build unix

package store_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

func TestGreetNoticesClones(t *testing.T) {
	// said is a hello: after so many minutes, by a machine (m is the one that
	// enrolled), in a run of its agent, started in that minute.
	type said struct {
		at      int
		machine string
		run     string
		began   int
		want    string // "cloned", "moved", "stale" or ""
	}
	tests := []struct {
		name  string
		hello []said
	}{
		{"one machine", []said{{0, "m", "a", 0, ""}, {1, "m", "a", 0, ""}, {30, "m", "a", 0, ""}}},
		{"restarted", []said{{0, "m", "a", 0, ""}, {1, "m", "b", 1, ""}, {2, "m", "c", 2, ""}, {3, "m", "c", 2, ""}}},
		{"cloned, and the first one still there", []said{{0, "m", "a", 0, ""}, {1, "n", "b", 1, "cloned"}, {2, "m", "a", 0, ""}, {3, "n", "b", 1, "cloned"}, {4, "m", "a", 0, ""}}},
		{"cloned, and the first one back after ten minutes", []said{{0, "m", "a", 0, ""}, {12, "n", "b", 11, "moved"}, {13, "m", "a", 0, "cloned"}, {14, "n", "b", 11, ""}}},
		{"moved", []said{{0, "m", "a", 0, ""}, {30, "n", "b", 29, "moved"}, {31, "n", "b", 29, ""}}},
		{"changed while it runs", []said{{0, "m", "a", 0, ""}, {1, "n", "a", 0, "moved"}, {2, "n", "a", 0, ""}}},
		{"cloned while it runs", []said{{0, "m", "a", 0, ""}, {1, "n", "a", 0, "moved"}, {2, "m", "a", 0, "moved"}, {3, "n", "a", 0, "cloned"}, {4, "m", "a", 0, ""}, {5, "n", "a", 0, "cloned"}}},
		{"tells no fingerprint for a while", []said{{0, "m", "a", 0, ""}, {1, "", "a", 0, ""}, {2, "m", "a", 0, ""}, {3, "", "a", 0, ""}}},
		{"tells no fingerprint", []said{{0, "m", "a", 0, ""}, {1, "", "b", 1, ""}, {2, "m", "b", 1, ""}}},
		{"cloned with its fingerprint", []said{
			{0, "m", "a", 0, ""}, {1, "m", "b", 1, ""}, {2, "m", "a", 0, ""}, // b is told, not a
			{3, "m", "b", 1, "cloned"}, {4, "m", "a", 0, ""}, {5, "m", "b", 1, "cloned"},
		}},
		{"cloned with its fingerprint, the newer one comes back", []said{
			{0, "m", "a", 5, ""}, {6, "m", "b", 0, ""}, {7, "m", "a", 5, "cloned"}, {8, "m", "b", 0, ""}, {9, "m", "a", 5, "cloned"},
		}},
		{"three with one fingerprint", []said{
			{0, "m", "a", 0, ""}, {1, "m", "b", 1, ""}, {2, "m", "c", 2, ""}, {3, "m", "a", 0, ""},
			{4, "m", "b", 1, "cloned"}, {5, "m", "c", 2, "cloned"}, {6, "m", "a", 0, ""},
		}},
		{"a hello that was long on its way", []said{{0, "m", "a", 0, ""}, {5, "m", "b", 4, ""}, {3, "m", "a", 0, "stale"}, {6, "m", "b", 4, ""}}},
	}
	s := storetest.Open(t)
	var names []string
	for _, tt := range tests {
		names = append(names, tt.name)
	}
	stations := agents(t, s, names...)
	began := time.Now().Truncate(time.Microsecond).UTC()
	minute := func(n int) time.Time { return began.Add(time.Duration(n) * time.Minute) }
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, h := range tt.hello {
				said := hello("M", h.run, minute(h.began), minute(h.at))
				said.AgentBegan, said.Machine.Fingerprint = minute(h.began), h.machine
				if h.machine == "m" {
					said.Machine.Fingerprint = "print of " + tt.name // as it enrolled
				}
				g := greet(t, s, stations[i], said, minute(h.at))
				before := listed(t, s, stations[i], minute(h.at)).Agent
				got := ""
				switch {
				case g.Cloned:
					got = "cloned"
				case g.Moved:
					got = "moved"
				case !before.AgentBegan.Equal(minute(h.began)):
					got = "stale"
				}
				if got != h.want {
					t.Errorf("minute %d, run %s: got %q, want %q", h.at, h.run, got, h.want)
				}
				if noted := before.LastContact != nil && before.LastContact.Equal(minute(h.at)); noted == (h.want == "cloned" || h.want == "stale") {
					t.Errorf("minute %d, run %s: noted %v", h.at, h.run, noted)
				}
			}
		})
	}
}

func TestGreetNotesWhatItSays(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	now := time.Now().Truncate(time.Microsecond).UTC()
	h := hello("A", "run", now.Add(-time.Hour), now.Add(-90*time.Second))
	h.Machine.Name, h.Sensor.Detail = "RENAMED\x00", "a\x00b\xff"
	h.Stream = wire.Stream{Last: 10, Waiting: 4, OldestWaiting: now.Add(-time.Minute)}
	greet(t, s, id, h, now)
	d := listed(t, s, id, now)
	a := d.Agent
	switch {
	case d.Name != "RENAMED\u2400" || a.HostName != d.Name || d.State != store.StateOnline || a.SensorState != "working":
		t.Errorf("got %+v, %+v", d.ListedStation, a)
	case a.BootID != h.BootID || a.Waiting != 4 || !a.OldestWaiting.Equal(h.Stream.OldestWaiting) || !a.Booted.Equal(h.Booted) || !a.LastContact.Equal(now):
		t.Errorf("got %+v", a)
	case *a.ClockOffsetMS != 90_000 || len(d.Clock) != 1 || !d.Clock[0].Station.Equal(h.Now) || !d.Clock[0].Server.Equal(now):
		t.Errorf("clock: %d, %+v", *a.ClockOffsetMS, d.Clock)
	case !strings.Contains(string(d.Report), `"run":"run"`) || !strings.Contains(string(d.Report), "a\u2400b\ufffd"):
		t.Errorf("report: %s", d.Report)
	}
	if d := listed(t, s, id, now.Add(store.SilentAfter+time.Second)); d.State != store.StateSilent {
		t.Errorf("three minutes later: %s", d.State)
	}

	// A name that a person gave stays; without one it is its computer's again.
	if err := s.RenameStation(t.Context(), id, " front desk "); err != nil {
		t.Fatal(err)
	}
	greet(t, s, id, h, now)
	if d := listed(t, s, id, now); d.Name != "front desk" || !d.Agent.Renamed {
		t.Errorf("renamed: %+v", d.ListedStation)
	}
	if err := s.RenameStation(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if d := listed(t, s, id, now); d.Name != "RENAMED\u2400" || d.Agent.Renamed {
		t.Errorf("not renamed any more: %+v", d.ListedStation)
	}
	wantKind(t, "nobody", func() error { _, err := s.Greet(t.Context(), 999, h, "", now); return err }(), fault.NotFound)
}

// Whatever a station claims is stored, or left out; it is no reason to fail.
func TestGreetTakesNonsense(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	now := time.Now()
	h := &wire.Hello{
		Machine: wire.Machine{Name: strings.Repeat("ñ", 1000), Fingerprint: "\x00"}, Run: strings.Repeat("r", 1<<16),
		Booted: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Now: time.Time{},
		Stream: wire.Stream{Waiting: math.MaxUint64}, Sensor: wire.Sensor{Mode: "\xff", Events: math.MaxUint64}, Self: wire.Self{Queues: map[string]uint64{}},
	}
	for i := range 1000 {
		h.Self.Queues[fmt.Sprint(strings.Repeat("q", 1000), i)] = 1
	}
	greet(t, s, id, h, now)
	d := listed(t, s, id, now)
	if len(d.Name) > 256 || len(d.Report) > 20_000 || d.Agent.Booted != nil || d.Agent.Waiting != math.MaxInt64 {
		t.Errorf("name of %d bytes, report of %d bytes, %+v", len(d.Name), len(d.Report), d.Agent)
	}
	list, _, err := s.Stations(t.Context(), store.StationList{Sort: "last_contact", Limit: 10})
	if err != nil || len(list) != 1 {
		t.Errorf("list: %+v, %v", list, err)
	}
}

func TestClockOffset(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	base := time.Now().Truncate(time.Second).UTC()
	for i, tt := range []struct {
		behind   time.Duration // the station's clock
		measured time.Duration // by the agent; 0: not
		want     time.Duration
		rows     int
	}{
		{0, 0, 0, 1},
		{800 * time.Millisecond, 0, 800 * time.Millisecond, 1}, // less than a second is no news
		{3 * time.Second, 0, 3 * time.Second, 2},
		{4500 * time.Millisecond, 3100 * time.Millisecond, 3100 * time.Millisecond, 2}, // a slow request: the agent knows better
		{-time.Hour, 3100 * time.Millisecond, -time.Hour, 3},                           // it was set since
		{48 * time.Hour, 0, 48 * time.Hour, 4},
	} {
		now := base.Add(time.Duration(i) * time.Minute)
		h := hello("A", "r", base, now.Add(-tt.behind))
		if tt.measured != 0 {
			ms := tt.measured.Milliseconds()
			h.OffsetMS = &ms
		}
		g := greet(t, s, id, h, now)
		d := listed(t, s, id, now)
		if g.Offset != tt.want || *d.Agent.ClockOffsetMS != tt.want.Milliseconds() || len(d.Clock) != tt.rows {
			t.Errorf("%d: offset %v, kept %d ms and %d rows; want %v and %d rows", i, g.Offset, *d.Agent.ClockOffsetMS, len(d.Clock), tt.want, tt.rows)
		}
	}
}

// Two servers hear the same station and its clone at once: one of the two
// machines is told to part, and always the same.
func TestTwoServersGreet(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	id := agents(t, s, "A")[0]
	began := time.Now().UTC().Truncate(time.Microsecond)
	var cloned [2]int
	var group sync.WaitGroup
	for i := range cloned {
		group.Go(func() {
			server, err := store.Open(context.Background(), url, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer server.Close()
			for n := range 50 {
				at := began.Add(time.Duration(n+2) * time.Minute)
				h := hello("A", fmt.Sprint("run ", i), began.Add(time.Duration(i)*time.Second), at)
				g, err := server.Greet(context.Background(), id, h, "", at)
				if err != nil {
					t.Error(err)
				} else if g.Cloned {
					cloned[i]++
				}
			}
		})
	}
	group.Wait()
	if cloned[0] != 0 {
		t.Errorf("the older machine was told to part %d times, the newer one %d times; want never", cloned[0], cloned[1])
	}
}
