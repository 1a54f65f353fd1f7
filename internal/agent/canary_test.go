package agent

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// aviary is a station whose sensor can go blind.
type aviary struct {
	sink  *sensor.Sink
	log   *LogRing
	watch *canaryWatch

	mu     sync.Mutex
	sees   func(p *event.Process) []*event.Process // what the sensor makes of a start
	fails  error
	pid    uint32
	lives  []time.Duration
	starts []time.Time
	gaps   []event.Gap
	news   []string // the state with each of them
}

func newAviary() *aviary {
	b := &aviary{sink: sensor.NewSink(0, 0), log: new(LogRing)}
	b.sees = func(p *event.Process) []*event.Process { return []*event.Process{p} }
	a := &agent{sink: b.sink, log: slog.New(slog.NewTextHandler(b.log, nil))}
	b.watch = a.newCanaryWatch(Canary{Start: b.start})
	b.watch.news = func() {
		s := b.watch.over(b.sink.Status())
		b.mu.Lock()
		defer b.mu.Unlock()
		b.news = append(b.news, s.State+": "+s.Detail)
	}
	b.sink.State(event.SensorETW, sensor.Working, "")
	return b
}

func (b *aviary) start(_ context.Context, word string, lives time.Duration) (uint32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails != nil {
		return 0, b.fails
	}
	b.pid++
	b.lives, b.starts = append(b.lives, lives), append(b.starts, time.Now())
	for _, p := range b.sees(&event.Process{Kind: event.Start, Time: time.Now(), PID: b.pid, CommandLine: "eljefe-agent canary " + word}) {
		b.sink.Report(p)
	}
	return b.pid, nil
}

func (b *aviary) become(sees func(p *event.Process) []*event.Process) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sees = sees
}

func (b *aviary) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fails = err
}

func blind(*event.Process) []*event.Process { return nil }

// run lets the agent's parts work until the test ends.
func (b *aviary) run(ctx context.Context) {
	go b.watch.run(ctx)
	go func() {
		for {
			events, gaps, err := b.sink.Take(ctx, 100)
			if err != nil {
				return
			}
			b.watch.see(events)
			b.mu.Lock()
			b.gaps = append(b.gaps, gaps...)
			b.mu.Unlock()
		}
	}()
}

func (b *aviary) state() (string, []event.Gap, []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.watch.over(b.sink.Status()).State, b.gaps, b.news
}

// flight runs the test in a bubble with virtual time.
func flight(t *testing.T, do func(t *testing.T, b *aviary)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newAviary()
		b.run(ctx)
		do(t, b)
		cancel()
		synctest.Wait()
	})
}

// A sensor that goes blind on a quiet station is noticed at the next test, and
// everything since the last proof is a gap until it sees again.
func TestCanary(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		time.Sleep(time.Hour)
		if state, gaps, news := b.state(); state != sensor.Working || len(gaps) != 0 || len(news) != 0 || len(b.starts) != 15 {
			t.Fatalf("after an hour it is %s, %d gaps, news %q, %d processes started; want 15, soon no more than one in five minutes, and nothing else", state, len(gaps), news, len(b.starts))
		}
		proof := b.starts[14]
		b.become(blind)
		time.Sleep(time.Until(proof.Add(canaryEvery + canaryLimit + time.Second)))
		state, gaps, news := b.state()
		if state != sensor.Stopped || len(gaps) != 1 || len(news) != 1 || !strings.Contains(news[0], "blind") || !strings.Contains(news[0], proof.UTC().Format(time.RFC3339)) {
			t.Fatalf("blind for a test it is %s, gaps %+v, news %q; want stopped, and one of each with the time of the last proof", state, gaps, news)
		}
		if g := gaps[0]; !g.From.Equal(proof) || !g.To.Equal(proof.Add(canaryEvery+canaryLimit)) || g.Events != nil || g.Cause != event.SourceLost || g.Check() != nil {
			t.Errorf("the gap is %+v; want from the last proof, %s, to now", g, proof)
		}
		time.Sleep(10 * time.Minute)
		if _, _, news = b.state(); len(news) != 1 {
			t.Errorf("while it stays blind it tells %q; want it told once", news)
		}
		b.become(func(p *event.Process) []*event.Process { return []*event.Process{p} })
		time.Sleep(2 * canaryAgain)
		state, gaps, news = b.state()
		if state != sensor.Working || len(news) != 2 || !strings.HasPrefix(news[1], sensor.Working) {
			t.Errorf("when it sees again it is %s, news %q", state, news)
		}
		// The gaps follow on each other without a hole, up to the test that it passed.
		for i := 1; i < len(gaps); i++ {
			if gaps[i].From.After(gaps[i-1].To) {
				t.Errorf("between %s and %s nothing is told to be missing", gaps[i-1].To, gaps[i].From)
			}
		}
		if last := gaps[len(gaps)-1]; !last.To.Equal(b.starts[len(b.starts)-1]) && !last.To.Equal(b.starts[len(b.starts)-2]) {
			t.Errorf("the last gap ends at %s; want when the process that was seen began", last.To)
		}
		if log := strings.Join(b.log.Lines(), "\n"); strings.Count(log, "does not pass") != 1 || strings.Count(log, "passes its test again") != 1 {
			t.Errorf("the log is %s; want the failure and its end once each", log)
		}
	})
}

