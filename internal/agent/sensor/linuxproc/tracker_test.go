package linuxproc

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// scene is a Tracker and what it tells.
type scene struct {
	*Tracker
	t     *testing.T
	clock *fakeClocks
	sink  *sensor.Sink
}

func newScene(t *testing.T) *scene {
	t.Helper()
	station := &fakeClocks{since: time.Hour, boot: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)}
	clock, err := NewClock(7, "", station.clocks())
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, clock: station, sink: sensor.NewSink(0, 0)}
	s.Tracker = NewTracker(Config{Sensor: event.SensorEBPF, BootID: 7, Clock: clock, Proc: fakeProc(t, sleeping), Users: NewUsers("/nonexistent")}, s.sink)
	return s
}

// pass lets time go by.
func (s *scene) pass(d time.Duration) {
	s.clock.since += d
	s.Tick()
}

// proc is a process that was forked so long after the scene began.
func proc(pid uint32, after time.Duration, execs uint32) Ref {
	return Ref{PID: pid, Forked: time.Hour + after, Execs: execs}
}

func running(ref, parent Ref, image string) Facts {
	f := Facts{Ref: ref, Parent: parent, Told: true, Spaced: true, Grouped: true, Session: noSession, Image: image, Directory: "/"}
	if image != "" {
		f.CommandLine = image + " x"
	}
	return f
}

// told returns what was told since the last call, one word for each event: its
// kind, pid, execs, image, parent and the time since the scene began.
func (s *scene) told() string {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	var b strings.Builder
	for {
		events, _, err := s.sink.Take(ctx, 100)
		if err != nil {
			return strings.TrimSpace(b.String())
		}
		for _, p := range events {
			if err := p.Check(); err != nil {
				s.t.Error(err)
			}
			name := func(seq uint64) string {
				return fmt.Sprintf("%d.%d", seq&(1<<pidBits-1), seq>>pidBits&(1<<execBits-1))
			}
			fmt.Fprintf(&b, "%s:%s:%s", p.Kind, name(p.ProcessSeq), p.Image)
			if p.Kind != event.Stop {
				fmt.Fprintf(&b, "<%s", name(p.ParentProcessSeq))
				if p.CommandLine != p.Image+" x" && p.Image != "" {
					s.t.Errorf("command line %q of %q", p.CommandLine, p.Image)
				}
			}
			if !p.Started.Equal(p.Time) && p.Kind != event.Stop {
				s.t.Errorf("started %s, time %s", p.Started, p.Time)
			}
			fmt.Fprintf(&b, "@%d-%d ", p.Started.Sub(s.clock.boot.Add(time.Hour)).Milliseconds(), p.Time.Sub(s.clock.boot.Add(time.Hour)).Milliseconds())
		}
	}
}

func (s *scene) want(what, want string) {
	s.t.Helper()
	if got := s.told(); got != want {
		s.t.Errorf("%s:\n\t told %q\n\t want %q", what, got, want)
	}
}

// milliseconds since the scene began, as time since boot.
func at(ms int) time.Duration { return time.Hour + time.Duration(ms)*time.Millisecond }

// Which events come of which forks, execs and exits.
func TestTracker(t *testing.T) {
	shell := proc(100, 0, 1)
	begin := func(t *testing.T) *scene {
		s := newScene(t)
		s.Execed(running(shell, Ref{PID: 1, Execs: 1}, "/sh"), at(0))
		s.want("an exec without a fork", "start:100.1:/sh<1.1@0-0")
		return s
	}
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }

	t.Run("fork and exec", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(101, ms(5), 0), shell, ""))
		s.pass(ms(20))
		s.want("a fork waits for its exec", "")
		s.Execed(running(proc(101, ms(5), 1), shell, "/true"), at(25))
		s.want("then it is one process, since the fork", "start:101.1:/true<100.1@5-5")
		s.pass(time.Second)
		s.Ended(End{Ref: proc(101, ms(5), 1), At: at(30)})
		s.want("and ends as that", "stop:101.1:/true@5-30")
		s.Ended(End{Ref: proc(101, ms(5), 1), At: at(31)})
		s.want("once", "")
	})
	t.Run("fork alone", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(101, ms(5), 0), shell, ""))
		s.pass(ForkWait)
		s.want("a fork that stays is a process with its parent's image", "start:101.0:/sh<100.1@5-5")
		s.Execed(running(proc(101, ms(5), 1), shell, "/true"), at(300))
		s.want("its exec ends that and begins another", "stop:101.0:/sh@5-300 start:101.1:/true<101.0@300-300")
		s.Ended(End{Ref: proc(101, ms(5), 1), At: at(400)})
		s.want("which ends as itself", "stop:101.1:/true@300-400")
	})
	t.Run("told late", func(t *testing.T) {
		s := begin(t)
		s.pass(time.Second)
		s.Forked(running(proc(101, ms(500), 0), shell, ""))
		s.Execed(running(proc(101, ms(500), 1), shell, "/true"), at(590))
		s.want("an exec in time is one process with its fork", "start:101.1:/true<100.1@500-500")
		s.Forked(running(proc(102, ms(500), 0), shell, ""))
		s.Execed(running(proc(102, ms(500), 1), shell, "/true"), at(600))
		s.want("a late one is another", "start:102.0:/sh<100.1@500-500 stop:102.0:/sh@500-600 start:102.1:/true<102.0@600-600")
		s.Forked(running(proc(103, ms(950), 0), shell, ""))
		s.pass(ms(50))
		s.want("a fork does not wait longer because it was told late", "start:103.0:/sh<100.1@950-950")
	})
	t.Run("fork that ends", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(101, ms(5), 0), shell, ""))
		s.Ended(End{Ref: proc(101, ms(5), 0), At: at(7)})
		s.want("both are told", "start:101.0:/sh<100.1@5-5 stop:101.0:/sh@5-7")
		s.pass(time.Second)
		s.want("once", "")
	})
	t.Run("fork that forks", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(101, ms(5), 0), shell, ""))
		s.Forked(running(proc(102, ms(6), 0), proc(101, ms(5), 0), ""))
		s.want("a parent is told at once", "start:101.0:/sh<100.1@5-5")
		s.Execed(running(proc(102, ms(6), 1), proc(101, ms(5), 0), "/true"), at(8))
		s.want("and its child has it as parent", "start:102.1:/true<101.0@6-6")
	})
	t.Run("exec after exec", func(t *testing.T) {
		s := begin(t)
		s.Execed(running(proc(100, 0, 2), Ref{PID: 1, Execs: 1}, "/env"), at(50))
		s.Execed(running(proc(100, 0, 3), Ref{PID: 1, Execs: 1}, "/true"), at(60))
		s.want("each is told, with the one before as parent",
			"stop:100.1:/sh@0-50 start:100.2:/env<100.1@50-50 stop:100.2:/env@50-60 start:100.3:/true<100.2@60-60")
	})
	t.Run("pid used again", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(100, ms(500), 0), Ref{PID: 1, Execs: 1}, "/init"))
		s.pass(ForkWait)
		s.want("whose end was lost is forgotten", "start:100.0:/init<1.1@500-500")
	})
	t.Run("start that was lost", func(t *testing.T) {
		s := begin(t)
		s.Ended(End{Ref: proc(200, ms(1), 1), At: at(9)})
		s.want("the end is told", "stop:200.1:@1-9")
	})
	t.Run("end of the sensor", func(t *testing.T) {
		s := begin(t)
		s.Forked(running(proc(101, ms(5), 0), shell, ""))
		s.Flush()
		s.want("what waits is told", "start:101.0:/sh<100.1@5-5")
	})
}

