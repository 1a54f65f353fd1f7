package spool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

// told is the record that the tests' Evicted makes.
type told struct {
	Lost Eviction `json:"lost"`
}

func tell(e Eviction) []byte {
	b, err := json.Marshal(told{e})
	if err != nil {
		panic(err)
	}
	return b
}

// body is the record that the tests append as number n: its length varies.
func body(n uint64) []byte {
	return fmt.Appendf(nil, `{"n":%d,"pad":"%s"}`, n, strings.Repeat("x", int(n*7%23)))
}

func open(t testing.TB, cfg Config) *Spool {
	t.Helper()
	if cfg.Evicted == nil {
		cfg.Evicted = tell
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { closeSpool(t, s) })
	return s
}

func closeSpool(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// crash lets go of the spool's files as the end of the process would.
func crash(t testing.TB, s *Spool) {
	t.Helper()
	s.mu.Lock()
	s.settle()
	s.closed = true
	s.stop()
	s.mu.Unlock()
	<-s.done
	if err := s.closeFiles(); err != nil {
		t.Fatal(err)
	}
}

// fill appends body(n) for the next count numbers.
func fill(t testing.TB, s *Spool, count int) {
	t.Helper()
	for range count {
		want := s.Stats().Last + 1
		got, err := s.Append(t.Context(), body(want))
		if err != nil || got != want {
			t.Fatalf("Append = %d, %v; want %d", got, err, want)
		}
	}
}

// readAll reads everything behind after in small batches.
func readAll(t testing.TB, s *Spool, after uint64) []Record {
	t.Helper()
	var all []Record
	for {
		rs, err := s.Read(after, 7, 300)
		if err != nil {
			t.Fatalf("Read(%d): %v", after, err)
		}
		if len(rs) == 0 {
			return all
		}
		for _, r := range rs {
			if r.Seq <= after {
				t.Fatalf("Read gave number %d behind %d", r.Seq, after)
			}
			after = r.Seq
		}
		all = append(all, rs...)
	}
}

// account checks that each record in rs is a notice or the body of its number,
// and returns how many bodies there are and how many losses the notices tell of.
func account(t testing.TB, rs []Record) (bodies, lost int64, evictions []Eviction) {
	t.Helper()
	for _, r := range rs {
		if n, _ := parseBody(t, r); n != 0 && n != r.Seq {
			t.Fatalf("record %d has number %d", n, r.Seq)
		}
	}
	return tally(t, rs)
}

// tally is account for records that got other numbers than their own, because
// notices came between.
func tally(t testing.TB, rs []Record) (bodies, lost int64, evictions []Eviction) {
	t.Helper()
	var before uint64
	for _, r := range rs {
		n, e := parseBody(t, r)
		if n == 0 {
			lost += e.Records
			evictions = append(evictions, e)
			continue
		}
		if n <= before {
			t.Fatalf("record %d comes behind %d", n, before)
		}
		before = n
		bodies++
	}
	return bodies, lost, evictions
}

// parseBody returns which body r is, or which loss it tells of.
func parseBody(t testing.TB, r Record) (n uint64, e Eviction) {
	t.Helper()
	var v struct {
		N uint64
		told
	}
	if err := json.Unmarshal(r.Data, &v); err != nil {
		t.Fatalf("record %d is %q: %v", r.Seq, r.Data, err)
	}
	if (v.N == 0) == (v.Lost.Records == 0) || v.N != 0 && string(r.Data) != string(body(v.N)) {
		t.Fatalf("record %d is %q, want the body of its number or a loss", r.Seq, r.Data)
	}
	return v.N, v.Lost
}

func TestAppendReadAcknowledge(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	s := open(t, Config{Dir: dir, SegmentBytes: 400})
	if rs, err := s.Read(0, 10, 100); err != nil || len(rs) != 0 {
		t.Fatalf("Read of nothing = %v, %v", rs, err)
	}
	fill(t, s, 50)
	if n, lost, _ := account(t, readAll(t, s, 0)); n != 50 || lost != 0 {
		t.Fatalf("read %d records and %d lost, want 50 and 0", n, lost)
	}
	if rs, _ := s.Read(12, 3, 1<<20); len(rs) != 3 || rs[0].Seq != 13 {
		t.Errorf("Read(12, 3) = %v", rs)
	}
	if rs, _ := s.Read(12, 100, 1); len(rs) != 1 {
		t.Errorf("Read with 1 byte gave %d records, want 1", len(rs))
	}
	if err := s.Acknowledge(30); err != nil {
		t.Fatal(err)
	}
	if err := s.Acknowledge(51); fault.KindOf(err) != fault.Conflict {
		t.Errorf("Acknowledge of what was never given: %v", err)
	}
	st := s.Stats()
	if st.First != 1 || st.Last != 50 || st.Acknowledged != 30 || st.Records != 20 || st.Oldest.IsZero() {
		t.Errorf("Stats = %+v", st)
	}
	closeSpool(t, s)
	if _, err := s.Append(t.Context(), body(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("Append after Close: %v", err)
	}

	s = open(t, Config{Dir: dir, SegmentBytes: 400})
	st = s.Stats()
	if st.First != 1 || st.Last != 50 || st.Acknowledged != 30 || st.Records != 20 || !st.Previous.Orderly || !st.Previous.Known {
		t.Errorf("Stats after reopening = %+v", st)
	}
	fill(t, s, 5)
	if n, lost, _ := account(t, readAll(t, s, 30)); n != 25 || lost != 0 {
		t.Errorf("read %d records behind 30 and %d lost, want 25 and 0", n, lost)
	}
	info, err := os.Stat(dir)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the folder's mode is %v, %v", info.Mode(), err)
	}
}

func TestConfigAndInput(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no folder": {}, "tiny": {Dir: t.TempDir(), MaxBytes: 100}, "negative": {Dir: t.TempDir(), MaxAge: -1},
	} {
		if _, err := Open(cfg); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := open(t, Config{Dir: t.TempDir()})
	if _, err := s.Append(t.Context(), body(1), make([]byte, MaxRecord+1)); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a record that is too long: %v", err)
	}
	if _, err := s.Read(0, 0, 1); fault.KindOf(err) != fault.Invalid {
		t.Errorf("Read of no records: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Append(ctx, body(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append after its context ended: %v", err)
	}
	if last := s.Stats().Last; last != 0 {
		t.Errorf("%d records were appended, want none", last)
	}
	// The longest record, and the longest the spool takes in one batch.
	if _, err := s.Append(t.Context(), make([]byte, MaxRecord), make([]byte, MaxRecord), nil); err != nil {
		t.Fatal(err)
	}
	rs, err := s.Read(0, 10, 10<<20)
	if err != nil || len(rs) != 3 || len(rs[1].Data) != MaxRecord || len(rs[2].Data) != 0 {
		t.Errorf("read %d records, %v", len(rs), err)
	}
}

