package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Query is a parsed query. Its nodes must not be changed. Nil is a query that
// holds for every event.
type Query struct {
	Root Node // nil: holds for every event
}

// Span is a place in the input, in Unicode code points.
type Span struct {
	Position int
	Length   int
}

// Place returns the span itself; every node has it.
func (s Span) Place() Span { return s }

// Node is an *And, *Or, *Not or *Term.
type Node interface {
	Place() Span
	write(b *strings.Builder)
}

// And holds if all its nodes do. It has two or more.
type And struct {
	Span
	Nodes []Node
}

// Or holds if one of its nodes does. It has two or more.
type Or struct {
	Span
	Nodes []Node
}

// Not holds if its node does not.
type Not struct {
	Span
	Node Node
}

// Term holds if one of its values fits the field.
type Term struct {
	Span
	Field  *Field // nil: a bare word, looked for in image and command line
	Values []Value
}

// Op is how a value is compared.
type Op uint8

// The operators. The zero value is equality, or whatever the field's Match says.
const (
	Is Op = iota
	IsNot
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Between // both ends included
	Present // any value that is known
	Empty   // an empty or unknown value
)

var opText = [...]string{IsNot: "!=", Less: "<", LessOrEqual: "<=", Greater: ">", GreaterOrEqual: ">="}

// Value is one value of a term. Which fields are set depends on the type of
// the term's field; none are for Present and Empty.
type Value struct {
	Span
	Op      Op
	Pattern Pattern // Text, Privilege, Capability
	// Number, Decimal (hundredths), Size (bytes), Duration (microseconds), Boolean
	// (0 or 1), Enum (index into Field.Values); High for Between only.
	Number, High uint64
	Time, Until  Moment    // Time; Until for Between only
	Hex          string    // Hash: lower-case digits, 6 or more
	Key          event.Key // GUID
	Mask         uint64    // Privilege, Capability: one of these bits
}

// Moment is a time as it was written: a span of that width, from At.
type Moment struct {
	At    time.Time // UTC, whole microseconds
	Width time.Duration
}

// Numbers returns the numbers that v stands for, both ends included; ok is
// false if there is none. For IsNot they are those that it excludes.
func (v *Value) Numbers() (low, high uint64, ok bool) {
	const most = 1<<64 - 1
	switch v.Op {
	case Less:
		return 0, v.Number - 1, v.Number > 0
	case LessOrEqual:
		return 0, v.Number, true
	case Greater:
		return v.Number + 1, most, v.Number < most
	case GreaterOrEqual:
		return v.Number, most, true
	case Between:
		return v.Number, v.High, true
	}
	return v.Number, v.Number, true
}

// Times returns the span of times that v stands for, from inclusive, to
// exclusive; a zero time is an open end. For IsNot it is what it excludes.
func (v *Value) Times() (from, to time.Time) {
	start, end := v.Time.At, v.Time.At.Add(v.Time.Width)
	switch v.Op {
	case Less:
		return time.Time{}, start
	case LessOrEqual:
		return time.Time{}, end
	case Greater:
		return end, time.Time{}
	case GreaterOrEqual:
		return start, time.Time{}
	case Between:
		return start, v.Until.At.Add(v.Until.Width)
	}
	return start, end
}

// Terms returns what must all hold: the nodes of the uppermost AND, or the one
// node that there is. They are the chips of a filter bar.
func (q *Query) Terms() []Node {
	if q == nil {
		return nil
	}
	switch n := q.Root.(type) {
	case nil:
		return nil
	case *And:
		return n.Nodes
	default:
		return []Node{n}
	}
}

// String returns the query in its canonical form, which parses to the same
// nodes. Relative times have become absolute.
func (q *Query) String() string {
	if q == nil || q.Root == nil {
		return ""
	}
	return Format(q.Root)
}

// Format returns the canonical form of one node.
func Format(n Node) string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *And) write(b *strings.Builder) { writeNodes(b, n.Nodes, " ") }
func (n *Or) write(b *strings.Builder)  { writeNodes(b, n.Nodes, " OR ") }

