package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/packaging"
)

const unitName = "eljefe-agent.service"

func init() { installHere, uninstallHere = install, uninstall }

// install puts everything in its place. It may be run again, with other settings
// or from another version: the station's key and what waits stay.
func install(ctx context.Context, a *app, c *installCommand) error {
	at := newLayout(c.Root, c.Prefix)
	if err := mayChange(c.Root); err != nil {
		return err
	}
	config, err := c.read(at.config)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(at.state), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(at.state, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Chmod(at.state, 0o700); err != nil {
		return err
	}
	if err := c.writeConfig(at, config); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return fmt.Errorf("read this program: %w", err)
	}
	unit := strings.ReplaceAll(packaging.AgentUnit, "/usr/local/bin/", filepath.Join(c.Prefix, "bin")+"/")
	for _, f := range []struct {
		path    string
		content []byte
		mode    os.FileMode
	}{{at.program, program, 0o755}, {at.unit, []byte(unit), 0o644}} {
		if err := replaceFile(f.path, f.content, f.mode); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "installed  %s\n", f.path)
	}
	fmt.Fprintf(a.out, "settings   %s\nstate      %s\n", at.config, at.state)
	return c.start(ctx, a, at)
}

// writeConfig writes the configuration, and the enrolment key into a file of its
// own, which is removed once it has been used.
func (c *installCommand) writeConfig(at layout, config *identity.Config) error {
	key, err := config.Key()
	if err != nil {
		return err
	}
	if config.EnrolmentKey != "" || c.KeyFile != "" {
		if key == "" {
			return usageError{fmt.Errorf("there is no enrolment key in %s", c.KeyFile)}
		}
		if err := replaceFile(at.key, []byte(key+"\n"), 0o600); err != nil {
			return err
		}
		config.EnrolmentKey, config.EnrolmentKeyFile = "", strings.TrimPrefix(at.key, strings.TrimSuffix(c.Root, "/"))
	}
	// Limits that are the defaults stay out of the file, so that a later version's
	// defaults count.
	usual := identity.Config{Server: config.Server, Authority: config.Authority}
	if err := usual.Check(); err != nil {
		return err
	}
	if config.Limits == usual.Limits {
		config.Limits = identity.Limits{}
	}
	raw, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(at.config, append(raw, '\n'), 0o600)
}

// start has systemd run what was installed.
func (c *installCommand) start(ctx context.Context, a *app, at layout) error {
	byHand := fmt.Sprintf("%s run --config %s --state-dir %s", at.program, at.config, at.state)
	switch {
	case c.NoStart, c.Root != "/":
		fmt.Fprintf(a.out, "Nothing was started. By hand it is: %s\n", byHand)
		return nil
	case !systemdRuns():
		fmt.Fprintf(a.out, "systemd does not run here, so nothing was started. Have whatever starts this system's services run:\n  %s\n", byHand)
		return nil
	}
	for _, args := range [][]string{{"daemon-reload"}, {"enable", unitName}, {"restart", unitName}} {
		if err := systemctl(ctx, args...); err != nil {
			return err
		}
	}
	return awaitContact(ctx, a, at.state)
}

// awaitContact waits a little, so that what is wrong shows here and not tomorrow.
func awaitContact(ctx context.Context, a *app, state string) error {
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
	return fmt.Errorf("everything is installed and started, but the agent has no contact with the server after %s: %s; it goes on trying: see \"eljefe-agent status\" and \"journalctl -u eljefe-agent\"", limit, problem)
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
func replaceFile(path string, content []byte, mode os.FileMode) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	for _, step := range []func() error{func() error { return f.Chmod(mode) }, f.Sync, f.Close} {
		err = errors.Join(err, step())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path+".new"))
	}
	return os.Rename(path+".new", path)
}
