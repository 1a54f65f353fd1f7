package sigma

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// detection reads selections and their condition. A member that other takes is
// neither; taken tells whether there was one.
func (d *document) detection(m member, other func(member) bool) (condition *Expr, items []*Item, taken bool) {
	from := selections{byName: map[string]*Expr{}}
	var texts []Value
	line := m.line
	for _, part := range members(m.value, m.name) {
		switch {
		case other != nil && other(part):
			taken = true
		case part.name == "condition":
			line = part.line
			if part.value.Kind == yaml.SequenceNode {
				for _, n := range sequence(part.value, "condition") {
					texts = append(texts, Value{Text: member{"condition", n.Line, n}.text(maxText), Line: n.Line})
				}
			} else {
				texts = append(texts, Value{Text: part.text(maxText), Line: part.value.Line})
			}
		case part.name == "timeframe":
			fail(part.line, "timeframe is of Sigma before version 2; write a correlation document instead")
		default:
			from.names = append(from.names, part.name)
			e := d.selection(part.name, part.value, &items)
			from.byName[part.name] = &Expr{Op: e.Op, Kids: e.Kids, Test: e.Test, Selection: part.name}
		}
	}
	if len(texts) == 0 {
		fail(line, "%s has no condition", m.name)
	}
	if len(from.names) == 0 {
		fail(line, "%s has no selection", m.name)
	}
	used := map[string]bool{}
	var alternatives []*Expr
	for _, t := range texts {
		alternatives = append(alternatives, d.condition(t.Text, t.Line, from, used))
	}
	return group(Or, alternatives), items, taken
}

// selection reads what a name stands for: a map, whose items must all hold; a
// list of maps or of keywords, one of which must; or one keyword.
func (d *document) selection(name string, n *yaml.Node, items *[]*Item) *Expr {
	if d.depth++; d.depth > maxDepth {
		fail(n.Line, "%s is nested more than %d deep", name, maxDepth)
	}
	defer func() { d.depth-- }()
	switch n.Kind {
	case yaml.MappingNode:
		var kids []*Expr
		for _, m := range members(n, name) {
			kids = append(kids, d.item(name, m, items))
		}
		if len(kids) == 0 {
			fail(n.Line, "%s is empty: it would fit every event", name)
		}
		return group(And, kids)
	case yaml.SequenceNode:
		var kids []*Expr
		for _, kid := range sequence(n, name) {
			if kid.Kind == yaml.ScalarNode {
				kids = append(kids, d.item(name, member{"", kid.Line, kid}, items))
			} else {
				kids = append(kids, d.selection(name, kid, items))
			}
		}
		if len(kids) == 0 {
			fail(n.Line, "%s is an empty list: it would fit no event", name)
		}
		return group(Or, kids)
	}
	return d.item(name, member{"", n.Line, n}, items)
}

// item reads what is said of one field.
func (d *document) item(selection string, m member, items *[]*Item) *Expr {
	words := strings.Split(m.name, "|")
	it := &Item{Selection: selection, Field: words[0], Modifiers: words[1:], Line: m.line}
	*items = append(*items, it)
	switch m.value.Kind {
	case yaml.ScalarNode:
		it.Values = []Value{scalar(m.value)}
	case yaml.SequenceNode:
		for _, n := range sequence(m.value, m.name) {
			if n.Kind != yaml.ScalarNode {
				fail(n.Line, "a value of %s must be a text, a number, true, false or null; it is %s", m.name, kindOf(n))
			}
			it.Values = append(it.Values, scalar(n))
		}
	default:
		fail(m.value.Line, "the value of %s must be a text or a list; it is %s", m.name, kindOf(m.value))
	}
	if len(it.Values) == 0 {
		fail(m.line, "%s is an empty list: it would fit no event", m.name)
	}
	chain := readModifiers(it)
	var kids []*Expr
	for i := range it.Values {
		kids = append(kids, d.value(it, i, chain))
	}
	op := Or
	if chain.all {
		op = And
	}
	e := group(op, kids)
	if chain.negated {
		e = &Expr{Op: Not, Kids: []*Expr{e}}
	}
	return e
}
