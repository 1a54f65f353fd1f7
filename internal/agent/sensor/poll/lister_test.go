package poll

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc/winproctest"
	"github.com/eljefe/eljefe/internal/event"
)

func TestLister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, sink := new(winproctest.Station), sensor.NewSink(0, 0)
		s.Begin(winproctest.Process{PID: 4, Created: time.Now().Add(-time.Hour), Image: "System", Denied: true, NoThreads: true})
		l := NewLister(s, "no etw")
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx, sink) }()
		taken := func() (events []*event.Process) {
			time.Sleep(2 * listEvery)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			events, gaps, _ := sink.Take(over, 100)
			if len(gaps) > 0 {
				t.Errorf("the gaps are %v", gaps)
			}
			return events
		}
		expect := func(events []*event.Process, want string) {
			t.Helper()
			var got []string
			for _, e := range events {
				got = append(got, fmt.Sprintf("%s %d", e.Kind, e.PID))
			}
			if strings.Join(got, ", ") != want {
				t.Fatalf("it told %s; want %s", strings.Join(got, ", "), want)
			}
		}
		expect(taken(), "running 4")
		if st := sink.Status(); st.Mode != event.SensorPoll || st.State != sensor.Degraded || !strings.Contains(st.Detail, "half a second") || !strings.HasSuffix(st.Detail, "no etw") {
			t.Errorf("its state is %+v", st)
		}

		s.Begin(winproctest.Process{PID: 8, ParentPID: 4, Created: time.Now(), Image: `C:\Windows\notepad.exe`, CommandLine: "first"})
		s.Begin(winproctest.Process{PID: 12, ParentPID: 8, Created: time.Now().Add(1), Image: `C:\Windows\notepad.exe`, CommandLine: "second", Silent: 1})
		events := taken()
		expect(events, "start 8, start 12") // the parent first
		if events[1].ParentImage != events[0].Image || events[1].CommandLine != "second" || events[1].Sensor != event.SensorPoll {
			t.Errorf("the child is %+v", events[1])
		}

		if n, err := l.Rundown(t.Context()); n != 3 || err != nil {
			t.Errorf("a rundown of %d, %v", n, err)
		}
		expect(taken(), "running 4, running 8, running 12")

		at := time.Now()
		s.End(8, 3, at)
		s.Begin(winproctest.Process{PID: 16, ParentPID: 4, Created: at, Image: `C:\Windows\short.exe`})
		s.End(16, 0, at) // nobody looked meanwhile
		stopped := taken()
		expect(stopped, "stop 8")
		if e := stopped[0]; !e.Time.Equal(at) || *e.ExitCode != 3 || e.Inferred || e.Key() != events[0].Key() {
			t.Errorf("the end is %+v", e)
		}
		expect(taken(), "")

		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := s.Held(); n != 0 {
			t.Errorf("%d processes are held at the end", n)
		}
		if _, err := l.Rundown(t.Context()); err == nil {
			t.Error("a rundown is possible at the end")
		}
	})
}
