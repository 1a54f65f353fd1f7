//go:build unix

package store_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// What a sensor tells of a process comes back as it was told: once of Windows,
// once of Linux, each with its end.
func TestEventComesBack(t *testing.T) {
	s := storetest.Open(t)
	station, err := s.LiveStation(t.Context(), "key", "SRV-1", monday)
	if err != nil {
		t.Fatal(err)
	}
	windows := event.Process{
		Kind: event.Start, Time: monday, Seq: 1, Sensor: event.SensorETW, PID: 8, BootID: 3, ProcessSeq: 77, Image: `C:\a.exe`, CommandLine: "a",
		SHA256: strings.Repeat("0a", 32), Privileges: new(event.PrivilegeSet(1 << 20)), PrivilegesPresent: new(event.PrivilegeSet(1<<20 | 1<<63)),
		WOW64: true, AppContainer: true, ImageMismatch: true, Package: "Acme_1.0",
		Architecture: "x86", EntropyEntry: new(2.34), EntrySHA256: strings.Repeat("0b", 32), Compiled: time.Date(1992, 6, 19, 22, 22, 17, 0, time.UTC),
		Missing: "hashes=denied signer=denied",
	}
	linux := event.Process{
		Kind: event.Running, Time: monday, Seq: 2, Sensor: event.SensorEBPF, PID: 9, BootID: 3, ProcessSeq: 78, Image: "/bin/a", CommandLine: "a",
		SHA256: strings.Repeat("0c", 32), Capabilities: new(event.CapabilitySet(0)), CapabilitiesPermitted: new(event.CapabilitySet(1<<21 | 1<<63)),
		Container: strings.Repeat("4f", 32), Namespaces: "mnt=4026532281 pid=4026532282", Architecture: "x64", EntropyEntry: new(0.0),
	}
	events := []event.Process{windows, linux}
	for i, p := range events[:2] {
		stop := event.Process{Kind: event.Stop, Time: monday.Add(time.Second), Seq: uint64(3 + i), Sensor: p.Sensor, PID: p.PID, BootID: p.BootID, ProcessSeq: p.ProcessSeq}
		if i == 1 {
			stop.Inferred, stop.Missing = true, "statistics=gone"
		}
		events = append(events, stop)
	}
	for i := range events {
		if err := events[i].Check(); err != nil {
			t.Fatal(err)
		}
	}
	told, err := json.Marshal(events) // before the store adds to them
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddEvents(t.Context(), []store.StationEvents{{Station: station, Live: true, Events: events}}); err != nil {
		t.Fatal(err)
	}
	page, err := s.ListEvents(t.Context(), store.List{Limit: 10})
	if err != nil || len(page.Events) != len(events) {
		t.Fatalf("%d events, %v", len(page.Events), err)
	}
	got := make([]event.Process, len(events))
	for _, e := range page.Events {
		got[e.Seq-1] = e.Process
	}
	stored, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var want, have []map[string]any
	for raw, to := range map[string]*[]map[string]any{string(told): &want, string(stored): &have} {
		if err := json.Unmarshal([]byte(raw), to); err != nil {
			t.Fatal(err)
		}
	}
	for i := range want {
		for name, value := range want[i] {
			if !reflect.DeepEqual(have[i][name], value) {
				t.Errorf("event %d: %s was %v and is %v", i+1, name, value, have[i][name])
			}
		}
	}
	if have[2]["missing"] != nil || have[2]["inferred"] != nil {
		t.Errorf("of the end that was seen it says %v, %v", have[2]["missing"], have[2]["inferred"])
	}
	if have[1]["inferred"] != true {
		t.Error("the start of a process whose end was missed does not say so")
	}
}
