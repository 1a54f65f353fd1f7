package spool

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// tinyDisk mounts a file system of size bytes (as the mount option has it).
func tinyDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		t.Skipf("a tiny disk needs the right to mount one (root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount the tiny disk: %v", err)
		}
	})
	return dir
}

// TestDiskFull fills a disk that is smaller than the spool's limit: the oldest
// go, are told, and appending goes on.
func TestDiskFull(t *testing.T) {
	for name, segment := range map[string]int64{"segments": 16 << 10, "one segment": 4 << 20} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Dir: filepath.Join(tinyDisk(t, "256k"), "spool"), SegmentBytes: segment}
			s := open(t, cfg)
			var appended int64
			for range 9000 {
				appended++
				if _, err := s.Append(t.Context(), body(uint64(appended))); err != nil {
					t.Fatalf("Append %d: %v", appended, err)
				}
			}
			closeSpool(t, s)
			s = open(t, cfg)
			bodies, lost, evictions := tally(t, readAll(t, s, 0))
			if bodies == 0 || lost == 0 || bodies+lost != appended {
				t.Errorf("%d records are there and %d told as lost; %d were appended", bodies, lost, appended)
			}
			for _, e := range evictions {
				if e.Reason != ReasonFull {
					t.Errorf("told %+v", e)
				}
			}
		})
	}
}

// TestDiskFullOfOthers leaves the spool no room at all: what it cannot write is
// counted, survives the end of the process, and is told when there is room again.
func TestDiskFullOfOthers(t *testing.T) {
	disk := tinyDisk(t, "256k")
	cfg := Config{Dir: filepath.Join(disk, "spool"), SegmentBytes: 16 << 10}
	s := open(t, cfg)
	ballast := filepath.Join(disk, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !noSpace(err) {
		t.Fatalf("filling the disk ended with %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= 30; n++ {
		if _, err := s.Append(t.Context(), body(n)); !noSpace(err) {
			t.Fatalf("Append on a full disk: %v", err)
		}
	}
	if n := s.Stats().Evicted.Disk; n != 30 {
		t.Errorf("%d records are counted, want 30", n)
	}
	crash(t, s)
	s = open(t, cfg)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), body(31)); err != nil {
		t.Fatal(err)
	}
	bodies, lost, evictions := tally(t, readAll(t, s, 0))
	if bodies != 1 || lost != 30 || len(evictions) != 1 || evictions[0].Reason != ReasonDisk || evictions[0].First != 0 {
		t.Errorf("%d records, told %+v", bodies, evictions)
	}
}

// TestRaiseOnFullDisk gives records new numbers where there is no room to write
// them anew but that of records the server has.
func TestRaiseOnFullDisk(t *testing.T) {
	cfg := Config{Dir: filepath.Join(tinyDisk(t, "256k"), "spool"), SegmentBytes: 32 << 10}
	s := open(t, cfg)
	var last uint64
	for s.Stats().Bytes < 200<<10 {
		fill(t, s, 1)
		last++
	}
	if err := s.Acknowledge(last / 2); err != nil {
		t.Fatal(err)
	}
	if err := s.Raise(1_000_000); err != nil {
		t.Fatal(err)
	}
	rs := readAll(t, s, last)
	if len(rs) != int(last-last/2) || rs[0].Seq != 1_000_001 || s.Stats().Evicted != (Evicted{}) {
		t.Errorf("%d records from number %d, %+v", len(rs), rs[0].Seq, s.Stats())
	}
}
