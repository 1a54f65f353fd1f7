package etw

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// messages returns what a file says of processes, in the order of time.
func messages(t testing.TB, f *File) []Message {
	t.Helper()
	var all []Message
	for r, err := range f.Records() {
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(r)
		if err != nil {
			t.Fatalf("record %d: %v", r.Number, err)
		}
		if m.Kind != Other {
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b Message) int { return a.Time.Compare(b.Time) })
	return all
}

// join joins messages, at their own times.
func join(j *Joiner, all []Message) []Joined {
	var ready []Joined
	for i := range all {
		ready = append(ready, j.Tick(all[i].Time)...)
		j.Add(&all[i], all[i].Time)
	}
	return append(ready, j.Flush()...)
}

// The recorded traces hold what those who published them, and an independent
// decoder, say that they hold.
func TestTraces(t *testing.T) {
	for name, want := range map[string]struct {
		build    uint32
		computer string
		records  int
		kinds    string // start stop running defunct terminate counters and their listing
		events   string // start stop running, and starts with their stop
		stats    JoinerStats
	}{
		traceWin7: {7600, "", 10344, "4 4 0 0 0 0 0", "4 4 0, 2", JoinerStats{Messages: 8, ManifestOnly: 8}},
		traceWin8: {9200, "BRIANROB-W8", 179474, "2 2 64 2 0 1 32", "1 1 31, 1", JoinerStats{Messages: 103, Joined: 2, ClassicOnly: 31, Duplicates: 31}},
		traceWin10: {
			18362, "", 17078, "0 60 131 5 60 0 0", "0 60 93, 0", JoinerStats{Messages: 256, ClassicOnly: 153, Duplicates: 36},
		},
		traceServer2022: {20348, "TECHEMP02", 28692, "2 2 196 2 2 0 0", "2 2 97, 1", JoinerStats{Messages: 204, ClassicOnly: 101, Duplicates: 97}},
		traceWin11:      {22000, "MUSHARM", 75930, "124 118 798 361 118 0 0", "124 118 395, 103", JoinerStats{Messages: 1519, ClassicOnly: 637, Duplicates: 401}},
		traceMade32:     {7600, "", 9, "1 1 6 0 0 0 0", "1 1 2, 1", JoinerStats{Messages: 8, ClassicOnly: 4, Duplicates: 2}},
		traceMade64:     {7600, "", 9, "1 1 6 0 0 0 0", "1 1 2, 1", JoinerStats{Messages: 8, ClassicOnly: 4, Duplicates: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			f := openSample(t, name)
			facts, err := f.Facts()
			if err != nil {
				t.Fatal(err)
			}
			records := 0
			for range f.Records() {
				records++
			}
			if h := f.Header(); h.Build != want.build || facts.Computer != want.computer || records != want.records {
				t.Errorf("build %d of computer %q, %d records; want %d of %q, %d", h.Build, facts.Computer, records, want.build, want.computer, want.records)
			}
			all := messages(t, f)
			kinds := map[Kind]int{}
			for i := range all {
				kinds[all[i].Kind]++
			}
			if got := fmt.Sprint(kinds[Start], kinds[Stop], kinds[Running], kinds[Defunct], kinds[Terminate], kinds[Counters], kinds[CountersRunning]); got != want.kinds {
				t.Errorf("messages: %s; want %s", got, want.kinds)
			}
			j := NewJoiner(JoinerConfig{})
			events := map[event.Kind]int{}
			pairs, began := 0, map[event.Key]bool{}
			for _, r := range join(j, all) {
				if err := r.Event.Check(); err != nil {
					t.Error(err)
				}
				events[r.Event.Kind]++
				switch r.Event.Kind {
				case event.Start:
					began[r.Event.Key()] = true
				case event.Stop:
					if began[r.Event.Key()] {
						pairs++
					}
				}
			}
			if got := fmt.Sprintf("%d %d %d, %d", events[event.Start], events[event.Stop], events[event.Running], pairs); got != want.events {
				t.Errorf("events: %s; want %s", got, want.events)
			}
			if got := j.Stats(); got != want.stats {
				t.Errorf("joined: %+v; want %+v", got, want.stats)
			}
		})
	}
}

// Both halves of one process, from a real trace: nothing of either is missing.
func TestRealHalves(t *testing.T) {
	f := openSample(t, traceWin8)
	facts, err := f.Facts()
	if err != nil {
		t.Fatal(err)
	}
	var start, stop *Joined
	for _, r := range join(NewJoiner(JoinerConfig{}), messages(t, f)) {
		switch r.Event.Kind {
		case event.Start:
			start = &r
		case event.Stop:
			stop = &r
		}
	}
	if start == nil || stop == nil || start.Sources != Both || stop.Sources != Both {
		t.Fatalf("start %+v, stop %+v", start, stop)
	}
	p := start.Event
	const sid = "S-1-5-21-2935914779-1618742390-1451969622-1001"
	if got := facts.Path(p.Image); got != `\\clrmain\public\PerfInvestigations\20-07-28.TestTraces\Test.x64.exe` {
		t.Errorf("the image is %s", got)
	}
	if p.PID != 3676 || p.ParentPID != 3508 || p.CreatorPID != 0 || p.CommandLine != "Test.x64.exe" || p.UserSID != sid ||
		toFiletime(p.Time) != 132404548233564008 || *p.Session != 1 || p.ParentImage != "cmd.exe" || !strings.Contains(p.ParentCommandLine, `system32\cmd.exe`) {
		t.Errorf("the start is %+v", p)
	}
	e := stop.Event
	if e.Key() != p.Key() || *e.ExitCode != 0 || e.CPUCycles != 18544501267 || e.PeakWorkingSet != 18219008 || e.ReadBytes != 25<<10 ||
		e.HardFaults != 145 || e.Handles != 101 || e.UserSID != sid {
		t.Errorf("the stop is %+v %+v", e, e.Statistics)
	}
	if stop.Run != start.Run {
		t.Error("start and stop are not of one run")
	}
}

// The clock of a trace gives the time that the kernel itself tells in the payload.
func TestTimes(t *testing.T) {
	for _, name := range []string{traceWin7, traceWin8} {
		for _, m := range messages(t, openSample(t, name)) {
			if told := m.endedAt(); m.Kind == Stop && m.Source == Manifest && apart(m.Time, told) > 20*time.Millisecond {
				t.Errorf("%s: record of %s tells of an end at %s", name, m.Time, told)
			}
			if m.Kind == Start && m.Source == Manifest && apart(m.Time, m.Created) > 20*time.Millisecond {
				t.Errorf("%s: record of %s tells of a creation at %s", name, m.Time, m.Created)
			}
		}
	}
}
