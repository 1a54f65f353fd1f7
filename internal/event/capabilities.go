package event

import (
	_ "embed"
	"encoding/json"
	"sync"
)

// CapabilitySet is a set of Linux capabilities, one bit per capability at the
// number that the kernel gives it (include/uapi/linux/capability.h): what
// privileges are on Windows.
type CapabilitySet uint64

//go:embed capabilities.txt
var capabilityNumbers string

var capabilities = sync.OnceValue(func() *bitNames { return readBitNames("capability", capabilityNumbers) })

// CapabilityNames returns all known capabilities in the order of their numbers.
func CapabilityNames() []string { return capabilities().of(capabilities().known) }

// ParseCapability returns the set that holds just the capability called name,
// in any case.
func ParseCapability(name string) (CapabilitySet, bool) {
	bit, ok := capabilities().bit(name)
	return CapabilitySet(bit), ok
}

// Names returns the names in the order of their numbers. A bit without a name
// is given as "capability-N".
func (s CapabilitySet) Names() []string { return capabilities().of(uint64(s)) }

// MarshalJSON writes the set as a list of names.
func (s CapabilitySet) MarshalJSON() ([]byte, error) { return json.Marshal(s.Names()) }

// UnmarshalJSON reads a list of names. A name nobody knows is an error.
func (s *CapabilitySet) UnmarshalJSON(data []byte) error {
	set, err := capabilities().read(data)
	*s = CapabilitySet(set)
	return err
}
