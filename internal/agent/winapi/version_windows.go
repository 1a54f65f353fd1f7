package winapi

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// Boot returns the number of this boot, which is another one after each start of
// the system, and when it began. Both are those that events of processes have;
// 0 and the zero time where the system does not say.
func Boot() (id uint64, began time.Time) {
	if t, err := (&Process{windows.CurrentProcess()}).Telemetry(); err == nil {
		id = uint64(t.BootID)
	}
	var clock timeOfDay
	if windows.NtQuerySystemInformation(windows.SystemTimeOfDayInformation, unsafe.Pointer(&clock), uint32(unsafe.Sizeof(clock)), nil) == nil && clock.bootTime > 0 {
		began = fileTime(uint64(clock.bootTime))
		if id == 0 {
			// The time of the start moves when the clock is set, and the bias with it:
			// their difference is the same for as long as the system runs.
			id = uint64(clock.bootTime-clock.bootTimeBias) & (1<<52 - 1)
		}
	}
	return id, began
}

// timeOfDay is SYSTEM_TIMEOFDAY_INFORMATION.
type timeOfDay struct {
	bootTime, currentTime, timeZoneBias int64
	timeZone, _                         uint32
	bootTimeBias, sleepTimeBias         int64
}

// SinceBoot returns how long the system has been running, suspended or not, by a
// clock that nobody sets. Its steps are of 10 to 16 ms.
func SinceBoot() time.Duration { return windows.DurationSinceBoot() }

// workstation is the product type VER_NT_WORKSTATION.
const workstation = 1

// Version returns what the system is called, by the facts that Windows keeps of
// itself.
func Version() (v VersionFacts) {
	info := windows.RtlGetVersion() // not GetVersionEx, which tells each program what its manifest expects
	v.Major, v.Minor, v.Build = info.MajorVersion, info.MinorVersion, info.BuildNumber
	v.Server = info.ProductType != workstation
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return v
	}
	defer key.Close()
	for _, value := range []struct {
		name string
		to   *string
	}{{"ProductName", &v.Product}, {"DisplayVersion", &v.Release}, {"ReleaseId", &v.OldRelease}} {
		if text, _, err := key.GetStringValue(value.name); err == nil {
			*value.to = text
		}
	}
	if n, _, err := key.GetIntegerValue("UBR"); err == nil {
		v.Revision = uint32(n)
	}
	return v
}

// MachineParts returns what tells this machine from others and stays the same
// while it is itself: the number of the installation, that of the hardware, and
// that of the system's volume. What cannot be had is left out.
func MachineParts() (parts []string) {
	if key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY); err == nil {
		if guid, _, err := key.GetStringValue("MachineGuid"); err == nil {
			parts = append(parts, guid)
		}
		_ = key.Close()
	}
	if table, err := firmwareTable(); err == nil {
		if uuid, ok := SystemUUID(table); ok {
			parts = append(parts, uuid)
		}
	}
	if serial, err := systemVolume(); err == nil {
		parts = append(parts, fmt.Sprintf("%08x", serial))
	}
	return parts
}

// firmwareTable returns the SMBIOS tables, with the head that Windows puts before them.
func firmwareTable() ([]byte, error) {
	const rsmb = 'R'<<24 | 'S'<<16 | 'M'<<8 | 'B'
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetSystemFirmwareTable")
	if err := call.Find(); err != nil {
		return nil, err
	}
	size, _, err := call.Call(rsmb, 0, 0, 0)
	if size == 0 || size > 1<<20 {
		return nil, fmt.Errorf("GetSystemFirmwareTable: %d bytes: %w", size, err)
	}
	table := make([]byte, size)
	n, _, err := call.Call(rsmb, 0, uintptr(unsafe.Pointer(&table[0])), size)
	if n == 0 || n > size {
		return nil, fmt.Errorf("GetSystemFirmwareTable: %w", err)
	}
	return table[:n], nil
}

// systemVolume returns the serial number of the volume that Windows is on.
func systemVolume() (serial uint32, err error) {
	dir, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return 0, fmt.Errorf("GetSystemWindowsDirectory: %w", err)
	}
	if len(dir) < 2 || dir[1] != ':' {
		return 0, fmt.Errorf("the system's folder is %q, which is on no drive", dir)
	}
	root, err := windows.UTF16PtrFromString(dir[:2] + `\`)
	if err != nil {
		return 0, err
	}
	if err := windows.GetVolumeInformation(root, nil, 0, &serial, nil, nil, nil, 0); err != nil {
		return 0, fmt.Errorf("GetVolumeInformation: %w", err)
	}
	return serial, nil
}

// OwnCost returns the memory that this process has in RAM, and the processor time
// that it has used.
func OwnCost() (resident uint64, cpu time.Duration) {
	var m memoryCounters
	m.size = uint32(unsafe.Sizeof(m))
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if call.Find() == nil {
		if ok, _, _ := call.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&m)), uintptr(m.size)); ok != 0 {
			resident = uint64(m.workingSet)
		}
	}
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user) == nil {
		cpu = ticks(ticksOf(kernel)) + ticks(ticksOf(user))
	}
	return resident, cpu
}

// memoryCounters is PROCESS_MEMORY_COUNTERS.
type memoryCounters struct {
	size, pageFaults                                   uint32
	peakWorkingSet, workingSet                         uintptr
	quotaPeakPaged, quotaPaged                         uintptr
	quotaPeakNonPaged, quotaNonPaged, pagefile, peakPF uintptr
}
