package devices

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

func TestUevent(t *testing.T) {
	came := &Found{Arrival: "1/12", Facts: event.Device{
		Device: "usb 1-2.4", VendorID: "0951", ProductID: "1666", Revision: "0110",
		Missing: "classes=gone product_name=gone serial=gone vendor_name=gone",
	}}
	const add = "add@/devices/pci0000:00/usb1/1-2/1-2.4|ACTION=add|DEVPATH=/devices/pci0000:00/usb1/1-2/1-2.4|SUBSYSTEM=usb|" +
		"MAJOR=189|MINOR=11|DEVNAME=bus/usb/001/012|DEVTYPE=usb_device|PRODUCT=951/1666/110|TYPE=0/0/0|BUSNUM=001|DEVNUM=012|SEQNUM=4711|"
	for _, test := range []struct {
		name, message string
		want          Change
		ok            bool
	}{
		{"a device", add, Change{Came: came}, true},
		{"it goes", strings.ReplaceAll(add, "add", "remove"), Change{}, true},
		{"a root hub", strings.ReplaceAll(add, "/1-2/1-2.4", ""), Change{}, true},
		{"an interface", strings.ReplaceAll(add, "usb_device", "usb_interface"), Change{}, true},
		{"odd numbers", strings.ReplaceAll(add, "951/1666/110", "951/fffff/110"), Change{}, true},
		{"no numbers", strings.ReplaceAll(add, "BUSNUM=", "B="), Change{}, true},
		{"a partition", "add@/x/sdb1|ACTION=add|SUBSYSTEM=block|DEVTYPE=partition|", Change{}, true},
		{"something else", "add@/x|ACTION=add|SUBSYSTEM=net|", Change{}, false},
		{"udev's form", "libudev|ACTION=add|SUBSYSTEM=usb|DEVTYPE=usb_device|", Change{}, false},
		{"nothing", "", Change{}, false},
	} {
		got, ok := readUevent([]byte(strings.ReplaceAll(test.message, "|", "\x00")))
		if ok != test.ok || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v %t, want %+v %t", test.name, got, ok, test.want, test.ok)
		}
	}
}

func FuzzUevent(f *testing.F) {
	f.Add([]byte("add@/1-2\x00ACTION=add\x00DEVPATH=/1-2\x00SUBSYSTEM=usb\x00DEVTYPE=usb_device\x00PRODUCT=951/1666/110\x00BUSNUM=001\x00DEVNUM=012\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if c, ok := readUevent(message); ok && c.Came != nil {
			c.Came.Facts.Kind, c.Came.Facts.Time = event.DevicePlugged, time.Now()
			if err := c.Came.Facts.Check(); err != nil && !strings.Contains(err.Error(), "bytes") {
				t.Error(err)
			}
		}
	})
}

