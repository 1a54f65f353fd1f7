package regex

import (
	"errors"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// errAmbiguous refuses an expression that engines which go back, and most do,
// need exponential time for.
var errAmbiguous = errors.New("a repetition within a repetition can match the same text in exponentially many ways, which stops other engines for hours; write it with one repetition, as a+ for (a+)+")

var errTooLarge = errors.New("it is too large: its repetitions, one within the other, come to more than can be matched in good time")

// How much of an expression is looked at: pairs of its places, and ways from place
// to place.
const (
	maxPairs = 2_000_000
	maxWays  = 1_000_000
)

// checkAmbiguity refuses expressions in which some text leads from a place back
// to the same place in two ways: each time round then doubles the ways.
func checkAmbiguity(source string) error {
	tree, err := syntax.Parse(spread(source), syntax.Perl)
	if err != nil {
		return nil // larger than the expression itself, which is good
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil
	}
	g, ok := newGraph(program)
	if !ok {
		return errTooLarge
	}
	for _, loop := range g.loops() {
		if err := g.checkLoop(loop); err != nil {
			return err
		}
	}
	return nil
}

// spread writes an expression so that the parser simplifies nothing in it: it
// would make (?:a+)+ and (a|a)* harmless before they are looked at. An empty
// group before each alternative keeps them apart.
func spread(source string) string {
	var b strings.Builder
	b.WriteString("()")
	for i := 0; i < len(source); i++ {
		switch c := source[i]; {
		case strings.HasPrefix(source[i:], `\Q`):
			n := strings.Index(source[i:], `\E`)
			if n < 0 {
				n = len(source) - i - 2
			}
			b.WriteString(source[i : i+n+2])
			i += n + 1
		case c == '\\' && i+1 < len(source):
			b.WriteString(source[i : i+2])
			i++
		case c == '[':
			n := classLength(source[i:])
			b.WriteString(source[i : i+n])
			i += n - 1
		case c == '|':
			b.WriteString("|()")
		case c == '(':
			head := groupHead(source[i:])
			b.WriteString(head)
			if !strings.HasSuffix(head, ")") { // more than flags
				b.WriteString("()")
			}
			i += len(head) - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// groupHead returns how the group begins that s begins with: "(", "(?:", "(?i:",
// "(?P<name>", or "(?i)", which is all of it.
func groupHead(s string) string {
	if !strings.HasPrefix(s, "(?") {
		return "("
	}
	if n := strings.IndexAny(s, ":)>"); n > 0 {
		return s[:n+1]
	}
	return s
}

// classLength returns the length of the character class that s begins with.
func classLength(s string) int {
	i := 1
	if i < len(s) && s[i] == '^' {
		i++
	}
	for first := i; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], "[:"):
			if n := strings.Index(s[i:], ":]"); n > 0 {
				i += n + 1
			}
		case s[i] == ']' && i > first:
			return i + 1
		}
	}
	return len(s)
}

// graph is what the instructions of a program that take a character lead to.
type graph struct {
	program *syntax.Prog
	next    [][]edge // by instruction; nil for those that take none
	ways    int      // that were gone, to find them
}

type edge struct {
	to    uint32
	twice bool // in more than one way, without a character between
}

// newGraph makes the graph of a program, unless that would take too long.
func newGraph(p *syntax.Prog) (*graph, bool) {
	g := &graph{program: p, next: make([][]edge, len(p.Inst))}
	for pc := range p.Inst {
		if consumes(&p.Inst[pc]) {
			g.next[pc] = g.edges(p.Inst[pc].Out)
		}
		if g.ways > maxWays {
			return nil, false
		}
	}
	return g, true
}

// edges returns the instructions that take the next character, from pc on. Each
// instruction is gone through twice at most: for all that matters it can then be
// reached in several ways.
func (g *graph) edges(pc uint32) []edge {
	ways := map[uint32]int{}
	var reach func(pc uint32)
	reach = func(pc uint32) {
		if ways[pc] == 2 {
			return
		}
		ways[pc]++
		g.ways++
		switch in := &g.program.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			reach(in.Out)
			reach(in.Arg)
		case syntax.InstCapture, syntax.InstNop, syntax.InstEmptyWidth:
			reach(in.Out)
		}
	}
	reach(pc)
	var all []edge
	for to, n := range ways {
		if consumes(&g.program.Inst[to]) {
			all = append(all, edge{to, n > 1})
		}
	}
	return all
}

