//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The agent as a service, with systemd itself: installed, killed, upgraded,
// rebooted, stopped, uninstalled, installed as the same station, and purged.
func TestAgentUnderSystemd(t *testing.T) {
	t.Parallel() // most of it is waiting
	m := newMachine(t)
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	with := letIn(b, listen)
	agent, err := agentProgram()
	if err != nil {
		t.Fatal(err)
	}
	downloaded := m.copy(agent, "/root/eljefe-agent")
	m.boot()

	m.must(downloaded, "install", "--server", with.server, "--authority", with.authority, "--key", with.key, "--proxy", "none")
	first := m.works(0)
	if state := m.must("systemctl", "is-enabled", agentUnit); state != "enabled" {
		t.Errorf("the unit is %s; want enabled", state)
	}
	m.wantGone("/var/lib/eljefe-agent/enrolment.key")
	m.must("systemd-analyze", "verify", "/etc/systemd/system/"+agentUnit)
	m.reports(b, "installed")

	m.must("systemctl", "kill", "--signal=KILL", agentUnit)
	killed := m.works(first.PID)
	m.must(downloaded, "install")
	upgraded := m.works(killed.PID)
	m.reports(b, "upgraded")

	m.reboot()
	rebooted := m.works(0)
	m.reports(b, "rebooted")

	began := time.Now()
	m.must("systemctl", "stop", agentUnit)
	if took := time.Since(began); took > 11*time.Second {
		t.Errorf("stopping took %s; want at most 10 s", took)
	}
	if result := m.must("systemctl", "show", "-P", "Result", agentUnit); result != "success" {
		t.Errorf("it was stopped with %s; want success", result)
	}
	if out, err := m.run(installedAgent, "status"); err == nil || !strings.Contains(out, "does not run") {
		t.Errorf("status of a stopped agent says %q, %v; want that it does not run", out, err)
	}

	m.must(installedAgent, "uninstall")
	m.wantGone(installedAgent, "/etc/systemd/system/"+agentUnit)
	if out, err := m.run("systemctl", "is-active", agentUnit); err == nil {
		t.Errorf("after uninstall the service is %s", out)
	}
	m.must(downloaded, "install")
	again := m.works(0)
	for what, st := range map[string]serviceStatus{"killed": killed, "upgraded": upgraded, "rebooted": rebooted, "uninstalled and installed": again} {
		if st.Station != first.Station {
			t.Errorf("%s, it is station %d; want %d as before", what, st.Station, first.Station)
		}
	}
	m.must(installedAgent, "uninstall", "--purge")
	m.wantGone(installedAgent, "/etc/systemd/system/"+agentUnit, "/etc/eljefe-agent", "/var/lib/eljefe-agent")
}

// The agent becomes a newer one within what its unit allows, as the same process
// of the service, and is the newer one after a reboot too.
func TestUpdateUnderSystemd(t *testing.T) {
	t.Parallel() // most of it is waiting
	m := newMachine(t)
	programs := t.TempDir()
	downloaded := m.copy(buildAgent(t, programs, "v1.0.0", nil), "/root/eljefe-agent")
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	with := letIn(b, listen)
	offer(t, s, "v1.1.0", buildAgent(t, programs, "v1.1.0", nil))
	m.boot()

	m.must(downloaded, "install", "--server", with.server, "--authority", with.authority, "--key", with.key, "--proxy", "none")
	first := m.works(0)
	if first.Version != "v1.0.0" {
		t.Fatalf("installed was %s; want v1.0.0", first.Version)
	}
	b.must("PUT", "/updates", map[string]any{"enabled": true, "labels": []string{}, "share": 100, "threshold": 50, "password": newPassword}, 200, nil)
	journal := func() string { out, _ := m.run("journalctl", "-u", agentUnit, "-o", "cat", "--no-pager"); return out }
	if station := b.awaitVersion("v1.1.0", journal); station != first.Station {
		t.Errorf("the updated agent is station %d; it was %d", station, first.Station)
	}
	b.awaitUpdate(journal, "v1.1.0", "reporting")
	if restarts := m.must("systemctl", "show", "-P", "NRestarts", agentUnit); restarts != "0" {
		t.Errorf("systemd started the service anew %s times; want that the program was changed within it", restarts)
	}
	m.reports(b, "updated")
	m.reboot()
	if after := m.works(0); after.Version != "v1.1.0" || after.Station != first.Station {
		t.Errorf("after a reboot it is %s, station %d; want v1.1.0 and %d", after.Version, after.Station, first.Station)
	}
}

const (
	agentUnit      = "eljefe-agent.service"
	installedAgent = "/usr/local/bin/eljefe-agent"
)

// serviceStatus is what an agent that is a service says of itself.
type serviceStatus struct {
	agentStatus
	PID     int
	Version string
	Link    struct{ Connected bool }
}

// works waits until the service runs as another process than before, and the
// server has heard of it. In a container it polls, and says that this is not well.
func (m *machine) works(before int) (st serviceStatus) {
	m.t.Helper()
	var out string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		out, _ = m.run(installedAgent, "status", "--json")
		st = serviceStatus{}
		if json.NewDecoder(strings.NewReader(out)).Decode(&st) == nil && st.PID != before && st.Link.Connected && st.Stream.Acknowledged > 0 {
			return st
		}
	}
	journal, _ := m.run("journalctl", "-u", agentUnit, "-o", "cat", "--no-pager")
	m.t.Fatalf("the service does not work after a minute: %s\n%s", out, journal)
	return st
}

// reports makes sure that a process which starts in the machine is told to the
// server.
func (m *machine) reports(b *browser, word string) {
	m.t.Helper()
	word += filepath.Base(m.dir)
	m.must("/bin/sh", "-c", "sleep 3; :", word) // long enough to be met by polling
	b.await1(`command_line:` + word)
}

// wantGone makes sure that files of the machine are not there.
func (m *machine) wantGone(paths ...string) {
	m.t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(m.root(), path)); !errors.Is(err, fs.ErrNotExist) {
			m.t.Errorf("%s is still there (%v)", path, err)
		}
	}
}

// await1 waits for a start that a filter finds.
func (b *browser) await1(q string) {
	b.t.Helper()
	var page struct{ Events []json.RawMessage }
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		b.must("GET", fmt.Sprintf("/events?limit=1&q=%s", url.QueryEscape("kind:start "+q)), nil, 200, &page)
		if len(page.Events) > 0 {
			return
		}
	}
	b.t.Errorf("after 30 seconds nothing fits %q", q)
}
