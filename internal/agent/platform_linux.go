package agent

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	sinceBoot, currentBoot, machineParts, systemName, ownCost = linuxSinceBoot, linuxBoot, linuxMachine, linuxSystem, linuxCost
}

// linuxSinceBoot is a clock that is never set and counts suspension; 0 if it
// cannot be read.
func linuxSinceBoot() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

func linuxBoot() boot {
	var b boot
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return b
	}
	if id, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(raw)), "-", "")); err == nil && len(id) == 16 {
		b.ID = bootNumber(binary.BigEndian.Uint64(id))
	}
	raw, err = os.ReadFile("/proc/stat")
	if err != nil {
		return b
	}
	for line := range bytes.Lines(raw) {
		if rest, ok := bytes.CutPrefix(line, []byte("btime ")); ok {
			if seconds, err := strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64); err == nil {
				b.Began = time.Unix(seconds, 0).UTC()
			}
		}
	}
	return b
}

// linuxMachine returns what tells this machine from others and stays the same
// while it is itself: network cards come and go with docks, and are left out.
func linuxMachine() []string {
	var parts []string
	for _, path := range [...]string{
		"/etc/machine-id",                        // of the installation; copied with a disk
		"/sys/class/dmi/id/product_uuid",         // of the machine, or given anew by the hypervisor
		"/sys/class/dmi/id/board_serial",         //
		"/sys/firmware/devicetree/serial-number", // of boards without DMI
		"/proc/device-tree/serial-number",
	} {
		if raw, err := os.ReadFile(path); err == nil {
			parts = append(parts, strings.Trim(string(raw), "\x00 \n"))
		}
	}
	return parts
}

func linuxSystem() string {
	for _, path := range [...]string{"/etc/os-release", "/usr/lib/os-release"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
				return strings.Trim(value, `"'`)
			}
		}
	}
	return ""
}

// linuxCost returns resident memory and processor time.
func linuxCost() (resident uint64, cpu time.Duration) {
	if raw, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(raw)); len(fields) > 1 {
			if pages, err := strconv.ParseUint(fields[1], 10, 64); err == nil {
				resident = pages * uint64(os.Getpagesize())
			}
		}
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		cpu = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return resident, cpu
}
