package detect

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/query"
)

// noon is when the events below happen.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// rule returns the text of a rule; detection is written with two blanks before.
func rule(title, detection string) string {
	return "title: " + title + "\nlogsource: {category: process_creation, product: windows}\ndetection:\n" + detection + "\n"
}

func compileText(t testing.TB, texts ...string) *Set {
	t.Helper()
	docs, errs := (&sigma.Reader{Lists: lists}).Read("rules.yml", []byte(strings.Join(texts, "---\n")))
	for _, err := range errs {
		t.Fatal(err)
	}
	return compileGood(t, docs)
}

func start(change func(*event.Process)) *event.Process {
	p := &event.Process{Kind: event.Start, Time: noon, Sensor: event.SensorETW, Station: "PC1", PID: 4, Image: `C:\Windows\System32\cmd.exe`, CommandLine: "cmd"}
	if change != nil {
		change(p)
	}
	return p
}

// What the specification says, and what writers of engines got wrong.
func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		detection string
		event     func(*event.Process)
		want      bool
	}{
		{"  s: {Image|endswith: '\\CMD.exe'}\n  condition: s", nil, true},
		{"  s: {CommandLine: 'a*z'}\n  condition: s", func(p *event.Process) { p.CommandLine = "A\n\nZ" }, true},
		{"  s: {CommandLine: 'a\\*z'}\n  condition: s", func(p *event.Process) { p.CommandLine = "abz" }, false},
		{"  s: {CommandLine: 'a\\*z'}\n  condition: s", func(p *event.Process) { p.CommandLine = "a*z" }, true},
		{"  s: {CommandLine: 'a\\\\*z'}\n  condition: s", func(p *event.Process) { p.CommandLine = `a\bz` }, true},
		{"  s: {CommandLine: 'a?z'}\n  condition: s", func(p *event.Process) { p.CommandLine = "aéz" }, true},
		{"  s: {CommandLine: 'a?z'}\n  condition: s", func(p *event.Process) { p.CommandLine = "az" }, false},
		{"  s: {CommandLine|contains: 'É'}\n  condition: s", func(p *event.Process) { p.CommandLine = "xéy" }, true},
		{"  s: {CommandLine|contains|windash: ' -foo'}\n  condition: s", func(p *event.Process) { p.CommandLine = "x ―foo" }, true},
		{"  s: {CommandLine|contains|windash: 'a-foo'}\n  condition: s", func(p *event.Process) { p.CommandLine = "a/foo" }, false},
		{"  s: {CommandLine|windash|contains: '-a* -b'}\n  condition: s", func(p *event.Process) { p.CommandLine = "x /a y —b" }, true},
		{"  s: {CommandLine|re: ' -O '}\n  condition: s", func(p *event.Process) { p.CommandLine = "x -o y" }, false},
		{"  s: {CommandLine|re|i: ' -O '}\n  condition: s", func(p *event.Process) { p.CommandLine = "x -o y" }, true},
		{"  s: {CommandLine|contains|cased: Foo}\n  condition: s", func(p *event.Process) { p.CommandLine = "xfoo" }, false},
		{"  s: {User: null}\n  condition: s", nil, true},
		{"  s: {User: ''}\n  condition: s", nil, true},
		{"  s: {User: '-'}\n  condition: s", nil, true},
		{"  s: {User|contains: '-'}\n  condition: s", nil, false},
		{"  s: {User|neq: bob}\n  condition: s", nil, true},
		{"  s: {Company: null}\n  condition: s", nil, true},
		{"  s: {Company: null}\n  condition: s", func(p *event.Process) { p.SHA256 = "ab" }, false},
		{"  s: {Company: '-'}\n  condition: s", func(p *event.Process) { p.SHA256 = "ab" }, true},
		{"  s: {Image|exists: false}\n  condition: s", nil, false},
		{"  s: {IntegrityLevel: [System, S-1-16-16384]}\n  condition: s", func(p *event.Process) { p.Integrity = event.System }, true},
		{"  s: {LogonId: '0x3e7'}\n  condition: s", func(p *event.Process) { p.LogonID = 999 }, true},
		{"  s: {ProcessId: 0x10}\n  condition: s", func(p *event.Process) { p.PID = 16 }, true},
		{"  s: {Hashes|contains: 'IMPHASH=AB'}\n  condition: s", func(p *event.Process) { p.SHA1, p.IMPHASH = "01", "ab" }, true},
		{"  s: {entry_entropy|lt: 3}\n  condition: s", func(p *event.Process) { e := 2.97; p.EntropyEntry = &e }, true},
		{"  s: {entry_entropy|lt: 3}\n  condition: s", nil, false},
		{"  s: {UtcTime|hour|gte: 12, UtcTime|week: 47, UtcTime|year: 2026}\n  condition: s", nil, true},
		{"  s: {privileges|contains: ' SeDebugPrivilege '}\n  condition: s", func(p *event.Process) {
			set, _ := event.ParsePrivilege("SeDebugPrivilege")
			p.Privileges = &set
		}, true},
		{"  s: [SYSTEM32, nothing]\n  condition: s", nil, true},
		{"  s:\n    '|all': [SYSTEM32, cmd]\n  condition: s", nil, true},
		{"  s:\n    '|all': [SYSTEM32, nothing]\n  condition: s", nil, false},
		{"  s: {Image|expand|contains: '%One%'}\n  condition: not s", nil, true},
		{"  s: {Image|expand|endswith: 'cmd.%Words%', CommandLine: x}\n  t: {Nothing: 1}\n  condition: s or not t", nil, true},
		{"  s_a: {Image|endswith: cmd.exe}\n  _b: {Image: nothing}\n  condition: all of them", nil, true},
		{"  s: {Image|endswith: cmd.exe}\n  condition:\n    - s and not s\n    - s", nil, true},
	} {
		set := compileText(t, rule("a", c.detection))
		p := start(c.event)
		if got := len(set.Matcher().Match(p)) == 1; got != c.want {
			t.Errorf("%q: %t", c.detection, got)
		}
		if explained := set.Explain(0, p); len(explained) > 0 && !c.want {
			t.Errorf("%q is explained: %+v", c.detection, explained)
		}
	}
}

