//go:build unix

package store_test

import (
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

func TestPulseAndOverview(t *testing.T) {
	s := storetest.Open(t)
	empty, err := s.Overview(t.Context(), monday)
	if err != nil || *empty != (store.Overview{}) {
		t.Errorf("of nothing: %+v, %v", empty, err)
	}
	a, b, c := smallFleet(t, s)
	add(t, s, a, sysmonStop(2, 90*time.Minute), sysmonStop(3, 100*time.Minute))
	live, err := s.LiveStation(t.Context(), "k", "D", monday)
	if err != nil {
		t.Fatal(err)
	}
	p := program(9, 0, time.Minute, 1, `C:\Windows\explorer.exe`, `ACME\dan`)
	p.Seq = 1
	addBatch(t, s, store.StationEvents{Station: live, Live: true, Events: []event.Process{p}})

	pulse, err := s.Pulse(t.Context(), monday, monday.Add(48*time.Hour), 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []store.Hour{
		{monday, 4, 0}, {monday.Add(time.Hour), 1, 2}, {monday.Add(2 * time.Hour), 1, 0}, {monday.Add(3 * time.Hour), 1, 0},
		{monday.Add(4 * time.Hour), 1, 0}, {monday.Add(30 * time.Hour), 1, 0},
	}
	if len(pulse.Hours) != len(want) {
		t.Fatalf("hours: %+v", pulse.Hours)
	}
	for i := range want {
		if pulse.Hours[i] != want[i] {
			t.Errorf("hour %d: %+v, want %+v", i, pulse.Hours[i], want[i])
		}
	}
	if len(pulse.Top) != 2 || pulse.Top[0] != (store.BusyStation{ID: a, Name: "A", Starts: 3}) || pulse.Top[1].ID != c {
		t.Errorf("busiest: %+v", pulse.Top)
	}
	one, err := s.Pulse(t.Context(), monday, monday.Add(2*time.Hour), b, 10)
	if err != nil || len(one.Hours) != 1 || one.Hours[0].Starts != 1 || len(one.Top) != 1 {
		t.Errorf("of one station, in two hours: %+v, %v", one, err)
	}

	// Half an hour before the second run of the dropper was a day and a half earlier.
	now := monday.Add(30*time.Hour + 30*time.Minute)
	o, err := s.Overview(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	o.Newest = nil
	if *o != (store.Overview{Stations: 4, Live: 1, Active: 1, Silent: 1, Binaries: 3, LastHour: 1, LastDay: 1}) {
		t.Errorf("a day later: %+v", o)
	}
	o, err = s.Overview(t.Context(), monday.Add(4*time.Hour+30*time.Minute))
	if err != nil || o.New != 3 || o.NewRare != 1 || o.LastHour != 1 || o.LastDay != 10 || o.Active != 4 || o.Silent != 1 {
		t.Errorf("on the day: %+v, %v", o, err)
	}
	o, err = s.Overview(t.Context(), monday.Add(100*time.Minute+time.Second))
	if err != nil || o.LastHour != 3 { // both stops, and a start within the hour before
		t.Errorf("the hour that ends with the stops: %+v, %v", o, err)
	}
}

func TestStationList(t *testing.T) {
	s := storetest.Open(t)
	a, _, _ := smallFleet(t, s)
	for _, tt := range []struct {
		sort       string
		descending bool
		want       string
	}{
		{"name", false, "ABC"}, {"name", true, "CBA"}, {"last_seen", false, "ABC"}, {"first_seen", true, "CBA"}, {"processes", false, "BAC"}, {"processes", true, "CAB"},
	} {
		got := ""
		l := store.StationList{Sort: tt.sort, Descending: tt.descending, Limit: 1, Since: monday.Add(90 * time.Minute)}
		for {
			list, next, err := s.Stations(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range list {
				got += st.Name
				if want := map[string]int64{"A": 0, "B": 2, "C": 3}[st.Name]; st.Recent != want {
					t.Errorf("recent events of %s: %d, want %d", st.Name, st.Recent, want)
				}
			}
			if l.Cursor = next; next == "" {
				break
			}
		}
		if got != tt.want {
			t.Errorf("by %s, descending %t: %s, want %s", tt.sort, tt.descending, got, tt.want)
		}
	}
	list, _, err := s.Stations(t.Context(), store.StationList{Search: "b", Sort: "name", Limit: 10})
	if err != nil || len(list) != 1 || list[0].Name != "B" {
		t.Errorf("called something with b: %+v, %v", list, err)
	}
	f, err := s.StationFigures(t.Context(), a, monday)
	if err != nil || *f != (store.StationFigures{Recent: 3, Binaries: 2, Users: 2}) {
		t.Errorf("figures of A: %+v, %v", f, err)
	}
}
