package spool

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestFull fills the spool many times over: what is dropped is told exactly, also
// where the notices that told of it are dropped in turn.
func TestFull(t *testing.T) {
	cfg := Config{Dir: memDir(t), MaxBytes: 8 * headroom}
	s := open(t, cfg)
	var appended int64
	for round := range 5 {
		for range 400 {
			appended++
			if _, err := s.Append(t.Context(), body(uint64(appended))); err != nil {
				t.Fatal(err)
			}
			if n := s.Stats().Bytes; n > cfg.MaxBytes {
				t.Fatalf("the segments have %d bytes, the limit is %d", n, cfg.MaxBytes)
			}
		}
		if round%2 == 1 {
			crash(t, s)
			s = open(t, cfg)
		}
	}
	bodies, lost, evictions := tally(t, readAll(t, s, 0))
	st := s.Stats()
	if lost == 0 || bodies+lost != appended || int64(st.Evicted.Full) != lost {
		t.Errorf("%d records are there, %d are told as lost and %d counted; %d were appended", bodies, lost, st.Evicted.Full, appended)
	}
	if int64(st.Records) < bodies || st.First <= 1 {
		t.Errorf("Stats = %+v", st)
	}
	first := uint64(noLimit)
	for _, e := range evictions {
		first = min(first, e.First)
		if e.Reason != ReasonFull || e.First == 0 || e.Last < e.First || e.From.IsZero() || e.To.Before(e.From) {
			t.Errorf("told %+v", e)
		}
	}
	if first != 1 {
		t.Errorf("the losses told begin at %d, want 1: notices that were dropped are to be told again", first)
	}
}

// TestFullOfAcknowledged drops what the server has without counting it.
func TestFullOfAcknowledged(t *testing.T) {
	s := open(t, Config{Dir: memDir(t), MaxBytes: 8 * headroom})
	for range 2000 {
		fill(t, s, 1)
		if last := s.Stats().Last; last%10 == 0 {
			if err := s.Acknowledge(last); err != nil {
				t.Fatal(err)
			}
		}
	}
	st := s.Stats()
	if st.Evicted != (Evicted{}) || st.First == 1 || st.Records != 0 {
		t.Errorf("Stats = %+v", st)
	}
}

// TestDropInterrupted ends the process at each step of a drop.
func TestDropInterrupted(t *testing.T) {
	for _, step := range []string{"counted", "removed", "told", "told and synced"} {
		cfg, all, _ := sample(t)
		lay(t, cfg.Dir, all)
		s := open(t, cfg)
		total := int64(s.Stats().Last)
		before := files(t, cfg.Dir)
		s.mu.Lock()
		if err := s.drop(full); err != nil {
			t.Fatal(err)
		}
		switch step {
		case "told":
			s.tell()
		case "told and synced":
			s.tell()
			if err := s.syncHeld(); err != nil {
				t.Fatal(err)
			}
		}
		s.mu.Unlock()
		crash(t, s)
		if step == "counted" {
			after := files(t, cfg.Dir)
			after[segmentNames(before)[0]] = before[segmentNames(before)[0]]
			lay(t, cfg.Dir, after)
		}
		for range 2 {
			s = open(t, cfg)
			bodies, lost, evictions := account(t, readAll(t, s, 0))
			if bodies+lost != total || lost == 0 || len(evictions) != 1 {
				t.Errorf("%s: %d records, %v; want %d together", step, bodies, evictions, total)
			}
			if n := int64(s.Stats().Evicted.Full); n != lost {
				t.Errorf("%s: %d counted, %d told", step, n, lost)
			}
			crash(t, s)
		}
	}
}

func TestAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Dir: t.TempDir(), SegmentBytes: 500, Log: nil}
		s := open(t, cfg)
		fill(t, s, 60)
		if err := s.Acknowledge(30); err != nil {
			t.Fatal(err)
		}
		time.Sleep(47 * time.Hour)
		synctest.Wait()
		if first := s.Stats().First; first != 1 {
			t.Errorf("after 47 hours the first record is %d, want 1", first)
		}
		closeSpool(t, s)
		s = open(t, cfg) // the age survives
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if st := s.Stats(); st.First < 10 || st.First > 31 || st.Records != 30 || st.Evicted != (Evicted{}) {
			t.Errorf("after 49 hours: %+v", st)
		}
		time.Sleep(29 * 24 * time.Hour)
		synctest.Wait()
		bodies, lost, evictions := account(t, readAll(t, s, 30))
		if bodies != 0 || lost != 30 || evictions[0].Reason != ReasonAge || evictions[0].First != 31 || evictions[0].Last != 60 {
			t.Errorf("after 31 days %d records are there, %d told as lost: %+v", bodies, lost, evictions)
		}
		closeSpool(t, s)
	})
}

