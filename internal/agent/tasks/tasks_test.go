package tasks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// coded is an error with the code of a problem.
type coded string

func (c coded) Error() string { return "the server answers " + string(c) }

func codeOf(err error) string {
	if c, ok := errors.AsType[coded](err); ok {
		return string(c)
	}
	return ""
}

var errNetwork = errors.New("connection reset")

// server is a server for one station, in memory.
type server struct {
	t *testing.T

	mu      sync.Mutex
	tasks   []wire.Task
	reports map[int64][]wire.TaskReport
	file    []byte // received
	sent    int    // bytes that came in all, those that were not kept too
	polls   int

	fail  func(what string) error // before something is done
	after func(what string) error // when it is done: the answer is lost
}

func (s *server) step(what string, do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(what); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if s.after != nil {
		return s.after(what)
	}
	return nil
}

func (s *server) Tasks(ctx context.Context, wait time.Duration) (tasks []wire.Task, err error) {
	err = s.step("tasks", func() error { s.polls++; tasks = slices.Clone(s.tasks); return nil })
	if err == nil && len(tasks) == 0 {
		pause(ctx, wait)
		return nil, ctx.Err()
	}
	return tasks, err
}

func (s *server) Report(_ context.Context, task int64, r *wire.TaskReport) error {
	return s.step("report", func() error {
		i := slices.IndexFunc(s.tasks, func(t wire.Task) bool { return t.ID == task })
		if i < 0 {
			return coded(wire.CodeUnknownTask)
		}
		s.reports[task] = append(s.reports[task], *r)
		if r.State != wire.TaskRunning {
			s.tasks = slices.Delete(s.tasks, i, i+1)
		}
		return nil
	})
}

func (s *server) Received(context.Context, int64) (r *wire.Received, err error) {
	err = s.step("received", func() error { r = &wire.Received{Bytes: int64(len(s.file))}; return nil })
	return r, err
}

func (s *server) Send(_ context.Context, _, offset, size int64, piece []byte) (r *wire.Received, err error) {
	err = s.step("send", func() error {
		s.sent += len(piece)
		if len(piece) > wire.MaxChunk {
			s.t.Errorf("a piece of %d bytes", len(piece))
		}
		if offset != int64(len(s.file)) {
			return coded(wire.CodeOffset)
		}
		s.file = append(s.file, piece...)
		r = &wire.Received{Bytes: int64(len(s.file)), Done: int64(len(s.file)) == size}
		return nil
	})
	return r, err
}

func (s *server) last(task int64) wire.TaskReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reports[task]) == 0 {
		return wire.TaskReport{}
	}
	return s.reports[task][len(s.reports[task])-1]
}

func (s *server) add(t wire.Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks = append(s.tasks, t)
}

func newRunner(t *testing.T, how ...func(*Config)) (*Runner, *server) {
	s := &server{t: t, reports: map[int64][]wire.TaskReport{}}
	cfg := Config{
		Server: s, Code: codeOf, FileBytes: 64 << 20, ServerNow: time.Now,
		Hello: func() wire.Hello { return wire.Hello{Run: "this one", BootID: 5} }, Lines: func() []string { return []string{"a", "b"} },
	}
	for _, h := range how {
		h(&cfg)
	}
	return New(cfg), s
}

