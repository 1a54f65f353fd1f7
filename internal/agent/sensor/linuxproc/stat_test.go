package linuxproc

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Texts as the kernel wrote them.
const (
	statSleep  = "25146 (sleep) S 25144 25137 6828 0 -1 4194304 96 0 0 0 0 0 0 0 20 0 1 0 2425672 2465792 390 18446744073709551615 94251392593920 94251392613801 140735207682624 0 0 0 0 0 0 1 0 0 17 0 0 0 0 0 0 94251392629808 94251392631424 94251481817088 140735207684802 140735207684822 140735207684822 140735207686123 0\n"
	statKernel = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 0 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
	statNasty  = "77 (a) Z 1 (b)) Z 76 77 6828 0 -1 4194304 96 0 0 0 0 0 0 0 20 0 1 0 99 0 0 1\n"
	statusText = "Name:\tsudo\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t25146\nUid:\t1000\t0\t0\t0\nGid:\t1000\t0\t0\t0\nCapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"
)

func TestParseStat(t *testing.T) {
	for text, want := range map[string]Stat{
		statSleep:  {PID: 25146, Name: "sleep", State: 'S', ParentPID: 25144, Forked: 2425672 * Tick},
		statKernel: {PID: 2, Name: "kthreadd", State: 'S', Kernel: true, Forked: Tick},
		statNasty:  {PID: 77, Name: "a) Z 1 (b)", State: 'Z', ParentPID: 76, Forked: 99 * Tick},
	} {
		got, err := ParseStat([]byte(text))
		if err != nil || *got != want {
			t.Errorf("%.40q gives %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "12", "12 (x", "12 )x( S", "x (y) S 1", "12 (x) S 1 2 3", "12 (x) S a 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1", "12 (x) S 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 18446744073709551615"} {
		if got, err := ParseStat([]byte(text)); err == nil {
			t.Errorf("%q gives %+v; want an error", text, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statSleep))
	f.Add([]byte(statNasty))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := ParseStat(raw); err == nil && s.Forked < 0 {
			t.Errorf("%q began %s after the boot", raw, s.Forked)
		}
	})
}

func TestParseStatus(t *testing.T) {
	got, err := ParseStatus([]byte(statusText))
	if want := (Status{User: 1000, Effective: 0, Capabilities: 0x1ffffffffff, Permitted: 0x1ffffffffff}); err != nil || *got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, text := range []string{"", "Uid:\t1\t1\t1\t1\n", "Uid:\t1\t1\t1\t1\nCapPrm:\t0\nCapEff:\tx\n", "Uid:\t-1\t1\t1\t1\nCapPrm:\t0\nCapEff:\t0\n", "Uid:\t1\t1\t1\t1\nCapEff:\t0\n"} {
		if got, err := ParseStatus([]byte(text)); err == nil {
			t.Errorf("%q gives %+v; want an error", text, got)
		}
	}
}

func TestExitCode(t *testing.T) {
	for status, want := range map[uint32]uint32{0: 0, 1 << 8: 1, 255 << 8: 255, 9: 137, 11 | 0x80: 139, 15: 143} {
		if got := exitCode(status); got != want {
			t.Errorf("wait status %#x is shown as %d; want %d", status, got, want)
		}
	}
}

// fakeProc makes a folder like /proc of one process.
func fakeProc(t *testing.T, files map[string]string) *Proc {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		switch filepath.Base(name) {
		case "exe", "cwd", "cgroup:", "ipc", "mnt", "net", "pid", "time", "user", "uts":
			err = os.Symlink(text, strings.TrimSuffix(path, ":"))
		default:
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return NewProc(dir)
}

var sleeping = map[string]string{
	"self/ns/mnt": "mnt:[1]", "self/cgroup": "0::/init.scope\n",
	"1/ns/cgroup:": "cgroup:[11]", "1/ns/ipc": "ipc:[12]", "1/ns/mnt": "mnt:[1]", "1/ns/net": "net:[13]", "1/ns/pid": "pid:[14]", "1/ns/user": "user:[4026531837]", "1/ns/uts": "uts:[15]",
	"25146/ns/cgroup:": "cgroup:[11]", "25146/ns/ipc": "ipc:[12]", "25146/ns/net": "net:[13]", "25146/ns/pid": "pid:[14]", "25146/ns/uts": "uts:[15]",
	"25146/cgroup": "0::/user.slice/user-0.slice/session-1.scope\n",
	"25146/stat":   statSleep, "25146/status": statusText, "25146/cmdline": "sleep\x00a b\x00", "25146/sessionid": "3",
	"25146/exe": "/usr/bin/sleep (deleted)", "25146/cwd": "/tmp", "25146/ns/mnt": "mnt:[1]", "25146/ns/user": "user:[4026531837]",
	"2/stat": statKernel, "77/stat": statNasty, "uptime": "1 1",
}

// A process is read from /proc, if it is still the one that is meant.
func TestFill(t *testing.T) {
	p := fakeProc(t, sleeping)
	f := Facts{Ref: Ref{PID: 25146, Forked: 2425672*Tick + time.Millisecond, Execs: 1}}
	if err := p.Fill(&f); err != nil {
		t.Fatal(err)
	}
	want := Facts{
		Ref: f.Ref, Told: true, Effective: 0, Capabilities: 0x1ffffffffff, Permitted: 0x1ffffffffff, Session: 3, SameFiles: true,
		Spaced: true, Spaces: Namespaces{11, 12, 1, 13, 14, 0, firstUserSpace, 15}, Grouped: true,
		Image: "/usr/bin/sleep", CommandLine: `sleep "a b"`, Directory: "/tmp",
	}
	if f != want {
		t.Errorf("got %+v; want %+v", f, want)
	}
	if got := f.Spaces.Beside(p.Station()); got != "" || f.unknown() != "" {
		t.Errorf("it is said to be in the namespaces %q and to lack %q; want neither", got, f.unknown())
	}
	for name, ref := range map[string]Ref{"another with the pid": {PID: 25146, Forked: time.Second}, "none": {PID: 5}, "one that has ended": {PID: 77, Forked: 99 * Tick}} {
		f := Facts{Ref: ref}
		if err := p.Fill(&f); err != ErrGone || f.CommandLine != "" || f.unknown() != "capabilities=exited command_line=exited container=exited current_directory=exited image=exited namespaces=exited user=exited" {
			t.Errorf("%s gives %+v, %v; want nothing but %v", name, f, err, ErrGone)
		}
	}
	all, err := p.Snapshot()
	if err != nil || len(all) != 1 || all[0].PID != 25146 {
		t.Errorf("snapshot %+v, %v; want 25146 alone: the others are the kernel's and ended", all, err)
	}
}

// In a user namespace of its own a process has all capabilities and little power.
func TestFillContainer(t *testing.T) {
	files := map[string]string{}
	for name, text := range sleeping {
		files[name] = text
	}
	id := strings.Repeat("4f", 32)
	files["25146/ns/user"], files["25146/ns/mnt"], files["25146/cgroup"] = "user:[5]", "mnt:[2]", "0::/system.slice/docker-"+id+".scope\n"
	files["25146/status"] = strings.NewReplacer("\t0\t0\t0", "\t1000\t1000\t1000").Replace(statusText)
	p := fakeProc(t, files)
	f := Facts{Ref: Ref{PID: 25146, Forked: 2425672 * Tick}}
	if err := p.Fill(&f); err != nil || f.Capabilities != 0x1ffffffffff || f.elevated() || f.SameFiles || f.Container != id {
		t.Errorf("got %+v, %v; want all capabilities, no power, other files and the container %s", f, err, id)
	}
	if got, want := f.Spaces.Beside(p.Station()), "mnt=2 user=5"; got != want {
		t.Errorf("its namespaces are %q; want %q", got, want)
	}
}

// Where a process is may be unknown while all else is known; that is said.
func TestFillUnplaced(t *testing.T) {
	files := maps.Clone(sleeping)
	delete(files, "25146/ns/net")
	delete(files, "25146/cgroup")
	f := Facts{Ref: Ref{PID: 25146, Forked: 2425672 * Tick}}
	if err := fakeProc(t, files).Fill(&f); err != nil || f.CommandLine == "" || f.unknown() != "container=exited namespaces=exited" {
		t.Errorf("got %+v, %v, lacking %q", f, err, f.unknown())
	}
	delete(files, "self/cgroup") // a kernel without control groups
	f = Facts{Ref: f.Ref}
	if err := fakeProc(t, files).Fill(&f); err != nil || f.unknown() != "namespaces=exited" {
		t.Errorf("got %v, lacking %q; want no word of a container", err, f.unknown())
	}
}

func TestUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte("root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n# a line\nbob:x:1000:1000::/home/bob:/bin/sh\n:x:5:5::/:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := NewUsers(path)
	for id, want := range map[uint32]string{0: "root", 1000: "bob", 1001: "1001", 5: "5"} {
		if got := u.Name(id); got != want {
			t.Errorf("user %d is called %q; want %q", id, got, want)
		}
	}
}
