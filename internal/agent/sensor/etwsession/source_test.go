package etwsession

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc/winproctest"
	"github.com/eljefe/eljefe/internal/etw"
	"github.com/eljefe/eljefe/internal/event"
)

// A process is told of whole, whichever half comes first, with what it says of
// itself; what runs already is told of by the list.
func TestWhole(t *testing.T) {
	payloads := payloads(t)
	for name, order := range map[string][]shape{
		"manifest first": {manifestStart, classicStart},
		"classic first":  {classicStart, manifestStart},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(t, &station{payloads: payloads})
				time.Sleep(5 * time.Second)
				events, gaps := s.reported()
				if len(events) != 1 || events[0].Kind != event.Running || events[0].PID != 4 || len(gaps) != 0 {
					t.Fatalf("at first %v and the gaps %v were reported", events, gaps)
				}
				if st := s.sink.Status(); st.Mode != event.SensorETW || st.State != sensor.Working || st.Detail != "" {
					t.Errorf("its state is %+v", st)
				}
				created := s.run(3000, order...)
				time.Sleep(400 * time.Millisecond)
				s.exit(3000, created, counters, manifestStop, classicStop)
				ended := time.Now()
				time.Sleep(time.Second)
				events, gaps = s.reported()
				if len(events) != 2 || len(gaps) != 0 {
					t.Fatalf("%v and the gaps %v were reported", events, gaps)
				}
				start, stop := events[0], events[1]
				if start.Kind != event.Start || !start.Started.Equal(created) || start.PID != 3000 || start.Sensor != event.SensorETW || start.Privileges == nil || start.Missing != "" {
					t.Errorf("the start is %+v", start)
				}
				// The kernel's path is of a share, which here has no other form.
				if start.CommandLine != "Test.x64.exe" || start.Image != `C:\Windows\notepad.exe` || start.UserSID == "" {
					t.Errorf("it has image %q, command line %q, user %q", start.Image, start.CommandLine, start.UserSID)
				}
				if stop.Kind != event.Stop || stop.Key() != start.Key() || !stop.Time.Equal(ended) || *stop.ExitCode != 9 || stop.Inferred {
					t.Errorf("the end is %+v", stop)
				}
				if st := stop.Statistics; st.OtherOps != 7 || st.PeakWorkingSet == 0 || st.CPUCycles == 0 {
					t.Errorf("its statistics are %+v; want those of the process, the classic and the manifest source", st)
				}
				if _, _, ok := s.source.Loaded(start); ok {
					t.Error("this version of the event says nothing of the image's header")
				}
				s.end()
			})
		})
	}
}

// Where the session cannot deliver in time by itself it is made to.
func TestFlush(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads, manual: true})
		time.Sleep(2 * time.Second)
		s.reported()
		s.run(3000, manifestStart, classicStart)
		time.Sleep(250 * time.Millisecond)
		if events, _ := s.reported(); len(events) != 1 {
			t.Errorf("%d events were reported; want the start", len(events))
		}
		if n := s.session().flushed(); n < 15 || n > 25 {
			t.Errorf("it was flushed %d times in 2.25 s", n)
		}
		s.end()
	})
}

// What had come when the agent ends is told.
func TestEnd(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.reported()
		s.run(3000, classicStart)
		s.end()
		if events, _ := s.reported(); len(events) != 1 || events[0].PID != 3000 {
			t.Errorf("%v was reported; want the start", events)
		}
	})
}

// A session with one source waits for no other, and says why it has but one.
func TestManifestOnly(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads, way: way{etw.Manifest, "the system has as many as it allows"}})
		time.Sleep(5 * time.Second)
		s.reported()
		s.run(3000, manifestStart)
		time.Sleep(200 * time.Millisecond)
		events, _ := s.reported()
		if len(events) != 1 || events[0].CommandLine != "notepad" {
			t.Errorf("%v was reported; want the start, with the command line that the process says", events)
		}
		if st := s.sink.Status(); st.State != sensor.Degraded || st.Detail != "the system has as many as it allows" {
			t.Errorf("its state is %+v", st)
		}
		s.end()
	})
}

