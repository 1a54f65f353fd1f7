//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFirstStartAndSecond(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir)
	if s.Password == "" {
		t.Fatalf("no password was printed: %s", s.out.String())
	}
	first := s.Password
	b := s.browser()
	b.must("POST", "/session", map[string]string{"name": "admin", "password": "wrong"}, 401, nil)
	b.must("GET", "/events", nil, 401, nil)
	b.must("POST", "/session", map[string]string{"name": "ADMIN", "password": first}, 200, nil)
	var p problem
	b.must("GET", "/events", nil, 403, &p)
	if p.Type != "urn:eljefe:password-change-required" {
		t.Errorf("before the password is changed: %+v", p)
	}
	b.must("PUT", "/session/password", map[string]string{"current": first, "new": "short"}, 422, nil)
	b.must("PUT", "/session/password", map[string]string{"current": first, "new": first}, 422, nil)

	s.stop()
	again := serve(t, dir)
	if again.Password != first {
		t.Errorf("second start: got password %q, want %q as long as it is not changed", again.Password, first)
	}
	b = again.logIn()
	b.must("GET", "/events", nil, 200, nil)
	again.stop()
	third := serve(t, dir)
	if third.Password != "" {
		t.Errorf("the changed password is still printed: %q", third.Password)
	}
	if _, err := os.Stat(filepath.Join(dir, "first-password")); !os.IsNotExist(err) {
		t.Errorf("first-password is still there: %v", err)
	}
	b = third.logIn()
	b.must("DELETE", "/session", nil, 204, nil)
	b.must("GET", "/events", nil, 401, nil)
}

func TestTwoServersOneDataDirectory(t *testing.T) {
	dir := dataDir(t)
	serve(t, dir)
	_, err := tryServe(t, dir)
	if err == nil || !strings.Contains(err.Error(), "another eljefe") {
		t.Errorf("second server: got %v, want a message that another one runs", err)
	}
}

func TestKilledServerStartsAgain(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir)
	b := s.logIn()
	job := b.importFile("a.ndjson", ndjson(500))
	if job.Added != 1000 {
		t.Fatalf("import: %+v", job)
	}
	s.kill()
	s = serve(t, dir)
	b = s.logIn()
	if job = b.importFile("a.ndjson", ndjson(500)); job.Added != 0 || job.Duplicates != 1000 {
		t.Errorf("after kill -9: got %d added and %d duplicates, want 0 and 1000", job.Added, job.Duplicates)
	}
}

// ndjson returns n processes with their ends, as a file of our own events.
func ndjson(n int) []byte {
	var b strings.Builder
	base := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	for i := range n {
		at := base.Add(time.Duration(i) * 37 * time.Millisecond)
		fmt.Fprintf(&b, `{"kind":"start","station":"S-%d","time":%q,"sensor":"replay","pid":%d,"boot_id":1,"process_seq":%d,"parent_pid":4,"parent_process_seq":%d,"image":"C:\\bin\\%d.exe","command_line":"run %d","sha256":"%064x","user":"ACME\\u%d"}`+"\n",
			i%7, at.Format(time.RFC3339Nano), 4*i+8, i+2, max(1, i-6), i%50, i, i%50, i%9)
		fmt.Fprintf(&b, `{"kind":"stop","station":"S-%d","time":%q,"sensor":"replay","pid":%d,"boot_id":1,"process_seq":%d,"started":%q,"exit_code":0}`+"\n",
			i%7, at.Add(time.Second).Format(time.RFC3339Nano), 4*i+8, i+2, at.Format(time.RFC3339Nano))
	}
	return []byte(b.String())
}

