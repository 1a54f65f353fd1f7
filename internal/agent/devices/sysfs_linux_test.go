package devices

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

const host = "devices/pci0000:00/0000:00:14.0/usb1/"

// fakeTree is /sys, and what else is read, of a machine that does not exist: with
// the layout and the attributes that Linux 6.1 gives real ones.
func fakeTree() map[string]string {
	device := func(at, ids, text string) map[string]string {
		i, s := strings.Fields(ids), strings.Split(text, "|")
		tree := map[string]string{}
		for n, attribute := range []string{"idVendor", "idProduct", "bcdDevice", "bDeviceClass", "busnum", "devnum"} {
			tree["sys/"+at+"/"+attribute] = i[n] + "\n"
		}
		for n, attribute := range []string{"manufacturer", "product", "serial"} {
			if s[n] != "" {
				tree["sys/"+at+"/"+attribute] = s[n] + "\n"
			}
		}
		tree["sys/bus/usb/devices/"+filepath.Base(at)] = "-> ../../../" + at
		return tree
	}
	interfaceOf := func(at, class string) map[string]string {
		return map[string]string{
			"sys/" + at + "/bInterfaceClass":           class + "\n",
			"sys/bus/usb/devices/" + filepath.Base(at): "-> ../../../" + at,
		}
	}
	block := func(at, number, sectors string, more ...string) map[string]string {
		tree := map[string]string{
			"sys/" + at + "/dev": number + "\n", "sys/" + at + "/size": sectors + "\n",
			"sys/class/block/" + filepath.Base(at): "-> ../../" + at,
		}
		for _, name := range more {
			tree["sys/"+at+"/"+name] = "1\n"
		}
		return tree
	}
	stick := host + "1-2/1-2.4/1-2.4:1.0/host6/target6:0:0/6:0:0:0/block/sdb"
	tree := map[string]string{}
	for _, part := range []map[string]string{
		device(host+".", "1d6b 0002 0601 09 1 1", "Linux 6.1.0|xHCI Host Controller|0000:00:14.0"),
		device(host+"1-1", "046d c31c 6402 00 1 2", "Logitech|USB Keyboard|"),
		interfaceOf(host+"1-1/1-1:1.0", "03"), interfaceOf(host+"1-1/1-1:1.1", "03"),
		device(host+"1-2", "05e3 0608 6070 09 1 3", "|USB2.0 Hub|"), // an ordinary hub
		interfaceOf(host+"1-2/1-2:1.0", "09"),
		device(host+"1-2/1-2.4", "0951 1666 0110 00 1 4", "Kingston|DataTraveler \xff3.0|001A92053B6A"),
		interfaceOf(host+"1-2/1-2.4/1-2.4:1.0", "08"), interfaceOf(host+"1-2/1-2.4/1-2.4:1.1", "03"), // composite
		block(stick, "8:16", "31457280"), block(stick+"/sdb1", "8:17", "2048000", "partition"), block(stick+"/sdb2", "8:18", "4096", "partition"),
		block("devices/virtual/block/dm-3", "253:3", "4096"),
		block("devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda", "8:0", "1000000"), // the station's own disk
		device(host+"1-5", "0bda 0129 3960 ff 1 7", "Generic|USB2.0-CRW|20100201396000000"),                 // a reader without a card
		interfaceOf(host+"1-5/1-5:1.0", "08"),
		block(host+"1-5/1-5:1.0/host7/target7:0:0/7:0:0:0/block/sdc", "8:32", "0"),
		{
			"sys/" + stick + "/sdb2/holders/dm-3": "-> ../../../../../../../../../../../../../../virtual/block/dm-3",
			"sys/bus/usb/devices/1-9":             "-> ../../../" + host + "1-9", // gone: the link leads nowhere
			"sys/bus/usb/devices/1-9:1.0":         "-> ../../../" + host + "1-9/1-9:1.0",
			"root/dev/disk/by-uuid/1A2B-3C4D":     "-> ../../sdb1",
			"root/dev/disk/by-label/MY\\x20STICK": "-> ../../sdb1",
			"root/run/udev/data/b8:18":            "S:disk/by-id/usb\nE:ID_FS_TYPE=crypto_LUKS\nE:ID_FS_UUID=5b0a\nE:ID_FS_LABEL_ENC=a\\x2fb\n",
			"mountinfo": "22 1 8:0 / / rw - ext4 /dev/sda rw\n" +
				"36 22 8:17 /dir /srv/part rw - vfat /dev/sdb1 rw\n" +
				"37 22 8:17 / /media/MY\\040STICK rw,nosuid shared:1 - vfat /dev/sdb1 rw\nodd\n" +
				"38 22 253:3 / /mnt/secret rw - ext4 /dev/mapper/secret rw\n",
		},
	} {
		maps.Copy(tree, part)
	}
	// A root hub is called usb1.
	for name, content := range tree {
		if strings.HasPrefix(name, "sys/"+host+"./") {
			delete(tree, name)
			tree["sys/"+host+filepath.Base(name)] = content
		}
	}
	delete(tree, "sys/bus/usb/devices/.")
	tree["sys/bus/usb/devices/usb1"] = "-> ../../../" + strings.TrimSuffix(host, "/")
	return tree
}

