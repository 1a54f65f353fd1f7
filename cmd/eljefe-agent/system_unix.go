//go:build !windows

package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// prepare is called before anything else.
func prepare() error { return nil }

// Where an installed agent has its things.
func systemState() string  { return "/var/lib/eljefe-agent" }
func systemConfig() string { return "/etc/eljefe-agent/config.json" }

// agentLog says where the log of an installed agent is, and agentProgram what a
// command of it begins with.
func agentLog() string     { return "the journal (journalctl -u eljefe-agent)" }
func agentProgram() string { return "eljefe-agent" }

// defaultStateDir is the system's for root and the user's own otherwise.
func defaultStateDir() string {
	if os.Geteuid() == 0 {
		return systemState()
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "eljefe-agent")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "eljefe-agent-state"
	}
	return filepath.Join(home, ".local", "state", "eljefe-agent")
}

// hideWindow does nothing: programs have no windows here.
func hideWindow(*exec.Cmd) {}
