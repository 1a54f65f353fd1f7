//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// agentProgram builds the agent once, beside the server's program.
var agentProgram = sync.OnceValues(func() (string, error) {
	server, err := program()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(server), "eljefe-agent")
	out, err := exec.Command("go", "build", "-o", path, "github.com/eljefe/eljefe/cmd/eljefe-agent").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// enrolment is what an agent is told once.
type enrolment struct{ server, authority, key string }

// letIn makes an enrolment key for agents that call the server at address.
func letIn(b *browser, address string) enrolment {
	b.t.Helper()
	var made struct{ Secret string }
	b.must("POST", "/enrolment-keys", map[string]any{"name": "test"}, 200, &made)
	var status struct{ Agents struct{ Authority string } }
	b.must("GET", "/status", nil, 200, &status)
	return enrolment{"https://" + address, status.Agents.Authority, made.Secret}
}

// station is an agent and its state.
type station struct {
	t    *testing.T
	dir  string
	with enrolment
	cmd  *exec.Cmd
	log  *lockedBuffer

	// Where the agent is another program, or runs in another place; zero: ours, here.
	program   string
	within    []string // command that runs it there
	env       []string
	interrupt os.Signal // tells it to end
}

// command returns a command line of the agent.
func (s *station) command(args ...string) *exec.Cmd {
	s.t.Helper()
	path := s.program
	if path == "" {
		var err error
		if path, err = agentProgram(); err != nil {
			s.t.Fatal(err)
		}
	}
	line := slices.Concat(s.within, []string{path}, args)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = s.env
	return cmd
}

// stateDir returns a folder with a short name: a socket's path must fit in it.
func stateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func newStation(t *testing.T, with enrolment) *station {
	return &station{t: t, dir: stateDir(t), with: with, log: &lockedBuffer{}}
}

// start runs the agent.
func (s *station) start(args ...string) {
	s.t.Helper()
	s.cmd = s.command(slices.Concat([]string{
		"run", "--state-dir", s.dir, "--server", s.with.server, "--authority", s.with.authority, "--key", s.with.key, "--proxy", "none",
	}, args)...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.kill)
}

// kill ends the agent as a power cut would.
func (s *station) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// stop asks the agent to end, which takes ten seconds at most.
func (s *station) stop() {
	s.t.Helper()
	if s.interrupt == nil {
		s.interrupt = syscall.SIGTERM
	}
	_ = s.cmd.Process.Signal(s.interrupt)
	late := time.AfterFunc(15*time.Second, func() { _ = s.cmd.Process.Kill() })
	began := time.Now()
	err := s.cmd.Wait()
	late.Stop()
	if err != nil || time.Since(began) > 11*time.Second {
		s.t.Errorf("the agent ended after %s with %v\n%s", time.Since(began), err, s.log.String())
	}
}

// agentStatus is what `eljefe-agent status --json` says.
type agentStatus struct {
	Healthy bool
	Station int64
	Stream  struct{ Last, Acknowledged, Waiting uint64 }
	Sensor  struct {
		State        string
		Events, Lost uint64
	}
	Self struct {
		MemoryBytes uint64  `json:"memory_bytes"`
		CPUSeconds  float64 `json:"cpu_seconds"`
	}
}

func (s *station) status() (st agentStatus, ok bool) {
	out, _ := s.command("status", "--json", "--state-dir", s.dir).Output() // it fails when the agent is not well
	return st, json.Unmarshal(out, &st) == nil
}

// delivered waits until the server has acknowledged all that the agent has, and
// that is at least so much.
func (s *station) delivered(least uint64, limit time.Duration) agentStatus {
	s.t.Helper()
	var st agentStatus
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var ok bool
		if st, ok = s.status(); ok && st.Stream.Last >= least && st.Stream.Acknowledged == st.Stream.Last && st.Stream.Waiting == 0 {
			return st
		}
	}
	s.t.Fatalf("after %s the agent is %+v\n%s", limit, st, s.log.String())
	return st
}

// ledger is what the server has of a station.
type ledger struct {
	events int64
	gaps   map[string]int // by cause
}

func (b *browser) ledger(st int64) ledger {
	b.t.Helper()
	var about struct{ Name string }
	b.must("GET", fmt.Sprintf("/stations/%d", st), nil, 200, &about)
	l := ledger{gaps: map[string]int{}}
	for _, kind := range []string{"start", "stop", "running"} {
		var counted struct {
			Count   int64
			AtLeast bool `json:"at_least"`
		}
		q := fmt.Sprintf("kind:%s origin:live station:%q", kind, about.Name)
		b.must("GET", "/events/count?q="+url.QueryEscape(q), nil, 200, &counted)
		if counted.AtLeast {
			b.t.Fatal("there are more events than the API counts exactly; make the test smaller")
		}
		l.events += counted.Count
	}
	for cursor := ""; ; {
		var page struct {
			Gaps []struct{ Cause string }
			Next string
		}
		b.must("GET", fmt.Sprintf("/gaps?station=%d&limit=100&cursor=%s", st, url.QueryEscape(cursor)), nil, 200, &page)
		for _, g := range page.Gaps {
			l.gaps[g.Cause]++
		}
		if cursor = page.Next; cursor == "" {
			return l
		}
	}
}

// own is how many of the gaps the station told of itself.
func (l ledger) own() (n int64) {
	for cause, count := range l.gaps {
		if cause != "unexplained" && cause != "refused" {
			n += int64(count)
		}
	}
	return n
}

// cable is a TCP connection to somewhere that can be cut.
type cable struct {
	to       string
	listener net.Listener

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{to: to, listener: l, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); c.set(true) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(in)
		}
	}()
	return c
}

func (c *cable) carry(in net.Conn) {
	defer func() { _ = in.Close() }()
	out, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	c.mu.Lock()
	if c.cut {
		c.mu.Unlock()
		return
	}
	c.conns[in], c.conns[out] = true, true
	c.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			buf := make([]byte, 1500)
			for {
				n, err := way[0].Read(buf)
				if err != nil {
					break
				}
				if _, err := way[1].Write(buf[:n]); err != nil {
					break
				}
			}
			done <- struct{}{}
		}()
	}
	<-done
	c.mu.Lock()
	delete(c.conns, in)
	delete(c.conns, out)
	c.mu.Unlock()
}

// set cuts the cable, or mends it.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for conn := range c.conns {
			_ = conn.Close()
		}
	}
}
