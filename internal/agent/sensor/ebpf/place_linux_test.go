package ebpf

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc/storm"
	"github.com/eljefe/eljefe/internal/event"
)

// ran returns the start of what a pid ran at last. On a busy machine a fork may wait
// so long for its exec that it is told as a process of its own.
func ran(t *testing.T, told *storm.Told, pid int) *event.Process {
	t.Helper()
	var last *event.Process
	for _, p := range of(told, pid) {
		if p.Kind == event.Start {
			last = p
		}
	}
	if last == nil {
		t.Fatalf("nothing is told of process %d", pid)
	}
	return last
}

// What a process may do is told as the kernel has it: of root, of nobody, of
// nobody with one capability, and of who may take one up and has not.
func TestCapabilities(t *testing.T) {
	s := open(t, Config{})
	const netRaw = 13
	program := filepath.Join(t.TempDir(), "may")
	raw, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, raw, 0o755); err != nil {
		t.Fatal(err)
	}
	// A file's capability that is permitted, and does not become effective by itself
	// (vfs_cap_data of version 2).
	if err := unix.Setxattr(program, "security.capability", []byte{0, 0, 0, 2, 0, 1 << (netRaw - 8), 18: 0, 19: 0}, 0); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(program), filepath.Dir(filepath.Dir(program))} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	var own event.CapabilitySet
	if status, err := os.ReadFile("/proc/self/status"); err != nil {
		t.Fatal(err)
	} else if parsed, err := linuxproc.ParseStatus(status); err != nil {
		t.Fatal(err)
	} else {
		own = event.CapabilitySet(parsed.Capabilities)
	}
	tests := []struct {
		name      string
		program   string
		as        *syscall.SysProcAttr
		effective event.CapabilitySet
		permitted *event.CapabilitySet
	}{
		{"root", "/bin/true", nil, own, nil},
		{"nobody", "/bin/true", &syscall.SysProcAttr{Credential: nobody}, 0, nil},
		{"nobody with one", "/bin/true", &syscall.SysProcAttr{Credential: nobody, AmbientCaps: []uintptr{netRaw}}, 1 << netRaw, nil},
		{"nobody who may take one up", program, &syscall.SysProcAttr{Credential: nobody}, 0, new(event.CapabilitySet(1 << netRaw))},
	}
	pids := make([]int, len(tests))
	told := storm.Record(t, s, func() {
		for i, tt := range tests {
			cmd := exec.Command(tt.program)
			cmd.Dir, cmd.SysProcAttr = "/", tt.as
			pids[i] = run(t, cmd)
		}
	})
	for i, tt := range tests {
		p := ran(t, told, pids[i])
		if p.Capabilities == nil {
			t.Errorf("%s is told as %+v", tt.name, p)
			continue
		}
		if *p.Capabilities != tt.effective || fmt.Sprint(p.CapabilitiesPermitted == nil) != fmt.Sprint(tt.permitted == nil) || tt.permitted != nil && *p.CapabilitiesPermitted != *tt.permitted {
			t.Errorf("%s has the capabilities %v, permitted %v; want %v, %v", tt.name, p.Capabilities.Names(), p.CapabilitiesPermitted, tt.effective.Names(), tt.permitted)
		}
		if p.Missing != "" || p.Namespaces != "" {
			t.Errorf("%s lacks %q and is in the namespaces %q", tt.name, p.Missing, p.Namespaces)
		}
	}
}

// The namespaces of a process are told where they are not the station's, also of
// one that is gone in a moment and whose children alone have another.
func TestNamespaces(t *testing.T) {
	s := open(t, Config{})
	all := uintptr(syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWUSER | syscall.CLONE_NEWCGROUP)
	var want string
	var held, short, unshared int
	told := storm.Record(t, s, func() {
		cmd := exec.Command("/bin/cat")                                            // until its input ends
		mapped := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 65534, Size: 1}} // its root is nobody
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: all, UidMappings: mapped, GidMappings: mapped, Credential: &syscall.Credential{NoSetGroups: true}}
		input, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		held = cmd.Process.Pid
		for _, name := range []string{"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"} {
			link, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", held, name))
			if err != nil {
				t.Error(err)
			}
			want += " " + strings.NewReplacer(":[", "=", "]", "").Replace(link)
		}
		input.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		cmd = exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWPID}
		short = run(t, cmd)
		cmd = exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWPID}
		unshared = run(t, cmd)
	})
	want = want[1:]
	p := ran(t, told, held)
	if p.Namespaces != want {
		t.Errorf("namespaces %q; want %q", p.Namespaces, want)
	}
	if p.Elevated == nil || *p.Elevated || p.Capabilities == nil || *p.Capabilities&(1<<21) == 0 || p.User != "nobody" {
		t.Errorf("in a user namespace of its own it is told as %+v; want nobody's, with all capabilities and no power", p)
	}
	if p := ran(t, told, short); !strings.HasPrefix(p.Namespaces, "net=") || !strings.Contains(p.Namespaces, " pid=") || strings.Count(p.Namespaces, "=") != 2 || p.Missing != "" {
		t.Errorf("what was gone in a moment is told as %+v; want its net and pid namespaces", p)
	}
	if p := ran(t, told, unshared); p.Namespaces != "" {
		t.Errorf("what left its pid namespace to its children is told as %+v; want that it is in the station's", p)
	}
}

// The container of a process is told, also of one that is gone in a moment, of its
// children, and not of what came before it.
func TestContainer(t *testing.T) {
	s := open(t, Config{})
	id := fmt.Sprintf("%064x", os.Getpid())
	root := ""
	for _, dir := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
			root = dir
			break
		}
	}
	group := filepath.Join(root, "docker-"+id+".scope")
	if err := os.Mkdir(group, 0o755); root == "" || err != nil {
		t.Skip("no control group can be made here: ", err)
	}
	t.Cleanup(func() {
		if err := os.Remove(group); err != nil {
			t.Error(err)
		}
	})
	var pid int
	told := storm.Record(t, s, func() {
		pid = run(t, exec.Command("/bin/sh", "-c", "echo $$ > "+group+"/cgroup.procs; /bin/true child; exec /bin/true inside"))
	})
	got := map[string]string{}
	for _, p := range told.Events {
		if p.Kind == event.Start && (p.PID == uint32(pid) || p.ParentPID == uint32(pid)) {
			got[p.CommandLine] = p.Container + p.Missing
		}
	}
	if got["/bin/true child"] != id || got["/bin/true inside"] != id {
		t.Errorf("containers by command line %q; want %s for both that run true", got, id)
	}
	for _, p := range of(told, pid)[:1] {
		if p.Container != "" {
			t.Errorf("%s is said to be in the container %q; want none", p.CommandLine, p.Container)
		}
	}
}
