package rules

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/detect"
	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
)

func read(t *testing.T, files fs.FS) *detect.Set {
	t.Helper()
	docs, errs, err := (&sigma.Reader{}).ReadTree(files)
	if err != nil || len(errs) > 0 {
		t.Fatal(err, errs)
	}
	made := detect.Compile(docs)
	for _, err := range slices.Concat(made.Refused, made.Skipped) {
		t.Error(err)
	}
	for _, r := range made.Set.Rules() {
		for _, w := range r.Warnings {
			t.Errorf("%s: %s", r.File, w)
		}
	}
	return made.Set
}

// asked is what asking rules about events needs.
type asked struct {
	set        *detect.Set
	matcher    *detect.Matcher
	correlator *detect.Correlator
	lineage    detect.Lineage
}

func ask(set *detect.Set) *asked {
	return &asked{set: set, matcher: set.Matcher(), correlator: set.Correlator(nil)}
}

// matches returns the rules that an event is a match of, by their numbers.
func (a *asked) matches(p *event.Process) []int {
	a.lineage.Fill(p)
	found := a.matcher.Match(p)
	var all []int
	for _, rule := range found {
		if !a.set.Rules()[rule].Part {
			all = append(all, rule)
		}
	}
	for _, c := range a.correlator.Add(p, found) {
		all = append(all, c.Rule)
	}
	return all
}

// Each rule matches the events beside it that it is for, and no other of them.
func TestEvents(t *testing.T) {
	set := read(t, Files())
	if n := len(set.Rules()); n < 14 {
		t.Errorf("there are only %d rules", n)
	}
	for number, r := range set.Rules() {
		if r.Part {
			continue
		}
		if r.ID == "" || r.Author == "" || r.License == "" || r.Description == "" || len(r.Tags) == 0 {
			t.Errorf("%s lacks an id, an author, a licence, a description or tags", r.File)
		}
		data, err := os.ReadFile(strings.TrimSuffix(filepath.FromSlash(r.File), ".yml") + ".ndjson")
		if err != nil {
			t.Error(err)
			continue
		}
		a := ask(set)
		wanted, others := 0, 0
		for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
			var e struct {
				event.Process
				Matches bool `json:"matches"`
			}
			if err := json.Unmarshal(line, &e); err != nil {
				t.Fatalf("%s: line %d: %v", r.File, i+1, err)
			}
			if err := e.Check(); err != nil {
				t.Errorf("%s: line %d: %v", r.File, i+1, err)
			}
			if got := slices.Contains(a.matches(&e.Process), number); got != e.Matches {
				t.Errorf("%s: line %d matches: %t", r.File, i+1, got)
			}
			if e.Matches {
				wanted++
			} else {
				others++
			}
		}
		if wanted == 0 || others == 0 {
			t.Errorf("%s has %d events to match and %d others; it needs both", r.File, wanted, others)
		}
	}
}

// What the demo's intrusion does is found where it happens, and hardly anything on
// the days of the rest of the office.
func TestDemo(t *testing.T) {
	s, err := scenario.Load(scenario.DemoFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	live := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	set := read(t, Files())
	found := map[string]map[string]int{} // by rule and station
	events := 0
	for _, station := range world.New(s, world.Config{Seed: 5, From: live.AddDate(0, 0, -7), Live: live}).Stations() {
		a := ask(set)
		for {
			r, more := station.Next(live.Add(time.Hour))
			if !more {
				break
			}
			if r.Event == nil {
				continue
			}
			events++
			r.Event.Station = station.Name()
			for _, rule := range a.matches(r.Event) {
				name := strings.TrimSuffix(filepath.Base(set.Rules()[rule].File), ".yml")
				if found[name] == nil {
					found[name] = map[string]int{}
				}
				found[name][station.Name()]++
			}
		}
	}
	t.Logf("%d events: %v", events, found)
	infected := []string{"ACC-07", "RECEPTION", "PLANT-01", "GATE-01"}
	byStick := infected[1:]
	for name, stations := range map[string][]string{
		"flash_player_unsigned": infected, "windows_program_as_host": infected, "svchost_without_service": infected, "run_key_by_reg": infected,
		"powershell_hidden_encoded": infected, "looking_around": infected[:1], "recycler_program": byStick, "shortcut_that_starts_and_opens": byStick,
		"downloaded_drops_program": infected[:1],
	} {
		for _, station := range stations {
			if found[name][station] == 0 {
				t.Errorf("%s finds nothing on %s", name, station)
			}
		}
		for station, n := range found[name] {
			if !slices.Contains(infected, station) && name != "looking_around" { // administrators look around on servers
				t.Errorf("%s matches %d times on %s", name, n, station)
			}
		}
	}
}
