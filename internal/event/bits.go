package event

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
)

// bitNames are the names of the bits of a set: of the privileges of Windows, or
// of the capabilities of Linux.
type bitNames struct {
	what   string // "privilege": what one of them is called, and begins the name of a bit without one
	names  [64]string
	byName map[string]uint64 // key in lower case
	known  uint64            // the bits that have a name
}

// readBitNames reads lines "number name", ascending. They are part of the
// program: one that cannot be read is a mistake in it.
func readBitNames(what, text string) *bitNames {
	t := &bitNames{what: what, byName: map[string]uint64{}}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var number int
		var name string
		if _, err := fmt.Sscan(lines.Text(), &number, &name); err != nil {
			panic(what + ": " + lines.Text())
		}
		t.names[number] = name
		t.byName[strings.ToLower(name)] = 1 << number
		t.known |= 1 << number
	}
	return t
}

// bit returns the set that holds just the one called name, in any case.
func (t *bitNames) bit(name string) (uint64, bool) {
	bit, ok := t.byName[strings.ToLower(name)]
	return bit, ok
}

// of returns the names of a set's bits in the order of their numbers.
func (t *bitNames) of(set uint64) []string {
	names := []string{}
	for n, name := range t.names {
		switch {
		case set&(1<<n) == 0:
		case name != "":
			names = append(names, name)
		default:
			names = append(names, fmt.Sprintf("%s-%d", t.what, n))
		}
	}
	return names
}

// read reads a list of names in JSON. A name nobody knows is an error: a
// privilege must not vanish on its way.
func (t *bitNames) read(data []byte) (set uint64, err error) {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return 0, err
	}
	for _, name := range names {
		bit, ok := t.bit(name)
		if !ok {
			var n int
			if _, err := fmt.Sscanf(name, t.what+"-%d", &n); err != nil || n < 0 || n > 63 {
				return 0, fmt.Errorf("unknown %s %q", t.what, name)
			}
			bit = 1 << n
		}
		set |= bit
	}
	return set, nil
}
