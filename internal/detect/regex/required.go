package regex

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Most sets, and texts of a set, that Required returns.
const (
	mostSets  = 4
	mostTexts = 64
)

// Required returns what must stand in a text, in lower case, for e to match: one
// text of each set; and the least number of bytes that a match has. So most texts
// need not be looked at at all.
func (e *Expression) Required() (sets [][]string, least int) {
	tree, err := syntax.Parse(e.source, syntax.Perl)
	if err != nil {
		return nil, 0
	}
	tree = tree.Simplify()
	sets = required(tree)
	slices.SortStableFunc(sets, func(a, b []string) int { return shortest(b) - shortest(a) })
	return sets[:min(len(sets), mostSets)], leastBytes(tree)
}

// shortest is the length of the shortest text: the longer, the rarer.
func shortest(set []string) int {
	n := len(set[0])
	for _, s := range set {
		n = min(n, len(s))
	}
	return n
}

func required(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpConcat:
		return requiredInRow(re)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpAlternate:
		var union []string
		for _, sub := range re.Sub {
			sets := required(sub)
			if len(sets) == 0 {
				return nil
			}
			best := sets[0]
			for _, set := range sets {
				if shortest(set) > shortest(best) {
					best = set
				}
			}
			if union = append(union, best...); len(union) > mostTexts {
				return nil
			}
		}
		return [][]string{union}
	}
	return nil
}

// requiredInRow joins what stands side by side to longer texts.
func requiredInRow(re *syntax.Regexp) [][]string {
	subs := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		subs = re.Sub
	}
	var sets [][]string
	var run strings.Builder
	end := func() {
		if run.Len() > 0 {
			sets = append(sets, []string{run.String()})
			run.Reset()
		}
	}
	for _, sub := range subs {
		switch sub.Op {
		case syntax.OpLiteral:
			for _, r := range sub.Rune {
				if c, ok := certain(r, sub.Flags&syntax.FoldCase != 0); ok {
					run.WriteByte(c)
				} else {
					end()
				}
			}
		case syntax.OpCharClass:
			if c, ok := sameLetter(sub); ok {
				run.WriteByte(c)
			} else {
				end()
			}
		case syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		default:
			end()
			sets = append(sets, required(sub)...)
		}
	}
	end()
	return sets
}

// certain returns the ASCII character, in lower case, that must stand in a text
// in lower case for r. Without regard to case, s can be a long s too, which has no
// other lower case.
func certain(r rune, fold bool) (byte, bool) {
	low := unicode.ToLower(r)
	if r >= utf8.RuneSelf || fold && low == 's' {
		return 0, false
	}
	return byte(low), true
}

// sameLetter returns the letter that a class is, in either case, as [Rr] is.
func sameLetter(re *syntax.Regexp) (byte, bool) {
	if len(re.Rune) == 0 {
		return 0, false
	}
	letter, ok := certain(re.Rune[0], false)
	for i := 0; ok && i < len(re.Rune); i += 2 {
		other, certainly := certain(re.Rune[i], false)
		ok = certainly && re.Rune[i] == re.Rune[i+1] && other == letter
	}
	return letter, ok
}

// leastBytes is how many bytes a match has at least.
func leastBytes(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return leastBytes(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * leastBytes(re.Sub[0])
	case syntax.OpConcat:
		n := 0
		for _, sub := range re.Sub {
			n += leastBytes(sub)
		}
		return n
	case syntax.OpAlternate:
		n := leastBytes(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			n = min(n, leastBytes(sub))
		}
		return n
	}
	return 0
}
