package ebpf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

// The kinds of record that the programs write.
const (
	kindFork = iota + 1
	kindExec
	kindExit
	kindFound
)

// Where things stand in a record. Numbers are in the machine's own byte order.
const (
	atKind         = 0
	atSession      = 4
	atTime         = 8
	atForked       = 16
	atParentForked = 24
	atPID          = 32
	atExecs        = 36
	atParentPID    = 40
	atParentExecs  = 44
	atCreator      = 48
	atEffective    = 52
	atCapabilities = 56
	atPermitted    = 64
	atSpaces       = 72  // linuxproc.Namespaces
	factsSize      = 104 // without holes: the kernel takes nothing from the stack that was not written
	forkSize       = factsSize
)

// What an exec has besides: lengths, and behind execSize the names of image,
// directory and control group, and the arguments.
const (
	atImage     = factsSize
	atDirectory = factsSize + 4
	atGroup     = factsSize + 8
	atArguments = factsSize + 12
	atAll       = factsSize + 16 // bytes that all arguments have
	atCut       = factsSize + 20
	atWritten   = factsSize + 24 // bytes behind execSize
	execSize    = factsSize + 32

	cutImage     = 1 // the path goes on
	cutDirectory = 2
	cutGroup     = 4
)

// What an exit has besides.
const (
	atStatus     = factsSize
	atUser       = factsSize + 8
	atSystem     = factsSize + 16
	atRuntime    = factsSize + 24
	atMinor      = factsSize + 32
	atMajor      = factsSize + 40
	atReads      = factsSize + 48
	atWrites     = factsSize + 56
	atReadBytes  = factsSize + 64
	atWriteBytes = factsSize + 72
	atResident   = factsSize + 80
	atVirtual    = factsSize + 88
	exitSize     = factsSize + 96
)

// How much of the texts of an exec is taken. All of it is less than the largest
// value of a map of each processor, 32 KiB.
const (
	mostPath      = 4096
	mostName      = 256 // with the zero behind it
	mostNames     = 48  // of a path, and mounts on the way
	mostGroup     = 1024
	mostGroups    = 12 // names of the path of a control group
	mostArguments = 23_000
	scratchSize   = 32 << 10
)

// Values of the kernel.
const (
	kernelThread = 0x00200000 // PF_KTHREAD
	groupExit    = 0x00000004 // SIGNAL_GROUP_EXIT

	availableData = 0 // BPF_RB_AVAIL_DATA
	noWakeUp      = 1 // BPF_RB_NO_WAKEUP
	wakeUp        = 2 // BPF_RB_FORCE_WAKEUP
)

// A record is one that a program wrote, decoded.
type record struct {
	kind  uint32
	at    time.Duration
	facts linuxproc.Facts // fork, exec, found; of an exit only who it is
	end   linuxproc.End   // exit
}

// decoder knows the machine.
type decoder struct {
	pageSize uint64
	mounts   uint32 // the mount namespace of the station's files
}

// decode reads a record. What the kernel wrote is not doubted more than any
// input is: lengths that do not fit are an error.
func (d decoder) decode(raw []byte) (*record, error) {
	if len(raw) < factsSize {
		return nil, fmt.Errorf("record of %d bytes; at least %d are needed", len(raw), factsSize)
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(raw[at:]) }
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(raw[at:]) }
	span := func(at int) time.Duration { return time.Duration(u64(at) & (1<<63 - 1)) }
	r := &record{kind: u32(atKind), at: span(atTime)}
	r.facts = linuxproc.Facts{
		Ref:       linuxproc.Ref{PID: u32(atPID), Forked: span(atForked), Execs: u32(atExecs)},
		Parent:    linuxproc.Ref{PID: u32(atParentPID), Forked: span(atParentForked), Execs: u32(atParentExecs)},
		Creator:   u32(atCreator),
		Told:      true,
		Effective: u32(atEffective), Capabilities: u64(atCapabilities), Permitted: u64(atPermitted), Session: u32(atSession),
		Spaced: true,
	}
	for i := range r.facts.Spaces {
		r.facts.Spaces[i] = u32(atSpaces + 4*i)
	}
	r.facts.SameFiles = r.facts.Spaces[linuxproc.MountSpace] == d.mounts
	switch r.kind {
	case kindFork, kindFound:
		return r, nil
	case kindExec:
		return r, d.exec(r, raw)
	case kindExit:
		return r, d.exit(r, raw)
	}
	return nil, fmt.Errorf("record of the unknown kind %d", r.kind)
}

func (decoder) exec(r *record, raw []byte) error {
	if len(raw) < execSize {
		return fmt.Errorf("record of an exec has %d bytes; at least %d are needed", len(raw), execSize)
	}
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(raw[at:]) }
	rest := raw[execSize:]
	var texts [4][]byte
	for i, at := range [...]int{atImage, atDirectory, atGroup, atArguments} {
		n := u32(at)
		if uint64(n) > uint64(len(rest)) {
			return fmt.Errorf("record of an exec has %d bytes where %d should be", len(rest), n)
		}
		texts[i], rest = rest[:n], rest[n:]
	}
	if cut := u32(atCut); cut&cutImage == 0 {
		r.facts.Image = path(texts[0])
	}
	if cut := u32(atCut); cut&cutDirectory == 0 {
		r.facts.Directory = path(texts[1])
	}
	if cut := u32(atCut); cut&cutGroup == 0 {
		r.facts.Container, r.facts.Grouped = linuxproc.ContainerInPath(path(texts[2])), true
	}
	if n := u32(atArguments); n > 0 {
		r.facts.CommandLine = linuxproc.Line(texts[3], u32(atAll) > n)
	}
	return nil
}

// path puts together the names of a path, which come last first.
func path(raw []byte) string {
	b := make([]byte, 0, len(raw)+1)
	for raw = bytes.TrimSuffix(raw, []byte{0}); len(raw) > 0; {
		i := bytes.LastIndexByte(raw, 0)
		b = append(append(b, '/'), raw[i+1:]...)
		raw = raw[:max(i, 0)]
	}
	if len(b) == 0 {
		return "/"
	}
	return string(b)
}

func (d decoder) exit(r *record, raw []byte) error {
	if len(raw) < exitSize {
		return fmt.Errorf("record of an exit has %d bytes; %d are needed", len(raw), exitSize)
	}
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(raw[at:]) }
	status := binary.NativeEndian.Uint32(raw[atStatus:])
	user, system := divide(u64(atUser), u64(atSystem), u64(atRuntime))
	r.end = linuxproc.End{Ref: r.facts.Ref, At: r.at, Status: &status, Used: &linuxproc.Usage{
		User: user, System: system,
		Reads: u64(atReads), Writes: u64(atWrites), ReadBytes: u64(atReadBytes), WriteBytes: u64(atWriteBytes),
		MinorFaults: u64(atMinor), MajorFaults: u64(atMajor),
		PeakResident: u64(atResident) * d.pageSize, PeakVirtual: u64(atVirtual) * d.pageSize,
	}}
	return nil
}

// divide divides the time that a process ran, which the kernel counts exactly,
// between user and system, in the proportion in which the clock's ticks found it.
func divide(user, system, ran uint64) (time.Duration, time.Duration) {
	const most = 1<<63 - 1
	ran = min(ran, most)
	if system == 0 || user+system < user {
		return time.Duration(ran), 0
	}
	s := uint64(float64(ran) * (float64(system) / (float64(user) + float64(system))))
	s = min(s, ran)
	return time.Duration(ran - s), time.Duration(s)
}
