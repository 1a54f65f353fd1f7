package ebpf

import (
	"errors"
	"fmt"
	"io"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
)

// ringSize is how many bytes of records may wait. A short process has about 570,
// so that is 7 seconds of 500 of them. The ring is mapped twice, one behind the
// other, and counts twice as resident memory.
const ringSize = 2 << 20

// licence is that of the programs in the kernel. The kernel lets only those read
// its memory that may be used under the GPL; ours may be under either.
const licence = "Dual MIT/GPL"

// maps are what the programs share with the agent.
type maps struct {
	ring    *ebpf.Map // records
	scratch *ebpf.Map // where a processor puts an exec's record together
	lost    *ebpf.Map // records for which the ring had no room, by processor
}

// loaded are the programs in the kernel, attached.
type loaded struct {
	maps
	programs []*ebpf.Program
	found    *link.Iter
	closers  []io.Closer
}

// load puts the programs into the kernel and attaches them. The ends are attached
// first: a start without an end would be worse than an end without a start.
// oneHierarchy says of which control group the path is read.
func load(oneHierarchy bool) (_ *loaded, err error) {
	// Kernels before 5.11 count maps against a limit.
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil, fmt.Errorf("lift the limit of locked memory: %w", err)
	}
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("the kernel does not describe its types (BTF): %w", err)
	}
	k := &loaded{}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.close())
		}
	}()
	for _, m := range []struct {
		to   **ebpf.Map
		spec ebpf.MapSpec
	}{
		{&k.ring, ebpf.MapSpec{Name: "eljefe_ring", Type: ebpf.RingBuf, MaxEntries: ringSize}},
		{&k.scratch, ebpf.MapSpec{Name: "eljefe_scratch", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: scratchSize, MaxEntries: 1}},
		{&k.lost, ebpf.MapSpec{Name: "eljefe_lost", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}},
	} {
		if *m.to, err = ebpf.NewMap(&m.spec); err != nil {
			return nil, fmt.Errorf("make the map %s: %w", m.spec.Name, err)
		}
		k.closers = append(k.closers, *m.to)
	}
	l := &layout{spec: spec, oneHierarchy: oneHierarchy}
	for _, p := range []struct {
		tracepoint string
		code       asm.Instructions
	}{
		{"sched_process_exit", exitProgram(l, &k.maps)},
		{"sched_process_exec", execProgram(l, &k.maps)},
		{"sched_process_fork", forkProgram(l, &k.maps)},
	} {
		if l.err != nil {
			return nil, fmt.Errorf("find what is needed in the kernel: %w", l.err)
		}
		program, err := k.program(p.tracepoint, ebpf.AttachTraceRawTp, p.code)
		if err != nil {
			return nil, err
		}
		attached, err := link.AttachTracing(link.TracingOptions{Program: program})
		if err != nil {
			return nil, fmt.Errorf("attach to %s: %w", p.tracepoint, err)
		}
		k.closers = append(k.closers, attached)
	}
	code := foundProgram(l)
	if l.err != nil {
		return nil, fmt.Errorf("find what is needed in the kernel: %w", l.err)
	}
	program, err := k.program("task", ebpf.AttachTraceIter, code)
	if err != nil {
		return nil, err
	}
	if k.found, err = link.AttachIter(link.IterOptions{Program: program}); err != nil {
		return nil, fmt.Errorf("attach to the list of tasks: %w", err)
	}
	k.closers = append(k.closers, k.found)
	return k, nil
}

// program puts one program into the kernel. If the kernel's verifier refuses it,
// the error has all that it said.
func (k *loaded) program(to string, how ebpf.AttachType, code asm.Instructions) (*ebpf.Program, error) {
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "eljefe_" + to, Type: ebpf.Tracing, AttachType: how, AttachTo: to, Instructions: code, License: licence,
	})
	if refused, ok := errors.AsType[*ebpf.VerifierError](err); ok {
		return nil, fmt.Errorf("the kernel refuses the program for %s: %+v", to, refused)
	}
	if err != nil {
		return nil, fmt.Errorf("load the program for %s: %w", to, err)
	}
	k.programs = append(k.programs, program)
	k.closers = append(k.closers, program)
	return program, nil
}

// losses returns how many records were lost since the programs were loaded: those
// without room in the ring, and those for which a program could not run because
// it was running on the same processor already.
func (k *loaded) losses() (uint64, error) {
	var byProcessor []uint64
	if err := k.lost.Lookup(uint32(0), &byProcessor); err != nil {
		return 0, fmt.Errorf("read how many records were lost: %w", err)
	}
	var n uint64
	for _, lost := range byProcessor {
		n += lost
	}
	for _, p := range k.programs {
		// Kernels before 5.12 do not count these.
		if stats, err := p.Stats(); err == nil {
			n += stats.RecursionMisses
		}
	}
	return n, nil
}

// close takes the programs out of the kernel.
func (k *loaded) close() error {
	var err error
	for i := len(k.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, k.closers[i].Close())
	}
	return err
}
