//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// terminal runs commands on a database of their own.
type terminal struct {
	t     *testing.T
	store *store.Store
	there []string // what follows each command

	carried fs.FS // clients in the program
}

// here runs commands on the server's machine.
func here(t *testing.T) *terminal {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &terminal{t: t, store: s, there: []string{"--database-url", url}}
}

// elsewhere runs commands from elsewhere, with a token of the user ana.
func elsewhere(t *testing.T, adjust ...func(*api.Config)) *terminal {
	c := here(t)
	u, err := c.store.AddUser(t.Context(), store.User{Name: "ana", Role: auth.Administrator, PasswordHash: "x"})
	if err != nil {
		t.Fatal(err)
	}
	token, hash := auth.NewSecret(auth.TokenPrefix)
	if _, err := c.store.AddToken(t.Context(), store.Token{Name: "t", Role: auth.Administrator, UserID: u.ID}, hash); err != nil {
		t.Fatal(err)
	}
	cfg := api.Config{Store: c.store, Auth: auth.New(c.store), Log: slog.New(slog.DiscardHandler), Agents: &api.Agents{Address: "https://jefe:8444", Authority: "ab"}}
	for _, f := range adjust {
		f(&cfg)
	}
	server := httptest.NewTLSServer(api.New(cfg))
	t.Cleanup(server.Close)
	c.there = []string{"--server", server.URL, "--token", token, "--authority", fmt.Sprintf("%x", sha256.Sum256(server.Certificate().Raw))}
	return c
}

// run runs a command that leaves with a code, and returns what it writes.
func (c *terminal) run(code int, args ...string) string {
	c.t.Helper()
	var out, failed bytes.Buffer
	if got := run(c.t.Context(), c.carried, append(args, c.there...), &out, &failed); got != code {
		c.t.Fatalf("eljefe %q: exit code %d, want %d: %s%s", args, got, code, &out, &failed)
	}
	return out.String() + failed.String()
}

// expect runs a command and compares what it writes, however wide its columns.
func (c *terminal) expect(want string, args ...string) {
	c.t.Helper()
	if got := flat(c.run(0, args...)); got != flat(want) {
		c.t.Errorf("eljefe %q writes\n%s\nwant\n%s", args, got, flat(want))
	}
}

// fails runs a command that leaves with code 1 and says so.
func (c *terminal) fails(words string, args ...string) {
	c.t.Helper()
	if got := c.run(1, args...); !strings.Contains(got, words) {
		c.t.Errorf("eljefe %q says %q, want %q", args, got, words)
	}
}

