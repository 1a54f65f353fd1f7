package linuxproc

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Stat is what /proc/PID/stat tells.
type Stat struct {
	PID       uint32
	Name      string // of the thread: no more than 15 bytes, and anything
	State     byte   // 'Z' and 'X': it has ended
	ParentPID uint32
	Kernel    bool          // it is a thread of the kernel
	Forked    time.Duration // since boot, in whole ticks
}

// Gone tells that the process has ended, though its entry is still there.
func (s *Stat) Gone() bool { return s.State == 'Z' || s.State == 'X' }

// kernelThread is PF_KTHREAD of the flags.
const kernelThread = 0x00200000

// ParseStat reads the text of /proc/PID/stat.
func ParseStat(raw []byte) (*Stat, error) {
	// The name stands in parentheses and may hold anything, those too.
	open, end := bytes.IndexByte(raw, '('), bytes.LastIndexByte(raw, ')')
	if open < 0 || end < open {
		return nil, fmt.Errorf("stat %.80q has no name in parentheses", raw)
	}
	pid, err := strconv.ParseUint(string(bytes.TrimSpace(raw[:open])), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("pid of stat: %w", err)
	}
	s := &Stat{PID: uint32(pid), Name: string(raw[open+1 : end])}
	const state, parent, flags, start = 0, 1, 6, 19
	fields := bytes.Fields(raw[end+1:])
	if len(fields) <= start {
		return nil, fmt.Errorf("stat of %d has %d fields behind the name; %d are needed", pid, len(fields), start+1)
	}
	s.State = fields[state][0]
	number := func(i, bits int) (n uint64) {
		if err == nil {
			if n, err = strconv.ParseUint(string(fields[i]), 10, bits); err != nil {
				err = fmt.Errorf("field %d of stat of %d: %w", i+3, pid, err)
			}
		}
		return n
	}
	s.ParentPID, s.Kernel = uint32(number(parent, 32)), number(flags, 64)&kernelThread != 0
	ticks := number(start, 64)
	if err == nil && ticks > uint64(1<<63-1)/uint64(Tick) {
		err = fmt.Errorf("process %d began %d ticks after the boot, which is too much", pid, ticks)
	}
	s.Forked = time.Duration(ticks) * Tick
	return s, err
}

// Status is what /proc/PID/status tells of a process's rights.
type Status struct {
	User, Effective         uint32 // real and effective user
	Capabilities, Permitted uint64 // effective and permitted ones
}

// ParseStatus reads the text of /proc/PID/status.
func ParseStatus(raw []byte) (*Status, error) {
	var s Status
	found := 0
	for line := range bytes.Lines(raw) {
		name, value, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(value)
		var err error
		switch {
		case name == "Uid" && len(fields) == 4:
			var uid, euid uint64
			uid, err = strconv.ParseUint(fields[0], 10, 32)
			if err == nil {
				euid, err = strconv.ParseUint(fields[1], 10, 32)
			}
			s.User, s.Effective = uint32(uid), uint32(euid)
		case name == "CapEff" && len(fields) == 1:
			s.Capabilities, err = strconv.ParseUint(fields[0], 16, 64)
		case name == "CapPrm" && len(fields) == 1:
			s.Permitted, err = strconv.ParseUint(fields[0], 16, 64)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s of status: %w", name, err)
		}
		found++
	}
	if found != 3 {
		return nil, errors.New("status has no Uid, no CapEff or no CapPrm")
	}
	return &s, nil
}
