package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/event"
)

// installCommand installs the agent. What it does is the platform's.
type installCommand struct {
	settings
	place
	Sensor     string `env:"-" help:"The only way to see processes that is tried: ${sensors}; best is the first of them that works here." enum:",${sensors}" default:"" placeholder:"NAME"`
	SpoolBytes int64  `help:"Most that events which wait may take on disk; 0: 200 MB, or what the settings say." default:"0" placeholder:"BYTES"`
	NoStart    bool   `env:"-" help:"Start nothing."`
}

// uninstallCommand removes what installCommand made.
type uninstallCommand struct {
	place
	Purge bool `env:"-" help:"Remove the station's key, its waiting events and the configuration too."`
}

// Set by the platform's file. installHere puts everything in its place and starts
// the agent; it does not wait for the server. What it returns may come with an error.
var (
	installHere   func(ctx context.Context, a *app, c *installCommand) (*installation, error)
	uninstallHere func(ctx context.Context, a *app, c *uninstallCommand) error
)

var errNoInstall = errors.New("this version installs itself on Linux and Windows only; \"eljefe-agent run\" works here")

// leaveWord is set by the platform's file, or nil: it leaves word of a failure where
// administrators look, as what a package or a script runs is seen by nobody.
var leaveWord func(text string)

// Run installs or upgrades, and says how the agent stands with its server.
func (c *installCommand) Run(ctx context.Context, a *app) error {
	if installHere == nil {
		return errNoInstall
	}
	err := c.run(ctx, a)
	if err != nil && leaveWord != nil {
		leaveWord(cli.ForPeople(err))
	}
	return err
}

func (c *installCommand) run(ctx context.Context, a *app) error {
	i, err := installHere(ctx, a, c)
	if i != nil {
		for _, note := range i.notes {
			fmt.Fprintf(a.out, "note       %s\n", cli.Line(note.Error()))
		}
	}
	if err != nil || !i.started {
		return err
	}
	english, err := plain.In()
	if err != nil {
		return err
	}
	paragraphs, well, err := i.conclude(ctx, english)
	if err != nil {
		return err
	}
	if !well {
		return errors.New(strings.Join(paragraphs, "\n"))
	}
	fmt.Fprintln(a.out, cli.Printable(strings.Join(paragraphs, "\n")))
	return nil
}

// Run uninstalls.
func (c *uninstallCommand) Run(ctx context.Context, a *app) error {
	if uninstallHere == nil {
		return errNoInstall
	}
	return uninstallHere(ctx, a, c)
}

// configure returns the configuration of settings.read, with what only an
// installation is told.
func (c *installCommand) configure(system string) (*identity.Config, error) {
	config, err := c.read(system)
	if err != nil {
		return nil, err
	}
	switch c.Sensor {
	case "":
	case bestSensor:
		config.Sensor = ""
	default:
		config.Sensor = event.Sensor(c.Sensor)
	}
	if c.SpoolBytes != 0 {
		config.Limits.SpoolBytes = c.SpoolBytes
	}
	if err := config.Check(); err != nil {
		return nil, cli.UsageError{Err: fmt.Errorf("settings: %w", err)}
	}
	return config, nil
}

// split returns the configuration as its file has it, and apart from it the
// enrolment key, if there is one, which the file then only names: keyFile.
func (c *installCommand) split(config *identity.Config, keyFile string) (raw, key []byte, err error) {
	text, err := config.Key()
	if err != nil {
		return nil, nil, err
	}
	if config.EnrolmentKey != "" || c.KeyFile != "" {
		if text == "" {
			return nil, nil, cli.UsageError{Err: fmt.Errorf("there is no enrolment key in %s", c.KeyFile)}
		}
		key = []byte(text + "\n")
		config.EnrolmentKey, config.EnrolmentKeyFile = "", keyFile
	}
	// Limits that are the defaults stay out of the file, so that a later version's
	// defaults count.
	usual := identity.Config{Server: config.Server, Authority: config.Authority}
	if err := usual.Check(); err != nil {
		return nil, nil, err
	}
	config.Limits = config.Limits.Except(usual.Limits)
	raw, err = json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	return append(raw, '\n'), key, nil
}

// writeFile writes a file, which is on disk when it returns.
func writeFile(path string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	for _, step := range []func() error{func() error { return f.Chmod(mode) }, f.Sync, f.Close} {
		err = errors.Join(err, step())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}
