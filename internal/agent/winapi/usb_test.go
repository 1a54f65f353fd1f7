package winapi

import "testing"

func TestParseUSBID(t *testing.T) {
	for _, test := range []struct {
		id   string
		want USBID
		ok   bool
	}{
		{`USB\VID_0951&PID_1666\001A92053B6A`, USBID{Vendor: "0951", Product: "1666", Serial: "001A92053B6A"}, true},
		{`usb\vid_046d&pid_c31c\5&1a2b3c4d&0&2`, USBID{Vendor: "046d", Product: "c31c"}, true},
		{`USB\VID_046D&PID_C31C&MI_01\6&1a2b&0&0001`, USBID{Vendor: "046d", Product: "c31c", Interface: true}, true},
		{`\\?\USB#VID_0951&PID_1666#001A92053B6A#{a5dcbf10-6530-11d2-901f-00c04fb951ed}`, USBID{Vendor: "0951", Product: "1666", Serial: "001A92053B6A"}, true},
		{`USB\VID_0951&PID_1666\1`, USBID{Vendor: "0951", Product: "1666", Serial: "1"}, true},
		{`USB\VID_0951&PID_1666\`, USBID{Vendor: "0951", Product: "1666"}, true},
		{`USB\ROOT_HUB30\4&1a2b&0&0`, USBID{}, false},
		{`USB\VID_0951\x`, USBID{Vendor: "0951", Serial: "x"}, false},
		{`USBSTOR\Disk&Ven_Kingston\001A92053B6A&0`, USBID{}, false},
		{``, USBID{}, false},
		{`USB\VID_0951&PID_1666`, USBID{}, false},
	} {
		if got, ok := ParseUSBID(test.id); ok != test.ok || got != test.want {
			t.Errorf("%s: %+v %t, want %+v %t", test.id, got, ok, test.want, test.ok)
		}
	}
	if got, want := USBInstance(`\\?\USB#VID_0951&PID_1666#001A92053B6A#{a5dcbf10}`), `USB\VID_0951&PID_1666\001A92053B6A`; got != want {
		t.Errorf("the instance is %s, want %s", got, want)
	}
}

func FuzzParseUSBID(f *testing.F) {
	f.Add(`USB\VID_0951&PID_1666\001A92053B6A`)
	f.Add(`\\?\USB#VID_0951&PID_1666#001A92053B6A#{a5dcbf10-6530-11d2-901f-00c04fb951ed}`)
	f.Fuzz(func(t *testing.T, id string) {
		u, ok := ParseUSBID(id)
		if ok && (len(u.Vendor) != 4 || len(u.Product) != 4) {
			t.Errorf("%q: %+v", id, u)
		}
		USBInstance(id)
	})
}
