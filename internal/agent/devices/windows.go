package devices

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// fromWindows makes a Found of what Windows says; false if it is no whole device.
func fromWindows(d winapi.USBDevice) (Found, bool) {
	id, ok := winapi.ParseUSBID(d.ID)
	if !ok || id.Interface {
		return Found{}, false
	}
	classes := windowsClasses(d.CompatibleIDs)
	f := Found{
		Facts: event.Device{
			// Windows does not mind the case of instances, and writes it differently in places.
			Device: strings.ToUpper(d.ID), VendorID: id.Vendor, ProductID: id.Product, Serial: id.Serial, ProductName: d.Name,
			Revision: windowsRevision(d.HardwareIDs), VendorName: diskVendor(d.Disks), Classes: event.DeviceClasses(classes...),
		},
		Storage: slices.Contains(classes, massStorage),
	}
	if !d.Arrived.IsZero() {
		f.Arrival = d.Arrived.UTC().Format(time.RFC3339Nano)
	}
	for _, v := range d.Volumes[:min(len(d.Volumes), event.MaxVolumes)] {
		volume := event.Volume{Mount: v.Letter, Label: v.Label, FileSystem: v.FileSystem, Bytes: v.Bytes}
		if v.HasSerial {
			volume.Serial = fmt.Sprintf("%04X-%04X", v.Serial>>16, v.Serial&0xffff) // as dir shows it
		}
		f.Facts.Volumes = append(f.Facts.Volumes, volume)
	}
	return f, true
}

// cameToWindows makes a Found of the device interface that came.
func cameToWindows(link string) *Found {
	id, ok := winapi.ParseUSBID(link)
	if !ok || id.Interface {
		return nil
	}
	return &Found{Facts: event.Device{
		Device: strings.ToUpper(winapi.USBInstance(link)), VendorID: id.Vendor, ProductID: id.Product, Serial: id.Serial,
		Missing: "classes=gone product_name=gone vendor_name=gone",
	}}
}

// windowsClasses reads `USB\Class_08&SubClass_06&Prot_50`. A device that is made of
// several says DevClass instead of Class.
func windowsClasses(compatible []string) []byte {
	var classes []byte
	for _, id := range compatible {
		_, rest, _ := strings.Cut(strings.ToUpper(id), `\`)
		first, _, _ := strings.Cut(rest, "&")
		number, ok := strings.CutPrefix(strings.TrimPrefix(first, "DEV"), "CLASS_")
		if class, err := strconv.ParseUint(number, 16, 8); ok && err == nil {
			classes = append(classes, byte(class))
		}
	}
	return classes
}

// windowsRevision reads `USB\VID_0951&PID_1666&REV_0110`.
func windowsRevision(hardware []string) string {
	for _, id := range hardware {
		if _, rev, ok := strings.Cut(strings.ToLower(id), "&rev_"); ok && len(rev) >= 4 {
			return rev[:4]
		}
	}
	return ""
}

// diskVendor reads `USBSTOR\Disk&Ven_Kingston&Prod_DataTraveler_3.0&Rev_PMAP\...`:
// the maker's name as the disk has it, because Windows keeps that of the device
// to itself.
func diskVendor(disks []string) string {
	for _, id := range disks {
		_, rest, ok := strings.Cut(id, "&Ven_")
		if !ok {
			_, rest, ok = strings.Cut(id, "&VEN_")
		}
		if vendor, _, _ := strings.Cut(rest, "&"); ok && strings.Trim(vendor, "_ ") != "" {
			return strings.TrimSpace(strings.ReplaceAll(vendor, "_", " "))
		}
	}
	return ""
}
