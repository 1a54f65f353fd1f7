package detect

import (
	"fmt"
	"strings"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// A route is a kind of event that has rules of its own.
type route int

const (
	windowsStart route = iota
	linuxStart
	windowsStop
	linuxStop
	routes
)

// routeOf returns which rules an event is for. A process that was found running
// was created too: who has asked about its start already does not ask again.
func routeOf(p *event.Process) route {
	r := windowsStart
	if onLinux(p) {
		r = linuxStart
	}
	if p.Kind == event.Stop {
		r += windowsStop
	}
	return r
}

// onLinux tells whether an event is of a Linux station. Sensors that run on both
// leave it to the form of the paths.
func onLinux(p *event.Process) bool {
	switch p.Sensor {
	case event.SensorETW, event.SensorSysmon, event.SensorSecurity:
		return false
	case event.SensorEBPF, event.SensorConnector:
		return true
	}
	for _, path := range [...]string{p.Image, p.ParentImage, p.CurrentDirectory} {
		if path != "" {
			return strings.HasPrefix(path, "/")
		}
	}
	return false
}

// routesOf returns which events a log source is about, or why it is about none
// that are recorded.
func routesOf(l sigma.Logsource) ([]route, error) {
	if l.Service != "" {
		return nil, fmt.Errorf("its log source is the service %s; of processes, starts and ends are recorded, which are the categories process_creation and process_termination", l.Service)
	}
	var windows route
	switch l.Category {
	case "process_creation":
		windows = windowsStart
	case "process_termination":
		windows = windowsStop
	case "":
		return nil, fmt.Errorf("its log source has no category; of processes, starts and ends are recorded, which are the categories process_creation and process_termination")
	default:
		return nil, fmt.Errorf("its log source has the category %s, which is not recorded; those that are: process_creation, process_termination", l.Category)
	}
	switch l.Product {
	case "windows":
		return []route{windows}, nil
	case "linux":
		return []route{windows + linuxStart}, nil
	case "":
		return []route{windows, windows + linuxStart}, nil
	}
	return nil, fmt.Errorf("its log source is the product %s; stations run windows or linux", l.Product)
}
