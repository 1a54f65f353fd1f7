package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/cli"
)

// installCommand installs the agent. What it does is the platform's.
type installCommand struct {
	settings
	place
	NoStart bool `env:"-" help:"Start nothing."`
}

// uninstallCommand removes what installCommand made.
type uninstallCommand struct {
	place
	Purge bool `env:"-" help:"Remove the station's key, its waiting events and the configuration too."`
}

// Set by the platform's file.
var (
	installHere   func(ctx context.Context, a *app, c *installCommand) error
	uninstallHere func(ctx context.Context, a *app, c *uninstallCommand) error
)

var errNoInstall = errors.New("this version installs itself on Linux and Windows only; \"eljefe-agent run\" works here")

// Run installs or upgrades.
func (c *installCommand) Run(ctx context.Context, a *app) error {
	if installHere == nil {
		return errNoInstall
	}
	return installHere(ctx, a, c)
}

// Run uninstalls.
func (c *uninstallCommand) Run(ctx context.Context, a *app) error {
	if uninstallHere == nil {
		return errNoInstall
	}
	return uninstallHere(ctx, a, c)
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
	if config.Limits == usual.Limits {
		config.Limits = identity.Limits{}
	}
	raw, err = json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, nil, err
	}
	return append(raw, '\n'), key, nil
}

// awaitContact waits a little, so that what is wrong shows here and not tomorrow.
// log says where the agent's log is.
func awaitContact(ctx context.Context, a *app, state, log string) error {
	const limit = 20 * time.Second
	var problem string
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		s, err := agent.ReadStatus(state)
		switch {
		case err != nil:
			problem = err.Error()
		case s.Link.Connected:
			fmt.Fprintf(a.out, "The agent runs, and the server knows it as station %d.\n", s.Station)
			return nil
		default:
			problem = s.Link.Error
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
	return fmt.Errorf("everything is installed and started, but the agent has no contact with the server after %s: %s; it goes on trying: see \"eljefe-agent status\" and %s", limit, problem, log)
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