// On a station where something happens now and then it is noticed, and told,
// within a minute. Processes are not started for a test as long as others prove
// that it sees.
func TestCanaryOnABusyStation(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		for range 100 {
			time.Sleep(canaryQuiet - canaryLook)
			b.sink.Report(&event.Process{Kind: event.Start, Time: time.Now(), PID: 1 << 30, CommandLine: "calc.exe"})
		}
		if most := 100 * int(canaryQuiet) / int(canaryEvery); len(b.starts) > most+1 {
			t.Errorf("%d processes were started; want no more than %d", len(b.starts), most+1)
		}
		b.become(blind)
		time.Sleep(time.Minute)
		if state, gaps, _ := b.state(); state != sensor.Stopped || len(gaps) != 1 {
			t.Errorf("after a minute without an event it is %s, %d gaps; want stopped, and one", state, len(gaps))
		}
	})
}

// What the sensor can say of the process differs.
func TestCanaryIsRecognised(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		b.become(func(p *event.Process) []*event.Process { p.CommandLine = ""; return []*event.Process{p} })
		time.Sleep(20 * time.Minute)
		if state, gaps, _ := b.state(); state != sensor.Working || len(gaps) > 0 {
			t.Errorf("known by its pid alone: %s, %+v", state, gaps)
		}
		// Another process is none, nor is one with the pid and its own command line.
		b.become(func(p *event.Process) []*event.Process {
			other, named := *p, *p
			other.PID, other.CommandLine = p.PID+1, ""
			named.CommandLine = "calc.exe"
			return []*event.Process{&other, &named}
		})
		time.Sleep(6 * time.Minute)
		if state, _, _ := b.state(); state != sensor.Degraded {
			t.Errorf("it sees others only, and is %s; want degraded", state)
		}
		b.become(func(p *event.Process) []*event.Process {
			late := *p
			time.AfterFunc(canaryLimit-time.Second, func() { b.sink.Report(&late) })
			return nil
		})
		time.Sleep(6 * time.Minute)
		if state, _, _ := b.state(); state != sensor.Working {
			t.Errorf("it is late, and %s; want working", state)
		}
	})
}

// A sensor that looks once in a while is given something to look at.
func TestCanaryLives(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		time.Sleep(time.Minute)
		b.sink.State(event.SensorPoll, sensor.Degraded, "no etw: denied")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		b.mu.Lock()
		defer b.mu.Unlock()
		if n := len(b.lives); n < 2 || b.lives[0] != 0 || b.lives[n-1] != canaryLives {
			t.Errorf("the processes lived %v; want none, and long enough to be seen", b.lives)
		}
	})
	flight(t, func(t *testing.T, b *aviary) {
		b.sink.State(event.SensorPoll, sensor.Degraded, "no etw: denied")
		b.become(blind)
		time.Sleep(10 * time.Minute)
		if _, _, news := b.state(); len(news) != 1 || !strings.HasSuffix(news[0], "; no etw: denied") {
			t.Errorf("the news are %q; want the source's own reason kept", news)
		}
	})
}

// Events that were lost may have been the test's. That explains it twice, and
// not for ever.
func TestCanaryDoubt(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		b.become(func(*event.Process) []*event.Process {
			b.sink.Lost(1, time.Now(), time.Now(), "the kernel's buffer was full")
			return nil
		})
		time.Sleep(canaryFirst + 2*(canaryLimit+canaryFirst))
		if state, _, _ := b.state(); state != sensor.Working {
			t.Errorf("after two doubtful tests it is %s", state)
		}
		time.Sleep(canaryLimit + time.Second)
		if state, _, _ := b.state(); state == sensor.Working {
			t.Error("after three doubtful tests it is taken to work")
		}
	})
}

// What the sensor has reported, and the agent has not taken yet, was seen.
func TestCanaryInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := newAviary()
		for range 8 * takeEvents {
			b.sink.Report(&event.Process{Kind: event.Start, Time: time.Now(), PID: 1 << 30})
		}
		go b.watch.run(ctx)
		go func() { // slower than the test's time allows
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(10 * time.Second):
				}
				events, _, _ := b.sink.Take(ctx, takeEvents)
				b.watch.see(events)
			}
		}()
		time.Sleep(canaryFirst + canaryLimit + 2*time.Minute)
		if state, _, news := b.state(); state != sensor.Working || len(news) > 0 {
			t.Errorf("while its process waits to be taken the sensor is %s, %q", state, news)
		}
		cancel()
		synctest.Wait()
	})
}

// A sensor that is stopped is not tested, and a test that cannot be made says so.
func TestCanaryWithoutTest(t *testing.T) {
	flight(t, func(t *testing.T, b *aviary) {
		b.sink.State(event.SensorETW, sensor.Stopped, "gone")
		time.Sleep(time.Hour)
		if state, gaps, news := b.state(); state != sensor.Stopped || len(b.starts)+len(gaps)+len(news) > 0 {
			t.Errorf("stopped: %s, %d tests, gaps %+v, news %q", state, len(b.starts), gaps, news)
		}
		b.sink.State(event.SensorETW, sensor.Working, "")
		b.fail(errors.New("no more processes"))
		time.Sleep(10 * time.Minute)
		if state, gaps, news := b.state(); state != sensor.Degraded || len(gaps) > 0 || len(news) != 1 || !strings.Contains(news[0], "no more processes") {
			t.Errorf("not testable: %s, gaps %+v, news %q", state, gaps, news)
		}
	})
}