func FuzzMounts(f *testing.F) {
	f.Add("37 22 8:17 / /media/MY\\040STICK rw,nosuid shared:1 - vfat /dev/sdb1 rw\n")
	f.Fuzz(func(_ *testing.T, text string) { readMounts(strings.NewReader(text)) })
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`plain`: `plain`, `a\040b`: `a b`, `\134040`: `\040`, `a\04`: `a\04`, `\999x`: `\999x`, ``: ``,
	} {
		if got := unescape(in, `\`, 8, 3); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := unescape(`a\x20b\x`, `\x`, 16, 2); got != `a b\x` {
		t.Errorf("got %q", got)
	}
}

func TestWithVolumes(t *testing.T) {
	e := event.Volume{Mount: "E:", Serial: "1A2B-3C4D", Bytes: 100}
	for _, test := range []struct {
		name              string
		before, now, want []event.Volume
	}{
		{"nothing", nil, nil, nil},
		{"stays", []event.Volume{e}, []event.Volume{e}, []event.Volume{e}},
		{"gone", []event.Volume{e}, nil, []event.Volume{e}},
		{"unmounted", []event.Volume{e}, []event.Volume{{Serial: "1A2B-3C4D", Bytes: 100}}, []event.Volume{e}},
		{"another letter", []event.Volume{e}, []event.Volume{{Mount: "F:", Serial: "1A2B-3C4D"}}, []event.Volume{{Mount: "F:", Serial: "1A2B-3C4D"}}},
		{"known better", []event.Volume{{Bytes: 100}}, []event.Volume{e}, []event.Volume{e}},
		{"another card", []event.Volume{e}, []event.Volume{{Mount: "E:", Serial: "FFFF-0000", Bytes: 200}}, []event.Volume{{Mount: "E:", Serial: "FFFF-0000", Bytes: 200}, e}},
		{"a partition that was nothing", []event.Volume{{Bytes: 7}}, []event.Volume{e}, []event.Volume{e}},
	} {
		if got := withVolumes(test.before, test.now); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
	var many []event.Volume
	for i := range 100 {
		many = withVolumes(many, []event.Volume{{Serial: string(rune('0' + i)), Bytes: uint64(i)}})
	}
	if len(many) != event.MaxVolumes {
		t.Errorf("%d volumes are kept, want %d", len(many), event.MaxVolumes)
	}
}

// What Windows says of a stick, of a device of several, and of what is none.
func TestFromWindows(t *testing.T) {
	arrived := time.Date(2026, 11, 23, 22, 0, 0, 123, time.UTC)
	for _, test := range []struct {
		name string
		from winapi.USBDevice
		want *Found
	}{
		{"a stick", winapi.USBDevice{
			ID: `USB\VID_0951&PID_1666\001a92053B6A`, Name: "DataTraveler 3.0", Arrived: arrived,
			HardwareIDs:   []string{`USB\VID_0951&PID_1666&REV_0110`, `USB\VID_0951&PID_1666`},
			CompatibleIDs: []string{`USB\Class_08&SubClass_06&Prot_50`, `USB\Class_08&SubClass_06`, `USB\Class_08`},
			Disks:         []string{`USBSTOR\Disk&Ven_Kingston&Prod_DataTraveler_3.0&Rev_PMAP\001A92053B6A&0`},
			Volumes:       []winapi.USBVolume{{Letter: "E:", Label: "STICK", Serial: 0x1a2b003d, HasSerial: true, FileSystem: "FAT32", Bytes: 99}, {Letter: "F:"}},
		}, &Found{Storage: true, Arrival: "2026-11-23T22:00:00.000000123Z", Facts: event.Device{
			Device: `USB\VID_0951&PID_1666\001A92053B6A`, VendorID: "0951", ProductID: "1666", Revision: "0110", Serial: "001a92053B6A",
			VendorName: "Kingston", ProductName: "DataTraveler 3.0", Classes: "mass_storage",
			Volumes: []event.Volume{{Mount: "E:", Label: "STICK", Serial: "1A2B-003D", FileSystem: "FAT32", Bytes: 99}, {Mount: "F:"}},
		}}},
		{"one without a serial number, of several parts", winapi.USBDevice{
			ID: `USB\VID_046D&PID_C31C\5&1A2B3C4D&0&2`, HardwareIDs: []string{`USB\VID_046D&PID_C31C`},
			CompatibleIDs: []string{`USB\DevClass_00&SubClass_00&Prot_00`, `USB\COMPOSITE`, `USB\Class_03&SubClass_01&Prot_01`, `USB\Class_0e`, `USB\Class_zz`},
		}, &Found{Facts: event.Device{
			Device: `USB\VID_046D&PID_C31C\5&1A2B3C4D&0&2`, VendorID: "046d", ProductID: "c31c", Classes: "hid video",
		}}},
		{"a part", winapi.USBDevice{ID: `USB\VID_046D&PID_C31C&MI_00\6&1&0&0000`}, nil},
		{"a root hub", winapi.USBDevice{ID: `USB\ROOT_HUB30\4&1&0&0`}, nil},
	} {
		got, ok := fromWindows(test.from)
		if ok != (test.want != nil) || ok && !reflect.DeepEqual(got, *test.want) {
			t.Errorf("%s: got\n\t%+v %t\nwant\n\t%+v", test.name, got, ok, test.want)
		}
	}
	came := cameToWindows(`\\?\usb#vid_0951&pid_1666#001a92053b6a#{a5dcbf10-6530-11d2-901f-00c04fb951ed}`)
	if came == nil || came.Facts.Device != `USB\VID_0951&PID_1666\001A92053B6A` || came.Facts.VendorID != "0951" || came.Facts.ProductID != "1666" {
		t.Errorf("what came is %+v; want the stick", came)
	}
	for _, link := range []string{"", `\\?\`, `\\?\usb#vid_0951&pid_1666&mi_00#6&1#{a5dcbf10}`, `\\?\usb#root_hub30#4&1#{a5dcbf10}`} {
		if came := cameToWindows(link); came != nil {
			t.Errorf("of %q came %+v", link, came)
		}
	}
}
