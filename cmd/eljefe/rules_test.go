package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sharedData returns a path below the recorded data, which lies beside the project.
func sharedData(t *testing.T, below string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "testdata", below)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	return path
}

// rulesOf runs a command and returns what it prints.
func rulesOf(t *testing.T, wantCode int, args ...string) (out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := run(t.Context(), nil, append([]string{"rules"}, args...), &o, &e); code != wantCode {
		t.Fatalf("rules %s leaves with %d, want %d:\n%s%s", strings.Join(args, " "), code, wantCode, o.String(), e.String())
	}
	return o.String(), e.String()
}

// The command finds in the recorded logs what is expected, not a row more or less.
func TestRulesTestExpected(t *testing.T) {
	root := sharedData(t, "evtx")
	out, errOut := rulesOf(t, 0, "test", "--rules", sharedData(t, "sigma"),
		"--events", filepath.Join(root, "EVTX-ATTACK-SAMPLES"), filepath.Join(root, "EVTX-to-MITRE-Attack"), filepath.Join(root, "sigma-regression"))
	if errOut != "" {
		t.Errorf("it says %q", errOut)
	}
	got := map[string]bool{}
	for line := range strings.Lines(out) {
		var m ruleMatch
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		name, err := filepath.Rel(root, m.File)
		if err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf("%s\t%d\t%s", filepath.ToSlash(name), m.Record, m.RuleID)
		if got[row] {
			t.Errorf("twice: %s", row)
		}
		got[row] = true
		if m.Author == "" || m.Title == "" || m.Level == "" {
			t.Errorf("without author, title or level: %s", line)
		}
	}
	data, err := os.ReadFile(filepath.Join(root, "EXPECTED-MATCHES.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if i > 0 { // the heading
			want[line[:strings.LastIndexByte(line, '\t')]] = true
		}
	}
	for _, row := range slices.Sorted(maps.Keys(want)) {
		if !got[row] {
			t.Errorf("missing: %s", row)
		}
	}
	for _, row := range slices.Sorted(maps.Keys(got)) {
		if !want[row] {
			t.Errorf("not expected: %s", row)
		}
	}
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const goodRule = `title: A shell
id: 11111111-1111-1111-1111-111111111111
author: Ana
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\cmd.exe'
    User|expand: '%Guests%'
  condition: selection
`

// Rules that cannot be used are named with place and reason; the others work.
func TestRulesCheck(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "good.yml", goodRule)
	writeFile(t, dir, "bad.yml", strings.NewReplacer("endswith", "endwith", "1111", "2222").Replace(goodRule))
	writeFile(t, dir, "twice.yml", goodRule)
	writeFile(t, dir, "other.yml", strings.NewReplacer("process_creation", "dns_query", "1111", "3333").Replace(goodRule))
	writeFile(t, dir, "field.yml", strings.NewReplacer("Image|", "Imagine|", "1111", "4444").Replace(goodRule))
	writeFile(t, dir, "large.yaml", strings.Repeat("# nothing\n", 100_000))
	writeFile(t, dir, "text.txt", "no rule")
	guests := writeFile(t, dir, "guests.txt", "\nbob\nO*\n\n")

	out, _ := rulesOf(t, 1, "check", "--list", "Guests="+guests, dir)
	for _, want := range []string{
		"bad.yml:8: error: the modifier \"endwith\" in Image|endwith is unknown",
		"large.yaml:",
		"twice.yml:1: error: the id 11111111-1111-1111-1111-111111111111 is that of \"A shell\" in",
		"other.yml:1: skipped: its log source has the category dns_query",
		"field.yml:1: warning: no event has the field Imagine",
		"2 rules can be used; 3 cannot, 1 are about logs that are not recorded, and there are 2 warnings.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	out, _ = rulesOf(t, 1, "check", "--json", filepath.Join(dir, "good.yml"))
	if want := `"line":9,"rule_id":"11111111-1111-1111-1111-111111111111","title":"A shell","reason":"there is no list for the placeholder %Guests%`; !strings.Contains(out, want) {
		t.Errorf("it does not say %s:\n%s", want, out)
	}
	if _, errOut := rulesOf(t, 1, "check", t.TempDir()); !strings.Contains(errOut, "there is no .yml or .yaml file") {
		t.Errorf("of an empty folder it says %q", errOut)
	}

	events := writeFile(t, dir, "events.ndjson", `{"kind":"start","time":"2026-11-20T10:00:00Z","pid":1,"image":"C:\\Windows\\System32\\cmd.exe","user":"OFFICE\\ana"}
{"kind":"start","time":"2026-11-20T10:00:01Z","pid":2,"image":"C:\\Windows\\System32\\CMD.EXE","user":"bob"}
{"kind":"never"}
`)
	out, errOut := rulesOf(t, 1, "test", "--list", "Guests="+guests, "--explain", "--rules", filepath.Join(dir, "good.yml"), "--events", events)
	if want := "records could not be read; the first:"; !strings.Contains(errOut, want) {
		t.Errorf("it does not say %q: %s", want, errOut)
	}
	var matches []ruleMatch
	for line := range strings.Lines(out) {
		var m ruleMatch
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		matches = append(matches, m)
	}
	if len(matches) != 2 || matches[0].Record != 1 || matches[1].Record != 2 || matches[0].Author != "Ana" || len(matches[0].Reasons) != 2 {
		t.Errorf("got %s", out)
	}
	if out, _ := rulesOf(t, 1, "test", "--list", "Guests="+guests, "--level", "critical", "--rules", filepath.Join(dir, "good.yml"), "--events", events); out != "" {
		t.Errorf("above its level it prints %s", out)
	}

	// Without --rules it asks the rules that come with the program.
	shipped := writeFile(t, dir, "shipped.ndjson", `{"kind":"start","time":"2026-11-20T10:00:00Z","pid":1,"image":"E:\\RECYCLER\\a.exe"}`)
	if out, _ := rulesOf(t, 0, "test", "--events", shipped); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"title":"Program in a Recycle Bin","author":"El Jefe"`) {
		t.Errorf("got %s", out)
	}
}
