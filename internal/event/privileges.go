package event

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// PrivilegeSet is a set of Windows privileges, one bit per privilege at the
// number Windows gives it (the low part of its LUID, 2 to 36 in winnt.h).
type PrivilegeSet uint64

//go:embed privileges.txt
var privilegeNumbers string

var privileges = sync.OnceValue(func() *bitNames { return readBitNames("privilege", privilegeNumbers) })

// PrivilegeNames returns all known privileges in the order of their numbers.
func PrivilegeNames() []string { return privileges().of(privileges().known) }

// ParsePrivilege returns the set that holds just the privilege called name,
// in any case.
func ParsePrivilege(name string) (PrivilegeSet, bool) {
	bit, ok := privileges().bit(name)
	return PrivilegeSet(bit), ok
}

// Names returns the names in the order of their numbers. A bit without a name
// is given as "privilege-N".
func (s PrivilegeSet) Names() []string { return privileges().of(uint64(s)) }

// MarshalJSON writes the set as a list of names.
func (s PrivilegeSet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads a list of names. A name nobody knows is an error.
func (s *PrivilegeSet) UnmarshalJSON(data []byte) error {
	set, err := privileges().read(data)
	*s = PrivilegeSet(set)
	return err
}
