package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/devices"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/replay"
	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/event"
)

// memoryLimit is where Go begins to clean up more often: the aim is 40 MB
// resident, of which some are the program itself.
const memoryLimit = 32 << 20

type runCommand struct {
	settings
	host
	supervision
	Sensor    string  `help:"How processes are seen: ${enum}; best is the first of them that works here." enum:"${sensors},none" default:"best"`
	Replay    string  `help:"Play a recording instead of a live sensor: .evtx, .etl or NDJSON." type:"existingfile" placeholder:"FILE"`
	Computer  string  `help:"Of a recording of several, the computer that is played; otherwise that with most events." placeholder:"NAME"`
	Speed     float64 `help:"How many times faster a recording is played; 0: as fast as it goes." default:"1" placeholder:"FACTOR"`
	Loop      bool    `help:"Play the recording again and again."`
	KeepTimes bool    `help:"Events of a recording keep their times; otherwise it happens now."`
}

// bestSensor is the value of --sensor that leaves the choice to the agent.
const bestSensor = "best"

// sensorNames are the values of --sensor on this system.
func sensorNames() string {
	names := []string{bestSensor}
	for _, s := range sensors {
		names = append(names, string(s))
	}
	return strings.Join(names, ",")
}

// Validate refuses what cannot be meant.
func (c *runCommand) Validate() error {
	if c.Replay == "" && (c.Computer != "" || c.Loop || c.KeepTimes) {
		return errors.New("--computer, --loop and --keep-times are about a recording: give --replay too")
	}
	return nil
}

// Run runs the agent until the process is told to stop, or the service is.
func (c *runCommand) Run(ctx context.Context, a *app) error {
	return c.host.host(ctx, a, c.work)
}

// record runs this program as the agent. ready, unless it is nil, is called once
// it records.
func (c *runCommand) record(ctx context.Context, a *app, config *identity.Config, ready func(), updates *agent.Updates) (err error) {
	debug.SetMemoryLimit(memoryLimit)
	ring := new(agent.LogRing)
	log := a.log(io.MultiWriter(a.err, ring))
	cfg := agent.Config{Dir: a.StateDir, Settings: config, Version: version, Log: log, Ring: ring, Ready: ready}
	if !config.NoUpdates {
		cfg.Updates = updates
	}
	if err := identity.MakeFolder(a.StateDir); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	switch {
	case c.Replay != "":
		recording, e := c.open(a.StateDir, log)
		if e != nil {
			return e
		}
		defer func() { err = errors.Join(err, recording.Close()) }()
		cfg.Source = recording
	case c.Sensor == "none":
		cfg.NoSource = "the agent runs with --sensor=none: nothing is recorded"
	default:
		only := event.Sensor(c.Sensor)
		if only == bestSensor {
			only = config.Sensor
		}
		own, e := openSensor(a.StateDir, only, log)
		if e != nil {
			cfg.NoSource = e.Error() // the station still reports itself, and why it is blind
			break
		}
		defer func() { err = errors.Join(err, own.Close()) }()
		cfg.Source, cfg.Enrich = own, own.enrich
		cfg.Canary = agent.Canary{Start: beginCanary, Every: time.Duration(config.SelftestEvery)}
	}
	if c.Replay == "" && c.Sensor != "none" && !config.NoDevices {
		if usb, e := devices.Open(log); e != nil {
			log.Debug("USB devices are not watched", "err", e)
		} else {
			defer func() { err = errors.Join(err, usb.Close()) }()
			cfg.Devices = usb
		}
	}
	return agent.Run(ctx, cfg)
}

// A liveSensor sees the processes of this station, and adds to them what the
// station's files tell.
type liveSensor struct {
	sensor.Source
	io.Closer
	enrich agent.Enrich
}

// open opens the recording, with its copy in the state folder.
func (c *runCommand) open(dir string, log *slog.Logger) (*replay.Replay, error) {
	source, err := replay.Open(replay.Config{
		File: c.Replay, Computer: c.Computer, Scratch: dir, Speed: c.Speed, Loop: c.Loop, KeepTimes: c.KeepTimes, Log: log,
	})
	if err != nil {
		return nil, cli.UsageError{Err: err}
	}
	return source, nil
}
