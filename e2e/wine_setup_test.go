//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// numbered returns the station that the server knows this machine as, as a text says.
func numbered(t *testing.T, text string) (station int64) {
	t.Helper()
	_, after, known := strings.Cut(text, "knows this machine as station ")
	if _, err := fmt.Sscan(after, &station); !known || err != nil {
		t.Fatalf("it says %s\nwant the number of the station", text)
	}
	return station
}

// enrolledWith returns the stations that have enrolled with a key.
func (b *browser) enrolledWith(key int64) []int64 {
	b.t.Helper()
	var list struct{ Stations []struct{ ID int64 } }
	b.must("GET", fmt.Sprintf("/stations?enrolment_key_id=%d", key), nil, 200, &list)
	var numbers []int64
	for _, s := range list.Stations {
		numbers = append(numbers, s.ID)
	}
	return numbers
}

// A client that was downloaded and started, with nothing said, installs itself and
// enrols. Started again it repairs, a newer one upgrades, and by a double click it
// says so in a window, in the user's language.
func TestWineClient(t *testing.T) {
	w := wineHere(t)
	listen := "127.0.0.1:" + freePort(t)
	s := serveClients(t, listen)
	b := s.logIn()
	made, content := b.client("exe", "https://"+listen, nil)
	w.put(t, wineClient, content)
	t.Cleanup(func() { w.run(t, wineAgent, "uninstall", "--purge") })

	if text := w.click(t, "es", "Agente de El Jefe", wineAgent); !strings.Contains(text, "no dice a qué servidor") {
		t.Errorf("one that belongs to nobody says %s", text)
	}
	out, code := w.run(t, wineClient)
	if code != 0 || !strings.Contains(out, "is installed and runs") {
		t.Fatalf("code %d, %s%s", code, out, w.serviceLog())
	}
	station := numbered(t, out)
	if got := b.enrolledWith(made.Key.ID); len(got) != 1 || got[0] != station {
		t.Errorf("with the client's key the stations %v have enrolled; want %d", got, station)
	}
	if state := w.serviceState(t); state != "RUNNING" {
		t.Errorf("the service is %s", state)
	}
	if raw, err := os.ReadFile(w.unix(wineProgram + `\eljefe-agent.exe`)); err != nil || bytes.Contains(raw, []byte(made.Secret)) {
		t.Errorf("the installed program has the enrolment key in it, or %v", err)
	}
	if _, err := os.Stat(w.unix(wineData + `\state\enrolment.key`)); err == nil {
		t.Error("the enrolment key is left on a station that has enrolled")
	}

	out, code = w.run(t, wineClient)
	if code != 0 || !strings.Contains(out, "was installed already, in this version; it was put in order") || numbered(t, out) != station {
		t.Errorf("started again: code %d, %s; want the same station %d", code, out, station)
	}
	if text := w.click(t, "es", "Agente de El Jefe", wineClient); !strings.Contains(text, "ya estaba instalado") || !strings.Contains(text, fmt.Sprintf("la estación %d.", station)) {
		t.Errorf("by a double click it says %s", text)
	}

	// An agent of another version is there; it is installed by hand.
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=v0.9", "-o", w.unix(wineEarlier), "github.com/eljefe/eljefe/cmd/eljefe-agent")
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	if out, code := w.run(t, wineEarlier, "install"); code != 0 || !strings.Contains(out, "to v0.9") {
		t.Errorf("another version: code %d, %s", code, out)
	}
	if text := w.click(t, "en", "El Jefe agent", wineClient); !strings.Contains(text, "was upgraded from version v0.9 to ") || numbered(t, text) != station {
		t.Errorf("an upgrade by a double click says %s", text)
	}
	if got := b.enrolledWith(made.Key.ID); len(got) != 1 {
		t.Errorf("in the end the stations %v have enrolled; want the one", got)
	}
}

