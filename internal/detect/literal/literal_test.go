package literal

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What an automaton finds is what comparing each pattern with the text finds.
func TestScan(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(most int, letters string) string {
		b := make([]byte, random.IntN(most))
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return string(b)
	}
	found := 0
	for range 500 {
		var patterns []Pattern
		for i := range 1 + random.IntN(20) {
			p := Pattern{Text: word(5, "abc\\\xc3\xa9"), Begin: random.IntN(3) == 0, End: random.IntN(3) == 0, ID: int32(i)}
			if p.Text == "" && !(p.Begin && p.End) {
				continue
			}
			patterns = append(patterns, p)
		}
		a := Compile(patterns)
		for range 20 {
			text := word(12, "abcABCx\\\xc3\xa9")
			got := map[int32]bool{}
			states := Scan(a, text, nil)
			if !slices.Equal(states, Scan(a, []byte(text), nil)) {
				t.Fatalf("%q: bytes and text differ", text)
			}
			for _, state := range states {
				for _, id := range a.IDs(state) {
					got[id] = true
				}
			}
			low := asciiLower(text)
			for _, p := range patterns {
				var want bool
				switch {
				case p.Begin && p.End:
					want = low == p.Text
				case p.Begin:
					want = strings.HasPrefix(low, p.Text)
				case p.End:
					want = strings.HasSuffix(low, p.Text)
				default:
					want = strings.Contains(low, p.Text)
				}
				if got[p.ID] != want {
					t.Fatalf("%+v in %q: %t", p, text, got[p.ID])
				}
				if want {
					found++
				}
			}
		}
	}
	if found < 5_000 {
		t.Errorf("only %d hits were compared", found)
	}
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// A pattern may have every byte there is.
func TestAllBytes(t *testing.T) {
	all := make([]byte, 0, 256)
	for c := range 256 {
		if c < 'A' || c > 'Z' {
			all = append(all, byte(c))
		}
	}
	a := Compile([]Pattern{{Text: string(all), Begin: true, End: true}})
	if hits := Scan(a, all, nil); len(hits) != 1 {
		t.Errorf("%d hits", len(hits))
	}
	if hits := Scan(a, all[1:], nil); len(hits) != 0 {
		t.Errorf("%d hits in another text", len(hits))
	}
}
