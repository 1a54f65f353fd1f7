package devices

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// mostRead is how much of an attribute is read. A text of a device has at most 126
// characters.
const mostRead = 4 << 10

// A sysfs reads the devices out of Linux's /sys.
type sysfs struct {
	sys fs.FS // /sys
	vol volumes
}

// list returns the devices that are plugged in, without root hubs, which are part
// of the station.
func (s sysfs) list() ([]Found, error) {
	entries, err := fs.ReadDir(s.sys, "bus/usb/devices")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // no USB
	}
	if err != nil {
		return nil, fmt.Errorf("list USB devices: %w", err)
	}
	var list []Found
	for _, e := range entries {
		// usb1 is a root hub, 1-1.2 a device by its ports, 1-1.2:1.0 an interface of it.
		if name := e.Name(); !strings.Contains(name, ":") && !strings.HasPrefix(name, "usb") {
			if f, ok := s.device(name); ok {
				list = append(list, f)
			}
		}
	}
	classes := map[string][]byte{}
	for _, e := range entries {
		if name, _, ok := strings.Cut(e.Name(), ":"); ok {
			classes[name] = append(classes[name], s.class(path.Join("bus/usb/devices", e.Name(), "bInterfaceClass")))
		}
	}
	var blocks map[string][]event.Volume
	for i := range list {
		f := &list[i]
		name := strings.TrimPrefix(f.Facts.Device, "usb ")
		all := append(classes[name], s.class(path.Join("bus/usb/devices", name, "bDeviceClass")))
		f.Facts.Classes = event.DeviceClasses(all...)
		if f.Storage = slices.Contains(all, massStorage); f.Storage {
			if blocks == nil {
				blocks = s.blocks(list)
			}
			f.Facts.Volumes = blocks[name]
		}
	}
	return list, nil
}

// massStorage is the class of what has volumes.
const massStorage = 0x08

// device reads one device; false if it is none, or gone.
func (s sysfs) device(name string) (Found, bool) {
	dir := path.Join("bus/usb/devices", name)
	text := func(attribute string) string {
		raw, err := readSome(s.sys, path.Join(dir, attribute))
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(raw), "\n")
	}
	f := Found{
		Facts: event.Device{
			Device: "usb " + name, VendorID: text("idVendor"), ProductID: text("idProduct"), Revision: text("bcdDevice"),
			VendorName: text("manufacturer"), ProductName: text("product"), Serial: text("serial"),
		},
		Arrival: text("busnum") + "/" + text("devnum"),
	}
	// The last attribute that goes with a device is its number.
	return f, f.Facts.VendorID != "" && f.Facts.ProductID != "" && !strings.HasSuffix(f.Arrival, "/")
}

// class reads the number of a class; 0 if there is none.
func (s sysfs) class(name string) byte {
	raw, err := readSome(s.sys, name)
	if err != nil {
		return 0
	}
	class, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 16, 8)
	if err != nil {
		return 0
	}
	return byte(class)
}

// blocks returns the volumes of each device, by its name in /sys.
func (s sysfs) blocks(devices []Found) map[string][]event.Volume {
	of := map[string][]event.Volume{}
	entries, err := fs.ReadDir(s.sys, "class/block")
	if err != nil {
		return of
	}
	names := map[string]bool{}
	for _, f := range devices {
		names[strings.TrimPrefix(f.Facts.Device, "usb ")] = true
	}
	look := s.vol.open()
	for _, e := range entries {
		target, err := fs.ReadLink(s.sys, path.Join("class/block", e.Name()))
		if err != nil {
			continue
		}
		// ../../devices/pci0000:00/.../usb1/1-1/1-1:1.0/host3/target3:0:0/3:0:0:0/block/sdb/sdb1
		parts := strings.Split(target, "/")
		for i := len(parts) - 1; i >= 0; i-- {
			if names[parts[i]] {
				if v, ok := s.volume(look, e.Name()); ok && len(of[parts[i]]) < event.MaxVolumes {
					of[parts[i]] = append(of[parts[i]], v)
				}
				break
			}
		}
	}
	return of
}

// volume reads a partition, or a disk that is one volume; false for what is none.
func (s sysfs) volume(look look, name string) (event.Volume, bool) {
	dir := path.Join("class/block", name)
	size, err := readSome(s.sys, path.Join(dir, "size"))
	if err != nil {
		return event.Volume{}, false
	}
	sectors, err := strconv.ParseUint(strings.TrimSpace(string(size)), 10, 64)
	if err != nil || sectors == 0 {
		return event.Volume{}, false // a reader without a card
	}
	number, err := readSome(s.sys, path.Join(dir, "dev"))
	if err != nil {
		return event.Volume{}, false
	}
	v := look.volume(name, strings.TrimSpace(string(number)))
	v.Bytes = sectors * 512
	if v.Mount == "" {
		v.Mount = s.heldMount(look, dir, 0)
	}
	_, err = fs.Stat(s.sys, path.Join(dir, "partition"))
	return v, err == nil || v.Mount != "" || v.Serial != "" || v.FileSystem != ""
}

// heldMount returns where what lies over a block device is mounted: one that is
// decrypted, a logical volume.
func (s sysfs) heldMount(look look, dir string, depth int) string {
	holders, err := fs.ReadDir(s.sys, path.Join(dir, "holders"))
	if err != nil || depth == 3 {
		return ""
	}
	for _, h := range holders {
		over := path.Join("class/block", h.Name())
		number, err := readSome(s.sys, path.Join(over, "dev"))
		if err != nil {
			continue
		}
		if m, ok := look.mounts[strings.TrimSpace(string(number))]; ok {
			return m.at
		}
		if at := s.heldMount(look, over, depth+1); at != "" {
			return at
		}
	}
	return ""
}

// readSome reads the beginning of a file.
func readSome(in fs.FS, name string) ([]byte, error) {
	f, err := in.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, mostRead)
	n, err := f.Read(buf)
	if n > 0 || err == nil {
		return buf[:n], nil
	}
	return nil, err
}
