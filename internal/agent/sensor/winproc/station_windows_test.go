package winproc

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// TestHelperProcess is what the tests below start.
func TestHelperProcess(t *testing.T) {
	if os.Getenv("ELJEFE_TEST_HELPER") == "" {
		t.Skip("it is started by other tests")
	}
	time.Sleep(time.Minute)
}

// A process that is started is in the list, says what it is, and tells its end.
func TestThisStation(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=TestHelperProcess", "a word")
	cmd.Env = append(os.Environ(), "ELJEFE_TEST_HELPER=1")
	before := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pid := uint32(cmd.Process.Pid)

	table := NewTable(ThisStation(nil), event.SensorPoll)
	defer table.Close()
	all, err := table.List()
	if err != nil {
		t.Fatal(err)
	}
	events := table.Running(all)
	if len(events) != len(all) || len(all) < 3 {
		t.Fatalf("%d events of %d processes", len(events), len(all))
	}
	var e *event.Process
	for _, x := range events {
		t.Logf("%d <- %d %s %q %s %s", x.PID, x.ParentPID, x.Image, x.CommandLine, x.Started, x.Missing)
		if x.PID == pid {
			e = x
		}
		if err := x.Check(); err != nil {
			t.Errorf("%d: %v", x.PID, err)
		}
	}
	if e == nil {
		t.Fatalf("the process %d is not in the list", pid)
	}
	if !strings.EqualFold(e.Image, program) || !strings.HasSuffix(e.CommandLine, `"a word"`) || e.ParentPID != uint32(os.Getpid()) {
		t.Errorf("it says image %q, command line %q, parent %d", e.Image, e.CommandLine, e.ParentPID)
	}
	if d := e.Started.Sub(before); d < -time.Second || d > 5*time.Second {
		t.Errorf("it says that it began at %s; it was started at %s", e.Started, before)
	}
	if e.ParentStarted.IsZero() || !strings.EqualFold(e.ParentImage, program) {
		t.Errorf("its parent is %q since %s", e.ParentImage, e.ParentStarted)
	}

	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	after := time.Now()
	time.Sleep(50 * time.Millisecond)
	if all, err = table.List(); err != nil {
		t.Fatal(err)
	}
	for _, stop := range table.Missing(all, time.Now()) {
		if stop.PID != pid {
			continue
		}
		if stop.ExitCode == nil || *stop.ExitCode != 1 || stop.Inferred || stop.Statistics == nil {
			t.Errorf("its end is %+v, statistics %+v", stop, stop.Statistics)
		}
		if d := stop.Time.Sub(after).Abs(); d > 2*time.Second || stop.Key() != e.Key() {
			t.Errorf("its end was at %s, with the key %s; want %s, %s", stop.Time, stop.Key(), after, e.Key())
		}
		return
	}
	t.Error("its end was not told")
}
