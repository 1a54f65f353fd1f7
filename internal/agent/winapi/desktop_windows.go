package winapi

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// OutputIsKept tells whether what this process prints goes into a file or to
// another process.
func OutputIsKept() bool {
	output, err := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE)
	if err != nil || output == 0 || output == windows.InvalidHandle {
		return false
	}
	kind, err := windows.GetFileType(output)
	return err == nil && (kind == windows.FILE_TYPE_DISK || kind == windows.FILE_TYPE_PIPE)
}

// ConsoleIsShared tells whether this process has a console in which another one
// is too, as the shell that started it. A console of its own is gone with it.
func ConsoleIsShared() bool {
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList")
	if call.Find() != nil {
		return false
	}
	var two [2]uint32
	n, _, _ := call.Call(uintptr(unsafe.Pointer(&two[0])), uintptr(len(two))) // of more it returns how many there are
	return n > 1
}

// userObjectFlags is USEROBJECTFLAGS.
type userObjectFlags struct {
	inherit, reserved int32
	flags             uint32
}

// Visible tells whether somebody could see a window of this process: nobody sees
// those of services, nor of what they start.
func Visible() bool {
	user32 := windows.NewLazySystemDLL("user32.dll")
	station, about := user32.NewProc("GetProcessWindowStation"), user32.NewProc("GetUserObjectInformationW")
	if station.Find() != nil || about.Find() != nil {
		return false
	}
	const (
		uoiFlags = 1
		visible  = 1 // WSF_VISIBLE
	)
	own, _, _ := station.Call()
	var f userObjectFlags
	ok, _, _ := about.Call(own, uoiFlags, uintptr(unsafe.Pointer(&f)), unsafe.Sizeof(f), 0)
	return own != 0 && ok != 0 && f.flags&visible != 0
}

// Languages returns the names of the languages that the user wants to read, the
// preferred one first: "es-MX". There are none where Windows does not say.
func Languages() []string {
	names, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil
	}
	return names
}

// ShowMessage shows a window with a text until somebody closes it. wrong: it is
// about a failure.
func ShowMessage(title, text string, wrong bool) error {
	style := uint32(windows.MB_OK | windows.MB_SETFOREGROUND | windows.MB_ICONINFORMATION)
	if wrong {
		style = windows.MB_OK | windows.MB_SETFOREGROUND | windows.MB_ICONWARNING
	}
	caption, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return err
	}
	body, err := windows.UTF16PtrFromString(strings.ReplaceAll(text, "\x00", ""))
	if err != nil {
		return err
	}
	if _, err := windows.MessageBox(0, body, caption, style); err != nil {
		return fmt.Errorf("show a message: %w", err)
	}
	return nil
}

// ErrDeclined says that whoever was asked did not give an administrator's rights.
var ErrDeclined = errors.New("an administrator's rights were not given")

// executeInfo is SHELLEXECUTEINFOW.
type executeInfo struct {
	size, mask                        uint32
	window                            windows.HWND
	verb, file, parameters, directory *uint16
	show                              int32
	instance                          windows.Handle
	list                              uintptr
	class                             *uint16
	key                               windows.Handle
	hotKey                            uint32
	icon                              windows.Handle
	process                           windows.Handle
}

// RunElevated starts a program with an administrator's rights, for which Windows
// asks whoever sits there. With wait it returns the program's exit code when that
// has ended. The error is ErrDeclined if the rights were not given.
func RunElevated(program string, args []string, wait bool) (code int, err error) {
	const (
		keepProcess = 0x40  // SEE_MASK_NOCLOSEPROCESS
		noAsync     = 0x100 // SEE_MASK_NOASYNC: this process may end at once
		noErrors    = 0x400 // SEE_MASK_FLAG_NO_UI: a failure is returned, and not shown
	)
	// The shell wants that of a thread that asks it for something.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED) == nil {
		defer windows.CoUninitialize()
	}
	parameters := make([]string, len(args))
	for i, arg := range args {
		parameters[i] = syscall.EscapeArg(arg)
	}
	info := executeInfo{mask: keepProcess | noAsync | noErrors, show: windows.SW_SHOWNORMAL}
	info.size = uint32(unsafe.Sizeof(info))
	for _, text := range []struct {
		to   **uint16
		from string
	}{{&info.verb, "runas"}, {&info.file, program}, {&info.parameters, strings.Join(parameters, " ")}} {
		if *text.to, err = windows.UTF16PtrFromString(text.from); err != nil {
			return 0, err
		}
	}
	call := windows.NewLazySystemDLL("shell32.dll").NewProc("ShellExecuteExW")
	if err := call.Find(); err != nil {
		return 0, err
	}
	if ok, _, err := call.Call(uintptr(unsafe.Pointer(&info))); ok == 0 {
		if errors.Is(err, windows.ERROR_CANCELLED) {
			return 0, ErrDeclined
		}
		return 0, fmt.Errorf("start with an administrator's rights: %w", err)
	}
	if info.process == 0 {
		return 0, errors.New("start with an administrator's rights: Windows does not tell what it started")
	}
	defer windows.CloseHandle(info.process)
	if !wait {
		return 0, nil
	}
	if _, err := windows.WaitForSingleObject(info.process, windows.INFINITE); err != nil {
		return 0, fmt.Errorf("wait for what was started with an administrator's rights: %w", err)
	}
	var exit uint32
	if err := windows.GetExitCodeProcess(info.process, &exit); err != nil {
		return 0, fmt.Errorf("ask for the exit code of what was started with an administrator's rights: %w", err)
	}
	return int(exit), nil
}
