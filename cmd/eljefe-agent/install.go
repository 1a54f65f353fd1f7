package main

import (
	"context"
	"errors"
	"path/filepath"
)

// installCommand installs the agent. What it does is the platform's.
type installCommand struct {
	settings
	Prefix  string `env:"-" help:"The program goes into its folder bin." default:"/usr/local" placeholder:"DIR"`
	Root    string `env:"-" help:"Install into this folder as if it were /, and start nothing." type:"path" default:"/" placeholder:"DIR"`
	NoStart bool   `env:"-" help:"Start nothing."`
}

// uninstallCommand removes what installCommand made.
type uninstallCommand struct {
	Prefix string `env:"-" help:"As given to install." default:"/usr/local" placeholder:"DIR"`
	Root   string `env:"-" help:"As given to install." type:"path" default:"/" placeholder:"DIR"`
	Purge  bool   `env:"-" help:"Remove the station's key, its waiting events and the configuration too."`
}

// Set by the platform's file.
var (
	installHere   func(ctx context.Context, a *app, c *installCommand) error
	uninstallHere func(ctx context.Context, a *app, c *uninstallCommand) error
)

var errNoInstall = errors.New("this version installs itself on Linux only; \"eljefe-agent run\" works here")

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

// layout is where things are, below root.
type layout struct{ program, unit, config, state, key string }

func newLayout(root, prefix string) layout {
	return layout{
		program: filepath.Join(root, prefix, "bin", "eljefe-agent"),
		unit:    filepath.Join(root, "/etc/systemd/system/eljefe-agent.service"),
		config:  filepath.Join(root, systemConfig),
		state:   filepath.Join(root, systemState),
		key:     filepath.Join(root, systemState, "enrolment.key"),
	}
}
