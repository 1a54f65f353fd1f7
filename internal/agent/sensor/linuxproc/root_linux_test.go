package linuxproc

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestRootOfAnotherView has an agent with mounts of its own, as systemd gives it
// some, find the station's files.
func TestRootOfAnotherView(t *testing.T) {
	if os.Getenv("ELJEFE_TEST_VIEW") != "" {
		fmt.Printf("view %s %d\n", Root("/proc"), NewProc("/proc").Mounts)
		return
	}
	station, err := readNamespace("/proc/1", MountSpace)
	if err != nil {
		t.Skipf("the station's first process cannot be looked at here: %v", err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestRootOfAnotherView$")
	cmd.Env = append(os.Environ(), "ELJEFE_TEST_VIEW=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no mount namespace of its own can be had here: %v: %s", err, out)
	}
	if want := fmt.Sprintf("view /proc/1/root %d\n", station); !strings.Contains(string(out), want) {
		t.Errorf("it sees %q; want %q", out, want)
	}
}
