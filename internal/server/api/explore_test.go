//go:build unix

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// noon is when the requests of these tests are made.
var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

// testAPI is an API on a database of its own, and who calls it.
type testAPI struct {
	*API
	t     *testing.T
	users map[string]*store.User // by role
}

func newTestAPI(t *testing.T) *testAPI {
	s := storetest.Open(t)
	a := &testAPI{
		API: New(Config{Store: s, Auth: auth.New(s), Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: func() time.Time { return noon }}),
		t:   t, users: map[string]*store.User{},
	}
	for _, role := range auth.Roles {
		u, err := s.AddUser(t.Context(), store.User{Name: "the " + role, Role: role, PasswordHash: "x"})
		if err != nil {
			t.Fatal(err)
		}
		a.users[role] = u
	}
	return a
}

// call sends a request as the user of a role and returns the answer as JSON; it
// fails the test where the status is another one.
func (a *testAPI) call(role, method, path string, body any, status int) map[string]any {
	a.t.Helper()
	var raw bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&raw).Encode(body); err != nil {
			a.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(a.asCaller(role), method, "/api/v1"+path, &raw)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	if w.Code != status {
		a.t.Fatalf("%s %s %s: %d, want %d: %s", role, method, path, w.Code, status, w.Body)
	}
	answer := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			a.t.Fatalf("%s %s: %v: %s", method, path, err, w.Body)
		}
	}
	return answer
}

func (a *testAPI) asCaller(role string) context.Context {
	return auth.WithCaller(a.t.Context(), &auth.Caller{User: a.users[role], Role: role})
}

func (a *testAPI) get(path string) map[string]any {
	a.t.Helper()
	return a.call(auth.Viewer, http.MethodGet, path, nil, http.StatusOK)
}

