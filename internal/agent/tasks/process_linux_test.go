package tasks

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// sleeper starts a process that sleeps, and returns its task.
func sleeper(t *testing.T) (*exec.Cmd, wire.Task) {
	t.Helper()
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("there is no sleep to end")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "60")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, wire.Task{Verb: wire.EndProcess, PID: uint32(cmd.Process.Pid), Started: began, Image: path}
}

func allowed(c *Config) { c.EndProcess = true }

func TestEndProcess(t *testing.T) {
	cmd, task := sleeper(t)
	r, _ := newRunner(t, allowed)
	forbidden, _ := newRunner(t)
	changed := func(how func(*wire.Task)) wire.Task { c := task; how(&c); return c }
	for _, test := range []struct {
		name   string
		runner *Runner
		task   wire.Task
		state  wire.TaskState
		want   string
	}{
		{"not allowed", forbidden, task, wire.TaskRefused, "not allowed in its configuration"},
		{"init", r, changed(func(t *wire.Task) { t.PID = 1 }), wire.TaskRefused, "belongs to the system"},
		{"no pid", r, changed(func(t *wire.Task) { t.PID = 0 }), wire.TaskRefused, "belongs to the system"},
		{"itself", r, changed(func(t *wire.Task) { t.PID = uint32(os.Getpid()) }), wire.TaskRefused, "the agent itself"},
		{"no start", r, changed(func(t *wire.Task) { t.Started = time.Time{} }), wire.TaskRefused, "does not say"},
		{"no image", r, changed(func(t *wire.Task) { t.Image = "" }), wire.TaskRefused, "does not say"},
		{"another start", r, changed(func(t *wire.Task) { t.Started = t.Started.Add(-5 * time.Second) }), wire.TaskFailed, "left alone: it began"},
		{"another image", r, changed(func(t *wire.Task) { t.Image = "/usr/bin/vi" }), wire.TaskFailed, "left alone: it runs"},
		{"another boot", r, changed(func(t *wire.Task) { t.BootID = 99 }), wire.TaskDone, "ended before"},
		{"nobody", r, changed(func(t *wire.Task) { t.PID = 1 << 30 }), wire.TaskDone, "ended before"},
	} {
		out := test.runner.do(t.Context(), test.task)
		if out.state != test.state || !strings.Contains(out.message, test.want) {
			t.Errorf("%s: %s %q; want %s %q", test.name, out.state, out.message, test.state, test.want)
		}
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Fatalf("the process was not left alone: %v", err)
	}

	if out := r.do(t.Context(), changed(func(t *wire.Task) { t.BootID = 5 })); out.state != wire.TaskDone || !strings.Contains(out.message, "ended "+task.Image) {
		t.Errorf("%s %q", out.state, out.message)
	}
	// It is a zombie until somebody waits for it, and has ended all the same.
	deadline := time.Now().Add(10 * time.Second)
	for {
		out := r.do(t.Context(), task)
		if out.state == wire.TaskDone && strings.Contains(out.message, "ended before") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("once more: %s %q", out.state, out.message)
		}
		time.Sleep(time.Millisecond)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the process ended with %v; want killed", err)
	}
}

// What is no file of the station is not opened, or not read, however it is called.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	pipe, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "link")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	target := keepFile(t, "target", []byte("x"))
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/dev/zero": "a device", pipe: "a device or a pipe", link: "a link to another place", "/proc/self/fd/0": "link",
	} {
		r, _ := newRunner(t)
		out := r.do(t.Context(), wire.Task{Verb: wire.FetchFile, SHA256: sum([]byte("x")), Paths: []string{path}})
		if out.state != wire.TaskFailed || !strings.Contains(out.message, want) {
			t.Errorf("%s: %s %q; want %q in it", path, out.state, out.message, want)
		}
	}
	// The seam itself follows no link and does not wait at a pipe, should the
	// path have changed between the look and the opening.
	if f, err := openFile(link); err == nil {
		f.Close()
		t.Error("a link was followed")
	}
	f, err := openFile(pipe)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	// A file that says that it has no size, and has no end within the limit.
	r, _ := newRunner(t, func(c *Config) { c.FileBytes = 10 })
	out := r.do(t.Context(), wire.Task{Verb: wire.FetchFile, SHA256: sum(nil), Paths: []string{"/proc/self/maps"}})
	if out.state != wire.TaskFailed || !strings.Contains(out.message, "at most 10 are sent") {
		t.Errorf("/proc/self/maps: %s %q", out.state, out.message)
	}
}
