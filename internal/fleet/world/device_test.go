package world

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// devicesOf returns a station's records of devices, and whether the processes
// that it starts from a stick run while there is one.
func devicesOf(t *testing.T, s *Station, until time.Time) (list []*event.Device) {
	t.Helper()
	mounted := 0
	for _, r := range read(s, until, 20*24*time.Hour) {
		switch {
		case r.Device != nil:
			list = append(list, r.Device)
			if strings.Contains(r.Device.Classes, "mass_storage") {
				if mounted++; r.Device.Kind == event.DeviceRemoved {
					mounted -= 2
				}
			}
		case r.Event != nil && r.Event.Kind == event.Start && strings.HasPrefix(r.Event.Image, `E:\`) && mounted != 1:
			t.Errorf("%s: %s runs at %s while %d sticks are there", s.Name(), r.Event.Image, r.Event.Time, mounted)
		}
	}
	return list
}

// What comes goes, and nothing comes twice; each station has what stands there.
func TestDevicesComeAndGo(t *testing.T) {
	sticks, stations := 0, 0
	for _, s := range demo(t, 1).Stations() {
		stations++
		in := map[string]bool{}
		for _, d := range devicesOf(t, s, live) {
			if there := d.Kind != event.DeviceRemoved; in[d.Device] == there {
				t.Errorf("%s: %s of %s at %s, and it was so before", s.ID(), d.Kind, d.Device, d.Time)
			}
			in[d.Device] = d.Kind != event.DeviceRemoved
			if len(d.Volumes) > 0 && d.Kind == event.DevicePlugged {
				sticks++
			}
		}
		keyboards := 0
		for name, there := range in {
			if there && (strings.Contains(name, "VID_046D&PID_C31C") || strings.Contains(name, "VID_413C&PID_2113")) {
				keyboards++
			}
		}
		if want := map[bool]int{true: 1}[s.spec.User != "" && !s.Silent(s.joined.Add(1))]; keyboards != want {
			t.Errorf("%s has %d keyboards; want %d", s.ID(), keyboards, want)
		}
	}
	if sticks < stations/2 {
		t.Errorf("%d sticks were plugged into %d stations in %d days; want more", sticks, stations, days)
	}
}

// The intruder's stick is one, and goes from station to station.
func TestTheStickGoesAround(t *testing.T) {
	w := demo(t, 7)
	var went []string
	for _, name := range []string{"ACC-07", "RECEPTION", "PLANT-01", "GATE-01"} {
		var first *event.Device
		for _, d := range devicesOf(t, station(t, w, name), live.Add(time.Hour)) {
			if d.Serial != "070B6C3A5D1F8E42" {
				continue
			}
			if first == nil {
				first = d
			}
			if d.Volumes[0].Serial != "2C91-7F04" || d.VendorID != "13fe" {
				t.Errorf("%s: the stick is %+v", name, d)
			}
		}
		if first == nil || first.Kind != event.DevicePlugged {
			t.Fatalf("%s: the stick was not plugged in: %+v", name, first)
		}
		went = append(went, first.Time.Format("2006-01-02T15:04")+" "+name)
	}
	if !slices.IsSorted(went) {
		t.Errorf("the stick goes %v", went)
	}
}

// What comes and goes while nobody looks is told once somebody does.
func TestDevicesWithoutTheAgent(t *testing.T) {
	s := station(t, demo(t, 1), "GATE-01")
	read(s, live, 20*24*time.Hour)
	stick := s.world.scenario.Devices["gift"]
	mouse := s.world.scenario.Devices["mouse"]
	told := func() string {
		var words []string
		for _, r := range s.out {
			if r.Device != nil {
				word := strings.TrimPrefix(string(r.Device.Kind), "device_") + " " + r.Device.ProductName
				if r.Device.Inferred {
					word += " (inferred)"
				}
				words = append(words, word)
			}
		}
		s.out = nil
		return strings.Join(words, ", ")
	}
	s.agentEnds()
	s.plug(stick, time.Hour)
	s.port(mouse).in = false
	if got := told(); got != "" {
		t.Errorf("without an agent it tells %s", got)
	}
	s.agentBegins()
	if got, want := told(), "removed USB Optical Mouse (inferred), present USB DISK 3.0"; got != want {
		t.Errorf("got %s; want %s", got, want)
	}
	s.agentEnds()
	s.agentBegins()
	if got := told(); got != "" {
		t.Errorf("again it tells %s", got)
	}
}
