package detect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

var lists = map[string][]string{"Words": {"ab", "b*a", "-"}, "One": {"A"}}

// inventor makes rules and events of few characters, so that they meet.
type inventor struct{ *rand.Rand }

func (v inventor) pick(of ...string) string { return of[v.IntN(len(of))] }

func (v inventor) word(most int) string {
	letters := []string{"a", "b", "A", "B", `\`, "-", "/", ".", "é", "É", "s", "ſ", "K", " ", "1", "\n", "–"}
	var b strings.Builder
	for range 1 + v.IntN(most) {
		b.WriteString(letters[v.IntN(len(letters))])
	}
	return b.String()
}

var textFields = []string{"Image", "CommandLine", "ParentImage", "User", "Company", "OriginalFileName"}

// item returns a key and its values, as they stand in a rule.
func (v inventor) item() (key string, values []string) {
	field := textFields[v.IntN(len(textFields))]
	quoted := func(make func() string) []string {
		var all []string
		for range 1 + v.IntN(3) {
			all = append(all, "'"+strings.ReplaceAll(make(), "'", "''")+"'")
		}
		return all
	}
	text := func() string {
		w := v.word(3)
		if v.IntN(3) == 0 {
			w += v.pick("*", "?", `\*`, `\?`, `\\`, `\\*`) + v.word(3)
		}
		return strings.ReplaceAll(w, "\n", "a")
	}
	plain := func() string { return strings.NewReplacer("\n", "a", "*", "a", "?", "b", `\`, "/").Replace(v.word(4)) }
	switch v.IntN(16) {
	case 0:
		return field, []string{v.pick("null", "''", "'-'")}
	case 1:
		return field + "|exists", []string{v.pick("true", "false")}
	case 2:
		return field + "|re" + v.pick("", "|i", "|s", "|i|m"), quoted(func() string {
			return v.pick("a+b", "^[ab]+$", `\\`, "A.b", "(a|B)-", "é", "[^a]s$", "k", `\bab\b`, "s", "a{2}", "^$")
		})
	case 3:
		return field + "|fieldref" + v.pick("", "|contains", "|startswith", "|endswith", "|cased", "|neq"), []string{v.pick(textFields...)}
	case 4:
		return "ProcessId|" + v.pick("gt", "gte", "lt", "lte"), []string{fmt.Sprint(v.IntN(5))}
	case 5:
		part := v.pick("minute", "hour", "day", "month", "week", "year")
		return "UtcTime|" + part + v.pick("", "|gt", "|lte"), []string{fmt.Sprint(map[string]int{"minute": v.IntN(60), "hour": v.IntN(24), "day": 1 + v.IntN(28), "month": 1 + v.IntN(12), "week": 1 + v.IntN(52), "year": 2026 + v.IntN(2)}[part])}
	case 6:
		return field + "|cidr", []string{v.pick("10.0.0.0/8", "10.1.2.3/32", "fe80::/10")}
	case 7:
		return field + "|" + v.pick("", "wide|", "utf16be|", "utf16|") + v.pick("base64|", "base64offset|") + "contains", quoted(func() string { return v.pick("ab", "abc", "abcd", "aé") })
	case 8:
		return field + "|expand" + v.pick("", "|contains", "|endswith"), []string{v.pick("'%Words%'", "'%One%b'", "'a%Words%'")}
	case 9:
		return field + "|neq", quoted(text)
	case 10:
		return field + "|contains|windash" + v.pick("", "|all"), quoted(func() string { return v.pick(" -", "/", "-", "a -") + plain() })
	case 11:
		return field + v.pick("|contains", "|startswith", "|endswith", "") + "|cased", quoted(text)
	case 12:
		return field + v.pick("|contains", "|startswith", "|endswith") + "|all", quoted(text)
	}
	return field + v.pick("", "|contains", "|startswith", "|endswith"), quoted(text)
}

func (v inventor) rule(number int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: invented %d\nid: 00000000-0000-0000-0000-%012d\nlogsource: {category: process_creation, product: windows}\ndetection:\n", number, number)
	for s := range 3 {
		fmt.Fprintf(&b, "  %ss%d:\n", v.pick("", "")+"", s)
		dash := v.IntN(4) == 0
		if v.IntN(12) == 0 {
			fmt.Fprintf(&b, "    - '%s'\n", v.pick("a", "ab", "-b", "SHA1=", `\`, "é", "a*b"))
			continue
		}
		used := map[string]bool{}
		for range 1 + v.IntN(2) {
			key, values := v.item()
			if used[key] && !dash {
				continue
			}
			used[key] = true
			indent := "    "
			if dash {
				indent = "    - "
			}
			fmt.Fprintf(&b, "%s%s: [%s]\n", indent, key, strings.Join(values, ", "))
		}
	}
	fmt.Fprintf(&b, "  condition: %s\n", v.pick("s0 and not s1", "s0 or s1", "1 of s* and not s2", "all of them", "not s0", "(s0 or s1) and s2", "s0", "not (s1 and not s2)", "all of s*", "any of them"))
	return b.String()
}

func (v inventor) event() *event.Process {
	maybe := func() string {
		switch v.IntN(8) {
		case 0:
			return ""
		case 1:
			return v.pick("10.1.2.3", "fe80::1", "-", "ab", "YWI=", "xxYWJjZA", "AGEAYgBj", "YQBiAGMAZAA")
		}
		return v.word(10)
	}
	p := &event.Process{
		Kind: event.Start, Sensor: event.SensorETW, PID: uint32(v.IntN(5)), Time: time.Date(2026, 1, 1, 0, 0, v.IntN(365*24*3600), 0, time.UTC),
		Image: maybe(), CommandLine: maybe(), ParentImage: maybe(), User: maybe(), Company: maybe(), OriginalFileName: maybe(),
	}
	if v.IntN(2) == 0 {
		p.SHA1 = "ab"
	}
	if v.IntN(4) == 0 {
		p.Sensor = event.SensorSysmon
	}
	return p
}

// The engine says what the oracle says, of 500,000 pairs of a rule and an event
// that nobody thought of.
func TestEngineAgainstOracle(t *testing.T) {
	rules, events := 500, 1_000
	if testing.Short() {
		rules, events = 200, 100
	}
	v := inventor{rand.New(rand.NewPCG(9, 1))}
	var docs []*sigma.Document
	var oracles []*oracle
	for len(docs) < rules {
		text := v.rule(len(docs))
		some, errs := (&sigma.Reader{Lists: lists}).Read("invented.yml", []byte(text))
		if len(errs) > 0 {
			t.Fatalf("%v\n%s", errs[0], text)
		}
		docs = append(docs, some...)
		oracles = append(oracles, newOracle(text, lists))
	}
	set := compileGood(t, docs)
	m := set.Matcher()
	matches := 0
	for range events {
		p := v.event()
		f := factsOf(p)
		got := slices.Clone(m.Match(p))
		if again := m.Match(p); !slices.Equal(got, again) {
			t.Fatalf("the second time %+v matches %v, not %v", p, again, got)
		}
		for i, o := range oracles {
			want := o.matches(f)
			if has := slices.Contains(got, i); has != want {
				t.Fatalf("the engine says %t, the oracle %t, of %q\n%s", has, want, f, v.text(docs[i]))
			}
			if want {
				matches++
			}
			if v.IntN(100) == 0 {
				if explained := set.Explain(i, p); len(explained) > 0 && !want {
					t.Fatalf("a match is explained that is none: %+v", explained)
				}
			}
		}
	}
	t.Logf("%d cases, %d matches", rules*events, matches)
	if matches < rules*events/20 || matches > rules*events*19/20 {
		t.Errorf("%d of %d cases match; the rules decide nothing", matches, rules*events)
	}
}

func (v inventor) text(d *sigma.Document) string {
	var b strings.Builder
	for _, it := range d.Rule.Items {
		fmt.Fprintf(&b, "%s: %s: %+v\n", it.Selection, it.Key(), it.Values)
	}
	return b.String()
}
