package winproc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc/winproctest"
	"github.com/eljefe/eljefe/internal/event"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 100, time.UTC)

const notepad = `C:\Windows\notepad.exe`

func start(pid, parent uint32, at time.Time) *event.Process {
	return &event.Process{Kind: event.Start, Time: at, Started: at, PID: pid, ParentPID: parent, Image: notepad}
}

// What a log says of a process is made exact by the process itself.
func TestStartAndStop(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorSecurity)
	s.Begin(winproctest.Process{PID: 8, Created: noon, Seq: 70, Image: `C:\Windows\explorer.exe`})
	s.Begin(winproctest.Process{PID: 12, ParentPID: 8, Created: noon.Add(time.Second), Seq: 71, Image: notepad, CommandLine: "notepad a"})
	shell := start(8, 4, noon)
	shell.Image = `C:\Windows\explorer.exe`
	table.Start(shell)

	e := start(12, 8, noon.Add(time.Second+30*time.Millisecond)) // when the record was written
	e.ProcessGUID = "01234567-89ab-cdef-0123-456789abcdef"
	table.Start(e)
	if !e.Started.Equal(noon.Add(time.Second)) || !e.Time.Equal(e.Started) || e.BootID != winproctest.Boot || e.ProcessSeq != 71 || e.ProcessGUID != "" {
		t.Errorf("its identity is %s, boot %d, sequence number %d, GUID %q", e.Started, e.BootID, e.ProcessSeq, e.ProcessGUID)
	}
	if e.CommandLine != "notepad a" || e.Privileges == nil || e.Missing != "" {
		t.Errorf("it says %q, privileges %v, missing %q", e.CommandLine, e.Privileges, e.Missing)
	}
	if e.ParentProcessSeq != 70 || !e.ParentStarted.Equal(noon) || e.ParentImage != `C:\Windows\explorer.exe` {
		t.Errorf("its parent is %d since %s, %q", e.ParentProcessSeq, e.ParentStarted, e.ParentImage)
	}

	s.End(12, 3, noon.Add(time.Minute))
	stop := &event.Process{Kind: event.Stop, Time: noon.Add(time.Minute + time.Millisecond), PID: 12}
	table.Stop(stop)
	if stop.Key() != e.Key() || *stop.ExitCode != 3 || !stop.Time.Equal(noon.Add(time.Minute)) || stop.Statistics.OtherOps != 7 || stop.Image != notepad {
		t.Errorf("its end is %+v", stop)
	}
	if n := s.Held(); n != 1 {
		t.Errorf("%d processes are held; want the one that runs", n)
	}
	table.Close()
	if n := s.Held(); n != 0 {
		t.Errorf("%d processes are held at the end", n)
	}
}

// Facts are never those of another process, and what is missing is said.
func TestGoneAndDenied(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorSysmon)
	defer table.Close()
	s.Begin(winproctest.Process{PID: 12, Created: noon.Add(5 * time.Second), Image: `C:\other.exe`, CommandLine: "other"})
	s.Begin(winproctest.Process{PID: 16, Created: noon, Image: notepad, Denied: true})

	reused := start(12, 4, noon) // the pid is another's by now
	reused.ProcessGUID = "01234567-89ab-cdef-0123-456789abcdef"
	table.Start(reused)
	if reused.CommandLine != "" || reused.Image != notepad || reused.Missing != "privileges=exited" || reused.ProcessGUID == "" {
		t.Errorf("it says %+v", reused)
	}
	stop := &event.Process{Kind: event.Stop, Time: noon.Add(time.Second), PID: 12}
	table.Stop(stop)
	if stop.Key() != reused.Key() || stop.ExitCode != nil {
		t.Errorf("its end is %+v", stop)
	}
	for pid, want := range map[uint32]string{16: "privileges=denied", 20: "privileges=exited"} {
		e := start(pid, 4, noon)
		if table.Start(e); e.Missing != want || e.Privileges != nil {
			t.Errorf("%d: missing %q, privileges %v; want %q", pid, e.Missing, e.Privileges, want)
		}
	}
	if n := s.Held(); n != 0 {
		t.Errorf("%d processes are held", n)
	}
}

// A log that tells of a process that is long gone does not make the one forgotten
// that has its pid now.
func TestOlder(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorSecurity)
	s.Begin(winproctest.Process{PID: 12, Created: noon, Seq: 71, Image: notepad, CommandLine: "now"})
	now := start(12, 4, noon)
	table.Start(now)

	old := start(12, 4, noon.Add(-time.Hour))
	if table.Start(old); old.CommandLine != "" || old.ProcessSeq != 0 || !old.Started.Equal(noon.Add(-time.Hour)) {
		t.Errorf("the old one says %+v", old)
	}
	gone := &event.Process{Kind: event.Stop, Time: noon.Add(-time.Minute), PID: 12}
	if table.Stop(gone); gone.ProcessSeq != 0 || !gone.Started.IsZero() {
		t.Errorf("its end is %+v", gone)
	}
	s.End(12, 1, noon.Add(time.Hour))
	stop := &event.Process{Kind: event.Stop, Time: noon.Add(time.Hour), PID: 12}
	if table.Stop(stop); stop.Key() != now.Key() || stop.ExitCode == nil {
		t.Errorf("the end of the other is %+v", stop)
	}
	if n := s.Held(); n != 0 {
		t.Errorf("%d processes are held", n)
	}
}

