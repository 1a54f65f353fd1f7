package winapi

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Limits are what this process, and those that it starts, may take of the system.
type Limits struct {
	Memory uint64 // bytes that a process may commit; more fails, which ends a Go program
	CPU    uint32 // of all processors together, in hundredths of a percent: 10000 is everything
}

// Limit puts this process into a job with limits. It holds until the process ends
// and cannot be taken back. What could be set stays set after an error.
func Limit(l Limits) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return fmt.Errorf("make a job: %w", err)
	}
	// The job lives as long as the processes in it; the handle is not needed.
	defer windows.CloseHandle(job)
	var memory windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	memory.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY
	memory.ProcessMemoryLimit = uintptr(l.Memory)
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&memory)), uint32(unsafe.Sizeof(memory))); err != nil {
		return fmt.Errorf("limit the memory of a job: %w", err)
	}
	if err := windows.AssignProcessToJobObject(job, windows.CurrentProcess()); err != nil {
		return fmt.Errorf("put the agent into a job: %w", err)
	}
	cpu := cpuRate{flags: cpuRateEnable | cpuRateHardCap, rate: l.CPU}
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectCpuRateControlInformation, uintptr(unsafe.Pointer(&cpu)), uint32(unsafe.Sizeof(cpu))); err != nil {
		return fmt.Errorf("limit the processor time of a job: %w", err)
	}
	return nil
}

// cpuRate is JOBOBJECT_CPU_RATE_CONTROL_INFORMATION with a rate.
type cpuRate struct{ flags, rate uint32 }

const (
	cpuRateEnable  = 1
	cpuRateHardCap = 4
)
