//go:build unix

package api

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// plug stores records of devices of a station.
func (a *testAPI) plug(station int64, records ...event.Device) {
	a.t.Helper()
	for i := range records {
		d := &records[i]
		d.Seq = uint64(i + 1)
		if d.Time.IsZero() {
			d.Time = noon.Add(time.Duration(i-60) * time.Minute)
		}
		if err := d.Check(); err != nil {
			a.t.Fatal(err)
		}
	}
	if _, err := a.Store.AddEvents(a.t.Context(), []store.StationEvents{{Station: station, Live: true, Devices: records}}); err != nil {
		a.t.Fatal(err)
	}
}

func stick(kind event.Kind) event.Device {
	return event.Device{
		Kind: kind, Device: `USB\VID_0951&PID_1666\001A92053B6A`, VendorID: "0951", ProductID: "1666", Revision: "0110", VendorName: "Kingston", ProductName: "DataTraveler 3.0",
		Serial: "001A92053B6A", Classes: "mass_storage", Volumes: []event.Volume{{Mount: "E:", Label: "KINGSTON", Serial: "1A2B-3C4D", FileSystem: "FAT32", Bytes: 15 << 30}},
	}
}

func TestDevices(t *testing.T) {
	a := agentsAPI(t)
	for path, list := range map[string]string{"/devices": "devices", "/device-events": "events"} {
		if got := a.get(path); fmt.Sprint(got[list]) != "[]" {
			t.Errorf("%s of an empty database: %v", path, got)
		}
	}
	_, secret := a.addKey(body{"name": "office"})
	one, other := a.agent("ACC-07", secret, noon, false), a.agent("GATE-01", secret, noon, false)
	mouse := event.Device{Kind: event.DevicePresent, Device: `USB\VID_046D&PID_C077\5&1`, VendorID: "046d", ProductID: "c077", ProductName: "USB Optical Mouse", Classes: "hid"}
	a.plug(one, mouse, stick(event.DevicePlugged), stick(event.DeviceRemoved))
	later := stick(event.DevicePlugged)
	later.Time, later.Inferred, later.Missing = noon.Add(-time.Minute), true, "volumes=busy"
	a.plug(other, later)

	got := a.get("/devices?q=" + url.QueryEscape("class:mass_storage prevalence:2"))
	a.expect(got, "Kingston", "devices", 0, "vendor_name")
	a.expect(got, "[mass_storage]", "devices", 0, "classes")
	for member, want := range map[string]int{"stations": 2, "plugs": 2, "present": 1} {
		a.expect(got, want, "devices", 0, member)
	}
	id := fmt.Sprint(at(got, "devices", 0, "id"))
	page := a.get("/devices?sort=stations&limit=1")
	a.expect(page, id, "devices", 0, "id")
	page = a.get("/devices?sort=stations&limit=1&cursor=" + fmt.Sprint(page["next"]))
	a.expect(page, "USB Optical Mouse", "devices", 0, "product_name")
	if page["next"] != nil {
		t.Errorf("there is a third page: %v", page)
	}
	a.expect(a.get("/devices/count"), 2, "count")

	got = a.get("/devices/" + id)
	a.expect(got, "FAT32", "volumes", 0, "file_system")
	a.expect(got, 3, "names", 0, "times")
	got = a.get("/devices/" + id + "/stations")
	a.expect(got, "GATE-01", "stations", 0, "station", "name")
	a.expect(got, true, "stations", 0, "present")
	a.expect(got, "ACC-07", "stations", 1, "station", "name")
	a.expect(got, "[E:]", "stations", 1, "mounts")
	a.expect(got, "1A2B-3C4D", "stations", 1, "volumes", 0, "serial")
	got = a.get(fmt.Sprintf("/stations/%d/devices", one))
	a.expect(got, id, "devices", 0, "device", "id")
	a.expect(got, 2, "devices", 0, "device", "stations")
	a.expect(got, `USB\VID_0951&PID_1666\001A92053B6A`, "devices", 0, "device_name")
	a.expect(got, "USB Optical Mouse", "devices", 1, "device", "product_name")

	got = a.get("/device-events?device=" + id)
	a.expect(got, "device_plugged", "events", 0, "kind")
	a.expect(got, true, "events", 0, "inferred")
	a.expect(got, "volumes=busy", "events", 0, "missing")
	a.expect(got, "GATE-01", "events", 0, "station", "name")
	a.expect(got, id, "events", 0, "device")
	a.expect(got, "E:", "events", 1, "volumes", 0, "mount")
	a.expect(got, true, "coverage", "complete")
	got = a.get(fmt.Sprintf("/device-events?station=%d&from=2026-11-17T11:01:00Z&to=2026-11-17T11:02:00Z", one))
	a.expect(got, "device_plugged", "events", 0, "kind")
	a.expect(got, nil, "events", 1)
	a.expect(a.get("/device-events/count?q=kind:device_removed"), 1, "count")
	a.expect(a.get("/query/fields?of=devices"), "time", "fields", 0, "name")
	a.expect(a.get("/query/values?of=devices&field=volume_label&prefix=king"), "KINGSTON", "values", 0, "value")
	a.expect(a.get("/query/check?of=devices&q=serial:x"), "serial", "terms", 0, "field")
	a.expect(a.call(auth.Viewer, http.MethodPost, "/searches", body{"name": "sticks", "page": "devices", "q": "class:mass_storage"}, http.StatusOK), "devices", "page")

	a.call(auth.Viewer, http.MethodPost, "/searches", body{"name": "bad", "page": "device_events", "q": "image:x"}, http.StatusUnprocessableEntity)
	a.call(auth.Viewer, http.MethodGet, "/devices/99", nil, http.StatusNotFound)
	for _, path := range []string{"/devices?q=image:x", "/devices?sort=device", "/devices?cursor=x", "/device-events?q=vendor:x", "/device-events?from=2026-11-17T12:00:00Z&to=2026-11-17T11:00:00Z", "/device-events/export?format=x"} {
		a.call(auth.Viewer, http.MethodGet, path, nil, http.StatusUnprocessableEntity)
	}
}

