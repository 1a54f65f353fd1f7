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
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// told is a record of a stick with a serial number, n minutes after monday.
func told(kind event.Kind, n int) event.Device {
	return event.Device{
		Kind: kind, Seq: uint64(n), Time: monday.Add(time.Duration(n) * time.Minute), Device: `USB\VID_0951&PID_1666\001A92053B6A`,
		VendorID: "0951", ProductID: "1666", VendorName: "Kingston", ProductName: "DataTraveler 3.0", Serial: "001A92053B6A", Classes: "mass_storage",
		Volumes: []event.Volume{{Mount: "E:", Label: "KINGSTON", Serial: "1A2B-3C4D", FileSystem: "FAT32", Bytes: 15 << 30}},
	}
}

// mouse is a record of a mouse, which has no serial number.
func mouse(kind event.Kind, n int) event.Device {
	return event.Device{
		Kind: kind, Seq: uint64(n), Time: monday.Add(time.Duration(n) * time.Minute), Device: `USB\VID_046D&PID_C077\5&1a2b3c4d&0&2`,
		VendorID: "046d", ProductID: "c077", VendorName: "Logitech", ProductName: "USB Optical Mouse", Classes: "hid",
	}
}

func tell(t *testing.T, s *store.Store, station int64, records ...event.Device) store.Added {
	t.Helper()
	for i := range records {
		if err := records[i].Check(); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	return addBatch(t, s, store.StationEvents{Station: station, Live: true, Devices: records})
}

// devices writes all devices of a query in few words: stations, plugs and where
// they are plugged in.
func devices(t *testing.T, s *store.Store, q string) string {
	t.Helper()
	parsed, err := query.ParseDevices(q, monday)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	l := store.DeviceList{Query: parsed, Sort: "first_seen", Limit: 1}
	for {
		list, next, err := s.Devices(t.Context(), l)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		for _, d := range list {
			words = append(words, fmt.Sprintf("%s %d/%d/%d", d.ProductName, d.Stations, d.Plugs, d.Present))
		}
		if l.Cursor = next; next == "" {
			break
		}
	}
	n, more, err := s.CountDevices(t.Context(), parsed, 1000)
	if err != nil || more || n != int64(len(words)) {
		t.Errorf("%s: counted %d, %t, %v; listed %d", q, n, more, err, len(words))
	}
	return strings.Join(words, ", ")
}

// records writes all records of a query, oldest first.
func records(t *testing.T, s *store.Store, q string, search store.DeviceEventSearch) string {
	t.Helper()
	var err error
	if search.Query, err = query.ParseDevices(q, monday); err != nil {
		t.Fatal(err)
	}
	var words []string
	l := store.DeviceEventList{DeviceEventSearch: search, Ascending: true, Limit: 2}
	for {
		list, next, err := s.DeviceEvents(t.Context(), l)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		for _, e := range list {
			words = append(words, fmt.Sprintf("%s:%d:%s", e.StationName, e.Seq, strings.TrimPrefix(string(e.Kind), "device_")))
		}
		if l.Cursor = next; next == "" {
			break
		}
	}
	n, _, err := s.CountDeviceEvents(t.Context(), search, 1000)
	if err != nil || n != int64(len(words)) {
		t.Errorf("%s: counted %d, %v; listed %d", q, n, err, len(words))
	}
	return strings.Join(words, " ")
}

func TestOneStickOnTwoStations(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	tell(t, s, ids[0], told(event.DevicePlugged, 1), told(event.DeviceRemoved, 2))
	other := told(event.DevicePlugged, 1)
	other.Serial, other.Device = "001a92053b6a", "usb 1-1.2" // Linux spells it as the stick does
	other.Time = monday.Add(time.Hour)
	tell(t, s, ids[1], other)
	if got, want := devices(t, s, ""), "DataTraveler 3.0 2/2/1"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	list, next, err := s.DeviceStations(t.Context(), 1, "", 1)
	if err != nil || len(list) != 1 || next == "" || list[0].StationName != "B" || !list[0].Present || list[0].DeviceName != "usb 1-1.2" {
		t.Fatalf("the first station: %+v, %q, %v", list, next, err)
	}
	list, next, err = s.DeviceStations(t.Context(), 1, next, 1)
	if err != nil || len(list) != 1 || next != "" || list[0].StationName != "A" || list[0].Present || list[0].Plugs != 1 {
		t.Fatalf("the second station: %+v, %q, %v", list, next, err)
	}
	if v := list[0].Volumes; len(v) != 1 || v[0].Mount != "E:" || v[0].Serial != "1A2B-3C4D" || v[0].Bytes != 15<<30 || !v[0].LastSeen.Equal(monday.Add(2*time.Minute)) {
		t.Errorf("its volumes: %+v", v)
	}
	here, _, err := s.StationDevices(t.Context(), ids[0], "", 10)
	if err != nil || len(here) != 1 || here[0].Device.Stations != 2 || here[0].Device.Serial != "001A92053B6A" {
		t.Errorf("devices of A: %+v, %v", here, err)
	}
	d, err := s.Device(t.Context(), 1)
	if err != nil || len(d.Names) != 2 || len(d.Volumes) != 1 || d.Present != 1 {
		t.Errorf("the device: %+v, %v", d, err)
	}
}

func TestTwoMiceWithoutSerialNumbers(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	for _, id := range ids {
		tell(t, s, id, mouse(event.DevicePresent, 1))
	}
	if got, want := devices(t, s, ""), "USB Optical Mouse 1/1/1, USB Optical Mouse 1/1/1"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
}

// What is sent again changes nothing, and the number of a device's record is one
// of the stream like any other.
func TestDevicesAreStoredOnce(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	for i, want := range []store.Added{{Devices: 2, LastSeq: 3}, {Duplicates: 2, LastSeq: 3}, {Devices: 1, Duplicates: 2, LastSeq: 4}} {
		batch := []event.Device{told(event.DevicePlugged, 1), told(event.DeviceRemoved, 3)}
		if i == 2 {
			batch = append(batch, told(event.DevicePlugged, 4))
		}
		if got := tell(t, s, id, batch...); got != want {
			t.Errorf("time %d: got %+v; want %+v", i+1, got, want)
		}
	}
	if got, want := devices(t, s, ""), "DataTraveler 3.0 1/2/1"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	if got, want := ledger(t, s, id), "? 2-2 (1)"; got != want {
		t.Errorf("gaps: %s; want %s", got, want)
	}
	b := piece(t, id, "6 8:5-5")
	b.Devices = []event.Device{told(event.DeviceRemoved, 5), told(event.DevicePlugged, 7)}
	if added := addBatch(t, s, b); added.Starts != 1 || added.Gaps != 1 || added.Devices != 2 || added.LastSeq != 8 {
		t.Errorf("mixed: %+v", added)
	}
	b.Devices = []event.Device{told(event.DeviceRemoved, 10), told(event.DevicePlugged, 9)}
	if _, err := s.AddEvents(t.Context(), []store.StationEvents{b}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("numbers that do not ascend: got %v", err)
	}
}

// However records are cut into batches and between stations, the state is the same.
func TestDevicesInAnyOrder(t *testing.T) {
	renamed := func(d event.Device, name string) event.Device {
		d.ProductName, d.Volumes = name, nil
		return d
	}
	stations := [2][]event.Device{
		{told(event.DeviceRemoved, 1), told(event.DevicePlugged, 2), renamed(told(event.DevicePlugged, 9), "USB Keyboard"), renamed(told(event.DeviceRemoved, 10), "gone")},
		{told(event.DevicePlugged, 3), renamed(told(event.DevicePlugged, 5), "USB DISK"), mouse(event.DevicePlugged, 6), mouse(event.DeviceRemoved, 7)},
	}
	var first string
	for _, order := range []string{"a4b4", "b4a4", "a1b1a1b1a1b1a1b1", "b2a3b1a1b1", "a4a4b2b4"} {
		s := storetest.Open(t)
		ids := agents(t, s, "A", "B")
		at := [2]int{}
		for i := 0; i < len(order); i += 2 {
			which, n := int(order[i]-'a'), int(order[i+1]-'0')
			end := min(at[which]+n, len(stations[which]))
			from := at[which]
			if from == end {
				from = 0 // once more
			}
			tell(t, s, ids[which], stations[which][from:end]...)
			at[which] = end
		}
		got := devices(t, s, "")
		d, err := s.Device(t.Context(), deviceNamed(t, s, "serial:001A92053B6A"))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range d.Names {
			got += fmt.Sprintf("; %s %d", n.ProductName, n.Times)
		}
		got += fmt.Sprintf("; %s %s %+v", d.FirstSeen, d.LastSeen, d.Volumes)
		if first == "" {
			first = got
			if !strings.HasPrefix(got, "USB Keyboard 2/4/1, USB Optical Mouse 1/1/0; gone 1; USB Keyboard 1; USB DISK 1; DataTraveler 3.0 3") {
				t.Errorf("got %s", got)
			}
		}
		if got != first {
			t.Errorf("%s: %s; before: %s", order, got, first)
		}
	}
}

func deviceNamed(t *testing.T, s *store.Store, q string) int64 {
	t.Helper()
	parsed, err := query.ParseDevices(q, monday)
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := s.Devices(t.Context(), store.DeviceList{Query: parsed, Sort: "name", Limit: 2})
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %d devices, %v; want one", q, len(list), err)
	}
	return list[0].ID
}