// Whatever is wrong with a client or its server, who started it is told, and what
// there is to do. What only the server or the network decides, TestFateOfEnrolment
// shows for the rest of it.
func TestWineClientFails(t *testing.T) {
	w := wineHere(t)
	listen := "127.0.0.1:" + freePort(t)
	s := serveClients(t, listen)
	b := s.logIn()
	t.Cleanup(func() { w.run(t, wineAgent, "uninstall", "--purge") })
	of := func(server string, more map[string]any) (client, []byte) {
		t.Helper()
		return b.client("exe", server, more)
	}
	here := "https://" + listen
	_, good := of(here, nil)
	expired, late := of(here, map[string]any{"new_key": map[string]any{"name": "late", "expires": time.Now().Add(3 * time.Second)}})
	used, second := of(here, map[string]any{"new_key": map[string]any{"name": "once", "max_uses": 1}})
	first := newStation(t, enrolment{here, authorityOf(b), used.Secret})
	first.start("--sensor", "none")
	if text, err := first.fate("40s"); err != nil {
		t.Fatalf("the key's first station: %v, %s", err, text)
	}
	first.stop()
	revoked, banned := of(here, nil)
	b.must("POST", fmt.Sprintf("/enrolment-keys/%d/revoke", revoked.Key.ID), nil, 204, nil)
	closed := "127.0.0.1:" + freePort(t)
	_, port, _ := net.SplitHostPort(closed)
	_, nameless := of("https://eljefe.invalid:8444", nil)
	_, shut := of("https://"+closed, nil)
	at := bytes.LastIndex(good, []byte(listen))
	changed := bytes.Clone(good)
	changed[at+len(listen)-1] ^= 1
	other := serveClients(t, "127.0.0.1:"+freePort(t))
	_, foreign := other.logIn().client("exe", here, nil)
	time.Sleep(3 * time.Second) // until the one has expired

	const again = "Make a new client on the server's page (Client) and start it here."
	for _, f := range []struct {
		fate
		content   []byte
		installed bool
	}{
		{fate{"a byte of its settings was changed", enrolment{}, false, []string{"changed or damaged", "Download the client anew"}, false}, changed, false},
		{fate{"an expired key", enrolment{}, false, []string{"expired on", "Download the client anew", "clock"}, false}, late, false},
		{fate{"a key that is used up", enrolment{}, false, []string{`"once" has let in as many stations as it may`, again}, false}, second, true},
		{fate{"a revoked key", enrolment{}, false, []string{`"office" was revoked`, again}, false}, banned, true},
		{fate{"a name that nobody knows", enrolment{}, false, []string{"knows the name eljefe.invalid", "make a client with the right one"}, true}, nameless, true},
		{fate{"a port where nothing listens", enrolment{}, false, []string{"nothing listens on its port " + port, "Start the server or open the port"}, true}, shut, true},
		{fate{"a server of another authority", enrolment{}, false, []string{"another server than the one", authorityOf(other.logIn()), `\El Jefe\eljefe-agent.exe" uninstall --purge`}, true}, foreign, true},
	} {
		t.Run(f.name, func(t *testing.T) {
			w.put(t, wineClient, f.content)
			out, code := w.run(t, wineClient)
			if code == 0 {
				t.Errorf("code 0, %s", out)
			}
			state := w.serviceState(t)
			if (state != "") != f.installed || f.installed && state != "RUNNING" {
				t.Errorf("the service is %q; want it installed and running: %t", state, f.installed)
			}
			f.check(t, out, f.installed)
			if out, code := w.run(t, wineAgent, "uninstall", "--purge"); code != 0 {
				t.Errorf("uninstall: code %d, %s", code, out)
			}
		})
	}
	if got := b.enrolledWith(expired.Key.ID); len(got) > 0 {
		t.Errorf("with an expired key the stations %v have enrolled", got)
	}
	if got := b.enrolledWith(revoked.Key.ID); len(got) > 0 {
		t.Errorf("with a revoked key the stations %v have enrolled", got)
	}

	// A station that belongs to one server is not handed to another one by a client.
	w.put(t, wineClient, good)
	if out, code := w.run(t, wineClient); code != 0 {
		t.Fatalf("code %d, %s", code, out)
	}
	_, elsewhere := other.logIn().client("exe", "https://eljefe.invalid:8444", nil)
	w.put(t, wineClient, elsewhere)
	if out, code := w.run(t, wineClient); code == 0 || !strings.Contains(out, "belongs to the server "+here) || !strings.Contains(out, "nothing was changed") {
		t.Errorf("a client of another server: code %d, %s", code, out)
	}
}

