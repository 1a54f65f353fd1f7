//go:build unix

package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// agentFleet has a station in each state: A online, B silent, C waiting, D
// retired, E revoked, and F from a file.
func agentFleet(t *testing.T, s *store.Store, now time.Time) []int64 {
	t.Helper()
	ids := agents(t, s, "A", "B", "C", "D", "E")
	for i, name := range []string{"A", "B", "", "D", "E"} {
		if name == "" {
			continue
		}
		at := now.Add(-time.Duration(i) * 5 * time.Minute)
		h := hello(name, "r", at, at)
		h.Machine.System = []string{"Debian 12", "Debian 12", "", "Windows 11", "Windows 11"}[i]
		greet(t, s, ids[i], h, at)
	}
	if err := s.RetireStation(t.Context(), ids[3]); err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeStation(t.Context(), ids[4]); err != nil {
		t.Fatal(err)
	}
	for i, labels := range [][]string{{"office", "lima"}, {"office"}} {
		if err := s.LabelStation(t.Context(), ids[i], labels); err != nil {
			t.Fatal(err)
		}
	}
	f := imported(t, s, "F")
	add(t, s, f, sysmonStart(1, 0, 0, `C:\x.exe`))
	return append(ids, f)
}

func TestStationsByState(t *testing.T) {
	s := storetest.Open(t)
	now := time.Now().UTC()
	agentFleet(t, s, now)
	for _, tt := range []struct {
		name string
		list store.StationList
		want string
	}{
		{"all but the retired", store.StationList{Sort: "name"}, "A online, B silent, C waiting, E revoked, F imported"},
		{"live", store.StationList{Sort: "name", Show: store.ShowLive}, "A online, B silent, C waiting, E revoked"},
		{"online", store.StationList{Sort: "name", Show: store.ShowOnline}, "A online"},
		{"silent", store.StationList{Sort: "name", Show: store.ShowSilent}, "B silent"},
		{"waiting", store.StationList{Sort: "name", Show: store.ShowWaiting}, "C waiting"},
		{"retired", store.StationList{Sort: "name", Show: store.ShowRetired}, "D retired"},
		{"revoked", store.StationList{Sort: "name", Show: store.ShowRevoked}, "E revoked"},
		{"imported", store.StationList{Sort: "name", Show: store.ShowImported}, "F imported"},
		{"label", store.StationList{Sort: "name", Label: "office"}, "A online, B silent"},
		{"system", store.StationList{Sort: "name", System: "Debian 12", Label: "lima"}, "A online"},
		{"version", store.StationList{Sort: "name", AgentVersion: "2.0"}, ""},
		{"sensor", store.StationList{Sort: "name", SensorMode: "replay", Show: store.ShowLive}, "A online, B silent, E revoked"},
		{"key", store.StationList{Sort: "name", EnrolmentKey: "office", Search: "c"}, "C waiting"},
		{"by contact", store.StationList{Sort: "last_contact", Descending: true, Show: store.ShowLive}, "A online, B silent, E revoked, C waiting"},
		{"by contact, the other way", store.StationList{Sort: "last_contact", Show: store.ShowLive}, "C waiting, E revoked, B silent, A online"},
	} {
		for _, limit := range []int{1, 100} {
			var got []string
			tt.list.Limit, tt.list.Cursor, tt.list.Now = limit, "", now
			for {
				page, next, err := s.Stations(t.Context(), tt.list)
				if err != nil {
					t.Fatal(err)
				}
				for _, st := range page {
					got = append(got, st.Name+" "+string(st.State))
					if (st.Agent == nil) != (st.State == store.StateImported) {
						t.Errorf("%s: agent %+v", st.Name, st.Agent)
					}
				}
				if tt.list.Cursor = next; next == "" {
					break
				}
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("%s, %d at a time: %s; want %s", tt.name, limit, got, tt.want)
			}
		}
	}
}

func TestStationFacets(t *testing.T) {
	s := storetest.Open(t)
	now := time.Now().UTC()
	agentFleet(t, s, now)
	fields := []string{"state", "origin", "label", "system", "agent_version", "sensor_mode", "enrolment_key"}
	for _, tt := range []struct {
		list store.StationList
		want []string
	}{
		{store.StationList{Limit: 10}, []string{
			"state: imported 1, online 1, revoked 1, silent 1, waiting 1; blank 0, others 0", "origin: live 4, imported 1; blank 0, others 0",
			"label: office 2, lima 1; blank 3, others 0", "system: Debian 12 2, Debian GNU/Linux 12 1, Windows 11 1; blank 1, others 0",
			"agent_version: 1.0 4; blank 1, others 0", "sensor_mode: replay 3; blank 2, others 0", "enrolment_key: office 4; blank 1, others 0",
		}},
		{store.StationList{Limit: 1, Show: store.ShowLive, Label: "office"}, []string{
			"state: online 1; blank 0, others 1", "origin: live 2; blank 0, others 0", "label: office 2; blank 0, others 1", "system: Debian 12 2; blank 0, others 0",
			"agent_version: 1.0 2; blank 0, others 0", "sensor_mode: replay 2; blank 0, others 0", "enrolment_key: office 2; blank 0, others 0",
		}},
	} {
		tt.list.Now = now
		facets, err := s.StationFacets(t.Context(), tt.list, fields)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range facets.Facets {
			var values []string
			for _, v := range f.Values {
				values = append(values, fmt.Sprint(v.Value, " ", v.Count))
			}
			if got := fmt.Sprintf("%s: %s; blank %d, others %d", f.Field, strings.Join(values, ", "), f.Blank, f.Others); got != tt.want[i] {
				t.Errorf("%s; want %s", got, tt.want[i])
			}
		}
	}
	_, err := s.StationFacets(t.Context(), store.StationList{}, []string{"address"})
	wantKind(t, "a field that is not counted", err, fault.Invalid)
}