// A device calls itself what it likes: no export lets a spreadsheet or a terminal
// obey it.
func TestDeviceExports(t *testing.T) {
	a := agentsAPI(t)
	_, secret := a.addKey(body{"name": "office"})
	id := a.agent("ACC-07", secret, noon, false)
	d := stick(event.DevicePlugged)
	d.VendorName, d.ProductName, d.Serial = "=cmd|'/c calc'!A0", "\u202egnp.exe\x00<script>", "@SUM(A1)"
	d.Volumes[0].Label = "=1+1\u2028"
	a.plug(id, d, stick(event.DevicePlugged))

	for path, want := range map[string]map[string]string{
		"/devices/export?format=csv&q=vendor_name:cmd": {"vendor_name": "'=cmd|'/c calc'!A0", "product_name": `\u202egnp.exe` + "\u2400<script>", "serial": "'@SUM(A1)", "classes": "mass_storage", "plugs": "1"},
		"/device-events/export?format=csv&q=vendor_name:cmd": {
			"station": "ACC-07", "station_id": fmt.Sprint(id), "vendor_name": "'=cmd|'/c calc'!A0", "serial": "'@SUM(A1)", "kind": "device_plugged",
			"volumes": `{"bytes":16106127360,"file_system":"FAT32","label":"=1+1\u2028","mount":"E:","serial":"1A2B-3C4D"}`,
		},
	} {
		rows, err := csv.NewReader(strings.NewReader(a.export(path))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%s: %q, %v", path, rows, err)
		}
		for column, text := range want {
			if i := slices.Index(rows[0], column); i < 0 || rows[1][i] != text {
				t.Errorf("%s: %s is not %q in %q", path, column, text, rows)
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(a.export("/device-events/export")), "\n")
	var first exportedDeviceEvent
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil || len(lines) != 2 || first.VendorName != d.VendorName || strings.ContainsRune(lines[0], '\u202e') {
		t.Errorf("%q, %v", lines, err)
	}
	if lines := strings.Count(a.export("/devices/export"), "\n"); lines != 2 {
		t.Errorf("%d devices are exported; want 2", lines)
	}
}
