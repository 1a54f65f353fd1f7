package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/update"
)

// supervision is how an agent runs that may become a newer one, see package update.
type supervision struct {
	Supervised bool          `hidden:"" env:"-" help:"Another agent has started this: it ends when standard input does, and says on standard output how it is."`
	TrialTime  time.Duration `hidden:"" env:"-" default:"${trial_time}" help:"How long a newer agent has to report."`
}

// Flags of run that say who has started it.
const (
	serviceFlag    = "--service"    // the service manager, where there is one that says so
	supervisedFlag = "--supervised" // another agent
)

// checkProgram looks at a newer program before it may run; the platform's file
// sets it, or nil.
var checkProgram func(path string) error

// work runs the agent, or the newer one that took its place. ready, unless it is
// nil, is called once it records.
func (c *runCommand) work(ctx context.Context, a *app, ready func()) error {
	config, err := c.read(systemConfig())
	if err != nil {
		return err
	}
	if c.Supervised {
		return c.supervised(ctx, a, config)
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s := &update.Supervisor{
		State: a.StateDir, Authority: config.Authority, Version: version, Program: filepath.Clean(program),
		Args: os.Args[1:], ChildArgs: childArgs(os.Args[1:]), Trial: c.TrialTime, Ready: ready, Err: a.err, Log: a.log(a.err),
	}
	c.host.succession(s)
	return s.Run(ctx, func(ctx context.Context) error {
		return c.record(ctx, a, config, ready, &agent.Updates{Check: checkProgram})
	})
}

// childArgs are the arguments for a child that is to do what this process does.
func childArgs(args []string) []string {
	own := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == serviceFlag || arg == supervisedFlag })
	return append(own, supervisedFlag)
}

// supervised runs the agent as the child of another one.
func (c *runCommand) supervised(ctx context.Context, a *app, config *identity.Config) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() { cancel(update.AwaitParent(os.Stdin)) }()
	say := func(word string) func() {
		return sync.OnceFunc(func() { _ = update.Say(a.out, word) }) // without a parent it ends soon
	}
	err := c.record(ctx, a, config, say(update.SayRecording), &agent.Updates{Check: checkProgram, Reported: say(update.SayReported)})
	if errors.Is(err, update.ErrReady) {
		say(update.SayReady)()
		return nil
	}
	return err
}
