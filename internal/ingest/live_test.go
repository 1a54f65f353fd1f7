package ingest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// fakeStore takes events as the test tells it to.
type fakeStore struct {
	hold func(ctx context.Context) error // called first; nil: not
	err  map[int64]error                 // of transactions with this station
	boom int64                           // panics over this station

	mu    sync.Mutex
	calls [][]int64 // stations of each transaction
}

func (f *fakeStore) AddEvents(ctx context.Context, batches []store.StationEvents) ([]store.Added, error) {
	var stations []int64
	for _, b := range batches {
		stations = append(stations, b.Station)
	}
	f.mu.Lock()
	f.calls = append(f.calls, stations)
	f.mu.Unlock()
	if f.hold != nil {
		if err := f.hold(ctx); err != nil {
			return nil, err
		}
	}
	added := make([]store.Added, len(batches))
	for i, b := range batches {
		if err := f.err[b.Station]; err != nil {
			return nil, err
		}
		if f.boom == b.Station {
			panic("boom")
		}
		added[i] = store.Added{Starts: len(b.Events), Gaps: len(b.Gaps), LastSeq: 1}
		for _, e := range b.Events {
			added[i].LastSeq = max(added[i].LastSeq, e.Seq)
		}
		for _, g := range b.Gaps {
			added[i].LastSeq = max(added[i].LastSeq, g.Seq)
		}
	}
	return added, nil
}

// running returns a Live that is stopped when the test ends.
func running(t *testing.T, f LiveStore, cfg LiveConfig) *Live {
	t.Helper()
	l := NewLive(f, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

func starts(first uint64, n int) []event.Process {
	list := make([]event.Process, n)
	for i := range list {
		list[i] = event.Process{Kind: event.Start, Time: time.Now(), Seq: first + uint64(i), PID: 4, Station: "A NAME", Origin: event.Imported}
	}
	return list
}

func batchOf(station int64, n int) LiveBatch {
	return LiveBatch{Station: station, Events: starts(1, n), Bytes: n}
}

// addAll adds a batch of n records of each station at once.
func addAll(l *Live, n int, stations ...int64) map[int64]error {
	var mu sync.Mutex
	var group sync.WaitGroup
	errs := map[int64]error{}
	for _, s := range stations {
		group.Go(func() {
			_, err := l.Add(context.Background(), batchOf(s, n))
			mu.Lock()
			defer mu.Unlock()
			errs[s] = err
		})
	}
	group.Wait()
	return errs
}

func upTo(n int64) (list []int64) {
	for i := range n {
		list = append(list, i+1)
	}
	return list
}

func TestLiveStoresTogetherWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeStore{hold: func(context.Context) error { time.Sleep(time.Second); return nil }}
		l := running(t, f, LiveConfig{})
		for station, err := range addAll(l, 100, upTo(60)...) {
			if err != nil {
				t.Errorf("station %d: %v", station, err)
			}
		}
		// The writers take the first ones as they come, then up to 2,000 records.
		if len(f.calls) > 6 {
			t.Errorf("%d transactions for 60 batches; want few", len(f.calls))
		}
		stored := 0
		for _, c := range f.calls {
			stored += len(c)
			if len(c) > togetherRows/100 {
				t.Errorf("%d batches of 100 in one transaction; want up to %d records", len(c), togetherRows)
			}
		}
		if stored != 60 || l.Waiting() != 0 {
			t.Errorf("%d batches stored, %d records wait; want 60 and 0", stored, l.Waiting())
		}
	})
}

func TestLiveIsBusyWhenTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		f := &fakeStore{hold: func(context.Context) error { <-free; return nil }}
		l := running(t, f, LiveConfig{QueueRows: 1000, QueueBytes: 1 << 20})
		var group sync.WaitGroup
		add := func(station int64, rows int) {
			group.Go(func() {
				if _, err := l.Add(context.Background(), batchOf(station, rows)); err != nil {
					t.Errorf("station %d: %v", station, err)
				}
			})
			synctest.Wait()
		}
		add(1, 1)
		add(2, 1) // both writers are at work
		add(3, 5000)
		if _, err := l.Add(context.Background(), batchOf(4, 1)); fault.KindOf(err) != fault.TooMany {
			t.Errorf("with 5,000 of 1,000 records waiting: got %v; want TooMany", err)
		}
		close(free)
		group.Wait()
		if errs := addAll(l, 400, 5, 6); errs[5] != nil || errs[6] != nil {
			t.Errorf("afterwards: %v", errs)
		}
	})
}

func TestLiveCountsBytesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLive(&fakeStore{}, LiveConfig{QueueBytes: 100}) // nobody writes
		go func() { _, _ = l.Add(t.Context(), LiveBatch{Station: 1, Events: starts(1, 1), Bytes: 60}) }()
		synctest.Wait()
		if _, err := l.Add(t.Context(), LiveBatch{Station: 2, Events: starts(1, 1), Bytes: 60}); fault.KindOf(err) != fault.TooMany {
			t.Errorf("got %v; want TooMany", err)
		}
	})
}

// One station whose batch cannot be stored costs nobody else theirs, and from
// then on not even a second try.
func TestLiveKeepsABadStationApart(t *testing.T) {
	for name, f := range map[string]*fakeStore{
		"refused":  {err: map[int64]error{3: fault.Invalidf("numbers jump")}},
		"our bug":  {err: map[int64]error{3: errors.New("bug")}},
		"panicked": {boom: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slow := func(context.Context) error { time.Sleep(time.Second); return nil }
				f.hold = slow
				l := running(t, f, LiveConfig{})
				for round := range 3 {
					f.calls = nil
					errs := addAll(l, 10, upTo(20)...)
					for station, err := range errs {
						if (err != nil) != (station == 3) {
							t.Errorf("round %d, station %d: %v", round, station, err)
						}
					}
					if want := fault.KindOf(f.err[3]); fault.KindOf(errs[3]) != want {
						t.Errorf("got kind %v; want %v", fault.KindOf(errs[3]), want)
					}
					if round == 0 {
						continue
					}
					for _, c := range f.calls {
						if slices.Contains(c, 3) && len(c) > 1 {
							t.Errorf("round %d: station 3 was stored with others, %v", round, c)
						}
					}
				}
				f.err, f.boom = nil, 0
				if errs := addAll(l, 10, 3); errs[3] != nil {
					t.Errorf("mended: %v", errs[3])
				}
				l.mu.Lock()
				defer l.mu.Unlock()
				if len(l.suspects) != 0 {
					t.Errorf("still suspected: %v", l.suspects)
				}
			})
		})
	}
}

func TestLiveSaysAtOnceThatTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := fault.New(fault.Unavailable, "away")
		f := &fakeStore{hold: func(context.Context) error { return away }}
		l := running(t, f, LiveConfig{})
		begun := time.Now()
		for station, err := range addAll(l, 10, upTo(50)...) {
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("station %d: got %v; want Unavailable", station, err)
			}
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("it took %s", took)
		}

		// One that hangs counts as away too, in time.
		f.hold = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		if _, err := l.Add(t.Context(), batchOf(1, 1)); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a database that hangs: got %v", err)
		}
		if took := time.Since(begun); took > writeTime+time.Second {
			t.Errorf("it took %s", took)
		}
		f.hold = nil
		if _, err := l.Add(t.Context(), batchOf(1, 1)); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestLiveStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeStore{hold: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		l := NewLive(f, LiveConfig{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		all := make(chan map[int64]error, 1)
		go func() { all <- addAll(l, 1500, 1, 2, 3, 4) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for station, err := range <-all {
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("station %d: got %v; want Unavailable", station, err)
			}
		}
		if _, err := l.Add(t.Context(), batchOf(1, 1)); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("after the end: got %v", err)
		}
	})
}

// What nobody waits for any more is not stored: its agent sends it again.
func TestLiveForgetsWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		f := &fakeStore{hold: func(context.Context) error { <-free; return nil }}
		l := running(t, f, LiveConfig{})
		var group sync.WaitGroup
		for _, s := range []int64{1, 2} { // one for each writer
			group.Go(func() { _, _ = l.Add(context.Background(), batchOf(s, 1)) })
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(context.Background())
		group.Go(func() {
			if _, err := l.Add(ctx, batchOf(3, 1)); err == nil {
				t.Error("the third batch is acknowledged")
			}
		})
		synctest.Wait()
		cancel()
		close(free)
		group.Wait()
		synctest.Wait()
		for _, c := range f.calls {
			if slices.Contains(c, 3) {
				t.Error("the batch of the station that is gone was stored")
			}
		}
		if l.Waiting() != 0 {
			t.Errorf("%d records wait", l.Waiting())
		}
	})
}

