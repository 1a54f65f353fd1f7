//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// recorded returns the folder of recorded event logs, or "" where it is not
// here: what replays them is skipped then, unless they are required.
func recorded(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "shared", "testdata", "evtx"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") != "" {
			t.Fatalf("recorded data is missing: %v", err)
		}
		t.Logf("recorded data is not here: %v", err)
		return ""
	}
	return dir
}

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
	agent, err := agentProgram()
	if err != nil {
		t.Fatal(err)
	}
	path, err := pageProgram(agent)
	if err != nil {
		t.Fatal(err)
	}
	s, err := serveProgram(t, path, dataDir(t), "--demo", "--demo-days", "3")
	if err != nil {
		t.Fatal(err)
	}
	visit(t, s.logIn())
	cmd := exec.Command("npm", "--prefix", filepath.Join("..", "ui"), "run", "--silent", "e2e")
	cmd.Env = append(os.Environ(), "ELJEFE_E2E_URL="+s.Address, "ELJEFE_E2E_USER=admin", "ELJEFE_E2E_PASSWORD="+newPassword,
		"ELJEFE_E2E_TESTDATA="+recorded(t), "ELJEFE_E2E_AGENT="+agent)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("browser tests: %v", err)
	}
}
