// Package linuxproc is what the Linux sensors share: the identity of processes,
// the reading of /proc, and the Tracker, which turns forks, execs and exits into
// events.
//
// # What a process is
//
// A process is one run of a program. The kernel makes a process by fork, as a
// copy of its parent, and gives it another program by exec, as often as it likes.
//
//   - A fork that execs within ForkWait is one process: what it became, started
//     when the kernel made it.
//   - A fork that does not, or that ends or forks itself before, is a process with
//     its parent's image and command line.
//   - A process that was reported and then execs has ended its run. The end has no
//     exit code, and the new run is a process of its own with the same pid. It
//     began at the exec, and its parent is the run that it replaced.
//
// So each exec is told exactly once, no start is told twice, and nobody hides a
// program behind a harmless one that was reported before it. What the kernel
// counts (processor time and the like) goes on over an exec: the last run's end
// has the sum. Threads are not processes, and neither are those of the kernel.
//
// # Identity
//
// The key of an event is made of a boot id and a sequence number, and Linux has
// no such number. Seq makes one of the pid, the time of the fork and how many
// execs there have been. All three can be had again at any time, for a parent and
// in a rundown, by every sensor, so that the key is the same in start, stop and
// rundown, and after a restart of the agent. The time is cut to what /proc knows,
// a hundredth of a second: no pid is used again so soon, as the kernel goes
// through all others first. (A program with CAP_CHECKPOINT_RESTORE can choose its
// pid. Two processes that it makes with one pid in a hundredth of a second have
// one key, and differ by their start time alone.) Execs are counted by the kernel
// where it is asked directly; /proc does not tell, so that the other sensors count
// those they see, and take what they find for a process that exec'd once.
//
// All times are those of the kernel's clock since boot, made times of day by a
// Clock, which gives the same answer for the same process each time.
package linuxproc

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Tick is the resolution of times in /proc, the same on all architectures that Go knows.
const Tick = 10 * time.Millisecond

// ForkWait is how long a fork may take to exec and be one process with what it becomes.
const ForkWait = 100 * time.Millisecond

// Bits of a sequence number: 33 bits of ticks, which come round after 2.7 years
// of one boot, 8 of execs and 22 of the pid, which is less than 2^22 on Linux.
const (
	pidBits  = 22
	execBits = 8
	tickBits = 33
)

// Seq returns the sequence number, within its boot, of the process that was
// forked so long after the boot and has had so many execs since. It fits into a
// signed integer of 64 bits, and is 0 for pid 0, which is nobody.
func Seq(pid uint32, forked time.Duration, execs uint32) uint64 {
	if pid == 0 {
		return 0
	}
	ticks := uint64(forked/Tick) & (1<<tickBits - 1)
	return ticks<<(execBits+pidBits) | uint64(execs&(1<<execBits-1))<<pidBits | uint64(pid)&(1<<pidBits-1)
}

// ParseBootID returns the number of a boot from /proc/sys/kernel/random/boot_id.
// It is the one by which the agent tells boots apart: 52 bits, and never 0.
func ParseBootID(text string) (uint64, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if err != nil || len(raw) != 16 {
		return 0, fmt.Errorf("boot id %.60q is not a UUID", text)
	}
	return max(1, binary.BigEndian.Uint64(raw)>>12), nil
}

// ForkOf tells whether a sequence number is of a process that was forked so long
// after the boot.
func ForkOf(seq uint64, forked time.Duration) bool {
	return seq>>(execBits+pidBits) == uint64(forked/Tick)&(1<<tickBits-1)
}
