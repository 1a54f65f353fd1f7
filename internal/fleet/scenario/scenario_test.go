package scenario

import (
	"strings"
	"testing"
	"time"
)

func TestShippedScenariosAreSound(t *testing.T) {
	for name, sources := range map[string][]Source{"office": OfficeFiles(), "demo": DemoFiles()} {
		s, err := Load(sources...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(s.Stations) < 35 || len(s.Programs) < 80 {
			t.Errorf("%s has %d stations and %d programs; want an office", name, len(s.Stations), len(s.Programs))
		}
	}
}

// small is a whole scenario; tests spoil a copy of it.
const small = `office: {domain: LAB, sid: S-1-5-21-1-2-3, admin: root}
classes:
  core: {threads: 4}
  tool: {life: 1s..3s, threads: 2}
programs:
  System: {path: System, class: core}
  shell: {path: 'C:\Windows\explorer.exe', kib: 100, class: core}
  tool: {path: '$S\tool.exe', kib: 8, class: tool, original: '='}
lists:
  file: [a.txt, b.txt]
kinds:
  pc: {system: Windows, boot: boot, logon: logon, days: workdays}
stations:
  - {name: PC-1, kind: pc, user: ann, roles: [lab], hours: '08:00-17:00'}
acts:
  boot: [{run: System, name: kernel}]
  logon: [{run: shell, by: kernel, name: shell, as: user}]
  work:
    - run: tool
      by: shell
      command: '$0 $H\$(file) $$1 $(n)'
days:
  - {do: {work: 3}, roles: [lab], during: ['09:00-12:00'], each: 5m..10m}
story:
  - {do: work, station: PC-1, day: 1, at: '10:00'}
`

func TestSmallScenario(t *testing.T) {
	s, err := Load(Source{"small.yaml", []byte(small)})
	if err != nil {
		t.Fatal(err)
	}
	step := s.Acts["work"][0]
	if step.Program != s.Programs["tool"] || step.String() != "small.yaml:19" || s.Programs["tool"].Original != "tool.exe" {
		t.Errorf("the step %+v at %s is not the one that is written", step, step.Place)
	}
	var blanks []Blank
	for _, p := range step.Command.Parts {
		blanks = append(blanks, p.Blank)
	}
	if got := step.Command.Parts[5].Literal; len(blanks) != 7 || got != " $1 " || len(step.Command.Parts[4].List) != 2 {
		t.Errorf("the command line is %+v", step.Command.Parts)
	}
	r := s.Days[0]
	if r.Each != (Span{5 * time.Minute, 10 * time.Minute}) || r.During[0] != (Hours{Clock(9 * time.Hour), Clock(12 * time.Hour)}) || r.Do[0] != (Choice{"work", 3}) {
		t.Errorf("the rule is %+v", r)
	}
	if again, err := Load(Source{"other name.yaml", []byte(small)}); err != nil || again.Digest != s.Digest {
		t.Errorf("the digest depends on more than the content (%v)", err)
	}
}

// Every mistake is told with its place and what to do.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no YAML":             {"office: {", "office: {{", "small.yaml: line 1: "},
		"unknown member":      {"boot: boot,", "boots: boot,", `small.yaml:12: there is no member "boots" here; there are system, boot, logon`},
		"unknown section":     {"story:", "tale:", `small.yaml:24: there is no member "tale" here; there are office`},
		"wrong type":          {"kib: 8", "kib: many", "small.yaml:8: cannot unmarshal"},
		"no list":             {"$(file)", "$(files)", `small.yaml:21: there is no list "files" for $(files); there are n, hex, guid, file`},
		"no blank":            {"$H", "$X", `small.yaml:21: $X stands for nothing; write $$ for a dollar sign`},
		"no program":          {"run: tool", "run: tol", `small.yaml:19: there is no program "tol" to run`},
		"no parent":           {"by: shell\n", "by: shel\n", `small.yaml:19: no step has the name "shel"`},
		"by is missing":       {"      by: shell\n", "", `small.yaml:19: the first steps of an act need by`},
		"no account":          {"as: user", "as: users", `small.yaml:17: there is no account "users"; there are system`},
		"no class":            {"class: tool", "class: tolo", `small.yaml:8: there is no class "tolo"; there are core, tool`},
		"no kind":             {"kind: pc", "kind: mac", `small.yaml:14: there is no kind "mac" of stations; there are pc`},
		"no user":             {"user: ann, ", "", `small.yaml:14: a station of the kind pc needs a user`},
		"no hours":            {", hours: '08:00-17:00'", "", `small.yaml:14: the station needs hours`},
		"hours backwards":     {"08:00-17:00", "17:00-08:00", `small.yaml:14: "17:00-08:00" is no part of a day`},
		"no role":             {"roles: [lab], during", "roles: [office], during", `small.yaml:23: no station has the role "office"`},
		"no act in a rule":    {"{work: 3}", "{wrok: 3}", `small.yaml:23: do: there is no act "wrok"`},
		"weight":              {"{work: 3}", "{work: none}", `small.yaml:23: "none" is no weight`},
		"rule without a time": {", during: ['09:00-12:00'], each: 5m..10m", "", `small.yaml:23: a rule has either at, or during together with each`},
		"length of time":      {"5m..10m", "10m..5m", `small.yaml:23: "10m..5m" is no length of time`},
		"days":                {"days: workdays", "days: workday", `small.yaml:12: "workday" are no days`},
		"no station":          {"station: PC-1", "station: PC-2", `small.yaml:25: there is no station "PC-2"`},
		"time of day":         {"at: '10:00'", "at: '10 h'", `small.yaml:25: "10 h" is no time of day`},
		"trouble":             {"story:", "troubles:\n  - {station: PC-1, day: 1, at: '10:00', for: 1h}\nstory:", `small.yaml:25: a trouble is one of gap`},
		"device number":       {"story:", "devices:\n  stick: {vendor: 951, product: '1666', revision: '0110'}\nstory:", `small.yaml:25: the device stick needs a vendor`},
		"device's station":    {"story:", "devices:\n  stick: {vendor: '0951', product: '1666', revision: '0110', stations: [PC-9]}\nstory:", `small.yaml:25: there is no station "PC-9"`},
		"no device":           {"run: tool", "plug: stick", `small.yaml:19: there is no device "stick" to plug in`},
		"plug without life":   {"run: tool", "plug: stick", `small.yaml:19: a step that plugs a device in needs life`},
		"plug with a command": {"run: tool", "plug: stick", `small.yaml:19: a step that plugs a device in has, beside plug and life, only after`},
		"gap without end":     {"story:", "troubles:\n  - {station: PC-1, day: 1, gap: source_lost}\nstory:", `small.yaml:25: a trouble of the kind gap`},
	} {
		spoiled := strings.Replace(small, c.old, c.new, 1)
		if spoiled == small {
			t.Errorf("%s: the test spoils nothing", name)
			continue
		}
		if _, err := Load(Source{"small.yaml", []byte(spoiled)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v; want %q", name, err, c.want)
		}
	}
	twice := Source{"more.yaml", []byte("classes:\n  tool: {threads: 1}\n")}
	if _, err := Load(Source{"small.yaml", []byte(small)}, twice); err == nil || !strings.Contains(err.Error(), `more.yaml:2: "tool" is defined already at small.yaml:4`) {
		t.Errorf("a class that is defined twice: %v", err)
	}
	if _, err := Load(); err == nil {
		t.Error("a scenario without stations is taken")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("stations: [null]\nacts: {a: [null]}\ndays: [{do: x}]"))
	f.Add([]byte("acts: {a: [{run: x, starts: [null]}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Load(Source{"fuzz.yaml", data}); err == nil && len(s.Stations) == 0 {
			t.Error("a scenario without stations is taken")
		}
	})
}
