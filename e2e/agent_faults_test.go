//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// wantWhole says what is wrong with what the server has of a station that
// numbered so many records: each must be there once, as an event, as a gap of
// its own, or told as lost. So many gaps may be in doubt: one that told of records
// which had arrived after all is not kept, or in two pieces.
func (l ledger) wantWhole(t *testing.T, records uint64, lost, doubt int64) {
	t.Helper()
	if off := l.events + l.own() + lost - int64(records); max(off, -off) > doubt || l.gaps["unexplained"]+l.gaps["refused"]+l.gaps["spool_damaged"] > 0 {
		t.Errorf("the station numbered %d records; the server has %d events, %d gaps of its own and %d told as lost: %v", records, l.events, l.own(), lost, l.gaps)
	}
}

// A server that is restored from an older copy gets again what it has forgotten:
// stations keep for two days what was acknowledged.
func TestServerIsRestored(t *testing.T) {
	t.Parallel() // most of it is waiting
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	a := newStation(t, letIn(s.logIn(), listen))
	replay := []string{"--replay", demoRecording, "--loop", "--speed", "30000"}
	a.start(replay...)
	before := a.delivered(100, time.Minute)
	s.stop()
	yesterday := filepath.Join(stateDir(t), "copy")
	if out, err := exec.Command("cp", "-a", dir, yesterday).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, out)
	}
	s = serve(t, dir, "--agent-listen", listen)
	forgotten := a.delivered(before.Stream.Last+300, time.Minute)
	s.stop()
	for _, args := range [][]string{{"rm", "-rf", dir}, {"cp", "-a", yesterday, dir}} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("restore: %v: %s", err, out)
		}
	}
	s = serve(t, dir, "--agent-listen", listen)
	a.kill()
	a.start("--sensor", "none") // no sensor: what is left is brought, and nothing more comes
	st := a.delivered(forgotten.Stream.Last, time.Minute)
	got := s.logIn().ledger(st.Station)
	t.Logf("%d records when it was copied, %d when it was restored, %d at the end", before.Stream.Last, forgotten.Stream.Last, st.Stream.Last)
	got.wantWhole(t, st.Stream.Last, 0, 0)
}

// While the disk of a station is full, the agent gives up its oldest records,
// and the ledger says how many.
func TestAgentDiskFull(t *testing.T) {
	t.Parallel() // most of it is waiting
	state := smallDisk(t, 3<<20)
	listen := "127.0.0.1:" + freePort(t)
	dir := dataDir(t)
	s := serve(t, dir, "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	a.dir = filepath.Join(state, "agent")
	replay := []string{"--replay", demoRecording, "--loop", "--speed", "300000"} // 800 events a second
	a.start(replay...)
	a.delivered(50, time.Minute)
	s.stop()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if st, ok := a.status(); ok && st.Stream.Last > 12_000 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the agent stopped recording on a full disk\n%s", a.log.String())
		}
	}
	s = serve(t, dir, "--agent-listen", listen)
	a.kill()
	a.start("--sensor", "none")
	st := a.delivered(12_000, time.Minute)
	b = s.logIn()
	lost := b.lost(st.Station)
	got := b.ledger(st.Station)
	t.Logf("%d records, %d events stored, %d told as lost", st.Stream.Last, got.events, lost)
	if lost == 0 {
		t.Error("nothing was lost: the disk was not full")
	}
	got.wantWhole(t, st.Stream.Last, lost, 2)
}

// lost returns how many of its records a station has told to be lost. By their
// numbers: among them may be records that told of earlier losses.
func (b *browser) lost(st int64) (n int64) {
	b.t.Helper()
	var page struct {
		Gaps []struct {
			First int64 `json:"first_seq"`
			Last  int64 `json:"last_seq"`
		}
		Next string
	}
	b.must("GET", fmt.Sprintf("/gaps?station=%d&limit=500", st), nil, 200, &page)
	if page.Next != "" {
		b.t.Fatal("there are more gaps than one page has; make the test smaller")
	}
	for _, g := range page.Gaps {
		if g.First != 0 {
			n += g.Last - g.First + 1
		}
	}
	return n
}

