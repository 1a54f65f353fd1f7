package update

import (
	"os/exec"
	"syscall"
)

func init() {
	exe = ".exe"
	hide = func(cmd *exec.Cmd) {
		const noWindow = 0x08000000 // CREATE_NO_WINDOW
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: noWindow}
	}
}
