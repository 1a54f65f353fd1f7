//go:build linux

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
)

// An agent becomes a newer one that its server offers, stays it when it is killed,
// keeps it through one that does not report, and has all of it in the history.
func TestAgentIsUpdated(t *testing.T) {
	t.Parallel() // most of it is waiting
	programs := t.TempDir()
	first := buildAgent(t, programs, "v1.0.0", nil)
	second := buildAgent(t, programs, "v1.1.0", nil)
	// Real in all but one thing: it asks for what the server does not have, so the
	// server never answers its hello.
	mute := buildAgent(t, programs, "v1.2.0", map[string]string{"internal/wire/wire.go": `"/agent/v1/hello"=>"/agent/v1/hullo"`})
	crashing := buildProgram(t, programs, "crashing", `package main
		import ("fmt"; "os")
		func main() { fmt.Fprintln(os.Stderr, "it breaks"); os.Exit(3) }`)

	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	m := manage(t, first, letIn(b, listen))
	station := m.awaitVersion(b, "v1.0.0")

	offer(t, s, "v1.1.0", second)
	b.must("PUT", "/updates", map[string]any{"enabled": true, "labels": []string{}, "share": 100, "threshold": 50}, 403, nil) // without the password
	b.must("PUT", "/updates", map[string]any{"enabled": true, "labels": []string{}, "share": 100, "threshold": 50, "password": newPassword}, 200, nil)
	m.ask()
	if again := m.awaitVersion(b, "v1.1.0"); again != station {
		t.Errorf("the updated agent is station %d; it was %d", again, station)
	}
	u := b.awaitUpdate(m.log.String, "v1.1.0", "reporting")
	if u.From != "v1.0.0" || u.Who != "admin" || u.Fetching == nil || u.Verified == nil || u.Installed == nil || u.Ended == nil {
		t.Errorf("the update is told as %+v", u)
	}
	if m.installed() != digestOf(t, first) {
		t.Error("the installed program was changed")
	}
	m.kill()
	m.awaitBegin("v1.1.0", 2) // once when it took over, and once now
	m.awaitVersion(b, "v1.1.0")

	offer(t, s, "v1.2.0", mute)
	m.ask()
	u = b.awaitUpdate(m.log.String, "v1.2.0", "rolled_back")
	if !strings.Contains(u.Why, "did not report") {
		t.Errorf("why it was rolled back: %q", u.Why)
	}
	m.awaitVersion(b, "v1.1.0")
	var state struct {
		State  string
		Paused struct{ Why struct{ Code string } }
	}
	b.must("GET", "/updates", nil, 200, &state)
	if state.State != "paused" || state.Paused.Why.Code != "update_paused_failures" {
		t.Errorf("after the failure the roll-out is %+v", state)
	}

	offer(t, s, "v1.3.0", crashing)
	b.must("POST", "/updates/resume", map[string]any{"password": newPassword}, 200, nil)
	m.ask()
	if u = b.awaitUpdate(m.log.String, "v1.3.0", "rolled_back"); !strings.Contains(u.Why, "exit status 3") || !strings.Contains(u.Why, "it breaks") {
		t.Errorf("why it was rolled back: %q", u.Why)
	}
	m.awaitVersion(b, "v1.1.0")
	m.stop()
	if l := b.ledger(station); l.gaps["unexplained"]+l.gaps["refused"]+l.gaps["spool_damaged"] > 0 {
		t.Errorf("the gaps are %v", l.gaps)
	}
}

// Whenever an update is broken off, by a kill of everything that belongs to the
// service, the station comes back with an agent that works, and ends up updated.
func TestUpdateSurvivesKills(t *testing.T) {
	t.Parallel() // most of it is waiting
	programs := t.TempDir()
	first := buildAgent(t, programs, "v1.0.0", nil)
	second := buildAgent(t, programs, "v1.1.0", nil)
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	with := letIn(b, listen)
	offer(t, s, "v1.1.0", second)
	b.must("PUT", "/updates", map[string]any{"enabled": true, "labels": []string{}, "share": 100, "threshold": 50, "password": newPassword}, 200, nil)

	for _, at := range []string{"a newer agent is offered", "the newer agent is fetched and verified", "trying the newer agent", "the newer agent works", "going over to the newer agent"} {
		t.Run(at, func(t *testing.T) {
			m := manage(t, first, with)
			m.await(at)
			if strings.Contains(at, "offered") {
				time.Sleep(1500 * time.Millisecond) // in the middle of the program
			}
			m.kill()
			m.awaitBegin("v1.1.0", 1)
			b.awaitUpdate(m.log.String, "v1.1.0", "reporting")
			m.stop()
		})
	}
}

