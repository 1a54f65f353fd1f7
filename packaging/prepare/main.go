// Command prepare makes the generic packages of the agent, which belong to
// nobody yet: the Makefile calls it.
//
//	prepare slot FILE                              an empty place for a configuration
//	prepare windows IN OUT                         a program or an MSI package with such a place
//	prepare linux deb|tar ARCH VERSION PROGRAM DIR a package for Linux, which it names itself
//	prepare carry VERSION AGENTS DIR               what the server program carries, from scripts/agents.sh's folder
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/installer/tag"
)

var errUsage = errors.New("usage: prepare slot FILE | windows IN OUT | linux deb|tar ARCH VERSION PROGRAM DIR | carry VERSION AGENTS DIR")

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "slot":
		return os.WriteFile(args[1], tag.EmptySlot(), 0o644)
	case len(args) == 3 && args[0] == "windows":
		file, err := os.ReadFile(args[1])
		if err != nil {
			return err
		}
		if file, err = installer.Prepare(file); err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		}
		return os.WriteFile(args[2], file, 0o644)
	case len(args) == 6 && args[0] == "linux":
		return linux(installer.Generic{Format: installer.Format(args[1]), Arch: args[2], Version: args[3]}, args[4], args[5])
	case len(args) == 4 && args[0] == "carry":
		return carry(args[1], args[2], args[3])
	}
	return errUsage
}

// carry fills the folder out with what clients are made from. Packages may be
// missing where the tools for them are.
func carry(version, agents, out string) error {
	var list []installer.Generic
	missing := map[installer.Format]bool{}
	for _, arch := range []string{"amd64", "arm64"} {
		for _, format := range installer.Formats() {
			g := installer.Generic{Format: format, Arch: arch, Version: version}
			name := fmt.Sprintf("eljefe-agent-%s.%s", arch, format)
			if format.System() == "linux" {
				name = "eljefe-agent-linux-" + arch
			}
			var err error
			if g.Content, err = os.ReadFile(filepath.Join(agents, name)); errors.Is(err, fs.ErrNotExist) && format == installer.MSI {
				missing[format] = true
				continue
			} else if err != nil {
				return err
			}
			if format.System() == "windows" {
				if g.Content, err = installer.Prepare(g.Content); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			list = append(list, g)
		}
	}
	return catalogue.Write(out, list, slices.Sorted(maps.Keys(missing)))
}

func linux(g installer.Generic, program, dir string) error {
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	if g.Content, err = os.ReadFile(program); err != nil {
		return err
	}
	made, err := made(info.ModTime())
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := g.WriteGeneric(&out, made); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, g.FileName()), out.Bytes(), 0o644)
}

// made returns the time that is in the package: SOURCE_DATE_EPOCH, if somebody
// wants the same bytes again.
func made(built time.Time) (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return built, nil
	}
	var seconds int64
	if _, err := fmt.Sscan(epoch, &seconds); err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q: %w", epoch, err)
	}
	return time.Unix(seconds, 0), nil
}