func TestDeviceFilters(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	tell(t, s, ids[0], told(event.DevicePlugged, 1), mouse(event.DevicePresent, 2), told(event.DeviceRemoved, 3))
	inferred := told(event.DevicePlugged, 61)
	inferred.Inferred, inferred.Missing, inferred.Volumes = true, "volumes=busy", nil
	tell(t, s, ids[1], inferred)
	stickID, mouseID := deviceNamed(t, s, "kingston"), deviceNamed(t, s, "logitech")
	const stick, rodent = "DataTraveler 3.0 2/2/1", "USB Optical Mouse 1/1/1"
	for _, tt := range []struct{ q, devices, records string }{
		{"", stick + ", " + rodent, "A:1:plugged A:2:present A:3:removed B:61:plugged"},
		{"kingston", stick, "A:1:plugged A:3:removed B:61:plugged"},
		{"-kingston", rodent, "A:2:present"},
		{"001a92053b6a", stick, "A:1:plugged A:3:removed B:61:plugged"},
		{"vendor_id:0951 product_id:16??", stick, "A:1:plugged A:3:removed B:61:plugged"},
		{"class:mass_storage", stick, "A:1:plugged A:3:removed B:61:plugged"},
		{"class:mass", "", ""},
		{"NOT class:(mass_storage OR audio)", rodent, "A:2:present"},
		{`serial:""`, rodent, "A:2:present"},
		{"volume_serial:1a2b-3c4d mount:e:", stick, "A:1:plugged A:3:removed"},
		{"volume_label:king file_system:fat32", stick, "A:1:plugged A:3:removed"},
		{"mount:E: volume_label:other", "", ""},
		{"-volume_label:*", rodent, "A:2:present B:61:plugged"},
		{"kind:device_removed", stick, "A:3:removed"},
		{"kind:device_removed station:B", stick, ""},
		{"station:B", stick, "B:61:plugged"},
		{fmt.Sprintf("station_id:%d", ids[0]), stick + ", " + rodent, "A:1:plugged A:2:present A:3:removed"},
		{"present:yes", stick + ", " + rodent, "A:2:present B:61:plugged"},
		{"present:no", stick, "A:1:plugged A:3:removed"},
		{"prevalence:>=2", stick, "A:1:plugged A:3:removed B:61:plugged"},
		{"plugs:1", rodent, "A:2:present"},
		{"inferred:yes missing:volumes", stick, "B:61:plugged"},
		{"time:>2026-11-16T09:00", stick, "B:61:plugged"},
		{"first_seen:>2026-11-16T08:01", rodent, "A:2:present"},
		{"last_seen:<2026-11-16T08:30", rodent, "A:2:present"},
		{`device_name:"VID_046D"`, rodent, "A:2:present"},
		{fmt.Sprintf("device_id:%d", stickID), stick, "A:1:plugged A:3:removed B:61:plugged"},
		{`product_name:"%"`, "", ""},
	} {
		if got := devices(t, s, tt.q); got != tt.devices {
			t.Errorf("%s: devices %s; want %s", tt.q, got, tt.devices)
		}
		if got := records(t, s, tt.q, store.DeviceEventSearch{}); got != tt.records {
			t.Errorf("%s: records %s; want %s", tt.q, got, tt.records)
		}
	}
	for _, tt := range []struct {
		search store.DeviceEventSearch
		want   string
	}{
		{store.DeviceEventSearch{Stations: ids[1:]}, "B:61:plugged"},
		{store.DeviceEventSearch{Stations: []int64{}}, ""},
		{store.DeviceEventSearch{Device: mouseID}, "A:2:present"},
		{store.DeviceEventSearch{From: monday.Add(2 * time.Minute), To: monday.Add(3 * time.Minute)}, "A:2:present"},
	} {
		if got := records(t, s, "", tt.search); got != tt.want {
			t.Errorf("%+v: %s; want %s", tt.search, got, tt.want)
		}
	}
	for _, f := range query.DeviceFields() {
		for _, op := range []string{":*", `:""`} {
			devices(t, s, f.Name+op)
			records(t, s, f.Name+op, store.DeviceEventSearch{})
		}
		for _, q := range f.Examples {
			devices(t, s, q)
			records(t, s, q, store.DeviceEventSearch{})
		}
		if _, err := s.DeviceFieldValues(t.Context(), f.Name, "a", 5); err != nil {
			t.Errorf("values of %s: %v", f.Name, err)
		}
	}
	values, err := s.DeviceFieldValues(t.Context(), "class", "mass", 5)
	if err != nil || !slices.Equal(values, []store.FieldValue{{Value: "mass_storage"}}) {
		t.Errorf("classes: %v, %v", values, err)
	}
}

