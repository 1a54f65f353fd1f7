package sensor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

func start(pid uint32, at time.Time) *event.Process {
	return &event.Process{Kind: event.Start, Time: at, PID: pid}
}

// A source that reports more than fits is never made to wait, and what it lost
// becomes one gap a second that says how many and when.
func TestOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSink(10, 0)
		began := time.Now()
		report := func(n int) {
			for i := range n {
				s.Report(start(uint32(i+1), time.Now()))
				time.Sleep(time.Millisecond)
			}
		}
		report(25)
		events, gaps, err := s.Take(t.Context(), 100)
		if err != nil || len(events) != 10 || len(gaps) != 1 {
			t.Fatalf("took %d events and %d gaps, %v; want 10 and 1", len(events), len(gaps), err)
		}
		g := gaps[0]
		if *g.Events != 15 || g.Cause != event.SourceLost || !g.From.Equal(began.Add(10*time.Millisecond)) || !g.To.Equal(began.Add(24*time.Millisecond)) {
			t.Errorf("gap %+v of %d events; want 15, from the 11th to the 25th", g, *g.Events)
		}
		if err := g.Check(); err != nil {
			t.Error(err)
		}
		// The next gap waits until a second has passed, and nothing is forgotten.
		report(12)
		s.Lost(7, began, began.Add(time.Minute), "the kernel's buffer was full")
		events, gaps, _ = s.Take(t.Context(), 100)
		if len(events) != 10 || len(gaps) != 0 {
			t.Fatalf("took %d events and %d gaps at once; want 10 and none", len(events), len(gaps))
		}
		taken := time.Now()
		events, gaps, _ = s.Take(t.Context(), 100)
		if len(events) != 0 || len(gaps) != 2 || *gaps[0].Events != 2 || *gaps[1].Events != 7 {
			t.Fatalf("took %d events and gaps %v; want one of 2 and one of 7", len(events), gaps)
		}
		if waited := time.Since(taken); waited <= 0 || waited > time.Second {
			t.Errorf("the gaps came %s later; want within a second of the first", waited)
		}
		if st := s.Status(); st.Events != 37 || st.Lost != 15+2+7 {
			t.Errorf("status %+v; want 37 events and 24 lost", st)
		}
	})
}

// Where nobody knows how many were lost, the gap does not say a number.
func TestUnknownLoss(t *testing.T) {
	s := NewSink(0, 0)
	now := time.Now()
	s.Lost(0, now, now, "the trace was restarted")
	_, gaps, err := s.Take(t.Context(), 1)
	if err != nil || len(gaps) != 1 || gaps[0].Events != nil {
		t.Fatalf("got %+v, %v; want one gap without a number", gaps, err)
	}
}

// A loss over whose time the clock was set back is a gap like any other.
func TestLossWhileTheClockIsSetBack(t *testing.T) {
	s := NewSink(10, 0)
	at := time.Now()
	s.Lost(2, at, at.Add(-time.Hour), "the ring was full")
	_, gaps, err := s.Take(t.Context(), 100)
	if err != nil || len(gaps) != 1 {
		t.Fatalf("took %d gaps, %v; want 1", len(gaps), err)
	}
	if g := gaps[0]; g.Check() != nil || g.To.Sub(g.From) != time.Hour {
		t.Errorf("the gap is from %s to %s: %v; want the hour before now", g.From, g.To, g.Check())
	}
}

// The sink's memory is bounded too.
func TestOverflowBytes(t *testing.T) {
	s := NewSink(1000, 100_000)
	for range 100 {
		p := start(1, time.Now())
		p.CommandLine = fmt.Sprintf("%60000d", 1)
		s.Report(p)
	}
	if n := s.Waiting(); n != 2 {
		t.Errorf("%d events of 60 kB wait in 100 kB; want 2", n)
	}
}

// A source that can wait loses nothing.
func TestRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSink(5, 0)
		go func() {
			for i := range 1000 {
				if s.Room(t.Context()) != nil {
					return
				}
				s.Report(start(uint32(i+1), time.Now()))
			}
		}()
		for next := uint32(1); next <= 1000; {
			events, gaps, err := s.Take(t.Context(), 3)
			if err != nil || len(gaps) > 0 {
				t.Fatalf("gaps %v, %v", gaps, err)
			}
			for _, p := range events {
				if p.PID != next {
					t.Fatalf("event %d came in place of %d", p.PID, next)
				}
				next++
			}
		}
	})
}

// The end gives what is left, losses that are not due yet included, and then the error.
func TestTakeAtTheEnd(t *testing.T) {
	s := NewSink(1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 2 {
		s.Report(start(uint32(i+1), time.Now()))
	}
	if _, gaps, _ := s.Take(ctx, 1); len(gaps) != 1 {
		t.Fatalf("gaps %v; want one", gaps)
	}
	for i := range 3 {
		s.Report(start(uint32(i+1), time.Now()))
	}
	cancel()
	events, gaps, err := s.Take(ctx, 10)
	if err != nil || len(events) != 1 || len(gaps) != 1 || *gaps[0].Events != 2 {
		t.Fatalf("got %d events, %v, %v; want the event and the gap of 2", len(events), gaps, err)
	}
	if _, _, err := s.Take(ctx, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("then %v; want that it is over", err)
	}
}
