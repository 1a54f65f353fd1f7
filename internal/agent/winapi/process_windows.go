package winapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Reasons why nothing can be said of a process.
var (
	ErrNoProcess = errors.New("no process has this pid")
	ErrDenied    = errors.New("access to the process is denied")
)

// A Process is one process that is held. Whatever becomes of it, its pid is not
// another's until Close, and its end can be asked for.
type Process struct {
	handle windows.Handle
}

// OpenProcess holds the process that has the pid now. The error may be
// ErrNoProcess or ErrDenied.
func OpenProcess(pid uint32) (*Process, error) {
	return openProcess(pid, windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE)
}

// OpenProcessToEnd is OpenProcess for one that is to be ended.
func OpenProcessToEnd(pid uint32) (*Process, error) {
	return openProcess(pid, windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE|windows.PROCESS_TERMINATE)
}

func openProcess(pid, access uint32) (*Process, error) {
	handle, err := windows.OpenProcess(access, false, pid)
	switch {
	case errors.Is(err, windows.ERROR_INVALID_PARAMETER):
		return nil, ErrNoProcess
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil, ErrDenied
	case err != nil:
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	return &Process{handle}, nil
}

// Close lets the process go.
func (p *Process) Close() error { return windows.CloseHandle(p.handle) }

// Handle is the handle, for other calls of this package; it ends with Close.
func (p *Process) Handle() windows.Handle { return p.handle }

// ProcessTimes are when a process began and ended, and the processor time it used.
type ProcessTimes struct {
	Created, Exited time.Time // Exited is zero while it runs
	Kernel, User    time.Duration
}

// Times returns the times of the process, those of day to 100 ns.
func (p *Process) Times() (ProcessTimes, error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(p.handle, &created, &exited, &kernel, &user); err != nil {
		return ProcessTimes{}, fmt.Errorf("ask for the times of a process: %w", err)
	}
	t := ProcessTimes{Created: fileTime(ticksOf(created)), Kernel: ticks(ticksOf(kernel)), User: ticks(ticksOf(user))}
	if p.Exited() {
		t.Exited = fileTime(ticksOf(exited))
	}
	return t, nil
}

func ticksOf(t windows.Filetime) uint64 { return uint64(t.HighDateTime)<<32 | uint64(t.LowDateTime) }

// Exited tells whether the process has ended.
func (p *Process) Exited() bool {
	e, err := windows.WaitForSingleObject(p.handle, 0)
	return err == nil && e == windows.WAIT_OBJECT_0
}

// ExitCode returns the code of a process that has ended.
func (p *Process) ExitCode() (uint32, error) {
	var code uint32
	err := windows.GetExitCodeProcess(p.handle, &code)
	return code, err
}

// Image returns the full path of the file that the process was made of, as
// programs write it: C:\Windows\notepad.exe.
func (p *Process) Image() (string, error) { return p.image(0) }

// NativeImage returns the same as the kernel writes it:
// \Device\HarddiskVolume2\Windows\notepad.exe. It is there where Image is not,
// as for a volume without a letter.
func (p *Process) NativeImage() (string, error) { return p.image(windows.PROCESS_NAME_NATIVE) }

func (p *Process) image(flags uint32) (string, error) {
	buf := make([]uint16, 512)
	for {
		size := uint32(len(buf))
		err := windows.QueryFullProcessImageName(p.handle, flags, &buf[0], &size)
		if err == nil {
			return windows.UTF16ToString(buf[:size]), nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || len(buf) > longestText {
			return "", fmt.Errorf("ask for the image of a process: %w", err)
		}
		buf = make([]uint16, 4*len(buf))
	}
}

// longestText is the largest number of UTF-16 units that Windows has in one text.
const longestText = 1 << 15

// Classes of NtQueryInformationProcess.
const (
	classIOCounters         = 2
	classVMCounters         = 3
	classBreakOnTermination = 29
	classCycleTime          = 38
	classCommandLine        = 60
	classTelemetryID        = 64
)

// CommandLine returns the command line as it was given to CreateProcess, or as
// the process has changed it since.
func (p *Process) CommandLine() (string, error) {
	raw, err := p.query(classCommandLine, 1024)
	if errors.Is(err, windows.STATUS_INVALID_INFO_CLASS) || errors.Is(err, windows.STATUS_NOT_IMPLEMENTED) {
		return commandLineInMemory(p.handle) // before Windows 8.1
	}
	if err != nil {
		return "", fmt.Errorf("ask for the command line of a process: %w", err)
	}
	if len(raw) < int(unsafe.Sizeof(windows.NTUnicodeString{})) {
		return "", errors.New("ask for the command line of a process: the answer is too short")
	}
	// The head points at the text, which is in the same answer.
	head := (*windows.NTUnicodeString)(unsafe.Pointer(&raw[0]))
	at := uintptr(unsafe.Pointer(head.Buffer)) - uintptr(unsafe.Pointer(&raw[0]))
	if head.Length == 0 {
		return "", nil
	}
	if at > uintptr(len(raw)) || uintptr(head.Length) > uintptr(len(raw))-at {
		return "", errors.New("ask for the command line of a process: the answer points outside itself")
	}
	return utf16Text(raw[at : at+uintptr(head.Length)]), nil
}

// query asks for a class of information whose answer has no fixed size.
func (p *Process) query(class int32, size uint32) ([]byte, error) {
	for {
		// Of words, because the answers have pointers in them.
		words := make([]uint64, (size+7)/8)
		raw := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
		var needed uint32
		err := windows.NtQueryInformationProcess(p.handle, class, unsafe.Pointer(&raw[0]), uint32(len(raw)), &needed)
		if err == nil {
			return raw[:min(int(needed), len(raw))], nil
		}
		short := errors.Is(err, windows.STATUS_INFO_LENGTH_MISMATCH) || errors.Is(err, windows.STATUS_BUFFER_TOO_SMALL) ||
			errors.Is(err, windows.STATUS_BUFFER_OVERFLOW)
		if !short || needed <= uint32(len(raw)) || needed > 4*longestText {
			return nil, err
		}
		size = needed
	}
}

// Telemetry returns by which numbers the kernel knows the process. It is there
// from Windows 10 on.
func (p *Process) Telemetry() (Telemetry, error) {
	raw, err := p.query(classTelemetryID, 2048)
	if err != nil {
		return Telemetry{}, fmt.Errorf("ask for the sequence number of a process: %w", err)
	}
	return parseTelemetry(raw)
}

// ProcessIO is what a process has read, written and done otherwise.
type ProcessIO struct {
	ReadOps, WriteOps, OtherOps, ReadBytes, WriteBytes, OtherBytes uint64
}

// IO returns what the process has read and written. It can be asked for after
// the end too, as can Memory and Cycles.
func (p *Process) IO() (ProcessIO, error) {
	var c ProcessIO // laid out as IO_COUNTERS
	err := windows.NtQueryInformationProcess(p.handle, classIOCounters, unsafe.Pointer(&c), uint32(unsafe.Sizeof(c)), nil)
	return c, err
}

// ProcessMemory is laid out as VM_COUNTERS: bytes, but for the faults.
type ProcessMemory struct {
	PeakVirtualSize, VirtualSize   uintptr
	PageFaults                     uint32
	PeakWorkingSet, WorkingSet     uintptr
	PeakPagedPool, PagedPool       uintptr
	PeakNonpagedPool, NonpagedPool uintptr
	Pagefile, PeakPagefile         uintptr
}

// Memory returns the memory that the process uses and used at most.
func (p *Process) Memory() (ProcessMemory, error) {
	var m ProcessMemory
	err := windows.NtQueryInformationProcess(p.handle, classVMCounters, unsafe.Pointer(&m), uint32(unsafe.Sizeof(m)), nil)
	return m, err
}

// Cycles returns the processor cycles that the process has used.
func (p *Process) Cycles() (uint64, error) {
	var c struct{ accumulated, current uint64 }
	err := windows.NtQueryInformationProcess(p.handle, classCycleTime, unsafe.Pointer(&c), uint32(unsafe.Sizeof(c)), nil)
	return c.accumulated, err
}

// Terminate ends the process; OpenProcessToEnd must have opened it.
func (p *Process) Terminate(code uint32) error {
	err := windows.TerminateProcess(p.handle, code)
	if err != nil && p.Exited() {
		return nil // it was quicker
	}
	return err
}

// Critical tells whether the system stops with a blue screen when the process ends.
func (p *Process) Critical() bool {
	var critical uint32
	err := windows.NtQueryInformationProcess(p.handle, classBreakOnTermination, unsafe.Pointer(&critical), uint32(unsafe.Sizeof(critical)), nil)
	return err == nil && critical != 0
}

// EnablePrivilege enables a privilege that the agent's own account has.
func EnablePrivilege(name string) error {
	var token windows.Token
	err := windows.OpenProcessToken(windows.CurrentProcess(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, &token)
	if err != nil {
		return fmt.Errorf("enable %s: %w", name, err)
	}
	defer token.Close()
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	state := windows.Tokenprivileges{PrivilegeCount: 1}
	state.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if err := windows.LookupPrivilegeValue(nil, text, &state.Privileges[0].Luid); err != nil {
		return fmt.Errorf("enable %s: %w", name, err)
	}
	if err := windows.AdjustTokenPrivileges(token, false, &state, 0, nil, nil); err != nil {
		return fmt.Errorf("enable %s: %w", name, err)
	}
	return nil
}

// ticks returns a span of 100 ns each.
func ticks(t uint64) time.Duration { return time.Duration(t) * 100 }

// utf16Text returns little-endian UTF-16 as a text. A lone surrogate becomes U+FFFD.
func utf16Text(raw []byte) string {
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units))
}
