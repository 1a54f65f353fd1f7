package linuxproc

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A Ref names a process of this boot. A Ref with PID 0 is nobody.
type Ref struct {
	PID    uint32
	Forked time.Duration // since boot
	Execs  uint32        // since the fork
}

// Seq returns the sequence number of the process.
func (r Ref) Seq() uint64 { return Seq(r.PID, r.Forked, r.Execs) }

// same tells whether two Refs are of one process of the kernel, whatever it
// runs. Sources know the time of a fork in full or in ticks.
func (r Ref) same(o Ref) bool { return r.PID == o.PID && r.Forked/Tick == o.Forked/Tick }

// Facts are what a sensor knows of a process.
type Facts struct {
	Ref
	Parent  Ref
	Creator uint32 // pid of who made the fork, where that is not the parent; 0: it is

	Told         bool   // whether the next five are known
	Effective    uint32 // user whose rights it has
	Capabilities uint64 // effective, in its own user namespace
	Permitted    uint64 // likewise
	Session      uint32 // of the audit system: one for each login; noSession for none
	SameFiles    bool   // it sees the station's files, under the same names

	Spaced    bool       // whether all of Spaces are known; else those of users and mounts, if Told
	Spaces    Namespaces // 0: not known
	Grouped   bool       // whether Container is known
	Container string     // "" is none

	Image, CommandLine, Directory string

	// Why what is not known could not be read; "": nobody tried, or it is not there.
	// The second is of Spaces and Container.
	Unread, Unplaced Reason
}

// A Reason says why something of a process is not known, in the words of events.
type Reason string

const (
	exited Reason = "exited"
	denied Reason = "denied"
	failed Reason = "failed"
)

func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrGone), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return exited
	case errors.Is(err, fs.ErrPermission):
		return denied
	}
	return failed
}

// noSession is the session of what no login began.
const noSession = 1<<32 - 1

// An End is what a sensor knows of the end of a process.
type End struct {
	Ref
	At       time.Duration // since boot
	Inferred bool          // the end was missed: At is when the process was found gone
	Status   *uint32       // as wait(2) gives it; nil: not known
	Used     *Usage        // nil: not known
}

// Usage is what a process has used, its threads included, but not its children.
type Usage struct {
	User, System              time.Duration
	Reads, Writes             uint64 // system calls
	ReadBytes, WriteBytes     uint64 // through those calls, be it from a disk, a pipe or the network
	MinorFaults, MajorFaults  uint64
	PeakResident, PeakVirtual uint64 // bytes
}

// exitCode returns what a shell shows of an end: the code of an exit, or 128 and
// the signal. (The raw status has the code in the bits 8 to 15, the signal in the
// bits 0 to 6, and in bit 7 whether there was a core dump.)
func exitCode(status uint32) uint32 {
	if signal := status & 0x7f; signal != 0 {
		return 128 + signal
	}
	return status >> 8 & 0xff
}

// Capabilities that give power over other processes or over the whole station,
// by their number in linux/capability.h.
const powerful = 1<<0 | // CAP_CHOWN
	1<<1 | // CAP_DAC_OVERRIDE
	1<<2 | // CAP_DAC_READ_SEARCH
	1<<3 | // CAP_FOWNER
	1<<6 | // CAP_SETGID
	1<<7 | // CAP_SETUID
	1<<8 | // CAP_SETPCAP
	1<<16 | // CAP_SYS_MODULE
	1<<17 | // CAP_SYS_RAWIO
	1<<19 | // CAP_SYS_PTRACE
	1<<21 | // CAP_SYS_ADMIN
	1<<31 | // CAP_SETFCAP
	1<<33 | // CAP_MAC_ADMIN
	1<<39 // CAP_BPF

// elevated tells whether a process may do more than its user: root may, and who
// has a capability by which one becomes root. In a user namespace of its own a
// process may have all of them, and they mean little.
func (f *Facts) elevated() bool {
	users := f.Spaces[UserSpace]
	return f.Effective == 0 || f.Capabilities&powerful != 0 && (users == 0 || users == firstUserSpace)
}

// unknown says what of a process is not known and why, sorted, as events do.
func (f *Facts) unknown() string {
	var list []string
	note := func(known bool, why Reason, names ...string) {
		for _, name := range names {
			if !known && why != "" {
				list = append(list, name+"="+string(why))
			}
		}
	}
	note(f.Told, f.Unread, "capabilities", "user")
	note(f.Image != "", f.Unread, "image")
	note(f.CommandLine != "", f.Unread, "command_line")
	note(f.Directory != "", f.Unread, "current_directory")
	note(f.Spaced, f.Unplaced, "namespaces")
	note(f.Grouped, f.Unplaced, "container")
	slices.Sort(list)
	return strings.Join(list, " ")
}
