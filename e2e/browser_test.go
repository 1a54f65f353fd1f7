//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPage drives the page in a real browser: ui/e2e holds what it does there.
func TestPage(t *testing.T) {
	if _, err := os.Stat(filepath.Join("..", "ui", "node_modules")); err != nil {
		t.Skip("the UI's packages are not installed; \"make test\" installs them")
	}
	if _, err := os.Stat(filepath.Join("..", "internal", "server", "web", "dist", "index.html")); err != nil {
		t.Skip("the page is not built; \"make build\" builds it")
	}
	s := serve(t, dataDir(t), "--demo")
	s.logIn()
	cmd := exec.Command("npm", "--prefix", filepath.Join("..", "ui"), "run", "--silent", "e2e")
	cmd.Env = append(os.Environ(), "ELJEFE_E2E_URL="+s.Address, "ELJEFE_E2E_USER=admin", "ELJEFE_E2E_PASSWORD="+newPassword)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("browser tests: %v", err)
	}
}
