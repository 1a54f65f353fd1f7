package event

import (
	"fmt"
	"regexp"
	"time"
)

// The kinds of a device's record, beside those of a process.
const (
	DevicePlugged Kind = "device_plugged" // it came while the agent ran
	DevicePresent Kind = "device_present" // it was found when the agent began, and had not been told before
	DeviceRemoved Kind = "device_removed" // it went, or was gone when the agent began
)

// A Device is one record about one USB device: that it was plugged in, found or
// removed. It stands in the station's stream like an event, with a number of its
// own. What the device says of itself (names, serial number, classes) is whatever
// its maker, or an attacker with a programmable stick, wrote into it.
type Device struct {
	Kind   Kind      `json:"kind"`
	Seq    uint64    `json:"seq,omitzero"`
	Time   time.Time `json:"time"`   // when the station noticed, by its clock
	Device string    `json:"device"` // what the system calls it on this station: `USB\VID_0951&PID_1666\001A92053B6A`, "usb 1-1.2"

	VendorID    string `json:"vendor_id"`          // four hexadecimal digits, in lower case
	ProductID   string `json:"product_id"`         // likewise
	Revision    string `json:"revision,omitempty"` // bcdDevice, likewise
	VendorName  string `json:"vendor_name,omitempty"`
	ProductName string `json:"product_name,omitempty"`
	Serial      string `json:"serial,omitempty"` // that the device has; one made up by the system is none

	// Classes are the words for what the device and its interfaces are, sorted,
	// each once: "hid mass_storage". See DeviceClass.
	Classes string `json:"classes,omitempty"`

	Volumes []Volume `json:"volumes,omitempty"` // of mass storage, as far as they were mounted in time
	// Inferred tells that the moment itself was missed: Time is when it was noticed.
	Inferred bool   `json:"inferred,omitempty"`
	Missing  string `json:"missing,omitempty"` // as in Process: "volumes=busy"
}

// A Volume is a file system on a device.
type Volume struct {
	Mount      string `json:"mount,omitempty"` // "E:", "/media/stick"
	Label      string `json:"label,omitempty"`
	Serial     string `json:"serial,omitempty"` // "1A2B-3C4D" on Windows; the UUID of the file system on Linux
	FileSystem string `json:"file_system,omitempty"`
	Bytes      uint64 `json:"bytes,omitzero"` // its size
}

// MaxVolumes is how many volumes of a device are reported.
const MaxVolumes = 32

var deviceNumber = regexp.MustCompile(`^[0-9a-f]{4}$`)

// Check cleans the texts of d and says what is wrong with it, naming the field.
func (d *Device) Check() error {
	switch d.Kind {
	case DevicePlugged, DevicePresent, DeviceRemoved:
	default:
		return fmt.Errorf("kind %.40q is none of %s, %s and %s", d.Kind, DevicePlugged, DevicePresent, DeviceRemoved)
	}
	if d.Time.Before(earliest) || d.Time.After(latest) {
		return fmt.Errorf("time %s is outside %d to %d", d.Time.UTC().Format(time.RFC3339), earliest.Year(), latest.Year())
	}
	d.Time = d.Time.UTC()
	if d.Device == "" {
		return fmt.Errorf("device is missing: what the station calls it")
	}
	for _, id := range []struct {
		name, value string
		needed      bool
	}{{"vendor_id", d.VendorID, true}, {"product_id", d.ProductID, true}, {"revision", d.Revision, false}} {
		if (id.value != "" || id.needed) && !deviceNumber.MatchString(id.value) {
			return fmt.Errorf("%s %.40q is not four hexadecimal digits in lower case", id.name, id.value)
		}
	}
	if len(d.Volumes) > MaxVolumes {
		return fmt.Errorf("volumes are %d; at most %d are taken", len(d.Volumes), MaxVolumes)
	}
	if err := cleanWords([]word{
		{"device", &d.Device}, {"vendor_name", &d.VendorName}, {"product_name", &d.ProductName}, {"serial", &d.Serial},
		{"classes", &d.Classes}, {"missing", &d.Missing},
	}); err != nil {
		return err
	}
	for i := range d.Volumes {
		v := &d.Volumes[i]
		if err := cleanWords([]word{{"mount", &v.Mount}, {"label", &v.Label}, {"serial", &v.Serial}, {"file_system", &v.FileSystem}}); err != nil {
			return fmt.Errorf("volume %d: %w", i+1, err)
		}
	}
	return nil
}

type word struct {
	name string
	text *string
}

func cleanWords(words []word) error {
	for _, w := range words {
		if *w.text = CleanText(*w.text); len(*w.text) > MaxWord {
			return fmt.Errorf("%s has %d bytes; at most %d are taken", w.name, len(*w.text), MaxWord)
		}
	}
	return nil
}