// makeTree writes the tree and returns its reader.
func makeTree(t testing.TB, tree map[string]string) sysfs {
	t.Helper()
	dir := t.TempDir()
	for name, content := range tree {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if target, link := strings.CutPrefix(content, "-> "); link {
			err = errors.Join(err, os.Symlink(target, path))
		} else {
			err = errors.Join(err, os.WriteFile(path, []byte(content), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return sysfs{sys: os.DirFS(filepath.Join(dir, "sys")), vol: volumes{
		station:   os.DirFS(filepath.Join(dir, "root")),
		mountinfo: func() (io.ReadCloser, error) { return os.Open(filepath.Join(dir, "mountinfo")) },
	}}
}

func TestSysfs(t *testing.T) {
	list, err := makeTree(t, fakeTree()).list()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b Found) int { return strings.Compare(a.Facts.Device, b.Facts.Device) })
	want := []Found{
		{Arrival: "1/2", Facts: event.Device{
			Device: "usb 1-1", VendorID: "046d", ProductID: "c31c", Revision: "6402", VendorName: "Logitech", ProductName: "USB Keyboard", Classes: "hid",
		}},
		{Arrival: "1/3", Facts: event.Device{
			Device: "usb 1-2", VendorID: "05e3", ProductID: "0608", Revision: "6070", ProductName: "USB2.0 Hub", Classes: "hub",
		}},
		{Arrival: "1/4", Storage: true, Facts: event.Device{
			Device: "usb 1-2.4", VendorID: "0951", ProductID: "1666", Revision: "0110", VendorName: "Kingston", ProductName: "DataTraveler \xff3.0",
			Serial: "001A92053B6A", Classes: "hid mass_storage", Volumes: []event.Volume{
				{Mount: "/media/MY STICK", Label: "MY STICK", Serial: "1A2B-3C4D", FileSystem: "vfat", Bytes: 2048000 * 512},
				{Mount: "/mnt/secret", Label: "a/b", Serial: "5b0a", FileSystem: "crypto_LUKS", Bytes: 4096 * 512},
			},
		}},
		{Arrival: "1/7", Storage: true, Facts: event.Device{
			Device: "usb 1-5", VendorID: "0bda", ProductID: "0129", Revision: "3960", VendorName: "Generic", ProductName: "USB2.0-CRW",
			Serial: "20100201396000000", Classes: "mass_storage vendor_specific",
		}},
	}
	for i := range max(len(list), len(want)) {
		switch {
		case i >= len(list):
			t.Errorf("missing: %+v", want[i])
		case i >= len(want):
			t.Errorf("too much: %+v", list[i])
		case !reflect.DeepEqual(list[i], want[i]):
			t.Errorf("got\n\t%+v\nwant\n\t%+v", list[i], want[i])
		}
	}
}

// A machine without USB has no devices, and that is no error.
func TestSysfsWithoutUSB(t *testing.T) {
	list, err := makeTree(t, map[string]string{"sys/class/block/x": ""}).list()
	if err != nil || len(list) != 0 {
		t.Errorf("%v, %v; want nothing", list, err)
	}
}

// vanishing is a tree in which files are gone after some reads: a device that is
// pulled while it is listed.
type vanishing struct {
	fs.FS
	left *int
}

func (v vanishing) Open(name string) (fs.File, error) {
	if *v.left--; *v.left < 0 && strings.Contains(name, "1-2.4") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return v.FS.Open(name)
}

func (v vanishing) ReadLink(name string) (string, error) { return fs.ReadLink(v.FS, name) }

func (v vanishing) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(v.FS, name) }

func TestDeviceGoneDuringListing(t *testing.T) {
	s := makeTree(t, fakeTree())
	sys := s.sys
	for n := range 80 {
		left := n
		s.sys = vanishing{sys, &left}
		list, err := s.list()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			f.Facts.Kind, f.Facts.Time = event.DevicePlugged, time.Now()
			if err := f.Facts.Check(); err != nil {
				t.Errorf("after %d reads: %+v: %v", n, f, err)
			}
		}
		if n == 0 && len(list) != 3 {
			t.Errorf("%d devices; want those that stayed", len(list))
		}
	}
}

// The kernel takes the socket, tells nobody else's messages, and lets go of it.
func TestUevents(t *testing.T) {
	socket, err := openUevents()
	if err != nil {
		t.Skipf("no messages of the kernel here: %v", err)
	}
	s := &station{socket: socket, changes: make(chan Change, 1)}
	ended := make(chan struct{})
	go func() { defer close(ended); s.listen() }()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	select {
	case <-ended:
	case <-ctx.Done():
		t.Error("it listens on after it was closed")
	}
}

// It waits for the kernel, and ends at once all the same.
func TestWatchMounts(t *testing.T) {
	w, err := watchMounts(func() {})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v to end", d)
	}
}

// That there was more than anybody hears is not lost.
func TestTooManyChanges(t *testing.T) {
	s := &station{changes: make(chan Change, 2)}
	came := keyboard("1-1")
	for range 5 {
		s.tell(Change{Came: &came})
	}
	<-s.changes
	s.tell(Change{})
	if c := <-s.changes; c.Missed {
		t.Error("it tells of a loss before there was one")
	}
	if c := <-s.changes; !c.Missed {
		t.Error("it does not tell of the loss")
	}
}

func TestOpen(t *testing.T) {
	s, err := Open(slog.New(slog.DiscardHandler))
	if _, e := os.Stat("/sys/bus/usb"); (e == nil) != (err == nil) {
		t.Fatalf("/sys/bus/usb: %v, and yet %v", e, err)
	}
	if err != nil {
		t.Skip(err)
	}
	defer s.Close()
	if _, err := s.List(); err != nil {
		t.Error(err)
	}
}
