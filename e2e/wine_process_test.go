//go:build linux

package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// winEvent is what the API tells of an event on Windows.
type winEvent struct {
	Kind, Process, Sensor, Image, User, Architecture, Missing string
	PID                                                       int
	CommandLine                                               string `json:"command_line"`
	ParentImage                                               string `json:"parent_image"`
	ParentCommandLine                                         string `json:"parent_command_line"`
	ParentPID                                                 int    `json:"parent_pid"`
	ExitCode                                                  *int   `json:"exit_code"`

	SHA256, SHA1, MD5, IMPHASH    string
	Company, Product, Description string
	OriginalFileName              string    `json:"original_file_name"`
	FileVersion                   string    `json:"file_version"`
	FileSize                      int       `json:"file_size"`
	EntrySHA256                   string    `json:"entry_sha256"`
	Compiled                      time.Time `json:"compiled"`

	Privileges []string
	Present    []string `json:"privileges_present"`
	Integrity  string
	UserSID    string `json:"user_sid"`
}

// await waits until so many events fit a filter, and returns them.
func (b *browser) await(q string, want int) []winEvent {
	b.t.Helper()
	var list struct{ Events []winEvent }
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		list.Events = nil
		b.must("GET", "/events?limit=500&q="+url.QueryEscape(q), nil, 200, &list)
		if len(list.Events) >= want {
			return list.Events
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%d events fit %s after a minute; want %d", len(list.Events), q, want)
		}
	}
}

// What starts on Windows and lives longer than the time between two looks is
// reported: what it was, by whom, with which rights, from which file, and how it
// ended. The file comes when it is asked for.
func TestWineProcesses(t *testing.T) {
	w := wineHere(t)
	listen := "127.0.0.1:" + freePort(t)
	s := serve(t, dataDir(t), "--agent-listen", listen)
	b := s.logIn()
	a := w.station(t, letIn(b, listen))
	a.start("--sensor", "poll", "--log-level", "debug")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the agent's log:\n%s", a.log.String())
		}
	})
	a.reported(3, time.Minute) // what runs already

	const processes = 8
	word := "canary" + filepath.Base(s.dir)
	query := fmt.Sprintf("image:*specimen.exe command_line:%q", word)
	running := make([]*specimen, processes)
	for i := range running {
		running[i] = w.begin(t, "cmd.exe", "/c", wineSpecimen, fmt.Sprint(i), word)
	}
	starts := b.await("kind:start "+query, processes)
	for i, p := range running {
		if code := p.end(t); code != i {
			t.Fatalf("a process that should exit with %d exited with %d", i, code)
		}
	}
	stops := b.await("kind:stop "+query, processes)
	if len(starts) != processes || len(stops) != processes {
		t.Errorf("%d starts and %d ends are there, of %d processes", len(starts), len(stops), processes)
	}
	content, err := os.ReadFile(w.unix(wineSpecimen))
	if err != nil {
		t.Fatal(err)
	}
	code := map[string]int{} // of a process
	for _, e := range starts {
		var i int
		if n, err := fmt.Sscanf(e.CommandLine, wineSpecimen+" %d "+word, &i); n != 1 || err != nil {
			t.Errorf("a command line is %q: %v", e.CommandLine, err)
		}
		code[e.Process] = i
		e.wantSpecimen(t, content)
	}
	for _, e := range stops {
		want, known := code[e.Process]
		if !known || e.ExitCode == nil || *e.ExitCode != want {
			t.Errorf("the end of %q is %+v; want the exit code %d", e.CommandLine, e, want)
		}
		delete(code, e.Process)
	}
	if len(code) > 0 {
		t.Errorf("processes without an end, or that are there twice: %v", code)
	}

	agent, err := os.ReadFile(w.unix(wineAgent))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.fetch(stationOf(a), fmt.Sprintf("%x", sha256.Sum256(agent))); !bytes.Equal(got, agent) {
		t.Errorf("%d bytes came that are not the %d of the file", len(got), len(agent))
	}
	w.cost(t, a)
	a.stop()
	a.start("--sensor", "none")
	st := a.delivered(2*processes, time.Minute)
	b.ledger(st.Station).wantWhole(t, st.Stream.Last, 0, 0)
	a.stop()
}

