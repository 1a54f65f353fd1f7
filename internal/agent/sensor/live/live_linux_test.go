package live

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// Each sensor can be had by its name, says which it is, and tells of this process
// by the same key and of one that starts.
func TestEach(t *testing.T) {
	keys := map[event.Key][]event.Sensor{}
	for _, name := range []event.Sensor{event.SensorEBPF, event.SensorConnector, event.SensorPoll} {
		t.Run(string(name), func(t *testing.T) {
			if os.Geteuid() != 0 && name != event.SensorPoll {
				t.Skip("needs root")
			}
			s, err := Open(Config{Only: name})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			sink := sensor.NewSink(0, 0)
			ran := make(chan error, 1)
			go func() { ran <- s.Run(ctx, sink) }()
			var sleep *exec.Cmd
			for self, started := false, false; !self || !started; {
				events, _, err := sink.Take(ctx, 100)
				if err != nil {
					t.Fatalf("told of this process: %t, of the one that started: %t", self, started)
				}
				for _, p := range events {
					switch {
					case p.Sensor != name:
						t.Errorf("event of the sensor %q", p.Sensor)
					case p.Kind == event.Running && p.PID == uint32(os.Getpid()):
						self = true
						keys[p.Key()] = append(keys[p.Key()], name)
						sleep = exec.Command("/bin/sleep", "5")
						if err := sleep.Start(); err != nil {
							t.Fatal(err)
						}
						defer sleep.Wait()
						defer sleep.Process.Kill()
					case sleep != nil && p.Kind == event.Start && p.PID == uint32(sleep.Process.Pid) && p.CommandLine == "/bin/sleep 5":
						started = true
						if p.Capabilities == nil || os.Geteuid() == 0 && p.Missing != "" || p.Namespaces != "" || p.Container != "" {
							t.Errorf("the process has the capabilities %v, is in the namespaces %q and the container %q, and lacks %q; want that all is known, and that it is where the station is", p.Capabilities, p.Namespaces, p.Container, p.Missing)
						}
						if !s.SameFiles(p.ProcessSeq) {
							t.Error("the process is said to see other files than this one")
						}
					}
				}
			}
			if st := sink.Status(); st.Mode != name || st.State == sensor.Stopped {
				t.Errorf("state %+v", st)
			}
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		})
	}
	if len(keys) > 1 {
		t.Errorf("this process has %d keys, by sensors: %v; want one", len(keys), keys)
	}
}

// inside is set for a test that runs in a process of its own.
const inside = "ELJEFE_TEST_FALLBACK"

// Where the best sensor cannot be had the next one is taken, and says why: as
// nobody, and in a pid namespace, where no source of the kernel tells of the
// pids that are there.
func TestFallback(t *testing.T) {
	if os.Getenv(inside) != "" {
		s, err := Open(Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithCancel(t.Context())
		sink := sensor.NewSink(0, 0)
		time.AfterFunc(500*time.Millisecond, cancel)
		if err := s.Run(ctx, sink); err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", sink.Status())
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("taking rights away needs root")
	}
	for name, c := range map[string]struct {
		without syscall.SysProcAttr
		want    []string
	}{
		// Since Linux 6.6 everybody may have the process connector.
		"nobody":        {syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, []string{"State:degraded", "no ebpf: "}},
		"pid namespace": {syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}, []string{"Mode:poll", "State:degraded", "no ebpf: the agent runs in a pid namespace", "no procconn: the agent runs in a pid namespace"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", "-test.run", "^TestFallback$", "-test.v")
			cmd.Env = append(os.Environ(), inside+"=1")
			cmd.Dir, cmd.SysProcAttr = "/", &c.without
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("it says %s; want %s", out, want)
				}
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	if s, err := Open(Config{Only: event.SensorETW}); err == nil || !strings.Contains(err.Error(), "procconn") {
		t.Errorf("got %v, %v; want an error that names those there are", s, err)
	}
}