func TestLiveAsksTheGuard(t *testing.T) {
	full := fault.New(fault.Unavailable, "the disk is full")
	l := NewLive(&fakeStore{}, LiveConfig{Guard: func(int64) error { return full }})
	if _, err := l.Add(t.Context(), batchOf(1, 1)); !errors.Is(err, full) {
		t.Errorf("got %v; want %v", err, full)
	}
}

// Each record is stored, or named as refused and counted in a gap.
func TestLiveRefusesRecordByRecord(t *testing.T) {
	now := time.Now().UTC()
	tooMany := uint64(math.MaxUint64)
	b := LiveBatch{
		Station: 1,
		Events:  starts(1, 6),
		Gaps: []event.Gap{
			{Kind: event.GapKind, Seq: 7, Cause: event.SourceLost, From: now, To: now},
			{Kind: event.GapKind, Seq: 8, Cause: "whim", From: now, To: now},
			{Kind: event.GapKind, Seq: 9, Cause: event.SourceLost, From: now, To: now.Add(72 * time.Hour)},
			{Kind: event.GapKind, Seq: 10, Cause: event.SourceLost, From: now, To: now, Events: &tooMany},
			{Kind: event.GapKind, Seq: 11, Cause: event.SourceLost, From: now, To: now, FirstSeq: 1, LastSeq: tooMany},
		},
		Refused: []Unreadable{{Seq: 12, Reason: "pid cannot be a string\x00" + strings.Repeat("x", 1000)}},
	}
	b.Events[1].Time = now.Add(72 * time.Hour)
	b.Events[2].Time = now.AddDate(0, 0, -40)
	b.Events[4].SHA256 = "abc"
	l := NewLive(nil, LiveConfig{Retention: 30})
	batch, refused := l.check(b)
	var seqs []uint64
	for _, e := range batch.Events {
		seqs = append(seqs, e.Seq)
		if e.Station != "" || e.Origin != event.Live {
			t.Errorf("event %d says that it is of %q and %s; who sent it decides that", e.Seq, e.Station, e.Origin)
		}
	}
	if want := []uint64{1, 4, 6}; !slices.Equal(seqs, want) {
		t.Errorf("events %v are to be stored; want %v", seqs, want)
	}
	seqs = nil
	for _, r := range refused {
		seqs = append(seqs, r.Seq)
		if r.Reason == "" || len(r.Reason) > 2*mostOfReason || strings.Contains(r.Reason, "\x00") {
			t.Errorf("record %d is refused because of %q", r.Seq, r.Reason)
		}
	}
	if want := []uint64{2, 3, 5, 8, 9, 10, 11, 12}; !slices.Equal(seqs, want) {
		t.Errorf("records %v are refused; want %v", seqs, want)
	}
	seqs = nil
	for _, g := range batch.Gaps {
		seqs = append(seqs, g.Seq)
		if err := g.Check(); err != nil {
			t.Errorf("gap %d: %v", g.Seq, err)
		}
		if g.Seq != 7 && (g.Cause != event.Refused || *g.Events != 1 || g.Detail == "") {
			t.Errorf("gap %d: %+v", g.Seq, g)
		}
		if g.Seq == 3 && !g.From.Equal(now.AddDate(0, 0, -40)) {
			t.Errorf("the gap of an event at %s is at %s", now.AddDate(0, 0, -40), g.From)
		}
		if g.Seq == 2 && time.Since(g.From) > time.Minute {
			t.Errorf("the gap of an event in the future is at %s; want now", g.From)
		}
	}
	if want := []uint64{2, 3, 5, 7, 8, 9, 10, 11, 12}; !slices.Equal(seqs, want) {
		t.Errorf("gaps %v; want %v", seqs, want)
	}
}

func TestLiveBoundsReasons(t *testing.T) {
	b := LiveBatch{Station: 1}
	for i := range 100 {
		b.Refused = append(b.Refused, Unreadable{Seq: uint64(i + 1), Reason: fmt.Sprintf("reason %d", i)})
	}
	batch, refused := NewLive(nil, LiveConfig{}).check(b)
	reasons := map[string]bool{}
	for _, g := range batch.Gaps {
		reasons[g.Detail] = true
	}
	if len(refused) != 100 || len(batch.Gaps) != 100 || len(reasons) != mostReasons+1 {
		t.Errorf("%d refused, %d gaps, %d reasons; want 100, 100 and %d", len(refused), len(batch.Gaps), len(reasons), mostReasons+1)
	}
}
