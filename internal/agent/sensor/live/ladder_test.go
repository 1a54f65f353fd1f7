//go:build linux || windows

package live

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// fakeSource is a sensor that runs until it is told to fail.
type fakeSource struct {
	mode   event.Sensor
	why    string
	fail   chan error
	closed atomic.Bool
}

func (f *fakeSource) Run(ctx context.Context, sink *sensor.Sink) error {
	sink.State(f.mode, sensor.Working, f.why)
	select {
	case <-ctx.Done():
		return nil
	case err := <-f.fail:
		return err
	}
}

func (f *fakeSource) Rundown(context.Context) (int, error) { return len(f.mode), nil }
func (f *fakeSource) SameFiles(uint64) bool                { return false }
func (f *fakeSource) Close() error                         { f.closed.Store(true); return nil }

// fakeWay is a way that can be had or not.
type fakeWay struct {
	mu     sync.Mutex
	cannot error
	opened []*fakeSource
}

func (f *fakeWay) way(mode event.Sensor) way {
	return way{mode, func(why string) (Source, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.cannot != nil {
			return nil, f.cannot
		}
		s := &fakeSource{mode: mode, why: why, fail: make(chan error, 1)}
		f.opened = append(f.opened, s)
		return s, nil
	}}
}

// refuse says why it cannot be had; nil: it can.
func (f *fakeWay) refuse(why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cannot = why
}

// last returns the source that was opened last.
func (f *fakeWay) last() *fakeSource {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened[len(f.opened)-1]
}

func TestLadder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		best, middle, last := new(fakeWay), &fakeWay{cannot: errors.New("not installed")}, new(fakeWay)
		l, err := newLadder([]way{best.way(event.SensorETW), middle.way(event.SensorSysmon), last.way(event.SensorPoll)}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		sink := sensor.NewSink(0, 0)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx, sink) }()
		expect := func(mode event.Sensor, detail string) {
			t.Helper()
			synctest.Wait()
			if st := sink.Status(); st.Mode != mode || st.Detail != detail {
				t.Fatalf("it is %s, %q; want %s, %q", st.Mode, st.Detail, mode, detail)
			}
			if n, err := l.Rundown(ctx); n != len(mode) || err != nil {
				t.Errorf("its rundown tells %d, %v; want that of %s", n, err, mode)
			}
		}
		expect(event.SensorETW, "")

		// It fails and cannot be had again: the one that can takes its place.
		best.refuse(errors.New("no session"))
		best.last().fail <- errors.New("it was stopped")
		expect(event.SensorPoll, "etw failed: it was stopped; no sysmon: not installed")
		if !best.last().closed.Load() {
			t.Error("the one that failed was not closed")
		}
		_, gaps, _ := sink.Take(ctx, 10)
		if len(gaps) != 1 || !strings.Contains(gaps[0].Detail, "it was stopped") {
			t.Errorf("the gaps are %v; want one that says why", gaps)
		}

		// A better one is taken when it can be had.
		time.Sleep(3 * betterEvery)
		expect(event.SensorPoll, "etw failed: it was stopped; no sysmon: not installed")
		middle.refuse(nil)
		time.Sleep(betterEvery)
		expect(event.SensorSysmon, "no etw: no session")
		if !last.last().closed.Load() {
			t.Error("the worse one was not closed")
		}
		best.refuse(nil)
		time.Sleep(betterEvery)
		expect(event.SensorETW, "")
		if !middle.last().closed.Load() {
			t.Error("the worse one was not closed")
		}

		// Where all fail it says so, and can be started again.
		no := errors.New("no more")
		for _, way := range []*fakeWay{best, middle, last} {
			way.refuse(no)
		}
		best.last().fail <- errors.New("it was stopped again")
		err = <-ended
		if err == nil || !strings.Contains(err.Error(), "etw failed: it was stopped again; no sysmon: no more; no poll: no more") {
			t.Errorf("it ended with %v", err)
		}
		if _, err := l.Rundown(ctx); err == nil {
			t.Error("a rundown is possible at the end")
		}
		if err := l.Run(ctx, sink); err == nil {
			t.Error("it runs without a sensor")
		}
		last.refuse(nil)
		go func() { ended <- l.Run(ctx, sink) }()
		expect(event.SensorPoll, "no etw: no more; no sysmon: no more")
		stop()
		if err := <-ended; err != nil || !last.last().closed.Load() {
			t.Errorf("it ended with %v, closed: %t", err, last.last().closed.Load())
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestNoWay(t *testing.T) {
	if l, err := newLadder([]way{(&fakeWay{cannot: errors.New("no\nnot at all")}).way(event.SensorETW)}, slog.New(slog.DiscardHandler)); err == nil || err.Error() != "processes cannot be seen: no etw: no …" {
		t.Errorf("%v, %v", l, err)
	}
	f := new(fakeWay)
	l, err := newLadder([]way{f.way(event.SensorETW)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil || !f.last().closed.Load() {
		t.Errorf("closed without having run: %v, %t", err, f.last().closed.Load())
	}
}
