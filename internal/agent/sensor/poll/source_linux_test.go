package poll

import (
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc/storm"
	"github.com/eljefe/eljefe/internal/event"
)

// What lives for longer than a look is told once, with its start, an exec and its end.
func TestPoll(t *testing.T) {
	s, err := Open(Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cmd := exec.Command("/bin/sh", "-c", "sleep 1.2; exec sleep 1.2")
	var began time.Time
	told := storm.Record(t, s, func() {
		began = time.Now()
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Rundown(t.Context()); err != nil || n == 0 {
			t.Errorf("rundown of %d, %v", n, err)
		}
		time.Sleep(interval)
	})
	var got []string
	for _, p := range told.Events {
		if p.PID != uint32(cmd.Process.Pid) || p.Kind == event.Running {
			continue
		}
		got = append(got, string(p.Kind)+" "+p.CommandLine)
		if p.Inferred != (len(got) == 4) {
			t.Errorf("event %d, a %s, was inferred: %t; want that of the end that was missed alone", len(got), p.Kind, p.Inferred)
		}
		if late := p.Started.Sub(began); len(got) == 1 && (late < -time.Second || late > time.Second) {
			t.Errorf("it is said to have started %s after its start", late)
		}
	}
	want := []string{`start /bin/sh -c "sleep 1.2; exec sleep 1.2"`, "stop ", "start sleep 1.2", "stop "}
	if !slices.Equal(got, want) {
		t.Errorf("told %q; want %q", got, want)
	}
}
