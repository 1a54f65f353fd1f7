package examine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/fleet/specimen"
	"github.com/eljefe/eljefe/internal/store"
)

// memory is a store and its files.
type memory struct {
	waiting  []*store.StoredFile
	contents map[[32]byte][]byte
	open     error // what opening gives
	kept     []store.BinaryFacts
	claims   int
}

func (m *memory) ClaimUnexamined(_ context.Context, version int) (*store.StoredFile, error) {
	m.claims++
	if len(m.waiting) == 0 || version != anatomy.Version {
		return nil, nil
	}
	f := m.waiting[0]
	m.waiting = m.waiting[1:]
	return f, nil
}

func (m *memory) SetBinaryFacts(_ context.Context, f store.BinaryFacts) error {
	m.kept = append(m.kept, f)
	return nil
}

func (m *memory) Open(_ context.Context, sha256 [32]byte) (io.ReadCloser, error) {
	if m.open != nil {
		return nil, m.open
	}
	return io.NopCloser(bytes.NewReader(m.contents[sha256])), nil
}

// add stores a file, and returns its digest.
func (m *memory) add(raw []byte) [32]byte {
	sum := sha256.Sum256(raw)
	if m.contents == nil {
		m.contents = map[[32]byte][]byte{}
	}
	m.contents[sum] = raw
	m.waiting = append(m.waiting, &store.StoredFile{SHA256: sum, Bytes: int64(len(raw))})
	return sum
}

func examiner(t *testing.T, m *memory) *Examiner {
	return New(Config{Store: m, Files: m, Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
}

// Files are examined, whether they are held in memory or not, and leave nothing behind.
func TestExamine(t *testing.T) {
	m := &memory{}
	small := m.add(specimen.Harmless(specimen.Info{CompanyName: "Example"}, 50<<10))
	large := m.add(specimen.Harmless(specimen.Info{CompanyName: "Example"}, held+1<<20))
	e := examiner(t, m)
	for _, sum := range [][32]byte{small, large} {
		if more, err := e.next(t.Context()); !more || err != nil {
			t.Fatalf("%t, %v", more, err)
		}
		kept := m.kept[len(m.kept)-1]
		var facts anatomy.Facts
		if err := json.Unmarshal(kept.Facts, &facts); err != nil {
			t.Fatal(err)
		}
		if kept.SHA256 != sum || facts.SHA256 != hex.EncodeToString(sum[:]) || facts.Format != anatomy.PE32 || kept.Version != anatomy.Version || kept.Problem != "" {
			t.Errorf("kept %+v", kept)
		}
	}
	if more, err := e.next(t.Context()); more || err != nil {
		t.Errorf("%t, %v; want nothing more", more, err)
	}
	if left, err := os.ReadDir(e.cfg.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What cannot be examined is noted; what is only away is tried again.
func TestProblem(t *testing.T) {
	m := &memory{open: errors.New("the stored file is damaged")}
	m.add(nil)
	e := examiner(t, m)
	if more, err := e.next(t.Context()); !more || err != nil || len(m.kept) != 1 || m.kept[0].Problem != "the stored file is damaged" || m.kept[0].Facts != nil {
		t.Errorf("%t, %v, %+v", more, err, m.kept)
	}
	m.add([]byte("x"))
	m.open = fault.New(fault.Unavailable, "away")
	if _, err := e.next(t.Context()); fault.KindOf(err) != fault.Unavailable || len(m.kept) != 1 {
		t.Errorf("%v, %+v; want to be told, and nothing kept", err, m.kept)
	}
	m.add(make([]byte, held+1))
	e.cfg.Guard = func(need int64) error { return fault.New(fault.Unavailable, "the disk is full, %d more", need) }
	m.open = nil
	if _, err := e.next(t.Context()); fault.KindOf(err) != fault.Unavailable || len(m.kept) != 1 {
		t.Errorf("%v, %+v; want to be told, and nothing kept", err, m.kept)
	}
}

// It goes on until it is told to end, at once while there is something to do.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		for i := range 5 {
			m.add([]byte{byte(i)})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := examiner(t, m).Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(m.kept) != 5 || m.claims < 10 || m.claims > 20 {
			t.Errorf("%d files examined, asked %d times in a minute", len(m.kept), m.claims)
		}
	})
}
