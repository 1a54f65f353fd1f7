//go:build linux

// Package e2e tests the whole product as its users have it: the program built
// and started as they start it, its own PostgreSQL, and requests over TLS.
package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program builds the server program once and returns its path.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "eljefe-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "eljefe")
	out, err := exec.Command("go", "build", "-o", path, "github.com/eljefe/eljefe/cmd/eljefe").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, os.Chmod(dir, 0o755)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		endWine(path)
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// dataDir returns a folder that the database's account can enter.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "eljefe-data")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// server is a running program.
type server struct {
	t        *testing.T
	dir      string
	cmd      *exec.Cmd
	out, log *lockedBuffer
	exited   chan error

	Address  string
	Password string // one-time, "" once it has been changed
}

// serve starts a server on dir and waits until it answers.
func serve(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	s, err := tryServe(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryServe(t *testing.T, dir string, args ...string) (*server, error) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return serveProgram(t, path, dir, args...)
}

// serveProgram is tryServe with another build of the program.
func serveProgram(t *testing.T, path, dir string, args ...string) (*server, error) {
	t.Helper()
	s := &server{t: t, dir: dir, out: &lockedBuffer{}, log: &lockedBuffer{}, exited: make(chan error, 1)}
	s.cmd = exec.Command(path, append([]string{"serve", "--data-dir", dir, "--listen", "127.0.0.1:" + freePort(t), "--agent-listen", "127.0.0.1:" + freePort(t)}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.exited <- s.cmd.Wait() }()
	t.Cleanup(s.stop)
	hello := regexp.MustCompile(`El Jefe is at +(\S+)`)
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-s.exited:
			s.exited <- err
			return nil, fmt.Errorf("serve ended: %v\n%s%s", err, s.out.String(), s.log.String())
		default:
		}
		if m := hello.FindStringSubmatch(s.out.String()); m != nil && strings.Contains(s.out.String(), "certificate") {
			s.Address = m[1]
			if m := regexp.MustCompile(`Password +(\S+)`).FindStringSubmatch(s.out.String()); m != nil {
				s.Password = m[1]
			}
			return s, nil
		}
	}
	return nil, fmt.Errorf("the server did not start in a minute\n%s", s.log.String())
}

// stop asks the server to stop and waits for it.
func (s *server) stop() {
	s.t.Helper()
	if s.cmd.ProcessState != nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.exited:
		s.exited <- err
		if err != nil && !strings.Contains(err.Error(), "killed") {
			s.t.Errorf("the server ended with %v\n%s", err, s.log.String())
		}
	case <-time.After(60 * time.Second):
		s.t.Errorf("the server did not stop in a minute\n%s", s.log.String())
		s.kill()
	}
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	err := <-s.exited
	s.exited <- err
}

// newPassword is what tests change the one-time password to.
const newPassword = "correct horse battery staple"

// logIn returns a client with a session whose password has been changed.
func (s *server) logIn() *browser {
	s.t.Helper()
	b := s.browser()
	password := newPassword
	if s.Password != "" {
		b.must("POST", "/session", map[string]string{"name": "admin", "password": s.Password}, 200, nil)
		b.must("PUT", "/session/password", map[string]string{"current": s.Password, "new": newPassword}, 204, nil)
		s.Password = ""
		return b
	}
	b.must("POST", "/session", map[string]string{"name": "admin", "password": password}, 200, nil)
	return b
}

// browser is a client that keeps cookies.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func (s *server) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{t: s.t, base: s.Address, http: &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true,
	}}}
}

// problem is an RFC 9457 answer.
type problem struct {
	Type, Title, Detail, Suggestion string
	Status                          int
	Position, Length                *int
}

// do sends JSON, or the raw reader in, and returns status and body.
func (b *browser) do(method, path string, in any) (int, []byte) {
	b.t.Helper()
	var body io.Reader
	contentType := "application/json"
	switch v := in.(type) {
	case nil:
	case io.Reader:
		body, contentType = v, "application/octet-stream"
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			b.t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, b.base+"/api/v1"+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := b.http.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return res.StatusCode, raw
}

// must sends a request, wants a status and reads the answer into out.
func (b *browser) must(method, path string, in any, status int, out any) {
	b.t.Helper()
	got, raw := b.do(method, path, in)
	if got != status {
		b.t.Fatalf("%s %s: got %d, want %d: %s", method, path, got, status, raw)
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
}

// imported is what the API tells of an import.
type imported struct {
	ID                                                               int64
	State, Reason                                                    string
	Records, Starts, Stops, Added, Duplicates, Damaged, Other, Bytes int64
	Stations                                                         []struct {
		ID   int64
		Name string
	}
}

// importFile uploads content and waits for the end of the import.
func (b *browser) importFile(name string, content []byte) imported {
	b.t.Helper()
	var job imported
	b.must("POST", "/imports?name="+name, bytes.NewReader(content), 202, &job)
	for deadline := time.Now().Add(2 * time.Minute); job.State == "running" || job.State == "receiving"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("import of %s takes more than two minutes: %+v", name, job)
		}
		b.must("GET", fmt.Sprintf("/imports/%d", job.ID), nil, 200, &job)
	}
	return job
}

// run runs a command of the program and returns its output.
func run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	raw, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// lockedBuffer is written by a process and read by a test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
