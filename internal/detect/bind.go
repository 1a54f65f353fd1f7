package detect

import (
	"fmt"
	"slices"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// A node is a node of a condition that speaks of fields by their numbers.
type node struct {
	op   sigma.Op
	kids []*node

	test  *sigma.Test // of a leaf
	field int
	other int // of a test of two fields
	id    int32
}

var (
	always = &node{op: sigma.Always}
	never  = &node{op: sigma.Never}
)

// binder binds the conditions of one rule to fields.
type binder struct {
	fields  *fieldTable
	unknown []string // fields that no event has
}

// bind returns the condition that e is. A field that no event has is absent from
// all of them.
func (b *binder) bind(e *sigma.Expr) *node {
	switch e.Op {
	case sigma.Leaf:
		return b.leaf(e.Test)
	case sigma.Always:
		return always
	case sigma.Never:
		return never
	}
	kids := make([]*node, len(e.Kids))
	for i, kid := range e.Kids {
		kids[i] = b.bind(kid)
	}
	return join(e.Op, kids)
}

// leaf binds one test. A keyword is looked for in all fields that have words.
func (b *binder) leaf(t *sigma.Test) *node {
	if t.Field == "" {
		var kids []*node
		for _, f := range b.fields.keywords {
			kids = append(kids, &node{op: sigma.Leaf, test: t, field: f, other: -1})
		}
		return join(sigma.Or, kids)
	}
	n := &node{op: sigma.Leaf, test: t, field: b.find(t.Field), other: -1}
	if t.Kind == sigma.SameField {
		n.other = b.find(t.Other)
	}
	switch {
	case n.field < 0 && t.Kind == sigma.Absent:
		return always
	case n.field < 0, t.Kind == sigma.SameField && n.other < 0:
		return never
	case t.Kind == sigma.Equals && (t.Text == "" || t.Text == "-"):
		absent := &node{op: sigma.Leaf, test: absentTest(t), field: n.field, other: -1}
		return join(sigma.Or, []*node{absent, n})
	}
	return n
}

// absentTest is the test that the field of t is absent, in its place.
func absentTest(t *sigma.Test) *sigma.Test {
	return &sigma.Test{Kind: sigma.Absent, Field: t.Field, Item: t.Item, Value: t.Value}
}

func (b *binder) find(name string) int {
	i := b.fields.index(name)
	if i < 0 && !slices.Contains(b.unknown, name) {
		b.unknown = append(b.unknown, name)
	}
	return i
}

// join makes a node of kids, without those that decide nothing.
func join(op sigma.Op, kids []*node) *node {
	if op == sigma.Not {
		switch kid := kids[0]; kid.op {
		case sigma.Always:
			return never
		case sigma.Never:
			return always
		case sigma.Not:
			return kid.kids[0]
		}
		return &node{op: op, kids: kids}
	}
	decides, idle := sigma.Never, sigma.Always
	if op == sigma.Or {
		decides, idle = idle, decides
	}
	var left []*node
	for _, kid := range kids {
		switch kid.op {
		case decides:
			return kid
		case idle:
		case op:
			left = append(left, kid.kids...)
		default:
			left = append(left, kid)
		}
	}
	switch len(left) {
	case 0:
		return &node{op: idle}
	case 1:
		return left[0]
	}
	return &node{op: op, kids: left}
}

// key tells tests apart: two leaves with one key ask the same.
func (n *node) key() string {
	t := n.test
	key := fmt.Sprintf("%d|%d|%t|", t.Kind, n.field, t.Cased)
	switch t.Kind {
	case sigma.Glob:
		for _, piece := range t.Pattern {
			key += fmt.Sprintf("%d%q", piece.Wild, piece.Literal)
		}
		return key
	case sigma.Regex:
		return key + t.Expression.String()
	case sigma.CIDR:
		return key + t.Network.String()
	case sigma.Compare, sigma.TimePart:
		return key + fmt.Sprintf("%d|%s|%g", t.Relation, t.Part, t.Number)
	case sigma.SameField:
		return key + fmt.Sprintf("%d|%d", t.Relation, n.other)
	}
	return key + t.Text
}
