package agent

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
)

func newStream(t *testing.T, dir string, now *time.Time) *stream {
	t.Helper()
	s, err := openStream(dir, spool.Config{Now: func() time.Time { return *now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.close() })
	return s
}

func texts(t *testing.T, s *stream) (list []string) {
	t.Helper()
	records, err := s.Read(0, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		if r.Seq != uint64(i+1) {
			t.Errorf("record %d has the number %d", i+1, r.Seq)
		}
		list = append(list, string(r.Data))
	}
	return list
}

func add(t *testing.T, s *stream, records ...string) {
	t.Helper()
	for _, r := range records {
		if _, err := s.Append(t.Context(), []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

// A station that was a copy keeps its own records, under numbers from 1, and
// nothing of the other's.
func TestBeginAnew(t *testing.T) {
	dir, now := t.TempDir(), clock("09:00")
	s := newStream(t, dir, &now)
	add(t, s, "other 1", "other 2")
	if err := s.Acknowledge(1); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	since := now
	add(t, s, "own 1", "own 2")

	waited, old := make(chan error, 1), s.spool
	go func() { waited <- old.Wait(context.Background(), 4) }()
	if err := s.beginAnew(t.Context(), since); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; !errors.Is(err, spool.ErrClosed) {
		t.Errorf("who waited for the old one's next record got %v", err)
	}
	add(t, s, "own 3")
	want := []string{"own 1", "own 2", "own 3"}
	check := func(when string) {
		t.Helper()
		got := texts(t, s)
		if len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%s: %q; want %q", when, got, want)
		}
	}
	check("after it began anew")
	if st := s.state(); st.Last != 3 || st.Acknowledged != 0 || st.Waiting != 3 {
		t.Errorf("the stream is %+v; want three records, none acknowledged", st)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = newStream(t, dir, &now)
	check("after a restart")
	for _, name := range []string{nextDir, replacedDir} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}

// Stopped at any step, it leaves either stream, whole.
func TestBeginAnewIsStopped(t *testing.T) {
	dir, now := t.TempDir(), clock("09:00")
	s := newStream(t, dir, &now)
	add(t, s, "own")
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	spoolPath := filepath.Join(dir, spoolDir)
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	// The old one is out of the way and the new one is not there yet.
	rename(spoolPath, filepath.Join(dir, nextDir))
	if err := os.Mkdir(filepath.Join(dir, replacedDir), 0o700); err != nil {
		t.Fatal(err)
	}
	s = newStream(t, dir, &now)
	if got := texts(t, s); len(got) != 1 || got[0] != "own" {
		t.Errorf("got %q; want the new stream", got)
	}
	// The new one is half written.
	if err := os.Mkdir(filepath.Join(dir, nextDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = newStream(t, dir, &now)
	if got := texts(t, s); len(got) != 1 {
		t.Errorf("got %q; want the old stream", got)
	}
	if err := s.beginAnew(t.Context(), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, s); len(got) != 0 {
		t.Errorf("got %q; want nothing", got)
	}
}

// Whatever the spool says of a loss, it becomes a record that can be stored.
func TestEvicted(t *testing.T) {
	hour := clock("09:00")
	for _, e := range []spool.Eviction{
		{First: 3, Last: 9, Records: 7, From: hour, To: hour.Add(time.Minute), Reason: spool.ReasonFull},
		{First: 3, Last: 9, Records: 7, From: hour, To: hour, Reason: spool.ReasonAge},
		{Records: 7, From: hour, To: hour, Reason: spool.ReasonDisk},
		{First: 1, Last: 1, Records: 1, Reason: spool.ReasonDamaged},
		{First: 1, Last: 1, Records: 1, From: time.Unix(0, 1), To: time.Unix(0, 2), Reason: spool.ReasonFull},
		{First: 1, Last: 1, Records: 1, From: hour.Add(time.Hour), To: hour, Reason: spool.ReasonFull},
	} {
		var g event.Gap
		if err := json.Unmarshal(evicted(e), &g); err != nil {
			t.Fatal(err)
		}
		if err := g.Check(); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
		if *g.Events != uint64(e.Records) || g.FirstSeq != e.First || g.LastSeq != e.Last || g.Detail == "" {
			t.Errorf("%+v became %+v", e, g)
		}
		if want := map[bool]event.Cause{true: event.SpoolDamaged, false: event.SpoolEvicted}[e.Reason == spool.ReasonDamaged]; g.Cause != want {
			t.Errorf("%+v became %s; want %s", e, g.Cause, want)
		}
	}
}
