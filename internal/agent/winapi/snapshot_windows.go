package winapi

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	classProcesses = 5
	mostListed     = 64 << 20 // bytes; the list of 10,000 processes has some 20 MB
)

// Processes returns what runs. It needs no rights. buf is what the last call
// returned beside its answer, and may be nil.
func Processes(buf []uint64) ([]ListedProcess, []uint64, error) {
	if len(buf) == 0 {
		buf = make([]uint64, 64<<10)
	}
	for {
		var needed uint32
		err := windows.NtQuerySystemInformation(classProcesses, unsafe.Pointer(&buf[0]), uint32(len(buf)*8), &needed)
		if err == nil {
			raw := unsafe.Slice((*byte)(unsafe.Pointer(&buf[0])), len(buf)*8)
			list, err := listed(raw[:min(int(needed), len(raw))])
			return list, buf, err
		}
		if !errors.Is(err, windows.STATUS_INFO_LENGTH_MISMATCH) || len(buf)*8 > mostListed {
			return nil, buf, fmt.Errorf("ask for the list of processes: %w", err)
		}
		// Some more than it needed just now: processes come.
		buf = make([]uint64, max(len(buf)*5/4, int(needed)/8+8192))
	}
}

// listed reads the list. It is the kernel's, and checked all the same.
func listed(raw []byte) ([]ListedProcess, error) {
	const size = int(unsafe.Sizeof(windows.SYSTEM_PROCESS_INFORMATION{}))
	var list []ListedProcess
	for at := 0; ; {
		if at < 0 || at+size > len(raw) {
			return nil, fmt.Errorf("read the list of processes: an entry at %d of %d bytes", at, len(raw))
		}
		p := (*windows.SYSTEM_PROCESS_INFORMATION)(unsafe.Pointer(&raw[at]))
		entry := ListedProcess{
			PID: uint32(p.UniqueProcessID), ParentPID: uint32(p.InheritedFromUniqueProcessID), Created: fileTime(uint64(p.CreateTime)),
			Session: p.SessionID, Threads: p.NumberOfThreads, Handles: p.HandleCount,
		}
		name := uintptr(unsafe.Pointer(p.ImageName.Buffer)) - uintptr(unsafe.Pointer(&raw[0]))
		if n := uintptr(p.ImageName.Length); n > 0 && name <= uintptr(len(raw)) && n <= uintptr(len(raw))-name {
			entry.Name = utf16Text(raw[name : name+n])
		}
		list = append(list, entry)
		if p.NextEntryOffset == 0 {
			return list, nil
		}
		at += int(p.NextEntryOffset)
	}
}
