package replay

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

// A recording of two computers, as an export has it: newest first, a start
// together with its end, and one that names processes by pid only.
const office = `
{"kind":"stop","station":"A","time":"2026-11-16T08:00:30Z","pid":12,"sensor":"security"}
{"kind":"start","station":"a","time":"2026-11-16T08:00:20Z","pid":12,"parent_pid":8,"sensor":"security","image":"C:\\b.exe"}
{"kind":"start","station":"B","time":"2026-11-16T08:00:15Z","pid":900,"sensor":"security"}
{"kind":"start","station":"A","time":"2026-11-16T08:00:10Z","stopped":"2026-11-16T08:00:40Z","pid":8,"parent_pid":4,"sensor":"security","image":"C:\\a.exe","exit_code":3}
{"kind":"nonsense","station":"A","time":"2026-11-16T08:00:10Z"}
`

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ndjson")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, cfg Config) *Replay {
	t.Helper()
	cfg.Scratch = t.TempDir()
	r, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(cfg.Scratch); len(left) > 0 {
			t.Errorf("%s is left behind", left[0].Name())
		}
	})
	return r
}

// played is an event and when it was reported.
type played struct {
	*event.Process
	at time.Time
}

// play runs the replay to its end, or n events.
func play(t *testing.T, r *Replay, n int) []played {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sink := sensor.NewSink(0, 0)
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, sink) }()
	var all []played
	for len(all) < n {
		events, gaps, err := sink.Take(ctx, 1)
		if err != nil || len(gaps) > 0 {
			t.Fatalf("gaps %v, %v", gaps, err)
		}
		for _, p := range events {
			all = append(all, played{p, time.Now()})
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReplay(t *testing.T) {
	path := write(t, office)
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{File: path, Speed: 10})
		if r.Computer() != "A" || r.Events() != 4 {
			t.Fatalf("it plays %d events of %q; want 4 of A", r.Events(), r.Computer())
		}
		began := time.Now()
		all := play(t, r, 4)
		a, b, bEnd, aEnd := all[0], all[1], all[2], all[3]
		if a.Image != `C:\a.exe` || b.Image != `C:\b.exe` || bEnd.Kind != event.Stop || aEnd.Kind != event.Stop {
			t.Fatalf("the order is %v %v %v %v", a, b, bEnd, aEnd)
		}
		for i, p := range all {
			due := began.Add(time.Duration(i) * time.Second) // 10 s, ten times faster
			if !p.at.Equal(due) || !p.Time.Equal(due) {
				t.Errorf("event %d was played at %s with the time %s; want %s", i, p.at, p.Time, due)
			}
			if p.Station != "" || p.SourceRecord != 0 || p.Sensor != event.SensorReplay || p.ProcessSeq == 0 || p.BootID != a.BootID {
				t.Errorf("event %d is %+v; want one of this station's own", i, p.Process)
			}
			if err := p.Check(); err != nil {
				t.Error(err)
			}
		}
		if b.ParentKey() != a.Key() || bEnd.Key() != b.Key() || aEnd.Key() != a.Key() || b.Key() == a.Key() {
			t.Error("who started whom, or who ended, is not as recorded")
		}
		if !aEnd.Started.Equal(a.Time) || *aEnd.ExitCode != 3 {
			t.Errorf("the end %+v does not fit the start at %s", aEnd.Process, a.Time)
		}
	})
}

// Again and again means processes of their own each time.
func TestLoop(t *testing.T) {
	path := write(t, office)
	synctest.Test(t, func(t *testing.T) {
		all := play(t, open(t, Config{File: path, Speed: 1, Loop: true}), 12)
		keys := map[event.Key]int{}
		for _, p := range all {
			keys[p.Key()]++
		}
		if len(keys) != 6 {
			t.Errorf("%d processes in three times two; want 6", len(keys))
		}
		if all[11].Time.Sub(all[0].Time) != 90*time.Second {
			t.Errorf("three times 30 s took %s", all[11].Time.Sub(all[0].Time))
		}
	})
}

func TestFast(t *testing.T) {
	path := write(t, office)
	synctest.Test(t, func(t *testing.T) {
		all := play(t, open(t, Config{File: path}), 4)
		if !all[3].Time.Equal(time.Now()) || all[3].Time.Sub(all[0].Time) != 30*time.Second {
			t.Errorf("the times are %s to %s; want 30 s that end now", all[0].Time, all[3].Time)
		}
		all = play(t, open(t, Config{File: path, KeepTimes: true}), 4)
		if want := time.Date(2026, 11, 16, 8, 0, 10, 0, time.UTC); !all[0].Time.Equal(want) {
			t.Errorf("the time is %s; want that of the recording, %s", all[0].Time, want)
		}
	})
}