func TestRewind(t *testing.T) {
	cfg := Config{Dir: memDir(t), MaxBytes: 8 * headroom}
	s := open(t, cfg)
	fill(t, s, 300)
	if err := s.Acknowledge(300); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.Rewind(300); err != nil || gone.Records != 0 {
		t.Errorf("Rewind to what is acknowledged = %+v, %v", gone, err)
	}
	if gone, err := s.Rewind(100); err != nil || gone.Records != 0 {
		t.Fatalf("Rewind(100) = %+v, %v; all is kept", gone, err)
	}
	if bodies, _, _ := account(t, readAll(t, s, 100)); bodies != 200 || s.Stats().Records != 200 {
		t.Errorf("%d records behind 100, %+v", bodies, s.Stats())
	}
	for range 20 {
		if err := s.Acknowledge(s.Stats().Last); err != nil {
			t.Fatal(err)
		}
		fill(t, s, 50)
	}
	if err := s.Acknowledge(s.Stats().Last); err != nil {
		t.Fatal(err)
	}
	closeSpool(t, s)
	s = open(t, cfg)
	st := s.Stats()
	gone, err := s.Rewind(50)
	if err != nil || gone.First != 51 || gone.Last != st.First-1 || gone.Records != int64(st.First-51) || gone.Reason != ReasonRestored || gone.To.IsZero() {
		t.Errorf("Rewind(50) = %+v, %v; %d is the first that is kept", gone, err, st.First)
	}
	if rs := readAll(t, s, 50); rs[0].Seq != st.First || rs[len(rs)-1].Seq != st.Last {
		t.Errorf("Read gives %d to %d, want %d to %d", rs[0].Seq, rs[len(rs)-1].Seq, st.First, st.Last)
	}
}

func TestRaise(t *testing.T) {
	for _, tt := range []struct {
		to, first uint64 // the number that is raised to, and the first waiting one's new number
	}{{500, 501}, {80, 81}, {60, 81}, {41, 81}} {
		t.Run(fmt.Sprint(tt.to), func(t *testing.T) {
			cfg := Config{Dir: memDir(t), SegmentBytes: 600}
			s := open(t, cfg)
			fill(t, s, 80)
			if err := s.Acknowledge(40); err != nil {
				t.Fatal(err)
			}
			if err := s.Raise(40); err == nil {
				t.Error("Raise to what is acknowledged: no error")
			}
			if err := s.Raise(tt.to); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				checkRaised(t, s, 40, 80, tt.first)
				closeSpool(t, s)
				s = open(t, cfg)
			}
			last := s.Stats().Last
			if got, err := s.Append(t.Context(), []byte("{}")); err != nil || got != last+1 || got != tt.first+40 {
				t.Errorf("Append = %d, %v; want %d", got, err, tt.first+40)
			}
			if err := s.Acknowledge(last); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkRaised checks that records 1 to acked have their numbers and those to
// last have new ones from first on.
func checkRaised(t *testing.T, s *Spool, acked, last, first uint64) {
	t.Helper()
	rs := readAll(t, s, 0)
	if len(rs) != int(last) {
		t.Fatalf("%d records, want %d", len(rs), last)
	}
	for i, r := range rs {
		n := uint64(i) + 1
		want := n
		if n > acked {
			want = first + n - acked - 1
		}
		if r.Seq != want || string(r.Data) != string(body(n)) {
			t.Fatalf("record %d is number %d, %s; want number %d", n, r.Seq, r.Data, want)
		}
	}
	if st := s.Stats(); st.Records != last-acked || st.Evicted != (Evicted{}) {
		t.Errorf("Stats = %+v", st)
	}
}

// TestRaiseInterrupted ends the process after each segment, and between writing
// one anew and removing the old one.
func TestRaiseInterrupted(t *testing.T) {
	cfg := Config{Dir: memDir(t) + "/spool", SegmentBytes: 600}
	s := open(t, cfg)
	fill(t, s, 80)
	if err := s.Acknowledge(40); err != nil {
		t.Fatal(err)
	}
	segments := len(s.segments)
	crash(t, s)
	all := files(t, cfg.Dir)
	for done := range segments + 1 {
		for _, both := range []bool{false, true} {
			lay(t, cfg.Dir, all)
			s := open(t, cfg)
			s.mu.Lock()
			if err := s.closeSegments(); err != nil {
				t.Fatal(err)
			}
			s.state.Raise = raise{After: 40, To: 80, By: 460}
			s.state.Acknowledged, s.state.Jumped, s.state.High = 500, 500, 540
			s.next, s.marked = 541, 540
			if err := s.files.write(&s.state, true); err != nil {
				t.Fatal(err)
			}
			old := files(t, cfg.Dir)
			for range done {
				for i, seg := range s.segments {
					if seg.first <= 80 && seg.covered > 40 {
						old = files(t, cfg.Dir)
						if err := s.renumber(i, s.state.Raise); err != nil {
							t.Fatal(err)
						}
						break
					}
				}
			}
			s.mu.Unlock()
			crash(t, s)
			if both {
				now := files(t, cfg.Dir)
				for _, name := range segmentNames(old) {
					now[name] = old[name]
				}
				lay(t, cfg.Dir, now)
			}
			for range 2 {
				s = open(t, cfg)
				checkRaised(t, s, 40, 80, 501)
				crash(t, s)
			}
		}
	}
}