// Each verb has an executor, and its entry in the threat model.
func TestVerbs(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(raw), "\n## What a station can be asked\n")
	if !found {
		t.Fatal(`docs/threat-model.md has no section "What a station can be asked"`)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	r, _ := newRunner(t)
	for _, verb := range wire.Verbs() {
		if r.executors[verb] == nil {
			t.Errorf("%s has no executor", verb)
		}
		if !strings.Contains(section, "\n| `"+string(verb)+"` | ") {
			t.Errorf("docs/threat-model.md has no row for %s under \"What a station can be asked\"; what can it do at worst, who may ask, how is it limited?", verb)
		}
	}
	if len(r.executors) != len(wire.Verbs()) {
		t.Errorf("there are %d executors for %d verbs", len(r.executors), len(wire.Verbs()))
	}
	for _, verb := range []wire.Verb{"", "exec", "FETCH_FILE"} {
		if out := r.do(t.Context(), wire.Task{Verb: verb}); out.state != wire.TaskRefused {
			t.Errorf("%q: %+v", verb, out)
		}
	}
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rundowns := 0
		r, s := newRunner(t, func(c *Config) {
			c.Rundown = func(context.Context) (int, error) { rundowns++; return 143, nil }
		})
		// The first report is lost on its way back, the next ones fail.
		lost, failures := 0, 0
		s.after = func(what string) error {
			if what == "report" && lost < 1 {
				lost++
				return errNetwork
			}
			return nil
		}
		s.fail = func(what string) error {
			if failures++; failures%3 == 0 {
				return errNetwork
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		defer func() { cancel(); <-done }()
		s.add(wire.Task{ID: 1, Verb: wire.ListProcesses})
		s.add(wire.Task{ID: 2, Verb: wire.ListProcesses, Expires: time.Now().Add(-time.Minute)})
		s.add(wire.Task{ID: 3, Verb: "format_disk"})
		time.Sleep(5 * time.Minute)
		if got := s.last(1); got.State != wire.TaskDone || !strings.Contains(got.Message, "143") || rundowns != 1 {
			t.Errorf("after %d rundowns: %+v", rundowns, got)
		}
		if got := s.last(2); got.State != wire.TaskFailed || !strings.Contains(got.Message, "expired") {
			t.Errorf("expired: %+v", got)
		}
		if got := s.last(3); got.State != wire.TaskRefused {
			t.Errorf("unknown: %+v", got)
		}
		polls := func() int { s.mu.Lock(); defer s.mu.Unlock(); return s.polls }
		before := polls()
		time.Sleep(time.Hour)
		if n := polls() - before; n < 60 || n > 150 {
			t.Errorf("%d polls in an idle hour", n)
		}
	})
}

// A task that the server does not name any more was cancelled.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		over := make(chan struct{})
		r, s := newRunner(t, func(c *Config) {
			c.Rundown = func(ctx context.Context) (int, error) { <-ctx.Done(); close(over); return 0, ctx.Err() }
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		defer func() { cancel(); <-done }()
		s.add(wire.Task{ID: 1, Verb: wire.ListProcesses})
		time.Sleep(time.Minute)
		s.mu.Lock()
		s.tasks = []wire.Task{{ID: 2, Verb: "x"}}
		s.mu.Unlock()
		time.Sleep(time.Minute)
		select {
		case <-over:
		default:
			t.Error("it is still being done")
		}
		if got := s.last(1); got.State != "" {
			t.Errorf("a cancelled task was reported: %+v", got)
		}
	})
}

func TestDiagnose(t *testing.T) {
	long := strings.Repeat("\x01", 1000)
	r, _ := newRunner(t, func(c *Config) {
		c.Lines = func() []string { return append(slices.Repeat([]string{long}, 500), "the last") }
	})
	report := r.do(t.Context(), wire.Task{Verb: wire.Diagnose}).report()
	var d wire.Diagnosis
	if err := json.Unmarshal(report.Result, &d); err != nil || report.State != wire.TaskDone {
		t.Fatalf("%s %s: %v", report.State, report.Message, err)
	}
	if d.Hello.Run != "this one" || d.Log[len(d.Log)-1] != "the last" || len(d.Log) < 50 || !strings.Contains(d.Threads, "TestDiagnose") {
		t.Errorf("the diagnosis has run %q, %d lines, stacks %.80q", d.Hello.Run, len(d.Log), d.Threads)
	}
	if len(report.Result) > wire.MaxJSON-32<<10 {
		t.Errorf("it has %d bytes", len(report.Result))
	}
}

