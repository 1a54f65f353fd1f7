package event

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func aDevice() Device {
	return Device{
		Kind: DevicePlugged, Time: time.Date(2026, 11, 23, 10, 0, 0, 0, time.FixedZone("", 3600)), Device: "usb 1-1.2",
		VendorID: "0951", ProductID: "1666", Revision: "0110", VendorName: "Kingston", ProductName: "DataTraveler 3.0", Serial: "001A92053B6A",
		Classes: "mass_storage", Volumes: []Volume{{Mount: "E:", Label: "STICK", Serial: "1A2B-3C4D", FileSystem: "FAT32", Bytes: 1 << 34}},
	}
}

func TestDeviceCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Device)
		want   string // of the error; "" for none
	}{
		{"as it is", func(*Device) {}, ""},
		{"without what it need not have", func(d *Device) {
			*d = Device{Kind: DeviceRemoved, Time: d.Time, Device: "x", VendorID: "0000", ProductID: "ffff"}
		}, ""},
		{"a process", func(d *Device) { d.Kind = Start }, `kind "start"`},
		{"no time", func(d *Device) { d.Time = time.Time{} }, "time 0001"},
		{"no name", func(d *Device) { d.Device = "" }, "device is missing"},
		{"no vendor", func(d *Device) { d.VendorID = "" }, `vendor_id ""`},
		{"upper case", func(d *Device) { d.ProductID = "C31C" }, `product_id "C31C"`},
		{"a line more", func(d *Device) { d.ProductID = "c31c\n" }, `product_id "c31c\n"`},
		{"a bad revision", func(d *Device) { d.Revision = "1.10" }, `revision "1.10"`},
		{"a long serial number", func(d *Device) { d.Serial = strings.Repeat("x", MaxWord+1) }, "serial has 1025 bytes"},
		{"a long label", func(d *Device) { d.Volumes = append(d.Volumes, Volume{Label: strings.Repeat("x", MaxWord+1)}) }, "volume 2: label has 1025 bytes"},
		{"many volumes", func(d *Device) { d.Volumes = make([]Volume, MaxVolumes+1) }, "volumes are 33"},
	} {
		d := aDevice()
		test.change(&d)
		err := d.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

// What a programmed stick says of itself can be carried, and is not changed otherwise.
func TestDeviceCheckCleans(t *testing.T) {
	const hostile = "a\x00b\xff\xed\xa0\x80 <script>\u202e\n'; DROP"
	d := aDevice()
	texts := func(d *Device) []*string {
		v := &d.Volumes[0]
		return []*string{&d.Device, &d.VendorName, &d.ProductName, &d.Serial, &d.Classes, &d.Missing, &v.Mount, &v.Label, &v.Serial, &v.FileSystem}
	}
	for _, text := range texts(&d) {
		*text = hostile
	}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts(&d) {
		if want := "a\u2400b\ufffd <script>\u202e\n'; DROP"; *text != want {
			t.Errorf("text %d is %q, want %q", i, *text, want)
		}
	}
	if d.Time.Location() != time.UTC {
		t.Errorf("the time is in %v", d.Time.Location())
	}
}

func TestDeviceJSON(t *testing.T) {
	d := aDevice()
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"kind":"device_plugged","time":"2026-11-23T09:00:00Z","device":"usb 1-1.2","vendor_id":"0951","product_id":"1666","revision":"0110",` +
		`"vendor_name":"Kingston","product_name":"DataTraveler 3.0","serial":"001A92053B6A","classes":"mass_storage",` +
		`"volumes":[{"mount":"E:","label":"STICK","serial":"1A2B-3C4D","file_system":"FAT32","bytes":17179869184}]}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	var again Device
	if err := json.Unmarshal(raw, &again); err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("read back: %+v, %v", again, err)
	}
}

func TestDeviceClass(t *testing.T) {
	for class, want := range map[byte]string{0x00: "", 0x03: "hid", 0x08: "mass_storage", 0xff: "vendor_specific", 0x42: "class_42"} {
		if got := DeviceClass(class); got != want {
			t.Errorf("class %02x is %q, want %q", class, got, want)
		}
	}
	seen := map[string]bool{}
	for class := range 256 {
		name := DeviceClass(byte(class))
		if class != 0 && (seen[name] || strings.ContainsAny(name, " #=") || name == "") {
			t.Errorf("class %02x is %q", class, name)
		}
		seen[name] = true
	}
	if got := DeviceClasses(0x08, 0x00, 0x03, 0x08); got != "hid mass_storage" {
		t.Errorf("classes are %q", got)
	}
	if got := DeviceClasses(); got != "" {
		t.Errorf("no classes are %q", got)
	}
}
