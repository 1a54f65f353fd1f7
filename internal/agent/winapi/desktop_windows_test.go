package winapi

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

func TestSizesOfDesktop(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"SHELLEXECUTEINFOW": {unsafe.Sizeof(executeInfo{}), 112},
		"USEROBJECTFLAGS":   {unsafe.Sizeof(userObjectFlags{}), 12},
	} {
		if size[0] != size[1] {
			t.Errorf("%s has %d bytes; want %d", name, size[0], size[1])
		}
	}
}

// folder makes a folder for one file, and removes both in the end: what t.TempDir
// makes Wine cannot remove.
func folder(t *testing.T, file string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "desktop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(os.Remove(filepath.Join(dir, file)), os.Remove(dir)); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// told is where a process that this test has started writes what it was told.
const told = "ELJEFE_TEST_TOLD"

// What is started with more rights gets its arguments as they were given, and its
// exit code comes back.
func TestRunElevated(t *testing.T) {
	if path := os.Getenv(told); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(os.Args[1:], "|")), 0o600); err != nil {
			os.Exit(1)
		}
		os.Exit(7)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t, "told"), "told")
	t.Setenv(told, path)
	args := []string{"-test.run=^TestRunElevated$", "a b", `"c" d\`}
	code, err := RunElevated(self, args, true)
	raw, readErr := os.ReadFile(path)
	if err != nil || readErr != nil || code != 7 || string(raw) != strings.Join(args, "|") {
		t.Errorf("code %d, %v; it was told %s, %v", code, err, raw, readErr)
	}
	if _, err := RunElevated(filepath.Join(filepath.Dir(path), "none.exe"), nil, true); err == nil {
		t.Error("a program that is not there was started")
	}
}

// asked is set for a process that is to say where it is.
const asked = "ELJEFE_TEST_ASKED"

func TestWhoReads(t *testing.T) {
	if os.Getenv(asked) != "" {
		if OutputIsKept() {
			os.Exit(8)
		}
		os.Exit(9)
	}
	if !Visible() {
		t.Error("the windows of this process cannot be seen")
	}
	if names := Languages(); len(names) == 0 || !strings.Contains(names[0], "-") {
		t.Errorf("the languages are %q; want one as in en-US", names)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(asked, "1")
	file, err := os.Create(filepath.Join(folder(t, "output"), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, test := range []struct {
		name   string
		output *os.File
		want   int
	}{{"a file", file, 8}, {"nothing", null, 9}} {
		cmd := exec.Command(self, "-test.run=^TestWhoReads$")
		cmd.Stdout = test.output
		_ = cmd.Run() // its exit code is looked at
		if code := cmd.ProcessState.ExitCode(); code != test.want {
			t.Errorf("output into %s: code %d; want %d", test.name, code, test.want)
		}
	}
}
