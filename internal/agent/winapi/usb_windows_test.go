package winapi

import (
	"testing"
	"unsafe"
)

// What is plugged in is not known; that each answer is whole is.
func TestUSBDevices(t *testing.T) {
	list, err := USBDevices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if id, ok := ParseUSBID(d.ID); !ok || id.Interface {
			t.Errorf("%+v is no whole device", d)
		}
	}
	t.Logf("%d devices: %+v", len(list), list)
}

func TestWatchUSB(t *testing.T) {
	w, err := WatchUSB(func(string) {})
	if err != nil {
		t.Skipf("this Windows does not tell: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestUSBStructures(t *testing.T) {
	for _, s := range []struct {
		name      string
		got, want uintptr
	}{
		{"CM_NOTIFY_EVENT_DATA up to the link", unsafe.Offsetof(cmEvent{}.link), 24},
		{"STORAGE_DEVICE_NUMBER", unsafe.Sizeof(storageNumber{}), 12},
		{"DEVPROPKEY", unsafe.Sizeof(*hardwareIDs), 20},
	} {
		if s.got != s.want {
			t.Errorf("%s has %d bytes, want %d", s.name, s.got, s.want)
		}
	}
}

// A drive letter of this machine has a volume, on whatever it lies.
func TestVolumeOfALetter(t *testing.T) {
	v, ok := volume("C:")
	if !ok || !v.HasSerial || v.Letter != "C:" {
		t.Errorf("C: is %+v, %t", v, ok)
	}
}
