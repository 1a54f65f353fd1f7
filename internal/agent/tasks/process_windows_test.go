package tasks

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// TestSleeper is what TestEndProcess starts.
func TestSleeper(t *testing.T) {
	if os.Getenv("ELJEFE_TEST_HELPER") == "" {
		t.Skip("it is started by another test")
	}
	time.Sleep(time.Minute)
}

func TestEndProcess(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=TestSleeper")
	cmd.Env = append(os.Environ(), "ELJEFE_TEST_HELPER=1")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	task := wire.Task{Verb: wire.EndProcess, PID: uint32(cmd.Process.Pid), Started: began, Image: strings.ToUpper(program)}

	r, _ := newRunner(t, func(c *Config) { c.EndProcess = true })
	changed := func(how func(*wire.Task)) wire.Task { c := task; how(&c); return c }
	for _, test := range []struct {
		name  string
		task  wire.Task
		state wire.TaskState
		want  string
	}{
		{"another start", changed(func(t *wire.Task) { t.Started = t.Started.Add(-5 * time.Second) }), wire.TaskFailed, "left alone: it began"},
		{"another image", changed(func(t *wire.Task) { t.Image = `C:\other.exe` }), wire.TaskFailed, "left alone: it runs"},
		{"nobody", changed(func(t *wire.Task) { t.PID = 0x7ffffff0 }), wire.TaskDone, "ended before"},
		{"itself", changed(func(t *wire.Task) { t.PID = uint32(os.Getpid()) }), wire.TaskRefused, "the agent itself"},
		{"the one", task, wire.TaskDone, "ended " + task.Image},
		{"once more", task, wire.TaskDone, "ended before"},
	} {
		out := r.do(t.Context(), test.task)
		if out.state != test.state || !strings.Contains(out.message, test.want) {
			t.Errorf("%s: %s %q; want %s %q", test.name, out.state, out.message, test.state, test.want)
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != endedByTask {
		t.Errorf("it ended with %v, code %d", err, cmd.ProcessState.ExitCode())
	}
}
