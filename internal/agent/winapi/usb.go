package winapi

import (
	"strings"
	"time"
)

// A USBDevice is what Windows knows of a USB device that is plugged in.
type USBDevice struct {
	ID            string    // of the instance: `USB\VID_0951&PID_1666\001A92053B6A`
	HardwareIDs   []string  // `USB\VID_0951&PID_1666&REV_0110`
	CompatibleIDs []string  // `USB\Class_08&SubClass_06&Prot_50`; those of its interfaces too
	Name          string    // that the device has for itself; "" if it has none
	Arrived       time.Time // when it was plugged in; zero where Windows does not say
	Disks         []string  // the instances of its disks: `USBSTOR\Disk&Ven_Kingston&Prod_DataTraveler_3.0&Rev_PMAP\001A92053B6A&0`
	Volumes       []USBVolume
}

// A USBVolume is a drive letter that lies on a USB device.
type USBVolume struct {
	Letter     string // "E:"
	Label      string
	Serial     uint32
	HasSerial  bool // false for what Windows cannot read: encrypted, or no file system
	FileSystem string
	Bytes      uint64
}

// A USBID is what the name of an instance says of a device.
type USBID struct {
	Vendor, Product string // four hexadecimal digits in lower case
	Serial          string // "" where Windows made up what stands there
	Interface       bool   // it is only a part of a device of several
}

// ParseUSBID reads the instance of a USB device, with backslashes, or as device
// interfaces have it: `\\?\USB#VID_0951&PID_1666#001A92053B6A#{a5dcbf10-...}`. It is
// false for what has no vendor and product, as root hubs.
func ParseUSBID(id string) (USBID, bool) {
	if rest, ok := strings.CutPrefix(id, `\\?\`); ok {
		id = strings.ReplaceAll(rest, "#", `\`)
	}
	parts := strings.Split(id, `\`)
	if len(parts) < 3 || !strings.EqualFold(parts[0], "USB") {
		return USBID{}, false
	}
	var u USBID
	for part := range strings.SplitSeq(strings.ToUpper(parts[1]), "&") {
		switch {
		case strings.HasPrefix(part, "VID_"):
			u.Vendor = strings.ToLower(part[4:])
		case strings.HasPrefix(part, "PID_"):
			u.Product = strings.ToLower(part[4:])
		case strings.HasPrefix(part, "MI_"):
			u.Interface = true
		}
	}
	// What Windows makes up begins with a digit and an ampersand, which no serial
	// number may have.
	if serial := parts[2]; len(serial) < 2 || serial[1] != '&' {
		u.Serial = serial
	}
	return u, len(u.Vendor) == 4 && len(u.Product) == 4
}

// USBInstance returns the instance that a device interface belongs to.
func USBInstance(link string) string {
	parts := strings.Split(strings.TrimPrefix(link, `\\?\`), "#")
	return strings.Join(parts[:min(3, len(parts))], `\`)
}
