package etw

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func at(ms float64) time.Time {
	return noon.Add(time.Duration(math.Round(ms*1000)) * time.Microsecond)
}

// The messages about one process, as the kernel sends them.

func manifestStart(pid uint32, seq uint64, ms float64) Message {
	return Message{
		Kind: Start, Source: Manifest, Time: at(ms), HeaderPID: 8, HeaderTID: 80, PID: pid, ParentPID: 8, ParentSeq: 1, Seq: seq,
		Created: at(ms - 0.5), Image: fmt.Sprintf(`\Device\HarddiskVolume1\%d.exe`, pid), Label: "S-1-16-8192", ElevationType: 3, Session: 1, Machine: 0x8664,
		ImageStamp: 1309411976, ImageChecksum: 146733,
	}
}

func classicStart(pid uint32, key uint64, ms float64) Message {
	return Message{
		Kind: Start, Source: Classic, Time: at(ms), HeaderPID: 8, HeaderTID: 80, PID: pid, ParentPID: 8, UniqueKey: key,
		Image: fmt.Sprintf("%d.exe", pid), CommandLine: fmt.Sprintf("%d.exe /x", pid), UserSID: "S-1-5-18", Session: 1, Flags: FlagWOW64,
	}
}

func manifestStop(pid uint32, seq uint64, created, ms float64) Message {
	return Message{
		Kind: Stop, Source: Manifest, Time: at(ms), HeaderPID: pid, HeaderTID: 90, PID: pid, Seq: seq, Created: at(created - 0.5), Exited: at(ms - 0.1),
		ExitCode: 3, Image: "cut", Usage: Usage{Handles: 7, ReadKB: 2},
	}
}

func classicStop(pid uint32, key uint64, ms float64) Message {
	return Message{Kind: Stop, Source: Classic, Time: at(ms), HeaderPID: pid, HeaderTID: 90, PID: pid, UniqueKey: key, ExitCode: 3, UserSID: "S-1-5-18", Image: fmt.Sprintf("%d.exe", pid)}
}

func countersOf(pid uint32, ms float64) Message {
	return Message{Kind: Counters, Source: Classic, Time: at(ms), HeaderPID: NoID, HeaderTID: NoID, PID: pid, Usage: Usage{PeakWorkingSet: 99}}
}

func listed(m Message, ms float64) Message {
	m.Kind, m.Time, m.HeaderPID, m.HeaderTID = Running, at(ms), NoID, NoID
	return m
}

// play adds messages at the times they arrive, which are their own unless told
// otherwise, and returns what has come out by the end, as a line each.
func play(j *Joiner, messages []Message, end float64) []string {
	var lines []string
	for i := range messages {
		lines = append(lines, describe(j.Tick(messages[i].Time))...)
		j.Add(&messages[i], messages[i].Time)
	}
	return append(lines, describe(j.Tick(at(end)))...)
}

