package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

// each runs a test on a bucket of each kind that is linked.
func each(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Run("folder", func(t *testing.T) { test(t, open(t, filepath.Join(t.TempDir(), "files"))) })
	t.Run("memory", func(t *testing.T) { test(t, open(t, "mem://")) })
}

func open(t *testing.T, place string) *Store {
	t.Helper()
	s, err := Open(t.Context(), place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// program returns bytes that are an executable's at first sight, and their SHA-256.
func program(n int) ([]byte, [sha256.Size]byte) {
	raw := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(raw)
	copy(raw, "MZ")
	clear(raw[n/2:])
	return raw, sha256.Sum256(raw)
}

func (s *Store) add(t *testing.T, task, offset int64, piece []byte, want int64) {
	t.Helper()
	received, err := s.AddPart(t.Context(), task, offset, bytes.NewReader(piece))
	if err != nil || received != want {
		t.Fatalf("piece at %d: %d bytes received, %v; want %d", offset, received, err, want)
	}
}

func (s *Store) content(t *testing.T, sum [sha256.Size]byte) []byte {
	t.Helper()
	r, err := s.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return raw
}

// keys returns the names of all objects.
func (s *Store) keys(t *testing.T) (keys []string) {
	t.Helper()
	for list := s.bucket.List(nil); ; {
		o, err := list.Next(t.Context())
		if err == io.EOF {
			return keys
		}
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
}

func wantKind(t *testing.T, err error, kind fault.Kind, words string) {
	t.Helper()
	if fault.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%v (kind %d), want kind %d and %q", err, fault.KindOf(err), kind, words)
	}
}

func TestUpload(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		raw, sum := program(10_000)
		s.add(t, 7, 0, raw[:4000], 4000)
		s.add(t, 7, 4000, raw[4000:6000], 6000)
		s.add(t, 7, 4000, raw[4000:6000], 6000) // its answer was lost
		s.add(t, 7, 1000, raw[1000:7000], 7000) // another size of pieces, after a restart
		s.add(t, 7, 7000, nil, 7000)
		_, err := s.AddPart(t.Context(), 7, 8000, bytes.NewReader(raw[8000:]))
		wantKind(t, err, fault.Conflict, "only the first 7000 bytes have arrived")
		_, err = s.Finish(t.Context(), 7, sum, 10_000)
		wantKind(t, err, fault.Conflict, "only 7000 of 10000")
		s.add(t, 7, 7000, raw[7000:], 10_000)
		s.add(t, 70, 0, []byte("another task's"), 14)

		stored, err := s.Finish(t.Context(), 7, sum, 10_000)
		if err != nil || stored < 100 || stored > 6000 {
			t.Fatalf("%d bytes stored, %v", stored, err)
		}
		if got := s.content(t, sum); !bytes.Equal(got, raw) {
			t.Errorf("%d bytes come back, not what was stored", len(got))
		}
		if again, err := s.Finish(t.Context(), 7, sum, 10_000); err != nil || again != stored {
			t.Errorf("finished again: %d, %v", again, err)
		}
		name := fmt.Sprintf("%x", sum)
		if got, want := s.keys(t), []string{name[:2] + "/" + name[2:] + ".zst", partKey(70, 0)}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("there are %q, want %q", got, want)
		}
		packed, err := s.bucket.ReadAll(t.Context(), fileKey(sum))
		if err != nil || !bytes.HasPrefix(packed, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			t.Errorf("the file lies there as %x..., %v", packed[:min(len(packed), 8)], err)
		}
	})
}

// A piece that breaks off leaves nothing, and what came before it stays.
func TestTornPiece(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		raw, sum := program(5000)
		s.add(t, 1, 0, raw[:1000], 1000)
		for _, n := range []int{0, 1, 2000} {
			torn := io.MultiReader(bytes.NewReader(raw[1000:1000+n]), iotest.ErrReader(io.ErrUnexpectedEOF))
			received, err := s.AddPart(t.Context(), 1, 1000, torn)
			wantKind(t, err, fault.Invalid, "broke off")
			if !errors.Is(err, io.ErrUnexpectedEOF) || received != 1000 {
				t.Errorf("torn after %d: %d received, %v", n, received, err)
			}
		}
		if got := s.keys(t); len(got) != 1 {
			t.Errorf("there are %q", got)
		}
		s.add(t, 1, 1000, raw[1000:], 5000)
		if _, err := s.Finish(t.Context(), 1, sum, 5000); err != nil {
			t.Error(err)
		}
	})
}

