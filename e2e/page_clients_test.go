//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	executable "github.com/eljefe/eljefe/internal/fleet/specimen"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
)

// pageProgram builds the server's program with clients in it, which the browser
// tests have made: for Linux around the given agent, which they run, and for
// Windows around a program that does nothing. It has no MSI packages, as one that
// was built where their tools are missing.
func pageProgram(agent string) (string, error) {
	program, err := program()
	if err != nil {
		return "", err
	}
	content, err := os.ReadFile(agent)
	if err != nil {
		return "", err
	}
	windows, err := installer.Prepare(executable.Harmless(executable.Info{ProductName: "El Jefe"}, 64<<10))
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(program), "page-clients")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := catalogue.Write(dir, []installer.Generic{
		{Format: installer.Program, Arch: "amd64", Version: "v1.2.3", Content: windows},
		{Format: installer.Debian, Arch: runtime.GOARCH, Version: "v1.2.3", Content: content},
		{Format: installer.Archive, Arch: runtime.GOARCH, Version: "v1.2.3", Content: content},
	}, []installer.Format{installer.MSI}); err != nil {
		return "", err
	}
	overlay, err := carriedOverlay(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(program), "eljefe-page")
	out, err := exec.Command("go", "build", "-overlay", overlay, "-o", path, "github.com/eljefe/eljefe/cmd/eljefe").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
}
