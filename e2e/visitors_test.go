//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet"
)

// visit lets two stations report what the demo's do not: a stick whose names
// attack the reader, which goes from one to the other, and on the second, a Linux
// server, a process with capabilities. ui/e2e/devices.test.ts reads it.
func visit(t *testing.T, b *browser) {
	t.Helper()
	var status struct {
		Agents struct{ Address, Authority string }
	}
	b.must("GET", "/status", nil, 200, &status)
	var key struct{ Secret string }
	b.must("POST", "/enrolment-keys", map[string]any{"name": "visitors"}, 200, &key)
	f, err := fleet.New(fleet.Config{
		Server: status.Agents.Address, Authority: status.Agents.Authority, Dir: t.TempDir(), Version: "e2e",
		Key: func(context.Context) (string, error) { return key.Secret, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	stick := func(kind event.Kind, minute int, drive string) fleet.Record {
		return fleet.Record{Device: &event.Device{
			Kind: kind, Time: began.Add(time.Duration(minute) * time.Minute), Device: `USB\VID_F1F0&PID_0001\<script>window.owned=1</script>`,
			VendorID: "f1f0", ProductID: "0001", VendorName: "\u202eACME\u200b", ProductName: `<img src=x onerror=window.owned=1> stick`,
			Serial: "E2E\u202e<b>1</b>", Classes: "hid mass_storage",
			Volumes: []event.Volume{{Mount: drive, Label: "=cmd|' /C calc'!A0\u202egpj", Serial: "E2E0-0001", FileSystem: "exFAT", Bytes: 32 << 30}},
		}}
	}
	var service event.Process
	if err := json.Unmarshal([]byte(`{"kind": "start", "pid": 4711, "image": "/usr/local/bin/e2e-relay", "command_line": "e2e-relay --listen 443", "user": "relay", "boot_id": 1, "process_seq": 9,
		"capabilities": ["cap_net_bind_service", "cap_sys_admin"], "capabilities_permitted": ["cap_net_bind_service", "cap_sys_admin", "cap_net_raw"],
		"container": "3f4e8a1b2c3d3f4e8a1b2c3d3f4e8a1b2c3d3f4e8a1b2c3d3f4e8a1b2c3d3f4e", "namespaces": "mnt=4026532281 pid=4026532282", "missing": "hashes=denied"}`), &service); err != nil {
		t.Fatal(err)
	}
	service.Time, service.Started = began, began
	for _, s := range []struct {
		name, system string
		records      []fleet.Record
	}{
		{"E2E-USB-1", "Windows 11 Pro 23H2", []fleet.Record{stick(event.DevicePlugged, 0, "E:"), stick(event.DeviceRemoved, 10, "E:")}},
		{"E2E-USB-2", "Debian GNU/Linux 13", []fleet.Record{{Event: &service}, stick(event.DevicePlugged, 20, "/media/stick")}},
	} {
		station, err := f.NewStation(fleet.Machine{ID: s.name, Name: s.name, Fingerprint: s.name, System: s.system})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := station.Join(ctx); err != nil {
			t.Fatalf("join %s: %v", s.name, err)
		}
		go func() { _ = station.Run(ctx) }() // ends with ctx
		for _, r := range s.records {
			if err := station.Put(ctx, r); err != nil {
				t.Fatalf("put a record of %s: %v", s.name, err)
			}
		}
		if err := station.Flush(ctx); err != nil {
			t.Fatalf("deliver the records of %s: %v", s.name, err)
		}
	}
}
