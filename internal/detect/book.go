package detect

import (
	"container/list"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// What a chain keeps at most. An entry takes about 150 bytes.
const (
	maxGroups  = 10_000
	maxEntries = 100_000
)

// A book is what is kept for one chain.
type book struct {
	chain     *chain
	groups    map[string]*group
	quiet     *list.List // of *group, the one that was quiet longest first
	entries   int        // of all groups
	forgotten uint64
}

// A group is the matches that belong together.
type group struct {
	key     string
	values  []string
	entries []entry // by their times
	firing  bool    // it was true at the last event
	quiet   *list.Element

	distinct map[string]int // where values are counted: how many entries have each

	last event.Process // where the count has an upper bound: the last event
}

// An entry is one match.
type entry struct {
	Evidence
	place int
}

func newBook(ch *chain) *book {
	return &book{chain: ch, groups: map[string]*group{}, quiet: list.New()}
}

// take goes on with what an older book knew. Rules have other numbers now.
func (b *book) take(old *book, s, before *Set) {
	b.groups, b.quiet, b.entries, b.forgotten = old.groups, old.quiet, old.entries, old.forgotten
	for _, g := range b.groups {
		for i := range g.entries {
			rule := before.rules[g.entries[i].Rule]
			g.entries[i].Rule = slices.IndexFunc(s.rules, func(r *Rule) bool { return r.ID == rule.ID && r.Title == rule.Title })
		}
	}
}

// of returns the group with a key, the one that was told of last from now on.
func (b *book) of(key string, values []string) *group {
	if g, ok := b.groups[key]; ok {
		b.quiet.MoveToBack(g.quiet)
		return g
	}
	g := &group{key: key, values: values}
	g.quiet = b.quiet.PushBack(g)
	b.groups[key] = g
	return g
}

func (b *book) drop(g *group) {
	b.quiet.Remove(g.quiet)
	delete(b.groups, g.key)
	b.entries -= len(g.entries)
}

// bound forgets groups while there are too many.
func (b *book) bound() {
	for len(b.groups) > maxGroups || b.entries > maxEntries {
		b.drop(b.quiet.Front().Value.(*group))
		b.forgotten++
	}
}

// add takes an event that matched the rules at some places, and returns what it
// made complete.
func (b *book) add(c *Correlator, p *event.Process, places []int) []Correlated {
	var touched []*group
	for _, place := range places {
		e := entry{c.evidence(p, b.chain, place), place}
		if b.chain.def.Type == sigma.ValueCount && e.Value == "" {
			continue // there is nothing to count
		}
		g := b.of(c.group(b.chain.groups[place]))
		again := slices.Contains(touched, g)
		if again && isCount(b.chain.def) {
			continue // one event, whatever number of rules it matched
		}
		if !again {
			touched = append(touched, g)
		}
		before := len(g.entries)
		if b.chain.def.Most < 0 {
			g.slide(e, b.chain.def)
		} else {
			g.last = *p
			if !g.decided(e, b.chain.def) {
				g.entries = append(g.entries, e)
			}
		}
		b.entries += len(g.entries) - before
	}
	var all []Correlated
	for _, g := range touched {
		if b.chain.def.Most >= 0 {
			continue // decided when the span ends
		}
		from, to, n := g.window(b.chain.def, p.Time)
		if n > 0 && !g.firing {
			all = append(all, g.made(b.chain, from, to, n))
		}
		g.firing = n > 0
	}
	b.bound()
	return all
}

// slide puts an entry in its place by time, and forgets those that can be in no
// span with it. So a clock that was wrong for a while does no lasting harm.
func (g *group) slide(e entry, d *sigma.Correlation) {
	g.cut(0, g.find(e.Time.Add(-d.Timespan)))
	g.cut(g.find(e.Time.Add(d.Timespan+1)), len(g.entries))
	at := len(g.entries)
	for at > 0 && (g.entries[at-1].Time.After(e.Time) || g.entries[at-1].Time.Equal(e.Time) && g.entries[at-1].place > e.place) {
		at--
	}
	g.entries = slices.Insert(g.entries, at, e)
	if d.Type == sigma.ValueCount {
		if g.distinct == nil {
			g.distinct = map[string]int{}
		}
		g.distinct[strings.ToLower(e.Value)]++
	}
	// More than twice what is asked for cannot be needed: half may be later.
	most := 2*d.Least + 2
	switch {
	case d.Type == sigma.ValueCount:
		most = max(8*d.Least, 64)
	case !isCount(d):
		most = 64 * len(d.Rules)
	}
	g.cut(0, len(g.entries)-most)
}

// find returns the place of the first entry that is not before a time.
func (g *group) find(at time.Time) int {
	i, _ := slices.BinarySearchFunc(g.entries, at, func(e entry, at time.Time) int {
		if e.Time.Before(at) {
			return -1
		}
		return 1
	})
	return i
}

// cut forgets the entries from a place to another.
func (g *group) cut(from, to int) {
	if from >= to {
		return
	}
	if g.distinct != nil {
		for _, e := range g.entries[from:to] {
			value := strings.ToLower(e.Value)
			if g.distinct[value]--; g.distinct[value] == 0 {
				delete(g.distinct, value)
			}
		}
	}
	if from == 0 {
		clear(g.entries[:to])
		g.entries = g.entries[to:]
		return
	}
	g.entries = slices.Delete(g.entries, from, to)
}

// decided tells whether an entry changes nothing of a count that has an upper
// bound: there are too many already in the span, or its value was counted.
func (g *group) decided(e entry, d *sigma.Correlation) bool {
	if len(g.entries) == 0 || e.Time.Sub(g.entries[0].Time) > d.Timespan {
		return false
	}
	span := g.entries[:min(len(g.entries), d.Most+1)]
	for i, other := range span {
		if other.Time.Sub(g.entries[0].Time) > d.Timespan {
			span = span[:i]
			break
		}
	}
	return len(span) > d.Most || d.Type == sigma.ValueCount && slices.ContainsFunc(span, func(other entry) bool { return strings.EqualFold(other.Value, e.Value) })
}

// window looks for a span that holds a time and has what the correlation asks for:
// entries from to to, that count n. n is 0 if there is none.
func (g *group) window(d *sigma.Correlation, at time.Time) (from, to, n int) {
	if last := len(g.entries) - 1; isCount(d) && last >= 0 && !g.entries[last].Time.After(at) {
		// It is the last one, and all are in a span with it.
		n = last + 1
		if d.Type == sigma.ValueCount {
			n = len(g.distinct)
		}
		if n < d.Least {
			n = 0
		}
		return 0, last + 1, n
	}
	end := 0
	for from = range g.entries {
		begin := g.entries[from].Time
		for end < len(g.entries) && g.entries[end].Time.Sub(begin) <= d.Timespan {
			end++
		}
		if begin.After(at) {
			break
		}
		if g.entries[end-1].Time.Before(at) {
			continue
		}
		if n := count(d, g.entries[from:end]); n >= d.Least {
			return from, end, n
		}
	}
	return 0, 0, 0
}

// count counts entries as the correlation does.
func count(d *sigma.Correlation, entries []entry) int {
	switch d.Type {
	case sigma.EventCount:
		return len(entries)
	case sigma.ValueCount:
		values := map[string]bool{}
		for _, e := range entries {
			values[strings.ToLower(e.Value)] = true
		}
		return len(values)
	case sigma.Temporal:
		places := map[int]bool{}
		for _, e := range entries {
			places[e.place] = true
		}
		return len(places)
	}
	next := 0 // in their order: the earliest of each is as good as any
	for _, e := range entries {
		if e.place == next {
			next++
		}
	}
	return next
}

// An ended is a correlation that was decided when its span ended.
type ended struct {
	Correlated
	last event.Process
}

// end decides the groups whose span, which begins with their first event, ended
// before a time.
func (b *book) end(at time.Time) []ended {
	var all []ended
	d := b.chain.def
	for el := b.quiet.Front(); el != nil; {
		g := el.Value.(*group)
		el = el.Next()
		slices.SortStableFunc(g.entries, func(a, b entry) int { return a.Time.Compare(b.Time) })
		for len(g.entries) > 0 && g.entries[0].Time.Add(d.Timespan).Before(at) {
			end := 1
			for end < len(g.entries) && g.entries[end].Time.Sub(g.entries[0].Time) <= d.Timespan {
				end++
			}
			if n := count(d, g.entries[:end]); n >= d.Least && n <= d.Most {
				all = append(all, ended{g.made(b.chain, 0, end, n), g.last})
			}
			g.entries = slices.Delete(g.entries, 0, end)
			b.entries -= end
		}
		if len(g.entries) == 0 {
			b.drop(g)
		}
	}
	return all
}

// made is the match that some entries are.
func (g *group) made(ch *chain, from, to, n int) Correlated {
	c := Correlated{Rule: ch.rule, Group: g.values, Count: n, From: g.entries[from].Time, To: g.entries[to-1].Time}
	for _, e := range g.entries[max(from, to-maxEvidence):to] {
		c.Events = append(c.Events, e.Evidence)
	}
	return c
}
