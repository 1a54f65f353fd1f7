package world

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
)

// port is a device that is, or was, plugged into a station.
type port struct {
	device *scenario.Device
	in     bool
	told   bool // the agent has reported it, and not yet that it went
}

// stand plugs in what is there all the time.
func (s *Station) stand() {
	devices := s.world.scenario.Devices
	for _, key := range slices.Sorted(maps.Keys(devices)) {
		if devices[key].StaysAt(s.spec) {
			s.port(devices[key]).in = true
		}
	}
}

// port returns the one of a device.
func (s *Station) port(d *scenario.Device) *port {
	for _, p := range s.ports {
		if p.device == d {
			return p
		}
	}
	p := &port{device: d}
	s.ports = append(s.ports, p)
	return p
}

// plugAt arranges for a step that plugs a device in, if the station is on then.
func (s *Station) plugAt(at time.Time, step *scenario.Step) {
	life := s.within(step.Life)
	s.at(at, func() {
		if s.boot.id != 0 {
			s.plug(step.Device, life)
		}
	})
}

// plug puts a device in, and takes it out again after a while.
func (s *Station) plug(d *scenario.Device, life time.Duration) {
	p := s.port(d)
	if p.in {
		return
	}
	p.in = true
	s.look(p, event.DevicePlugged, false)
	s.at(s.now.Add(life), func() {
		p.in = false
		s.look(p, event.DeviceRemoved, false)
	})
}

// lookAround tells of what came and went while the agent did not run.
func (s *Station) lookAround() {
	for _, p := range s.ports {
		if p.in {
			s.look(p, event.DevicePresent, false)
		} else {
			s.look(p, event.DeviceRemoved, true)
		}
	}
}

// look reports a device, if the agent runs and has not told that yet.
func (s *Station) look(p *port, kind event.Kind, inferred bool) {
	if !s.watch.on || s.boot.id == 0 || p.told == p.in {
		return
	}
	p.told = p.in
	d := s.deviceOf(p.device)
	d.Kind, d.Time, d.Inferred = kind, s.now.Add(s.skew).UTC(), inferred
	s.out = append(s.out, Record{Time: s.now, Device: d})
}

// deviceOf is what a device says of itself here. It is the same each time, also
// on a machine that was installed anew.
func (s *Station) deviceOf(d *scenario.Device) *event.Device {
	own := d.Key + "\x00" + s.spec.Name
	if d.Serial != "" && d.Serial != scenario.Each {
		own = d.Key // it is the same one everywhere
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "device\n%d\n%s", s.world.cfg.Seed, own))
	e := &event.Device{
		VendorID: d.Vendor, ProductID: d.Product, Revision: d.Revision, VendorName: d.Maker, ProductName: d.Name,
		Serial: d.Serial, Classes: strings.Join(slices.Sorted(slices.Values(d.Classes)), " "),
	}
	instance := fmt.Sprintf("5&%x&0&%d", sum[:4], 1+sum[4]%8) // Windows makes one up
	if d.Serial == scenario.Each {
		e.Serial = fmt.Sprintf("%X", sum[:8])
	}
	if e.Serial != "" {
		instance = e.Serial
	}
	e.Device = strings.ToUpper(fmt.Sprintf(`USB\VID_%s&PID_%s\%s`, d.Vendor, d.Product, instance))
	for i, v := range d.Volumes {
		serial := v.Serial
		if serial == "" {
			serial = fmt.Sprintf("%X-%X", sum[8+2*i:10+2*i], sum[16+2*i:18+2*i])
		}
		e.Volumes = append(e.Volumes, event.Volume{Mount: v.Mount, Label: v.Label, Serial: serial, FileSystem: v.FileSystem, Bytes: v.GiB<<30 + uint64(sum[24])<<20})
	}
	return e
}
