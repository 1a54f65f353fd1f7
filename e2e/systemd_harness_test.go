//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a system of its own with systemd, on this kernel and in this network:
// a container whose files are this system's, and what it writes is its own.
type machine struct {
	t       *testing.T
	dir     string
	program string // systemd-nspawn
	cmd     *exec.Cmd
	console *lockedBuffer
	leader  int // its process 1, as it is called outside
}

func (m *machine) root() string { return filepath.Join(m.dir, "root") }

func newMachine(t *testing.T) *machine {
	if os.Getuid() != 0 {
		t.Skip("only root may start a container")
	}
	nspawn, err := exec.LookPath("systemd-nspawn")
	if err != nil {
		t.Skip("systemd-nspawn is missing: Debian's package is systemd-container")
	}
	m := &machine{t: t, program: nspawn, dir: t.TempDir(), console: &lockedBuffer{}}
	own := filepath.Join(m.dir, "own")
	for _, dir := range []string{own, m.root()} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// What a layer of files is written to must not be such a layer itself.
	m.mount("tmpfs", own, "tmpfs", "")
	for _, dir := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(own, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.mount("overlay", m.root(), "overlay", fmt.Sprintf("lowerdir=/,upperdir=%[1]s/upper,workdir=%[1]s/work", own))
	// Nothing that this system starts is to start there.
	wanted, err := filepath.Glob(filepath.Join(m.root(), "etc/systemd/system/*.wants"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range wanted {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) mount(source, target, kind, data string) {
	m.t.Helper()
	if err := syscall.Mount(source, target, kind, 0, data); err != nil {
		m.t.Skipf("%s cannot be mounted here: %v", kind, err)
	}
	m.t.Cleanup(func() {
		if err := syscall.Unmount(target, syscall.MNT_DETACH); err != nil {
			m.t.Errorf("unmount %s: %v", target, err)
		}
	})
}

// copy brings a program into the machine, and returns its path there.
func (m *machine) copy(from, to string) string {
	m.t.Helper()
	content, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(filepath.Join(m.root(), to), content, 0o755)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return to
}

// boot starts the machine and waits until systemd has started what it is to start.
func (m *machine) boot() {
	m.t.Helper()
	m.cmd = exec.Command(m.program, "--quiet", "--register=no", "--keep-unit", "--capability=all", "--machine="+filepath.Base(filepath.Dir(m.dir)), "--directory="+m.root(), "--boot")
	m.cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0")
	m.cmd.Stdout, m.cmd.Stderr = m.console, m.console
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(m.off)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if m.leader = m.child(); m.leader == 0 {
			continue
		}
		// A unit that cannot work in a container leaves the system degraded; it runs nevertheless.
		if state, _ := m.run("systemctl", "is-system-running"); state == "running" || state == "degraded" {
			return
		}
	}
	m.t.Fatalf("the machine has not started in a minute:\n%s", m.console.String())
}

// reboot starts it anew: its files stay, its processes do not.
func (m *machine) reboot() {
	m.t.Helper()
	m.must("systemctl", "--no-block", "reboot")
	m.ended()
	m.boot()
}

// child returns the number of the machine's process 1, 0 if there is none.
func (m *machine) child() int {
	pid := m.cmd.Process.Pid
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		raw, _ := os.ReadFile(path)
		for _, field := range strings.Fields(string(raw)) {
			if name, _ := os.ReadFile("/proc/" + field + "/comm"); strings.TrimSpace(string(name)) == "systemd" {
				n, _ := strconv.Atoi(field)
				return n
			}
		}
	}
	return 0
}

// run runs a command in the machine and returns what it printed.
func (m *machine) run(command ...string) (string, error) {
	line := append([]string{"--target", strconv.Itoa(m.leader), "--mount", "--uts", "--ipc", "--pid", "--root", "--wd"}, command...)
	cmd := exec.Command("nsenter", line...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"}
	out, err := cmd.CombinedOutput()
	return string(bytes.TrimSpace(out)), err
}

// must is run where the command is to succeed.
func (m *machine) must(command ...string) string {
	m.t.Helper()
	out, err := m.run(command...)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return out
}

// off ends the machine.
func (m *machine) off() {
	if m.cmd.ProcessState == nil {
		_ = m.cmd.Process.Signal(syscall.SIGTERM) // has it powered off
		m.ended()
	}
}

// ended waits until the machine has ended, and ends it where that takes too long.
func (m *machine) ended() {
	late := time.AfterFunc(30*time.Second, func() { _ = m.cmd.Process.Kill() })
	_ = m.cmd.Wait()
	late.Stop()
}
