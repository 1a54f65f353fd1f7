package detect

import (
	"fmt"
	"strings"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// maxTests is how many tests the rules of a set may come to together: their
// automata must fit in memory.
const maxTests = 250_000

// A Compiled is a set, and what is to be said of its making.
type Compiled struct {
	Set *Set

	// Refused is what is wrong: these documents, or that part of them, are not in
	// the set.
	Refused []*sigma.Error
	// Skipped are rules about logs that are not recorded.
	Skipped []*sigma.Error
}

// builder makes a set.
type builder struct {
	Compiled
	set     *Set
	filters []*sigma.Document
	names   map[string][]int // rules by name and by title
	tests   int
}

// Compile makes a set of documents. What cannot be used of them is told, and all
// else is in the set.
func Compile(docs []*sigma.Document) Compiled {
	b := &builder{set: &Set{byID: map[string]int{}, fields: theFields()}, names: map[string][]int{}}
	b.Set = b.set
	b.collect(docs)
	b.index()
	b.dropBroken()
	b.markParts()
	for _, f := range b.filters {
		b.spread(f)
	}
	var numbers [routes][]int
	var conditions [routes][]*node
	for i, r := range b.set.rules {
		var n *node
		if r.Rule != nil {
			n = b.bind(r)
			ways, _ := routesOf(r.Rule.Logsource) // asked before
			for _, way := range ways {
				if n.op != sigma.Never {
					numbers[way], conditions[way] = append(numbers[way], i), append(conditions[way], n)
				}
			}
		}
		b.set.bound = append(b.set.bound, n)
	}
	for way := range routes {
		b.set.engines[way] = newEngine(b.set.fields, numbers[way], conditions[way])
	}
	b.link()
	return b.Compiled
}

// refuse notes that a document, or a line of it, is not in the set.
func (b *builder) refuse(d *sigma.Document, line int, format string, args ...any) {
	b.Refused = append(b.Refused, problem(d, line, format, args...))
}

func problem(d *sigma.Document, line int, format string, args ...any) *sigma.Error {
	return &sigma.Error{File: d.File, Line: line, ID: d.ID, Title: d.Title, Reason: fmt.Sprintf(format, args...)}
}

// collect takes the documents that have a place in the set.
func (b *builder) collect(docs []*sigma.Document) {
	ids := map[string]*sigma.Document{}
	for _, d := range docs {
		if first, twice := ids[d.ID]; twice && d.ID != "" {
			b.refuse(d, d.Line, "the id %s is that of %q in %s, line %d, too; give one of them another", d.ID, first.Title, first.File, first.Line)
			continue
		}
		ids[d.ID] = d
		if d.Filter != nil {
			b.filters = append(b.filters, d)
			continue
		}
		if d.Rule != nil {
			if _, err := routesOf(d.Rule.Logsource); err != nil {
				b.Skipped = append(b.Skipped, problem(d, d.Line, "%v", err))
				continue
			}
			if b.tests += countTests(d.Rule.Condition); b.tests > maxTests {
				b.refuse(d, d.Line, "the rules before it come to %d tests, which is the most that is taken; disable some", maxTests)
				continue
			}
		}
		b.set.rules = append(b.set.rules, &Rule{Document: d})
	}
}

// index numbers the rules.
func (b *builder) index() {
	clear(b.set.byID)
	clear(b.names)
	for i, r := range b.set.rules {
		if r.ID != "" {
			b.set.byID[r.ID] = i
		}
		b.names[r.Title] = append(b.names[r.Title], i)
		if r.Name != "" && r.Name != r.Title {
			b.names[r.Name] = append(b.names[r.Name], i)
		}
	}
}

func countTests(e *sigma.Expr) int {
	if e.Op == sigma.Leaf {
		return 1
	}
	n := 0
	for _, kid := range e.Kids {
		n += countTests(kid)
	}
	return n
}

// find returns the rule that a reference names: by its id, or by its name, first
// in the same file, or else by its title.
func (b *builder) find(r sigma.Reference, file string) (int, error) {
	if i, ok := b.set.byID[strings.ToLower(r.Text)]; ok {
		return i, nil
	}
	var found []int
	for _, i := range b.names[r.Text] {
		d := b.set.rules[i]
		if d.Name == r.Text && d.File == file {
			return i, nil
		}
		found = append(found, i)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, fmt.Errorf("there is no rule with the id or name %s among those in use", r.Text)
	}
	return 0, fmt.Errorf("%s is the name of %d rules; name the id", r.Text, len(found))
}

// markParts finds the rules that are only there for a correlation of their file.
func (b *builder) markParts() {
	for _, r := range b.set.rules {
		if r.Correlation == nil || r.Correlation.Generate {
			continue
		}
		for _, ref := range r.Correlation.Rules {
			if i, err := b.find(ref, r.File); err == nil && b.set.rules[i].File == r.File {
				b.set.rules[i].Part = true
			}
		}
	}
}

// spread gives a filter to the rules that it is for.
func (b *builder) spread(f *sigma.Document) {
	log := f.Filter.Logsource
	if f.Filter.Rules == nil {
		for _, r := range b.set.rules {
			if r.Rule != nil && within(r.Rule.Logsource, log) {
				r.Filters = append(r.Filters, f)
			}
		}
		return
	}
	for _, ref := range f.Filter.Rules {
		i, err := b.find(ref, f.File)
		if err != nil {
			b.refuse(f, ref.Line, "the filter: %v", err)
			continue
		}
		switch r := b.set.rules[i]; {
		case r.Rule == nil:
			b.refuse(f, ref.Line, "%q is a correlation; a filter is for rules", r.Title)
		case !within(r.Rule.Logsource, log):
			b.refuse(f, ref.Line, "the filter is for another log source than the rule %q", r.Title)
		default:
			r.Filters = append(r.Filters, f)
		}
	}
}

// within tells whether a log source is one that another names or leaves open.
func within(l, of sigma.Logsource) bool {
	return (of.Category == "" || of.Category == l.Category) && (of.Product == "" || of.Product == l.Product) && (of.Service == "" || of.Service == l.Service)
}

// bind binds the condition of a rule and of its filters to fields.
func (b *builder) bind(r *Rule) *node {
	binding := &binder{fields: b.set.fields}
	parts := []*node{binding.bind(r.Rule.Condition)}
	for _, f := range r.Filters {
		parts = append(parts, binding.bind(f.Filter.Condition))
	}
	n := join(sigma.And, parts)
	for _, name := range binding.unknown {
		r.Warnings = append(r.Warnings, fmt.Sprintf("no event has the field %s: for the rule it is absent from all of them", name))
	}
	switch n.op {
	case sigma.Never:
		r.Warnings = append(r.Warnings, "the rule can match no event")
	case sigma.Always:
		r.Warnings = append(r.Warnings, "the rule matches every event")
	}
	return n
}
