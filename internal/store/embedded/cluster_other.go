//go:build unix && !linux

package embedded

import "syscall"

// tie does nothing: a server outlives us here when we are killed. The next start
// finds it and stops it.
func tie(*syscall.SysProcAttr, syscall.Signal) {}

// serves tells whether a process may be the server of a data directory: whether
// it exists. When the pid has gone to another process, that is a wrong guess,
// and the start is refused with the pid in the message.
func serves(pid int, _ string) bool { return syscall.Kill(pid, 0) == nil }
