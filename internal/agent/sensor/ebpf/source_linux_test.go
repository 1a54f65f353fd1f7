package ebpf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc/storm"
	"github.com/eljefe/eljefe/internal/event"
)

// open returns a sensor in the kernel, or skips where the rights are missing.
func open(t *testing.T, cfg Config) *Source {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("programs in the kernel need root")
	}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		t.Skip("this kernel does not describe its types: ", err)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// 5,000 short processes in ten seconds are all there or counted as lost, none
// twice, with their parents and command lines.
func TestStorm(t *testing.T) {
	n, over := 5000, 10*time.Second
	if testing.Short() {
		n, over = 500, time.Second
	}
	s := open(t, Config{})
	told := storm.Record(t, s, func() { storm.Run(t, n, over) })
	starts := storm.Check(t, told, n)
	t.Logf("%d of %d, %d lost", starts, n, told.Lost)
	if uint64(starts)+told.Lost < uint64(n) {
		t.Errorf("%d of %d were told and %d were lost; %d are missing", starts, n, told.Lost, n-starts-int(told.Lost))
	}
}

// of returns the events of one pid, in their order.
func of(told *storm.Told, pid int) []*event.Process {
	var events []*event.Process
	for _, p := range told.Events {
		if p.PID == uint32(pid) {
			events = append(events, p)
		}
	}
	return events
}

// run runs a command and returns its pid.
func run(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return cmd.Process.Pid
}

// What a process is and has used is told, with a start, an end and one identity.
func TestProcess(t *testing.T) {
	s := open(t, Config{})
	dir := t.TempDir()
	own := dir + "/a b"
	raw, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, raw, 0o700); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("long ", 10_000) // more than is read in the kernel
	var exits, killed, others, lengthy int
	told := storm.Record(t, s, func() {
		cmd := exec.Command("./a b", "-c", "read x < /dev/zero & kill $!; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo 12345 > out; exit 3")
		cmd.Dir = dir
		exits = run(t, cmd)
		killed = run(t, exec.Command("/bin/sh", "-c", "kill -9 $$"))
		cmd = exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		others = run(t, cmd)
		lengthy = run(t, exec.Command("/bin/sh", "-c", "sleep 0.3; exit 0", long))
	})

	events := of(told, exits)
	if len(events) != 2 || events[0].Kind != event.Start || events[1].Kind != event.Stop {
		t.Fatalf("events %+v; want a start and an end", events)
	}
	start, stop := events[0], events[1]
	yes := start.Elevated != nil && *start.Elevated
	if start.Image != own || start.CurrentDirectory != dir || !strings.HasPrefix(start.CommandLine, `"./a b" -c "read x < /dev/zero`) || start.User != "root" || !yes {
		t.Errorf("start %+v", start)
	}
	if start.Key() != stop.Key() || !start.Started.Equal(stop.Started) {
		t.Errorf("start is of %s at %s, end of %s at %s", start.Key(), start.Started, stop.Key(), stop.Started)
	}
	if stop.ExitCode == nil || *stop.ExitCode != 3 {
		t.Errorf("exit code %v; want 3", stop.ExitCode)
	}
	u := stop.Statistics
	if u == nil || u.UserTimeUS+u.KernelTimeUS == 0 || u.PageFaults == 0 || u.WriteOps == 0 || u.WriteBytes < 6 || u.ReadBytes == 0 || u.PeakWorkingSet < 100<<10 {
		t.Errorf("used %+v", u)
	}
	if ran := stop.Time.Sub(start.Time); ran <= 0 || ran > 20*time.Second || time.Since(stop.Time) > 20*time.Second {
		t.Errorf("it ran %s, until %s", ran, stop.Time)
	}
	if events := of(told, killed); len(events) != 2 || *events[1].ExitCode != 128+9 {
		t.Errorf("what was killed is told as %+v; want the code 137", events)
	}
	if events := of(told, others); len(events) != 2 || events[0].User != "nobody" || *events[0].Elevated {
		t.Errorf("another user's process is told as %+v; want nobody's, who is not elevated", events)
	}
	if events := of(told, lengthy); len(events) != 2 || !strings.HasSuffix(events[0].CommandLine, `long "`) || len(events[0].CommandLine) < len(long) {
		t.Errorf("a long command line is told with %d bytes; want all %d", len(events[0].CommandLine), len(long))
	}
}

// An exec over a process that was told is another process, of which the first is
// the parent; a fork that does not exec is one with its parent's image.
func TestExecs(t *testing.T) {
	s := open(t, Config{})
	var pid int
	told := storm.Record(t, s, func() {
		pid = run(t, exec.Command("/bin/sh", "-c", "(sleep 0.3; :); exec /usr/bin/env /bin/true last"))
	})
	events := of(told, pid)
	var got []string
	for _, p := range events {
		got = append(got, string(p.Kind)+" "+p.CommandLine)
	}
	want := []string{`start /bin/sh -c "(sleep 0.3; :); exec /usr/bin/env /bin/true last"`, "stop ", "start /usr/bin/env /bin/true last", "stop ", "start /bin/true last", "stop "}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("told %q; want %q", got, want)
	}
	for i := 2; i < len(events); i += 2 {
		if events[i].ParentKey() != events[i-2].Key() || events[i].Key() == events[i-2].Key() || events[i+1].Key() != events[i].Key() {
			t.Errorf("run %d has the parent %s; want %s, the one before", i/2, events[i].ParentKey(), events[i-2].Key())
		}
	}
	forks := 0
	for _, p := range told.Events {
		if p.Kind == event.Start && p.ParentKey() == events[0].Key() && p.CommandLine == events[0].CommandLine {
			forks++
		}
	}
	if forks != 1 {
		t.Errorf("%d forks of the shell are told; want the one", forks)
	}
}

