package winproc

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/enrich"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// station is the one that the agent runs on.
type station struct {
	boot  uint64
	paths *winapi.Paths

	mu  sync.Mutex
	buf []uint64 // for the list
}

// ThisStation returns the Station that the agent runs on. If log is nil, nothing
// is logged.
func ThisStation(log *slog.Logger) Station {
	if err := winapi.EnablePrivilege("SeDebugPrivilege"); err != nil && log != nil {
		log.Info("processes of other users may not be opened", "err", err)
	}
	boot, _ := winapi.Boot()
	return &station{boot: boot, paths: winapi.NewPaths()}
}

func (s *station) BootID() uint64 { return s.boot }

func (s *station) Path(kernel string) string { return s.paths.DOS(kernel) }

func (s *station) Processes() ([]winapi.ListedProcess, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, buf, err := winapi.Processes(s.buf)
	s.buf = buf
	return list, err
}

func (s *station) Open(pid uint32) (Handle, error) {
	p, err := winapi.OpenProcess(pid)
	switch {
	case errors.Is(err, winapi.ErrNoProcess):
		return nil, ErrGone
	case errors.Is(err, winapi.ErrDenied):
		return nil, ErrDenied
	case err != nil:
		return nil, err
	}
	return &handle{p}, nil
}

// handle is a Handle of Windows.
type handle struct{ *winapi.Process }

func (h *handle) Close() { _ = h.Process.Close() }

func (h *handle) Identity() (created time.Time, seq uint64, err error) {
	t, err := h.Times()
	if err != nil {
		return time.Time{}, 0, err
	}
	if numbers, err := h.Telemetry(); err == nil && numbers.Created.Equal(t.Created) {
		seq = numbers.Seq
	}
	return t.Created, seq, nil
}

func (h *handle) Describe(e *event.Process) {
	image, err := h.Image()
	if err != nil {
		image, _ = h.NativeImage() // nor has each of them a file
	}
	e.Image = image
	e.CommandLine, _ = h.CommandLine() // the kernel's own processes have none
	e.CurrentDirectory, _ = winapi.CurrentDirectory(h.Handle())
	e.Package, _ = winapi.PackageName(h.Handle())
	token, err := winapi.ReadToken(h.Handle())
	if err != nil {
		enrich.Miss(e, enrich.ReasonOf(err), "privileges")
		return
	}
	token.Apply(e)
}

func (h *handle) End(e *event.Process) bool {
	if !h.Exited() {
		return false
	}
	t, err := h.Times()
	if err != nil {
		return false
	}
	if !t.Exited.IsZero() {
		e.Time = t.Exited
	}
	if code, err := h.ExitCode(); err == nil {
		e.ExitCode = &code
	}
	if e.Statistics == nil {
		e.Statistics = &event.Statistics{}
	}
	s := e.Statistics
	s.KernelTimeUS, s.UserTimeUS = uint64(t.Kernel.Microseconds()), uint64(t.User.Microseconds())
	if io, err := h.IO(); err == nil {
		s.ReadOps, s.WriteOps, s.OtherOps = io.ReadOps, io.WriteOps, io.OtherOps
		s.ReadBytes, s.WriteBytes, s.OtherBytes = io.ReadBytes, io.WriteBytes, io.OtherBytes
	}
	if m, err := h.Memory(); err == nil {
		set(&s.PageFaults, uint64(m.PageFaults))
		set(&s.PeakWorkingSet, uint64(m.PeakWorkingSet))
		set(&s.PeakVirtualSize, uint64(m.PeakVirtualSize))
		set(&s.PeakPagefile, uint64(m.PeakPagefile))
		set(&s.PeakPagedPool, uint64(m.PeakPagedPool))
		set(&s.PeakNonpaged, uint64(m.PeakNonpagedPool))
	}
	if s.CPUCycles == 0 {
		s.CPUCycles, _ = h.Cycles()
	}
	return true
}
