//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
)

// serverWith builds the server with one agent for Windows in it.
func serverWith(t *testing.T, version, program string) string {
	t.Helper()
	content, err := os.ReadFile(program)
	if err == nil {
		content, err = installer.Prepare(content)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "carried")
	if err := catalogue.Write(dir, []installer.Generic{{Format: installer.Program, Arch: "amd64", Version: version, Content: content}}, nil); err != nil {
		t.Fatal(err)
	}
	overlay, err := carriedOverlay(dir)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "eljefe")
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", path, "github.com/eljefe/eljefe/cmd/eljefe").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	for folder := path; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		_ = os.Chmod(folder, 0o755) // the database's account starts it too
	}
	return path
}

// An installed service becomes a newer agent, is that one from its next start on,
// and stays what it is where the next one does not work.
func TestWineUpdate(t *testing.T) {
	w := wineHere(t)
	windows := []string{"GOOS=windows", "GOARCH=amd64"}
	programs := t.TempDir()
	first := buildAgent(t, programs, "v1.0.0", nil, windows...)
	second := serverWith(t, "v1.1.0", buildAgent(t, programs, "v1.1.0", nil, windows...))
	third := serverWith(t, "v1.2.0", buildProgram(t, programs, "crashing", `package main
		import ("fmt"; "os")
		func main() { fmt.Fprintln(os.Stderr, "it breaks"); os.Exit(3) }`, windows...))

	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s, err := serveProgram(t, second, dir, "--agent-listen", listen)
	if err != nil {
		t.Fatal(err)
	}
	b := s.logIn()
	with := letIn(b, listen)
	content, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	w.up(t)
	w.put(t, wineClient, content)
	t.Cleanup(func() { w.run(t, wineClient, "uninstall", "--purge") })
	if out, code := w.run(t, wineClient, "install", "--server", with.server, "--authority", with.authority, "--key", with.key, "--proxy", "none"); code != 0 {
		t.Fatalf("install: code %d, %s%s", code, out, w.serviceLog())
	}
	station := b.awaitVersion("v1.0.0", w.serviceLog)
	b.must("PUT", "/updates", map[string]any{"enabled": true, "labels": []string{}, "share": 100, "threshold": 50, "password": newPassword}, 200, nil)
	restart := func() { // its next hello comes at once
		t.Helper()
		time.Sleep(offersLooked)
		w.run(t, "sc.exe", "stop", "eljefe-agent")
		w.awaitService(t, "STOPPED")
		if out, code := w.run(t, "sc.exe", "start", "eljefe-agent"); code != 0 {
			t.Fatalf("sc start: code %d, %s%s", code, out, w.serviceLog())
		}
		w.awaitService(t, "RUNNING")
	}
	restart()
	b.awaitUpdate(w.serviceLog, "v1.1.0", "reporting")
	if again := b.awaitVersion("v1.1.0", w.serviceLog); again != station {
		t.Errorf("the updated agent is station %d; it was %d", again, station)
	}
	if state := w.serviceState(t); state != "RUNNING" {
		t.Errorf("after the update the service is %s", state)
	}
	out, _ := w.run(t, "reg.exe", "query", `HKLM\SYSTEM\CurrentControlSet\Services\eljefe-agent`, "/v", "ImagePath")
	if !strings.Contains(out, `\state\update\agent-`) {
		t.Errorf("the service is started as %s", out)
	}
	if digestOf(t, w.unix(wineProgram+`\eljefe-agent.exe`)) != digestOf(t, first) {
		t.Error("the installed program was changed")
	}
	restart()
	if log := w.serviceLog(); strings.Count(log, `msg="agent began" version=v1.1.0`) < 2 {
		t.Errorf("after its restart the service runs another agent\n%s", log)
	}

	s.stop()
	if s, err = serveProgram(t, third, dir, "--agent-listen", listen); err != nil {
		t.Fatal(err)
	}
	b = s.logIn()
	restart()
	if u := b.awaitUpdate(w.serviceLog, "v1.2.0", "rolled_back"); !strings.Contains(u.Why, "exit status 3") || !strings.Contains(u.Why, "it breaks") {
		t.Errorf("why it was rolled back: %q", u.Why)
	}
	b.awaitVersion("v1.1.0", w.serviceLog)
	if state := w.serviceState(t); state != "RUNNING" {
		t.Errorf("after the failure the service is %s", state)
	}
	if l := b.ledger(station); l.gaps["unexplained"]+l.gaps["refused"]+l.gaps["spool_damaged"] > 0 {
		t.Errorf("the gaps are %v", l.gaps)
	}
}
