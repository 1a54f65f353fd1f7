package detect

import (
	"slices"

	"github.com/eljefe/eljefe/internal/detect/literal"
	"github.com/eljefe/eljefe/internal/detect/regex"
	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// A Matcher asks the rules of a Set about one event after the other. It keeps
// what it needs for that, so that an event that matches nothing costs no memory.
// It serves one goroutine.
type Matcher struct {
	set   *Set
	runs  [routes]*run
	found []int
}

// Matcher returns a new Matcher of the set.
func (s *Set) Matcher() *Matcher { return &Matcher{set: s} }

// Set returns the set that m is of.
func (m *Matcher) Set() *Set { return m.set }

// Match returns the rules that an event matches, by their numbers, ascending.
// Among them are those that are only a Part of a correlation. What it returns is
// good until the next call.
func (m *Matcher) Match(p *event.Process) []int {
	r := routeOf(p)
	e := m.set.engines[r]
	if e == nil {
		return nil
	}
	if m.runs[r] == nil {
		m.runs[r] = newRun(e)
	}
	m.found = m.runs[r].match(p, m.found[:0])
	return m.found
}

// A run is an engine at work. What was found out about the current event carries
// its number, so that nothing need be cleared between events.
type run struct {
	*engine
	now    uint32
	held   []uint32 // by test that an automaton decides: the last event where it held
	asked  []uint32 // by other test: the last event where it was asked, and in the lowest bit the answer
	seen   []uint32 // by rule: the last event where a witness of it held
	queue  []int32  // the rules to look at
	hits   []uint32
	values *values

	matchers []*regex.Matcher // by test
	table    *regex.Memory    // of all of them

	memory *memory
	fresh  []int32 // the tests that hold for the current value
}

// expressionMemory is how many bytes a Matcher takes for regular expressions.
const expressionMemory = 16 << 20

func newRun(e *engine) *run {
	return &run{
		engine: e, values: newValues(e.fields),
		held: make([]uint32, len(e.tests)), asked: make([]uint32, len(e.tests)), seen: make([]uint32, len(e.rules)),
		matchers: make([]*regex.Matcher, len(e.tests)), table: regex.NewMemory(expressionMemory), memory: newMemory(),
	}
}

func (r *run) match(p *event.Process, found []int) []int {
	if r.now++; r.now == 1<<31 {
		clear(r.held)
		clear(r.asked)
		clear(r.seen)
		r.now = 1
	}
	r.values.fill(p)
	r.queue = r.queue[:0]
	for slot, a := range r.automata {
		if a != nil && r.values.list[slot].has {
			r.scan(a, slot)
		}
	}
	for _, rule := range r.queue {
		found = r.look(rule, found)
	}
	for _, rule := range r.unwatched {
		found = r.look(rule, found)
	}
	slices.Sort(found)
	return found
}

// scan notes which tests hold for a value, and queues the rules that have one of
// them as a witness.
func (r *run) scan(a *literal.Automaton, slot int) {
	v := &r.values.list[slot]
	if v.isMade {
		r.hits = literal.Scan(a, v.made, r.hits[:0])
		r.collect(a)
		return
	}
	place, ids, known := r.memory.recall(slot, v.text)
	if known {
		for _, id := range ids {
			r.note(id)
		}
		return
	}
	if v.ascii {
		r.hits = literal.Scan(a, v.text, r.hits[:0])
	} else {
		r.hits = literal.Scan(a, r.values.lower(slot), r.hits[:0])
	}
	r.collect(a)
	r.memory.keep(place, slot, v.text, r.fresh)
}

// collect notes the tests that hold where the automaton told so.
func (r *run) collect(a *literal.Automaton) {
	r.fresh = r.fresh[:0]
	for _, hit := range r.hits {
		for _, id := range a.IDs(hit) {
			if r.held[id] != r.now {
				r.note(id)
				r.fresh = append(r.fresh, id)
			}
		}
	}
}

// note notes that a test holds.
func (r *run) note(id int32) {
	r.held[id] = r.now
	for _, rule := range r.watch[id] {
		if r.seen[rule] != r.now {
			r.seen[rule] = r.now
			r.queue = append(r.queue, rule)
		}
	}
}

func (r *run) look(rule int32, found []int) []int {
	p := &r.rules[rule]
	if r.holds(p, 0) {
		found = append(found, p.rule)
	}
	return found
}

// holds tells whether a node of a rule's condition holds.
func (r *run) holds(p *program, at int32) bool {
	switch n := &p.nodes[at]; n.op {
	case sigma.Leaf:
		return r.testHolds(n.test)
	case sigma.And:
		for _, kid := range p.kids[n.from:n.to] {
			if !r.holds(p, kid) {
				return false
			}
		}
		return true
	case sigma.Or:
		for _, kid := range p.kids[n.from:n.to] {
			if r.holds(p, kid) {
				return true
			}
		}
		return false
	case sigma.Not:
		return !r.holds(p, p.kids[n.from])
	case sigma.Always:
		return true
	}
	return false
}

func (r *run) testHolds(id int32) bool {
	t := &r.tests[id]
	if t.direct {
		return r.held[id] == r.now
	}
	if answer := r.asked[id]; answer>>1 == r.now {
		return answer&1 == 1
	}
	holds := r.ask(id, t)
	r.asked[id] = r.now << 1
	if holds {
		r.asked[id] |= 1
	}
	return holds
}

// ask answers a test that no automaton decides, if what it needs was found.
func (r *run) ask(id int32, t *test) bool {
	if t.least > 0 && r.values.list[t.slot].len() < t.least {
		return false
	}
sets:
	for _, set := range t.guards {
		for _, guard := range set {
			if r.held[guard] == r.now {
				continue sets
			}
		}
		return false
	}
	if t.Kind != sigma.Regex {
		return r.values.ask(t.Test, int(t.slot), int(t.other))
	}
	v := &r.values.list[t.slot]
	if !v.has {
		return false
	}
	if r.matchers[id] == nil {
		r.matchers[id] = t.Expression.Matcher(r.table)
	}
	return r.matchers[id].Match(v.string(), v.ascii)
}
