package main

import (
	"log/slog"

	"github.com/eljefe/eljefe/internal/agent/enrich"
	"github.com/eljefe/eljefe/internal/agent/sensor/live"
	"github.com/eljefe/eljefe/internal/event"
)

// sensors are the ways to see processes here, the best first.
var sensors = []event.Sensor{event.SensorETW, event.SensorSysmon, event.SensorSecurity, event.SensorPoll}

// openSensor opens the station's own sensor, the best or the only one that may
// be tried.
func openSensor(dir string, only event.Sensor, log *slog.Logger) (*liveSensor, error) {
	source, err := live.Open(live.Config{Dir: dir, Only: only, Log: log})
	if err != nil {
		return nil, err
	}
	return &liveSensor{Source: source, Closer: source, enrich: enrich.New(enrich.Config{Loaded: live.Loaded(source)}).Enrich}, nil
}
