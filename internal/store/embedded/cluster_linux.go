package embedded

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// tie makes the kernel send a signal to the child when the thread that starts it
// ends, as it does with the process even when that is killed.
func tie(attr *syscall.SysProcAttr, signal syscall.Signal) { attr.Pdeathsig = signal }

// serves tells whether a process is the server of a data directory. A server
// works in its data directory, and nothing else does.
func serves(pid int, data string) bool {
	cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	switch {
	case err == nil:
		return cwd == data
	case errors.Is(err, fs.ErrNotExist):
		return false
	}
	// Not for us to see. Another account's process is not our server.
	return syscall.Kill(pid, 0) == nil && !errors.Is(err, fs.ErrPermission)
}