// While the server's disk is full stations keep what they have, and bring it
// when there is room again.
func TestServerDiskFullForAgents(t *testing.T) {
	t.Parallel() // most of it is waiting
	dir := smallDisk(t, 600<<20)
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	a.start("--replay", demoRecording, "--loop", "--speed", "30000")
	a.delivered(100, time.Minute)
	filler := fill(t, dir, 50<<20)
	time.Sleep(3 * time.Second)
	full := b.ledger(stationOf(a)).events
	time.Sleep(5 * time.Second)
	if later := b.ledger(stationOf(a)).events; later != full {
		t.Errorf("%d events were stored on a full disk", later-full)
	}
	if st, ok := a.status(); !ok || st.Stream.Waiting < 100 {
		t.Errorf("on a full disk of the server the agent is %+v; want records that wait", st)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	a.kill()
	a.start("--sensor", "none")
	st := a.delivered(500, time.Minute)
	b.ledger(st.Station).wantWhole(t, st.Stream.Last, 0, 0)
}

func stationOf(a *station) int64 {
	a.t.Helper()
	st, ok := a.status()
	if !ok {
		a.t.Fatalf("the agent tells nothing\n%s", a.log.String())
	}
	return st.Station
}

// A network that swallows everything, as one does whose cable is pulled: no end
// of a connection, no refusal, only silence.
func TestNetworkIsSilent(t *testing.T) {
	t.Parallel() // most of it is waiting
	if os.Getuid() != 0 {
		t.Skip("only root can make a network of its own")
	}
	name := fmt.Sprintf("eljefe%d", os.Getpid())
	host, inside := "ve"+name[6:]+"a", "ve"+name[6:]+"b"
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("no network namespace can be made here: %v %s", err, out)
	}
	t.Cleanup(func() { ip("netns", "del", name) })
	const here, there = "10.213.77.1", "10.213.77.2"
	ip("link", "add", host, "type", "veth", "peer", "name", inside)
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", host).Run() })
	ip("link", "set", inside, "netns", name)
	ip("addr", "add", here+"/30", "dev", host)
	ip("link", "set", host, "up")
	ip("netns", "exec", name, "ip", "addr", "add", there+"/30", "dev", inside)
	ip("netns", "exec", name, "ip", "link", "set", inside, "up")
	ip("netns", "exec", name, "ip", "link", "set", "lo", "up")

	listen := net.JoinHostPort(here, freePort(t))
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := newStation(t, letIn(b, listen))
	a.within = []string{"ip", "netns", "exec", name}
	a.start("--replay", demoRecording, "--loop", "--speed", "30000")
	a.delivered(50, time.Minute)
	for range 2 {
		ip("link", "set", host, "down")
		time.Sleep(8 * time.Second)
		ip("link", "set", host, "up")
		time.Sleep(2 * time.Second)
	}
	a.kill()
	a.start("--sensor", "none")
	st := a.delivered(500, 2*time.Minute)
	b.ledger(st.Station).wantWhole(t, st.Stream.Last, 0, 0)
}

// A hundred stations that start at the same moment, as after a power cut, are
// all served within a minute.
func TestHundredAgents(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	const computer, stations = "ACC-07", 100
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	with := letIn(s.logIn(), listen)
	var each int64 // starts
	for _, e := range recordedOf(t, computer) {
		if e["kind"] != "stop" {
			each++
		}
	}
	agents := make([]*station, stations)
	for i := range agents {
		agents[i] = newStation(t, with)
		agents[i].start("--replay", demoRecording, "--computer", computer, "--speed", "0")
	}
	b := s.browser()
	b.must("POST", "/session", map[string]string{"name": "admin", "password": newPassword}, 200, nil)
	b.wantStarts(stations*each, 2*time.Minute)
	s.kill()
	var kill sync.WaitGroup
	for _, a := range agents {
		kill.Go(a.kill)
	}
	kill.Wait()

	began := time.Now()
	s = serve(t, dir, "--agent-listen", listen)
	for _, a := range agents {
		a.start("--replay", demoRecording, "--computer", computer, "--speed", "0")
	}
	b = s.browser()
	b.must("POST", "/session", map[string]string{"name": "admin", "password": newPassword}, 200, nil)
	b.wantStarts(2*stations*each, time.Minute)
	t.Logf("%d stations, each with %d new starts, were served %.1f s after they started", stations, each, time.Since(began).Seconds())
	var page struct{ Stations []struct{ State string } }
	b.must("GET", "/stations?show=online&limit=1000", nil, 200, &page)
	if len(page.Stations) != stations {
		t.Errorf("%d stations are on line; want %d", len(page.Stations), stations)
	}
}

// wantStarts waits until exactly so many starts are stored, and no more come.
func (b *browser) wantStarts(want int64, limit time.Duration) {
	b.t.Helper()
	var got int64
	for deadline := time.Now().Add(limit); ; time.Sleep(250 * time.Millisecond) {
		var page struct{ Stations []struct{ Processes int64 } }
		b.must("GET", "/stations?limit=1000", nil, 200, &page)
		got = 0
		for _, s := range page.Stations {
			got += s.Processes
		}
		if got >= want || time.Now().After(deadline) {
			break
		}
	}
	if got != want {
		b.t.Fatalf("%d starts are stored after %s at most; want %d", got, limit, want)
	}
}