// What the session loses is told as a gap and made good by the system's list.
func TestLost(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.reported()
		s.run(3000) // nothing tells of it
		s.session().lose(losses{events: 3})
		time.Sleep(15 * time.Second)
		events, gaps := s.reported()
		if len(events) != 1 || events[0].PID != 3000 || events[0].Kind != event.Start || events[0].CommandLine != "notepad" {
			t.Errorf("%v was reported; want the start that was missed", events)
		}
		if len(gaps) != 1 || *gaps[0].Events != 3 || gaps[0].Detail != kernelLost || gaps[0].To.Sub(gaps[0].From) != lookEvery {
			t.Errorf("the gaps are %+v; want one of 3 events and %s", gaps, lookEvery)
		}
		s.exit(3000, time.Time{}) // nor of its end
		ended := time.Now()
		s.session().lose(losses{buffers: 1})
		// The session's notice of a loss is not waited for.
		s.session().write(etw.Record{Provider: etw.LostEvent, Classic: true, Opcode: 33, PointerSize: 8, Time: time.Now(), Payload: make([]byte, 32)})
		time.Sleep(5 * time.Second)
		events, gaps = s.reported()
		if len(events) != 1 || events[0].Kind != event.Stop || !events[0].Time.Equal(ended) || *events[0].ExitCode != 9 || events[0].Inferred {
			t.Errorf("%v was reported; want the end, exact because the process was held", events)
		}
		if len(gaps) != 1 || gaps[0].Events != nil {
			t.Errorf("the gaps are %+v; want one of nobody knows how many", gaps)
		}
		s.end()
	})
}

// A session that somebody ends, or takes a source away from, is begun anew, and
// the span in which it may have been blind is told; so is what happened in it.
func TestInterference(t *testing.T) {
	payloads := payloads(t)
	for name, c := range map[string]struct {
		do   func(*fakeSession)
		want string
		most time.Duration // until it is noticed
	}{
		"ended":   {func(f *fakeSession) { _ = f.close() }, "it was ended", 100 * time.Millisecond},
		"blinded": {func(f *fakeSession) { f.mu.Lock(); defer f.mu.Unlock(); f.wrong = errors.New("a source is gone") }, "a source is gone", lookEvery},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := begin(t, &station{payloads: payloads})
				time.Sleep(3 * time.Second)
				created := s.run(3000, manifestStart, classicStart)
				time.Sleep(12 * time.Second)
				s.reported()
				at := time.Now()
				c.do(s.session())
				s.exit(3000, created)
				s.run(3004)
				time.Sleep(c.most + 50*time.Millisecond)
				if n := s.begun(); n != 2 {
					t.Fatalf("%d sessions were begun after %s; want another", n, c.most)
				}
				time.Sleep(5 * time.Second)
				events, gaps := s.reported()
				if len(gaps) != 1 || gaps[0].Detail != interference+c.want || gaps[0].Events != nil || gaps[0].From.After(at) || gaps[0].To.Before(at) ||
					at.Sub(gaps[0].From) > lookEvery || gaps[0].To.Sub(at) > c.most+50*time.Millisecond {
					t.Errorf("it happened at %s; the gaps are %+v", at, gaps)
				}
				kinds := map[event.Kind]uint32{}
				for _, e := range events {
					kinds[e.Kind] = e.PID
				}
				if len(events) != 2 || kinds[event.Stop] != 3000 || kinds[event.Start] != 3004 {
					t.Errorf("%v was reported; want the end and the start that nobody saw", events)
				}
				if st := s.sink.Status(); st.State != sensor.Degraded || !strings.Contains(st.Detail, "interfered with the trace session 1 times") {
					t.Errorf("its state is %+v", st)
				}
				s.run(3008, manifestStart, classicStart)
				time.Sleep(time.Second)
				if events, _ := s.reported(); len(events) != 1 || events[0].PID != 3008 {
					t.Errorf("the new session tells %v", events)
				}
				time.Sleep(shownFor)
				if st := s.sink.Status(); st.State != sensor.Working {
					t.Errorf("an hour later its state is %+v", st)
				}
				s.end()
			})
		})
	}
}

// Who interferes all the time does not make the agent do nothing else.
func TestInterferenceAgainAndAgain(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			_ = s.session().close()
		}
		if n := s.begun(); n < 20 || n > 70 {
			t.Errorf("%d sessions were begun in a minute", n)
		}
		s.end()
	})
}