// Boot and number stay in order where the recording has them; a GUID becomes a number.
func TestIdentities(t *testing.T) {
	path := write(t, `
{"kind":"running","station":"A","time":"2026-11-16T08:00:00Z","pid":4,"boot_id":7,"process_seq":1}
{"kind":"start","station":"A","time":"2026-11-16T08:00:01Z","pid":8,"boot_id":7,"process_seq":2,"parent_pid":4,"parent_process_seq":1}
{"kind":"start","station":"A","time":"2026-11-16T08:00:02Z","pid":8,"boot_id":8,"process_seq":2,"parent_pid":4,"parent_process_key":"00000000-0000-0008-0000-000000000001"}
{"kind":"start","station":"A","time":"2026-11-16T08:00:03Z","pid":9,"process_guid":"11111111-0000-0000-0000-000000000001","parent_pid":77,"parent_process_guid":"22222222-0000-0000-0000-000000000001"}
{"kind":"start","station":"A","time":"2026-11-16T08:00:04Z","pid":10,"process_guid":"11111111-0000-0000-0000-000000000002","parent_pid":9,"parent_process_guid":"11111111-0000-0000-0000-000000000001"}
{"kind":"stop","station":"A","time":"2026-11-16T08:00:05Z","pid":4040}
`)
	all := play(t, open(t, Config{File: path}), 6)
	if all[1].BootID != all[0].BootID || all[1].BootID == 7 || all[1].ParentKey() != all[0].Key() || all[1].ProcessSeq != 2 {
		t.Errorf("numbered processes: %+v and its parent %+v", all[1].Process, all[0].Process)
	}
	if all[2].BootID == all[1].BootID || all[2].ParentKey() != event.NumberedKey(all[2].BootID, 1) {
		t.Errorf("the next boot: %+v", all[2].Process)
	}
	if all[4].ParentKey() != all[3].Key() || all[3].ParentKey().IsZero() || all[4].ProcessGUID != "" {
		t.Errorf("processes with a GUID: %+v and its parent %+v", all[4].Process, all[3].Process)
	}
	if !all[5].Key().IsZero() {
		t.Errorf("the end of an unknown process got a key: %+v", all[5].Process)
	}
}

func TestRundown(t *testing.T) {
	path := write(t, office)
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{File: path, Speed: 1})
		if _, err := r.Rundown(t.Context()); err == nil {
			t.Error("a rundown before the beginning works")
		}
		ctx, cancel := context.WithCancel(t.Context())
		sink := sensor.NewSink(0, 0)
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx, sink) }()
		time.Sleep(11 * time.Second) // a and b run
		before, _, _ := sink.Take(ctx, 10)
		n, err := r.Rundown(ctx)
		running, _, _ := sink.Take(ctx, 10)
		if err != nil || n != 2 || len(running) != 2 {
			t.Fatalf("rundown: %d, %v, %d reported; want 2", n, err, len(running))
		}
		for i, p := range running {
			if p.Kind != event.Running || p.Key() != before[i].Key() || !p.Time.Equal(before[i].Time) || p.ParentKey() != before[i].ParentKey() {
				t.Errorf("running is %+v; it started as %+v", p, before[i])
			}
		}
		time.Sleep(time.Minute) // both have ended
		if n, err := r.Rundown(ctx); n != 0 || err != nil {
			t.Errorf("a rundown at the end: %d, %v", n, err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		cfg           Config
		want          string
	}{
		{"text", "hello", Config{}, "neither"},
		{"nothing", "", Config{}, "empty"},
		{"no process", `{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational"}`, Config{}, "no process event"},
		{"only damage", `{"kind":"x"}`, Config{}, "kind"},
		{"another computer", office, Config{Computer: "C"}, "there are A, B"},
		{"backwards", office, Config{Speed: -1}, "speed"},
		{"endless flood", office, Config{Loop: true}, "speed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.File, tt.cfg.Scratch = write(t, tt.content), t.TempDir()
			r, err := Open(tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want an error with %q", r, err, tt.want)
			}
			if left, _ := os.ReadDir(tt.cfg.Scratch); len(left) > 0 {
				t.Errorf("%s is left behind", left[0].Name())
			}
		})
	}
}

// Recorded logs keep their trees: each parent that the log has is the one that
// its child names.
func TestRecordedLog(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join("..", "..", "..", "..", "..", "shared", "testdata", "evtx", "*", "*.evtx"))
	if len(paths) == 0 {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") != "" {
			t.Fatal("../shared/testdata/evtx is not there, and ELJEFE_REQUIRE_TESTDATA is set")
		}
		t.Skip("recorded logs are not here: ../shared/testdata/evtx")
	}
	logs, events, parents := 0, 0, 0
	for _, path := range paths {
		r, err := Open(Config{File: path, Scratch: t.TempDir()})
		if err != nil {
			if !strings.Contains(err.Error(), "no process event") {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		logs++
		known := map[event.Key]bool{}
		for _, p := range play(t, r, r.Events()) {
			events++
			if p.Kind != event.Stop {
				known[p.Key()] = true
				if known[p.ParentKey()] {
					parents++
				}
			}
			if _, err := json.Marshal(p); err != nil {
				t.Error(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d logs, %d events, %d with a parent in the same log", logs, events, parents)
	if logs == 0 || parents == 0 {
		t.Errorf("%d logs and %d parents; want some", logs, parents)
	}
}

// An event trace is played like any other recording.
func TestTrace(t *testing.T) {
	packed, err := os.Open(filepath.Join("..", "..", "..", "..", "..", "shared", "testdata", "etl", "win7-manifest-kernel-process.etl.gz"))
	if err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	defer func() { _ = packed.Close() }()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "Reception.etl")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, Config{File: path})
	if r.Computer() != "Reception" || r.Events() != 8 {
		t.Fatalf("it plays %d events of %q; want 8 of Reception", r.Events(), r.Computer())
	}
	began := map[event.Key]bool{}
	pairs := 0
	for _, p := range play(t, r, 8) {
		if p.Kind == event.Start {
			began[p.Key()] = true
		} else if began[p.Key()] {
			pairs++
		}
	}
	if pairs != 2 {
		t.Errorf("%d ends belong to a start; want 2, as recorded", pairs)
	}
}
