//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// An agent on this very machine reports what starts here, from the kernel to the
// API: who started it, with which command line, and how it ended.
func TestAgentSeesThisMachine(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may put programs into the kernel")
	}
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	a.start()
	a.reported(5, 30*time.Second) // what runs already

	const processes = 240
	word := "canary" + filepath.Base(a.dir)
	script := fmt.Sprintf(`i=0; while [ $i -lt %d ]; do /bin/true %s $i; i=$((i+1)); done; /bin/sh -c "exit 3" %s`, processes, word, word)
	cmd := exec.Command("/bin/sh", "-c", script, word)
	if err := cmd.Run(); err == nil {
		t.Fatal("the script's last command did not fail")
	}
	q := url.QueryEscape(fmt.Sprintf(`image:*/true command_line:%q`, word))
	var list struct {
		Events []struct {
			Kind          string
			CommandLine   string `json:"command_line"`
			ParentPID     int    `json:"parent_pid"`
			ParentImage   string `json:"parent_image"`
			SHA256        string
			Sensor        string
			ExitCode      *int `json:"exit_code"`
			StationID     int64
			ParentStarted time.Time `json:"parent_started"`
		}
		Coverage struct{ Complete bool }
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		list.Events = nil
		b.must("GET", "/events?limit=500&q="+q, nil, 200, &list)
		if len(list.Events) >= 2*processes || time.Now().After(deadline) {
			break
		}
	}
	starts, stops := map[string]int{}, 0
	for _, e := range list.Events {
		if e.Kind == "stop" {
			stops++
			if e.ExitCode == nil || *e.ExitCode != 0 {
				t.Errorf("the end of %q has the exit code %v", e.CommandLine, e.ExitCode)
			}
			continue
		}
		starts[e.CommandLine]++
		if e.ParentPID != cmd.Process.Pid || e.ParentImage == "" || e.Sensor != "ebpf" || len(e.SHA256) != 64 {
			t.Fatalf("a start is %+v; want one by eBPF whose parent is process %d, with a hash", e, cmd.Process.Pid)
		}
	}
	if stops != processes || len(starts) != processes {
		t.Errorf("%d starts and %d ends are there, of %d processes", len(starts), stops, processes)
	}
	for i := range processes {
		if line := fmt.Sprintf("/bin/true %s %d", word, i); starts[line] != 1 {
			t.Errorf("%q is there %d times", line, starts[line])
		}
	}
	st := a.reported(2*processes, 30*time.Second)
	if !st.Healthy || st.Sensor.State != "working" || st.Sensor.Lost != 0 {
		t.Errorf("the agent is %+v\n%s", st, a.log.String())
	}
	t.Logf("the agent has %.1f MB resident", float64(st.Self.MemoryBytes)/1e6)
	a.stop()
}

// reported waits until the server has so many records. On a machine that lives
// there are always some that wait.
func (s *station) reported(least uint64, limit time.Duration) agentStatus {
	s.t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if st, ok := s.status(); ok && st.Stream.Acknowledged >= least {
			return st
		}
	}
	s.t.Fatalf("%d records were not reported within %s\n%s", least, limit, s.log.String())
	return agentStatus{}
}

// The selftest sees its canary by each source.
func TestSelftest(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may put programs into the kernel")
	}
	path, err := agentProgram()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "selftest", "--json").Output()
	var results []struct {
		Sensor, Error string
		Start         int64 `json:"start_seen_after_ns"`
		Stop          int64 `json:"stop_seen_after_ns"`
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if err != nil || len(results) != 3 {
		t.Errorf("selftest ended with %v and %s", err, out)
	}
	for _, r := range results {
		if r.Error != "" || r.Start <= 0 || r.Stop <= 0 {
			t.Errorf("%s: start seen after %d ns, end after %d; %s", r.Sensor, r.Start, r.Stop, r.Error)
		}
	}
}