// A session that cannot be begun anew ends the source, after it told of the gap.
func TestNoOtherSession(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.reported()
		s.refusing(errors.New("no more sessions"))
		_ = s.session().close()
		err := <-s.ended
		if err == nil || !strings.Contains(err.Error(), "no more sessions") || !strings.Contains(err.Error(), "interfered") {
			t.Errorf("it ended with %v", err)
		}
		if _, gaps := s.reported(); len(gaps) != 1 {
			t.Errorf("the gaps are %+v; want one", gaps)
		}
		// The agent starts it again.
		s.refusing(nil)
		go func() { s.ended <- s.source.Run(t.Context(), s.sink) }()
		time.Sleep(4 * time.Second)
		if events, _ := s.reported(); len(events) != 1 || events[0].Kind != event.Running {
			t.Errorf("started again it tells %v; want what runs", events)
		}
	})
}

// A record that nobody can decode is counted.
func TestUndecodable(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.reported()
		broken := payloads.record(t, manifestStart, 3000, time.Now(), time.Now())
		broken.Payload = broken.Payload[:10]
		s.session().write(broken)
		time.Sleep(time.Second)
		if _, gaps := s.reported(); len(gaps) != 1 || *gaps[0].Events != 1 || gaps[0].Detail != undecoded {
			t.Errorf("the gaps are %+v; want one of one event", gaps)
		}
		s.end()
	})
}

// A pid that is another's by the time the record comes gives no facts.
func TestReusedPID(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.reported()
		before := time.Now().Add(-30 * time.Second)
		s.Begin(winproctest.Process{PID: 3000, ParentPID: 4, Created: time.Now(), Image: `C:\other.exe`, CommandLine: "other"})
		s.session().write(payloads.record(t, manifestStart, 3000, before, before))
		time.Sleep(time.Second)
		events, _ := s.reported()
		if len(events) == 0 || events[0].CommandLine != "" || events[0].Missing != "privileges=exited" || !events[0].Started.Equal(before) {
			t.Errorf("%+v was reported", events)
		}
		s.end()
	})
}

// A rundown tells what runs once more.
func TestRundown(t *testing.T) {
	payloads := payloads(t)
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, &station{payloads: payloads})
		time.Sleep(5 * time.Second)
		s.run(3000, manifestStart, classicStart)
		time.Sleep(time.Second)
		s.reported()
		n, err := s.source.Rundown(t.Context())
		events, _ := s.reported()
		if err != nil || n != 2 || len(events) != 2 || events[0].Kind != event.Running || events[1].Kind != event.Running {
			t.Errorf("%d, %v: %v", n, err, events)
		}
		s.end()
	})
}

func TestRingIsBounded(t *testing.T) {
	r := newRing()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	big := etw.Record{Time: at, Payload: make([]byte, 1<<20)}
	for range 20 {
		r.put(&big)
	}
	records, lost := r.take()
	if len(records) != 11 || lost.n != 9 || !lost.from.Equal(at) || !lost.to.Equal(at) {
		t.Errorf("%d records of 1 MiB were kept and %d dropped", len(records), lost.n)
	}
	small := etw.Record{Time: at}
	for range mostRecords + 5 {
		r.put(&small)
	}
	if records, lost = r.take(); len(records) != mostRecords || lost.n != 5 {
		t.Errorf("%d records were kept and %d dropped", len(records), lost.n)
	}
	if records, lost = r.take(); len(records) != 0 || lost.n != 0 {
		t.Errorf("then %d and %d", len(records), lost.n)
	}
}

func TestNameOf(t *testing.T) {
	one, oneGUID := nameOf(`C:\ProgramData\El Jefe`)
	same, sameGUID := nameOf(`c:\programdata\el jefe`)
	other, otherGUID := nameOf(`D:\state`)
	test, testGUID := nameOf("")
	if one != same || oneGUID != sameGUID || one == other || oneGUID == otherGUID || test == one || testGUID == oneGUID {
		t.Errorf("%s %s, %s %s, %s %s, %s %s", one, oneGUID, same, sameGUID, other, otherGUID, test, testGUID)
	}
}

func TestLoadedImages(t *testing.T) {
	l := newLoadedImages()
	key := func(n int) event.Key { return event.NumberedKey(1, uint64(n)) }
	for n := range mostLoaded + 10 {
		l.put(key(n+1), uint32(n+1), 7)
	}
	if _, _, ok := l.get(key(10)); ok {
		t.Error("the oldest is kept")
	}
	if stamp, sum, ok := l.get(key(11)); !ok || stamp != 11 || sum != 7 {
		t.Errorf("%d, %d, %t", stamp, sum, ok)
	}
	if l.put(key(99999), 0, 0); len(l.byKey) != mostLoaded || len(l.order) != mostLoaded {
		t.Errorf("%d of %d are kept", len(l.byKey), len(l.order))
	}
}
