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
	for path, why := range map[string]string{
		filepath.Join("..", "ui", "node_modules"):                              "the UI's packages are not installed",
		filepath.Join("..", "internal", "server", "web", "dist", "index.html"): "the page is not built",
	} {
		if _, err := os.Stat(path); err != nil {
			if os.Getenv("ELJEFE_REQUIRE_TESTDATA") != "" {
				t.Fatalf("%s; \"make test\" sees to it", why)
			}
			t.Skipf("%s; \"make test\" sees to it", why)
		}
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
