package winapi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// CurrentDirectory returns the folder that a process is in, as it keeps it itself:
// shortly after its start the one that it was started in. The process must be held;
// the memory is read by a handle of its own, because that needs more rights.
func CurrentDirectory(process windows.Handle) (string, error) {
	return readParameter(process, func(l blockLayout) uint64 { return l.directory })
}

// commandLineInMemory returns the command line as the process keeps it itself.
func commandLineInMemory(process windows.Handle) (string, error) {
	return readParameter(process, func(l blockLayout) uint64 { return l.commandLine })
}

// readParameter reads a text among what a process was given at its start.
func readParameter(process windows.Handle, which func(blockLayout) uint64) (string, error) {
	pid, err := windows.GetProcessId(process)
	if err != nil {
		return "", fmt.Errorf("ask for the pid of a process: %w", err)
	}
	reader, err := windows.OpenProcess(windows.PROCESS_VM_READ|windows.PROCESS_QUERY_INFORMATION, false, pid)
	if err != nil {
		return "", fmt.Errorf("open process %d to read its memory: %w", pid, err)
	}
	defer windows.CloseHandle(reader)
	if at := wow64Block(reader); at != 0 {
		if text, err := textIn(reader, at, narrow, which(narrow)); err == nil && text != "" {
			return text, nil
		}
		// It may not have come so far: what it was given has the text too.
	}
	var basic windows.PROCESS_BASIC_INFORMATION
	if err := windows.NtQueryInformationProcess(reader, windows.ProcessBasicInformation, unsafe.Pointer(&basic), uint32(unsafe.Sizeof(basic)), nil); err != nil {
		return "", fmt.Errorf("ask for the environment block of process %d: %w", pid, err)
	}
	return textIn(reader, uint64(uintptr(unsafe.Pointer(basic.PebBaseAddress))), wide, which(wide))
}

// wow64Block returns where a process of 32 bits has its own environment block; 0 for
// others.
func wow64Block(process windows.Handle) uint64 {
	var at uintptr
	if windows.NtQueryInformationProcess(process, windows.ProcessWow64Information, unsafe.Pointer(&at), uint32(unsafe.Sizeof(at)), nil) != nil {
		return 0
	}
	return uint64(at)
}

// A blockLayout tells where in the environment block of a process is what is read.
type blockLayout struct {
	pointer     int    // bytes of an address
	parameters  uint64 // in the block, the address of the parameters
	directory   uint64 // in the parameters, UNICODE_STRING of the folder
	commandLine uint64 // the same of the command line
}

var (
	wide   = blockLayout{8, 0x20, 0x38, 0x70}
	narrow = blockLayout{4, 0x10, 0x24, 0x40}
)

func textIn(process windows.Handle, block uint64, l blockLayout, at uint64) (string, error) {
	parameters, err := readPointer(process, block+l.parameters, l.pointer)
	if err != nil {
		return "", err
	}
	if parameters == 0 {
		return "", errors.New("the process has no parameters yet")
	}
	var length [2]byte
	if err := readMemory(process, parameters+at, length[:]); err != nil {
		return "", err
	}
	text, err := readPointer(process, parameters+at+uint64(l.pointer), l.pointer)
	if err != nil {
		return "", err
	}
	raw := make([]byte, binary.LittleEndian.Uint16(length[:])&^1)
	if len(raw) == 0 {
		return "", nil
	}
	err = readMemory(process, text, raw)
	return utf16Text(raw), err
}

func readPointer(process windows.Handle, at uint64, size int) (uint64, error) {
	var raw [8]byte
	err := readMemory(process, at, raw[:size])
	return binary.LittleEndian.Uint64(raw[:]), err
}

func readMemory(process windows.Handle, at uint64, to []byte) error {
	var n uintptr
	if err := windows.ReadProcessMemory(process, uintptr(at), &to[0], uintptr(len(to)), &n); err != nil {
		return fmt.Errorf("read the memory of a process at %#x: %w", at, err)
	}
	if n < uintptr(len(to)) {
		return fmt.Errorf("read the memory of a process at %#x: %d of %d bytes", at, n, len(to))
	}
	return nil
}

// PackageName returns the full name of the package that a process belongs to, ""
// if that is none. The handle needs no more than PROCESS_QUERY_LIMITED_INFORMATION.
func PackageName(process windows.Handle) (string, error) {
	const longest, noPackage = 128, 15700 // APPMODEL_ERROR_NO_PACKAGE
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetPackageFullName")
	if err := call.Find(); err != nil {
		return "", fmt.Errorf("ask for the package of a process: %w", errors.ErrUnsupported)
	}
	buf := make([]uint16, longest)
	size := uint32(len(buf))
	status, _, _ := call.Call(uintptr(process), uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&buf[0])))
	switch windows.Errno(status) {
	case windows.ERROR_SUCCESS:
		return windows.UTF16ToString(buf[:min(size, longest)]), nil
	case noPackage:
		return "", nil
	}
	return "", fmt.Errorf("ask for the package of a process: %w", windows.Errno(status))
}
