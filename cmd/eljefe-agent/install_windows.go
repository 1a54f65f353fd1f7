package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

func init() { installHere, uninstallHere = install, uninstall }

// install puts everything in its place. It may be run again, with other settings
// or from another version, while the agent runs: the station's key and what waits
// stay, and where the new one does not start the former one comes back.
func install(ctx context.Context, a *app, c *installCommand) (*installation, error) {
	if err := mayChange(); err != nil {
		return nil, err
	}
	config, err := c.configure(systemConfig())
	if err != nil {
		return nil, err
	}
	program, err := serviceProgram()
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{filepath.Dir(program), systemFolder(), systemState()} {
		if err := winapi.MakeInstalledFolder(dir); err != nil {
			return nil, err
		}
	}
	keyFile := filepath.Join(systemState(), "enrolment.key")
	raw, key, err := c.split(config, keyFile)
	if err != nil {
		return nil, err
	}
	i := &installation{state: systemState(), started: !c.NoStart}
	note := func(err error) { i.notes = append(i.notes, err) }
	d := deployment{
		files: []deployed{{path: systemConfig(), content: raw, mode: 0o600, private: true}}, supervisor: manager{}, start: !c.NoStart, note: note,
		protect: winapi.ProtectInstalled,
		configure: func() error {
			if err := makeService(program, systemConfig(), systemState()); err != nil {
				return err
			}
			if err := assertService(); err != nil {
				note(err) // the agent records without it, and tries again at each start
			}
			return nil
		},
	}
	if key != nil {
		d.files = append(d.files, deployed{path: keyFile, content: key, mode: 0o600, private: true})
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	var content []byte
	if !sameFile(self, program) {
		if content, err = os.ReadFile(self); err != nil {
			return nil, fmt.Errorf("read this program: %w", err)
		}
		// Everybody may read the installed program, and nobody is to find a key in it.
		if err := tag.Blank(content); err != nil {
			return nil, err
		}
		d.files = append(d.files, deployed{path: program, content: content, mode: 0o755})
	}
	i.before = lookBefore(program, i.state, content)
	if err := d.run(ctx); err != nil {
		return i, err
	}
	fmt.Fprintf(a.out, "installed  %s\nservice    %s\nsettings   %s\nstate      %s\nlog        %s\nserver     %s\n",
		program, serviceName, systemConfig(), systemState(), agentLog(), config.Server)
	if c.NoStart {
		fmt.Fprintf(a.out, "Nothing was started. The system does it at its next start, or: sc.exe start %s\n", serviceName)
	}
	return i, nil
}

func uninstall(ctx context.Context, a *app, c *uninstallCommand) error {
	if err := mayChange(); err != nil {
		return err
	}
	if err := removeService(ctx, a); err != nil {
		return err
	}
	if s, err := agent.ReadStatus(systemState()); err == nil {
		return fmt.Errorf("the agent runs, and the service manager did not start it: end the process %d first", s.PID)
	}
	program, err := serviceProgram()
	if err != nil {
		return err
	}
	if err := removeProgram(a, program); err != nil {
		return err
	}
	if !c.Purge {
		fmt.Fprintf(a.out, "kept     %s: installed again, this is the same station (--purge removes it)\n", systemFolder())
		return nil
	}
	if _, err := os.Lstat(systemFolder()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := removeTree(systemFolder()); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "removed  %s\n", systemFolder())
	return nil
}

// removeService ends the service and removes it.
func removeService(ctx context.Context, a *app) error {
	if err := (manager{}).stop(ctx); err != nil && !errors.Is(err, errNoService) {
		return err
	}
	err := withService(func(_ *mgr.Mgr, s *mgr.Service) error { return s.Delete() })
	switch {
	case errors.Is(err, errNoService):
		return nil
	case err != nil:
		return fmt.Errorf("remove the service: %w", err)
	}
	fmt.Fprintf(a.out, "removed  the service %s\n", serviceName)
	if err := eventlog.Remove(serviceName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the service out of the event log: %w", err)
	}
	return nil
}

// removeProgram removes the program's folder. A program that runs cannot be
// removed: if it is this one, the system does it when it starts next.
func removeProgram(a *app, program string) error {
	dir := filepath.Dir(program)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := removeTree(dir)
	if err == nil {
		fmt.Fprintf(a.out, "removed  %s\n", dir)
		return nil
	}
	self, selfErr := os.Executable()
	if selfErr != nil || !sameFile(self, program) {
		return err
	}
	if err := errors.Join(winapi.RemoveAtBoot(program), winapi.RemoveAtBoot(dir)); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "removed  %s, when the system starts next: it is the program that runs now\n", dir)
	return nil
}

// removeTree removes a folder with all that is in it, and follows no link. Unlike
// os.RemoveAll it deletes as programs always did, which works on every file
// system and under Wine.
func removeTree(dir string) error {
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		found = append(found, path)
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(found) { // what is in a folder before the folder
		if err := removeIfThere(path); err != nil {
			return err
		}
	}
	return nil
}