// What a device says of itself is kept as it is, whatever it is.
func TestHostileDevices(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	for i, text := range []string{
		"nul\x00nul", "\u202egnp.exe", "<script>alert(1)</script>", "=cmd|'/c calc'!A0", `'; DROP TABLE device; --`, "\xff\xfe", `{"mount":1}`, `\u0000 \ " {}`, strings.Repeat("ñ", event.MaxWord/2-1), " ", "%_*?",
	} {
		d := told(event.DevicePlugged, i+1)
		d.VendorName, d.ProductName, d.Serial, d.Device, d.Classes, d.Missing = text, text, text, "d"+text[1:], text, text
		d.Volumes = []event.Volume{{Mount: text, Label: text, Serial: text, FileSystem: text, Bytes: 1<<64 - 1}}
		tell(t, s, id, d)
		list, _, err := s.DeviceEvents(t.Context(), store.DeviceEventList{Limit: 1})
		if err != nil || len(list) != 1 {
			t.Fatalf("%q: %d records, %v", text, len(list), err)
		}
		if e, want := list[0], event.CleanText(text); e.ProductName != want || e.Serial != want || len(e.Volumes) != 1 || e.Volumes[0].Label != want || e.Volumes[0].Bytes != 1<<64-1 {
			t.Errorf("%q came back as %+v", text, e)
		}
		if _, err := s.Device(t.Context(), list[0].DeviceID); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDevicesEndWithTheirEvents(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	tell(t, s, ids[0], told(event.DevicePlugged, 1), told(event.DeviceRemoved, 2), mouse(event.DevicePlugged, 3))
	tell(t, s, ids[1], told(event.DevicePlugged, 1))
	if err := s.MaintainDays(t.Context(), monday.AddDate(0, 0, 20), 30); err != nil {
		t.Fatal(err)
	}
	if got, want := records(t, s, "", store.DeviceEventSearch{}), "A:1:plugged B:1:plugged A:2:removed A:3:plugged"; got != want {
		t.Errorf("within the retention: %s; want %s", got, want)
	}
	if err := s.MaintainDays(t.Context(), monday.AddDate(0, 0, 32), 30); err != nil {
		t.Fatal(err)
	}
	if got := records(t, s, "", store.DeviceEventSearch{}); got != "" {
		t.Errorf("after it there are %s", got)
	}
	// What is plugged in stays known.
	if got, want := devices(t, s, ""), "DataTraveler 3.0 1/1/1, USB Optical Mouse 1/1/1"; got != want {
		t.Errorf("after it: %s; want %s", got, want)
	}
	for i, want := range []string{"DataTraveler 3.0 1/1/1", ""} {
		if err := s.RemoveDemoStation(t.Context(), ids[i]); err != nil {
			t.Fatal(err)
		}
		if got := devices(t, s, ""); got != want {
			t.Errorf("without station %d: %s; want %s", i+1, got, want)
		}
	}
	if _, err := s.Device(t.Context(), 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a device that nobody has had: got %v", err)
	}
}
