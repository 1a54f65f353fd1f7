//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of size bytes and returns its folder.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a small disk")
	}
	dir := dataDir(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d,mode=755", size), "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system can be mounted here: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// fill leaves free bytes on the disk of dir and returns the file that does it.
func fill(t *testing.T, dir string, free int64) string {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "filler")
	if err := os.WriteFile(name, make([]byte, int64(st.Bavail)*st.Bsize-free), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// With a full disk an upload, then an import, says so; what is stored can be
// looked at all the while; and once there is space again everything can be
// imported, and nothing twice.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, 600<<20)
	s := serve(t, dir)
	b := s.logIn()
	if before := b.importFile("before.ndjson", ndjson(500)); before.Added != 1000 {
		t.Fatalf("import before: %+v", before)
	}
	const processes = 100_000
	content := ndjson(processes)

	filler := fill(t, dir, 70<<20)
	var p problem
	b.must("POST", "/imports?name=large.ndjson", strings.NewReader(string(content)), 503, &p)
	if !strings.Contains(p.Detail, "disk is full") {
		t.Errorf("upload to a full disk: %+v", p)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}

	var job imported
	b.must("POST", "/imports?name=large.ndjson", strings.NewReader(string(content)), 202, &job)
	filler = fill(t, dir, 50<<20)
	for deadline := time.Now().Add(time.Minute); job.State == "running"; time.Sleep(50 * time.Millisecond) {
		b.must("GET", fmt.Sprintf("/imports/%d", job.ID), nil, 200, &job)
		b.must("GET", "/events?limit=1", nil, 200, nil)
		if time.Now().After(deadline) {
			t.Fatalf("the import goes on with a full disk: %+v", job)
		}
	}
	if job.State != "failed" || !strings.Contains(job.Reason, "disk is full") {
		t.Errorf("import while the disk is full: %+v", job)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if again := b.importFile("large.ndjson", content); again.State != "done" || again.Added+again.Duplicates != 2*processes || again.Duplicates < job.Added {
		t.Errorf("import when there is space again: %+v", again)
	}
}
