//go:build unix

package api

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

type body = map[string]any

// agentsAPI is an API that hears agents.
func agentsAPI(t *testing.T) *testAPI {
	a := newTestAPI(t)
	files, err := blob.Open(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	a.Files, a.Agents = files, &Agents{Listen: ":8444", Address: "https://jefe.example:8444", Authority: "ab12"}
	return a
}

// addKey makes an enrolment key and returns its number and secret.
func (a *testAPI) addKey(b body) (id, secret string) {
	a.t.Helper()
	answer := a.call(auth.Administrator, http.MethodPost, "/enrolment-keys", b, http.StatusOK)
	return fmt.Sprint(at(answer, "key", "id")), fmt.Sprint(at(answer, "secret"))
}

// enroll lets a machine in with a key's secret and returns the station's number.
func (a *testAPI) enroll(name, secret string) (int64, error) {
	hash, public := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte("key of "+name))
	m := wire.Machine{Name: name, Fingerprint: "print of " + name, System: "Windows 11 Pro", Architecture: "amd64", AgentVersion: "1.0"}
	e, err := a.Store.Enroll(a.t.Context(), store.Enrolment{SecretHash: &hash, Machine: m, Address: "192.0.2.7", PublicKey: public}, func(int64) (store.Certificate, error) {
		return store.Certificate{Serial: []byte(name), PublicKey: public, Expires: noon.Add(90 * 24 * time.Hour)}, nil
	})
	if err != nil {
		return 0, err
	}
	return e.Station, nil
}

// agent lets a machine in that said hello at a time.
func (a *testAPI) agent(name, secret string, seen time.Time, endProcess bool) int64 {
	a.t.Helper()
	id, err := a.enroll(name, secret)
	if err != nil {
		a.t.Fatal(err)
	}
	_, err = a.Store.Greet(a.t.Context(), id, &wire.Hello{
		Machine: wire.Machine{Name: name, Fingerprint: "print of " + name, System: "Windows 11 Pro", Architecture: "amd64", AgentVersion: "1.0"},
		Run:     "run", BootID: 7, Booted: noon.Add(-24 * time.Hour), AgentBegan: noon.Add(-23 * time.Hour), Now: seen.Add(-2 * time.Second), EndProcess: endProcess,
		Sensor: wire.Sensor{Mode: event.SensorSysmon, State: "working", Events: 12}, Self: wire.Self{MemoryBytes: 30 << 20},
	}, "192.0.2.7", seen)
	if err != nil {
		a.t.Fatal(err)
	}
	return id
}

// report stores what a station sends, and returns the ids of its processes.
func (a *testAPI) report(station int64, gaps []event.Gap, processes ...event.Process) (ids []string) {
	a.t.Helper()
	for i := range processes {
		p := &processes[i]
		p.Kind, p.Sensor, p.Origin, p.Seq = event.Start, event.SensorSysmon, event.Live, uint64(i+1)
		if err := p.Check(); err != nil {
			a.t.Fatal(err)
		}
		ids = append(ids, store.ProcessRef{Station: station, Started: p.Started, Key: p.Key()}.String())
	}
	for i := range gaps {
		gaps[i].Kind, gaps[i].Seq = event.GapKind, uint64(len(processes)+i+1)
		if err := gaps[i].Check(); err != nil {
			a.t.Fatal(err)
		}
	}
	if _, err := a.Store.AddEvents(a.t.Context(), []store.StationEvents{{Station: station, Live: true, Events: processes, Gaps: gaps}}); err != nil {
		a.t.Fatal(err)
	}
	return ids
}

func start(pid uint32, started time.Time, image string, sum [32]byte) event.Process {
	return event.Process{Time: started, Started: started, PID: pid, Image: image, SHA256: fmt.Sprintf("%x", sum), BootID: 7, ProcessSeq: uint64(pid)}
}

func count(n uint64) *uint64 { return &n }

