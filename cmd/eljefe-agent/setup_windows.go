package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows/svc/eventlog"

	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/cli"
)

func init() {
	openDesktop = func() desktop { return windowsDesktop{} }
	leaveWord = leaveWordInLog
}

// leaveWordInLog leaves word in the event log. It shows texts of a source that is
// not installed as well, with a remark that it is not.
func leaveWordInLog(text string) {
	events, err := eventlog.Open(serviceName)
	if err != nil {
		return // who started this is told all the same
	}
	_ = events.Error(eventError, limited("The installation of the El Jefe agent: "+cli.Printable(text)))
	_ = events.Close()
}

// windowsDesktop is what Windows tells of how the program was started.
type windowsDesktop struct{}

// audience: a shell's console is shared with the shell. One that the program has
// for itself was made for it and goes with it, as after a double click.
func (windowsDesktop) audience() audience {
	switch {
	case winapi.OutputIsKept(), winapi.ConsoleIsShared():
		return reader
	case winapi.Visible():
		return watcher
	}
	return nobody
}

func (windowsDesktop) languages() []string { return winapi.Languages() }
func (windowsDesktop) elevated() bool      { return winapi.Elevated() }

func (windowsDesktop) elevate(wait bool, args ...string) (int, error) {
	if !winapi.Visible() { // Windows would ask where nobody sees it
		return 0, &plain.Error{Key: plain.Powerless}
	}
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program: %w", err)
	}
	code, err := winapi.RunElevated(self, args, wait)
	if errors.Is(err, winapi.ErrDeclined) {
		return 0, errDeclined
	}
	return code, err
}

func (windowsDesktop) show(title, text string, wrong bool) error {
	return winapi.ShowMessage(title, text, wrong)
}
