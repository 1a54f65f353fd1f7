package linuxproc

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// thisStation returns the station's clocks.
func thisStation() Clocks {
	return Clocks{SinceBoot: func() time.Duration { return gettime(unix.CLOCK_BOOTTIME) }, Day: time.Now}
}

// Suspended returns by how much the clock since boot is ahead of the monotonic
// one, which stands still while the station is suspended.
func Suspended() time.Duration {
	return gettime(unix.CLOCK_BOOTTIME) - gettime(unix.CLOCK_MONOTONIC)
}

func gettime(clock int32) time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(clock, &ts) != nil {
		return 0 // not on any kernel that Go runs on
	}
	return time.Duration(ts.Nano())
}

// BootID returns the number of this boot.
func BootID() (uint64, error) {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return 0, fmt.Errorf("tell which boot this is: %w", err)
	}
	return ParseBootID(string(raw))
}

// firstPIDNamespace is the inode of the namespace that the kernel begins with.
const firstPIDNamespace = "pid:[4026531836]"

// SeesAll says why the agent cannot see all processes by the pids that the
// kernel knows them by; nil if it can.
func SeesAll() error {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return fmt.Errorf("tell whose processes /proc shows: %w", err)
	}
	if link != firstPIDNamespace {
		return fmt.Errorf("the agent runs in a pid namespace of its own (%s), as in a container; run it with the station's (--pid=host)", link)
	}
	return nil
}
