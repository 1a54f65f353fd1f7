package world

import (
	"bytes"
	"crypto/sha256"
	"debug/pe"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
)

// A Monday noon, so that there are days of all kinds behind it.
var live = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const days = 10

func demo(t *testing.T, seed uint64) *World {
	t.Helper()
	s, err := scenario.Load(scenario.DemoFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	return New(s, Config{Seed: seed, From: live.AddDate(0, 0, -days), Live: live})
}

// read returns all records of a station until a time, read in steps.
func read(s *Station, until time.Time, step time.Duration) (list []Record) {
	for at := until.AddDate(0, 0, -days-1); ; at = at.Add(step) {
		if at.After(until) {
			at = until
		}
		for r, ok := s.Next(at); ok; r, ok = s.Next(at) {
			list = append(list, r)
		}
		if at.Equal(until) {
			return list
		}
	}
}

// station returns the station of a name, the later one of two.
func station(t *testing.T, w *World, name string) *Station {
	t.Helper()
	var found *Station
	for _, s := range w.Stations() {
		if s.Name() == name {
			found = s
		}
	}
	if found == nil {
		t.Fatalf("there is no station %s", name)
	}
	return found
}

// runs holds the processes of a station.
type runs map[event.Key]*run

type run struct{ start, stop *event.Process }

// check reads all records of a station and looks whether they fit together.
func check(t *testing.T, name string, records []Record) runs {
	t.Helper()
	all := runs{}
	var last time.Time
	unseen := false // a gap explains what is missing
	pids := map[uint32]*event.Process{}
	for i := range records {
		r := &records[i]
		if r.Time.Before(last) {
			t.Errorf("%s: record %d comes before the one that it follows", name, i)
		}
		last = r.Time
		if r.Gap != nil {
			unseen = true
			if err := r.Gap.Check(); err != nil {
				t.Errorf("%s: record %d: %v", name, i, err)
			}
			continue
		}
		if r.Device != nil {
			if err := r.Device.Check(); err != nil {
				t.Errorf("%s: record %d: %v", name, i, err)
			}
			continue
		}
		e := r.Event
		if err := e.Check(); err != nil {
			t.Errorf("%s: record %d: %v", name, i, err)
		}
		key := e.Key()
		known := all[key]
		switch {
		case e.Kind == event.Stop && (known == nil || known.stop != nil):
			t.Errorf("%s: %s ends twice, or without a start", name, e.Image)
			continue
		case e.Kind == event.Stop:
			known.stop = e
			if e.PID != known.start.PID || e.Image != known.start.Image || !e.Started.Equal(known.start.Time) || e.ExitCode == nil || e.Statistics == nil {
				t.Errorf("%s: the end of %s does not fit its start", name, e.Image)
			}
			delete(pids, e.PID)
			continue
		case known != nil:
			t.Errorf("%s: %s starts twice", name, e.CommandLine)
		}
		all[key] = &run{start: e}
		if other := pids[e.PID]; other != nil && other.BootID == e.BootID && !unseen {
			t.Errorf("%s: pid %d of %s is used by %s", name, e.PID, e.Image, other.Image)
		}
		pids[e.PID] = e
		if e.PID == 4 {
			continue
		}
		switch parent := all[e.ParentKey()]; {
		case parent == nil:
			if !unseen {
				t.Errorf("%s: the parent of %s is not known", name, e.CommandLine)
			}
		case parent.start.PID != e.ParentPID, parent.start.Time.After(e.Time):
			t.Errorf("%s: the parent of %s does not fit", name, e.CommandLine)
		case parent.stop != nil:
			t.Errorf("%s: %s had ended when it started %s", name, parent.start.Image, e.CommandLine)
		}
	}
	return all
}

func TestStreamsAreSound(t *testing.T) {
	total := 0
	hashes := map[string]*event.Process{}
	for _, s := range demo(t, 1).Stations() {
		records := read(s, live, 20*24*time.Hour)
		total += len(records)
		if len(records) < 500 {
			t.Errorf("%s reports %d times in %d days; want more", s.ID(), len(records), days)
		}
		for _, r := range check(t, s.ID(), records) {
			if r.start.SHA256 == "" {
				continue
			}
			before := hashes[r.start.SHA256]
			if before == nil {
				hashes[r.start.SHA256] = r.start
			} else if before.OriginalFileName != r.start.OriginalFileName || before.FileSize != r.start.FileSize || before.Signer != r.start.Signer || before.FileVersion != r.start.FileVersion {
				t.Errorf("%s and %s have one hash and other facts", before.Image, r.start.Image)
			}
		}
	}
	if total < 150_000 || total > 400_000 {
		t.Errorf("%d records in %d days; a month must fit into a minute", total, days)
	}
}

func digest(t *testing.T, records []Record) string {
	t.Helper()
	h := sha256.New()
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(line)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestEqualSeedsGiveEqualStreams(t *testing.T) {
	const name = "ACC-07"
	whole := read(station(t, demo(t, 1), name), live, 20*24*time.Hour)
	inSteps := read(station(t, demo(t, 1), name), live, 7*time.Minute)
	other := read(station(t, demo(t, 2), name), live, 20*24*time.Hour)
	if digest(t, whole) != digest(t, inSteps) {
		t.Error("a stream that is read in small steps is another one")
	}
	if digest(t, whole) == digest(t, other) {
		t.Error("two seeds give one stream")
	}
}

// A PC's day is a working day: dark at night and on free days, with a storm at
// the logon and a quiet lunch.
func TestDaysAreOfficeDays(t *testing.T) {
	w := demo(t, 1)
	var byHour, byDay [24]int
	logons := map[string]int{}
	for _, s := range w.Stations() {
		if !s.spec.Has("accounting") {
			continue
		}
		for _, r := range read(s, live, 20*24*time.Hour) {
			if r.Event == nil || r.Event.Kind == event.Stop {
				continue
			}
			at := r.Time.UTC()
			byDay[at.Weekday()]++
			if wd := at.Weekday(); wd != time.Saturday && wd != time.Sunday {
				byHour[at.Hour()]++
				if strings.HasSuffix(r.Event.Image, `\userinit.exe`) {
					logons[at.Format("2006-01-02")]++
					if at.Hour() < 7 || at.Hour() > 9 {
						t.Errorf("%s logs on at %s", s.Name(), at)
					}
				}
			}
		}
	}
	for hour, n := range byHour {
		if hour < 7 && n > 0 {
			t.Errorf("%d starts at %d o'clock; want none at night", n, hour)
		}
	}
	if byHour[8] < 2*byHour[14] || byHour[11] < byHour[14]*3/2 || byHour[20] > byHour[11]/10 {
		t.Errorf("starts by hour %v; want a storm in the morning, a quiet lunch and a dark evening", byHour)
	}
	if free := byDay[time.Saturday] + byDay[time.Sunday]; free > byDay[time.Tuesday]/2 {
		t.Errorf("starts by day %v; want few on free days", byDay[:7])
	}
	for day, n := range logons {
		if n < 14 {
			t.Errorf("%d of 16 log on on %s", n, day)
		}
	}
	if len(logons) < 5 {
		t.Errorf("logons on %d days; want those of a week", len(logons))
	}
}

// chain returns the names of a process and of those that started it, up to the
// desktop.
func (all runs) chain(r *run) (names []string) {
	for ; r != nil; r = all[r.start.ParentKey()] {
		name := r.start.Image[strings.LastIndexByte(r.start.Image, '\\')+1:]
		if names = append(names, name); name == "explorer.exe" {
			break
		}
	}
	return names
}

// The chains that the tutorial walks, and the file that can be fetched.
func TestIntrusion(t *testing.T) {
	w := demo(t, 1)
	bots := map[string]bool{}
	for name, want := range map[string][]string{
		"ACC-07":    {"powershell.exe", "svchost.exe", "Kxjqde.exe", "FlashPlayer_update.exe", "msedge.exe", "OUTLOOK.EXE", "explorer.exe"},
		"RECEPTION": {"powershell.exe", "svchost.exe", "Qbzwlt.exe", "Kxjqde.exe", "cmd.exe", "explorer.exe"},
		"GATE-01":   {"powershell.exe", "svchost.exe", "Qbzwlt.exe", "Kxjqde.exe", "cmd.exe", "explorer.exe"}, // while it is watched
	} {
		all := check(t, name, read(station(t, w, name), live.Add(time.Hour), 20*24*time.Hour))
		var chains [][]string
		for _, r := range all {
			if r.start.OriginalFileName == "setup_x86.bin" {
				bots[r.start.SHA256] = true
				if *r.start.Signed || r.start.Product != "Adobe Flash Player" || r.stop == nil || r.stop.Handles != 11 {
					t.Errorf("%s is not the odd binary that it should be", r.start.Image)
				}
			}
			if strings.Contains(r.start.CommandLine, " -W Hidden -Enc ") {
				chains = append(chains, all.chain(r))
			}
		}
		if len(chains) != 1 || !slices.Equal(chains[0], want) {
			t.Errorf("the chains on %s are %q; want %q", name, chains, want)
		}
	}
	if len(bots) != 1 {
		t.Fatalf("the bot has %d hashes; want one", len(bots))
	}
	for sum := range bots {
		content := w.File(sum)
		if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != sum {
			t.Errorf("the file that can be fetched has the SHA-256 %x; events say %s", got, sum)
		}
		if _, err := pe.NewFile(bytes.NewReader(content)); err != nil {
			t.Errorf("the file is no executable: %v", err)
		}
	}
	if w.File(strings.Repeat("0", 64)) != nil {
		t.Error("there is a file that nobody has made")
	}
}

// Troubles are told, and the station is the one that they are told of.
func TestTroubles(t *testing.T) {
	w := demo(t, 1)
	gaps := func(name string) (causes []event.Cause) {
		for _, r := range read(station(t, w, name), live, 20*24*time.Hour) {
			if r.Gap != nil {
				causes = append(causes, r.Gap.Cause)
				if r.Gap.Cause == event.SourceLost && (r.Gap.Events == nil || *r.Gap.Events == 0) {
					t.Errorf("%s lost events, and does not say how many", name)
				}
			}
		}
		return causes
	}
	for name, want := range map[string]event.Cause{"ACC-03": event.SourceLost, "ACC-12": event.AgentOff, "DC-01": event.BeforeAgent} {
		if got := gaps(name); !slices.Contains(got, want) {
			t.Errorf("%s tells of gaps %q; want %s too", name, got, want)
		}
	}
	silent := station(t, w, "SAL-08")
	records := read(silent, live, 20*24*time.Hour)
	if last := records[len(records)-1].Time; live.Sub(last) < 24*time.Hour || !silent.Silent(live) {
		t.Errorf("SAL-08 was heard of at %s; want it silent for days", last)
	}
	ahead := station(t, w, "PLANT-02")
	if r, ok := ahead.Next(live); !ok || ahead.Skew() != 23*time.Minute || r.Time.Sub(r.Gap.To) != -23*time.Minute {
		t.Errorf("the clock of PLANT-02 is %s ahead; want 23m0s in its records too", ahead.Skew())
	}
	var twice []*Station
	for _, s := range w.Stations() {
		if s.Name() == "ACC-09" {
			twice = append(twice, s)
		}
	}
	if len(twice) != 1 { // it was installed anew nine workdays ago, which is before this world
		t.Errorf("ACC-09 is %d stations; want one", len(twice))
	}
	s, err := scenario.Load(scenario.DemoFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	twice = twice[:0]
	for _, st := range New(s, Config{From: live.AddDate(0, 0, -20), Live: live}).Stations() {
		if st.Name() == "ACC-09" {
			twice = append(twice, st)
		}
	}
	if len(twice) != 2 || twice[0].Fingerprint() != twice[1].Fingerprint() || twice[0].ID() == twice[1].ID() || !twice[0].Silent(live) || twice[1].Silent(live) {
		t.Errorf("ACC-09 is %d stations; want two on one machine, of which the first has fallen silent", len(twice))
	}
}

// What a careless page, export or terminal would stumble over is there.
func TestHostileText(t *testing.T) {
	records := read(station(t, demo(t, 1), "DEV-02"), live, 20*24*time.Hour)
	for name, is := range map[string]func(*event.Process) bool{
		"HTML":      func(e *event.Process) bool { return strings.Contains(e.CommandLine, "<script>alert(1)</script>") },
		"a formula": func(e *event.Process) bool { return strings.HasPrefix(e.CommandLine, "=cmd|' /C calc'!A0") },
		"ESC":       func(e *event.Process) bool { return strings.Contains(e.CommandLine, "\x1b[") },
		"a reversed name": func(e *event.Process) bool {
			return strings.ContainsFunc(e.Image, func(r rune) bool { return unicode.Is(unicode.Cf, r) })
		},
		"a long line": func(e *event.Process) bool { return len(e.CommandLine) > 7900 },
	} {
		if !slices.ContainsFunc(records, func(r Record) bool { return r.Event != nil && is(r.Event) }) {
			t.Errorf("no event has %s", name)
		}
	}
}

// What looks bad and is not.
func TestInnocentOddities(t *testing.T) {
	w := demo(t, 1)
	for name, is := range map[string]func(*event.Process) bool{
		"FILESRV-01": func(e *event.Process) bool {
			return strings.Contains(e.CommandLine, "-EncodedCommand") && e.Elevation == event.ElevationFull
		},
		"HR-02": func(e *event.Process) bool { return strings.Contains(e.Image, `\AppData\Local\Temp\is-`) && !*e.Signed },
		"DEV-02": func(e *event.Process) bool {
			return strings.HasSuffix(e.Image, `\r64.exe`) && e.OriginalFileName == "remoexec.exe"
		},
		"PLANT-01": func(e *event.Process) bool { return strings.HasSuffix(e.Image, `\calibra.exe`) },
	} {
		records := read(station(t, w, name), live, 20*24*time.Hour)
		if !slices.ContainsFunc(records, func(r Record) bool { return r.Event != nil && r.Event.Kind == event.Start && is(r.Event) }) {
			t.Errorf("%s has not its oddity", name)
		}
	}
}