// offer makes a program what the server has for new clients on this system.
func offer(t *testing.T, s *server, version, program string) {
	t.Helper()
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	err = catalogue.Write(filepath.Join(s.dir, "clients"), []installer.Generic{{Format: installer.Debian, Arch: runtime.GOARCH, Version: version, Content: content}}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// buildAgent builds the agent with a version, and with texts in its sources
// replaced: "before=>after" by file. env says for which system, if not for this one.
func buildAgent(t *testing.T, dir, version string, changes map[string]string, env ...string) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	replaced := map[string]string{}
	for name, change := range changes {
		before, after, _ := strings.Cut(change, "=>")
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || strings.Count(string(raw), before) != 1 {
			t.Fatalf("%s does not have %q once: %v", name, before, err)
		}
		file := filepath.Join(dir, version+"-"+filepath.Base(name))
		if err := os.WriteFile(file, []byte(strings.Replace(string(raw), before, after, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[filepath.Join(root, name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, version+".json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "eljefe-agent-"+version)
	build(t, env, "-overlay", file, "-ldflags", "-s -w -X main.version="+version, "-o", program, "github.com/eljefe/eljefe/cmd/eljefe-agent")
	return program
}

// buildProgram builds a program of one file.
func buildProgram(t *testing.T, dir, name, source string, env ...string) string {
	t.Helper()
	file := filepath.Join(dir, name+".go")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, name)
	build(t, env, "-o", program, file)
	return program
}

func build(t *testing.T, env []string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build", "-buildvcs=false"}, args...)...)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
}

// A manager stands in for systemd, which does not run where tests do: it starts
// the installed agent, ends all that is left of it when its first process ends,
// and starts it anew, as Restart=always and KillMode=control-group do.
type manager struct {
	t       *testing.T
	program string
	args    []string
	log     *lockedBuffer
	done    chan struct{}

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool
}

// manage installs a program as a service, and starts it.
func manage(t *testing.T, program string, with enrolment) *manager {
	t.Helper()
	dir := stateDir(t)
	m := &manager{t: t, program: filepath.Join(dir, "bin", "eljefe-agent"), log: &lockedBuffer{}, done: make(chan struct{})}
	content, err := os.ReadFile(program)
	if err == nil {
		err = os.Mkdir(filepath.Dir(m.program), 0o755)
	}
	if err == nil {
		err = os.WriteFile(m.program, content, 0o755)
	}
	config := filepath.Join(dir, "config.json")
	if err == nil {
		err = os.WriteFile(config, fmt.Appendf(nil, `{"server": %q, "authority": %q, "enrolment_key": %q, "proxy": "none", "no_devices": true}`, with.server, with.authority, with.key), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.args = []string{"run", "--config", config, "--state-dir", filepath.Join(dir, "s"), "--sensor", "poll", "--trial-time", "15s", "--selftest-every", "1h"}
	go m.run()
	t.Cleanup(m.stop)
	return m
}

func (m *manager) run() {
	defer close(m.done)
	for {
		m.mu.Lock()
		if m.stopped {
			m.mu.Unlock()
			return
		}
		m.cmd = exec.Command(m.program, m.args...)
		m.cmd.Stdout, m.cmd.Stderr = m.log, m.log
		m.cmd.WaitDelay = time.Second
		m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		err := m.cmd.Start()
		m.mu.Unlock()
		if err != nil {
			m.t.Error(err)
			return
		}
		_ = m.cmd.Wait()
		_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
		time.Sleep(300 * time.Millisecond)
	}
}

// ask has the agent say hello, and not only within a minute, once the server has
// looked up anew what it offers.
func (m *manager) ask() {
	time.Sleep(offersLooked)
	m.kill()
}

// offersLooked is how old what a server knows of its offers may be, and a little.
const offersLooked = 3500 * time.Millisecond

// kill ends everything at once.
func (m *manager) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
}

func (m *manager) stop() {
	m.mu.Lock()
	first := !m.stopped
	m.stopped = true
	if first {
		_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGTERM)
	}
	m.mu.Unlock()
	select {
	case <-m.done:
	case <-time.After(20 * time.Second):
		m.kill()
		m.t.Errorf("the agent does not end\n%s", m.log.String())
	}
}

// await waits until the agent has logged a text.
func (m *manager) await(text string) { m.t.Helper(); m.awaitTimes(text, 1) }

// awaitBegin waits until agents of a version have begun so often.
func (m *manager) awaitBegin(version string, times int) {
	m.t.Helper()
	m.awaitTimes(`msg="agent began" version=`+version, times)
}

func (m *manager) awaitTimes(text string, times int) {
	m.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if strings.Count(m.log.String(), text) >= times {
			return
		}
	}
	m.t.Fatalf("after two minutes the agent has not logged %q %d times\n%s", text, times, m.log.String())
}

func (m *manager) installed() string { m.t.Helper(); return digestOf(m.t, m.program) }

func digestOf(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw))
}

// awaitVersion waits until the only station says that its agent has a version, and
// is in contact, and returns its number.
func (m *manager) awaitVersion(b *browser, version string) int64 {
	m.t.Helper()
	return b.awaitVersion(version, m.log.String)
}

// awaitVersion is that of any agent, which logs what log returns.
func (b *browser) awaitVersion(version string, log func() string) int64 {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		var page struct {
			Stations []struct {
				ID    int64
				Agent struct {
					Version string `json:"agent_version"`
				}
			}
		}
		b.must("GET", "/stations?agent_version="+version, nil, 200, &page)
		if len(page.Stations) == 1 {
			return page.Stations[0].ID
		}
	}
	b.t.Fatalf("after two minutes no station has the agent %s\n%s", version, log())
	return 0
}

// stationUpdate is an entry of the history of updates.
type stationUpdate struct {
	From, To, State, Why, Who            string
	Fetching, Verified, Installed, Ended *time.Time
}

func (b *browser) updates() []stationUpdate {
	b.t.Helper()
	var page struct{ Updates []stationUpdate }
	b.must("GET", "/updates/stations", nil, 200, &page)
	return page.Updates
}

// awaitUpdate waits until the newest update is to a version and in a state.
func (b *browser) awaitUpdate(log func() string, version, state string) stationUpdate {
	b.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if list := b.updates(); len(list) > 0 && list[0].To == version && list[0].State == state {
			return list[0]
		}
	}
	b.t.Fatalf("after two minutes the updates are %+v; want one to %s that is %s\n%s", b.updates(), version, state, log())
	return stationUpdate{}
}
