package live

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// TestSleeper is what other tests start.
func TestSleeper(t *testing.T) {
	if os.Getenv("ELJEFE_TEST_HELPER") == "" {
		t.Skip("it is started by another test")
	}
	time.Sleep(1500 * time.Millisecond)
	os.Exit(23)
}

// The best sensor that can be had tells of this process and of one that starts
// and ends, and says why it is not a better one.
func TestBest(t *testing.T) {
	s, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	sink := sensor.NewSink(0, 0)
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx, sink) }()

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var child *exec.Cmd
	var start *event.Process
	for over := false; !over; {
		events, _, err := sink.Take(ctx, 100)
		if err != nil {
			t.Fatalf("started: %t, start seen: %t; its end was not", child != nil, start != nil)
		}
		for _, p := range events {
			switch {
			case child == nil && p.PID == uint32(os.Getpid()):
				if p.Kind != event.Running || !strings.EqualFold(p.Image, program) {
					t.Errorf("this process is %+v", p)
				}
				child = exec.Command(program, "-test.run=TestSleeper")
				child.Env = append(os.Environ(), "ELJEFE_TEST_HELPER=1")
				if err := child.Start(); err != nil {
					t.Fatal(err)
				}
				go func() { _ = child.Wait() }()
			case child != nil && p.Kind == event.Start && p.PID == uint32(child.Process.Pid):
				start = p
				if !strings.EqualFold(p.Image, program) || !strings.HasSuffix(p.CommandLine, "-test.run=TestSleeper") || p.ParentPID != uint32(os.Getpid()) || p.Privileges == nil || p.UserSID == "" {
					t.Errorf("the start is %+v", p)
				}
			case start != nil && p.Kind == event.Stop && p.Key() == start.Key():
				over = true
				if p.ExitCode == nil || *p.ExitCode != 23 || p.Statistics == nil || p.Inferred {
					t.Errorf("the end is %+v", p)
				}
			}
		}
	}
	if n, err := s.Rundown(ctx); n < 3 || err != nil {
		t.Errorf("a rundown of %d processes, %v", n, err)
	}
	st := sink.Status()
	t.Logf("%+v", st)
	if st.Mode != event.SensorETW && !strings.Contains(st.Detail, "no etw: ") {
		t.Errorf("its state is %+v; want why it is not etw", st)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
