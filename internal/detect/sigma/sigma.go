// Package sigma reads Sigma: rules, correlations and filters, as specified in
// version 2.1, into trees of simple tests.
//
// It promises that nothing in a file is passed over in silence: a modifier, a
// member or a value that it does not understand is an error that names the file,
// the line and the reason. What it returns can be evaluated to the letter. It
// knows nothing of events: which fields there are, and how a whole set of rules
// is evaluated at once, is for package detect.
package sigma

import (
	"net/netip"
	"time"

	"github.com/eljefe/eljefe/internal/detect/regex"
)

// Limits on what one file may hold. The largest of SigmaHQ's rules has 50 kB and
// fewer than 2,000 values.
const (
	MaxFile  = 512 << 10 // bytes of a file
	maxTests = 20_000    // simple tests of a rule, after modifiers made several of one value
	maxDepth = 64        // of parentheses, and of lists within maps
	maxText  = 1 << 16   // bytes of a description
	maxWord  = 1 << 10   // bytes of a title, an author, a name
	maxList  = 1_000     // references, tags, false positives
)

// A Document is one document of a file: a rule, a correlation or a filter.
type Document struct {
	Header
	File string // as given to Read
	Line int    // of the document's begin, from 1

	// One of these is set.
	Rule        *Rule
	Correlation *Correlation
	Filter      *Filter
}

// Header is what all kinds of document say of themselves. Whoever shows a match
// shows the author too: the licence of most public rules asks for it.
type Header struct {
	ID             string // a UUID in lower case; "" where there is none
	Name           string // by which correlations and filters speak of it
	Title          string
	Status         string
	Description    string
	Author         string
	License        string
	Date           string
	Modified       string
	Level          Level
	References     []string
	Tags           []string
	FalsePositives []string
	Fields         []string // that an analyst should be shown
}

// Level is how bad a match is.
type Level string

// The levels, rising. A rule that names none is Medium.
const (
	Informational Level = "informational"
	Low           Level = "low"
	Medium        Level = "medium"
	High          Level = "high"
	Critical      Level = "critical"
)

// Levels are all levels, rising.
func Levels() []Level { return []Level{Informational, Low, Medium, High, Critical} }

// Logsource says which events a rule is about. Empty members say nothing.
type Logsource struct {
	Category, Product, Service string
}

// A Rule is about single events.
type Rule struct {
	Logsource Logsource
	Condition *Expr
	Items     []*Item // all that stand in its detection, in their order
}

// A Filter is a further condition of other rules: they match only where it holds
// too. One that leaves something out says so: "not selection".
type Filter struct {
	Logsource Logsource
	Rules     []Reference // none: all rules of the log source
	Condition *Expr
	Items     []*Item
}

// A Reference names a rule by its id, its name or its title.
type Reference struct {
	Text string
	Line int
}

// CorrelationType is a way to correlate.
type CorrelationType string

// The types.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
)

// A Correlation is about several matches of rules, or of other correlations.
type Correlation struct {
	Type     CorrelationType
	Rules    []Reference
	Generate bool // the rules of the same file match by themselves too
	GroupBy  []string
	Timespan time.Duration
	Field    string // whose values are counted, of a ValueCount

	// Aliases give the field of a rule, by its name, for a word in GroupBy.
	Aliases map[string]map[string]string

	// The bounds of the count. Most is -1 where there is none. Of a temporal
	// correlation it is the number of its rules that must have matched.
	Least, Most int
	Line        int
}

// Op is what a node of a condition does.
type Op uint8

// The operations. Never and Always come of empty lists.
const (
	Leaf Op = iota
	And
	Or
	Not
	Never
	Always
)

// An Expr is a node of a condition.
type Expr struct {
	Op        Op
	Kids      []*Expr
	Test      *Test  // of a Leaf
	Selection string // the name of the selection that this node is the whole of; else ""
}

// Kind is a kind of test.
type Kind uint8

// The kinds.
const (
	Equals    Kind = iota // the value is Text
	Prefix                // the value begins with Text
	Suffix                // the value ends with Text
	Contains              // the value contains Text
	Glob                  // the value fits Pattern
	Regex                 // Expression matches somewhere in the value
	CIDR                  // the value is an address in Network
	Compare               // the value, a number, compares to Number as Relation says
	TimePart              // the same of a part of the value, a time
	Exists                // the field is there
	Absent                // the field is not there
	SameField             // the value compares to that of the field Other, as Relation says
)

// A Test is one question about one field. But for Absent, the answer is no
// where the field is not there.
type Test struct {
	Kind  Kind
	Field string // "": any field
	Text  string // in lower case, unless Cased
	Cased bool

	Pattern    Pattern // in lower case, unless Cased
	Expression *regex.Expression
	Network    netip.Prefix
	Relation   Relation
	Number     float64
	Part       string // of a time: minute, hour, day, week, month, year
	Other      string

	Item  *Item // where it comes from
	Value int   // which of the item's values
}

// Relation is how two values compare.
type Relation uint8

// The relations: of numbers, and of the texts of two fields.
const (
	Same Relation = iota
	Less
	LessOrSame
	Greater
	GreaterOrSame
	Begins
	Ends
	Has
)

// An Item is what a rule says of one field: "Image|endswith: [a, b]".
type Item struct {
	Selection string
	Field     string // "": a keyword, looked for in all fields
	Modifiers []string
	Values    []Value
	Line      int
}

// A Value is a value as it stands in the rule.
type Value struct {
	Text string
	Null bool
	Line int

	// Lists are what stood for the placeholders in Text; nil without "expand".
	Lists []string
}

// Holds tells whether a relation of numbers holds between two that compare as
// order says: less than 0, 0, or more.
func (r Relation) Holds(order int) bool {
	switch r {
	case Same:
		return order == 0
	case Less:
		return order < 0
	case LessOrSame:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterOrSame:
		return order >= 0
	}
	return false
}
