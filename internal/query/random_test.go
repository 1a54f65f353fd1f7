package query

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// same compares nodes without their places.
func same(a, b Node) bool { return reflect.DeepEqual(unplaced(a), unplaced(b)) }

func unplaced(n Node) Node {
	list := func(nodes []Node) []Node {
		var out []Node
		for _, n := range nodes {
			out = append(out, unplaced(n))
		}
		return out
	}
	switch n := n.(type) {
	case *And:
		return &And{Nodes: list(n.Nodes)}
	case *Or:
		return &Or{Nodes: list(n.Nodes)}
	case *Not:
		return &Not{Node: unplaced(n.Node)}
	case *Term:
		t := &Term{Field: n.Field}
		for _, v := range n.Values {
			v.Span = Span{}
			t.Values = append(t.Values, v)
		}
		return t
	}
	return nil
}

// maker makes random nodes.
type maker struct{ *rand.Rand }

func pick[T any](m maker, list ...T) T { return list[m.IntN(len(list))] }

func (m maker) node(depth int) Node {
	switch n := m.IntN(10); {
	case depth == 0 || n < 5:
		return m.term()
	case n < 6:
		return &Not{Node: m.node(depth - 1)}
	default:
		var nodes []Node
		for range 2 + m.IntN(3) {
			nodes = append(nodes, m.node(depth-1))
		}
		if n < 8 {
			return &And{Nodes: nodes}
		}
		return &Or{Nodes: nodes}
	}
}

func (m maker) term() Node {
	if m.IntN(8) == 0 {
		return &Term{Values: []Value{{Pattern: m.pattern()}}}
	}
	t := &Term{Field: pick(m, Fields()...)}
	for range max(1, m.IntN(4)) {
		t.Values = append(t.Values, m.value(t.Field))
	}
	return t
}

func (m maker) pattern() Pattern {
	for {
		var text string
		for range 1 + m.IntN(5) {
			text += pick(m, "a", "B", "é", "*", "?", "[", "]", `\`, `"`, " ", "(", ")", "-", "AND", ":", "..", ">", "cmd.exe", "\u2400")
		}
		if p := parsePattern(text); !isRun(p) {
			if m.IntN(2) == 0 {
				return literalPattern(text)
			}
			return p
		}
	}
}

func (m maker) value(f *Field) Value {
	v := Value{Op: pick(m, Present, Empty, Is, Is, Is, Is, Is)}
	if v.Op != Is {
		return v
	}
	most := uint64(1<<64 - 1)
	switch f.Type {
	case Text:
		v.Pattern = m.pattern()
		return v
	case Boolean:
		v.Number = m.Uint64N(2)
		return v
	case Hash:
		for range 6 + m.IntN(f.hexWhole-5) {
			v.Hex += pick(m, "0", "7", "a", "f")
		}
		return v
	case GUID:
		v.Key = event.Key{byte(m.IntN(256)), 15: byte(m.IntN(256))}
		return v
	case Privilege, Capability:
		v.Mask = 1 << m.IntN(64)
		v.Pattern = literalPattern(f.setKind().of(v.Mask)[0])
		return v
	case Enum:
		most = uint64(len(f.Values) - 1)
	case Duration:
		most = maxDuration
	}
	if f.compares() {
		v.Op = pick(m, Is, IsNot, Less, LessOrEqual, Greater, GreaterOrEqual, Between)
	}
	if f.Type == Time {
		v.Time, v.Until = m.moment(), Moment{}
		if v.Op == Between {
			if v.Until = m.moment(); v.Until.At.Before(v.Time.At) {
				v.Time, v.Until = v.Until, v.Time
			}
		}
		return v
	}
	v.Number = m.Uint64() >> m.IntN(64) % max(most, most+1)
	v.Number = min(v.Number, most)
	if v.Op == Between {
		v.High = v.Number + m.Uint64N(most-v.Number+1-uint64(b2i(most-v.Number == 1<<64-1)))
	}
	return v
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m maker) moment() Moment {
	width := pick(m, momentLayouts[:]...).width
	at := time.UnixMicro(m.Int64N(4e15)).UTC()
	return Moment{At: at.Truncate(width), Width: width}
}

func TestRoundTrip(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(1, 2))}
	for range 5000 {
		q := &Query{Root: m.node(4)}
		text := q.String()
		again, err := Parse(text, noon)
		if err != nil {
			t.Fatalf("Parse(%s): %v", text, err)
		}
		if !same(q.Root, again.Root) {
			t.Fatalf("%s\nparses to other nodes, canonical form\n%s", text, again)
		}
		if got := again.String(); got != text {
			t.Fatalf("%s\nbecomes\n%s", text, got)
		}
	}
}

// A pattern is held against the simplest matcher there is.
func TestPatternMatch(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	letters := []rune("aAbéÉ\\.")
	fits := 0
	for range 50_000 {
		var p Pattern
		var text string
		for range m.IntN(6) {
			text += pick(m, "*", "?", "a", "b", "B", "é", "ab")
		}
		p = parsePattern(text)
		s := make([]rune, m.IntN(7))
		for i := range s {
			s[i] = pick(m, letters...)
		}
		got, want := p.matcher()(string(s)), naive([]rune(lowerASCII(p.String())), []rune(lowerASCII(string(s))))
		if got != want {
			t.Fatalf("pattern %q on %q: %t, want %t", text, string(s), got, want)
		}
		if got {
			fits++
		}
	}
	if fits < 1000 {
		t.Errorf("only %d patterns fitted: the test tests little", fits)
	}
}

func naive(p, s []rune) bool {
	switch {
	case len(p) == 0:
		return len(s) == 0
	case p[0] == '*':
		return naive(p[1:], s) || len(s) > 0 && naive(p, s[1:])
	case len(s) == 0:
		return false
	}
	return (p[0] == '?' || p[0] == s[0]) && naive(p[1:], s[1:])
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", `image:*\temp\*.exe -signed:true`, `(a OR "b\"c") NOT pid:>=1..2`, `time:now-7d..-1h name:(a OR b)`, `"\\"`, "é:(", "a\xff\x00:)", `hash:SHA256=`, "time:>now+"} {
		f.Add(s)
	}
	full := fullRow()
	f.Fuzz(func(t *testing.T, in string) {
		runes := len([]rune(in))
		for cursor := -1; cursor <= min(runes+1, 40); cursor++ {
			c := Complete(in, cursor)
			if c.Replace.Position < 0 || c.Replace.Length < 0 || c.Replace.Position+c.Replace.Length > runes {
				t.Fatalf("Complete(%q, %d) replaces %v of %d", in, cursor, c.Replace, runes)
			}
		}
		q, err := Parse(in, noon)
		if err != nil {
			e := err.(*Error)
			if e.Position < 0 || e.Length < 0 || e.Position+e.Length > runes || e.Message == "" {
				t.Fatalf("Parse(%q): error at %d+%d of %d: %s", in, e.Position, e.Length, runes, e.Message)
			}
			return
		}
		text := q.String()
		if len(text) > MaxLength {
			return
		}
		again, err := Parse(text, noon)
		if err != nil {
			t.Fatalf("Parse(%q) gives %q, which does not parse: %v", in, text, err)
		}
		if q.Root != nil && !same(q.Root, again.Root) {
			t.Fatalf("Parse(%q) gives %q, which parses to other nodes: %q", in, text, again)
		}
		if q.Match(full) != again.Match(full) {
			t.Fatalf("%q and %q do not choose the same", in, text)
		}
		q.Match(&Row{})
	})
}