// loops returns the sets of instructions that lead to one another: the strongly
// connected components, as Tarjan finds them.
func (g *graph) loops() [][]uint32 {
	var (
		all   [][]uint32
		stack []uint32
		clock int
		index = make([]int, len(g.next)) // 0: not seen
		low   = make([]int, len(g.next))
		open  = make([]bool, len(g.next))
		visit func(pc uint32)
	)
	visit = func(pc uint32) {
		clock++
		index[pc], low[pc], open[pc] = clock, clock, true
		stack = append(stack, pc)
		again := false
		for _, e := range g.next[pc] {
			switch {
			case index[e.to] == 0:
				visit(e.to)
				low[pc] = min(low[pc], low[e.to])
			case open[e.to]:
				low[pc] = min(low[pc], index[e.to])
			}
			again = again || e.to == pc
		}
		if low[pc] != index[pc] {
			return
		}
		from := slices.Index(stack, pc)
		loop := slices.Clone(stack[from:])
		stack = stack[:from]
		for _, done := range loop {
			open[done] = false
		}
		if len(loop) > 1 || again {
			all = append(all, loop)
		}
	}
	for pc := range g.next {
		if g.next[pc] != nil && index[pc] == 0 {
			visit(uint32(pc))
		}
	}
	return all
}

// checkLoop looks for two ways round one loop that the same text takes: pairs of
// instructions, beginning with equal ones, that a character can lead to, become
// different, and are equal again.
func (g *graph) checkLoop(loop []uint32) error {
	inside := map[uint32]int{}
	for i, pc := range loop {
		inside[pc] = i
	}
	ranges := make([][]rune, len(loop))
	next := make([][]int, len(loop))
	for i, pc := range loop {
		ranges[i] = runes(&g.program.Inst[pc])
		for _, e := range g.next[pc] {
			to, in := inside[e.to]
			switch {
			case !in:
			case e.twice:
				return errAmbiguous
			default:
				next[i] = append(next[i], to)
			}
		}
	}
	if len(loop)*len(loop) > maxPairs {
		return errTooLarge
	}
	// A . and a single character do not count: public rules say (.*x)+ where they
	// mean "x, perhaps several times", and for us it costs nothing.
	meet := func(a, b int) bool {
		x, y := g.program.Inst[loop[a]].Op, g.program.Inst[loop[b]].Op
		return !(isDot(x) && y == syntax.InstRune1 || isDot(y) && x == syntax.InstRune1) && overlap(ranges[a], ranges[b])
	}
	seen := make([]bool, len(loop)*len(loop))
	var queue [][2]int
	add := func(a, b int) {
		if at := a*len(loop) + b; !seen[at] {
			seen[at] = true
			queue = append(queue, [2]int{a, b})
		}
	}
	for i := range loop {
		add(i, i)
	}
	for steps := 0; len(queue) > 0; queue = queue[1:] {
		pair := queue[0]
		for _, a := range next[pair[0]] {
			for _, b := range next[pair[1]] {
				if steps++; steps > maxPairs {
					return errTooLarge
				}
				if pair[0] != pair[1] && a == b {
					return errAmbiguous
				}
				if a != b && meet(a, b) {
					add(a, b)
				}
			}
		}
	}
	return nil
}

func isDot(op syntax.InstOp) bool { return op == syntax.InstRuneAny || op == syntax.InstRuneAnyNotNL }

// runes returns what characters an instruction takes, as pairs of first and last.
func runes(in *syntax.Inst) []rune {
	switch in.Op {
	case syntax.InstRuneAny:
		return []rune{0, unicode.MaxRune}
	case syntax.InstRuneAnyNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	}
	if len(in.Rune) != 1 {
		return in.Rune
	}
	r := in.Rune[0]
	all := []rune{r, r}
	if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			all = append(all, other, other)
		}
	}
	return all
}

func overlap(a, b []rune) bool {
	for i := 0; i+1 < len(a); i += 2 {
		for j := 0; j+1 < len(b); j += 2 {
			if a[i] <= b[j+1] && b[j] <= a[i+1] {
				return true
			}
		}
	}
	return false
}