// A rundown tells what is not known, and what is told at the same time is told once.
func TestFound(t *testing.T) {
	const forked = 2425672 * Tick // of 25146 in the fake /proc
	s := newScene(t)
	s.clock.since = forked + 5*time.Second
	old := Ref{PID: 25146, Forked: forked, Execs: 1}
	all := []Facts{{Ref: old, Parent: Ref{PID: 1, Execs: 1}}}
	tell := func(before time.Duration, again bool, want int) []*event.Process {
		t.Helper()
		if n := s.Found(all, before, again); n != want {
			t.Fatalf("%d were found; want %d", n, want)
		}
		if want == 0 {
			return nil
		}
		events, _, err := s.sink.Take(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return events
	}
	tell(forked, false, 0) // the source itself tells of it
	first := tell(s.clock.since, false, 1)[0]
	tell(s.clock.since, false, 0)
	again := tell(s.clock.since, true, 1)[0]
	if first.Kind != event.Running || again.Kind != event.Running || first.Key() != again.Key() || !first.Started.Equal(again.Started) {
		t.Errorf("found as %+v, and again as %+v; want the same", first, again)
	}
	s.Forked(running(old, Ref{}, ""))
	s.Execed(running(old, Ref{}, "/usr/bin/sleep"), forked+1)
	s.want("forks and execs of what was found tell nothing", "")

	s.Ended(End{Ref: old, At: s.clock.since})
	events, _, err := s.sink.Take(t.Context(), 10)
	if err != nil || len(events) != 1 || events[0].Key() != first.Key() || !events[0].Started.Equal(first.Started) {
		t.Fatalf("the end is %+v, %v; want the key and start of what was found", events, err)
	}
	tell(s.clock.since, false, 0) // seen before its end, and told behind it
	tell(s.clock.since, true, 0)
}

// What is remembered does not grow: ends that were lost are forgotten too.
func TestForget(t *testing.T) {
	s := newScene(t)
	for i := range uint32(100) {
		s.Execed(running(proc(1000+i, 0, 1), Ref{}, "/true"), at(0))
		s.Ended(End{Ref: proc(1000+i, 0, 1), At: at(1)})
		s.Execed(running(proc(2000+i, 0, 1), Ref{}, "/true"), at(0))
	}
	s.pass(linger + time.Second)
	s.told()
	s.Found(nil, 0, false)
	if got := s.told(); got != "" {
		t.Errorf("of what was not found once it tells %s", got)
	}
	s.Found(nil, 0, false)
	events, _, err := s.sink.Take(t.Context(), 1000)
	if err != nil || len(events) != 100 {
		t.Fatalf("%d events of 100 processes that were not found twice, %v", len(events), err)
	}
	for _, p := range events {
		if p.Kind != event.Stop || !p.Inferred || !p.Time.Equal(s.cfg.Clock.Time(s.clock.since)) {
			t.Fatalf("told %+v; want an end that was inferred now", p)
		}
	}
	s.Ended(End{Ref: proc(2000, 0, 1), At: at(2)})
	s.want("the end itself, if it still comes, tells nothing", "")
	s.pass(linger + time.Second)
	if n := len(s.table) + len(s.files) + len(s.ended) + len(s.recent) + len(s.pending); n != 0 {
		t.Errorf("%d things are remembered of what is gone", n)
	}
}