// authorityOf returns the fingerprint of a server's authority.
func authorityOf(b *browser) string { return letIn(b, "x").authority }

// An MSI package made for a server needs nothing said; with properties it is given
// another one, and what else there is to say. What it installed goes with it.
func TestWineMSI(t *testing.T) {
	w := wineHere(t)
	if _, err := firstOf("wixl"); err != nil {
		t.Skipf("%v; \"make test\" sees to it", err)
	}
	listen := "127.0.0.1:" + freePort(t)
	s := serveClients(t, listen)
	b := s.logIn()
	made, content := b.client("msi", "https://"+listen, nil)
	w.put(t, wineMSI, content)
	agent := wineProgram + `\eljefe-agent.exe`
	msiexec := func(args ...string) {
		t.Helper()
		if out, code := w.run(t, append([]string{"msiexec.exe"}, args...)...); code != 0 {
			t.Fatalf("msiexec %q: code %d, %s%s", args, code, out, w.serviceLog())
		}
	}
	t.Cleanup(func() {
		w.run(t, "msiexec.exe", "/x", wineMSI, "/qn")
		w.run(t, wineAgent, "uninstall", "--purge")
	})
	msiexec("/i", wineMSI, "/qn")
	out, code := w.run(t, agent, "status", "--wait", "40s")
	if code != 0 {
		t.Fatalf("code %d, %s%s", code, out, w.serviceLog())
	}
	station := numbered(t, out)
	if got := b.enrolledWith(made.Key.ID); len(got) != 1 || got[0] != station {
		t.Errorf("with the package's key the stations %v have enrolled; want %d", got, station)
	}
	msiexec("/x", wineMSI, "/qn")
	if state := w.serviceState(t); state != "" {
		t.Errorf("after its removal the service is %s", state)
	}
	w.wantGone(t, wineProgram)
	if _, err := os.Stat(w.unix(wineData + `\state\station.pem`)); err != nil {
		t.Errorf("what makes it this station is gone with the package: %v", err)
	}

	// Told everything, also what goes before what the package carries.
	with := letIn(b, listen)
	msiexec("/i", wineMSI, "/qn", "SERVER="+with.server, "AUTHORITY="+with.authority, "TOKEN="+with.key, "PROXY=none", "ENDPROCESS=true", "SENSOR=poll", "SPOOLBYTES=8388608", "NO_DEVICES=true")
	if out, code := w.run(t, agent, "status", "--wait", "40s"); code != 0 || numbered(t, out) != station {
		t.Errorf("installed again: code %d, %s; want station %d", code, out, station)
	}
	raw, err := os.ReadFile(w.unix(wineData + `\config.json`))
	for _, want := range []string{`"server": "` + with.server, with.authority, `"proxy": "none"`, `"end_process": true`, `"sensor": "poll"`, `"spool_bytes": 8388608`, `"no_devices": true`} {
		if err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("the settings are %s, %v; want in them %s", raw, err, want)
		}
	}
	if strings.Contains(string(raw), with.key) {
		t.Errorf("the enrolment key is in the settings: %s", raw)
	}
	msiexec("/x", wineMSI, "/qn")

	// One whose settings were changed installs nothing.
	if out, code := w.run(t, wineAgent, "uninstall", "--purge"); code != 0 {
		t.Fatalf("uninstall: code %d, %s", code, out)
	}
	content[bytes.LastIndex(content, []byte(listen))] ^= 1
	w.put(t, wineMSI, content)
	if out, code := w.run(t, "msiexec.exe", "/i", wineMSI, "/qn"); code == 0 {
		t.Errorf("changed: code 0, %s", out)
	}
	if state := w.serviceState(t); state != "" {
		t.Errorf("after an installation that failed the service is %s", state)
	}
	w.wantGone(t, wineProgram)
}
