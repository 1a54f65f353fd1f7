package detect

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/eljefe/eljefe/internal/event"
)

// All public rules, asked about all recorded logs, match where two other engines
// and our own direct evaluation of raw records say that they do, and nowhere else.
func TestExpectedMatches(t *testing.T) {
	set := sigmaHQ(t)
	if n := len(set.Rules()); n != 1415 {
		t.Errorf("%d rules were read, want 1415", n)
	}
	want := expectedMatches(t)
	got := map[match]bool{}
	m := set.Matcher()
	for _, s := range samples(t) {
		if filepath.Ext(s.file) != ".evtx" {
			continue
		}
		for _, rule := range m.Match(s.Process) {
			got[match{s.file, s.SourceRecord, set.Rules()[rule].ID}] = true
		}
	}
	for m := range want {
		if !got[m] {
			t.Errorf("not matched: %+v", m)
		}
	}
	for m := range got {
		if !want[m] {
			t.Errorf("matched, and should not: %+v", m)
		}
	}
}

// Each of SigmaHQ's regression tests matches its rule as often as it says.
func TestRegression(t *testing.T) {
	set := sigmaHQ(t)
	found := map[match]int{} // by folder and rule
	m := set.Matcher()
	for _, s := range samples(t) {
		for _, rule := range m.Match(s.Process) {
			found[match{file: path.Dir(s.file), rule: set.Rules()[rule].ID}]++
		}
	}
	root := shared(t, "testdata", "evtx")
	tests := 0
	for _, name := range filesBelow(t, filepath.Join(root, "sigma-regression"), ".yml") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var info struct {
			Rules []struct{ ID string } `yaml:"rule_metadata"`
			Tests []struct {
				Type  string
				Count *int `yaml:"match_count"`
			} `yaml:"regression_tests_info"`
		}
		if err := yaml.Unmarshal(data, &info); err != nil {
			t.Fatal(err)
		}
		folder, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range info.Tests {
			tests++
			got := found[match{file: filepath.ToSlash(folder), rule: info.Rules[0].ID}]
			if test.Type != "evtx" || test.Count == nil && got == 0 || test.Count != nil && got != *test.Count {
				t.Errorf("%s: %d matches of %s", folder, got, info.Rules[0].ID)
			}
		}
	}
	if tests != 65 {
		t.Errorf("%d tests, want 65", tests)
	}
}

// On recorded events the engine says what the oracle says of every public rule.
func TestRecordedAgainstOracle(t *testing.T) {
	set := sigmaHQ(t)
	docs := publicRules.docs
	step := 3
	if testing.Short() {
		step = 40
	}
	var starts []*event.Process
	for i, p := range recordedStarts(t) {
		if i%step == 0 {
			starts = append(starts, p)
		}
	}
	var oracles []*oracle
	for _, d := range docs {
		data, err := os.ReadFile(d.File)
		if err != nil {
			t.Fatal(err)
		}
		oracles = append(oracles, newOracle(string(data), nil))
	}
	m := set.Matcher()
	matches := 0
	for _, p := range starts {
		f := factsOf(p)
		got := m.Match(p)
		matches += len(got)
		for i, o := range oracles {
			if want := o.matches(f); want != slices.Contains(got, i) {
				t.Fatalf("%s: the engine says %t, the oracle %t, of %q", docs[i].File, !want, want, f)
			}
		}
		for _, rule := range got {
			reasons := set.Explain(rule, p)
			if len(reasons) == 0 {
				t.Errorf("%s is not explained, of %q", docs[rule].File, f)
			}
			for _, r := range reasons {
				if !r.Absent && (r.Text == "" || r.Begin > r.End || r.End > len(r.Text)) {
					t.Errorf("%s: %+v", docs[rule].File, r)
				}
			}
		}
	}
	t.Logf("%d events, %d matches", len(starts), matches)
}
