package ebpf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// A layout knows where the running kernel keeps what. The first field that is
// not found is its error; what is asked afterwards is of no use.
type layout struct {
	spec *btf.Spec
	err  error

	oneHierarchy bool // all control groups are in that of version 2
}

// at returns the offset of a field in a structure of the kernel. The path names
// fields within fields: "d_name.name". A field of an unnamed member counts as the
// structure's own, as in C.
func (l *layout) at(structure, path string) int16 {
	offset, _ := l.find(structure, path)
	return offset
}

// size returns how many bytes a field has.
func (l *layout) size(structure, path string) int {
	_, t := l.find(structure, path)
	if t == nil {
		return 0
	}
	n, err := btf.Sizeof(t)
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("size of %s.%s: %w", structure, path, err)
	}
	return n
}

// has tells whether the kernel has a field.
func (l *layout) has(structure, path string) bool {
	probe := layout{spec: l.spec}
	_, t := probe.find(structure, path)
	return t != nil
}

func (l *layout) find(structure, path string) (int16, btf.Type) {
	var s *btf.Struct
	if err := l.spec.TypeByName(structure, &s); err != nil {
		return l.missing("structure %s: %w", structure, err)
	}
	var t btf.Type = s
	var offset uint32
	for name := range strings.SplitSeq(path, ".") {
		m, more, ok := member(t, name)
		if !ok {
			return l.missing("the kernel has no %s in %s", path, structure)
		}
		offset, t = offset+more, btf.UnderlyingType(m)
	}
	if offset > 1<<15-1 {
		return l.missing("%s of %s is %d bytes from its beginning, which is too far", path, structure, offset)
	}
	return int16(offset), t
}

func (l *layout) missing(format string, args ...any) (int16, btf.Type) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
	return 0, nil
}

// member finds a field by name and returns its type and offset.
func member(t btf.Type, name string) (btf.Type, uint32, bool) {
	var members []btf.Member
	switch t := t.(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name == name {
			return m.Type, m.Offset.Bytes(), true
		}
		if m.Name != "" {
			continue
		}
		if inner, offset, ok := member(btf.UnderlyingType(m.Type), name); ok {
			return inner, m.Offset.Bytes() + offset, true
		}
	}
	return nil, 0, false
}

// memoryGroup returns the number of the memory controller among those of control
// groups, or that there is none.
func (l *layout) memoryGroup() (uint64, bool) {
	var ids *btf.Enum
	if err := l.spec.TypeByName("cgroup_subsys_id", &ids); err != nil {
		return 0, false
	}
	for _, v := range ids.Values {
		if v.Name == "memory_cgrp_id" {
			return v.Value, true
		}
	}
	return 0, false
}

// arguments returns how many arguments a tracepoint has.
func (l *layout) arguments(tracepoint string) int {
	var def *btf.Typedef
	if err := l.spec.TypeByName("btf_trace_"+tracepoint, &def); err != nil {
		l.missing("tracepoint %s: %w", tracepoint, err)
		return 0
	}
	if pointer, ok := def.Type.(*btf.Pointer); ok {
		if proto, ok := pointer.Target.(*btf.FuncProto); ok && len(proto.Params) > 0 {
			return len(proto.Params) - 1 // the first is the tracer's own
		}
	}
	if l.err == nil {
		l.err = errors.New("tracepoint " + tracepoint + " has no arguments")
	}
	return 0
}
