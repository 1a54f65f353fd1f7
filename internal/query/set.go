package query

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// setKind is what the sets of a field are made of.
type setKind struct {
	what, like string // "privilege", "SeDebugPrivilege": what one is called, and an example
	// The codes of the errors that a name is none, and that a pattern fits none.
	unknown, noneFits string
	names             []string
	parse             func(name string) (bit uint64, ok bool)
	of                func(set uint64) []string
}

// setKind returns the kind of a field of sets, nil of any other.
func (f *Field) setKind() *setKind {
	switch f.Type {
	case Privilege:
		return &setKind{"privilege", "SeDebugPrivilege", "filter_not_privilege", "filter_fits_no_privilege", event.PrivilegeNames(),
			func(name string) (uint64, bool) { p, ok := event.ParsePrivilege(name); return uint64(p), ok },
			func(set uint64) []string { return event.PrivilegeSet(set).Names() }}
	case Capability:
		return &setKind{"capability", "cap_sys_admin", "filter_not_capability", "filter_fits_no_capability", event.CapabilityNames(),
			func(name string) (uint64, bool) { c, ok := event.ParseCapability(name); return uint64(c), ok },
			func(set uint64) []string { return event.CapabilitySet(set).Names() }}
	}
	return nil
}

// readMember reads the name of something that a set may have; it may have wildcards.
func (v *Value) readMember(f *Field, kind *setKind, text string) *Error {
	v.Pattern = parsePattern(text)
	if v.Pattern.Has(One) || v.Pattern.Has(Run) {
		fits := v.Pattern.matcher()
		for _, name := range kind.names {
			if bit, ok := kind.parse(name); ok && fits(name) {
				v.Mask |= bit
			}
		}
		if v.Mask == 0 {
			return v.bad(f, fmt.Sprintf("fits no %s; they are named like %s", kind.what, kind.like), text, kind.noneFits)
		}
		return nil
	}
	bit, ok := kind.parse(text)
	if number, isNumber := strings.CutPrefix(lowerASCII(text), kind.what+"-"); !ok && isNumber { // a bit without a name
		n, err := strconv.ParseUint(number, 10, 8)
		bit, ok = 1<<n, err == nil && n < 64
	}
	if !ok {
		return v.bad(f, fmt.Sprintf("is not a %s; they are named like %s", kind.what, kind.like), text, kind.unknown).suggest(nearest(text, kind.names))
	}
	v.Mask, v.Pattern = bit, literalPattern(kind.of(bit)[0])
	return nil
}

// setOf gives the set of a row, nil where it is not known.
func setOf[T ~uint64](get func(*Row) *T) func(*Row) (uint64, bool) {
	return func(r *Row) (uint64, bool) {
		if set := get(r); set != nil {
			return uint64(*set), true
		}
		return 0, false
	}
}

// permitted is what a process may make effective: what it has effective, where
// nothing else is said.
func permitted(r *Row) *event.CapabilitySet {
	if r.CapabilitiesPermitted != nil {
		return r.CapabilitiesPermitted
	}
	return r.Capabilities
}
