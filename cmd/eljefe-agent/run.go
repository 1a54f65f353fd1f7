package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/sensor/replay"
)

// memoryLimit is where Go begins to clean up more often: the aim is 40 MB
// resident, of which some are the program itself.
const memoryLimit = 32 << 20

type runCommand struct {
	settings
	Replay    string  `help:"Play a recording instead of a live sensor: .evtx or NDJSON." type:"existingfile" placeholder:"FILE"`
	Computer  string  `help:"Of a recording of several, the computer that is played; otherwise that with most events." placeholder:"NAME"`
	Speed     float64 `help:"How many times faster a recording is played; 0: as fast as it goes." default:"1" placeholder:"FACTOR"`
	Loop      bool    `help:"Play the recording again and again."`
	KeepTimes bool    `help:"Events of a recording keep their times; otherwise it happens now."`
}

// Validate refuses what cannot be meant.
func (c *runCommand) Validate() error {
	if c.Replay == "" && (c.Computer != "" || c.Loop || c.KeepTimes) {
		return errors.New("--computer, --loop and --keep-times are about a recording: give --replay too")
	}
	return nil
}

// Run runs the agent until the process is told to stop.
func (c *runCommand) Run(ctx context.Context, a *app) (err error) {
	config, err := c.read(systemConfig)
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(memoryLimit)
	ring := new(agent.LogRing)
	log := a.log(io.MultiWriter(a.err, ring))
	cfg := agent.Config{Dir: a.StateDir, Settings: config, Version: version, Log: log, Ring: ring}
	if c.Replay == "" {
		cfg.NoSource = fmt.Sprintf("this version has no live sensor for this system (%s/%s) yet: nothing is recorded; --replay plays a recording", runtime.GOOS, runtime.GOARCH)
		return agent.Run(ctx, cfg)
	}
	source, err := c.open(a.StateDir, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	cfg.Source = source
	return agent.Run(ctx, cfg)
}

// open opens the recording, with its copy in the state folder.
func (c *runCommand) open(dir string, log *slog.Logger) (*replay.Replay, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	source, err := replay.Open(replay.Config{
		File: c.Replay, Computer: c.Computer, Scratch: dir, Speed: c.Speed, Loop: c.Loop, KeepTimes: c.KeepTimes, Log: log,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return source, nil
}
