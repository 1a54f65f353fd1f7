//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The agent for Windows enrols over TLS, plays a recording, and is the same
// station when it runs again.
func TestWineAgent(t *testing.T) {
	w := wineHere(t)
	if out, code := w.run(t, wineAgent, "version"); code != 0 || !strings.HasPrefix(out, "eljefe-agent ") {
		t.Errorf("version: code %d, %s", code, out)
	}
	if out, code := w.run(t, wineAgent, "status", "--state-dir", `C:\Stations\none`); code != 1 || !strings.Contains(out, "does not run") {
		t.Errorf("status where no agent runs: code %d, %s", code, out)
	}
	if out, code := w.run(t, wineAgent, "run", "--server", "eljefe:8444"); code != 2 || !strings.Contains(out, "https://") {
		t.Errorf("run with a wrong address: code %d, %s", code, out)
	}

	const computer = "ACC-07"
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := w.station(t, letIn(b, listen))
	want := recordedOf(t, computer)
	a.start("--replay", demoRecording, "--computer", computer, "--speed", "0")
	st := a.delivered(uint64(len(want)), time.Minute)
	got := b.ledger(st.Station)
	if got.events != int64(len(want)) {
		t.Errorf("the server has %+v; want the %d events that were recorded", got, len(want))
	}
	got.wantWhole(t, st.Stream.Last, 0, 0)
	if out, _ := w.run(t, wineAgent, "status", "--state-dir", a.dir); !strings.Contains(out, fmt.Sprintf("station %d\n", st.Station)) || !strings.Contains(out, "connected for") {
		t.Errorf("status for people is %s", out)
	}
	var about struct {
		State, System, Architecture string
	}
	b.must("GET", fmt.Sprintf("/stations/%d", st.Station), nil, 200, &about)
	if about.State != "online" || !strings.Contains(about.System, "Windows") && about.System != "windows" || about.Architecture != "amd64" {
		t.Errorf("the server shows the station as %+v; want a Windows that is online", about)
	}
	a.stop()

	a.start("--sensor", "none")
	again := a.delivered(st.Stream.Last+1, time.Minute)
	if got := b.ledger(again.Station); again.Station != st.Station || got.events != int64(len(want)) || got.gaps["agent_off"] != 1 {
		t.Errorf("after a restart the station is %d with %+v; want %d with a gap for the time off", again.Station, got, st.Station)
	}
	a.stop()
}

// A recorded Windows log arrives from Windows as it is imported.
func TestWinePlaysEVTX(t *testing.T) {
	w := wineHere(t)
	dir := recorded(t)
	if dir == "" {
		return
	}
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	log, job := mostEvents(t, b, dir)
	a := w.station(t, letIn(b, listen))
	a.start("--replay", log, "--speed", "0")
	st := a.delivered(uint64(job.Starts+job.Stops), time.Minute)
	got := b.ledger(st.Station)
	if got.events != job.Starts+job.Stops {
		t.Errorf("%s: the server has %+v; imported it has %d starts and %d stops", log, got, job.Starts, job.Stops)
	}
	got.wantWhole(t, st.Stream.Last, 0, 0)
	a.stop()
}

// The agent keeps its events while the server is away, and goes on where it was
// after it was killed, and after all of Windows was: nothing is lost, nothing
// comes twice, and the station is the same.
func TestWineFaults(t *testing.T) {
	w := wineHere(t)
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	a := w.station(t, letIn(s.logIn(), listen))
	replay := []string{"--replay", demoRecording, "--loop", "--speed", "60000"} // 160 events a second
	a.start(replay...)
	first := a.delivered(100, time.Minute)

	s.stop()
	a.records(first.Stream.Last+200, time.Minute)
	a.alone(time.Minute)
	if st, ok := a.status(); !ok || st.Stream.Waiting < 100 {
		t.Errorf("while the server is away the agent is %+v; want events that wait", st)
	}
	a.kill()
	a.start(replay...)
	a.records(first.Stream.Last+400, time.Minute)
	w.crash(t)
	a.kill()
	w.up(t)
	a.start(replay...)
	kept := a.records(first.Stream.Last+600, time.Minute)
	s = serve(t, dir, "--agent-listen", listen)
	a.reported(kept.Stream.Last, time.Minute)
	w.crash(t)
	a.kill()
	w.up(t)

	a.start("--sensor", "none") // what waits is brought, and nothing more comes
	st := a.delivered(kept.Stream.Last+1, 2*time.Minute)
	got := s.logIn().ledger(st.Station)
	t.Logf("%d events and %d gaps of %d records; %v", got.events, got.own(), st.Stream.Last, got.gaps)
	if st.Station != first.Station {
		t.Errorf("the station was %d and is %d", first.Station, st.Station)
	}
	got.wantWhole(t, st.Stream.Last, 0, 0)
	// Windows that comes back has been started anew, and ran before the agent did.
	if got.gaps["agent_off"] != 3 || got.gaps["before_agent"] != 2 {
		t.Errorf("the gaps are %v; want one for the agent each time it was ended, and one before it each time Windows was", got.gaps)
	}
	if strings.Contains(a.log.String(), "panic:") {
		t.Error(a.log.String())
	}
	a.stop()
}

// alone waits until the agent says that all is not well, as when its server is away.
func (s *station) alone(limit time.Duration) {
	s.t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if st, ok := s.status(); ok && !st.Healthy {
			return
		}
	}
	s.t.Fatalf("the agent still says that all is well after %s", limit)
}

// records waits until the agent has so many records, brought or not.
func (s *station) records(least uint64, limit time.Duration) agentStatus {
	s.t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if st, ok := s.status(); ok && st.Stream.Last >= least {
			return st
		}
	}
	s.t.Fatalf("the agent did not record %d records within %s\n%s", least, limit, s.log.String())
	return agentStatus{}
}