// An import of 200,000 events is cut off by kill -9, of the server, then of its
// database; done again it is whole, with nothing twice.
func TestKillDuringImport(t *testing.T) {
	t.Parallel() // most of it is waiting
	const processes = 100_000
	content := ndjson(processes)
	for _, victim := range []string{"server", "database"} {
		t.Run(victim, func(t *testing.T) {
			dir := dataDir(t)
			s := serve(t, dir)
			b := s.logIn()
			var job imported
			b.must("POST", "/imports?name=big.ndjson", strings.NewReader(string(content)), 202, &job)
			acknowledged := int64(0)
			for deadline := time.Now().Add(time.Minute); acknowledged < 4000; time.Sleep(20 * time.Millisecond) {
				b.must("GET", fmt.Sprintf("/imports/%d", job.ID), nil, 200, &job)
				if acknowledged = job.Added; time.Now().After(deadline) || job.State != "running" {
					t.Fatalf("the import was not caught in the act: %+v", job)
				}
			}
			if victim == "server" {
				s.kill()
				s = serve(t, dir)
				b = s.logIn()
				var count struct{ Count int64 }
				b.must("GET", "/events/count", nil, 200, &count)
				if count.Count < min(acknowledged, 10_000) {
					t.Errorf("%d events are there, %d were acknowledged", count.Count, acknowledged)
				}
				if job = b.importFile("big.ndjson", content); job.State != "done" || job.Added+job.Duplicates != 2*processes || job.Duplicates < acknowledged {
					t.Errorf("import done again: %+v; want %d events, at least %d of them duplicates", job, 2*processes, acknowledged)
				}
			} else {
				killDatabase(t, dir)
				for deadline := time.Now().Add(2 * time.Minute); job.State == "running"; time.Sleep(100 * time.Millisecond) {
					status, raw := b.do("GET", fmt.Sprintf("/imports/%d", job.ID), nil)
					if status == 200 {
						if err := json.Unmarshal(raw, &job); err != nil {
							t.Fatal(err)
						}
					} else if status != 503 {
						t.Fatalf("while the database is away: %d %s", status, raw)
					}
					if time.Now().After(deadline) {
						t.Fatalf("the import did not go on: %+v\n%s", job, s.log.String())
					}
				}
				if job.State != "done" || job.Added+job.Duplicates != 2*processes {
					t.Errorf("after the database was killed: %+v; want %d events", job, 2*processes)
				}
			}
			lines := exportLines(t, b)
			if starts := strings.Count(lines, `"kind":"start"`); starts != processes {
				t.Errorf("%d starts are stored, want %d", starts, processes)
			}
			if stops := strings.Count(lines, `"kind":"stop"`); stops != processes {
				t.Errorf("%d stops are stored, want %d", stops, processes)
			}
		})
	}
}

func exportLines(t *testing.T, b *browser) string {
	t.Helper()
	status, raw := b.do("GET", "/events/export?format=ndjson", nil)
	if status != 200 {
		t.Fatalf("export: %d %s", status, raw)
	}
	return string(raw)
}

// killDatabase kills the private PostgreSQL's first process.
func killDatabase(t *testing.T, dir string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "postgresql", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(raw), &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseAway(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir)
	b := s.logIn()
	killDatabase(t, dir)
	seen := false
	for range 200 {
		status, raw := b.do("GET", "/events", nil)
		if status == 503 {
			var p problem
			if err := json.Unmarshal(raw, &p); err != nil || !strings.Contains(p.Detail, "database is not available") {
				t.Errorf("while the database is away: %s", raw)
			}
			seen = true
		} else if status != 200 {
			t.Fatalf("while the database is away: %d %s", status, raw)
		} else if seen {
			return // it is back by itself
		}
		time.Sleep(20 * time.Millisecond)
	}
	if seen {
		t.Error("the database did not come back")
	}
}

