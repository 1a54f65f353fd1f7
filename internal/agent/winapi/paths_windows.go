package winapi

import (
	"strings"

	"golang.org/x/sys/windows"
)

// NewPaths returns Paths of this system.
func NewPaths() *Paths { return &Paths{Drives: drives, SystemRoot: systemRoot} }

// drives asks for the device of each letter. A letter that stands for a folder, or
// for a share, has none.
func drives() (list []Drive) {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	for i := range 26 {
		if mask&(1<<i) == 0 {
			continue
		}
		letter := string(rune('A'+i)) + ":"
		name, err := windows.UTF16PtrFromString(letter)
		if err != nil {
			continue
		}
		var target [1024]uint16
		if n, err := windows.QueryDosDevice(name, &target[0], uint32(len(target))); err != nil || n == 0 {
			continue
		}
		device := windows.UTF16ToString(target[:]) // the first of several counts
		if strings.HasPrefix(device, `\Device\`) && !strings.Contains(device, `\;`) {
			list = append(list, Drive{letter, device})
		}
	}
	return list
}

func systemRoot() string {
	dir, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return ""
	}
	return dir
}
