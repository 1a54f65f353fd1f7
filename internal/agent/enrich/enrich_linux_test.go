package enrich

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
	"github.com/eljefe/eljefe/internal/event"
)

// started runs a copy of a program and returns its event.
func started(t *testing.T, image string, args ...string) (*event.Process, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(image, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	s, err := linuxproc.NewProc("/proc").Stat(uint32(cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return &event.Process{
		Kind: event.Start, PID: s.PID, ProcessSeq: linuxproc.Seq(s.PID, s.Forked, 1), Image: image, Started: time.Now(), Time: time.Now(),
	}, cmd
}

func copyOf(t *testing.T, program, name string) (path string, raw []byte) {
	t.Helper()
	raw, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, raw, 0o700); err != nil {
		t.Fatal(err)
	}
	return path, raw
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// A running process's file is hashed, though it was removed or another has its name.
func TestRunning(t *testing.T) {
	image, raw := copyOf(t, "/bin/sleep", "napper")
	p, _ := started(t, image, "60")
	if err := os.Remove(image); err != nil {
		t.Fatal(err)
	}
	New(Config{}).Enrich(t.Context(), []*event.Process{p})
	strong, weak := sha1.Sum(raw), md5.Sum(raw)
	if p.SHA256 != hash(raw) || p.SHA1 != hex.EncodeToString(strong[:]) || p.MD5 != hex.EncodeToString(weak[:]) || p.FileSize != uint64(len(raw)) {
		t.Errorf("got %+v; want the hashes of the %d bytes", p, len(raw))
	}
	if want := map[string]string{"amd64": "x64", "arm64": "arm64", "386": "x86", "arm": "arm"}[runtime.GOARCH]; p.Architecture != want || p.EntropyEntry == nil || *p.EntropyEntry < 4 || len(p.EntrySHA256) != 64 || p.Missing != "" {
		t.Errorf("architecture %q, entropy %v, code %q, missing %q", p.Architecture, p.EntropyEntry, p.EntrySHA256, p.Missing)
	}

	// Another process's pid, and one that runs something else by now, say nothing.
	for name, change := range map[string]func(*event.Process){
		"another process": func(p *event.Process) { p.ProcessSeq += 1 << 40 },
		"another image":   func(p *event.Process) { p.Image = "/bin/other" },
		"an end":          func(p *event.Process) { p.Kind = event.Stop },
	} {
		other := &event.Process{Kind: event.Start, PID: p.PID, ProcessSeq: p.ProcessSeq, Image: p.Image, Started: p.Started}
		change(other)
		New(Config{}).Enrich(t.Context(), []*event.Process{other})
		missing := "hashes=exited"
		if other.Kind == event.Stop {
			missing = ""
		}
		if other.SHA256 != "" || other.Missing != missing {
			t.Errorf("%s gets the hash %q, missing %q; want none, and %q", name, other.SHA256, other.Missing, missing)
		}
	}
}

// The file of a process that is gone is read by its path, if that is certain.
func TestGone(t *testing.T) {
	image, raw := copyOf(t, "/bin/sleep", "gone")
	p, cmd := started(t, image, "60")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	var missing string
	enrich := func(same bool, change func(*event.Process)) string {
		q := *p
		if change != nil {
			change(&q)
		}
		New(Config{SameFiles: func(seq uint64) bool { return same && seq == p.ProcessSeq }}).Enrich(t.Context(), []*event.Process{&q})
		missing = q.Missing
		return q.SHA256
	}
	if got := enrich(true, nil); got != hash(raw) || missing != "" {
		t.Errorf("got the hash %q; want that of the file", got)
	}
	if got := enrich(false, nil); got != "" || missing != "hashes=exited" {
		t.Errorf("a process in a container got the hash %s of a file outside", got)
	}
	if got := enrich(true, func(p *event.Process) { p.Started = p.Started.Add(-time.Hour) }); got != "" || missing != "hashes=changed" {
		t.Errorf("a file that changed after the start gave the hash %s", got)
	}
	if got := enrich(true, func(p *event.Process) { p.Image += ".gone" }); got != "" || missing != "hashes=gone" {
		t.Errorf("a file that is gone gave the hash %s, missing %q", got, missing)
	}
	if got := enrich(true, func(p *event.Process) { p.Image = t.TempDir() }); got != "" || missing != "hashes=unsupported" {
		t.Errorf("a folder gave the hash %s", got)
	}
}

// A file is read once while it stays the same; an event does not wait for a slow
// one, and a later one has what was read meanwhile.
func TestCache(t *testing.T) {
	image, raw := copyOf(t, "/bin/sleep", "napper")
	p, _ := started(t, image, "60")
	e := New(Config{})
	for range atOnce { // as if large files were read just now
		e.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	first, second := *p, *p
	e.Enrich(ctx, []*event.Process{&first, &second})
	if first.SHA256 != "" || first.Missing != "hashes=busy" || e.jobs != 1 {
		t.Fatalf("got %q with %d files to read; want nothing yet, and one file for both", first.SHA256, e.jobs)
	}
	for range atOnce {
		<-e.slots
	}
	first, second = *p, *p
	e.Enrich(t.Context(), []*event.Process{&first, &second})
	if first.SHA256 != hash(raw) || second.SHA256 != hash(raw) || e.jobs != 0 || e.known.Len() != 1 {
		t.Errorf("got %q and %q, %d to read, %d known", first.SHA256, second.SHA256, e.jobs, e.known.Len())
	}

	// What was written to is another content.
	if err := os.WriteFile(image+"2", append(bytes.Clone(raw), 0), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(image+"2", image); err != nil {
		t.Fatal(err)
	}
	p, _ = started(t, image, "60")
	e.Enrich(t.Context(), []*event.Process{p})
	if p.SHA256 != hash(append(raw, 0)) {
		t.Errorf("got %q; want the hash of the new content", p.SHA256)
	}
}
