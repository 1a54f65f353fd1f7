//go:build !linux && !windows

package main

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/eljefe/eljefe/internal/event"
)

// sensors are the ways to see processes here: none yet.
var sensors []event.Sensor

// openSensor says that there is none.
func openSensor(string, event.Sensor, *slog.Logger) (*liveSensor, error) {
	return nil, fmt.Errorf("this version has no live sensor for this system (%s/%s) yet: nothing is recorded; --replay plays a recording", runtime.GOOS, runtime.GOARCH)
}
