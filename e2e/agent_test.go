//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// recordedOf returns the events of one computer of a recording of a small, invented office.
func recordedOf(t *testing.T, computer string) (list []map[string]any) {
	t.Helper()
	raw, err := os.ReadFile(demoRecording)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e["station"] == computer {
			list = append(list, e)
		}
	}
	return list
}

const demoRecording = "testdata/office.ndjson"

// family counts starts by what ran and who started it.
func family(list []map[string]any, image, parent func(map[string]any) any) map[string]int {
	count := map[string]int{}
	for _, e := range list {
		if e["kind"] != "stop" {
			count[fmt.Sprint(image(e), " by ", parent(e))]++
		}
	}
	return count
}

// A recording that an agent plays arrives, each event once, with the parents
// that were recorded.
func TestAgent(t *testing.T) {
	const computer = "ACC-07"
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	want := recordedOf(t, computer)
	a.start("--replay", demoRecording, "--computer", computer, "--speed", "0")
	st := a.delivered(uint64(len(want)), 30*time.Second)
	t.Logf("the agent has %.1f MB resident", float64(st.Self.MemoryBytes)/1e6)
	if limit := uint64(60e6); st.Self.MemoryBytes > limit {
		t.Errorf("the agent has %d bytes resident; want below %d", st.Self.MemoryBytes, limit)
	}
	got := b.ledger(st.Station)
	if got.events != int64(len(want)) || uint64(got.events+got.own()) != st.Stream.Last || got.own() != int64(len(got.gaps)) {
		t.Errorf("the server has %+v; want the %d events, and a gap for the time before the agent, of %d records", got, len(want), st.Stream.Last)
	}

	code, raw := b.do("GET", "/events/export?q="+url.QueryEscape("-kind:stop"), nil)
	if code != 200 {
		t.Fatalf("export: %d %s", code, raw)
	}
	var stored []map[string]any
	for line := range bytes.Lines(raw) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, e)
	}
	byNumber := map[string]any{} // image by boot and number
	number := func(e map[string]any, seq string) string { return fmt.Sprint(e["boot_id"], " ", e[seq]) }
	for _, e := range want {
		if e["kind"] != "stop" {
			byNumber[number(e, "process_seq")] = e["image"]
		}
	}
	wanted := family(want, func(e map[string]any) any { return e["image"] }, func(e map[string]any) any { return byNumber[number(e, "parent_process_seq")] })
	found := family(stored, func(e map[string]any) any { return e["image"] }, func(e map[string]any) any { return e["parent_image"] })
	for line, n := range wanted {
		if found[line] != n {
			t.Errorf("%s: stored %d times, recorded %d times", line, found[line], n)
		}
	}
	if len(found) != len(wanted) {
		t.Errorf("%d kinds of starts are stored, %d were recorded", len(found), len(wanted))
	}
	a.stop()

	// Again: the same station, other processes, and the time between is a gap.
	a.start("--sensor", "none")
	again := a.delivered(st.Stream.Last+1, 30*time.Second)
	if got := b.ledger(again.Station); again.Station != st.Station || got.gaps["agent_off"] != 1 || got.events != int64(len(want)) {
		t.Errorf("after a restart without a recording the station is %d with %+v; want %d with a gap for the time off", again.Station, got, st.Station)
	}
	if again.Healthy || again.Sensor.State != "stopped" {
		t.Errorf("without a sensor the agent says that it is %+v", again)
	}
	var about struct {
		State       string
		SensorState string `json:"sensor_state"`
	}
	b.must("GET", fmt.Sprintf("/stations/%d", st.Station), nil, 200, &about)
	if about.State != "online" || about.SensorState != "stopped" {
		t.Errorf("the server shows the station as %+v; want online, its sensor stopped", about)
	}
	a.stop()
}

// A recorded Windows log arrives as it is imported: the same events, each once.
func TestAgentPlaysEVTX(t *testing.T) {
	dir := recorded(t)
	if dir == "" {
		return
	}
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	log, job := mostEvents(t, b, dir)
	a := newStation(t, letIn(b, listen))
	a.start("--replay", log, "--speed", "0")
	st := a.delivered(uint64(job.Starts+job.Stops), 30*time.Second)
	got := b.ledger(st.Station)
	if got.events != job.Starts+job.Stops || uint64(got.events+got.own()) != st.Stream.Last || got.gaps["unexplained"]+got.gaps["refused"] > 0 {
		t.Errorf("%s: the server has %+v of %d records; imported it has %d starts and %d stops", log, got, st.Stream.Last, job.Starts, job.Stops)
	}
	a.stop()
}

// mostEvents imports the logs of one folder and returns that with most events.
func mostEvents(t *testing.T, b *browser, dir string) (best string, of imported) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "EVTX-ATTACK-SAMPLES", "*.evtx"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs in %s (%v)", dir, err)
	}
	for _, log := range logs {
		raw, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		job := b.importFile(filepath.Base(log), raw)
		if len(job.Stations) == 1 && job.Starts+job.Stops > of.Starts+of.Stops {
			best, of = log, job
		}
	}
	return best, of
}

// The agent is killed, the server and its database are, the network is cut, again and again
// at moments of no choosing: every record is stored once, and no number is missing.
func TestAgentFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	b := s.logIn()
	wire := newCable(t, listen)
	a := newStation(t, letIn(b, wire.listener.Addr().String()))
	replay := []string{"--replay", demoRecording, "--loop", "--speed", "30000"} // 80 events a second
	a.start(replay...)
	a.delivered(20, 60*time.Second)
	faults := map[string]int{}
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); {
		time.Sleep(time.Duration(rng.IntN(2500)) * time.Millisecond)
		switch n := rng.IntN(10); {
		case n < 5:
			faults["agent killed"]++
			a.kill()
			a.start(replay...)
		case n < 7:
			faults["network cut"]++
			wire.set(true)
			time.Sleep(time.Duration(rng.IntN(2000)) * time.Millisecond)
			wire.set(false)
		case n < 8:
			faults["database killed"]++
			killDatabase(t, dir)
			time.Sleep(time.Second) // it is started again
		default:
			faults["server killed"]++
			s.kill()
			s = serve(t, dir, "--agent-listen", listen)
		}
	}
	a.kill()
	a.start("--sensor", "none") // no sensor: what waits is brought to the server, and nothing more comes
	st := a.delivered(500, 2*time.Minute)
	b = s.logIn()
	got := b.ledger(st.Station)
	t.Logf("%v: %d events and %d gaps of %d records; %v", faults, got.events, got.own(), st.Stream.Last, got.gaps)
	if uint64(got.events+got.own()) != st.Stream.Last {
		t.Errorf("the station numbered %d records; the server has %d events and %d gaps of its own", st.Stream.Last, got.events, got.own())
	}
	if got.gaps["unexplained"]+got.gaps["refused"]+got.gaps["spool_damaged"]+got.gaps["spool_evicted"]+got.gaps["source_lost"] > 0 {
		t.Errorf("gaps that nothing here should make: %v", got.gaps)
	}
	// An agent that is killed before it could note anything leaves its time to the gap of the next one.
	if most := faults["agent killed"] + 1; got.gaps["agent_off"] > most || got.gaps["agent_off"] < most/2 {
		t.Errorf("%d gaps for the agent being off; it was killed %d times", got.gaps["agent_off"], most)
	}
	if strings.Contains(a.log.String(), "panic:") {
		t.Error(a.log.String())
	}
}
