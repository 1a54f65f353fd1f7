package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// bases are the rules that the correlations below rest on. They are of the same
// file, and so of no account by themselves.
var bases = []string{
	"name: who\n" + rule("who", "  s: {Image|endswith: whoami.exe}\n  condition: s"),
	"name: net\n" + rule("net", "  s: {Image|endswith: net.exe}\n  condition: s"),
	"name: every\n" + rule("every", "  s: {Image: '*'}\n  condition: s"),
}

// play tells a Correlator what happens: each word is a program, a station, and the
// seconds after noon, as in "whoami@PC1+30". It returns what was made, and when.
func play(t *testing.T, set *Set, c *Correlator, words string) []string {
	t.Helper()
	m := set.Matcher()
	var made []string
	for word := range strings.FieldsSeq(words) {
		name, rest, _ := strings.Cut(word, "@")
		station, after, _ := strings.Cut(rest, "+")
		name, user, _ := strings.Cut(name, ":")
		seconds, err := time.ParseDuration(after + "s")
		if err != nil {
			t.Fatal(err)
		}
		p := &event.Process{Kind: event.Start, Sensor: event.SensorETW, Time: noon.Add(seconds), Station: station, PID: 4, User: user, ParentUser: station, Image: `C:\` + name + ".exe"}
		for _, made1 := range c.Add(p, m.Match(p)) {
			made = append(made, fmt.Sprintf("%s %d %v at %s", set.Rules()[made1.Rule].Title, made1.Count, made1.Group, after))
		}
	}
	return made
}

func TestCorrelations(t *testing.T) {
	for name, test := range map[string]struct {
		correlation, events string
		want                []string
	}{
		"count": {"{type: event_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {gte: 3}}",
			"whoami@A+0 whoami@A+1 whoami@B+2 net@A+3 whoami@A+9 whoami@A+10 whoami@A+30 whoami@A+31 whoami@A+32",
			[]string{"c 3 [A] at 9", "c 3 [A] at 32"}},
		"count, the span is from event to event": {"{type: event_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {gt: 1}}",
			"whoami@A+0 whoami@A+11 whoami@A+21", []string{"c 2 [A] at 21"}},
		"count, late": {"{type: event_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {gte: 3}}",
			"whoami@A+20 whoami@A+28 whoami@A+15 whoami@A+24", []string{"c 3 [A] at 24"}},
		"count, one event of two rules": {"{type: event_count, rules: [who, every], group-by: [Computer], timespan: 10s, condition: {gte: 2}}",
			"whoami@A+0 x@A+5", []string{"c 2 [A] at 5"}},
		"count, all together": {"{type: event_count, rules: [who], timespan: 10s, condition: {gte: 2}}",
			"whoami@A+0 whoami@B+5", []string{"c 2 [] at 5"}},
		"count, a wrong clock": {"{type: event_count, rules: [who], timespan: 10s, condition: {gte: 2}}",
			"whoami@A+0 whoami@A+99999999 whoami@A+2 whoami@A+3", []string{"c 2 [] at 3"}},
		"group without regard to case": {"{type: event_count, rules: [who], group-by: [User], timespan: 10s, condition: {gte: 2}}",
			"whoami:Ana@A+0 whoami:ANA@B+5 whoami@A+6 whoami@B+7", []string{"c 2 [Ana] at 5", "c 2 [] at 7"}},
		"values": {"{type: value_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {field: User, gte: 3}}",
			"whoami:a@A+0 whoami:b@A+1 whoami:B@A+2 whoami@A+3 whoami:c@A+4 whoami:d@A+5", []string{"c 3 [A] at 4"}},
		"temporal": {"{type: temporal, rules: [who, net], group-by: [Computer], timespan: 10s}",
			"net@A+0 net@A+1 whoami@B+2 whoami@A+3 whoami@A+40 net@A+51 net@A+52 whoami@A+60", []string{"c 2 [A] at 3", "c 2 [A] at 60"}},
		"temporal, some": {"{type: temporal, rules: [who, net, every], timespan: 10s, condition: {gte: 2}}",
			"x@A+0 net@A+1", []string{"c 2 [] at 1"}},
		"ordered": {"{type: temporal_ordered, rules: [who, net], group-by: [Computer], timespan: 10s}",
			"net@A+0 whoami@A+1 x@A+2 net@A+3 whoami@A+30 net@A+41", []string{"c 2 [A] at 3"}},
		"ordered, late": {"{type: temporal_ordered, rules: [who, net], group-by: [Computer], timespan: 10s}",
			"net@A+5 whoami@A+1", []string{"c 2 [A] at 1"}},
		"aliases": {"{type: temporal, rules: [who, net], group-by: [account], timespan: 10s, aliases: {account: {who: User, net: ParentUser}}}",
			"whoami:A@X+0 net:B@B+1 net:C@A+2", []string{"c 2 [A] at 2"}},
	} {
		set := compileText(t, append([]string{"title: c\ncorrelation: " + test.correlation + "\n"}, bases...)...)
		got := play(t, set, set.Correlator(nil), test.events)
		if strings.Join(got, "; ") != strings.Join(test.want, "; ") {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A correlation can rest on another; rules of its file count for it only.
func TestChain(t *testing.T) {
	set := compileText(t, append(bases,
		"title: outer\ncorrelation: {type: temporal_ordered, rules: [many, net], group-by: [Computer], timespan: 1m}\n",
		"title: many\nname: many\ncorrelation: {type: event_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {gte: 2}}\n")...)
	got := play(t, set, set.Correlator(nil), "net@A+0 whoami@A+1 whoami@A+2 whoami@B+3 net@B+4 net@A+5")
	if want := "outer 2 [A] at 5"; strings.Join(got, "; ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	for _, r := range set.Rules() {
		if wantPart := r.Title != "outer" && r.Title != "every"; r.Part != wantPart {
			t.Errorf("%s is a part: %t", r.Title, r.Part)
		}
	}
	generate := compileText(t, append(bases, "title: c\ncorrelation: {type: temporal, rules: [who, net], timespan: 1m, generate: true}\n")...)
	for _, r := range generate.Rules() {
		if r.Part {
			t.Errorf("%s is a part, though it is to be generated", r.Title)
		}
	}
}

// What has an upper bound is decided when its span is over.
func TestUpperBound(t *testing.T) {
	for name, test := range map[string]struct {
		correlation, events, want string
	}{
		"at most": {"{type: event_count, rules: [who], group-by: [Computer], timespan: 10s, condition: {lte: 2}}",
			"whoami@A+0 whoami@A+1 whoami@A+2 whoami@B+0 whoami@A+20", "c 1 [B] 0s; c 1 [A] 20s"},
		"between": {"{type: event_count, rules: [who], timespan: 10s, condition: {gt: 1, lt: 4}}",
			"whoami@A+0 whoami@A+8 whoami@A+4 whoami@A+20 whoami@A+40 whoami@A+41 whoami@A+42 whoami@A+43 whoami@A+44", "c 3 [] 8s"},
		"values": {"{type: value_count, rules: [who], timespan: 10s, condition: {field: User, eq: 1}}",
			"whoami:a@A+0 whoami:A@A+1 whoami:a@A+20 whoami:b@A+21", "c 1 [] 0s"},
		"several spans of one value": {"{type: value_count, rules: [who], timespan: 10s, condition: {field: User, eq: 1}}",
			"whoami:a@A+0 whoami:a@A+11 whoami:a@A+12", "c 1 [] 0s; c 1 [] 12s"},
	} {
		set := compileText(t, append([]string{"title: c\ncorrelation: " + test.correlation + "\n"}, bases...)...)
		c := set.Correlator(nil)
		if got := play(t, set, c, test.events); got != nil {
			t.Errorf("%s: decided early: %q", name, got)
		}
		if got := c.Advance(noon); got != nil {
			t.Errorf("%s: decided at noon: %+v", name, got)
		}
		var got []string
		for _, made := range c.Advance(noon.Add(time.Hour)) {
			got = append(got, fmt.Sprintf("%s %d %v %v", set.Rules()[made.Rule].Title, made.Count, made.Group, made.To.Sub(noon)))
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s: got %q, want %s", name, got, test.want)
		}
		if got := c.Advance(noon.Add(2 * time.Hour)); got != nil {
			t.Errorf("%s: decided twice: %+v", name, got)
		}
	}
}

// A new set goes on with what was known, where the correlation is the same.
func TestNewSet(t *testing.T) {
	correlation := "id: 11111111-1111-1111-1111-111111111111\ntitle: c\ncorrelation: {type: event_count, rules: [who], timespan: 10s, condition: {gte: 3}}\n"
	first := compileText(t, append([]string{correlation}, bases...)...)
	c := first.Correlator(nil)
	play(t, first, c, "whoami@A+0 whoami@A+1")

	more := compileText(t, append(append([]string{rule("new", "  s: {Image: x}\n  condition: s")}, bases...), correlation)...)
	c = more.Correlator(c)
	if got := play(t, more, c, "whoami@A+2"); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	changed := compileText(t, append([]string{strings.Replace(correlation, "gte: 3", "gte: 4", 1)}, bases...)...)
	if got := play(t, changed, changed.Correlator(c), "whoami@A+3"); len(got) != 0 {
		t.Errorf("a changed correlation goes on: %q", got)
	}
}

// What a Correlator keeps is bounded, and what it forgets is counted.
func TestBounds(t *testing.T) {
	set := compileText(t, append([]string{
		"title: groups\ncorrelation: {type: event_count, rules: [every], group-by: [User], timespan: 30d, condition: {gte: 2}}\n",
		"title: events\ncorrelation: {type: event_count, rules: [every], timespan: 30d, condition: {gte: 10000}}\n",
		"title: values\ncorrelation: {type: value_count, rules: [every], timespan: 30d, condition: {field: User, gte: 10000}}\n",
		"title: most\ncorrelation: {type: value_count, rules: [every], timespan: 30d, condition: {field: User, lt: 1000}}\n",
	}, bases...)...)
	c := set.Correlator(nil)
	m := set.Matcher()
	for i := range 30_000 {
		p := &event.Process{Kind: event.Start, Sensor: event.SensorETW, Time: noon.Add(time.Duration(i) * time.Second), User: fmt.Sprint(i), Image: "x"}
		c.Add(p, m.Match(p))
	}
	for _, b := range c.books {
		if len(b.groups) > maxGroups || b.entries > maxEntries {
			t.Errorf("%s keeps %d groups, %d entries", set.Rules()[b.chain.rule].Title, len(b.groups), b.entries)
		}
		n := 0
		for _, g := range b.groups {
			n += len(g.entries)
		}
		if n != b.entries {
			t.Errorf("%s counts %d entries, and has %d", set.Rules()[b.chain.rule].Title, b.entries, n)
		}
	}
	nobody := &event.Process{Kind: event.Start, Sensor: event.SensorETW, Time: noon, Station: "PC9", Image: "x"}
	c.Add(nobody, m.Match(nobody)) // has nothing to count, and makes no group of values
	if n := c.Forgotten(); n != 20_001 {
		t.Errorf("%d groups were forgotten, want 20000", n)
	}
}