func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Config{Dir: dir})
	if _, err := Open(Config{Dir: dir}); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), dir) {
		t.Fatalf("second Open: %v", err)
	}
	closeSpool(t, s)
	open(t, Config{Dir: dir})
}

func TestWait(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Wait(ctx, 0) }()
	fill(t, s, 1)
	if err := <-ended; err != nil {
		t.Errorf("Wait for a record: %v", err)
	}
	go func() { ended <- s.Wait(ctx, 1) }()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Wait after its context ended: %v", err)
	}
	go func() { ended <- s.Wait(t.Context(), 1) }()
	closeSpool(t, s)
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("Wait when the spool closes: %v", err)
	}
}

// Whoever waits is woken for what it waits for, however many others wait.
func TestWaitForOneOfSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Dir: t.TempDir()})
		afters := []uint64{4, 0, 2, 4}
		var woken []uint64
		var mu sync.Mutex
		for _, after := range afters {
			go func() {
				err := s.Wait(t.Context(), after)
				mu.Lock()
				defer mu.Unlock()
				if woken = append(woken, after); err != nil {
					t.Error(err)
				}
			}()
		}
		for n, want := range []int{1, 1, 2, 2, 4} {
			fill(t, s, 1)
			synctest.Wait()
			if len(woken) != want {
				t.Errorf("with %d records those behind %v were woken, want %d of %v", n+1, woken, want, afters)
			}
		}
		closeSpool(t, s)
	})
}

