package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/packaging"
)

const unitName = "eljefe-agent.service"

func init() { installHere, uninstallHere = install, uninstall }

// layout is where things are, below root.
type layout struct{ program, unit, config, state, key string }

func newLayout(root, prefix string) layout {
	return layout{
		program: filepath.Join(root, prefix, "bin", "eljefe-agent"),
		unit:    filepath.Join(root, "/etc/systemd/system/eljefe-agent.service"),
		config:  filepath.Join(root, systemConfig()),
		state:   filepath.Join(root, systemState()),
		key:     filepath.Join(root, systemState(), "enrolment.key"),
	}
}

// install puts everything in its place. It may be run again, with other settings
// or from another version: the station's key and what waits stay.
func install(ctx context.Context, a *app, c *installCommand) (*installation, error) {
	at := newLayout(c.Root, c.Prefix)
	if err := mayChange(c.Root); err != nil {
		return nil, err
	}
	config, err := c.configure(at.config)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(at.state), 0o755); err != nil {
		return nil, err
	}
	if err := os.Mkdir(at.state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := os.Chmod(at.state, 0o700); err != nil {
		return nil, err
	}
	if err := c.writeSettings(at, config); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return nil, fmt.Errorf("read this program: %w", err)
	}
	i := &installation{before: lookBefore(at.program, at.state, program), state: at.state}
	unit := strings.ReplaceAll(packaging.AgentUnit, "/usr/local/bin/", filepath.Join(c.Prefix, "bin")+"/")
	for _, f := range []struct {
		path    string
		content []byte
		mode    os.FileMode
	}{{at.program, program, 0o755}, {at.unit, []byte(unit), 0o644}} {
		if err := replaceFile(f.path, f.content, f.mode); err != nil {
			return nil, err
		}
		fmt.Fprintf(a.out, "installed  %s\n", f.path)
	}
	fmt.Fprintf(a.out, "settings   %s\nstate      %s\nserver     %s\n", at.config, at.state, config.Server)
	i.started, err = c.start(ctx, a, at)
	return i, err
}

// writeSettings writes the configuration, and the enrolment key into a file of its
// own, which is removed once it has been used.
func (c *installCommand) writeSettings(at layout, config *identity.Config) error {
	raw, key, err := c.split(config, strings.TrimPrefix(at.key, strings.TrimSuffix(c.Root, "/")))
	if err != nil {
		return err
	}
	if key != nil {
		if err := replaceFile(at.key, key, 0o600); err != nil {
			return err
		}
	}
	return replaceFile(at.config, raw, 0o600)
}

// start has systemd run what was installed, and tells whether it could.
func (c *installCommand) start(ctx context.Context, a *app, at layout) (bool, error) {
	byHand := fmt.Sprintf("%s run --config %s --state-dir %s", at.program, at.config, at.state)
	switch {
	case c.NoStart, c.Root != "/":
		fmt.Fprintf(a.out, "Nothing was started. By hand it is: %s\n", byHand)
		return false, nil
	case !systemdRuns():
		fmt.Fprintf(a.out, "systemd does not run here, so nothing was started. Have whatever starts this system's services run:\n  %s\n", byHand)
		return false, nil
	}
	for _, args := range [][]string{{"daemon-reload"}, {"enable", unitName}, {"restart", unitName}} {
		if err := systemctl(ctx, args...); err != nil {
			return false, err
		}
	}
	return true, nil
}

func uninstall(ctx context.Context, a *app, c *uninstallCommand) error {
	at := newLayout(c.Root, c.Prefix)
	if err := mayChange(c.Root); err != nil {
		return err
	}
	if _, err := os.Stat(at.unit); err == nil && c.Root == "/" && systemdRuns() {
		if err := systemctl(ctx, "disable", "--now", unitName); err != nil {
			return err
		}
	} else if s, err := agent.ReadStatus(at.state); err == nil {
		return fmt.Errorf("the agent runs, and systemd did not start it: stop the process %d first", s.PID)
	}
	paths := []string{at.unit, at.program}
	if c.Purge {
		paths = append(paths, filepath.Dir(at.config), at.state)
	}
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "removed  %s\n", path)
	}
	if c.Root == "/" && systemdRuns() {
		if err := systemctl(ctx, "daemon-reload"); err != nil {
			return err
		}
	}
	if !c.Purge {
		fmt.Fprintf(a.out, "kept     %s and %s: installed again, this is the same station (--purge removes them)\n", at.config, at.state)
	}
	return nil
}

// mayChange tells whether this account can install into root.
func mayChange(root string) error {
	if root == "/" && os.Geteuid() != 0 {
		return errors.New("only root can do this: run it with sudo")
	}
	return nil
}

// systemdRuns tells whether systemd is what started this system.
func systemdRuns() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil
}

func systemctl(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// replaceFile replaces the file at path as a whole, so that a running program
// goes on with the old one and a stopped upgrade leaves either of the two.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := writeFile(path+staged, content, mode); err != nil {
		return err
	}
	return os.Rename(path+staged, path)
}