// at returns what stands in an answer: at(v, "a", 0, "b") is v.a[0].b.
func at(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

func (a *testAPI) expect(got map[string]any, want any, path ...any) {
	a.t.Helper()
	if found := at(got, path...); fmt.Sprint(found) != fmt.Sprint(want) {
		raw, _ := json.Marshal(got)
		a.t.Errorf("%v is %v, want %v in %s", path, found, want, raw)
	}
}

// fill stores explorer with two children on station 1, the day before noon.
func (a *testAPI) fill() (explorer string) {
	a.t.Helper()
	st, err := a.Store.ImportStation(a.t.Context(), "ACC-07", noon)
	if err != nil {
		a.t.Fatal(err)
	}
	start := func(n, parent int, image string) event.Process {
		p := event.Process{
			Kind: event.Start, Sensor: event.SensorSysmon, Time: noon.Add(-20*time.Hour + time.Duration(n)*time.Minute), PID: uint32(n), Image: image,
			CommandLine: image + " x", User: `ACC\bob`, SHA256: fmt.Sprintf("%064x", len(image)), ProcessGUID: fmt.Sprintf("0197231e-4a83-694d-9e0e-%012d", n),
		}
		if parent != 0 {
			p.ParentPID, p.ParentProcessGUID = uint32(parent), fmt.Sprintf("0197231e-4a83-694d-9e0e-%012d", parent)
		}
		return p
	}
	events := []event.Process{start(1, 0, `C:\Windows\explorer.exe`), start(2, 1, `C:\Temp\a.exe`), start(3, 1, `C:\Temp\a.exe`)}
	for i := range events {
		if err := events[i].Check(); err != nil {
			a.t.Fatal(err)
		}
	}
	if _, err := a.Store.AddEvents(a.t.Context(), []store.StationEvents{{Station: st, Events: events}}); err != nil {
		a.t.Fatal(err)
	}
	return store.ProcessRef{Station: st, Started: events[0].Started, Key: events[0].Key()}.String()
}

func TestExploring(t *testing.T) {
	a := newTestAPI(t)
	a.expect(a.get("/overview"), 0, "binaries", "total")
	a.expect(a.get("/pulse"), "2026-11-17T12:00:00Z", "to")
	explorer := a.fill()

	f := a.get("/events/facets?field=user&field=image&field=station&limit=1&q=kind:start")
	a.expect(f, `ACC\bob`, "facets", 0, "values", 0, "value")
	a.expect(f, 3, "facets", 0, "values", 0, "count")
	a.expect(f, `C:\Temp\a.exe`, "facets", 1, "values", 0, "value")
	a.expect(f, 1, "facets", 1, "others")
	a.expect(f, 1, "facets", 2, "values", 0, "id")
	a.expect(f, nil, "facets", 1, "values", 0, "id")
	a.expect(f, true, "complete")
	a.expect(a.get("/events/facets?field=image&limit=1&order=asc"), `C:\Windows\explorer.exe`, "facets", 0, "values", 0, "value")
	for _, path := range []string{"", "?field=nonsense", "?field=time", "?field=user&limit=101", "?" + strings.Repeat("field=user&", 9)} {
		a.call(auth.Viewer, http.MethodGet, "/events/facets"+path, nil, http.StatusUnprocessableEntity)
	}

	b := a.get("/binaries?sort=runs&limit=1")
	a.expect(b, "a.exe", "binaries", 0, "name")
	a.expect(b, 2, "binaries", 0, "runs")
	a.expect(b, `C:\Temp\a.exe`, "binaries", 0, "paths", 0)
	b = a.get("/binaries?sort=runs&limit=1&cursor=" + at(b, "next").(string))
	a.expect(b, "explorer.exe", "binaries", 0, "name")
	a.expect(b, nil, "next")
	a.expect(a.get("/binaries/count?q="+url.QueryEscape("first_seen:>-24h name:a.exe")), 1, "count")
	f = a.get("/binaries/facets?field=name&field=signer&limit=1")
	a.expect(f, "a.exe", "facets", 0, "values", 0, "value")
	a.expect(f, 1, "facets", 0, "others")
	a.expect(f, 2, "facets", 1, "blank")
	a.expect(f, "[]", "facets", 1, "values")
	a.expect(f, 2, "events")
	a.expect(f, true, "complete")
	for _, path := range []string{"", "?field=user", "?field=image", "?field=runs", "?field=name&q=user:bob"} {
		a.call(auth.Viewer, http.MethodGet, "/binaries/facets"+path, nil, http.StatusUnprocessableEntity)
	}
	h := a.get("/binaries/histogram?buckets=2&q=" + url.QueryEscape("name:a.exe OR name:explorer.exe"))
	a.expect(h, at(b, "binaries", 0, "first_seen"), "from")
	a.expect(h, 1, "buckets", 0, "count")
	a.expect(h, 1, "buckets", 1, "count")
	a.expect(h, true, "complete")
	h = a.get("/binaries/histogram?from=2026-11-16T00:00:00Z&to=2026-11-18T00:00:00Z&buckets=2&q=name:a.exe")
	a.expect(h, 86400, "bucket_seconds")
	a.expect(h, "[map[count:1 start:2026-11-16T00:00:00Z] map[count:0 start:2026-11-17T00:00:00Z]]", "buckets")
	a.expect(a.get("/binaries/histogram?q=name:nothing"), "[]", "buckets")
	for _, path := range []string{"?q=user:bob", "?buckets=501", "?from=2026-11-18T00:00:00Z&to=2026-11-16T00:00:00Z"} {
		a.call(auth.Viewer, http.MethodGet, "/binaries/histogram"+path, nil, http.StatusUnprocessableEntity)
	}
	newest := fmt.Sprint(at(b, "newest"))
	a.expect(a.get("/binaries/count?q=binary_id:"+newest), 1, "count")
	a.expect(a.get("/binaries/count?q="+url.QueryEscape("binary_id:>"+newest)), 0, "count")
	id := fmt.Sprint(at(b, "binaries", 0, "id"))
	a.expect(a.get("/binaries/"+id), id, "id")
	a.expect(a.get(fmt.Sprintf("/binaries/%064X", len(`C:\Windows\explorer.exe`))), id, "id")
	a.expect(a.get("/binaries/"+id+"/children"), 2, "launches", 0, "runs")
	a.expect(a.get("/binaries/"+id+"/parents"), "[]", "launches")
	a.expect(a.get("/binaries/"+id+"/stations"), "ACC-07", "stations", 0, "name")
	a.expect(a.get("/binaries/"+id+"/users"), `ACC\bob`, "users", 0, "user")
	for _, name := range []string{"0", "x", "4711", strings.Repeat("0", 64), strings.Repeat("9", 64)} {
		a.call(auth.Viewer, http.MethodGet, "/binaries/"+name, nil, http.StatusNotFound)
	}
	p := a.call(auth.Viewer, http.MethodGet, "/binaries?q="+url.QueryEscape("runs:1 -user:bob"), nil, http.StatusUnprocessableEntity)
	a.expect(p, 8, "position")
	a.expect(p, 4, "length")
	p = a.call(auth.Viewer, http.MethodGet, "/query/check?of=binaries&q=user:bob", nil, http.StatusUnprocessableEntity)
	a.expect(p, "user is not a field of binaries but of events; remove it, or look among the events", "errors", 0, "message")
	a.expect(a.get("/query/check?of=binaries&q=first_seen:2026"+"-11-17"), "first_seen", "terms", 0, "field")
	a.expect(a.get("/query/fields?of=binaries"), "name", "fields", 0, "name")

	s := a.get("/stations?sort=last_seen&order=desc")
	a.expect(s, 3, "stations", 0, "events_24h")
	a.expect(s, false, "stations", 0, "silent")
	s = a.get("/stations/1")
	a.expect(s, 2, "binaries")
	a.expect(s, 1, "users")
	a.expect(a.get("/stations/1/binaries"), "explorer.exe", "binaries", 0, "name")
	a.expect(a.get("/stations/1/users"), 2, "users", 0, "binaries")

	o := a.get("/overview")
	a.expect(o, 1, "stations", "active_24h")
	a.expect(o, 2, "binaries", "new_rare_24h")
	a.expect(o, 3, "events", "last_24h")
	u := a.get("/pulse?from=2026-11-16T15:30:00Z&to=2026-11-16T17:30:00Z&station_id=1")
	a.expect(u, "2026-11-16T15:00:00Z", "from")
	a.expect(u, "[map[start:2026-11-16T15:00:00Z starts:0 stops:0] map[start:2026-11-16T16:00:00Z starts:3 stops:0] map[start:2026-11-16T17:00:00Z starts:0 stops:0]]", "hours")
	a.expect(u, 3, "top", 0, "starts")
	for _, path := range []string{"?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z", "?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"} {
		a.call(auth.Viewer, http.MethodGet, "/pulse"+path, nil, http.StatusUnprocessableEntity)
	}

	n := a.get("/processes/" + explorer + "/tree?limit=1")
	a.expect(n, explorer, "nodes", 0, "parent")
	a.expect(n, 0, "nodes", 0, "children")
	n = a.get("/processes/" + explorer + "/tree?depth=1&cursor=" + at(n, "next").(string))
	a.expect(n, 3, "nodes", 0, "pid")
	a.expect(n, nil, "next")
	process := a.get("/processes/" + explorer)
	a.expect(process, 2, "children")
	a.expect(process, nil, "launch_runs")
	child := a.get("/processes/" + at(n, "nodes", 0, "process").(string))
	a.expect(child, 0, "children")
	a.expect(child, 2, "launch_runs")
	a.expect(child, 1, "launch_stations")
}

func TestSavedSearchRights(t *testing.T) {
	a := newTestAPI(t)
	type body = map[string]any
	add := func(role string, b body, status int) string {
		t.Helper()
		return fmt.Sprint(at(a.call(role, http.MethodPost, "/searches", b, status), "id"))
	}
	own := add(auth.Viewer, body{"name": " mine ", "page": "events", "q": "kind:start", "range": "24h"}, http.StatusOK)
	a.expect(a.get("/searches/"+own), "mine", "name")
	a.expect(a.get("/searches/"+own), true, "mine")
	add(auth.Viewer, body{"name": "MINE", "page": "events"}, http.StatusConflict)
	add(auth.Viewer, body{"name": "shared", "page": "events", "shared": true}, http.StatusForbidden)
	for _, b := range []body{
		{"page": "events"}, {"name": "x"}, {"name": "  ", "page": "events"}, {"name": "x", "page": "alerts"}, {"name": "x", "page": "events", "q": "(("},
		{"name": "x", "page": "binaries", "q": "user:bob"}, {"name": "x", "page": "events", "range": "soon"},
		{"name": "x", "page": "events", "range": "all", "from": noon}, {"name": "x", "page": "events", "from": noon, "to": noon},
	} {
		add(auth.Analyst, b, http.StatusUnprocessableEntity)
	}
	shared := add(auth.Analyst, body{"name": "shared", "page": "binaries", "q": "first_seen:>-24h", "from": noon, "shared": true}, http.StatusOK)
	list := a.get("/searches")
	a.expect(list, "mine", "searches", 0, "name")
	a.expect(list, "shared", "searches", 1, "name")
	a.expect(list, false, "searches", 1, "mine")
	a.expect(list, "the analyst", "searches", 1, "owner")

	a.call(auth.Viewer, http.MethodPatch, "/searches/"+shared, body{"name": "x"}, http.StatusForbidden)
	a.call(auth.Viewer, http.MethodDelete, "/searches/"+shared, nil, http.StatusForbidden)
	a.call(auth.Viewer, http.MethodPatch, "/searches/"+own, body{"shared": true}, http.StatusForbidden)
	a.call(auth.Administrator, http.MethodPatch, "/searches/"+own, body{"name": "x"}, http.StatusNotFound)
	changed := a.call(auth.Viewer, http.MethodPatch, "/searches/"+own, body{"from": noon.Add(-time.Hour), "description": "d"}, http.StatusOK)
	a.expect(changed, "", "range")
	a.expect(changed, "2026-11-17T11:00:00Z", "from")
	a.expect(changed, "kind:start", "q")
	changed = a.call(auth.Viewer, http.MethodPatch, "/searches/"+own, body{"range": "7d"}, http.StatusOK)
	a.expect(changed, nil, "from")
	a.expect(changed, "d", "description")
	changed = a.call(auth.Administrator, http.MethodPatch, "/searches/"+shared, body{"name": "for all"}, http.StatusOK)
	a.expect(changed, "the analyst", "owner")
	a.call(auth.Administrator, http.MethodDelete, "/searches/"+shared, nil, http.StatusNoContent)
	a.call(auth.Viewer, http.MethodDelete, "/searches/"+own, nil, http.StatusNoContent)
	a.expect(a.get("/searches"), "[]", "searches")
}