func TestEnrolmentKeys(t *testing.T) {
	a := agentsAPI(t)
	for _, role := range []string{auth.Viewer, auth.Analyst} {
		a.call(role, http.MethodGet, "/enrolment-keys", nil, http.StatusForbidden)
		a.call(role, http.MethodPost, "/enrolment-keys", body{"name": "x"}, http.StatusForbidden)
	}
	for _, b := range []body{
		{}, {"name": "  "}, {"name": "x", "max_uses": 0}, {"name": "x", "labels": []string{""}}, {"name": "x", "labels": []string{strings.Repeat("x", 65)}},
		{"name": "x", "expires": noon}, {"name": "x", "secret": "mine"},
	} {
		a.call(auth.Administrator, http.MethodPost, "/enrolment-keys", b, http.StatusUnprocessableEntity)
	}
	answer := a.call(auth.Administrator, http.MethodPost, "/enrolment-keys", body{"name": " office ", "labels": []string{"b", "a"}, "max_uses": 1}, http.StatusOK)
	secret := fmt.Sprint(at(answer, "secret"))
	if rest, ok := strings.CutPrefix(secret, "ejk_"); !ok || len(rest) != 32 || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("the secret is %q", secret)
	}
	a.expect(answer, "sudo eljefe-agent install --server https://jefe.example:8444 --authority ab12 --key "+secret, "command")
	a.expect(answer, "office", "key", "name")
	a.expect(answer, "[a b]", "key", "labels")
	a.expect(answer, "usable", "key", "state")
	a.expect(answer, "the administrator", "key", "created_by")

	if _, err := a.enroll("ACC-01", secret); err != nil {
		t.Fatal(err)
	}
	if _, err := a.enroll("ACC-02", secret); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("the second station of a key for one: %v", err)
	}
	second, _ := a.addKey(body{"name": "shops", "expires": noon.Add(time.Hour)})
	list := a.call(auth.Administrator, http.MethodGet, "/enrolment-keys", nil, http.StatusOK)
	a.expect(list, "shops", "keys", 0, "name")
	a.expect(list, "2026-11-17T13:00:00Z", "keys", 0, "expires")
	a.expect(list, "used_up", "keys", 1, "state")
	a.expect(list, 1, "keys", 1, "stations")
	if raw, _ := json.Marshal(list); strings.Contains(string(raw), "ejk_") {
		t.Errorf("the list has a secret: %s", raw)
	}

	a.call(auth.Administrator, http.MethodPost, "/enrolment-keys/"+second+"/revoke", nil, http.StatusNoContent)
	list = a.call(auth.Administrator, http.MethodGet, "/enrolment-keys", nil, http.StatusOK)
	a.expect(list, "revoked", "keys", 0, "state")
	a.call(auth.Administrator, http.MethodDelete, "/enrolment-keys/"+second, nil, http.StatusNoContent)
	a.call(auth.Administrator, http.MethodDelete, "/enrolment-keys/"+second, nil, http.StatusNotFound)
	a.call(auth.Administrator, http.MethodPost, "/enrolment-keys/"+second+"/revoke", nil, http.StatusNotFound)

	list = a.call(auth.Administrator, http.MethodGet, "/audit?limit=2", nil, http.StatusOK)
	a.expect(list, "enrolment-key.remove", "entries", 0, "action")
	a.expect(list, "shops", "entries", 1, "subject")
	a.expect(list, second, "entries", 1, "detail", "id")
	list = a.call(auth.Administrator, http.MethodGet, "/audit?limit=2&cursor="+fmt.Sprint(at(list, "next")), nil, http.StatusOK)
	a.expect(list, "enrolment-key.add", "entries", 0, "action")
	a.expect(a.call(auth.Administrator, http.MethodGet, "/audit?action=enrolment-key.add&who=THE+ADMINISTRATOR", nil, http.StatusOK), "office", "entries", 1, "subject")
	a.expect(a.call(auth.Administrator, http.MethodGet, "/audit?who=nobody", nil, http.StatusOK), "[]", "entries")
	a.call(auth.Administrator, http.MethodGet, "/audit?cursor=x", nil, http.StatusUnprocessableEntity)
	a.call(auth.Analyst, http.MethodGet, "/audit", nil, http.StatusForbidden)
}

