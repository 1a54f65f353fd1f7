//go:build linux

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Where an installed agent has its things.
const (
	wineProgram = `C:\Program Files\El Jefe`
	wineData    = `C:\ProgramData\El Jefe`
)

// The agent installs itself as a service that records, is upgraded in place, and
// goes without leaving anything behind.
func TestWineService(t *testing.T) {
	w := wineHere(t)
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	with := letIn(b, listen)
	t.Cleanup(func() { w.run(t, wineAgent, "uninstall", "--purge") })
	install := func(args ...string) (station int64) {
		t.Helper()
		out, code := w.run(t, append([]string{wineAgent, "install"}, args...)...)
		_, after, known := strings.Cut(out, "knows this machine as station ")
		if _, err := fmt.Sscan(after, &station); code != 0 || !known || err != nil {
			t.Fatalf("install %q: code %d, %s%s", args, code, out, w.serviceLog())
		}
		return station
	}
	if out, code := w.run(t, wineAgent, "install"); code != 2 || !strings.Contains(out, "whose station") {
		t.Errorf("install without settings: code %d, %s", code, out)
	}
	station := install("--server", with.server, "--authority", with.authority, "--key", with.key, "--proxy", "none")
	if state := w.serviceState(t); state != "RUNNING" {
		t.Errorf("after its installation the service is %s", state)
	}
	word := "service" + filepath.Base(s.dir)
	query := fmt.Sprintf("command_line:%q image:*specimen.exe", word)
	p := w.begin(t, wineSpecimen, "3", word)
	b.await("kind:start "+query, 1)

	if again := install(); again != station { // the program from which it is installed may be a newer one
		t.Errorf("after an upgrade the station is %d; it was %d", again, station)
	}
	p.end(t)
	b.awaitGaps(station, "agent_off", 1)
	if out, code := w.run(t, "sc.exe", "stop", "eljefe-agent"); code != 0 {
		t.Errorf("sc stop: code %d, %s", code, out)
	}
	w.awaitService(t, "STOPPED")
	if out, code := w.run(t, wineAgent, "status"); code != 1 || !strings.Contains(out, "does not run") {
		t.Errorf("status of a stopped service: code %d, %s", code, out)
	}
	if out, code := w.run(t, "sc.exe", "start", "eljefe-agent"); code != 0 {
		t.Errorf("sc start: code %d, %s", code, out)
	}
	w.awaitService(t, "RUNNING")
	b.awaitGaps(station, "agent_off", 2)

	if out, code := w.run(t, wineAgent, "uninstall"); code != 0 || !strings.Contains(out, "kept") {
		t.Errorf("uninstall: code %d, %s", code, out)
	}
	if state := w.serviceState(t); state != "" {
		t.Errorf("after its removal the service is %s", state)
	}
	w.wantGone(t, wineProgram)
	if again := install(); again != station {
		t.Errorf("installed again the station is %d; it was %d", again, station)
	}
	b.awaitGaps(station, "agent_off", 3)
	if out, code := w.run(t, wineAgent, "uninstall", "--purge"); code != 0 {
		t.Errorf("uninstall --purge: code %d, %s", code, out)
	}
	w.wantGone(t, wineProgram, wineData)
	for _, key := range []string{`Services\eljefe-agent`, `Services\EventLog\Application\eljefe-agent`} {
		if out, code := w.run(t, "reg.exe", "query", `HKLM\SYSTEM\CurrentControlSet\`+key); code == 0 {
			t.Errorf("left in the registry: %s", out)
		}
	}
	if l := b.ledger(station); l.gaps["unexplained"]+l.gaps["refused"]+l.gaps["spool_damaged"] > 0 {
		t.Errorf("the gaps are %v", l.gaps)
	}
}

// awaitGaps waits until a station has told so many gaps of a cause.
func (b *browser) awaitGaps(station int64, cause string, want int) {
	b.t.Helper()
	var l ledger
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if l = b.ledger(station); l.gaps[cause] == want {
			return
		}
	}
	b.t.Fatalf("after a minute the gaps are %v; want %d with the cause %s", l.gaps, want, cause)
}

// serviceState returns the state of the agent's service, "" where there is none.
func (w *wine) serviceState(t *testing.T) string {
	t.Helper()
	out, code := w.run(t, "sc.exe", "query", "eljefe-agent")
	if code != 0 {
		return ""
	}
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) == 4 && fields[0] == "STATE" {
			return fields[3]
		}
	}
	t.Fatalf("sc query says %s", out)
	return ""
}

func (w *wine) awaitService(t *testing.T, want string) {
	t.Helper()
	state := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if state = w.serviceState(t); state == want {
			return
		}
	}
	t.Fatalf("the service is %s after a minute; want %s\n%s", state, want, w.serviceLog())
}

// serviceLog returns what the service logged.
func (w *wine) serviceLog() string {
	raw, err := os.ReadFile(w.unix(wineData + `\log\agent.log`))
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (w *wine) wantGone(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(w.unix(path)); err == nil {
			t.Errorf("%s is left behind", path)
		}
	}
}

// The selftest sees its canary by the one sensor that Wine has something for, says
// why the others are not to be had, and writes its report.
func TestWineSelftest(t *testing.T) {
	w := wineHere(t)
	report := w.unix(`C:\Downloads\report`)
	out, _ := w.run(t, wineAgent, "selftest", "--json", "--report", `C:\Downloads\report.txt`) // its exit code is that of ETW
	type seen struct {
		Sensor, Error string
		Start         int64    `json:"start_seen_after_ns"`
		Stop          int64    `json:"stop_seen_after_ns"`
		Fields        []string `json:"start_fields"`
	}
	var results []seen
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&results); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	found := map[string]seen{}
	for _, r := range results {
		found[r.Sensor] = r
		if r.Error == "" && (r.Start <= 0 || r.Stop <= 0) {
			t.Errorf("%s says nothing of the canary, and not why: %+v", r.Sensor, r)
		}
	}
	poll := found["poll"]
	if fields := strings.Join(poll.Fields, " "); poll.Error != "" || !strings.Contains(fields, "sha256") || !strings.Contains(fields, "privileges") {
		t.Errorf("polling gave %+v", poll)
	}
	for _, name := range []string{"etw", "sysmon", "security"} {
		if _, tried := found[name]; !tried {
			t.Errorf("%s was not tried: %s", name, out)
		}
	}

	program, err := os.ReadFile(w.unix(wineAgent))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{report + ".txt", report + ".json"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, want := range []string{fmt.Sprintf("%x", sha256.Sum256(program)), "windows/amd64", "poll"} {
			if !strings.Contains(string(raw), want) {
				t.Errorf("%s does not hold %q: %s", filepath.Base(name), want, raw)
			}
		}
		if strings.HasSuffix(name, ".json") && !json.Valid(raw) {
			t.Errorf("%s is no JSON: %s", filepath.Base(name), raw)
		}
	}
}
