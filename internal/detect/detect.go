// Package detect finds, in events of processes, what Sigma rules look for.
//
// A [Set] is made once of all rules and never changes; [Live] holds the one in
// force and swaps it while others match. A [Matcher] asks all rules of a set about
// one event at once: the texts that rules look for are found in one pass over each
// value, and a rule is looked at only when something was found that it cannot do
// without. A [Correlator] follows what matches over time. [Set.Explain] says of a
// match what it rests on.
//
// It promises that a rule means here what it means by the specification, to the
// letter, and that what it cannot mean is said when the set is made: an unknown
// modifier, a log that is not recorded, a field that no event has. Events are taken
// as they come, with what their station claims. Keeping matches, telling people and
// deciding which rules there are is for others.
package detect

import (
	"sync/atomic"

	"github.com/eljefe/eljefe/internal/detect/sigma"
)

// A Rule is a rule or a correlation of a Set.
type Rule struct {
	*sigma.Document

	// Part tells that matches are of no account by themselves: the rule is there
	// for a correlation of the same file.
	Part bool

	// Filters are the filters that leave something out of the rule.
	Filters []*sigma.Document

	Warnings []string // what to know of it, for people
}

// A Set is the rules that are asked about events, compiled. It is immutable and
// serves any number of goroutines.
type Set struct {
	rules   []*Rule
	byID    map[string]int
	bound   []*node // the condition of each rule; nil for correlations
	engines [routes]*engine
	chains  []*chain    // the correlations, each behind those that it rests on
	feeds   [][]feed    // by rule: the chains that its matches are told to
	fields  *fieldTable // what is known of an event
}

// Rules returns the rules of the set. An index into it is how matches name a
// rule. The slice must not be changed.
func (s *Set) Rules() []*Rule { return s.rules }

// Index returns the index of the rule with an id.
func (s *Set) Index(id string) (int, bool) {
	i, ok := s.byID[id]
	return i, ok
}

// Live holds the set in force. The zero value holds an empty one.
type Live struct{ set atomic.Pointer[Set] }

// Set returns the set in force.
func (l *Live) Set() *Set {
	if s := l.set.Load(); s != nil {
		return s
	}
	l.set.CompareAndSwap(nil, emptySet())
	return l.set.Load()
}

// Swap puts a set in force and returns the one that was. Who matches with the old
// one finishes with it.
func (l *Live) Swap(s *Set) *Set { return l.set.Swap(s) }

// Matcher returns m if it is of the set in force, else a new one. m may be nil.
func (l *Live) Matcher(m *Matcher) *Matcher {
	if s := l.Set(); m == nil || m.set != s {
		return s.Matcher()
	}
	return m
}

func emptySet() *Set { return Compile(nil).Set }
