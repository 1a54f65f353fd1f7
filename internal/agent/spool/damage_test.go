package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// files reads a folder's files.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = b
	}
	return all
}

// lay makes dir hold exactly these files.
func lay(t testing.TB, dir string, all map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, b := range all {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// segmentNames returns the names of the segments among all, in order.
func segmentNames(all map[string][]byte) []string {
	var names []string
	for name := range all {
		if strings.HasSuffix(name, segmentSuffix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// memDir returns a folder whose files are in memory where the system has such a
// place: the tests of each byte sync thousands of times.
func memDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "spool")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// sample makes a spool of three segments, and returns its files after Close, and
// its state before the records of the last segment were confirmed.
func sample(t testing.TB) (cfg Config, all map[string][]byte, unconfirmed []byte) {
	t.Helper()
	cfg = Config{Dir: filepath.Join(memDir(t), "spool"), SegmentBytes: 450}
	s := open(t, cfg)
	for len(s.segments) < 3 {
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
		unconfirmed = files(t, cfg.Dir)[stateName]
		fill(t, s, 1)
	}
	fill(t, s, 4)
	if len(s.segments) != 3 {
		t.Fatalf("%d segments, want 3", len(s.segments))
	}
	closeSpool(t, s)
	return cfg, files(t, cfg.Dir), unconfirmed
}

// frames returns the frames of a segment, and where each ends.
func frames(t testing.TB, name string, data []byte) (fs []frame, ends []int) {
	t.Helper()
	first, _ := parseName(name)
	end := headerSize
	sv := examine(data, first, noLimit, func(f frame) {
		end += f.size
		fs, ends = append(fs, f), append(ends, end)
	})
	if sv.damaged || sv.torn || len(sv.missing) > 0 || end != len(data) {
		t.Fatalf("the sample is not whole: %+v", sv)
	}
	return fs, ends
}

// TestCut cuts the last segment at each byte, as a torn write does, before and
// after its records were confirmed to be on disk.
func TestCut(t *testing.T) {
	for name, confirmed := range map[string]bool{"confirmed": true, "unconfirmed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, all, unconfirmed := sample(t)
			names := segmentNames(all)
			last := names[len(names)-1]
			whole := all[last]
			fs, ends := frames(t, last, whole)
			before, highest := fs[0].seq-1, fs[len(fs)-1].seq
			if !confirmed {
				all[stateName] = unconfirmed
			}
			for cut := range len(whole) {
				all[last] = whole[:cut]
				lay(t, cfg.Dir, all)
				kept := before
				for i, end := range ends {
					if end <= cut {
						kept = fs[i].seq
					}
				}
				lost, next := int64(highest-kept), highest+1
				if !confirmed {
					lost, next = 0, kept+1
				}
				// Twice: what was mended must not be counted again.
				for range 2 {
					s := open(t, cfg)
					bodies, told, _ := account(t, readAll(t, s, 0))
					if bodies != int64(kept) || told != lost {
						t.Fatalf("cut at %d: %d records and %d told as lost, want %d and %d", cut, bodies, told, kept, lost)
					}
					if lost > 0 {
						next = highest + 2 // behind the notice
					}
					if got := s.Stats().Last + 1; got != next {
						t.Fatalf("cut at %d: the next number is %d, want %d", cut, got, next)
					}
					crash(t, s)
				}
				if cut%16 == 0 {
					s := open(t, cfg)
					fill(t, s, 2)
					if bodies, _, _ := account(t, readAll(t, s, next-1)); bodies != 2 {
						t.Fatalf("cut at %d: %d of the 2 records appended later are there", cut, bodies)
					}
					crash(t, s)
				}
			}
		})
	}
}

// TestFlip damages each byte of each segment, in turn.
func TestFlip(t *testing.T) {
	cfg, all, _ := sample(t)
	for i, name := range segmentNames(all) {
		t.Run(fmt.Sprint("segment ", i+1), func(t *testing.T) {
			t.Parallel()
			cfg, all, name := cfg, cloned(all), name
			cfg.Dir = filepath.Join(memDir(t), "spool")
			whole := all[name]
			fs, ends := frames(t, name, whole)
			var total int64
			for n, b := range all {
				if strings.HasSuffix(n, segmentSuffix) {
					f, _ := frames(t, n, b)
					total += int64(len(f))
				}
			}
			for at := range whole {
				bad := slices.Clone(whole)
				bad[at] ^= 1 << (at % 8)
				all[name] = bad
				lay(t, cfg.Dir, all)
				hit, _ := slices.BinarySearch(ends, at+1)
				lost := int64(1)
				if at < headerSize {
					lost = 0
				}
				for range 2 {
					s := open(t, cfg)
					bodies, told, evictions := account(t, readAll(t, s, 0))
					if bodies != total-lost || told != lost {
						t.Fatalf("byte %d: %d records and %d told as lost, want %d and %d", at, bodies, told, total-lost, lost)
					}
					if lost > 0 && (evictions[0].First != fs[hit].seq || evictions[0].Last != fs[hit].seq || evictions[0].Reason != ReasonDamaged) {
						t.Fatalf("byte %d: told %+v, want record %d", at, evictions[0], fs[hit].seq)
					}
					crash(t, s)
				}
			}
		})
	}
}

// TestMendInterrupted ends the process after damage was counted and before the
// segment was written anew.
func TestMendInterrupted(t *testing.T) {
	cfg, all, _ := sample(t)
	name := segmentNames(all)[1]
	bad := slices.Clone(all[name])
	bad[len(bad)/2] ^= 4
	all[name] = bad
	lay(t, cfg.Dir, all)
	s := open(t, cfg)
	total := int64(s.Stats().Last) - 1 // without the notice
	s.mu.Lock()
	s.state.Mending = s.segments[1].first
	err := s.files.write(&s.state, true)
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	crash(t, s)
	if err := os.WriteFile(filepath.Join(cfg.Dir, name), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = open(t, cfg)
		bodies, lost, _ := account(t, readAll(t, s, 0))
		if n := s.Stats().Evicted.Damaged; bodies != total-1 || lost != 1 || n != 1 {
			t.Errorf("%d records, %d told as lost and %d counted, want %d, 1 and 1", bodies, lost, n, total-1)
		}
		crash(t, s)
	}
}

// TestFlipState damages each byte of the state: the other copy serves.
func TestFlipState(t *testing.T) {
	cfg, all, _ := sample(t)
	size := binary.Size(state{}) + crc32.Size
	whole := all[stateName]
	for _, slot := range []int{0, slotDistance} {
		for at := slot; at < slot+size; at++ {
			bad := slices.Clone(whole)
			bad[at] ^= 1 << (at % 8)
			all[stateName] = bad
			lay(t, cfg.Dir, all)
			s := open(t, cfg)
			last := s.Stats().Last
			if bodies, lost, _ := account(t, readAll(t, s, 0)); uint64(bodies) != last || lost != 0 {
				t.Fatalf("byte %d: %d records and %d told as lost, want %d and 0", at, bodies, lost, last)
			}
			crash(t, s)
		}
	}
}

// TestGivenNumberIsNotReused loses, after Read gave them away, records that the
// disk had confirmed.
func TestGivenNumberIsNotReused(t *testing.T) {
	cfg := Config{Dir: memDir(t), SyncEvery: time.Hour}
	s := open(t, cfg)
	fill(t, s, 3)
	if rs, err := s.Read(0, 2, 1<<20); err != nil || len(rs) != 2 {
		t.Fatalf("Read = %v, %v", rs, err)
	}
	fill(t, s, 2) // neither given nor synced: these numbers are free
	path := s.path(s.segments[0])
	crash(t, s)
	if err := os.Truncate(path, headerSize); err != nil {
		t.Fatal(err)
	}
	s = open(t, cfg)
	rs := readAll(t, s, 0)
	if _, lost, _ := account(t, rs); lost != 3 || len(rs) != 1 || rs[0].Seq != 4 {
		t.Errorf("read %+v; want one notice, number 4, of 3 lost records", rs)
	}
}

func cloned(all map[string][]byte) map[string][]byte {
	c := map[string][]byte{}
	for name, b := range all {
		c[name] = b
	}
	return c
}

// TestDamageWhileOpen damages a segment that Open found whole.
func TestDamageWhileOpen(t *testing.T) {
	cfg, all, _ := sample(t)
	for i, name := range segmentNames(all) {
		lay(t, cfg.Dir, all)
		s := open(t, cfg)
		total := int64(s.Stats().Last)
		bad := slices.Clone(all[name])
		bad[len(bad)/2] ^= 4
		if err := os.WriteFile(filepath.Join(cfg.Dir, name), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		bodies, lost, _ := account(t, readAll(t, s, 0))
		if bodies != total-1 || lost != 1 {
			t.Errorf("segment %d: %d records and %d told as lost, want %d and 1", i+1, bodies, lost, total-1)
		}
		if n := s.Stats().Evicted.Damaged; n != 1 {
			t.Errorf("segment %d: %d counted as damaged, want 1", i+1, n)
		}
		fill(t, s, 3)
		crash(t, s)
		s = open(t, cfg)
		if again, lost, _ := account(t, readAll(t, s, 0)); again != bodies+3 || lost != 1 {
			t.Errorf("segment %d, opened again: %d records and %d told as lost, want %d and 1", i+1, again, lost, bodies+3)
		}
		closeSpool(t, s)
	}
}

func TestMissingAndForeignFiles(t *testing.T) {
	cfg, all, _ := sample(t)
	names := segmentNames(all)
	var counts []int64
	var total int64
	for _, name := range names {
		fs, _ := frames(t, name, all[name])
		counts = append(counts, int64(len(fs)))
		total += int64(len(fs))
	}
	foreign := map[string][]byte{
		"notes.txt": []byte("somebody's"), "1.seg": []byte("short name"),
		"00000000000000009000.seg": all[names[0]], // a copy under another name
	}
	tests := []struct {
		name   string
		change func(map[string][]byte)
		lost   int64
	}{
		{"first segment", func(m map[string][]byte) { delete(m, names[0]) }, counts[0]},
		{"middle segment", func(m map[string][]byte) { delete(m, names[1]) }, counts[1]},
		{"last segment", func(m map[string][]byte) { delete(m, names[2]) }, counts[2]},
		{"all segments", func(m map[string][]byte) {
			for _, n := range names {
				delete(m, n)
			}
		}, total},
		{"middle segment is zeros", func(m map[string][]byte) { m[names[1]] = make([]byte, 700) }, counts[1]},
		{"last segment is empty", func(m map[string][]byte) { m[names[2]] = nil }, counts[2]},
		{"state", func(m map[string][]byte) { delete(m, stateName) }, 0},
		{"state is zeros", func(m map[string][]byte) { m[stateName] = make([]byte, 5000) }, 0},
		{"state and first segment", func(m map[string][]byte) { delete(m, stateName); delete(m, names[0]) }, 0},
		{"lock", func(m map[string][]byte) { delete(m, lockName) }, 0},
		{"foreign files", func(m map[string][]byte) {
			for n, b := range foreign {
				m[n] = b
			}
		}, 0},
		{"half a segment written anew", func(m map[string][]byte) { m[names[1]+tempSuffix] = []byte("half") }, 0},
	}
	for _, tt := range tests {
		changed := cloned(all)
		tt.change(changed)
		lay(t, cfg.Dir, changed)
		want := total - tt.lost
		if tt.name == "state and first segment" {
			want -= counts[0] // nobody can know any more
		}
		for range 2 {
			s := open(t, cfg)
			bodies, lost, _ := account(t, readAll(t, s, 0))
			if bodies != want || lost != tt.lost {
				t.Errorf("%s: %d records and %d told as lost, want %d and %d", tt.name, bodies, lost, want, tt.lost)
			}
			if last := int64(s.Stats().Last); last < total {
				t.Errorf("%s: the last number is %d, and %d was given before", tt.name, last, total)
			}
			crash(t, s)
		}
		after := files(t, cfg.Dir)
		for n := range foreign {
			if _, was := changed[n]; was && string(after[n]) != string(foreign[n]) {
				t.Errorf("%s: %s was changed", tt.name, n)
			}
		}
		if _, left := after[names[1]+tempSuffix]; left {
			t.Errorf("%s: the temporary file is still there", tt.name)
		}
	}
}

// TestNewerVersion refuses files of a later format, and leaves them alone.
func TestNewerVersion(t *testing.T) {
	cfg, all, _ := sample(t)
	name := segmentNames(all)[1]
	newer := slices.Clone(all[name])
	newer[8] = segmentVersion + 1
	binary.LittleEndian.PutUint32(newer[headerSize-4:], crc32.Checksum(newer[:headerSize-4], castagnoli))
	all[name] = newer
	lay(t, cfg.Dir, all)
	if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("Open = %v, want an error about a newer version", err)
	}
	if string(files(t, cfg.Dir)[name]) != string(newer) {
		t.Error("the segment was changed")
	}
}
