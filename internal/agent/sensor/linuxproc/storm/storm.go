// Package storm tests live sensors: it starts many short processes and compares
// what a sensor told of them with what there was.
//
// It is for tests, which skip where they cannot have the rights.
package storm

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// program is what is started, with arguments of its own each time.
const program = "/bin/true"

// settle is how long a sensor that is told of processes may take to tell.
const settle = 300 * time.Millisecond

// Told is what a sensor told.
type Told struct {
	Events []*event.Process
	Lost   uint64
	State  string // at the end
}

// Record runs a source while during does something, and a moment longer, and
// returns what it told.
func Record(t *testing.T, source sensor.Source, during func()) *Told {
	t.Helper()
	sink := sensor.NewSink(0, 0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := &Told{}
	var wait sync.WaitGroup
	taking, stop := context.WithCancel(context.Background())
	wait.Go(func() {
		for {
			events, gaps, err := sink.Take(taking, 1000)
			if err != nil {
				return
			}
			told.Events = append(told.Events, events...)
			for _, g := range gaps {
				t.Logf("gap: %s, from %s to %s", g.Detail, g.From, g.To)
			}
		}
	})
	ran := make(chan error, 1)
	go func() { ran <- source.Run(ctx, sink) }()
	for end := time.Now().Add(20 * time.Second); sink.Status().Events == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the sensor tells nothing of what runs")
		}
	}
	during()
	time.Sleep(settle)
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("the sensor ended with %v", err)
	}
	stop()
	wait.Wait()
	told.Lost, told.State = sink.Status().Lost, sink.Status().State
	return told
}

// Run starts n short processes, evenly over a time.
func Run(t *testing.T, n int, over time.Duration) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	next := make(chan int)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range next {
				p, err := os.StartProcess(program, arguments(i), &os.ProcAttr{Dir: "/", Files: []*os.File{null, null, null}})
				if err != nil {
					t.Error(err)
					continue
				}
				if _, err := p.Wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	began := time.Now()
	for i := range n {
		time.Sleep(time.Until(began.Add(over * time.Duration(i) / time.Duration(n))))
		next <- i
	}
	close(next)
	wait.Wait()
	t.Logf("%d processes in %s", n, time.Since(began).Round(time.Millisecond))
}

// known tells whether what was told of a process is so, or was gone with its end
// while the sensor read one fact after the other, and the event says that.
func known(p *event.Process, name, told, want string) bool {
	return told == want || told == "" && slices.Contains(strings.Fields(p.Missing), name+"=exited")
}

// tag names a process, and no other test's at the same time.
func tag(i int) string { return fmt.Sprintf("storm-%d-%d", os.Getpid(), i) }

func arguments(i int) []string { return []string{program, tag(i), "two words"} }

// Check compares what was told with the n processes of a Run by this process. It
// returns how many starts were told with their command line; none may be told
// twice, and each must be right.
func Check(t *testing.T, told *Told, n int) (starts int) {
	t.Helper()
	own := uint32(os.Getpid())
	image, err := os.Readlink("/bin")
	if err != nil {
		image = "bin"
	}
	image = "/" + strings.TrimPrefix(image, "/") + "/true"
	var self event.Key
	seen, ended, begun := make([]*event.Process, n), map[event.Key]*event.Process{}, map[event.Key]*event.Process{}
	for _, p := range told.Events {
		if err := p.Check(); err != nil {
			t.Errorf("%s of %d: %v", p.Kind, p.PID, err)
		}
		switch key := p.Key(); {
		case p.Kind == event.Stop:
			if ended[key] != nil {
				t.Errorf("the end of %d is told twice", p.PID)
			}
			ended[key] = p
			continue
		case begun[key] != nil:
			t.Errorf("%s of %d is told twice", p.Kind, p.PID)
		case p.PID == own:
			self = key
			fallthrough
		default:
			begun[key] = p
		}
		var i int
		if fields := strings.Fields(p.CommandLine); len(fields) < 2 || fields[0] != program {
			continue
		} else if k, err := fmt.Sscanf(fields[1], tag(0)[:len(tag(0))-1]+"%d", &i); err != nil || k != 1 || i < 0 || i >= n {
			continue
		}
		if seen[i] != nil {
			t.Errorf("process %d is told twice", i)
		}
		seen[i] = p
	}
	for i, p := range seen {
		if p == nil {
			continue
		}
		starts++
		if want := fmt.Sprintf(`%s %s "two words"`, program, tag(i)); p.CommandLine != want {
			t.Errorf("command line %q; want %q", p.CommandLine, want)
		}
		from := p
		if fork := begun[p.ParentKey()]; fork != nil && fork.PID == p.PID { // on a busy machine it waited so long for its exec that it was told
			from = fork
		}
		if from.ParentPID != own || from.ParentKey() != self || !known(p, "image", p.Image, image) || !known(p, "current_directory", p.CurrentDirectory, "/") {
			t.Errorf("process %d: parent %d %s, image %q, in %q, missing %q; want parent %d %s, image %q, in /", i, p.ParentPID, p.ParentKey(), p.Image, p.CurrentDirectory, p.Missing, own, self, image)
		}
		end := ended[p.Key()]
		if end == nil {
			t.Logf("process %d has no end", i)
			continue
		}
		if !end.Started.Equal(p.Started) || end.Time.Before(p.Time) || end.ExitCode == nil || *end.ExitCode != 0 {
			t.Errorf("process %d: start %+v, end %+v", i, p, end)
		}
	}
	return starts
}
