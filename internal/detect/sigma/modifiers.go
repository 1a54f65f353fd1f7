package sigma

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/detect/regex"
)

// modifiers are what stands behind the name of a field, each after a |.
type modifiers struct {
	all, cased, negated, expand bool

	encode []string // in their order: windash, base64, utf16 and so on
	place  string   // contains, startswith, endswith
	kind   string   // re, cidr, exists, fieldref, compare, part; "": a text
	flags  string   // of re
	part   string   // of a time

	relation Relation
}

var (
	encodings = []string{"windash", "base64", "base64offset", "wide", "utf16le", "utf16be", "utf16"}
	places    = map[string]Relation{"contains": Has, "startswith": Begins, "endswith": Ends}
	relations = map[string]Relation{"lt": Less, "lte": LessOrSame, "gt": Greater, "gte": GreaterOrSame}
	timeParts = map[string][2]float64{"minute": {0, 59}, "hour": {0, 23}, "day": {1, 31}, "week": {1, 53}, "month": {1, 12}, "year": {1, 9999}}
)

// Modifiers are the names of all modifiers.
func Modifiers() []string {
	all := []string{"all", "cased", "neq", "expand", "re", "i", "m", "s", "cidr", "exists", "fieldref"}
	all = append(all, encodings...)
	for name := range places {
		all = append(all, name)
	}
	for name := range relations {
		all = append(all, name)
	}
	for name := range timeParts {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// readModifiers reads the modifiers of an item, and refuses those that it does
// not know and those that make no sense together.
func readModifiers(it *Item) modifiers {
	var m modifiers
	become := func(kind, name string) {
		if m.kind != "" && !(m.kind == "part" && kind == "compare") {
			fail(it.Line, "the modifier %s cannot stand with the modifiers before it in %s", name, it.key())
		}
		if m.kind == "" {
			m.kind = kind
		}
	}
	for _, name := range it.Modifiers {
		place, isPlace := places[name]
		relation, isRelation := relations[name]
		_, isPart := timeParts[name]
		switch {
		case isPlace:
			if m.place != "" {
				fail(it.Line, "%s and %s cannot both be modifiers of one field in %s", m.place, name, it.key())
			}
			m.place, m.relation = name, place
		case isRelation:
			become("compare", name)
			m.relation = relation
		case isPart:
			become("part", name)
			m.part = name
		case slices.Contains(encodings, name):
			m.encode = append(m.encode, name)
		case name == "all":
			m.all = true
		case name == "cased":
			m.cased = true
		case name == "neq":
			m.negated = true
		case name == "expand":
			m.expand = true
		case name == "i" || name == "m" || name == "s":
			if m.kind != "re" {
				fail(it.Line, "the modifier %s must stand behind re in %s", name, it.key())
			}
			m.flags += name
		case name == "re" || name == "cidr" || name == "exists" || name == "fieldref":
			become(name, name)
		case name == "":
			fail(it.Line, "%s has a | without a modifier behind it", it.key())
		default:
			fail(it.Line, "the modifier %q in %s is unknown; there are %s", name, it.key(), strings.Join(Modifiers(), ", "))
		}
	}
	m.check(it)
	return m
}

// check refuses modifiers that would have no meaning beside those of a kind.
func (m *modifiers) check(it *Item) {
	switch {
	case m.kind == "" || m.kind == "fieldref" && len(m.encode) == 0 && !m.expand:
	case m.place != "" || len(m.encode) > 0 || m.expand:
		fail(it.Line, "%s combines modifiers that have no meaning together", it.key())
	}
	if it.Field == "" && m.kind != "" && m.kind != "re" {
		fail(it.Line, "%s is about no field; a keyword can be a text or an expression", it.key())
	}
	if m.kind == "exists" && len(it.Values) != 1 {
		fail(it.Line, "%s must be true or false", it.key())
	}
}

// key is the item as it is written.
func (it *Item) key() string { return strings.Join(append([]string{it.Field}, it.Modifiers...), "|") }

// Key is the field and the modifiers as they are written: "Image|endswith".
func (it *Item) Key() string { return it.key() }

// test makes a leaf of t, which one of an item's values comes to.
func (d *document) test(it *Item, value int, t Test) *Expr {
	if d.tests++; d.tests > maxTests {
		fail(it.Line, "the rule comes to more than %d tests with this field; divide it", maxTests)
	}
	t.Field, t.Item, t.Value = it.Field, it, value
	return &Expr{Op: Leaf, Test: &t}
}

// value makes tests of one value.
func (d *document) value(it *Item, i int, m modifiers) *Expr {
	v := &it.Values[i]
	if v.Null {
		if m.kind != "" || m.place != "" || len(m.encode) > 0 || it.Field == "" {
			fail(v.Line, "null in %s can only stand for a field that is absent, without modifiers", it.key())
		}
		return d.test(it, i, Test{Kind: Absent})
	}
	switch m.kind {
	case "exists":
		switch strings.ToLower(v.Text) {
		case "true":
			return d.test(it, i, Test{Kind: Exists})
		case "false":
			return d.test(it, i, Test{Kind: Absent})
		}
		fail(v.Line, "%s must be true or false", it.key())
	case "fieldref":
		if v.Text == "" {
			fail(v.Line, "%s names no field", it.key())
		}
		return d.test(it, i, Test{Kind: SameField, Other: v.Text, Relation: m.relation, Cased: m.cased})
	case "re":
		e, err := regex.Compile(v.Text, m.flags)
		if err != nil {
			fail(v.Line, "the expression %.200q cannot be used: %v", v.Text, err)
		}
		return d.test(it, i, Test{Kind: Regex, Expression: e, Cased: true})
	case "cidr":
		network, err := netip.ParsePrefix(v.Text)
		if err != nil {
			fail(v.Line, "%q is not a network as 10.0.0.0/8 is", v.Text)
		}
		return d.test(it, i, Test{Kind: CIDR, Network: network.Masked()})
	case "compare", "part":
		return d.number(it, i, m)
	}
	texts := []string{v.Text}
	if m.expand {
		v.Lists = d.expand(it, v)
		texts = v.Lists
	}
	var kids []*Expr
	for _, text := range texts {
		kids = append(kids, d.text(it, i, m, text)...)
	}
	return group(Or, kids)
}

func (d *document) number(it *Item, i int, m modifiers) *Expr {
	v := it.Values[i]
	n, err := strconv.ParseFloat(v.Text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		fail(v.Line, "%q in %s is not a number", v.Text, it.key())
	}
	if m.part == "" {
		return d.test(it, i, Test{Kind: Compare, Relation: m.relation, Number: n})
	}
	if bounds := timeParts[m.part]; n < bounds[0] || n > bounds[1] || n != math.Trunc(n) {
		fail(v.Line, "%q in %s is not a whole number from %v to %v", v.Text, it.key(), bounds[0], bounds[1])
	}
	return d.test(it, i, Test{Kind: TimePart, Part: m.part, Relation: m.relation, Number: n})
}

// text makes tests of a text: one, or as many as the modifiers make of it.
func (d *document) text(it *Item, i int, m modifiers, text string) []*Expr {
	all := []Pattern{parsePattern(text)}
	for _, modifier := range m.encode {
		var longer []Pattern
		for _, p := range all {
			made, err := transform(modifier, p)
			if err != nil {
				fail(it.Values[i].Line, "%s: %v", it.key(), err)
			}
			longer = append(longer, made...)
		}
		all = longer
	}
	anywhere := Piece{Wild: '*'}
	var kids []*Expr
	for _, p := range all {
		switch {
		case m.place == "contains" || m.place == "" && it.Field == "":
			p = append(append(Pattern{anywhere}, p...), anywhere)
		case m.place == "startswith":
			p = append(p[:len(p):len(p)], anywhere)
		case m.place == "endswith":
			p = append(Pattern{anywhere}, p...)
		}
		t := Test{Cased: m.cased}
		t.shape(p)
		kids = append(kids, d.test(it, i, t))
	}
	if len(kids) == 0 {
		fail(it.Values[i].Line, "%s: nothing of the value %q is left to look for; it is too short", it.key(), text)
	}
	return kids
}

// expand returns what v is when each of its placeholders is replaced by each
// entry of its list. A % behind a backslash is no placeholder's.
func (d *document) expand(it *Item, v *Value) []string {
	all := []string{""}
	add := func(texts ...string) {
		if len(all)*len(texts) > maxTests {
			fail(v.Line, "the lists of %s come to more than %d values together", it.key(), maxTests)
		}
		var longer []string
		for _, before := range all {
			for _, text := range texts {
				longer = append(longer, before+text)
			}
		}
		all = longer
	}
	rest := v.Text
	for rest != "" {
		at := strings.IndexByte(rest, '%')
		if at < 0 {
			add(rest)
			break
		}
		if at > 0 && rest[at-1] == '\\' {
			add(rest[:at-1] + "%")
			rest = rest[at+1:]
			continue
		}
		name, after, closed := strings.Cut(rest[at+1:], "%")
		if !closed || name == "" {
			fail(v.Line, "%q in %s has a %% that begins no placeholder such as %%Servers%%; put a backslash before one that stands for itself", v.Text, it.key())
		}
		entries, ok := d.reader.Lists[name]
		if !ok || len(entries) == 0 {
			fail(v.Line, "there is no list for the placeholder %%%s%% in %s; make one called %[1]s", name, it.key())
		}
		add(rest[:at])
		add(entries...)
		rest = after
	}
	return all
}
