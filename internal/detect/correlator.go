package detect

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// A Correlated is a match of a correlation.
type Correlated struct {
	Rule     int       // its number in the set
	Group    []string  // the values by which it groups, in the order of group-by; hostile
	Count    int       // of events, of values or of rules, as the correlation counts
	From, To time.Time // of the first and the last event of it, by the events' times

	// Events are what it was made of, the last ones where they are many.
	Events []Evidence
}

// Evidence is an event that a correlation was made of.
type Evidence struct {
	Rule    int // that it matched
	Time    time.Time
	Station string
	Key     event.Key // of the process
	Value   string    // that was counted; hostile
}

// maxEvidence is how many events of one match are told.
const maxEvidence = 100

// A Correlator follows the matches of a set's rules over time, by the times of the
// events. What it keeps is bounded: groups that were quiet longest are forgotten
// first, and counted. It may be used by several goroutines.
//
// It is of one process: where several servers share a database, each follows the
// stations that report to it.
type Correlator struct {
	set *Set

	mu     sync.Mutex
	values *values
	books  []*book // by chain
	due    [][]int // by chain: the places that the current event matched
}

// Correlator returns a new Correlator of the set. What before knows of correlations
// that are the same in both sets goes on; before must not be used any more, and may
// be nil.
func (s *Set) Correlator(before *Correlator) *Correlator {
	c := &Correlator{set: s, values: newValues(s.fields.list), due: make([][]int, len(s.chains))}
	for _, ch := range s.chains {
		b := newBook(ch)
		if old := before.same(s, ch); old != nil {
			b.take(old, s, before.set)
		}
		c.books = append(c.books, b)
	}
	return c
}

// same returns the book of the correlation that ch is too.
func (c *Correlator) same(s *Set, ch *chain) *book {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, old := range c.books {
		a, b := *old.chain.def, *ch.def
		a.Line, b.Line = 0, 0
		a.Rules, b.Rules = nil, nil // they may stand on other lines; what they name is in inputs
		if c.set.rules[old.chain.rule].ID == s.rules[ch.rule].ID && reflect.DeepEqual(a, b) && reflect.DeepEqual(old.chain.inputs, ch.inputs) {
			return old
		}
	}
	return nil
}

// Set returns the set that c is of.
func (c *Correlator) Set() *Set { return c.set }

// Forgotten returns how many groups had to be forgotten before their time.
func (c *Correlator) Forgotten() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var n uint64
	for _, b := range c.books {
		n += b.forgotten
	}
	return n
}

// Add takes an event and the rules that it matched, as Matcher.Match returned them,
// and returns the correlations that it made complete. A correlation is told when it
// becomes true, and again only when it was not in between.
func (c *Correlator) Add(p *event.Process, found []int) []Correlated {
	if !c.fed(found) {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values.fill(p)
	for _, rule := range found {
		c.feed(rule)
	}
	return c.run(p)
}

// fed tells whether a correlation rests on one of the rules.
func (c *Correlator) fed(found []int) bool {
	for _, rule := range found {
		if len(c.set.feeds[rule]) > 0 {
			return true
		}
	}
	return false
}

func (c *Correlator) feed(rule int) {
	for _, f := range c.set.feeds[rule] {
		c.due[f.chain] = append(c.due[f.chain], f.place)
	}
}

// run tells the current event to the chains that are due: first to those on which
// others rest.
func (c *Correlator) run(p *event.Process) []Correlated {
	var all []Correlated
	for i, b := range c.books {
		if len(c.due[i]) == 0 {
			continue
		}
		for _, made := range b.add(c, p, c.due[i]) {
			c.feed(made.Rule)
			all = c.note(all, made)
		}
		c.due[i] = c.due[i][:0]
	}
	return all
}

// note keeps a match, if it is of account by itself.
func (c *Correlator) note(all []Correlated, made Correlated) []Correlated {
	if c.set.rules[made.Rule].Part {
		return all
	}
	return append(all, made)
}

// Advance tells that no more events from before a time are to be expected. It
// returns the correlations with an upper bound, such as "at most 3 in an hour",
// whose span ended before: they can be decided only then.
func (c *Correlator) Advance(to time.Time) []Correlated {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Correlated
	for _, b := range c.books {
		if b.chain.def.Most < 0 {
			continue
		}
		for _, ended := range b.end(to) {
			all = c.note(all, ended.Correlated)
			c.values.fill(&ended.last)
			c.feed(ended.Rule)
			all = append(all, c.run(&ended.last)...)
		}
	}
	return all
}

// group returns what an event belongs to: the values of the fields that divide the
// matches of a rule. A field that is absent is a value too.
func (c *Correlator) group(fields []int) (key string, values []string) {
	values = make([]string, len(fields))
	for i, f := range fields {
		values[i] = c.values.list[f].string()
	}
	return strings.ToLower(strings.Join(values, "\x00")), values
}

// evidence is the current event, as a rule's match.
func (c *Correlator) evidence(p *event.Process, ch *chain, place int) Evidence {
	e := Evidence{Time: p.Time, Station: p.Station, Key: p.Key(), Rule: ch.rules[place]}
	if f := ch.counts[place]; f >= 0 {
		e.Value = c.values.list[f].string()
	}
	return e
}

// isCount tells whether a correlation counts events or values, not rules.
func isCount(d *sigma.Correlation) bool {
	return d.Type == sigma.EventCount || d.Type == sigma.ValueCount
}
