package detect

import (
	"math"
	"slices"

	"github.com/eljefe/eljefe/internal/detect/literal"
	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// An engine asks rules about the events of one kind. One automaton for each field
// decides all tests for a literal of all rules; of each rule it is known which
// tests it cannot do without, its witnesses, and only when one of them holds the
// rule itself is looked at.
type engine struct {
	fields    []*field // by slot: those that a rule speaks of
	automata  []*literal.Automaton
	tests     []test
	rules     []program
	watch     [][]int32 // by test: the rules that have it as a witness
	unwatched []int32   // rules without a witness: always looked at
}

// A test is one question about one value, which several rules may ask.
type test struct {
	*sigma.Test
	slot, other int32 // other is -1 but for a test of two fields
	direct      bool  // an automaton decides it

	// What must hold where the test does: one test of each set. And how long the
	// value must be.
	guards [][]int32
	least  int
	cost   float64 // how often it holds, as a guess; as a witness, what it costs
}

// A program is a rule's condition, flat.
type program struct {
	rule  int // in the set
	nodes []step
	kids  []int32
}

type step struct {
	op       sigma.Op
	test     int32
	from, to int32 // its kids: kids[from:to]
}

// compiler makes an engine.
type compiler struct {
	e      *engine
	fields *fieldTable
	slots  map[int]int32 // by field
	ids    map[string]int32
	uses   map[int32]int
}

// newEngine makes the engine of rules: their conditions, by their numbers in the
// set, in that order. Without rules there is none.
func newEngine(fields *fieldTable, numbers []int, conditions []*node) *engine {
	if len(numbers) == 0 {
		return nil
	}
	c := &compiler{e: &engine{}, fields: fields, slots: map[int]int32{}, ids: map[string]int32{}, uses: map[int32]int{}}
	for _, n := range conditions {
		c.number(n)
	}
	for i := range len(c.e.tests) { // guards are tests too, but have none
		c.guard(int32(i))
	}
	c.buildAutomata()
	for i := range c.e.tests {
		t := &c.e.tests[i]
		t.cost = guess(t, c.uses[int32(i)])
	}
	c.e.watch = make([][]int32, len(c.e.tests))
	for i, n := range conditions {
		p := program{rule: numbers[i]}
		c.flatten(&p, n)
		c.e.rules = append(c.e.rules, p)
		c.watchFor(int32(i), n)
	}
	return c.e
}

// number gives each leaf below n the number of its test.
func (c *compiler) number(n *node) {
	if n.op == sigma.Leaf {
		n.id = c.add(n)
		c.uses[n.id]++
	}
	for _, kid := range n.kids {
		c.number(kid)
	}
}

func (c *compiler) add(n *node) int32 {
	key := n.key()
	if id, ok := c.ids[key]; ok {
		return id
	}
	id := int32(len(c.e.tests))
	c.ids[key] = id
	t := test{Test: n.test, slot: c.slot(n.field), other: -1}
	if n.other >= 0 {
		t.other = c.slot(n.other)
	}
	c.e.tests = append(c.e.tests, t)
	return id
}

func (c *compiler) slot(field int) int32 {
	if s, ok := c.slots[field]; ok {
		return s
	}
	s := int32(len(c.e.fields))
	c.slots[field] = s
	c.e.fields = append(c.e.fields, c.fields.list[field])
	return s
}

// buildAutomata makes an automaton for each field with tests for literals.
func (c *compiler) buildAutomata() {
	patterns := make([][]literal.Pattern, len(c.e.fields))
	for i := range c.e.tests {
		t := &c.e.tests[i]
		if t.Cased || t.Text == "" || t.Kind > sigma.Contains {
			continue
		}
		t.direct = true
		patterns[t.slot] = append(patterns[t.slot], literal.Pattern{
			Text: t.Text, ID: int32(i),
			Begin: t.Kind == sigma.Equals || t.Kind == sigma.Prefix,
			End:   t.Kind == sigma.Equals || t.Kind == sigma.Suffix,
		})
	}
	c.e.automata = make([]*literal.Automaton, len(c.e.fields))
	for slot, p := range patterns {
		if len(p) > 0 {
			c.e.automata[slot] = literal.Compile(p)
		}
	}
}

// flatten appends n to a program and returns its place. What is cheap to ask
// comes first.
func (c *compiler) flatten(p *program, n *node) int32 {
	at := int32(len(p.nodes))
	p.nodes = append(p.nodes, step{op: n.op, test: n.id})
	if len(n.kids) == 0 {
		return at
	}
	kids := slices.Clone(n.kids)
	slices.SortStableFunc(kids, func(a, b *node) int { return c.work(a) - c.work(b) })
	places := make([]int32, len(kids))
	for i, kid := range kids {
		places[i] = c.flatten(p, kid)
	}
	p.nodes[at].from = int32(len(p.kids))
	p.kids = append(p.kids, places...)
	p.nodes[at].to = int32(len(p.kids))
	return at
}

// work is about how long a node takes to be asked.
func (c *compiler) work(n *node) int {
	if n.op == sigma.Leaf {
		switch t := &c.e.tests[n.id]; {
		case t.direct, t.Kind == sigma.Exists, t.Kind == sigma.Absent:
			return 1
		case t.Kind == sigma.Regex:
			return 2_000
		}
		return 200
	}
	sum := 0
	for _, kid := range n.kids {
		sum += c.work(kid)
	}
	return sum
}

// watchFor notes the witnesses of a rule.
func (c *compiler) watchFor(rule int32, n *node) {
	tests, cost := c.witnesses(n)
	if math.IsInf(cost, 1) {
		c.e.unwatched = append(c.e.unwatched, rule)
		return
	}
	slices.Sort(tests)
	for _, id := range slices.Compact(tests) {
		c.e.watch[id] = append(c.e.watch[id], rule)
	}
}
