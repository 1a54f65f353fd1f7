package main

import (
	"path/filepath"
	"syscall"

	"os/exec"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

// The folders of an installed agent, below those of the system.
const productFolder = "El Jefe"

// prepare is called before anything else.
func prepare() error { return winapi.LockDLLSearch() }

// systemFolder returns where an installed agent has its things.
func systemFolder() string {
	data, err := winapi.ProgramData()
	if err != nil {
		data = `C:\ProgramData` // where it is unless somebody moved it
	}
	return filepath.Join(data, productFolder)
}

func systemState() string  { return filepath.Join(systemFolder(), "state") }
func systemConfig() string { return filepath.Join(systemFolder(), "config.json") }

// agentLog says where the log of an installed agent is, and agentProgram what a
// command of it begins with.
func agentLog() string { return filepath.Join(systemFolder(), "log", "agent.log") }

func agentProgram() string {
	program, err := serviceProgram()
	if err != nil {
		return "eljefe-agent.exe"
	}
	return `"` + program + `"`
}

// defaultStateDir is the system's for administrators and the user's own otherwise.
func defaultStateDir() string {
	if winapi.Elevated() {
		return systemState()
	}
	data, err := winapi.LocalData()
	if err != nil {
		return "eljefe-agent-state"
	}
	return filepath.Join(data, "eljefe-agent")
}

// hideWindow keeps a console program from having a console, and with it a second
// process.
func hideWindow(cmd *exec.Cmd) {
	const detached = 0x8 // DETACHED_PROCESS
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: detached}
}