func TestClearMessages(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir, "--max-upload", "1")
	b := s.logIn()
	b.importFile("a.ndjson", ndjson(5))
	for _, tt := range []struct {
		method, path string
		body         any
		status       int
		want         string // part of the detail
	}{
		{"GET", "/events?q=imag:x", nil, 422, `there is no field "imag"`},
		{"GET", "/events?q=pid:x", nil, 422, "pid"},
		{"GET", "/events?from=yesterday", nil, 422, ""},
		{"GET", "/events?from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z", nil, 422, "ends at"},
		{"GET", "/events?cursor=xyz", nil, 422, "cursor"},
		{"GET", "/processes/nonsense", nil, 404, "not the id of a process"},
		{"GET", "/processes/1-hkkf0g9sm8-0197231ef0ef6a5d8b05000000001100", nil, 404, "no process"},
		{"GET", "/stations/999", nil, 404, "no station 999"},
		{"GET", "/imports/999", nil, 404, "no import 999"},
		{"GET", "/nothing", nil, 404, "nothing at"},
		{"POST", "/imports?name=big.evtx", strings.NewReader(strings.Repeat("x", 2<<20)), 413, "1.0 MiB"},
		{"POST", "/imports?name=big.evtx", io.MultiReader(strings.NewReader(strings.Repeat("x", 2<<20))), 413, "1.0 MiB"}, // no Content-Length
		{"POST", "/users", map[string]string{"name": "admin", "role": "viewer"}, 409, "admin"},
		{"DELETE", "/users/1", nil, 409, "last administrator"},
	} {
		status, raw := b.do(tt.method, tt.path, tt.body)
		var p problem
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Errorf("%s %s: %d, no problem: %s", tt.method, tt.path, status, raw)
			continue
		}
		if status != tt.status || !strings.Contains(p.Detail, tt.want) {
			t.Errorf("%s %s: got %d %q, want %d with %q", tt.method, tt.path, status, p.Detail, tt.status, tt.want)
		}
	}
	for name, content := range map[string]string{
		"text.evtx": "this is no log\n", "empty.evtx": "", "half.evtx": "ElfFile\x00 and nothing more", "laid-out.json": "{\n  \"kind\": \"start\"\n}\n",
	} {
		job := b.importFile(name, []byte(content))
		if job.Added != 0 || job.Reason == "" || job.State == "done" && job.Damaged == 0 {
			t.Errorf("import of %s: %+v; want a reason and nothing added", name, job)
		}
	}
	// The server works as before.
	var page struct{ Events []map[string]any }
	b.must("GET", "/events", nil, 200, &page)
	if len(page.Events) != 10 {
		t.Errorf("after all that: %d events, want 10", len(page.Events))
	}
}

// hostile is what an attacker may put on a command line.
var hostile = []string{
	`cmd /c echo <script>alert(1)</script>`, `=cmd|' /C calc'!A0`, "echo \x1b[31mred\x1b]0;title\x07", "a\x00b", "+1+1", "@SUM(A1)", "-2+3",
	"right\u202eexe.fdp\u202c to left", "\u200bzero", "line\r\nbreak\ttab", "quote \" and , comma", `\ud800 escaped`, strings.Repeat("x", 32_000),
}

func TestHostileText(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir)
	b := s.logIn()
	var file strings.Builder
	for i, line := range hostile {
		raw, err := json.Marshal(map[string]any{
			"kind": "start", "station": "S", "time": time.Date(2026, 11, 16, 8, 0, i, 0, time.UTC), "pid": 100 + i, "image": `C:\` + line[:min(len(line), 200)], "command_line": line, "user": line[:min(len(line), 100)],
		})
		if err != nil {
			t.Fatal(err)
		}
		file.Write(raw)
		file.WriteByte('\n')
	}
	file.WriteString(`{"kind":"start","station":"S","time":"2026-11-16T09:00:00Z","pid":7,"image":"C:\\lone\ud800.exe","command_line":"lone \udc00 surrogate"}` + "\n")
	job := b.importFile("hostile.ndjson", []byte(file.String()))
	if job.Added != int64(len(hostile))+1 || job.Damaged != 0 {
		t.Fatalf("import: %+v", job)
	}
	for _, format := range []string{"ndjson", "csv"} {
		status, raw := b.do("GET", "/events/export?format="+format, nil)
		if status != 200 {
			t.Fatalf("%s: %d %s", format, status, raw)
		}
		for _, r := range string(raw) {
			if r < ' ' && r != '\n' || r >= 0x7f && r <= 0x9f || r == 0x202e || r == 0x200b {
				t.Errorf("%s holds %U raw", format, r)
				break
			}
		}
		if format == "csv" && strings.Contains(string(raw), `,=cmd`) {
			t.Error("csv holds a formula")
		}
		if format == "csv" && !strings.Contains(string(raw), `'=cmd|`) {
			t.Error("csv does not hold the command line that begins with =")
		}
	}
	out, code := run(t, "export", "--data-dir", dir, "--q", "pid:7")
	if code != 0 || !strings.Contains(out, "lone \ufffd surrogate") {
		t.Errorf("export of a lone surrogate: exit code %d, %.2000s", code, out)
	}
	if out, code := run(t, "export", "--data-dir", dir, "--q", `command_line:"<script>"`); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("search for <script>: exit code %d, %d lines, want 1", code, strings.Count(out, "\n"))
	}
}

