package regex

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// maxTable is how many bytes of states a Matcher makes before it begins anew, and
// maxAnew how often it does for one text before it leaves the text to package
// regexp, and pause texts after it.
const (
	maxTable = 2 << 20
	maxAnew  = 1
	pause    = 1_000
)

// Memory is what several Matchers may take together. The zero value is used up.
type Memory struct{ left int }

// NewMemory returns so many bytes to be shared.
func NewMemory(bytes int) *Memory { return &Memory{bytes} }

// classes are the kinds of ASCII characters that an expression tells apart.
type classes struct {
	of    [128]uint8
	count int
	some  []byte // a character of each
}

// newClasses divides the characters by what each instruction says of them, and
// by what decides whether a place is the end of a word or of a line.
func newClasses(p *syntax.Prog) *classes {
	c := &classes{count: 1}
	c.divide(func(r rune) bool { return syntax.IsWordChar(r) })
	c.divide(func(r rune) bool { return r == '\n' })
	for i := range p.Inst {
		if in := &p.Inst[i]; consumes(in) {
			c.divide(in.MatchRune)
		}
	}
	c.some = make([]byte, c.count)
	for b := range c.of {
		c.some[c.of[b]] = byte(b)
	}
	return c
}

// divide makes two classes of each that has characters inside and outside.
func (c *classes) divide(inside func(rune) bool) {
	if c.count == len(c.of) {
		return
	}
	var taken [128][2]int // the number of each half, plus 1
	count := 0
	for b := range c.of {
		half := 0
		if inside(rune(b)) {
			half = 1
		}
		number := &taken[c.of[b]][half]
		if *number == 0 {
			count++
			*number = count
		}
		c.of[b] = uint8(*number - 1)
	}
	c.count = count
}

func consumes(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return false
}

// before is what a state knows of the character before it.
type before uint8

const (
	textBegins before = iota
	afterLine         // a line feed
	afterWord         // a letter, digit or underscore
	afterOther
)

// The numbers of states in the table. Real states begin behind them.
const (
	unknown = iota // not made yet
	matched
	firstState
)

// state is a set of instructions to go on from, and what was before.
type state struct {
	key string // the before, and two bytes for each instruction
	end int8   // whether the text may end here: 0 unknown, 1 yes, 2 no
}

func (s *state) before() before { return before(s.key[0]) }

// A Matcher matches one expression, and remembers the states that it needed. It
// serves one goroutine.
type Matcher struct {
	e      *Expression
	memory *Memory
	number map[string]uint32
	states []state  // by number, less firstState
	next   []uint32 // by state and class
	bytes  int      // that all that takes, about
	wait   int      // texts that are left to package regexp, since one needed too many states

	mark    []uint32 // by instruction: the last closure that it was seen in
	closure uint32
	runes   []uint32 // instructions that the closure ends at
	at      []uint32
	key     []byte
}

// Matcher returns a Matcher of e, which takes from a memory that other Matchers of
// the same goroutine take from too.
func (e *Expression) Matcher(memory *Memory) *Matcher { return &Matcher{e: e, memory: memory} }

// reset forgets all states but the first.
func (m *Matcher) reset() {
	m.memory.left += m.bytes
	m.number, m.states, m.next, m.bytes = map[string]uint32{}, nil, nil, 0
	if m.mark == nil {
		m.mark = make([]uint32, len(m.e.program.Inst))
	}
	m.state([]byte{byte(textBegins)})
}

// state returns the number of the state with a key; it makes it if there is none.
func (m *Matcher) state(key []byte) uint32 {
	if n, ok := m.number[string(key)]; ok {
		return n
	}
	n := uint32(firstState + len(m.states))
	s := state{key: string(key)}
	m.number[s.key] = n
	m.states = append(m.states, s)
	m.next = append(m.next, make([]uint32, m.e.classes.count)...)
	size := len(key) + 4*m.e.classes.count + 96
	m.bytes += size
	m.memory.left -= size
	return n
}

