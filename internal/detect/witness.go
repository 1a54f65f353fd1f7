package detect

import (
	"math"
	"slices"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// witnesses returns tests of which one holds whenever n does, and how often one of
// them holds: of an "and" those of its cheapest part, of an "or" those of all. A
// "not", and what no automaton decides, has none: the cost is infinite.
func (c *compiler) witnesses(n *node) ([]int32, float64) {
	none := math.Inf(1)
	var best []int32
	cost := none
	take := func(tests []int32, its float64) {
		if its < cost {
			best, cost = tests, its
		}
	}
	switch n.op {
	case sigma.Never:
		return nil, 0
	case sigma.Leaf:
		if t := &c.e.tests[n.id]; t.direct {
			return []int32{n.id}, t.cost
		}
		for _, set := range c.e.tests[n.id].guards {
			sum := 0.0
			for _, id := range set {
				sum += c.e.tests[id].cost
			}
			take(set, sum)
		}
	case sigma.And:
		for _, kid := range n.kids {
			take(c.witnesses(kid))
		}
	case sigma.Or:
		best, cost = nil, 0
		for _, kid := range n.kids {
			tests, its := c.witnesses(kid)
			if math.IsInf(its, 1) {
				return nil, none
			}
			best, cost = append(best, tests...), cost+its
		}
	}
	return best, cost
}

// guess is about how often a test holds. Short texts are found often, and so are
// those that many rules look for: they are the names of the programs that run.
func guess(t *test, uses int) float64 {
	return 1/float64(1+len(t.Text)) + 0.02*float64(uses)
}

// guard gives a test that no automaton decides its guards: literals that must be
// found in the value, without regard to case, where the test holds.
func (c *compiler) guard(id int32) {
	t := c.e.tests[id]
	var sets [][]*sigma.Test
	one := func(kind sigma.Kind, text string) {
		sets = append(sets, []*sigma.Test{{Kind: kind, Text: sigma.Fold(text)}})
	}
	switch {
	case t.Kind == sigma.Glob:
		for i, piece := range t.Pattern {
			switch {
			case piece.Wild != 0 || len(piece.Literal) < 2:
			case i == 0:
				one(sigma.Prefix, piece.Literal)
			case i == len(t.Pattern)-1:
				one(sigma.Suffix, piece.Literal)
			default:
				one(sigma.Contains, piece.Literal)
			}
		}
	case t.Cased && t.Kind <= sigma.Contains && t.Text != "":
		one(t.Kind, t.Text)
	case t.Kind == sigma.Regex:
		texts, least := t.Expression.Required()
		for _, set := range texts {
			var tests []*sigma.Test
			for _, text := range set {
				tests = append(tests, &sigma.Test{Kind: sigma.Contains, Text: text})
			}
			sets = append(sets, tests)
		}
		c.e.tests[id].least = least
	}
	field := slices.Index(c.fields.list, c.e.fields[t.slot])
	for _, set := range sets {
		var ids []int32
		for _, g := range set {
			ids = append(ids, c.add(&node{op: sigma.Leaf, test: g, field: field, other: -1}))
		}
		c.e.tests[id].guards = append(c.e.tests[id].guards, ids)
	}
}
