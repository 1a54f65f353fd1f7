package scenario

import (
	"maps"
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
)

// Device is a USB device.
type Device struct {
	Place    `yaml:"-"`
	Vendor   string   `yaml:"vendor"` // four hexadecimal digits
	Product  string   `yaml:"product"`
	Revision string   `yaml:"revision"`
	Maker    string   `yaml:"maker"`  // as it says
	Name     string   `yaml:"name"`   // likewise
	Serial   string   `yaml:"serial"` // Each: every station has one of its own; empty: it has none
	Classes  []string `yaml:"classes"`
	Volumes  []Volume `yaml:"volumes"`

	// Where it is plugged in all the time: on stations with one of the roles, and
	// on these.
	Roles    []string `yaml:"roles"`
	Stations []string `yaml:"stations"`

	Key string `yaml:"-"` // by which the scenario calls it
}

// Each is the value of Device.Serial for a device of which every station has one
// of its own.
const Each = "each"

// Volume is a file system on a device.
type Volume struct {
	Mount      string `yaml:"mount"`
	Label      string `yaml:"label"`
	Serial     string `yaml:"serial"` // empty: one is made up
	FileSystem string `yaml:"file_system"`
	GiB        uint64 `yaml:"gib"`
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Device) UnmarshalYAML(n *yaml.Node) error {
	type plain Device
	d.Line = n.Line
	return strict(n, (*plain)(d))
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (v *Volume) UnmarshalYAML(n *yaml.Node) error {
	type plain Volume
	return strict(n, (*plain)(v))
}

// StaysAt tells whether the device is plugged into a station all the time.
func (d *Device) StaysAt(s *Station) bool {
	return len(d.Roles) > 0 && s.HasAny(d.Roles) || slices.Contains(d.Stations, s.Name)
}

var deviceNumber = regexp.MustCompile(`^[0-9a-f]{4}$`)

// mostVolumes is how many file systems a device may have.
const mostVolumes = 8

func (c *checker) devices() {
	for _, key := range slices.Sorted(maps.Keys(c.Devices)) {
		d := c.Devices[key]
		d.Key = key
		for _, number := range []string{d.Vendor, d.Product, d.Revision} {
			if !deviceNumber.MatchString(number) {
				c.wrong(d.Place, "the device %s needs a vendor, a product and a revision of four hexadecimal digits each, as '0951', not %.40q", key, number)
			}
		}
		if len(d.Volumes) > mostVolumes {
			c.wrong(d.Place, "the device %s has %d volumes; at most %d are told", key, len(d.Volumes), mostVolumes)
		}
		c.roles(d.Place, d.Roles)
		for _, name := range d.Stations {
			c.station(d.Place, name)
		}
	}
}

// plug checks a step that plugs a device in.
func (c *checker) plug(s *Step) {
	if s.Device = c.Devices[s.Plug]; s.Device == nil {
		c.wrong(s.Place, "there is no device %q to plug in; there are %s", s.Plug, names(c.Devices))
	}
	if s.Life.IsZero() {
		c.wrong(s.Place, "a step that plugs a device in needs life: how long it stays there")
	}
	if s.Run != "" || s.By != "" || s.Name != "" || s.As != "" || s.Encoded != "" || !s.Command.IsZero() || !s.Dir.IsZero() || s.Stays || len(s.Starts) > 0 {
		c.wrong(s.Place, "a step that plugs a device in has, beside plug and life, only after, chance, times and roles")
	}
	c.roles(s.Place, s.Roles)
}
