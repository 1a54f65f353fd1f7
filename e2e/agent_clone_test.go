//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A copy of a station's disk becomes a station of its own, and each has its own
// events: what was recorded before the copy stays the first one's, what the copy
// recorded since it runs is the copy's.
func TestAgentIsCopied(t *testing.T) {
	t.Parallel() // most of it is waiting
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	with := letIn(b, listen)
	first, second := newStation(t, with), newStation(t, with)
	first.start("--replay", demoRecording, "--computer", "ACC-01", "--speed", "0")
	before := first.delivered(50, 30*time.Second)
	first.stop()
	if err := os.RemoveAll(second.dir); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("cp", "-a", first.dir, second.dir).CombinedOutput(); err != nil {
		t.Fatalf("copy the station: %v: %s", err, out)
	}

	first.start("--sensor", "none")
	first.delivered(before.Stream.Last+1, 30*time.Second)
	recording := recordedOf(t, "ACC-02")
	second.start("--replay", demoRecording, "--computer", "ACC-02", "--speed", "0")
	// Both say hello once a minute. The copy is told at the first one that comes
	// after one of the station's own: its second, or else its third.
	var apart agentStatus
	for deadline := time.Now().Add(150 * time.Second); time.Now().Before(deadline); time.Sleep(time.Second) {
		if st, ok := second.status(); ok && st.Station != 0 && st.Station != before.Station {
			apart = second.delivered(uint64(len(recording)), 30*time.Second)
			break
		}
	}
	if apart.Station == 0 {
		t.Fatalf("the copy is still station %d\n%s", before.Station, second.log.String())
	}
	first.stop()
	second.stop()
	var about struct {
		Agent struct {
			PartedFrom struct{ ID int64 } `json:"parted_from"`
		}
	}
	b.must("GET", fmt.Sprintf("/stations/%d", apart.Station), nil, 200, &about)
	if about.Agent.PartedFrom.ID != before.Station {
		t.Errorf("the copy parted from station %d; want %d", about.Agent.PartedFrom.ID, before.Station)
	}
	want := int64(0)
	for _, e := range recording {
		if e["kind"] != "stop" {
			want++
		}
	}
	if got := b.events(apart.Station); got != want {
		t.Errorf("the copy has %d processes; want the %d that it recorded itself", got, want)
	}
}

// events counts a station's process starts that were ever stored.
func (b *browser) events(station int64) (starts int64) {
	b.t.Helper()
	var about struct{ Processes int64 }
	b.must("GET", fmt.Sprintf("/stations/%d", station), nil, 200, &about)
	return about.Processes
}

// What a station is asked for, it does: list what runs once more, which adds no
// process that was there, and tell how it is.
func TestAgentTasks(t *testing.T) {
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	a.start("--replay", demoRecording, "--computer", "ACC-03", "--speed", "0")
	before := a.delivered(50, 30*time.Second)
	starts := b.events(before.Station)
	for verb, want := range map[string]string{"list_processes": "done", "diagnose": "done", "end_process": ""} {
		ask := map[string]any{"verb": verb, "why": "a test"}
		if want == "" {
			if code, raw := b.do("POST", fmt.Sprintf("/stations/%d/tasks", before.Station), ask); code < 400 {
				t.Errorf("%s without a process: %d %s", verb, code, raw)
			}
			continue
		}
		var task struct {
			ID             int64
			State, Message string
		}
		b.must("POST", fmt.Sprintf("/stations/%d/tasks", before.Station), ask, 200, &task)
		for deadline := time.Now().Add(30 * time.Second); task.State != want && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
			b.must("GET", fmt.Sprintf("/tasks/%d", task.ID), nil, 200, &task)
		}
		if task.State != want {
			t.Errorf("%s is %+v; want it %s", verb, task, want)
		}
	}
	after := a.delivered(before.Stream.Last+1, 30*time.Second)
	if again := b.events(before.Station); again != starts {
		t.Errorf("after %d records more there are %d processes; before there were %d", after.Stream.Last-before.Stream.Last, again, starts)
	}
	a.stop()
}
