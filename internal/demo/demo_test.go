package demo

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/eljefe/eljefe/internal/demo/story"
	"github.com/eljefe/eljefe/internal/event"
)

// run is one process of the recording.
type run struct {
	start, stop *event.Process
	parent      *run
}

type ref struct {
	station string
	key     event.Key
}

// runs returns the processes by station and key.
func runs(t *testing.T, events []event.Process) map[ref]*run {
	t.Helper()
	all := map[ref]*run{}
	for i := range events {
		e := &events[i]
		at := ref{e.Station, e.Key()}
		r := all[at]
		switch {
		case e.Kind != event.Stop && r != nil:
			t.Errorf("line %d: %s starts twice", i+1, e.Image)
		case e.Kind != event.Stop:
			all[at] = &run{start: e}
		case r == nil:
			t.Errorf("line %d: %s on %s stops without a start before it", i+1, e.Image, e.Station)
		case r.stop != nil:
			t.Errorf("line %d: %s stops twice", i+1, e.Image)
		default:
			r.stop = e
			if r.start.PID != e.PID || r.start.Image != e.Image || !e.Started.Equal(r.start.Time) || e.Statistics == nil || e.ExitCode == nil {
				t.Errorf("line %d: the stop of %s does not fit its start", i+1, e.Image)
			}
		}
	}
	for at, r := range all {
		r.parent = all[ref{at.station, r.start.ParentKey()}]
	}
	return all
}

func TestRecordingIsWhatTheStoryTells(t *testing.T) {
	want, err := story.NDJSON(story.Build())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(recording, want) {
		t.Fatal("recording.ndjson differs from what the story tells: run go generate ./internal/demo")
	}
	if i := bytes.IndexFunc(recording, func(r rune) bool { return r > unicode.MaxASCII }); i >= 0 {
		t.Errorf("the recording is not ASCII at byte %d", i)
	}
	if len(recording) > 1_500_000 {
		t.Errorf("the recording has %d bytes; want at most 1,500,000", len(recording))
	}
}

func TestEventsAreSound(t *testing.T) {
	events := Events(time.Now())
	if n := len(events); n < 1500 || n > 2500 {
		t.Errorf("%d events; want 1,500 to 2,500", n)
	}
	kinds, stations := map[event.Kind]int{}, map[string]bool{}
	for i := range events {
		e := &events[i]
		if err := e.Check(); err != nil {
			t.Errorf("line %d: %v", i+1, err)
		}
		if e.BootID == 0 || e.ProcessSeq == 0 || e.Sensor != event.SensorReplay || e.Seq != 0 || e.SourceRecord != uint64(i+1) {
			t.Errorf("line %d has no identity, or the wrong sensor or place", i+1)
		}
		if i > 0 && e.Time.Before(events[i-1].Time) {
			t.Errorf("line %d is earlier than the line before", i+1)
		}
		kinds[e.Kind]++
		stations[e.Station] = true
	}
	if kinds[event.Start] < 700 || kinds[event.Stop] < 500 || kinds[event.Running] < 50 {
		t.Errorf("kinds %v; want many of each", kinds)
	}
	want := strings.Fields("ACC-01 ACC-02 ACC-03 ACC-04 ACC-05 ACC-06 ACC-07 DEV-01 DEV-02 FILESRV-01 RECEPTION")
	if got := slices.Sorted(maps.Keys(stations)); !slices.Equal(got, want) || !slices.Equal(Stations(), want) {
		t.Errorf("stations %q, by Stations() %q; want %q", got, Stations(), want)
	}

	alive := map[string]int{}
	for _, r := range runs(t, events) {
		s := r.start
		if r.stop == nil {
			alive[s.Station]++
		}
		switch {
		case s.PID == 4:
			if s.ParentPID != 0 {
				t.Errorf("%s: System has a parent", s.Station)
			}
		case r.parent == nil && s.Kind == event.Start:
			t.Errorf("%s: the parent of %s is not in the recording", s.Station, s.CommandLine)
		case r.parent == nil: // ended before anybody looked
		case r.parent.start.PID != s.ParentPID, r.parent.start.Time.After(s.Time):
			t.Errorf("%s: the parent of %s does not fit", s.Station, s.CommandLine)
		case r.parent.stop != nil && r.parent.stop.Time.Before(s.Time):
			t.Errorf("%s: %s had ended when it started %s", s.Station, r.parent.start.Image, s.CommandLine)
		}
	}
	for _, name := range Stations() {
		if alive[name] < 10 {
			t.Errorf("%d processes run on %s at the end; want more", alive[name], name)
		}
	}
}

