package detect

import (
	"fmt"
	"slices"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// A chain is a correlation, with the fields that it speaks of.
type chain struct {
	rule   int // its number in the set
	def    *sigma.Correlation
	inputs []string // what its rules are, to tell a changed correlation from the same

	// By the place of a rule in the correlation: its number, the fields that divide
	// its matches into groups, and the one whose values are counted, or -1.
	rules  []int
	groups [][]int
	counts []int
}

// A feed tells that the matches of a rule go to a chain, where the rule has a place.
type feed struct{ chain, place int }

// dropBroken refuses the correlations that cannot be followed, and with them those
// that rest on them.
func (b *builder) dropBroken() {
	for {
		left := b.set.rules[:0:0]
		for _, r := range b.set.rules {
			if r.Correlation != nil {
				if line, err := b.check(r); err != nil {
					b.refuse(r.Document, line, "the correlation: %v", err)
					continue
				}
			}
			left = append(left, r)
		}
		if len(left) == len(b.set.rules) {
			return
		}
		b.set.rules = left
		b.index()
	}
}

// check says what is wrong with a correlation, and on which line.
func (b *builder) check(r *Rule) (line int, err error) {
	for _, ref := range r.Correlation.Rules {
		i, err := b.find(ref, r.File)
		if err != nil {
			return ref.Line, err
		}
		if b.restsOn(b.set.rules[i], r, nil) {
			return ref.Line, fmt.Errorf("%s rests on this correlation itself", ref.Text)
		}
		if _, err := b.fieldsOf(r.Correlation, ref.Text); err != nil {
			return r.Correlation.Line, err
		}
	}
	return 0, nil
}

// restsOn tells whether a correlation leads to another.
func (b *builder) restsOn(r, on *Rule, seen []*Rule) bool {
	if r == on {
		return true
	}
	if r.Correlation == nil || slices.Contains(seen, r) {
		return false
	}
	for _, ref := range r.Correlation.Rules {
		if i, err := b.find(ref, r.File); err == nil && b.restsOn(b.set.rules[i], on, append(seen, r)) {
			return true
		}
	}
	return false
}

// fieldsOf returns the fields by which a correlation groups the matches of one of
// its rules, and behind them the one that it counts, or -1.
func (b *builder) fieldsOf(c *sigma.Correlation, rule string) ([]int, error) {
	resolve := func(name string) (int, error) {
		if fields, ok := c.Aliases[name]; ok {
			if name, ok = fields[rule]; !ok {
				return 0, fmt.Errorf("an alias in group-by says nothing of the rule %s", rule)
			}
		}
		i := b.set.fields.index(name)
		if i < 0 {
			return 0, fmt.Errorf("no event has the field %s, by which it groups or counts", name)
		}
		return i, nil
	}
	var all []int
	for _, name := range c.GroupBy {
		i, err := resolve(name)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	if c.Field == "" {
		return append(all, -1), nil
	}
	i, err := resolve(c.Field)
	return append(all, i), err
}

// link makes the chains, each behind those that it rests on.
func (b *builder) link() {
	b.set.feeds = make([][]feed, len(b.set.rules))
	linked := make([]bool, len(b.set.rules))
	var visit func(rule int)
	visit = func(rule int) {
		r := b.set.rules[rule]
		if r.Correlation == nil || linked[rule] {
			return
		}
		linked[rule] = true
		ch := &chain{rule: rule, def: r.Correlation}
		for _, ref := range r.Correlation.Rules {
			i, _ := b.find(ref, r.File) // checked
			visit(i)
			fields, _ := b.fieldsOf(r.Correlation, ref.Text)
			last := len(fields) - 1
			ch.groups, ch.counts = append(ch.groups, fields[:last]), append(ch.counts, fields[last])
			input := b.set.rules[i]
			ch.inputs = append(ch.inputs, input.ID+"\x00"+input.Title)
			ch.rules = append(ch.rules, i)
		}
		for place, i := range ch.rules {
			b.set.feeds[i] = append(b.set.feeds[i], feed{len(b.set.chains), place})
		}
		b.set.chains = append(b.set.chains, ch)
	}
	for i := range b.set.rules {
		visit(i)
	}
}
