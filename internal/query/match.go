package query

import (
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Part says what part of a text a pattern must fit.
type Part uint8

// The parts. A pattern never fits an empty text.
const (
	Whole         Part = iota
	LastElement        // what follows the last \ or /
	AccountPart        // the whole, or what follows the last \
	DirectoryPart      // the whole, or the whole without separators at its end; Trimmed of the pattern decides there
	LastDirectory      // what follows the last \ or /, separators at the end set aside
)

// Test returns what v, a value of a text field that has a Pattern, demands: a
// pattern that a part of the text must fit.
func (f *Field) Test(v *Value) (Pattern, Part) {
	p := v.Pattern
	switch {
	case f.Match == Contains && !p.Has(Run):
		return p.within(), Whole
	case f.Match == Account && !p.hasAny(`\`):
		return p, AccountPart
	case f.Match == Path || f.Match == Directory:
		last := !p.hasAny(`\/:`) && p[0].Wild != Run
		switch {
		case f.Match == Path && last:
			return p, LastElement
		case f.Match == Directory && last:
			return p, LastDirectory
		case f.Match == Directory:
			return p, DirectoryPart
		}
	}
	return p, Whole
}

// BareFields returns the fields in which a bare word is looked for, anywhere in
// the text of each.
func BareFields() (image, commandLine *Field) {
	t := eventFields()
	return t.byName["image"], t.byName["command_line"]
}

// BareTest returns the pattern that one of the texts of BareFields must fit.
func BareTest(v *Value) Pattern {
	if v.Pattern.Has(Run) {
		return v.Pattern
	}
	return v.Pattern.within()
}

// Predicate returns a function that tells whether an event fits the query. It
// is safe for concurrent use.
func (q *Query) Predicate() func(*Row) bool {
	if q == nil || q.Root == nil {
		return func(*Row) bool { return true }
	}
	return predicate(q.Root)
}

// Match tells whether an event fits. Use Predicate to ask more than once.
func (q *Query) Match(r *Row) bool { return q.Predicate()(r) }

type test = func(*Row) bool

func predicate(n Node) test {
	switch n := n.(type) {
	case *And:
		tests := predicates(n.Nodes)
		return func(r *Row) bool {
			for _, t := range tests {
				if !t(r) {
					return false
				}
			}
			return true
		}
	case *Or:
		return anyOf(predicates(n.Nodes))
	case *Not:
		t := predicate(n.Node)
		return func(r *Row) bool { return !t(r) }
	case *Term:
		tests := make([]test, len(n.Values))
		for i := range n.Values {
			if n.Field == nil {
				tests[i] = bareTest(&n.Values[i])
			} else {
				tests[i] = valueTest(n.Field, &n.Values[i])
			}
		}
		return anyOf(tests)
	}
	return func(*Row) bool { return false } // there is no other node
}

func predicates(nodes []Node) []test {
	tests := make([]test, len(nodes))
	for i, n := range nodes {
		tests[i] = predicate(n)
	}
	return tests
}

func anyOf(tests []test) test {
	if len(tests) == 1 {
		return tests[0]
	}
	return func(r *Row) bool {
		for _, t := range tests {
			if t(r) {
				return true
			}
		}
		return false
	}
}

func bareTest(v *Value) test {
	fits := BareTest(v).matcher()
	return func(r *Row) bool { return fits(r.Image) || fits(r.CommandLine) }
}

func valueTest(f *Field, v *Value) test {
	switch v.Op {
	case Present:
		return f.known
	case Empty:
		return func(r *Row) bool { return !f.known(r) }
	}
	switch f.Type {
	case Text:
		fits, get := textMatcher(f.Test(v)), f.text
		return func(r *Row) bool { return fits(get(r)) }
	case Enum:
		return numberTest(v, func(r *Row) (uint64, bool) {
			i := slices.Index(f.Values, f.text(r))
			return uint64(i), i >= 0
		})
	case Boolean:
		return func(r *Row) bool {
			is, known := f.flag(r)
			return known && is == (v.Number != 0)
		}
	case Time:
		return timeTest(v, f.time)
	case Hash:
		return func(r *Row) bool {
			return slices.ContainsFunc(f.hashes(r), func(h string) bool { return strings.HasPrefix(h, v.Hex) })
		}
	case GUID:
		return func(r *Row) bool {
			k, ok := event.ParseKey(f.text(r))
			return ok && k == v.Key
		}
	case Privilege, Capability:
		return func(r *Row) bool {
			set, _ := f.set(r)
			return set&v.Mask != 0
		}
	}
	return numberTest(v, f.number)
}

// known tells whether a row has a value for the field.
func (f *Field) known(r *Row) bool {
	switch {
	case f.text != nil:
		return f.text(r) != ""
	case f.number != nil:
		_, ok := f.number(r)
		return ok
	case f.time != nil:
		return !f.time(r).IsZero()
	case f.flag != nil:
		_, ok := f.flag(r)
		return ok
	case f.set != nil:
		set, _ := f.set(r)
		return set != 0
	}
	return slices.ContainsFunc(f.hashes(r), func(h string) bool { return h != "" })
}

func textMatcher(p Pattern, part Part) func(string) bool {
	fits := p.matcher()
	switch part {
	case LastElement:
		return func(s string) bool { return fits(baseName(s)) }
	case AccountPart:
		return func(s string) bool { return fits(s) || fits(s[strings.LastIndexByte(s, '\\')+1:]) }
	case DirectoryPart:
		fitsTrimmed := p.Trimmed().matcher()
		return func(s string) bool {
			return s != "" && (fits(s) || fitsTrimmed(strings.TrimRight(s, separators)))
		}
	case LastDirectory:
		return func(s string) bool { return fits(baseName(strings.TrimRight(s, separators))) }
	}
	return fits
}

func numberTest(v *Value, get func(*Row) (uint64, bool)) test {
	low, high, some := v.Numbers()
	not := v.Op == IsNot
	return func(r *Row) bool {
		n, known := get(r)
		return known && (some && low <= n && n <= high) != not
	}
}

func timeTest(v *Value, get func(*Row) time.Time) test {
	from, to := v.Times()
	not := v.Op == IsNot
	return func(r *Row) bool {
		t := get(r)
		if t.IsZero() {
			return false
		}
		t = microseconds(t)
		return (!t.Before(from) && (to.IsZero() || t.Before(to))) != not
	}
}