// No two processes of a station have a pid at the same time.
func TestPIDsAreFreeWhenUsed(t *testing.T) {
	type slot struct {
		station string
		boot    uint64
		pid     uint32
	}
	last := map[slot]event.Kind{}
	for _, e := range Events(time.Now()) {
		at := slot{e.Station, e.BootID, e.PID}
		if (last[at] == "" || last[at] == event.Stop) == (e.Kind == event.Stop) {
			t.Errorf("%s on %s: pid %d is used twice", e.Image, e.Station, e.PID)
		}
		last[at] = e.Kind
	}
}

func TestEventsAreShifted(t *testing.T) {
	for _, now := range []time.Time{time.Now(), time.Date(2031, 7, 9, 3, 4, 5, 678, time.UTC), time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)} {
		events := Events(now)
		last := events[len(events)-1].Time
		if d := now.Add(-time.Minute).Sub(last); d <= -time.Second || d >= time.Second {
			t.Errorf("the last event is at %s; want a minute before %s", last, now)
		}
		for i := range events {
			if age := last.Sub(events[i].Time); events[i].Kind != event.Running && age > 26*time.Hour {
				t.Errorf("line %d is %s before the last; want 26 hours at most", i+1, age)
			}
		}
		if got, want := events[0].Time.Sub(last), read()[0].Time.Sub(read()[len(events)-1].Time); got != want {
			t.Errorf("the recording lasts %s; want %s", got, want)
		}
	}
}

// The chains that the tutorial walks: from the hidden PowerShell up to what the
// user clicked.
func TestIntrusion(t *testing.T) {
	all := runs(t, Events(time.Now()))
	chains := map[string][]string{}
	bots := map[string]bool{} // hashes
	for _, r := range all {
		if r.start.OriginalFileName == "setup_x86.bin" {
			bots[r.start.SHA256] = true
			if r.start.Signed == nil || *r.start.Signed || r.start.Product != "Adobe Flash Player" || r.stop == nil || r.stop.Handles != 11 {
				t.Errorf("%s is not the odd binary it should be", r.start.Image)
			}
		}
		if !strings.Contains(r.start.CommandLine, " -W Hidden -Enc ") {
			continue
		}
		var chain []string
		for p := r; p != nil; p = p.parent {
			chain = append(chain, p.start.Image[strings.LastIndexByte(p.start.Image, '\\')+1:])
			if strings.HasSuffix(p.start.Image, `\explorer.exe`) {
				break
			}
		}
		chains[r.start.Station] = chain
	}
	if len(bots) != 1 {
		t.Errorf("the bot has %d hashes; want one", len(bots))
	}
	for station, want := range map[string][]string{
		"ACC-07":    {"powershell.exe", "svchost.exe", "Kxjqde.exe", "FlashPlayer_update.exe", "msedge.exe", "OUTLOOK.EXE", "explorer.exe"},
		"RECEPTION": {"powershell.exe", "svchost.exe", "Qbzwlt.exe", "Kxjqde.exe", "cmd.exe", "explorer.exe"},
	} {
		if got := chains[station]; !slices.Equal(got, want) {
			t.Errorf("the chain on %s is %q; want %q", station, got, want)
		}
	}
	if len(chains) != 2 {
		t.Errorf("hidden PowerShell on %d stations; want 2", len(chains))
	}
}

// What a careless page, export or terminal would stumble over is there.
func TestHostileText(t *testing.T) {
	events := Events(time.Now())
	for name, is := range map[string]func(*event.Process) bool{
		"HTML":            func(e *event.Process) bool { return strings.Contains(e.CommandLine, "<script>alert(1)</script>") },
		"a formula":       func(e *event.Process) bool { return strings.HasPrefix(e.CommandLine, "=cmd|' /C calc'!A0") },
		"ESC":             func(e *event.Process) bool { return strings.Contains(e.CommandLine, "\x1b[") },
		"a reversed name": func(e *event.Process) bool { return strings.Contains(e.Image, "\u202e") },
		"a long line":     func(e *event.Process) bool { return len(e.CommandLine) == 8000 },
	} {
		if !slices.ContainsFunc(events, func(e event.Process) bool { return is(&e) }) {
			t.Errorf("no event has %s", name)
		}
	}
}