// What was read before is not read again, also where some of what follows has been
// synced and some has not.
func TestReadGoesOn(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir(), SyncEvery: time.Hour})
	fill(t, s, 10)
	if rs := readAll(t, s, 0); len(rs) != 10 {
		t.Fatalf("read %d, want 10", len(rs))
	}
	if err := s.Acknowledge(10); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(s.path(s.segments[0]), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("?"), headerSize+frameSize+1); err != nil { // of record 1
		t.Fatal(err)
	}
	fill(t, s, 3)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	fill(t, s, 2)
	rs, err := s.Read(10, 100, 1<<20)
	if err != nil || len(rs) != 5 || rs[0].Seq != 11 || rs[4].Seq != 15 {
		t.Fatalf("read %+v, %v; want 11 to 15", rs, err)
	}
	if at := make([]byte, 1); s.active == nil || len(s.segments) != 1 {
		t.Error("record 1 was read again, and its segment mended")
	} else if _, err := f.ReadAt(at, headerSize+frameSize+1); err != nil || at[0] != '?' {
		t.Errorf("record 1 has %q, %v; want what was written over it", at, err)
	}
	closeSpool(t, s)
}

// TestConcurrent appends from several places while one reads and acknowledges, in
// a spool that is so small that it drops all the time.
func TestConcurrent(t *testing.T) {
	const writers, each = 4, 500
	s := open(t, Config{Dir: memDir(t), MaxBytes: 8 * headroom, SyncEvery: time.Millisecond})
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if _, err := s.Append(t.Context(), body(1), body(2)); err != nil {
					t.Error(err)
				}
				s.Stats()
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var after uint64
	read := map[uint64]bool{}
	var lost []Eviction
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for {
			rs, err := s.Read(after, 50, 4000)
			if err != nil {
				t.Fatal(err)
			}
			if len(rs) == 0 {
				break
			}
			for _, r := range rs {
				if r.Seq <= after {
					t.Fatalf("number %d comes behind %d", r.Seq, after)
				}
				after = r.Seq
				if n, e := parseBody(t, r); n == 0 {
					lost = append(lost, e)
				}
				read[r.Seq] = true
			}
			if err := s.Acknowledge(after); err != nil {
				t.Fatal(err)
			}
		}
	}
	// What was read may be told as lost too, where it was dropped before the
	// acknowledgement; nothing is neither.
	for n := uint64(1); n <= s.Stats().Last; n++ {
		told := slices.ContainsFunc(lost, func(e Eviction) bool { return e.First <= n && n <= e.Last })
		if !read[n] && !told {
			t.Fatalf("number %d was neither read nor told as lost", n)
		}
	}
	if len(read) == 0 || s.Stats().Last < writers*each*2 {
		t.Errorf("%d read, %+v", len(read), s.Stats())
	}
}

func TestSyncEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{Dir: t.TempDir()})
		fill(t, s, 3)
		durable := func() uint64 {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.marked
		}
		if n := durable(); n != 0 {
			t.Errorf("durable up to %d at once, want nothing", n)
		}
		time.Sleep(1050 * time.Millisecond)
		synctest.Wait()
		if n := durable(); n != 3 {
			t.Errorf("durable up to %d after SyncEvery, want 3", n)
		}
		closeSpool(t, s)
	})
}

func TestTouchAndIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, Config{Dir: dir})
		fill(t, s, 3)
		time.Sleep(time.Second)
		before := sizes(t, dir)
		for range 3 * 60 {
			time.Sleep(20 * time.Second)
			if err := s.Touch(time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if after := sizes(t, dir); after != before {
			t.Errorf("an idle hour changed the files from %s to %s", before, after)
		}
		alive := time.Now()
		crash(t, s)
		time.Sleep(time.Hour)

		s = open(t, Config{Dir: dir})
		p := s.Stats().Previous
		if off := alive.Sub(p.LastAlive); !p.Known || p.Orderly || off < 0 || off > touchEvery {
			t.Errorf("Previous = %+v; last touched at %v", p, alive)
		}
		closeSpool(t, s)
		alive = time.Now()
		time.Sleep(time.Hour)
		s = open(t, Config{Dir: dir})
		if p := s.Stats().Previous; !p.Orderly || !p.LastAlive.Equal(alive) {
			t.Errorf("Previous after Close = %+v; closed at %v", p, alive)
		}
		// Back in time: the clock was wrong before.
		if err := s.Touch(time.Now().Add(-24 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		if at := s.Stats().LastAlive; !at.Before(alive) {
			t.Errorf("LastAlive is %v after the clock was set back", at)
		}
		closeSpool(t, s)
	})
}

// sizes returns the names and sizes of the files in dir.
func sizes(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s:%d ", e.Name(), info.Size())
	}
	return b.String()
}
