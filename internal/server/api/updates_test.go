//go:build unix

package api

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/server/auth"
)

// updatesAPI is an API whose server has an agent of a version; "": none.
func updatesAPI(t *testing.T, version string) *testAPI {
	a := agentsAPI(t)
	dir := t.TempDir()
	if version != "" {
		list := []installer.Generic{{Format: installer.Debian, Arch: "amd64", Version: version, Content: bytes.Repeat([]byte("x"), 100)}}
		if err := catalogue.Write(dir, list, nil); err != nil {
			t.Fatal(err)
		}
	}
	a.Clients = &Clients{Catalogue: catalogue.New(nil, dir)}
	return a
}

// Updates are off, an administrator alone sees and changes them, and each change
// has its name in the audit.
func TestUpdates(t *testing.T) {
	a := updatesAPI(t, "v2.0.0")
	_, secret := a.addKey(body{"name": "office"})
	a.agent("ACC-07", secret, noon, false)
	for _, role := range []string{auth.Viewer, auth.Analyst} {
		a.call(role, http.MethodGet, "/updates", nil, http.StatusForbidden)
		a.call(role, http.MethodGet, "/updates/stations", nil, http.StatusForbidden)
		a.call(role, http.MethodPut, "/updates", body{"enabled": true, "labels": []string{}, "share": 100, "threshold": 10}, http.StatusForbidden)
		a.call(role, http.MethodPost, "/updates/resume", body{}, http.StatusForbidden)
		a.call(role, http.MethodPost, "/updates/pause", nil, http.StatusForbidden)
	}
	admin := func(method, path string, b any, status int) any {
		t.Helper()
		return a.call(auth.Administrator, method, path, b, status)
	}
	got := admin(http.MethodGet, "/updates", nil, http.StatusOK)
	if at(got, "state") != "off" || at(got, "settings", "enabled") != false || at(got, "stations", "all") != 1.0 || at(got, "stations", "unable") != 1.0 ||
		at(got, "programs", 0, "version") != "v2.0.0" || at(got, "programs", 0, "system") != "linux" || at(got, "versions", 0, "standing") != "unable" {
		t.Errorf("at first: %v", got)
	}
	for _, wrong := range []body{
		{"enabled": true, "labels": []string{}, "share": 0, "threshold": 10}, {"enabled": true, "labels": []string{}, "share": 101, "threshold": 10},
		{"enabled": true, "labels": []string{}, "share": 10, "threshold": 0}, {"enabled": true, "labels": []string{" "}, "share": 10, "threshold": 10},
	} {
		admin(http.MethodPut, "/updates", wrong, http.StatusUnprocessableEntity)
	}
	got = admin(http.MethodPut, "/updates", body{"enabled": true, "labels": []string{"pilot"}, "share": 20, "threshold": 15}, http.StatusOK)
	if at(got, "state") != "rolling" || at(got, "settings", "labels", 0) != "pilot" || at(got, "settings", "share") != 20.0 || at(got, "stations", "in_scope") != 0.0 || at(got, "at_once") != 5.0 {
		t.Errorf("switched on: %v", got)
	}
	if got = admin(http.MethodPost, "/updates/pause", nil, http.StatusOK); at(got, "state") != "paused" || at(got, "paused", "by") == "" || at(got, "paused", "why", "code") != "update_paused_by" {
		t.Errorf("paused: %v", got)
	}
	if got = admin(http.MethodPost, "/updates/resume", body{"retry": true}, http.StatusOK); at(got, "state") != "rolling" || at(got, "paused") != nil {
		t.Errorf("resumed: %v", got)
	}
	if got = admin(http.MethodPut, "/updates", body{"enabled": false, "labels": []string{}, "share": 100, "threshold": 10}, http.StatusOK); at(got, "state") != "off" {
		t.Errorf("switched off: %v", got)
	}
	for i, action := range []string{"update.set", "update.resume", "update.pause", "update.set"} {
		if entry := at(admin(http.MethodGet, "/audit", nil, http.StatusOK), "entries", i, "action"); entry != action {
			t.Errorf("entry %d of the audit is %v; want %s", i, entry, action)
		}
	}
}

// A server with nothing to offer says why.
func TestUpdatesAreUnavailable(t *testing.T) {
	for version, code := range map[string]string{"": "client_none", "de204e5": "update_no_order"} {
		a := updatesAPI(t, version)
		got := a.call(auth.Administrator, http.MethodPut, "/updates", body{"enabled": true, "labels": []string{}, "share": 100, "threshold": 10}, http.StatusOK)
		if at(got, "state") != "unavailable" || at(got, "why_not", "code") != code {
			t.Errorf("%q: %v; want %s", version, got, code)
		}
	}
}