func TestWrongFile(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		raw, sum := program(3000)
		for name, size := range map[string]int64{"content": 3000, "size": 2999} {
			other := bytes.Clone(raw)
			other[100] ^= 1
			s.add(t, 1, 0, other, 3000)
			_, err := s.Finish(t.Context(), 1, sum, size)
			wantKind(t, err, fault.Invalid, "thrown away")
			if got := s.keys(t); len(got) != 0 {
				t.Errorf("wrong %s: there are %q", name, got)
			}
		}
		_, err := s.Open(t.Context(), sum)
		wantKind(t, err, fault.NotFound, "not kept here")

		// Nor does it pass because the right file is there.
		s.add(t, 1, 0, raw, 3000)
		if _, err := s.Finish(t.Context(), 1, sum, 3000); err != nil {
			t.Fatal(err)
		}
		s.add(t, 2, 0, raw[:2000], 2000)
		_, err = s.Finish(t.Context(), 2, sum, 2000)
		wantKind(t, err, fault.Invalid, "thrown away")
		if got := s.content(t, sum); !bytes.Equal(got, raw) {
			t.Error("the stored file has changed")
		}
	})
}

func TestLimits(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "files"))
	s.most = 2000
	raw, sum := program(2001)
	s.add(t, 1, 0, raw[:1500], 1500)
	_, err := s.AddPart(t.Context(), 1, 1500, bytes.NewReader(raw[1500:]))
	wantKind(t, err, fault.TooLarge, "larger than")
	s.add(t, 1, 1500, raw[1500:2000], 2000)
	_, err = s.AddPart(t.Context(), 1, 2000, bytes.NewReader(raw[2000:]))
	wantKind(t, err, fault.TooLarge, "larger than")
	if received, err := s.Received(t.Context(), 1); err != nil || received != 2000 {
		t.Errorf("%d received, %v", received, err)
	}
	for _, of := range [][2]int64{{0, 0}, {-1, 0}, {1, -1}} {
		_, err := s.AddPart(t.Context(), of[0], of[1], bytes.NewReader(raw))
		wantKind(t, err, fault.Invalid, "no such piece")
	}

	s.Guard = func(need int64) error { return fault.New(fault.Unavailable, "the disk is full: %d", need) }
	_, err = s.AddPart(t.Context(), 2, 0, bytes.NewReader(raw[:10]))
	wantKind(t, err, fault.Unavailable, "the disk is full")
	_, err = s.Finish(t.Context(), 1, sum, 2000)
	wantKind(t, err, fault.Unavailable, "the disk is full: 2000")
	if received, err := s.Received(t.Context(), 1); err != nil || received != 2000 {
		t.Errorf("after a full disk: %d received, %v", received, err)
	}
}

func TestRefused(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	wantKind(t, refused(fmt.Errorf("blob: %w", full)), fault.Unavailable, "is full; free space")
	wantKind(t, refused(fs.ErrPermission), fault.Unavailable, "does not answer as it should")
	if err := refused(context.Canceled); fault.KindOf(err) != fault.Internal || !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// A folder that does not take the file says so, and keeps nothing of it.
func TestFolderRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	s := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "partial"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.AddPart(t.Context(), 1, 0, strings.NewReader("x"))
	wantKind(t, err, fault.Unavailable, "does not answer as it should")
}

