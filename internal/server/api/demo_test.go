//go:build unix

package api

import (
	"net/http"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// The demo's stations are removed by an administrator alone, and no other
// station with them.
func TestRemoveDemo(t *testing.T) {
	a := agentsAPI(t)
	enroll := func(name, author string, label string, mode event.Sensor) {
		t.Helper()
		_, hash := auth.NewSecret("test_")
		digest := [32]byte(hash)
		if _, err := a.Store.AddEnrolmentKey(t.Context(), store.EnrolmentKey{Name: name, Labels: []string{label}, CreatedBy: author}, digest); err != nil {
			t.Fatal(err)
		}
		machine := wire.Machine{Name: name, Fingerprint: name}
		e, err := a.Store.Enroll(t.Context(), store.Enrolment{SecretHash: &digest, Machine: machine, PublicKey: [32]byte{name[0]}}, func(int64) (store.Certificate, error) {
			return store.Certificate{Serial: []byte(name), Expires: noon.AddDate(0, 1, 0)}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Store.Greet(t.Context(), e.Station, &wire.Hello{Machine: machine, Run: name, Now: noon, Sensor: wire.Sensor{Mode: mode}}, "192.0.2.1", noon); err != nil {
			t.Fatal(err)
		}
	}
	enroll("A-DEMO", store.DemoAuthor, store.DemoLabel, event.SensorReplay)
	enroll("B-PLAYED", "ana", store.DemoLabel, event.SensorReplay) // by eljefe demo run
	enroll("C-LABELLED", "ana", store.DemoLabel, event.SensorETW)
	enroll("D-REPLAY", "ana", "test", event.SensorReplay)

	for _, role := range []string{auth.Viewer, auth.Analyst} {
		a.call(role, http.MethodDelete, "/demo", nil, http.StatusForbidden)
	}
	if got := a.call(auth.Viewer, http.MethodGet, "/demo", nil, http.StatusOK); got["stations"] != 2.0 || got["running"] != false {
		t.Errorf("the demo is %v; want 2 stations that are not played", got)
	}
	shown := func() any { return a.call(auth.Viewer, http.MethodGet, "/status", nil, http.StatusOK)["demo"] }
	if shown() != true {
		t.Error("the demo's stations are shown, and the status does not say so")
	}
	if got := a.call(auth.Administrator, http.MethodDelete, "/demo", nil, http.StatusOK); got["removed"] != 2.0 {
		t.Errorf("%v; want 2 removed", got)
	}
	if shown() != false {
		t.Error("the demo is removed, and the status says that it is shown")
	}
	var left []any
	for _, s := range a.call(auth.Viewer, http.MethodGet, "/stations?sort=name", nil, http.StatusOK)["stations"].([]any) {
		left = append(left, s.(body)["name"])
	}
	if len(left) != 2 || left[0] != "C-LABELLED" || left[1] != "D-REPLAY" {
		t.Errorf("%v are left; want the two that are none of the demo's", left)
	}
	if got := a.call(auth.Administrator, http.MethodDelete, "/demo", nil, http.StatusOK); got["removed"] != 0.0 {
		t.Errorf("a second time %v; want nothing removed", got)
	}
}