// follow finds the instructions that take a character, from those of s and from
// the expression's begin, since a match may begin anywhere. It tells whether the
// expression has matched already. next is -1 at the end of the text.
func (m *Matcher) follow(s *state, next rune) bool {
	var holds syntax.EmptyOp
	switch s.before() {
	case textBegins:
		holds = syntax.EmptyBeginText | syntax.EmptyBeginLine
	case afterLine:
		holds = syntax.EmptyBeginLine
	}
	switch next {
	case -1:
		holds |= syntax.EmptyEndText | syntax.EmptyEndLine
	case '\n':
		holds |= syntax.EmptyEndLine
	}
	if (s.before() == afterWord) != (next >= 0 && syntax.IsWordChar(next)) {
		holds |= syntax.EmptyWordBoundary
	} else {
		holds |= syntax.EmptyNoWordBoundary
	}
	m.closure++
	m.runes = m.runes[:0]
	hit := false
	for i := 1; i < len(s.key); i += 2 {
		hit = m.walk(uint32(s.key[i])|uint32(s.key[i+1])<<8, holds) || hit
	}
	return m.walk(uint32(m.e.program.Start), holds) || hit
}

// walk follows the instructions that take no character.
func (m *Matcher) walk(pc uint32, holds syntax.EmptyOp) (hit bool) {
	for m.mark[pc] != m.closure {
		m.mark[pc] = m.closure
		switch in := &m.e.program.Inst[pc]; in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			hit = m.walk(in.Out, holds) || hit
			pc = in.Arg
		case syntax.InstCapture, syntax.InstNop:
			pc = in.Out
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^holds != 0 {
				return hit
			}
			pc = in.Out
		case syntax.InstMatch:
			return true
		case syntax.InstFail:
			return hit
		default:
			m.runes = append(m.runes, pc)
			return hit
		}
	}
	return hit
}

// step makes the transition from a state by a class of characters.
func (m *Matcher) step(from uint32, class uint8) uint32 {
	c := rune(m.e.classes.some[class])
	to := uint32(matched)
	if !m.follow(&m.states[from-firstState], c) {
		m.at = m.at[:0]
		for _, pc := range m.runes {
			if in := &m.e.program.Inst[pc]; in.MatchRune(c) {
				m.at = append(m.at, in.Out)
			}
		}
		slices.Sort(m.at)
		b := afterOther
		switch {
		case c == '\n':
			b = afterLine
		case syntax.IsWordChar(c):
			b = afterWord
		}
		m.key = append(m.key[:0], byte(b))
		for _, pc := range slices.Compact(m.at) {
			m.key = binary.LittleEndian.AppendUint16(m.key, uint16(pc)) // maxProgram is less
		}
		to = m.state(m.key)
	}
	m.next[int(from-firstState)*m.e.classes.count+int(class)] = to
	return to
}

// Match tells whether the expression matches somewhere in s, which is ASCII if
// ascii says so.
func (m *Matcher) Match(s string, ascii bool) bool {
	if m.wait > 0 {
		m.wait--
		ascii = false
	}
	if !ascii {
		return m.e.re.MatchString(s)
	}
	if m.states == nil {
		m.reset()
	}
	anew := 0
	at := uint32(firstState)
	count := uint32(m.e.classes.count)
	for i := 0; i < len(s); i++ {
		class := m.e.classes.of[s[i]&0x7f]
		to := m.next[(at-firstState)*count+uint32(class)]
		if to == unknown {
			if m.bytes > maxTable || m.memory.left < 0 {
				kept := m.states[at-firstState].key
				m.reset()
				if anew++; anew > maxAnew {
					m.wait = pause
					return m.e.re.MatchString(s)
				}
				at = m.state([]byte(kept))
			}
			to = m.step(at, class)
		}
		if to == matched {
			return true
		}
		at = to
	}
	last := &m.states[at-firstState]
	if last.end == 0 {
		last.end = 2
		if m.follow(last, -1) {
			last.end = 1
		}
	}
	return last.end == 1
}