// The one event of the prototypes that every engine must match with each of the
// rules beside it.
func TestConformance(t *testing.T) {
	root := shared(t, "prototypes", "conformance")
	data, err := os.ReadFile(root + "/ev.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct{ F map[string]string }
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	p := &event.Process{Kind: event.Start, Sensor: event.SensorSysmon, Time: noon}
	p.Image, p.ParentImage, p.CommandLine, p.OriginalFileName = recorded.F["Image"], recorded.F["ParentImage"], recorded.F["CommandLine"], recorded.F["OriginalFileName"]
	set := compileGood(t, readRules(t, root))
	if got := set.Matcher().Match(p); len(got) != 9 {
		t.Errorf("%d of 9 rules match: %v", len(got), got)
	}
	for i, r := range set.Rules() {
		if wantsNote := r.Title == "nullf"; wantsNote != (len(r.Warnings) > 0) {
			t.Errorf("%s has the warnings %v", r.Title, r.Warnings)
		}
		if r.Title != "nullf" && len(set.Explain(i, p)) == 0 {
			t.Errorf("%s is not explained", r.Title)
		}
	}
}

// A rule is asked about the events of its log source only.
func TestLogsources(t *testing.T) {
	text := func(title, source string) string {
		return "title: " + title + "\nlogsource: {" + source + "}\ndetection:\n  s: {Image|contains: a}\n  condition: s\n---\n"
	}
	docs, errs := (&sigma.Reader{}).Read("x.yml", []byte(text("windows", "category: process_creation, product: windows")+
		text("linux", "category: process_creation, product: linux")+text("both", "category: process_creation")+
		text("ends", "category: process_termination, product: windows")+text("files", "category: file_event, product: windows")+
		text("service", "product: windows, service: security")+text("mac", "category: process_creation, product: macos")+text("product", "product: windows")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c := Compile(docs)
	if len(c.Skipped) != 4 || len(c.Refused) != 0 {
		t.Errorf("skipped %v, refused %v", c.Skipped, c.Refused)
	}
	m := c.Set.Matcher()
	for want, p := range map[string]*event.Process{
		"windows both": {Kind: event.Start, Image: `C:\a`},
		"linux both":   {Kind: event.Running, Image: "/bin/a"},
		"ends":         {Kind: event.Stop, Sensor: event.SensorSysmon, Image: `C:\a`},
		"":             {Kind: event.Stop, Sensor: event.SensorEBPF, Image: "/a"},
	} {
		var got []string
		for _, i := range m.Match(p) {
			got = append(got, c.Set.Rules()[i].Title)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v matches %v, want %s", p, got, want)
		}
	}
}

// A rule that stands twice is refused the second time, and a filter for rules that
// are not there is too.
func TestCompileRefuses(t *testing.T) {
	const id = "11111111-1111-1111-1111-111111111111"
	docs, errs := (&sigma.Reader{}).Read("x.yml", []byte(
		"id: "+id+"\n"+rule("first", "  s: {Image|contains: cmd}\n  condition: s")+"---\n"+
			"id: "+id+"\n"+rule("second", "  s: {Image|contains: cmd}\n  condition: s")+"---\n"+
			"title: filter\nlogsource: {category: process_creation}\nfilter:\n  rules:\n    - "+id+"\n    - nothing\n  s: {User: bob}\n  condition: not s\n---\n"+
			"title: other\nlogsource: {product: linux}\nfilter:\n  rules: first\n  s: {User: ana}\n  condition: not s\n---\n"+
			"title: lost\ncorrelation: {type: temporal, rules: [first, nothing], timespan: 1m}\n---\n"+
			"title: ring\ncorrelation: {type: temporal, rules: [ring2], timespan: 1m}\n---\n"+
			"title: ring2\ncorrelation: {type: temporal, rules: [ring], timespan: 1m}\n---\n"+
			"title: grouped\ncorrelation: {type: event_count, rules: [first], timespan: 1m, group-by: [Colour], condition: {gte: 2}}\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	c := Compile(docs)
	var got []string
	for _, e := range c.Refused {
		got = append(got, e.Title+": "+e.Reason)
	}
	for _, want := range []string{
		"second: the id " + id + ` is that of "first" in x.yml, line 1, too`, "filter: the filter: there is no rule with the id or name nothing",
		"other: the filter is for another log source", "lost: the correlation: there is no rule", "ring: the correlation: ring2 rests on this correlation itself",
		"grouped: the correlation: no event has the field Colour",
	} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("it is not said: %s\n%s", want, strings.Join(got, "\n"))
		}
	}
	m := c.Set.Matcher()
	if n := len(m.Match(start(nil))); n != 1 {
		t.Errorf("%d rules match", n)
	}
	if n := len(m.Match(start(func(p *event.Process) { p.User = "bob" }))); n != 0 {
		t.Errorf("%d rules match what a filter leaves out", n)
	}
	if f := c.Set.Rules()[0].Filters; len(f) != 1 || f[0].Title != "filter" {
		t.Errorf("the filters are %v", f)
	}
}

func TestFilterForAll(t *testing.T) {
	set := compileText(t, rule("a", "  s: {Image|contains: cmd}\n  condition: s"), rule("b", "  s: {CommandLine: cmd}\n  condition: s"),
		"title: f\nlogsource: {category: process_creation, product: windows}\nfilter: {rules: any, s: {Computer: [PC2, PC3]}, condition: s}\n")
	for station, want := range map[string]int{"PC1": 0, "PC2": 2, "pc3": 2} {
		p := start(func(p *event.Process) { p.Station = station })
		if got := len(set.Matcher().Match(p)); got != want {
			t.Errorf("%s: %d matches, want %d", station, got, want)
		}
		if reasons := set.Explain(0, p); want > 0 && (len(reasons) != 2 || reasons[1].Filter != "f") {
			t.Errorf("%s: %+v", station, reasons)
		}
	}
}

func TestExplain(t *testing.T) {
	set := compileText(t, rule("a", `  image:
    Image|endswith: ['\pwsh.exe', '\cmd.exe']
  words:
    CommandLine|contains|all: [É, ' -x']
    CommandLine|re: 'y+'
  nobody: {User: null}
  other: {ParentImage: '*\a?b.exe'}
  filter: {CommandLine|contains: never}
  condition: (image and words or other) and nobody and not filter`))
	p := start(func(p *event.Process) { p.CommandLine, p.ParentImage = "ſÄé -X yyy", `C:\aéb.exe` })
	reasons := set.Explain(0, p)
	var got []string
	for _, r := range reasons {
		got = append(got, r.Selection+" "+r.Key+" "+r.Value+" "+r.Field+" <"+r.Text[r.Begin:r.End]+">")
	}
	want := []string{
		`image Image|endswith \cmd.exe image <\cmd.exe>`, "words CommandLine|contains|all É command_line <é>", "words CommandLine|contains|all  -x command_line < -X>",
		"words CommandLine|re y+ command_line <yyy>", `other ParentImage *\a?b.exe parent_image <C:\aéb.exe>`, "nobody User null user <>",
	}
	if !slices.Equal(got, want) || !reasons[5].Absent || reasons[0].Line != 5 {
		t.Errorf("got  %q\nwant %q\n%+v", got, want, reasons)
	}
	if reasons := set.Explain(0, start(nil)); reasons != nil {
		t.Errorf("what does not match is explained: %+v", reasons)
	}
}

// Every field of the filter language that has a name in Sigma has it here too, and
// whatever an event tells of a process can be asked for.
func TestFields(t *testing.T) {
	table := theFields()
	for _, f := range query.Fields() {
		if f.Sigma != "" && table.index(f.Sigma) < 0 {
			t.Errorf("rules do not know %s", f.Sigma)
		}
	}
	// What names an event or a process, and what a process used by its end.
	not := "seq source_record boot_id process_seq process_key parent_process_key parent_process_seq "
	fields := reflect.TypeFor[event.Process]()
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		if name != "" && table.index(name) < 0 && !strings.Contains(not, name+" ") {
			t.Errorf("rules do not know %s", name)
		}
	}
	if names := Fields(); !slices.Contains(names, "CommandLine") || !slices.Contains(names, "entry_entropy") || slices.Contains(names, "") {
		t.Errorf("the fields are %v", names)
	}
}

// An event that matches nothing costs no memory, whatever it looks like.
func TestNoAllocation(t *testing.T) {
	set := sigmaHQ(t)
	m := set.Matcher()
	quiet := []*event.Process{
		start(func(p *event.Process) { p.Image, p.CommandLine = `C:\Program Files\A\a.exe`, "a.exe --quiet" }),
		start(func(p *event.Process) { p.Image, p.CommandLine = `C:\Program Files\A\añ.exe`, "Ünïcode -a" }),
		start(func(p *event.Process) { p.Image, p.SHA256 = `C:\Program Files\A\b.exe`, strings.Repeat("0", 64) }),
		{Kind: event.Stop, Time: noon, Image: `C:\a.exe`},
	}
	for _, p := range quiet {
		for range 3 {
			if found := m.Match(p); len(found) > 0 {
				t.Fatalf("%s matches %s", p.CommandLine, set.Rules()[found[0]].Title)
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, p := range quiet {
			m.Match(p)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// Sets can be swapped while others match.
func TestLive(t *testing.T) {
	var live Live
	if n := len(live.Set().Rules()); n != 0 {
		t.Fatalf("without a set there are %d rules", n)
	}
	sets := []*Set{
		compileText(t, rule("a", "  s: {Image|contains: cmd}\n  condition: s")),
		compileText(t, rule("b", "  s: {Image|contains: cmd}\n  condition: s"), rule("c", "  s: {CommandLine: cmd}\n  condition: s")),
	}
	live.Swap(sets[0])
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var m *Matcher
			for range 2_000 {
				m = live.Matcher(m)
				if got, want := len(m.Match(start(nil))), len(m.Set().Rules()); got != want {
					t.Errorf("%d of %d rules match", got, want)
					return
				}
			}
		})
	}
	for i := range 200 {
		live.Swap(sets[i%2])
	}
	wait.Wait()
	if m := live.Set().Matcher(); live.Matcher(m) != m {
		t.Error("a Matcher of the set in force is made anew")
	}
}
