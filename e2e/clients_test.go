//go:build linux

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// shown returns the certificate that a server shows at an address.
func shown(t *testing.T, address string) *x509.Certificate {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0]
}

// A name that is added on the page is in the certificate of the next connection, of
// browsers and of agents, and in that of the server's next start.
func TestNamesOfTheServer(t *testing.T) {
	dir, listen := dataDir(t), "127.0.0.1:"+freePort(t)
	begin := func() (*server, *browser, string) {
		t.Helper()
		s := serve(t, dir, "--agent-listen", listen)
		page, err := url.Parse(s.Address)
		if err != nil {
			t.Fatal(err)
		}
		return s, s.logIn(), page.Host
	}
	s, b, page := begin()
	expect := func(when string, covered bool) {
		t.Helper()
		for _, address := range []string{page, listen} {
			if err := shown(t, address).VerifyHostname("jefe.example"); (err == nil) != covered {
				t.Errorf("%s, at %s: %v; want it covered: %v", when, address, err, covered)
			}
			if err := shown(t, address).VerifyHostname("server.eljefe.internal"); err != nil {
				t.Errorf("%s, at %s: agents do not know it any more: %v", when, address, err)
			}
		}
	}
	expect("before", false)
	b.must(http.MethodPost, "/clients/names", map[string]string{"name": "jefe.example"}, 200, nil)
	expect("added", true)
	var checked struct {
		Covered  bool
		Resolves bool
	}
	b.must(http.MethodPost, "/clients/check-address", map[string]string{"server": "jefe.example"}, 200, &checked)
	if !checked.Covered {
		t.Errorf("the address is %+v; want it covered", checked)
	}
	s.stop()
	s, b, page = begin()
	expect("after a restart", true)
	b.must(http.MethodDelete, "/clients/names/jefe.example", nil, 200, nil)
	expect("removed", false)
	s.stop()
	_, _, page = begin()
	expect("removed, after a restart", false)
}

// The line that the page shows installs a client that the server gives to whoever
// has the line, and to nobody else.
func TestClientByOneLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can install")
	}
	if _, err := firstOf("curl"); err != nil {
		t.Skip(err)
	}
	agent, err := agentProgram()
	if err != nil {
		t.Fatal(err)
	}
	path, err := pageProgram(agent)
	if err != nil {
		t.Fatal(err)
	}
	s, err := serveProgram(t, path, dataDir(t))
	if err != nil {
		t.Fatal(err)
	}
	b := s.logIn()
	in := map[string]any{"package": "linux-" + runtime.GOARCH + "-tar", "server": "127.0.0.1:8444", "new_key": map[string]any{"name": "one line"}}
	b.must(http.MethodPost, "/clients", in, 403, nil)
	in["password"] = newPassword
	var made struct {
		Server, Secret string
		Commands       []struct{ ID, Text string }
	}
	b.must(http.MethodPost, "/clients", in, 200, &made)

	// Instead of the whole machine, a folder gets the agent.
	tools, root := t.TempDir(), t.TempDir()
	sudo := "#!/bin/sh\nexec \"$@\" --root " + root + "\n"
	if err := os.WriteFile(filepath.Join(tools, "sudo"), []byte(sudo), 0o755); err != nil {
		t.Fatal(err)
	}
	line := made.Commands[len(made.Commands)-1]
	if line.ID != "shell" {
		t.Fatalf("the last command is %+v; want the line for a shell", line)
	}
	start := func(text string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", text)
		cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	config := filepath.Join(root, "etc", "eljefe-agent", "config.json")
	at := strings.Index(line.Text, "echo '") + len("echo '")
	if out, err := start(line.Text[:at] + strings.Repeat("0", 64) + line.Text[at+64:]); err == nil || !strings.Contains(out, "FAILED") {
		t.Errorf("another file than the one that was made: %v, %s; want that it failed", err, out)
	}
	if _, err := os.Stat(config); err == nil {
		t.Fatal("another file than the one that was made was installed")
	}
	if out, err := start(line.Text); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(config)
	if err != nil || !strings.Contains(string(raw), `"https://127.0.0.1:8444"`) || !strings.Contains(string(raw), authority(t, s)) {
		t.Errorf("installed with %s, %v", raw, err)
	}
}
