package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// maxReasons is how many reasons of one match are told.
const maxReasons = 64

// A Reason is one test that a match rests on.
type Reason struct {
	Selection string `json:"selection"`        // of the rule
	Key       string `json:"key"`              // the field and its modifiers, as in the rule: "Image|endswith"
	Value     string `json:"value"`            // as in the rule
	Line      int    `json:"line"`             // of that value in the rule's file
	Filter    string `json:"filter,omitempty"` // the id or title of the filter that it is of; "" for the rule itself

	Field  string `json:"field"`            // the member of the event; Sigma's name where it is made of several
	Text   string `json:"text"`             // what the event has there; hostile
	Begin  int    `json:"begin"`            // where in Text, in bytes
	End    int    `json:"end"`              // Begin and End are equal where it is not about a place
	Absent bool   `json:"absent,omitempty"` // it rests on the field's absence
}

// Explain returns what the match of a rule, by its number, rests on: all tests that
// hold and are wanted to. That others do not hold, behind a "not", has no place to
// be shown at. It returns nothing if the rule does not match.
func (s *Set) Explain(rule int, p *event.Process) []Reason {
	n := s.bound[rule]
	if n == nil {
		return nil
	}
	x := &explainer{set: s, rule: s.rules[rule], values: newValues(s.fields.list)}
	x.values.fill(p)
	if !x.holds(n) {
		return nil
	}
	x.tell(n)
	return x.reasons
}

// explainer asks the tests of one rule one after the other: slower than a run,
// and with all fields at hand.
type explainer struct {
	set     *Set
	rule    *Rule
	values  *values
	reasons []Reason
}

func (x *explainer) holds(n *node) bool {
	switch n.op {
	case sigma.Leaf:
		return x.values.ask(n.test, n.field, n.other)
	case sigma.And:
		for _, kid := range n.kids {
			if !x.holds(kid) {
				return false
			}
		}
		return true
	case sigma.Or:
		for _, kid := range n.kids {
			if x.holds(kid) {
				return true
			}
		}
		return false
	case sigma.Not:
		return !x.holds(n.kids[0])
	}
	return n.op == sigma.Always
}

// tell notes the reasons for which n, which holds, does.
func (x *explainer) tell(n *node) {
	switch n.op {
	case sigma.Leaf:
		if len(x.reasons) < maxReasons {
			x.reasons = append(x.reasons, x.reason(n))
		}
	case sigma.And, sigma.Or:
		for _, kid := range n.kids {
			if x.holds(kid) {
				x.tell(kid)
			}
		}
	}
}

func (x *explainer) reason(n *node) Reason {
	t, v, f := n.test, &x.values.list[n.field], x.set.fields.list[n.field]
	item := t.Item
	r := Reason{
		Selection: item.Selection, Key: item.Key(), Value: item.Values[t.Value].Text, Line: item.Values[t.Value].Line,
		Field: f.own, Text: v.string(), Absent: t.Kind == sigma.Absent,
	}
	if r.Field == "" {
		r.Field = f.name
	}
	if item.Values[t.Value].Null {
		r.Value = "null"
	}
	for _, filter := range x.rule.Filters {
		for _, its := range filter.Filter.Items {
			if its == item {
				r.Filter = filter.ID
				if r.Filter == "" {
					r.Filter = filter.Title
				}
			}
		}
	}
	r.Begin, r.End = locate(t, r.Text)
	return r
}

// locate returns where in a text a test that holds is met.
func locate(t *sigma.Test, text string) (begin, end int) {
	switch t.Kind {
	case sigma.Regex:
		begin, end, _ = t.Expression.Find(text)
		return begin, end
	case sigma.Absent, sigma.Exists:
		return 0, 0
	case sigma.Prefix, sigma.Suffix, sigma.Contains:
	default:
		return 0, len(text)
	}
	low, places := text, []int(nil)
	if !t.Cased {
		low, places = foldPlaces(text)
	}
	switch t.Kind {
	case sigma.Prefix:
		begin = 0
	case sigma.Suffix:
		begin = len(low) - len(t.Text)
	default:
		begin = strings.Index(low, t.Text)
	}
	end = begin + len(t.Text)
	if begin < 0 || end > len(low) {
		return 0, 0 // it does not hold
	}
	if places != nil {
		begin, end = places[begin], places[end]
	}
	return begin, end
}

// foldPlaces returns s as sigma.Fold does, and for each of its bytes, and its end,
// where in s it comes from; nil where that is the same place.
func foldPlaces(s string) (string, []int) {
	low := sigma.Fold(s)
	if ascii(s) || !utf8.ValidString(s) {
		return low, nil
	}
	places := make([]int, 0, len(low)+1)
	for at, r := range s {
		for range utf8.RuneLen(unicode.ToLower(r)) {
			places = append(places, at)
		}
	}
	return low, append(places, len(s))
}