// wantSpecimen says what is wrong with the start of a specimen by cmd.exe, whose
// file has this content.
func (e *winEvent) wantSpecimen(t *testing.T, content []byte) {
	t.Helper()
	if e.Sensor != "poll" || !strings.EqualFold(e.Image, wineSpecimen) || e.PID == 0 || e.Architecture != "x64" || !strings.Contains(e.User, `\`) || e.UserSID == "" {
		t.Errorf("a start is %+v", e)
	}
	if e.ParentPID == 0 || !strings.HasSuffix(strings.ToLower(e.ParentImage), `\cmd.exe`) || !strings.HasSuffix(e.ParentCommandLine, "/c "+e.CommandLine) {
		t.Errorf("the parent of %q is the process %d, %q, %q", e.CommandLine, e.ParentPID, e.ParentImage, e.ParentCommandLine)
	}
	if e.SHA256 != fmt.Sprintf("%x", sha256.Sum256(content)) || e.SHA1 != fmt.Sprintf("%x", sha1.Sum(content)) || e.MD5 != fmt.Sprintf("%x", md5.Sum(content)) || e.FileSize != len(content) {
		t.Errorf("the file of %q has %d bytes, SHA-256 %s, SHA-1 %s, MD5 %s, which are not those of the file", e.CommandLine, e.FileSize, e.SHA256, e.SHA1, e.MD5)
	}
	if len(e.IMPHASH) != 32 || len(e.EntrySHA256) != 64 || e.Compiled.IsZero() {
		t.Errorf("of the file of %q the import hash is %q, the code's %q, the time %s", e.CommandLine, e.IMPHASH, e.EntrySHA256, e.Compiled)
	}
	if e.Company != "Example Works" || e.Product != "Specimen" || e.Description != "A process to be seen" || e.OriginalFileName != "original.exe" || e.FileVersion != "4.3.2.1" {
		t.Errorf("the version resource of %q is read as %q, %q, %q, %q, %q", e.CommandLine, e.Company, e.Product, e.Description, e.OriginalFileName, e.FileVersion)
	}
	if len(e.Privileges) == 0 || len(e.Present) < len(e.Privileges) || e.Integrity == "" {
		t.Errorf("the rights of %q are %v of %v, integrity %q", e.CommandLine, e.Privileges, e.Present, e.Integrity)
	}
	for said := range strings.FieldsSeq(e.Missing) {
		if !strings.HasPrefix(said, "signer=") { // Wine knows no signatures
			t.Errorf("of %q the agent could not learn %s", e.CommandLine, said)
		}
	}
}

// cost logs what the agent costs while fifty processes start each second.
func (w *wine) cost(t *testing.T, a *station) {
	t.Helper()
	before, ok := a.status()
	began := time.Now()
	out, code := w.run(t, wineSpecimen, "burst", "150", "20")
	took := time.Since(began)
	after, okAfter := a.status()
	if !ok || !okAfter || code != 0 || strings.TrimSpace(out) != "150" {
		t.Fatalf("of 150 processes %q were started (code %d); the agent is %+v", out, code, after)
	}
	t.Logf("with %.0f starts a second the agent took %.1f %% of a processor and had %.1f MB in memory", 150/took.Seconds(),
		100*(after.Self.CPUSeconds-before.Self.CPUSeconds)/took.Seconds(), float64(after.Self.MemoryBytes)/1e6)
	if after.Sensor.Lost != 0 {
		t.Errorf("the sensor lost %d events", after.Sensor.Lost)
	}
}

// fetch asks a station for a file that has run there, and returns its content.
func (b *browser) fetch(station int64, digest string) []byte {
	b.t.Helper()
	var task struct {
		ID             int64
		State, Message string
	}
	b.must("POST", fmt.Sprintf("/stations/%d/tasks", station), map[string]string{"verb": "fetch_file", "why": "a test", "sha256": digest}, 200, &task)
	for deadline := time.Now().Add(time.Minute); task.State != "done"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) || task.State == "failed" || task.State == "refused" {
			b.t.Fatalf("the file was not fetched: %+v", task)
		}
		b.must("GET", fmt.Sprintf("/tasks/%d", task.ID), nil, 200, &task)
	}
	status, raw := b.do("GET", "/files/"+digest+"/content", nil)
	if status != 200 {
		b.t.Fatalf("the file's content: %d %s", status, raw)
	}
	packed, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	content, err := io.ReadAll(packed)
	if err != nil {
		b.t.Fatal(err)
	}
	return content
}