func writeNodes(b *strings.Builder, nodes []Node, between string) {
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(between)
		}
		writeGrouped(b, n)
	}
}

func writeGrouped(b *strings.Builder, n Node) {
	switch n.(type) {
	case *And, *Or:
		b.WriteByte('(')
		n.write(b)
		b.WriteByte(')')
	default:
		n.write(b)
	}
}

func (n *Not) write(b *strings.Builder) {
	if _, twice := n.Node.(*Not); twice {
		b.WriteString("NOT ")
	} else {
		b.WriteByte('-')
	}
	writeGrouped(b, n.Node)
}

func (n *Term) write(b *strings.Builder) {
	if n.Field == nil {
		b.WriteString(quoteWord(n.Values[0].Pattern.String()))
		return
	}
	b.WriteString(n.Field.Name)
	b.WriteByte(':')
	if len(n.Values) == 1 {
		n.Values[0].write(b, n.Field)
		return
	}
	b.WriteByte('(')
	for i := range n.Values {
		if i > 0 {
			b.WriteString(" OR ")
		}
		n.Values[i].write(b, n.Field)
	}
	b.WriteByte(')')
}

func (v *Value) write(b *strings.Builder, f *Field) {
	switch v.Op {
	case Present:
		b.WriteByte('*')
		return
	case Empty:
		b.WriteString(`""`)
		return
	}
	b.WriteString(prefix(v.Op))
	switch f.Type {
	case Text, Privilege, Capability:
		b.WriteString(quoteValue(v.Pattern.String()))
	case Hash:
		b.WriteString(v.Hex)
	case GUID:
		b.WriteString(v.Key.String())
	case Time:
		b.WriteString(v.Time.String())
		if v.Op == Between {
			b.WriteString(".." + v.Until.String())
		}
	default:
		b.WriteString(formatNumber(f, v.Number))
		if v.Op == Between {
			b.WriteString(".." + formatNumber(f, v.High))
		}
	}
}

func formatNumber(f *Field, n uint64) string {
	switch f.Type {
	case Duration:
		return formatDuration(n)
	case Boolean:
		return strconv.FormatBool(n != 0)
	case Enum:
		return f.Values[n]
	case Decimal:
		return formatDecimal(n)
	}
	return strconv.FormatUint(n, 10)
}

// formatDecimal writes n hundredths.
func formatDecimal(n uint64) string {
	text := strconv.FormatUint(n/100, 10)
	if n%100 != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%02d", n%100), "0")
	}
	return text
}

// formatDuration writes n microseconds in the largest units that fit.
func formatDuration(n uint64) string {
	var s strings.Builder
	for _, u := range durationUnits {
		if n >= u.size {
			fmt.Fprintf(&s, "%d%s", n/u.size, u.name)
			n %= u.size
		}
	}
	if s.Len() == 0 {
		return "0s"
	}
	return s.String()
}

// String returns the moment in RFC 3339, cut to its width.
func (m Moment) String() string {
	layout := "2006-01-02"
	for _, l := range momentLayouts {
		if l.width == m.Width {
			layout = l.canonical
		}
	}
	return m.At.Format(layout)
}

// quoteWord quotes a bare word where it would mean something else.
func quoteWord(s string) string {
	if strings.HasPrefix(s, "-") || strings.Contains(s, ":") {
		return quote(s)
	}
	return quoteValue(s)
}

// quoteValue quotes a value that could not stand without.
func quoteValue(s string) string {
	if s == "" || s == "AND" || s == "OR" || s == "NOT" || strings.ContainsFunc(s, endsWord) {
		return quote(s)
	}
	return s
}

// quote puts s in quotes. Backslashes double only before a quote.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, r := range s {
		if r == '"' {
			b.WriteString(strings.Repeat(`\`, slashes+1))
		}
		if r == '\\' {
			slashes++
		} else {
			slashes = 0
		}
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat(`\`, slashes))
	b.WriteByte('"')
	return b.String()
}