// An expired session, a revoked token, a disabled user: each is told apart
// from a wrong password, and lets nothing through.
func TestAccessEnds(t *testing.T) {
	dir := dataDir(t)
	s := serve(t, dir)
	admin := s.logIn()
	var added struct {
		User            struct{ ID int64 }
		OneTimePassword string `json:"one_time_password"`
	}
	admin.must("POST", "/users", map[string]string{"name": "bob", "role": "viewer"}, 200, &added)
	bob := s.browser()
	bob.must("POST", "/session", map[string]string{"name": "bob", "password": added.OneTimePassword}, 200, nil)
	bob.must("PUT", "/session/password", map[string]string{"current": added.OneTimePassword, "new": newPassword}, 204, nil)
	bob.must("GET", "/events", nil, 200, nil)
	bob.must("GET", "/users", nil, 403, nil)
	bob.must("POST", "/imports?name=a.ndjson", strings.NewReader("{}"), 403, nil)
	var token struct {
		ID     int64
		Secret string
	}
	bob.must("POST", "/tokens", map[string]string{"name": "script", "role": "administrator"}, 403, nil)
	bob.must("POST", "/tokens", map[string]string{"name": "script", "role": "viewer"}, 200, &token)
	if out, code := run(t, "export", "--server", s.Address, "--token", token.Secret, "--authority", authority(t, s)); code != 0 {
		t.Errorf("export with a token: %d %s", code, out)
	}
	if out, code := run(t, "export", "--server", s.Address, "--token", token.Secret, "--authority", strings.Repeat("0", 64)); code == 0 {
		t.Errorf("export from a server with another authority succeeded: %s", out)
	}
	if out, code := run(t, "user", "list", "--server", s.Address, "--token", token.Secret, "--authority", authority(t, s)); code != 1 || !strings.Contains(out, "needs the role") {
		t.Errorf("a viewer's token lists users: %d %s", code, out)
	}
	bob.must("DELETE", fmt.Sprintf("/tokens/%d", token.ID), nil, 204, nil)
	if out, code := run(t, "export", "--server", s.Address, "--token", token.Secret, "--authority", authority(t, s)); code != 1 || !strings.Contains(out, "revoked") {
		t.Errorf("export with a revoked token: %d %s", code, out)
	}
	if out, code := run(t, "user", "change", "bob", "--disable", "--data-dir", dir); code != 0 {
		t.Fatalf("user change: %d %s", code, out)
	}
	var p problem
	bob.must("GET", "/events", nil, 401, &p)
	if !strings.Contains(p.Detail, "session has ended") {
		t.Errorf("a disabled user's session: %+v", p)
	}
}

func authority(t *testing.T, s *server) string {
	t.Helper()
	out := s.out.String()
	_, after, ok := strings.Cut(out, "SHA-256 ")
	if !ok {
		t.Fatalf("no authority printed: %s", out)
	}
	return after[:64]
}

func TestHealth(t *testing.T) {
	s := serve(t, dataDir(t))
	b := s.browser()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		res, err := b.http.Get(s.Address + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %v", path, res.StatusCode, err)
		}
	}
}