func TestListProcesses(t *testing.T) {
	for _, test := range []struct {
		rundown func(context.Context) (int, error)
		want    wire.TaskState
	}{
		{nil, wire.TaskRefused},
		{func(context.Context) (int, error) { return 0, errors.ErrUnsupported }, wire.TaskRefused},
		{func(context.Context) (int, error) { return 0, io.ErrUnexpectedEOF }, wire.TaskFailed},
		{func(context.Context) (int, error) { return 3, nil }, wire.TaskDone},
	} {
		r, _ := newRunner(t, func(c *Config) { c.Rundown = test.rundown })
		if out := r.do(t.Context(), wire.Task{Verb: wire.ListProcesses}); out.state != test.want {
			t.Errorf("got %+v, want %s", out, test.want)
		}
	}
}

// content of a file that has n bytes, no two pieces alike.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i)
	}
	return b
}

func sum(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

func keepFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFetchFile(t *testing.T) {
	big := bytesOf(2*wire.MaxChunk + 12345)
	tests := []struct {
		name    string
		content []byte
		has     int // bytes that the server has already
		fail    func(s *server) func(what string) error
		after   func(s *server) func(what string) error
	}{
		{name: "small", content: []byte("MZ")},
		{name: "empty", content: nil},
		{name: "one piece exactly", content: bytesOf(wire.MaxChunk)},
		{name: "several pieces", content: big},
		{name: "goes on behind a piece", content: big, has: wire.MaxChunk},
		{name: "goes on within a piece", content: big, has: wire.MaxChunk + 77},
		{name: "all but the last answer", content: big, has: len(big) - 1},
		{name: "a bad line", content: big, fail: func(*server) func(string) error {
			n := 0
			return func(string) error {
				if n++; n%3 == 0 {
					return errNetwork
				}
				return nil
			}
		}},
		{name: "a busy server", content: big, fail: func(*server) func(string) error {
			n := 0
			return func(string) error {
				if n++; n < 8 {
					return coded(wire.CodeBusy)
				}
				return nil
			}
		}},
		{name: "an answer is lost", content: big, after: func(*server) func(string) error {
			n := 0
			return func(what string) error {
				if what == "send" {
					if n++; n == 1 {
						return errNetwork
					}
				}
				return nil
			}
		}},
		{name: "the server had something else", content: big, has: 99, fail: func(s *server) func(string) error {
			return func(what string) error {
				if what == "send" && len(s.file) > 0 && s.file[0] == 0xff {
					s.file = nil
					return coded(wire.CodeMismatch)
				}
				return nil
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := keepFile(t, "a.exe", test.content)
			synctest.Test(t, func(t *testing.T) {
				r, s := newRunner(t, func(c *Config) { c.BytesPerSecond = 1 << 20 })
				s.file = slices.Clone(test.content[:test.has])
				if strings.Contains(test.name, "something else") {
					s.file = bytes.Repeat([]byte{0xff}, test.has)
				}
				if test.fail != nil {
					s.fail = test.fail(s)
				}
				if test.after != nil {
					s.after = test.after(s)
				}
				s.tasks = []wire.Task{{ID: 1}}
				began := time.Now()
				out := r.do(t.Context(), wire.Task{ID: 1, Verb: wire.FetchFile, SHA256: sum(test.content), Paths: []string{filepath.Join(t.TempDir(), "gone"), path}})
				if out.state != wire.TaskDone {
					t.Fatalf("%s: %s", out.state, out.message)
				}
				if !bytes.Equal(s.file, test.content) {
					t.Errorf("%d bytes arrived, or not the right ones; want %d", len(s.file), len(test.content))
				}
				if test.fail == nil && test.after == nil && s.sent != len(test.content)-test.has {
					t.Errorf("%d bytes were sent; want %d", s.sent, len(test.content)-test.has)
				}
				// All but the last piece have had their time.
				if least := time.Duration((s.sent-wire.MaxChunk)>>20) * time.Second; time.Since(began) < least {
					t.Errorf("%d bytes took %s at 1 MiB a second", s.sent, time.Since(began))
				}
			})
		})
	}
}

// Nothing but the right file is sent, and the message says why.
func TestFetchFileRefused(t *testing.T) {
	content := bytesOf(100_000)
	path := keepFile(t, "a.exe", content)
	dir := t.TempDir()
	tests := []struct {
		name string
		task wire.Task
		want string
	}{
		{"no hash", wire.Task{SHA256: "12", Paths: []string{path}}, "no SHA-256"},
		{"no path", wire.Task{SHA256: sum(content)}, "where the file lay"},
		{"missing", wire.Task{SHA256: sum(content), Paths: []string{filepath.Join(dir, "x")}}, "no such file"},
		{"another file", wire.Task{SHA256: sum(nil), Paths: []string{path}}, "another one by now: its SHA-256 is " + sum(content)},
		{"a folder", wire.Task{SHA256: sum(content), Paths: []string{dir}}, "a folder"},
		{"not a full path", wire.Task{SHA256: sum(content), Paths: []string{"a.exe"}}, "no full path"},
		{"on another machine", wire.Task{SHA256: sum(content), Paths: []string{"//evil.example.org/share/a.exe"}}, "another machine"},
		{"too large", wire.Task{SHA256: sum(content), Paths: []string{path}, MaxBytes: 99_999}, "at most 99999 are sent"},
		{"several", wire.Task{SHA256: sum(content), Paths: []string{dir, filepath.Join(dir, "x")}}, "a folder; " + filepath.Join(dir, "x")},
	}
	for _, test := range tests {
		r, s := newRunner(t)
		test.task.Verb = wire.FetchFile
		out := r.do(t.Context(), test.task)
		if out.state != wire.TaskFailed || !strings.Contains(out.message, test.want) {
			t.Errorf("%s: %s %q; want %q in it", test.name, out.state, out.message, test.want)
		}
		if s.sent > 0 {
			t.Errorf("%s: %d bytes were sent", test.name, s.sent)
		}
	}
	r, _ := newRunner(t, func(c *Config) { c.FileBytes = 0 })
	if out := r.do(t.Context(), wire.Task{Verb: wire.FetchFile, SHA256: sum(content), Paths: []string{path}}); out.state != wire.TaskRefused {
		t.Errorf("a client that sends no files: %+v", out)
	}
}

// A file that is written to while it is sent is not sent on.
func TestFileChanges(t *testing.T) {
	for name, change := range map[string]func(f *os.File) error{
		"another byte": func(f *os.File) error { _, err := f.WriteAt([]byte("secret"), wire.MaxChunk+5); return err },
		"shorter":      func(f *os.File) error { return f.Truncate(wire.MaxChunk + 5) },
	} {
		content := bytesOf(3 * wire.MaxChunk)
		path := keepFile(t, "a.exe", content)
		r, s := newRunner(t)
		s.tasks = []wire.Task{{ID: 1}}
		s.after = func(what string) error {
			if what != "send" || len(s.file) != wire.MaxChunk {
				return nil
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return errors.Join(change(f), f.Close())
		}
		out := r.do(t.Context(), wire.Task{ID: 1, Verb: wire.FetchFile, SHA256: sum(content), Paths: []string{path}})
		if out.state != wire.TaskFailed || !strings.Contains(out.message, errMoved.Error()) {
			t.Errorf("%s: %s %q", name, out.state, out.message)
		}
		if len(s.file) != wire.MaxChunk || bytes.Contains(s.file, []byte("secret")) {
			t.Errorf("%s: %d bytes were sent", name, len(s.file))
		}
	}
}

// A server that does not go on ends the task.
func TestServerStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := bytesOf(100)
		r, s := newRunner(t)
		s.fail = func(what string) error {
			if what == "send" {
				return coded(wire.CodeOffset)
			}
			return nil
		}
		out := r.do(t.Context(), wire.Task{ID: 1, Verb: wire.FetchFile, SHA256: sum(content), Paths: []string{keepFile(t, "a", content)}})
		if out.state != wire.TaskFailed || !strings.Contains(out.message, "did not go on") {
			t.Errorf("%s %q", out.state, out.message)
		}
	})
}
