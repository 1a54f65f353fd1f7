package poll

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// TestSleeper is what TestMany starts.
func TestSleeper(t *testing.T) {
	code, err := strconv.Atoi(os.Getenv("ELJEFE_TEST_HELPER"))
	if err != nil {
		t.Skip("it is started by another test")
	}
	time.Sleep(2 * listEvery)
	os.Exit(code)
}

// Of many processes that live longer than the interval each is told of, with its
// command line, its end and its exit code.
func TestMany(t *testing.T) {
	s, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	sink := sensor.NewSink(0, 0)
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx, sink) }()
	if _, _, err := sink.Take(ctx, 1000); err != nil {
		t.Fatal(err)
	}

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const many = 25
	codes := map[uint32]uint32{}
	for i := range many {
		child := exec.Command(program, "-test.run=TestSleeper", fmt.Sprintf("number-%d", i))
		child.Env = append(os.Environ(), fmt.Sprintf("ELJEFE_TEST_HELPER=%d", i+1))
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		codes[uint32(child.Process.Pid)] = uint32(i + 1)
		go func() { _ = child.Wait() }()
	}
	starts, stops := map[event.Key]*event.Process{}, 0
	for stops < many {
		events, _, err := sink.Take(ctx, 1000)
		if err != nil {
			t.Fatalf("%d starts and %d ends were told of %d", len(starts), stops, many)
		}
		for _, e := range events {
			code, ours := codes[e.PID]
			switch {
			case !ours:
			case e.Kind == event.Start:
				starts[e.Key()] = e
				if !strings.HasSuffix(e.CommandLine, fmt.Sprintf("number-%d", code-1)) || e.ParentPID != uint32(os.Getpid()) || e.Privileges == nil {
					t.Errorf("the start of number %d is %+v", code-1, e)
				}
			case e.Kind == event.Stop:
				stops++
				if starts[e.Key()] == nil || e.ExitCode == nil || *e.ExitCode != code || e.Inferred {
					t.Errorf("the end of number %d is %+v", code-1, e)
				}
			}
		}
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
