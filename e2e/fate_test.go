//go:build linux

package e2e

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// enrolmentKey makes an enrolment key as the page would, and returns what agents
// are told, and the key's number.
func (b *browser) enrolmentKey(address string, more map[string]any) (enrolment, int64) {
	b.t.Helper()
	body := map[string]any{"name": "test"}
	for name, value := range more {
		body[name] = value
	}
	var made struct {
		Key    struct{ ID int64 }
		Secret string
	}
	b.must("POST", "/enrolment-keys", body, 200, &made)
	with := letIn(b, address)
	with.key = made.Secret
	return with, made.Key.ID
}

// silence returns the address of something that takes connections and says nothing.
func silence(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }()
		}
	}()
	return l.Addr().String()
}

// A fate is an enrolment, and what an agent with it has to say of that.
type fate struct {
	name  string
	with  enrolment
	known bool
	says  []string
	waits bool // it goes on trying
}

// fates prepares all ways in which an enrolment can end with the server, whose
// agents call the address listen.
func fates(t *testing.T, s *server, listen string) []fate {
	t.Helper()
	b := s.logIn()
	good, _ := b.enrolmentKey(listen, nil)
	used, _ := b.enrolmentKey(listen, map[string]any{"max_uses": 1})
	first := newStation(t, used)
	first.start("--sensor", "none")
	if text, err := first.fate("40s"); err != nil {
		t.Fatalf("the key's first station: %v, %s", err, text)
	}
	first.stop()
	expired, _ := b.enrolmentKey(listen, map[string]any{"expires": time.Now().Add(2 * time.Second)})
	revoked, id := b.enrolmentKey(listen, nil)
	b.must("POST", fmt.Sprintf("/enrolment-keys/%d/revoke", id), nil, 204, nil)
	time.Sleep(3 * time.Second) // until the one has expired

	with := func(change func(e *enrolment)) enrolment {
		e := good
		change(&e)
		return e
	}
	closed := "127.0.0.1:" + freePort(t)
	_, port, _ := net.SplitHostPort(closed)
	const again = "Make a new client on the server's page (Client) and start it here."
	return []fate{
		{"a good key", good, true, []string{"https://" + listen + " knows this machine as station ", "Nothing more needs to be done"}, false},
		{"an expired key", expired, false, []string{`"test" has expired`, again}, false},
		{"a key that is used up", used, false, []string{`"test" has let in as many stations as it may`, again}, false},
		{"a revoked key", revoked, false, []string{`"test" was revoked`, again}, false},
		{"an unknown key", with(func(e *enrolment) { e.key = "ej-none" }), false, []string{"unknown here", again}, false},
		{"a name that nobody knows", with(func(e *enrolment) { e.server = "https://eljefe.invalid:8444" }), false, []string{"knows the name eljefe.invalid", "the address https://eljefe.invalid:8444 is wrong"}, true},
		{"a port where nothing listens", with(func(e *enrolment) { e.server = "https://" + closed }), false, []string{"127.0.0.1 answers that nothing listens on its port " + port, "Start the server or open the port"}, true},
		{"no answer", with(func(e *enrolment) { e.server = "https://" + silence(t) }), false, []string{"127.0.0.1 does not answer on port", "a firewall"}, true},
		{"the page's port", with(func(e *enrolment) { e.server = strings.TrimSuffix(s.Address, "/") }), false, []string{"no El Jefe server for agents", "8443"}, true},
		{"another authority", with(func(e *enrolment) { e.authority = strings.Repeat("ab", 32) }), false, []string{"another server than the one", strings.Repeat("ab", 32), "uninstall --purge"}, true},
	}
}

// Whatever becomes of an enrolment, the station is told in plain words: what is
// wrong, and what there is to do. What nobody has to mend, mends itself.
func TestFateOfEnrolment(t *testing.T) {
	t.Parallel() // most of it is waiting
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	for _, f := range fates(t, s, listen) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			a := newStation(t, f.with)
			a.start("--sensor", "none")
			text, err := a.fate("40s")
			if (err == nil) != f.known {
				t.Errorf("error %v, as if it had enrolled: %t", err, err == nil)
			}
			f.check(t, text, true)
			a.stop()
		})
	}
}

// check makes sure that a text says what it should of a fate, and of what becomes of
// an agent that is installed.
func (f *fate) check(t *testing.T, text string, installed bool) {
	t.Helper()
	for _, want := range f.says {
		if !strings.Contains(text, want) {
			t.Errorf("it says %s\nwant in it %q", text, want)
		}
	}
	tries, stays := strings.Contains(text, "goes on trying by itself"), strings.Contains(text, "Until then the agent keeps on disk what it records")
	if tries != f.waits || stays != (installed && !f.known && !f.waits) {
		t.Errorf("it says %s\nthat it goes on trying: %t, that it waits for help: %t", text, tries, stays)
	}
}

// A client that was made before its server runs, or has a name, needs nothing
// more once it does.
func TestEnrolsWhenTheServerComes(t *testing.T) {
	t.Parallel() // most of it is waiting
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	s := serve(t, dir, "--agent-listen", listen)
	with := letIn(s.logIn(), listen)
	s.stop()
	a := newStation(t, with)
	a.start("--sensor", "none")
	if text, err := a.fate("40s"); err == nil || !strings.Contains(text, "goes on trying by itself") {
		t.Errorf("without a server: %v, %s", err, text)
	}
	serve(t, dir, "--agent-listen", listen)
	text := ""
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		var err error
		if text, err = a.fate("10s"); err == nil {
			break
		}
	}
	if !strings.Contains(text, "knows this machine as station ") {
		t.Errorf("with the server: %s", text)
	}
	a.stop()
}

// fate waits until the agent says how it stands with its server; the error is that
// of an agent without contact.
func (s *station) fate(wait string) (string, error) {
	s.t.Helper()
	raw, err := s.command("status", "--wait", wait, "--state-dir", s.dir).CombinedOutput()
	return string(raw), err
}