// The same file comes from several stations at once, through several servers.
func TestConcurrentUploads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	raw, sum := program(200_000)
	var work sync.WaitGroup
	for task := range int64(8) {
		s := open(t, dir)
		work.Go(func() {
			for at := 0; at < len(raw); at += 30_000 {
				if _, err := s.AddPart(t.Context(), task/2+1, int64(at), bytes.NewReader(raw[at:min(at+30_000, len(raw))])); err != nil && fault.KindOf(err) != fault.Conflict {
					t.Errorf("task %d: %v", task, err)
				}
			}
			// Of two that carry the same task one may come too late for its pieces.
			if _, err := s.Finish(t.Context(), task/2+1, sum, int64(len(raw))); err != nil && fault.KindOf(err) != fault.Conflict {
				t.Errorf("task %d: %v", task, err)
			}
		})
	}
	work.Wait()
	if got := open(t, dir).content(t, sum); !bytes.Equal(got, raw) {
		t.Error("not what was stored")
	}
}

func TestDamagedFile(t *testing.T) {
	s := open(t, "mem://")
	raw, sum := program(1000)
	other := sha256.Sum256([]byte("other"))
	s.add(t, 1, 0, raw, 1000)
	if _, err := s.Finish(t.Context(), 1, sum, 1000); err != nil {
		t.Fatal(err)
	}
	packed, err := s.bucket.ReadAll(t.Context(), fileKey(sum))
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"another file": packed, "cut": packed[:len(packed)-5], "no file": []byte("MZ")} {
		if err := s.bucket.WriteAll(t.Context(), fileKey(other), damaged, nil); err != nil {
			t.Fatal(err)
		}
		r, err := s.Open(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err == nil {
			t.Errorf("%s: read without an error", name)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		raw, sum := program(1000)
		s.add(t, 1, 0, raw, 1000)
		if _, err := s.Finish(t.Context(), 1, sum, 1000); err != nil {
			t.Fatal(err)
		}
		s.add(t, 2, 0, raw[:500], 500)
		s.add(t, 2, 500, raw[500:], 1000)
		for _, left := range []string{fileKey(sum) + ".17.tmp", partKey(2, 0) + ".17.tmp"} { // by a server that was killed
			if err := s.bucket.WriteAll(t.Context(), left, raw, nil); err != nil {
				t.Fatal(err)
			}
		}
		if received, err := s.Received(t.Context(), 2); err != nil || received != 1000 {
			t.Errorf("%d received, %v", received, err)
		}
		for age, want := range map[time.Duration]int{0: 0, 23 * time.Hour: 0} {
			s.now = func() time.Time { return time.Now().Add(age) }
			if removed, err := s.Sweep(t.Context()); err != nil || removed != want {
				t.Errorf("after %s: %d removed, %v", age, removed, err)
			}
		}
		s.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
		if removed, err := s.Sweep(t.Context()); err != nil || removed != 4 {
			t.Errorf("%d removed, %v; want 4", removed, err)
		}
		if got := s.keys(t); len(got) != 1 || got[0] != fileKey(sum) {
			t.Errorf("there are %q", got)
		}
	})
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "files")
	s := open(t, dir)
	raw, sum := program(1000)
	s.add(t, 1, 0, raw, 1000)
	if _, err := s.Finish(t.Context(), 1, sum, 1000); err != nil {
		t.Fatal(err)
	}
	s.add(t, 2, 0, raw, 1000)
	if runtime.GOOS == "windows" {
		t.Skip("rights of files are others there")
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 || !d.IsDir() && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %s", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), "s3://bucket"); err == nil || !strings.Contains(err.Error(), "s3") {
		t.Errorf("a bucket whose driver is not linked: %v", err)
	}
	again := open(t, "file://"+filepath.ToSlash(dir))
	if got := again.content(t, sum); !bytes.Equal(got, raw) {
		t.Error("by its URL the folder is another one")
	}
}

func BenchmarkUpload(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "files"))
	if err != nil {
		b.Fatal(err)
	}
	raw, _ := program(16 << 20)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		raw[5]++
		for at := 0; at < len(raw); at += 4 << 20 {
			if _, err := s.AddPart(b.Context(), 1, int64(at), bytes.NewReader(raw[at:at+4<<20])); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := s.Finish(b.Context(), 1, sha256.Sum256(raw), int64(len(raw))); err != nil {
			b.Fatal(err)
		}
	}
}