// An end that nobody knows a start of stays as it is, and so does one whose pid
// is another's.
func TestStopOfOther(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorSecurity)
	defer table.Close()
	s.Begin(winproctest.Process{PID: 12, Created: noon, Image: notepad})
	table.Start(start(12, 4, noon))
	for _, stop := range []*event.Process{
		{Kind: event.Stop, Time: noon, PID: 13},
		{Kind: event.Stop, Time: noon.Add(-time.Minute), PID: 12},
		{Kind: event.Stop, Time: noon.Add(time.Minute), Started: noon.Add(time.Second), PID: 12},
	} {
		started := stop.Started
		if table.Stop(stop); !stop.Started.Equal(started) || stop.ExitCode != nil || stop.Image != "" {
			t.Errorf("the end was taken for that of %+v", stop)
		}
	}
	if n := s.Held(); n != 1 {
		t.Errorf("%d processes are held; want 1", n)
	}
}

// The list leaves out what does not run, and keeps what has no threads and runs.
func TestList(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorPoll)
	defer table.Close()
	s.Begin(winproctest.Process{PID: 4, Created: noon, Image: "System", Denied: true, NoThreads: true})
	s.Begin(winproctest.Process{PID: 8, Created: noon, Image: notepad})
	s.Begin(winproctest.Process{PID: 12, Created: noon, Image: notepad})
	s.Begin(winproctest.Process{PID: 16}) // being made
	zombie, err := s.Open(12)
	if err != nil {
		t.Fatal(err)
	}
	defer zombie.Close()
	pids := func() (list []uint32) {
		all, err := table.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			list = append(list, p.PID)
		}
		return list
	}
	if got := pids(); len(got) != 3 {
		t.Fatalf("%v run; want 4, 8 and 12", got)
	}
	s.End(12, 0, noon.Add(time.Minute))
	for range 2 {
		if got := pids(); len(got) != 2 || got[0]+got[1] != 12 {
			t.Fatalf("%v run; want 4 and 8", got)
		}
	}
}

// Two lists tell what has started and what has ended between them.
func TestLists(t *testing.T) {
	s := new(winproctest.Station)
	table := winproc.NewTable(s, event.SensorPoll)
	defer table.Close()
	s.Begin(winproctest.Process{PID: 4, Created: noon, Image: "System", Denied: true})
	s.Begin(winproctest.Process{PID: 8, ParentPID: 4, Created: noon.Add(time.Second), Image: notepad, CommandLine: "first"})
	look := func(at time.Time) (ended, began []*event.Process) {
		all, err := table.List()
		if err != nil {
			t.Fatal(err)
		}
		return table.Missing(all, at), table.New(all)
	}
	all, err := table.List()
	if err != nil {
		t.Fatal(err)
	}
	running := table.Running(all)
	if len(running) != 2 || running[0].PID != 4 || running[0].Kind != event.Running || running[0].Missing != "privileges=denied" ||
		running[1].ParentImage != "System" || running[1].CommandLine != "first" {
		t.Fatalf("what runs is %v", running)
	}
	if ended, began := look(noon.Add(time.Minute)); len(ended)+len(began) > 0 {
		t.Fatalf("%v ended and %v began; want none", ended, began)
	}

	s.End(8, 5, noon.Add(2*time.Minute))
	s.Begin(winproctest.Process{PID: 12, ParentPID: 4, Created: noon.Add(2 * time.Minute), Image: notepad, CommandLine: "second"})
	at := noon.Add(3 * time.Minute)
	ended, began := look(at)
	if len(ended) != 1 || ended[0].PID != 8 || ended[0].Inferred || *ended[0].ExitCode != 5 || !ended[0].Time.Equal(noon.Add(2*time.Minute)) || ended[0].Key() != running[1].Key() {
		t.Errorf("what ended is %+v", ended)
	}
	if len(began) != 1 || began[0].PID != 12 || began[0].Kind != event.Start || began[0].CommandLine != "second" {
		t.Errorf("what began is %+v", began)
	}

	// The pid of one that could not be held is used again.
	s.End(4, 0, noon.Add(4*time.Minute))
	s.Begin(winproctest.Process{PID: 4, Created: noon.Add(5 * time.Minute), Image: notepad, CommandLine: "third"})
	at = noon.Add(6 * time.Minute)
	ended, began = look(at)
	if len(ended) != 1 || !ended[0].Inferred || !ended[0].Time.Equal(at) || !ended[0].Started.Equal(noon) {
		t.Errorf("what ended is %+v", ended)
	}
	if len(began) != 1 || !strings.Contains(began[0].CommandLine, "third") {
		t.Errorf("what began is %+v", began)
	}
	if again := table.Again(nil); len(again) != 0 {
		t.Errorf("of nothing %v is known", again)
	}
}
