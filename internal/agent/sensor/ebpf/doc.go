// Package ebpf sees processes by programs of ours in the Linux kernel, at its
// tracepoints of fork, exec and exit.
//
// The programs are assembled by the agent itself when it starts, with the places
// of the kernel's fields as the running kernel describes them (BTF): building
// needs no compiler but Go's, and one agent fits all kernels. They need Linux 5.8
// or later with BTF, CAP_BPF and CAP_PERFMON (before those existed CAP_SYS_ADMIN),
// and no tracefs and no kprobes. Where they cannot be had, Open says why.
//
// A record of each fork, exec and exit goes through one ring to the agent, in the
// order in which they happened. Paths and arguments are read in the kernel, so that
// those of a process that is gone when the agent looks are known too: paths up to
// 4 KiB and 48 names, arguments up to 23,000 bytes. What is longer is read from /proc
// if the process still runs; else a command line ends with a mark, and a path is
// missing. A record for which the ring has no room is counted, and told as a gap.
// An exec wakes the agent, because /proc may still know more of that process. Forks
// and ends do not, as waking up costs more than they do: they are read with the next
// exec, a quarter of a second later at most.
//
// What processes are, how they are named and which events come of a record is
// package linuxproc's.
package ebpf

import (
	"github.com/eljefe/eljefe/internal/event"
)

// mode is the name of this sensor.
const mode = event.SensorEBPF
