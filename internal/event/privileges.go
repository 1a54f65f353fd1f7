package event

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// PrivilegeSet is a set of Windows privileges, one bit per privilege at the
// number Windows gives it (the low part of its LUID, 2 to 36 in winnt.h).
type PrivilegeSet uint64

// privilegeNumbers lists "number name" lines, ascending.
//
//go:embed privileges.txt
var privilegeNumbers string

type privilegeTable struct {
	names  [64]string
	byName map[string]PrivilegeSet // key in lower case
}

var privileges = sync.OnceValue(func() *privilegeTable {
	t := &privilegeTable{byName: map[string]PrivilegeSet{}}
	lines := bufio.NewScanner(strings.NewReader(privilegeNumbers))
	for lines.Scan() {
		var number int
		var name string
		if _, err := fmt.Sscan(lines.Text(), &number, &name); err != nil {
			panic("privileges.txt: " + lines.Text())
		}
		t.names[number] = name
		t.byName[strings.ToLower(name)] = 1 << number
	}
	return t
})

// PrivilegeNames returns all known privileges in the order of their numbers.
func PrivilegeNames() []string { return PrivilegeSet(^uint64(0)).known().Names() }

// ParsePrivilege returns the set that holds just the privilege called name,
// in any case.
func ParsePrivilege(name string) (PrivilegeSet, bool) {
	p, ok := privileges().byName[strings.ToLower(name)]
	return p, ok
}

// Names returns the names in the order of their numbers. A bit without a name
// is given as "privilege-N".
func (s PrivilegeSet) Names() []string {
	names := []string{}
	for n := range 64 {
		if s&(1<<n) == 0 {
			continue
		}
		if name := privileges().names[n]; name != "" {
			names = append(names, name)
		} else {
			names = append(names, fmt.Sprintf("privilege-%d", n))
		}
	}
	return names
}

func (s PrivilegeSet) known() PrivilegeSet {
	var all PrivilegeSet
	for n, name := range privileges().names {
		if name != "" {
			all |= 1 << n
		}
	}
	return s & all
}

// MarshalJSON writes the set as a list of names.
func (s PrivilegeSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads a list of names. A name nobody knows is an error: a
// privilege must not vanish on its way.
func (s *PrivilegeSet) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*s = 0
	for _, name := range names {
		p, ok := ParsePrivilege(name)
		if !ok {
			var n int
			if _, err := fmt.Sscanf(name, "privilege-%d", &n); err != nil || n < 0 || n > 63 {
				return fmt.Errorf("unknown privilege %q", name)
			}
			p = 1 << n
		}
		*s |= p
	}
	return nil
}