var (
	spaces  = regexp.MustCompile(`[ \t]+`)
	moments = regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+(Z|[+-][0-9:]+)`)
)

func flat(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(spaces.ReplaceAllString(moments.ReplaceAllString(line, "TIME"), " ")); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// enroll lets in a machine whose text means something to a terminal.
func (c *terminal) enroll(name, secret string) int64 {
	c.t.Helper()
	hash, public := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(name+time.Now().String()))
	m := wire.Machine{Name: name, Fingerprint: "f" + name, System: "Debian\x1b[2J", Architecture: "amd64", AgentVersion: "1.0"}
	e, err := c.store.Enroll(c.t.Context(), store.Enrolment{SecretHash: &hash, Machine: m, PublicKey: public}, func(int64) (store.Certificate, error) {
		return store.Certificate{Serial: public[:], PublicKey: public, Expires: time.Now().Add(time.Hour)}, nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return e.Station
}

func TestAgentCommands(t *testing.T) {
	c := elsewhere(t)
	secret, rest, _ := strings.Cut(c.run(0, "client", "key", "add", "office", "--label", "desks", "--label", "ground floor", "--uses", "3"), "\n")
	if want := "To install an agent on Linux:\n  sudo eljefe-agent install --server https://jefe:8444 --authority ab --key " + secret + "\n"; rest != want {
		t.Fatalf("the secret is %q, and then %q, want %q", secret, rest, want)
	}
	c.run(0, "client", "key", "add", "shops", "--days", "2")
	first, second := c.enroll("ACC-01", secret), c.enroll("acc-01", secret)
	c.enroll("ACC-03", secret)
	c.expect(`
		ID NAME STATE LABELS USES STATIONS EXPIRES
		2 shops usable 0 0 TIME
		1 office used up desks, ground floor 3 of 3 3 never`, "client", "key", "list")
	c.expect("Key 2 is revoked; the stations that it has let in stay.", "client", "key", "revoke", "2")
	c.fails("there is no enrolment key 9", "client", "key", "revoke", "9")
	c.fails("must not be negative", "client", "key", "add", "x", "--uses=-1")

	c.fails(`2 stations are called "ACC-01": name one by its number: 1 (waiting), 2 (waiting)`, "station", "rename", "ACC-01", "x")
	c.expect("Station 2, acc-01, is now called reception.", "station", "rename", fmt.Sprint(second), "reception")
	c.expect("Station 2, reception, has the labels a b, vip.", "station", "label", "Reception", "vip", "a b")
	c.expect(`
		ID NAME STATE LABELS SYSTEM AGENT LAST CONTACT
		1 ACC-01 waiting desks, ground floor Debian�[2J 1.0 never
		3 ACC-03 waiting desks, ground floor Debian�[2J 1.0 never
		2 reception waiting a b, vip Debian�[2J 1.0 never`, "station", "list")
	if got := c.run(0, "station", "list", "--label", "vip", "--json"); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"labels":["a b","vip"]`) {
		t.Errorf("as JSON: %s", got)
	}
	c.expect("Station 2, reception, has no labels.", "station", "label", "reception")
	c.expect("Station 2, reception, is now called acc-01.", "station", "rename", "2")

	c.fails("there is no station", "station", "retire", "ACC-03", "nowhere")
	c.expect("Station 3, ACC-03, is retired; what it has reported stays.\nStation 2, acc-01, is retired; what it has reported stays.", "station", "retire", "ACC-03", "2")
	c.expect("ID NAME STATE LABELS SYSTEM AGENT LAST CONTACT\n1 ACC-01 waiting desks, ground floor Debian�[2J 1.0 never", "station", "list")
	c.expect("Station 3, ACC-03, is expected to report again.", "station", "restore", "acc-03")
	c.expect("Station 2, acc-01, is refused from now on; what it has reported stays.", "station", "revoke", "2")

	at := time.Now().Add(-time.Hour)
	gap := event.Gap{Kind: event.GapKind, Seq: 1, Cause: event.AgentOff, From: at.Add(-time.Hour), To: at, Detail: "switched\noff"}
	if _, err := c.store.AddEvents(t.Context(), []store.StationEvents{{Station: first, Live: true, Gaps: []event.Gap{gap}}}); err != nil {
		t.Fatal(err)
	}
	c.expect("STATION CAUSE FROM TO EVENTS DETAIL\nACC-01 agent off TIME TIME unknown switched off", "station", "gaps", "1")
	c.expect("STATION CAUSE FROM TO EVENTS DETAIL", "station", "gaps", "ACC-03")
	c.expect("STATION CAUSE FROM TO EVENTS DETAIL", "station", "gaps", "--from", time.Now().Format(time.RFC3339))

	c.expect("Task 1 waits for station 1, ACC-01, until TIME.\nTask 2 waits for station 3, ACC-03, until TIME.", "station", "task", "diagnose", "1", "3", "--why", "slow")
	c.expect("Task 3 waits for station 3, ACC-03, until TIME.", "station", "task", "list-processes", "ACC-03")
	c.fails("station 1, ACC-01: "+strings.Repeat("0", 64)+" has never run", "station", "task", "fetch", "1", "--why", "odd", "--sha256", strings.Repeat("0", 64))
	c.run(2, "station", "task", "fetch", "1", "--sha256", strings.Repeat("0", 64))
	c.expect("Task 2 is cancelled.", "station", "task", "cancel", "2")
	c.expect(`
		ID STATION TASK STATE WHO CREATED WHY MESSAGE
		3 ACC-03 list processes queued ana TIME
		2 ACC-03 diagnose cancelled ana TIME slow cancelled by ana
		1 ACC-01 diagnose queued ana TIME slow`, "station", "task", "list")
	c.expect("ID STATION TASK STATE WHO CREATED WHY MESSAGE\n1 ACC-01 diagnose queued ana TIME slow", "station", "task", "list", "1", "--state", "queued")
}

// On the server's machine the commands do the same, without a token.
func TestAgentCommandsHere(t *testing.T) {
	c := here(t)
	secret := strings.TrimSpace(c.run(0, "client", "key", "add", "office"))
	c.enroll("ACC-01", secret)
	c.expect("Task 1 waits for station 1, ACC-01, until TIME.", "station", "task", "diagnose", "acc-01")
	c.expect("ID STATION TASK STATE WHO CREATED WHY MESSAGE\n1 ACC-01 diagnose queued command line TIME", "station", "task", "list")
}
