package winapi

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// LockDLLSearch has this process load libraries from the system's own folder
// only. It must be called before anything else may load one: a file beside the
// program, or in the folder that somebody started it from, is then never taken.
func LockDLLSearch() error {
	if err := windows.SetDefaultDllDirectories(windows.LOAD_LIBRARY_SEARCH_SYSTEM32); err != nil {
		return fmt.Errorf("lock the search path for libraries: %w", err)
	}
	return nil
}

// SetPreshutdownTime is how long the system waits for a service at its own end.
func SetPreshutdownTime(service windows.Handle, d time.Duration) error {
	milliseconds := uint32(d.Milliseconds()) // SERVICE_PRESHUTDOWN_INFO
	err := windows.ChangeServiceConfig2(service, windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, (*byte)(unsafe.Pointer(&milliseconds)))
	if err != nil {
		return fmt.Errorf("set how long the system waits for the service: %w", err)
	}
	return nil
}

// ProgramFiles returns the folder for programs, as the system knows it. What the
// environment says of it is whoever's who started this process.
func ProgramFiles() (string, error) { return knownFolder(windows.FOLDERID_ProgramFiles) }

// ProgramData returns the folder for what belongs to programs and to no user.
func ProgramData() (string, error) { return knownFolder(windows.FOLDERID_ProgramData) }

// LocalData returns the folder for what belongs to programs of this user.
func LocalData() (string, error) { return knownFolder(windows.FOLDERID_LocalAppData) }

func knownFolder(id *windows.KNOWNFOLDERID) (string, error) {
	path, err := windows.KnownFolderPath(id, windows.KF_FLAG_DEFAULT)
	if err != nil {
		return "", fmt.Errorf("ask for the system's folders: %w", err)
	}
	return path, nil
}

// RemoveAtBoot has the system remove a file when it starts next, for one that
// is in use.
func RemoveAtBoot(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(name, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT); err != nil {
		return fmt.Errorf("have %s removed at the next start: %w", path, err)
	}
	return nil
}

// ChangeService has a service start by itself with the system, as LocalSystem, in
// a process of its own, by the command line.
func ChangeService(service windows.Handle, commandLine, displayName string) error {
	var texts [3]*uint16
	for i, text := range []string{commandLine, "LocalSystem", displayName} {
		var err error
		if texts[i], err = windows.UTF16PtrFromString(text); err != nil {
			return err
		}
	}
	err := windows.ChangeServiceConfig(service, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_AUTO_START, windows.SERVICE_ERROR_NORMAL,
		texts[0], nil, nil, nil, texts[1], nil, texts[2])
	if err != nil {
		return fmt.Errorf("change the service: %w", err)
	}
	return nil
}
