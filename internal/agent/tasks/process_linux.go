package tasks

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticks is how many a second /proc counts in; the same on all architectures that
// Go knows.
const ticks = 100

type linux struct{}

func thisSystem() processes { return linux{} }

// linuxProcess is held by a pidfd where the kernel has them (5.4 and later).
type linuxProcess struct {
	pid     uint32
	process *os.Process
}

func (linux) hold(pid uint32) (held, error) {
	process, err := os.FindProcess(int(pid))
	if err != nil {
		return nil, err
	}
	// FindProcess says only now whether there is one.
	if err := process.Signal(syscall.Signal(0)); err != nil && !errors.Is(err, os.ErrPermission) {
		_ = process.Release()
		if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
			return nil, errNoProcess
		}
		return nil, err
	}
	return &linuxProcess{pid: pid, process: process}, nil
}

func (p *linuxProcess) path(name string) string {
	return "/proc/" + strconv.FormatUint(uint64(p.pid), 10) + "/" + name
}

// began reads what the kernel counted from the start of the system to the start
// of the process.
func (p *linuxProcess) began() (time.Time, error) {
	now := time.Now()
	raw, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	uptime, err := strconv.ParseFloat(string(bytes.Fields(raw)[0]), 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("/proc/uptime: %w", err)
	}
	raw, err = os.ReadFile(p.path("stat"))
	if err != nil {
		return time.Time{}, gone(err)
	}
	// The name in parentheses may hold anything, parentheses too.
	_, rest, _ := strings.Cut(string(raw[bytes.LastIndexByte(raw, ')')+1:]), " ")
	fields := strings.Fields(rest)
	const state, starttime = 0, 19
	if len(fields) <= starttime {
		return time.Time{}, fmt.Errorf("%s has %d fields", p.path("stat"), len(fields))
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return time.Time{}, errNoProcess
	}
	began, err := strconv.ParseFloat(fields[starttime], 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", p.path("stat"), err)
	}
	return now.Add(-time.Duration((uptime - began/ticks) * float64(time.Second))), nil
}

func (p *linuxProcess) image() (string, error) {
	image, err := os.Readlink(p.path("exe"))
	if err != nil {
		return "", gone(err)
	}
	return strings.TrimSuffix(image, " (deleted)"), nil
}

func (*linuxProcess) sameImage(a, b string) bool { return a == strings.TrimSuffix(b, " (deleted)") }

func (p *linuxProcess) end() error {
	err := p.process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (p *linuxProcess) release() { _ = p.process.Release() }

// gone tells of a process that ended meanwhile.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return errNoProcess
	}
	return err
}