func TestStationsThatReport(t *testing.T) {
	a := agentsAPI(t)
	_, secret := a.addKey(body{"name": "office", "labels": []string{"desks"}})
	online := a.agent("ACC-01", secret, noon.Add(-time.Minute), false)
	silent := a.agent("ACC-02", secret, noon.Add(-time.Hour), false)
	if _, err := a.enroll("ACC-03", secret); err != nil {
		t.Fatal(err)
	}
	path := func(id int64) string { return fmt.Sprintf("/stations/%d", id) }
	names := func(query, want string) {
		t.Helper()
		var got []string
		list, _ := a.get("/stations?" + query)["stations"].([]any)
		for i := range list {
			got = append(got, fmt.Sprint(at(list, i, "name")))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
	names("", "ACC-01 ACC-02 ACC-03")
	names("show=silent", "ACC-02")
	names("show=waiting", "ACC-03")
	names("label=desks&system="+url.QueryEscape("Windows 11 Pro")+"&sensor_mode=sysmon&agent_version=1.0&enrolment_key=office&show=online", "ACC-01")
	names("label=desk", "")
	names("sort=last_contact&order=desc&show=live", "ACC-01 ACC-02 ACC-03")

	s := a.get(path(online))
	for member, want := range map[string]any{
		"state": "online", "silent": false, "labels": "[desks]", "system": "Windows 11 Pro", "architecture": "amd64", "agent_version": "1.0", "sensor_mode": "sysmon",
		"sensor_state": "working", "last_contact": "2026-11-17T11:59:00Z", "clock_offset_ms": 2000, "address": "192.0.2.7", "renamed": nil, "retired": nil,
	} {
		a.expect(s, want, member)
	}
	for member, want := range map[string]any{
		"host_name": "ACC-01", "enrolment_key": "office", "booted": "2026-11-16T12:00:00Z", "gaps_7d": 0, "certificate_expires": "2027-02-15T12:00:00Z", "same_machine": "[]", "parted_from": nil,
	} {
		a.expect(s, want, "agent", member)
	}
	a.expect(s, 12, "agent", "report", "sensor", "events")
	a.expect(s, "2026-11-17T11:59:00Z", "agent", "clock", 0, "server_time")
	a.expect(s, "2026-11-17T11:58:58Z", "agent", "clock", 0, "station_time")
	a.expect(a.get(path(silent)), true, "silent")

	f := a.get("/stations/facets?field=state&field=label&field=enrolment_key&limit=2")
	a.expect(f, "[map[count:1 value:online] map[count:1 value:silent]]", "facets", 0, "values")
	a.expect(f, 1, "facets", 0, "others")
	a.expect(f, "[map[count:3 value:desks]]", "facets", 1, "values")
	a.expect(f, 3, "events")
	a.expect(a.get("/stations/facets?field=state&search=01"), "online", "facets", 0, "values", 0, "value")
	for _, query := range []string{"", "?field=name", "?field=state&show=x"} {
		a.call(auth.Viewer, http.MethodGet, "/stations/facets"+query, nil, http.StatusUnprocessableEntity)
	}

	changed := a.call(auth.Analyst, http.MethodPatch, path(online), body{"name": " the boss's ", "labels": []string{"vip", "desks", "vip"}}, http.StatusOK)
	a.expect(changed, "the boss's", "name")
	a.expect(changed, true, "renamed")
	a.expect(changed, "[desks vip]", "labels")
	changed = a.call(auth.Analyst, http.MethodPatch, path(online), body{"labels": []string{}}, http.StatusOK)
	a.expect(changed, "[]", "labels")
	a.expect(changed, "the boss's", "name")
	a.expect(a.call(auth.Analyst, http.MethodPatch, path(online), body{"name": ""}, http.StatusOK), "ACC-01", "name")
	a.call(auth.Analyst, http.MethodPatch, path(online), body{"labels": []string{" "}}, http.StatusUnprocessableEntity)
	a.call(auth.Viewer, http.MethodPatch, path(online), body{"name": "x"}, http.StatusForbidden)
	a.call(auth.Analyst, http.MethodPatch, path(4711), body{"name": "x"}, http.StatusNotFound)

	a.call(auth.Analyst, http.MethodPost, path(silent)+"/retire", nil, http.StatusForbidden)
	a.expect(a.call(auth.Administrator, http.MethodPost, path(silent)+"/retire", nil, http.StatusOK), "retired", "state")
	names("", "ACC-01 ACC-03")
	names("show=retired", "ACC-02")
	a.expect(a.call(auth.Administrator, http.MethodPost, path(silent)+"/restore", nil, http.StatusOK), "silent", "state")
	a.call(auth.Administrator, http.MethodDelete, path(silent), nil, http.StatusConflict)
	a.expect(a.call(auth.Administrator, http.MethodPost, path(silent)+"/revoke", nil, http.StatusOK), "revoked", "state")
	a.call(auth.Administrator, http.MethodPost, path(silent)+"/restore", nil, http.StatusConflict)
	a.call(auth.Administrator, http.MethodPost, path(4711)+"/revoke", nil, http.StatusNotFound)
	a.call(auth.Administrator, http.MethodDelete, path(silent), nil, http.StatusNoContent)

	list := a.call(auth.Administrator, http.MethodGet, "/audit", nil, http.StatusOK)
	for i, want := range []string{
		"station.remove", "station.revoke", "station.restore", "station.retire", "station.rename", "station.label", "station.rename", "station.label",
	} {
		a.expect(list, want, "entries", i, "action")
	}
	a.expect(a.get("/status"), "https://jefe.example:8444", "agents", "address")
}
