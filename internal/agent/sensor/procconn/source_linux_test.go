package procconn

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc/storm"
	"github.com/eljefe/eljefe/internal/event"
)

// open returns a sensor, or skips where the rights are missing.
func open(t *testing.T, cfg Config) *Source {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the process connector needs root")
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

// 5,000 short processes in ten seconds are all there, or are counted because
// a message was lost or they were gone before they could be looked at; none twice.
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

// Messages that find no room are counted by their numbers, and what runs then is
// found by comparing.
func TestLost(t *testing.T) {
	s := open(t, Config{})
	if err := unix.SetsockoptInt(s.socket.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<10); err != nil {
		t.Fatal(err)
	}
	const n = 300
	storm.Run(t, n, 0) // nobody reads meanwhile
	told := storm.Record(t, s, func() {
		// Each processor numbers its own messages: what it lost last, its next one tells.
		for cpu := range runtime.NumCPU() {
			if err := exec.Command("taskset", "-c", strconv.Itoa(cpu), "/bin/true").Run(); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(1200 * time.Millisecond)
	})
	if told.Lost == 0 {
		t.Error("a buffer for a few messages lost none of hundreds")
	}
	if starts := storm.Check(t, told, n); uint64(starts)+told.Lost < n {
		t.Errorf("%d of %d were told and %d messages lost", starts, n, told.Lost)
	}
}

// A process that lives for a moment is told in full.
func TestProcess(t *testing.T) {
	s := open(t, Config{})
	cmd := exec.Command("/bin/sh", "-c", "sleep 0.2; exec sleep 0.2")
	told := storm.Record(t, s, func() {
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
	})
	var got []string
	var keys []event.Key
	for _, p := range told.Events {
		if p.PID == uint32(cmd.Process.Pid) {
			got = append(got, string(p.Kind)+" "+p.CommandLine)
			keys = append(keys, p.Key())
			if p.Kind == event.Start && (p.User == "" || p.Elevated == nil || p.Image == "" || p.CurrentDirectory == "") {
				t.Errorf("start %+v", p)
			}
		}
	}
	want := []string{`start /bin/sh -c "sleep 0.2; exec sleep 0.2"`, "stop ", "start sleep 0.2", "stop "}
	if !slices.Equal(got, want) {
		t.Fatalf("told %q; want %q", got, want)
	}
	if keys[0] != keys[1] || keys[2] != keys[3] || keys[0] == keys[2] {
		t.Errorf("keys %v; want two", keys)
	}
}