func describe(ready []Joined) []string {
	var lines []string
	for _, r := range ready {
		p := r.Event
		line := fmt.Sprintf("%s %d %s", p.Kind, p.PID, r.Sources)
		if p.ProcessSeq != 0 {
			line += fmt.Sprintf(" #%d", p.ProcessSeq)
		}
		if p.Inferred {
			line += " inferred"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestJoiner(t *testing.T) {
	const key, other = 0xffff1000, 0xffff2000
	for name, test := range map[string]struct {
		messages []Message
		want     []string // by ten seconds after noon
		stats    JoinerStats
	}{
		"manifest first": {
			[]Message{manifestStart(100, 5, 0), classicStart(100, key, 0.001)},
			[]string{"start 100 both #5"}, JoinerStats{Joined: 1},
		},
		"classic first": {
			[]Message{classicStart(100, key, 0), manifestStart(100, 5, 0.001)},
			[]string{"start 100 both #5"}, JoinerStats{Joined: 1},
		},
		"one half missing": {
			[]Message{manifestStart(100, 5, 0), classicStart(104, key, 1)},
			[]string{"start 100 manifest #5", "start 104 classic"}, JoinerStats{ManifestOnly: 1, ClassicOnly: 1},
		},
		"a late half": {
			[]Message{classicStart(100, key, 0), manifestStart(104, 6, 500), manifestStart(100, 5, 501)},
			[]string{"start 100 classic", "start 104 manifest #6"}, JoinerStats{ClassicOnly: 1, ManifestOnly: 1, Late: 1},
		},
		"a writer that differs": {
			[]Message{manifestStart(100, 5, 0), func() Message { m := classicStart(100, key, 200); m.HeaderPID = 100; return m }()},
			[]string{"start 100 both #5"}, JoinerStats{Joined: 1},
		},
		"an end of three messages": {
			[]Message{
				manifestStart(100, 5, 0), classicStart(100, key, 0.001),
				countersOf(100, 50), manifestStop(100, 5, 0, 50.0078), classicStop(100, key, 50.0081),
			},
			[]string{"start 100 both #5", "stop 100 both #5"}, JoinerStats{Joined: 2},
		},
		"an end of three messages, the other way round": {
			[]Message{
				manifestStart(100, 5, 0), classicStart(100, key, 0.001),
				classicStop(100, key, 50), manifestStop(100, 5, 0, 50.001), countersOf(100, 50.002),
			},
			[]string{"start 100 both #5", "stop 100 both #5"}, JoinerStats{Joined: 2, Late: 1},
		},
		"an end of one half": {
			[]Message{manifestStart(100, 5, 0), classicStart(100, key, 0.001), classicStop(100, key, 50)},
			[]string{"start 100 both #5", "stop 100 classic #5"}, JoinerStats{Joined: 1, ClassicOnly: 1},
		},
		"pid reused within a second": {
			[]Message{
				manifestStart(100, 5, 0), classicStart(100, key, 0.001), manifestStop(100, 5, 0, 20), classicStop(100, key, 20.001),
				manifestStart(100, 6, 21), classicStart(100, other, 21.001), manifestStop(100, 6, 21, 40), classicStop(100, other, 40.001),
			},
			[]string{"start 100 both #5", "stop 100 both #5", "start 100 both #6", "stop 100 both #6"}, JoinerStats{Joined: 4},
		},
		"pid reused within a second, classic only": {
			[]Message{
				classicStart(100, key, 0), classicStop(100, key, 20), classicStart(100, other, 21), classicStop(100, other, 40),
			},
			[]string{"start 100 classic", "stop 100 classic", "start 100 classic", "stop 100 classic"}, JoinerStats{ClassicOnly: 4},
		},
		"pid reused, the end lost": {
			[]Message{manifestStart(100, 5, 0), classicStart(100, key, 0.001), manifestStart(100, 6, 900), classicStart(100, other, 900.001)},
			[]string{"start 100 both #5", "start 100 both #6", "stop 100 none #5 inferred"}, JoinerStats{Joined: 2, Inferred: 1},
		},
		"pid reused, the end late": {
			[]Message{
				manifestStart(100, 5, 0), classicStart(100, key, 0.001), manifestStart(100, 6, 900), classicStart(100, other, 900.001),
				manifestStop(100, 5, 0, 899), classicStop(100, key, 899),
			},
			[]string{"start 100 both #5", "start 100 both #6", "stop 100 both #5"}, JoinerStats{Joined: 3},
		},
		"end before start": {
			[]Message{manifestStop(100, 5, 0, 10), classicStop(100, key, 10.001), manifestStart(100, 5, 0), classicStart(100, key, 0.001)},
			[]string{"start 100 both #5", "stop 100 both #5"}, JoinerStats{Joined: 2},
		},
		"end before start, classic only": {
			[]Message{classicStop(100, key, 10), classicStart(100, key, 0)},
			[]string{"start 100 classic", "stop 100 classic"}, JoinerStats{ClassicOnly: 2},
		},
		"an end alone": {
			[]Message{classicStop(100, key, 10)},
			[]string{"stop 100 classic"}, JoinerStats{ClassicOnly: 1},
		},
		"counters alone": {[]Message{countersOf(100, 10)}, nil, JoinerStats{}},
		"rundown, twice": {
			[]Message{
				listed(classicStart(100, key, 0), 0), listed(manifestStart(100, 5, -9e6), 100),
				listed(classicStart(100, key, 0), 3000), listed(manifestStart(100, 5, -9e6), 3100),
			},
			[]string{"running 100 both #5"}, JoinerStats{Joined: 1, Duplicates: 2},
		},
		"rundown of what was seen to start": {
			[]Message{manifestStart(100, 5, 0), classicStart(100, key, 0.001), listed(classicStart(100, key, 0), 9), listed(manifestStart(100, 5, 0), 10)},
			[]string{"start 100 both #5"}, JoinerStats{Joined: 1, Duplicates: 2},
		},
		"rundown of another process with the pid": {
			[]Message{listed(manifestStart(100, 5, -9e6), 0), listed(manifestStart(100, 6, -8e6), 4000)},
			[]string{"running 100 manifest #5", "running 100 manifest #6", "stop 100 none #5 inferred"}, JoinerStats{ManifestOnly: 2, Inferred: 1},
		},
		"a start told twice": {
			[]Message{classicStart(100, key, 0), classicStart(100, key, 0), manifestStart(104, 5, 1), manifestStart(104, 5, 1)},
			[]string{"start 100 classic", "start 104 manifest #5"}, JoinerStats{ClassicOnly: 1, ManifestOnly: 1, Duplicates: 2},
		},
		"the idle process is none":  {[]Message{listed(classicStart(0, key, 0), 0)}, nil, JoinerStats{}},
		"a process that only ended": {[]Message{{Kind: Defunct, PID: 100, Time: noon}, {Kind: Terminate, PID: 100, Time: noon}}, nil, JoinerStats{}},
		"losses": {
			[]Message{{Kind: Lost, Loss: LostEvents}, {Kind: Lost, Loss: LostBuffer}, {Kind: Lost, Loss: LostFile}},
			nil, JoinerStats{LostEvents: 1, LostBuffers: 1, LostFiles: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := NewJoiner(JoinerConfig{})
			if got := play(j, test.messages, 10_000); !slices.Equal(got, test.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(test.want, "\n\t"))
			}
			test.stats.Messages = uint64(len(test.messages))
			if got := j.Stats(); got != test.stats {
				t.Errorf("got %+v, want %+v", got, test.stats)
			}
			if left := j.Flush(); len(left) > 0 {
				t.Errorf("still waiting: %v", describe(left))
			}
		})
	}
}

// What an event is made of, and when it leaves.
func TestJoinedEvent(t *testing.T) {
	j := NewJoiner(JoinerConfig{BootID: 7})
	parent := listed(manifestStart(8, 1, -1000), -1000)
	start, half := manifestStart(100, 5, 0), classicStart(100, 1, 0.001)
	start.HeaderPID, start.StartKey = 12, 7<<48|2
	play(j, []Message{parent}, -100)
	run := j.Add(&start, at(0))
	if run.Attached != nil || run.Left() || len(j.Tick(at(299))) > 0 {
		t.Fatal("a half does not wait for the other")
	}
	run.Attached = "handle"
	if due, ok := j.Next(); !ok || !due.Equal(at(300)) {
		t.Errorf("the next is due at %s, %v; want %s", due, ok, at(300))
	}
	if again := j.Add(&half, at(299.5)); again != run {
		t.Fatal("the other half is of another run")
	}
	ready := j.Tick(at(299.6))
	if len(ready) != 1 || ready[0].Run.Attached != "handle" || !run.Left() || run.Ended() {
		t.Fatalf("got %v; want the start as soon as it is complete", describe(ready))
	}
	p := ready[0].Event
	if p.Kind != event.Start || !p.Time.Equal(at(-0.5)) || p.Key() != event.NumberedKey(7, 5) || p.ParentKey() != event.NumberedKey(7, 1) ||
		p.Image != `\Device\HarddiskVolume1\100.exe` || p.CommandLine != "100.exe /x" || p.User != `NT AUTHORITY\SYSTEM` || p.Integrity != event.Medium ||
		p.Elevation != event.ElevationLimited || *p.Elevated || !p.WOW64 || p.Architecture != "x64" || p.Compiled.Unix() != 1309411976 ||
		p.ParentImage != `\Device\HarddiskVolume1\8.exe` || run.ImageChecksum != 146733 || p.Sensor != event.SensorETW {
		t.Errorf("the start is %+v", p)
	}
	if p.ParentPID != 8 || p.CreatorPID != 12 {
		t.Errorf("parent %d, creator %d; want both, 8 and 12", p.ParentPID, p.CreatorPID)
	}
	if list := j.Rundown(); len(list) != 2 || list[1].Event.Kind != event.Running || list[1].Event.Key() != p.Key() || list[1].Run.Attached != "handle" {
		t.Errorf("rundown: %v", describe(list))
	}

	ready = nil
	for _, m := range []Message{countersOf(100, 500), manifestStop(100, 5, 0, 500.01), classicStop(100, 1, 500.02)} {
		if len(ready) > 0 {
			t.Error("the end does not wait for all its parts")
		}
		j.Add(&m, m.Time)
		ready = append(ready, j.Tick(m.Time)...)
	}
	if len(ready) != 1 || ready[0].Run != run || !run.Ended() {
		t.Fatalf("got %v", describe(ready))
	}
	e := ready[0].Event
	if e.Kind != event.Stop || !e.Time.Equal(at(499.91)) || e.Key() != p.Key() || !e.Started.Equal(p.Time) || *e.ExitCode != 3 ||
		e.Handles != 7 || e.ReadBytes != 2048 || e.PeakWorkingSet != 99 || e.Image != p.Image || e.UserSID != "S-1-5-18" {
		t.Errorf("the stop is %+v %+v", e, e.Statistics)
	}
	if list := j.Rundown(); len(list) != 1 {
		t.Errorf("rundown after the end: %v", describe(list))
	}
}

// Once a start has left, its process keeps the identity, whatever is learnt later.
func TestIdentityStays(t *testing.T) {
	j := NewJoiner(JoinerConfig{BootID: 7})
	classic, manifest := classicStart(100, 1, 0), manifestStart(100, 5, 400)
	var got []Joined
	j.Add(&classic, at(0))
	got = append(got, j.Tick(at(300))...)
	manifest.Created = at(-0.5)
	j.Add(&manifest, at(400))
	stop := manifestStop(100, 5, 0, 600)
	j.Add(&stop, at(600))
	got = append(got, j.Tick(at(900))...)
	if len(got) != 2 || got[0].Event.Key() != got[1].Event.Key() || got[0].Event.Key().IsZero() || j.Stats().Late != 1 {
		t.Errorf("got %v with keys %s and %s", describe(got), got[0].Event.Key(), got[1].Event.Key())
	}
	if got[1].Event.Image != manifest.Image {
		t.Errorf("the end has the image %q; want what the late half said", got[1].Event.Image)
	}
}

// What the caller learns from the system counts, if it is of the same process.
func TestIdentify(t *testing.T) {
	j := NewJoiner(JoinerConfig{BootID: 7})
	half := classicStart(100, 1, 0)
	run := j.Add(&half, at(0))
	if j.Identify(run, at(5000), 9) || j.Identify(run, at(-5000), 9) {
		t.Error("a process of another time was taken for this one")
	}
	if !j.Identify(run, at(-1), 5) || j.Identify(run, at(-1), 6) || j.Identify(run, at(-0.5), 5) || !j.Identify(run, at(-1), 5) {
		t.Error("what was learnt is not kept")
	}
	got := j.Tick(at(300))
	if len(got) != 1 || !got[0].Event.Started.Equal(at(-1)) || got[0].Event.Key() != event.NumberedKey(7, 5) {
		t.Errorf("got %v", describe(got))
	}
}

// A record that cannot be decoded is counted and handed on.
func TestUndecoded(t *testing.T) {
	var kept []string
	j := NewJoiner(JoinerConfig{Undecoded: func(r *Record, err error) {
		var e *DecodeError
		if errors.As(err, &e) {
			kept = append(kept, fmt.Sprintf("%x: %s", r.Payload, err))
		}
	}})
	if j.Record(&Record{Provider: KernelProcess, ID: idStart, Version: 3, Payload: []byte{1, 2, 3, 4, 5}}, noon) != nil {
		t.Error("a run of nothing")
	}
	if want := []string{"0102030405: ProcessStart version 3: ProcessSequenceNumber at byte 4 of 5: it has 8 bytes, and 1 are left"}; !slices.Equal(kept, want) {
		t.Errorf("got %q, want %q", kept, want)
	}
	r := classicRecord(opStart, 4, 8, classicFields{pid: 100, image: "a"})
	r.Time = noon
	if run := j.Record(r, noon); run == nil || run.PID != 100 || j.Stats().Undecodable != 1 {
		t.Errorf("run %+v, %+v", run, j.Stats())
	}
}