func TestLabels(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	for _, tt := range []struct{ labels, want []string }{
		{[]string{"b", " a", "b "}, []string{"a", "b"}}, {nil, []string{}}, {[]string{"x\x00"}, []string{"x\u2400"}}, {[]string{"a", " "}, nil}, {[]string{strings.Repeat("é", 65)}, nil},
	} {
		err := s.LabelStation(t.Context(), id, tt.labels)
		if tt.want == nil {
			wantKind(t, fmt.Sprintf("%q", tt.labels), err, fault.Invalid)
			continue
		}
		if got := listed(t, s, id, time.Now()).Agent.Labels; err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, %v; want %q", tt.labels, got, err, tt.want)
		}
	}
	wantKind(t, "an imported station", s.LabelStation(t.Context(), imported(t, s, "I"), nil), fault.NotFound)
}

func TestSameMachine(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	now := time.Now().UTC().Truncate(time.Microsecond)
	greet(t, s, ids[0], hello("A", "a", now, now), now)
	h := hello("B", "b", now, now)
	h.Machine.Fingerprint = "print of A" // the machine was installed anew
	greet(t, s, ids[1], h, now)
	got, err := s.SameMachine(t.Context(), ids[1])
	if err != nil || len(got) != 1 || got[0].ID != ids[0] || got[0].Name != "A" || !got[0].LastContact.Equal(now) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A station that reports by itself can be removed once it does not any more,
// with all that is known of it.
func TestRemoveAgent(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ids := agents(t, s, "A", "B")
	for _, id := range ids {
		addBatch(t, s, piece(t, id, "1-2 5 6:"))
		greet(t, s, id, hello("A", "r", monday, monday), monday)
		addTask(t, s, id, wire.Diagnose)
	}
	wantKind(t, "remove a station that reports", s.RemoveStation(t.Context(), ids[0]), fault.Conflict)
	if err := s.RevokeStation(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveStation(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	pool := storetest.Connect(t, url)
	for _, table := range []string{"process_start", "gap", "task", "station_certificate", "station_clock", "station_run", "station_agent", "station_stream", "station_hour"} {
		var of, others int
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FILTER (WHERE station_id = $1), count(*) FILTER (WHERE station_id <> $1) FROM `+table, ids[0]).Scan(&of, &others); err != nil {
			t.Fatal(err)
		}
		if of != 0 || others == 0 {
			t.Errorf("%s has %d rows of the removed station and %d of the other one", table, of, others)
		}
	}
	_, err = s.AddEvents(t.Context(), []store.StationEvents{piece(t, ids[0], "7")})
	wantKind(t, "events of a removed station", err, fault.Conflict)
}

func TestRecordsExpire(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	id := agents(t, s, "A")[0]
	old := monday
	now := monday.AddDate(0, 0, 30)
	lack(t, s, id, 1, event.AgentOff, old, 0, 10, -1)
	lack(t, s, id, 2, event.AgentOff, now, 0, 10, -1)
	lack(t, s, id, 3, event.AgentOff, old, 0, 60*24*30, -1) // ends today
	greet(t, s, id, hello("A", "old", old, old), old)
	greet(t, s, id, hello("A", "new", now, now.Add(-time.Hour)), now)
	pool := storetest.Connect(t, url)
	done, open := addTask(t, s, id, wire.Diagnose), addTask(t, s, id, wire.Diagnose)
	if _, err := pool.Exec(t.Context(), `UPDATE task SET state = 'done', created = $1, finished = $1 WHERE id = $2`, old, done.ID); err != nil {
		t.Fatal(err)
	}
	count := func() string {
		t.Helper()
		var gaps, clocks, runs, tasks, certificates int
		err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM gap), (SELECT count(*) FROM station_clock), (SELECT count(*) FROM station_run), (SELECT count(*) FROM task), (SELECT count(*) FROM station_certificate)`).
			Scan(&gaps, &clocks, &runs, &tasks, &certificates)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d gaps, %d clocks, %d runs, %d tasks, %d certificates", gaps, clocks, runs, tasks, certificates)
	}
	for _, tt := range []struct {
		name      string
		now       time.Time
		retention int
		want      string
	}{
		{"kept for ever", now, 0, "3 gaps, 2 clocks, 2 runs, 2 tasks, 1 certificates"},
		{"kept for ten days", now, 10, "2 gaps, 1 clocks, 2 runs, 1 tasks, 1 certificates"},
		{"half a year later", now.AddDate(0, 6, 0), 0, "2 gaps, 1 clocks, 1 runs, 1 tasks, 0 certificates"},
	} {
		if err := s.MaintainDays(t.Context(), tt.now, tt.retention); err != nil {
			t.Fatal(err)
		}
		if got := count(); got != tt.want {
			t.Errorf("%s: %s; want %s", tt.name, got, tt.want)
		}
	}
	if _, err := s.Task(t.Context(), open.ID); err != nil {
		t.Errorf("the open task: %v", err)
	}
}
