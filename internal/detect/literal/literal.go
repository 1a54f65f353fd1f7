// Package literal finds many texts in one text, in one pass over it.
//
// It promises a step through a table for each byte, however many texts are looked
// for, and that a hit needs no second look: the begin and the end of the text are
// symbols of their own, so that "begins with" and "equals" are texts too. Letters A
// to Z count as a to z; whoever wants more than that folds the text before.
package literal

// A Pattern is a text to look for.
type Pattern struct {
	Text       string // without letters A to Z
	Begin, End bool   // only at the begin, at the end of what is looked through
	ID         int32
}

// Automaton looks for patterns: the machine of Aho and Corasick, with the way
// back after a failure worked into its table. It is immutable.
type Automaton struct {
	class   [256]uint8
	classes uint32
	// next is the table, a row for each state. An entry is where the next row
	// begins, with reports set if patterns end there.
	next []uint32
	// What ends in a state: ids[first[state]:first[state+1]].
	first []uint32
	ids   []int32
}

const reports = 1 << 31

// The classes that each automaton has. Those of its own characters follow.
const (
	otherClass = iota // characters of no pattern
	beginClass
	endClass
	ownClass
)

// trie is the tree of the patterns' characters while it is built: the first
// child of each node, and the next of its parent's children.
type trie struct {
	child, sibling []int32
	class          []uint8
	ids            [][]int32
}

func (t *trie) add() int32 {
	t.child, t.sibling = append(t.child, -1), append(t.sibling, -1)
	t.class, t.ids = append(t.class, 0), append(t.ids, nil)
	return int32(len(t.child) - 1)
}

func (t *trie) step(from int32, class uint8) int32 {
	for k := t.child[from]; k >= 0; k = t.sibling[k] {
		if t.class[k] == class {
			return k
		}
	}
	k := t.add()
	t.class[k], t.sibling[k], t.child[from] = class, t.child[from], k
	return k
}

// Compile makes the automaton of patterns.
func Compile(patterns []Pattern) *Automaton {
	a := &Automaton{}
	count := ownClass
	for _, p := range patterns {
		for i := range len(p.Text) {
			if c := p.Text[i]; a.class[c] == otherClass && count < 256 {
				a.class[c] = uint8(count)
				count++
			}
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		a.class[c] = a.class[c|0x20]
	}
	a.classes = uint32(count)
	t := &trie{}
	t.add()
	for _, p := range patterns {
		at := int32(0)
		if p.Begin {
			at = t.step(at, beginClass)
		}
		for i := range len(p.Text) {
			at = t.step(at, a.class[p.Text[i]])
		}
		if p.End {
			at = t.step(at, endClass)
		}
		t.ids[at] = append(t.ids[at], p.ID)
	}
	a.fill(t)
	return a
}

// fill numbers the states by their distance from the begin, so that those that
// are used most lie together, and fills their rows in that order: a state's way
// back leads to one that is nearer, whose row is there already.
func (a *Automaton) fill(t *trie) {
	n := a.classes
	a.next = make([]uint32, len(t.child)*int(n))
	a.first = make([]uint32, 1, len(t.child)+1)
	order := make([]int32, 1, len(t.child))
	back := make([]uint32, len(t.child)) // by number
	for i := range uint32(len(t.child)) {
		node := order[i]
		row := a.next[i*n : i*n+n]
		if i > 0 {
			copy(row, a.next[back[i]*n:back[i]*n+n])
		}
		for k := t.child[node]; k >= 0; k = t.sibling[k] {
			c := t.class[k]
			to := uint32(len(order))
			if i > 0 {
				back[to] = row[c] / n
			}
			order = append(order, k)
			row[c] = to * n
		}
		a.ids = append(a.ids, t.ids[node]...)
		if i > 0 {
			a.ids = append(a.ids, a.ids[a.first[back[i]]:a.first[back[i]+1]]...)
		}
		a.first = append(a.first, uint32(len(a.ids)))
	}
	for i, to := range a.next {
		if state := to / n; a.first[state] != a.first[state+1] {
			a.next[i] |= reports
		}
	}
}

// Scan looks through text and appends to hits the states in which patterns end:
// for IDs, and each as often as it is come by.
func Scan[T string | []byte](a *Automaton, text T, hits []uint32) []uint32 {
	next, class := a.next, &a.class
	at := next[beginClass]
	if at&reports != 0 {
		at &^= reports
		hits = append(hits, at)
	}
	for i := 0; i < len(text); i++ {
		at = next[at+uint32(class[text[i]])]
		if at&reports != 0 {
			at &^= reports
			hits = append(hits, at)
		}
	}
	if at = next[at+endClass]; at&reports != 0 {
		hits = append(hits, at&^reports)
	}
	return hits
}

// IDs returns the patterns that end in a state that Scan has told.
func (a *Automaton) IDs(hit uint32) []int32 {
	state := hit / a.classes
	return a.ids[a.first[state]:a.first[state+1]]
}
