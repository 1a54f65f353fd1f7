//go:build !windows

package main

import (
	"context"
	"os"
	"syscall"

	"github.com/eljefe/eljefe/internal/agent/update"
)

// place says where things are installed.
type place struct {
	Prefix string `env:"-" help:"The program goes into its folder bin." default:"/usr/local" placeholder:"DIR"`
	Root   string `env:"-" help:"Install into this folder as if it were /, and start nothing." type:"path" default:"/" placeholder:"DIR"`
}

// host is what the agent runs under: here whoever started it.
type host struct{}

func (host) host(ctx context.Context, a *app, work func(context.Context, *app, func()) error) error {
	return work(ctx, a, nil)
}

// succession says how a newer agent takes this one's place: the process becomes
// it. The installed program stays what is started, and goes over to it each time.
func (host) succession(s *update.Supervisor) {
	s.Become = func(program string, args []string) error { return syscall.Exec(program, args, os.Environ()) }
}
