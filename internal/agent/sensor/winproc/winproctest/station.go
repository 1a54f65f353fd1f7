// Package winproctest is a Windows station for tests on any system.
//
// It has the awkward sides of a real one: a process can be gone when it is
// opened, or be closed to everybody; one that has ended stays in the list, without
// threads, for as long as somebody holds it, and its command line cannot be read
// any more; one that is only being made is in the list without a time, and one that
// has just been made may not know its command line yet; the idle process is in the
// list though it is none.
package winproctest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// Boot is the number of the boot that every Station is in.
const Boot = 57

// A Process is one that runs, or ran.
type Process struct {
	PID, ParentPID uint32
	Created        time.Time
	Seq            uint64 // 0: this Windows has no such numbers
	Image          string // full path
	CommandLine    string
	Denied         bool // it may not be opened
	NoThreads      bool // it runs without threads, as the kernel's own may
	Silent         int  // so many times it does not know its command line yet
}

// A Station is a winproc.Station.
type Station struct {
	mu    sync.Mutex
	procs []*process
}

type process struct {
	Process
	ended time.Time
	code  uint32
	held  int
}

// Begin starts a process.
func (s *Station) Begin(p Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.procs {
		if other.PID == p.PID && (other.ended.IsZero() || other.held > 0) {
			panic(fmt.Sprintf("pid %d is in use", p.PID)) // Windows would have given another
		}
	}
	s.procs = append(s.procs, &process{Process: p})
}

// End ends the process that has a pid.
func (s *Station) End(pid, code uint32, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.find(pid); p != nil {
		p.ended, p.code = at, code
	}
}

// Held returns how many processes are held.
func (s *Station) Held() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.procs {
		n += p.held
	}
	return n
}

// find returns the process that runs under a pid, or that is held under it.
func (s *Station) find(pid uint32) *process {
	for _, p := range s.procs {
		if p.PID == pid && (p.ended.IsZero() || p.held > 0) {
			return p
		}
	}
	return nil
}

// Processes implements winproc.Station.
func (s *Station) Processes() ([]winapi.ListedProcess, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []winapi.ListedProcess{{PID: 0, Threads: 2}}
	for _, p := range s.procs {
		l := winapi.ListedProcess{PID: p.PID, ParentPID: p.ParentPID, Created: p.Created, Name: p.Image[1+max(-1, lastSlash(p.Image)):], Threads: 1}
		if p.NoThreads || !p.ended.IsZero() {
			l.Threads = 0
		}
		if p.ended.IsZero() || p.held > 0 {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b winapi.ListedProcess) int { return cmp.Compare(b.PID, a.PID) }) // in no order that helps
	return list, nil
}

func lastSlash(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '\\' {
			return i
		}
	}
	return -1
}

// Open implements winproc.Station.
func (s *Station) Open(pid uint32) (winproc.Handle, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(pid)
	switch {
	case p == nil:
		return nil, winproc.ErrGone
	case p.Denied:
		return nil, winproc.ErrDenied
	}
	p.held++
	return &handle{station: s, process: p}, nil
}

// BootID implements winproc.Station.
func (*Station) BootID() uint64 { return Boot }

// Path implements winproc.Station: the one volume has the letter C.
func (*Station) Path(kernel string) string {
	const volume = `\Device\HarddiskVolume2`
	if len(kernel) > len(volume) && kernel[:len(volume)] == volume {
		return "C:" + kernel[len(volume):]
	}
	return kernel
}

type handle struct {
	station *Station
	process *process
	closed  bool
}

func (h *handle) Identity() (created time.Time, seq uint64, err error) {
	return h.process.Created, h.process.Seq, nil
}

func (h *handle) Describe(e *event.Process) {
	h.station.mu.Lock()
	defer h.station.mu.Unlock()
	e.Image = h.process.Image
	privileges := event.PrivilegeSet(1 << 20)
	e.Privileges = &privileges
	switch {
	case h.process.Silent > 0:
		h.process.Silent--
	case h.process.ended.IsZero():
		e.CommandLine = h.process.CommandLine
	}
}

func (h *handle) End(e *event.Process) bool {
	h.station.mu.Lock()
	defer h.station.mu.Unlock()
	if h.process.ended.IsZero() {
		return false
	}
	e.Time = h.process.ended
	code := h.process.code
	e.ExitCode = &code
	if e.Statistics == nil {
		e.Statistics = &event.Statistics{}
	}
	e.Statistics.OtherOps = 7
	return true
}

func (h *handle) Close() {
	h.station.mu.Lock()
	defer h.station.mu.Unlock()
	if h.closed {
		panic("a process was let go twice")
	}
	h.closed = true
	h.process.held--
}
