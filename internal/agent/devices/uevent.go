package devices

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// readUevent reads a message of the Linux kernel about a device; false if it does
// not matter here.
func readUevent(message []byte) (Change, bool) {
	values := map[string]string{}
	head, rest, _ := bytes.Cut(message, []byte{0})
	if !bytes.Contains(head, []byte("@")) {
		return Change{}, false // not the kernel's own form
	}
	for part := range bytes.SplitSeq(rest, []byte{0}) {
		if key, value, ok := bytes.Cut(part, []byte("=")); ok {
			values[string(key)] = string(value)
		}
	}
	switch {
	case values["SUBSYSTEM"] == "block":
		return Change{}, true // a disk, a partition, a card in a reader
	case values["SUBSYSTEM"] != "usb":
		return Change{}, false
	case values["ACTION"] != "add" || values["DEVTYPE"] != "usb_device":
		return Change{}, true
	}
	name := path.Base(values["DEVPATH"])
	if strings.HasPrefix(name, "usb") {
		return Change{}, true // a root hub
	}
	// 951/1666/110 is what the device says, in hexadecimal digits without zeros before them.
	ids := strings.Split(values["PRODUCT"], "/")
	bus, errBus := strconv.ParseUint(values["BUSNUM"], 10, 16)
	number, errNumber := strconv.ParseUint(values["DEVNUM"], 10, 16)
	if len(ids) != 3 || errBus != nil || errNumber != nil {
		return Change{}, true
	}
	for i, id := range ids {
		n, err := strconv.ParseUint(id, 16, 16)
		if err != nil {
			return Change{}, true
		}
		ids[i] = fmt.Sprintf("%04x", n)
	}
	return Change{Came: &Found{
		Facts: event.Device{
			Device: "usb " + name, VendorID: ids[0], ProductID: ids[1], Revision: ids[2],
			Missing: "classes=gone product_name=gone serial=gone vendor_name=gone",
		},
		Arrival: fmt.Sprintf("%d/%d", bus, number),
	}}, true
}