// An exec by a thread that is not the first takes over its process.
func TestThreadExecs(t *testing.T) {
	const inside = "ELJEFE_TEST_THREAD"
	if os.Getenv(inside) != "" {
		runtime.LockOSThread()
		for syscall.Gettid() == os.Getpid() {
			done := make(chan error)
			go func() { // another one, as this thread is taken
				runtime.LockOSThread()
				done <- syscall.Exec("/bin/true", []string{"/bin/true", "thread"}, nil)
			}()
			t.Fatal(<-done)
		}
		t.Fatal(syscall.Exec("/bin/true", []string{"/bin/true", "thread"}, nil))
	}
	s := open(t, Config{})
	cmd := exec.Command("/proc/self/exe", "-test.run", "^TestThreadExecs$")
	cmd.Env = append(os.Environ(), inside+"=1")
	told := storm.Record(t, s, func() { run(t, cmd) })
	events := of(told, cmd.Process.Pid)
	if len(events) != 4 || events[2].CommandLine != "/bin/true thread" || events[2].ParentKey() != events[0].Key() || *events[3].ExitCode != 0 {
		t.Errorf("told %+v; want two runs of one process", events)
	}
	for _, p := range told.Events {
		if p.ParentPID == uint32(cmd.Process.Pid) && p.PID != p.ParentPID {
			t.Errorf("a thread is told as a process: %+v", p)
		}
	}
}

// What does not fit into the kernel's buffer is counted.
func TestFull(t *testing.T) {
	s := open(t, Config{})
	const n = 300
	// Nobody reads from Open on; these fill what is left.
	for lost := uint64(0); lost == 0; {
		storm.Run(t, 1, 0)
		if err := exec.Command("/bin/true", strings.Repeat("x", 20_000), strings.Repeat("x", 100_000)).Run(); err != nil {
			t.Fatal(err)
		}
		var err error
		if lost, err = s.kernel.losses(); err != nil {
			t.Fatal(err)
		}
	}
	storm.Run(t, n, 0)
	told := storm.Record(t, s, func() { time.Sleep(lookEvery + 2*tick) })
	if told.Lost < 2*n {
		t.Errorf("%d records are told as lost; want more than the forks and ends of %d processes", told.Lost, n)
	}
	if told.State != sensor.Degraded {
		t.Errorf("the sensor says that it is %s; want %s", told.State, sensor.Degraded)
	}
}

// A rundown, of this run of the sensor and of the next, tells the same key and
// start as was told before, also of what exec'd twice.
func TestRundown(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	s := open(t, cfg)
	began := map[int]*event.Process{}
	long := fmt.Sprintf("60.%d", os.Getpid()) // seconds, and no other test's
	cmds := []*exec.Cmd{exec.Command("/bin/sleep", long), exec.Command("/bin/sh", "-c", "exec sleep "+long), exec.Command("/bin/sh", "-c", "(sleep "+long+"; :); :")}
	defer func() {
		for _, cmd := range cmds {
			if cmd.Process != nil {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				_ = cmd.Wait()
			}
		}
	}()
	told := storm.Record(t, s, func() {
		for _, cmd := range cmds {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if n, err := s.Rundown(context.Background()); err != nil || n < len(cmds) {
			t.Errorf("rundown of %d, %v", n, err)
		}
	})
	check := func(told *storm.Told) {
		t.Helper()
		for pid, first := range began {
			found := 0
			for _, p := range of(told, pid) {
				if p.Kind != event.Running {
					continue
				}
				found++
				if p.Key() != first.Key() || !p.Started.Equal(first.Started) || p.Image != first.Image || p.CommandLine != first.CommandLine {
					t.Errorf("found as %s of %s, %q; started as %s of %s, %q", p.Key(), p.Started, p.CommandLine, first.Key(), first.Started, first.CommandLine)
				}
			}
			if found != 1 {
				t.Errorf("%q was found %d times; want once", first.CommandLine, found)
			}
		}
	}
	for _, p := range told.Events {
		if p.Kind == event.Start && strings.Contains(p.CommandLine, long) {
			began[int(p.PID)] = p // the last run
		}
	}
	if len(began) < 4 { // the last has a fork of its own, which has another
		t.Fatalf("%d starts; want 5: %v", len(began), began)
	}
	check(told)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	check(storm.Record(t, open(t, cfg), func() {}))
}

// What the kernel's verifier says against a program is in the error.
func TestRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("programs in the kernel need root")
	}
	_, err := new(loaded).program("sched_process_exit", ebpf.AttachTraceRawTp, asm.Instructions{
		asm.LoadMem(asm.R0, asm.R3, 0, asm.DWord), // of a register that holds nothing
		asm.Return(),
	})
	if err == nil || !strings.Contains(err.Error(), "R3 !read_ok") || !strings.Contains(err.Error(), "sched_process_exit") {
		t.Errorf("error %v; want what the verifier says", err)
	}
}
