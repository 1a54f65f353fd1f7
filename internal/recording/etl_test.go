package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
)

// The recorded traces.
const (
	win7  = "win7-manifest-kernel-process.etl.gz"
	win10 = "win10-1903-shutdown-system.etl.gz"
)

// recordedTrace returns a recorded trace, or skips the test.
func recordedTrace(t *testing.T, name string) []byte {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "testdata", "etl", name))
	if err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	defer func() { _ = file.Close() }()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// found is what came of a recording.
type found struct {
	records, others, parts, starts, stops, damaged int
	lost                                           uint64
	remarks                                        []string
	stations                                       map[string]bool
	events                                         []*event.Process
}

func readAll(t *testing.T, content []byte, cfg Config) found {
	t.Helper()
	items, err := Read(bytes.NewReader(content), int64(len(content)), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return collect(t, items, int64(len(content)))
}

func collect(t *testing.T, items iter.Seq[Item], size int64) found {
	t.Helper()
	f := found{stations: map[string]bool{}}
	read := int64(0)
	for it := range items {
		if it.Damage == nil && !it.Second {
			f.records++
		}
		f.lost += it.Lost
		if it.Read < read {
			t.Errorf("%d bytes were read after %d", it.Read, read)
		}
		read = it.Read
		switch {
		case it.Damage != nil:
			f.damaged++
		case it.Remark.Message != "":
			f.remarks = append(f.remarks, it.Remark.Message)
		case it.Part:
			f.parts++
		case it.Event == nil:
			f.others++
		default:
			f.stations[it.Event.Station] = true
			f.events = append(f.events, it.Event)
			if it.Event.Kind == event.Stop {
				f.stops++
			} else {
				f.starts++
			}
		}
	}
	if read != size {
		t.Errorf("%d of %d bytes were read", read, size)
	}
	return f
}

func TestTrace(t *testing.T) {
	content := recordedTrace(t, win7)
	got := readAll(t, content, Config{Name: `C:\traces\Reception.etl`})
	if got.records != 10344 || got.parts != 8 || got.others != 10336 || got.starts != 4 || got.stops != 4 || got.damaged != 0 || got.lost != 0 {
		t.Errorf("got %+v", got)
	}
	if !got.stations["Reception"] || len(got.stations) != 1 || len(got.remarks) != 1 || !strings.Contains(got.remarks[0], `"Reception"`) {
		t.Errorf("stations %v, remarks %q; want that of the file's name, and that it is said", got.stations, got.remarks)
	}
	for i, p := range got.events {
		if err := p.Check(); err != nil {
			t.Error(err)
		}
		if p.Origin != event.Imported || p.SourceRecord == 0 || i > 0 && p.Time.Before(got.events[i-1].Time.Add(-300_000_000)) {
			t.Errorf("event %d: %+v", i, p)
		}
	}
	if p := got.events[0]; p.PID != 5864 || !strings.HasSuffix(p.Image, `\devenv.exe`) || p.SourceRecord != 489 {
		t.Errorf("the first is %+v", p)
	}
	if got := readAll(t, content, Config{Name: "a.etl", Station: "PC-7"}); !got.stations["PC-7"] || len(got.stations) != 1 || len(got.remarks) != 0 {
		t.Errorf("stations %v, remarks %q; want the one that was told", got.stations, got.remarks)
	}
}

// Accounts whose name only their computer knows are shown by their SID.
func TestTraceUsers(t *testing.T) {
	users := map[string]int{}
	for _, p := range readAll(t, recordedTrace(t, win10), Config{Station: "PC-7"}).events {
		users[p.User]++
		if p.UserSID == "" || p.User != p.UserSID && !strings.Contains(p.User, `\`) {
			t.Errorf("user %q with the SID %q", p.User, p.UserSID)
		}
	}
	if users[`NT AUTHORITY\SYSTEM`] == 0 || users[`NT AUTHORITY\LOCAL SERVICE`] == 0 || users[`Window Manager\DWM-1`] == 0 || len(users) < 5 {
		t.Errorf("users %v", users)
	}
}

// Of a trace that is too large to be sorted whole, nothing is missing.
func TestTraceTooLarge(t *testing.T) {
	content := recordedTrace(t, win10)
	for _, most := range []int{0, 10_000, mostSorted} {
		got := collect(t, etlItems(bytes.NewReader(content), int64(len(content)), most, Config{Station: "PC-7"}), int64(len(content)))
		if got.records != 17078 || got.starts != 93 || got.stops != 60 {
			t.Errorf("with %d bytes to sort: %d records, %d starts, %d stops; want 17078, 93, 60", most, got.records, got.starts, got.stops)
		}
	}
}

// What the recording lost, and what was damaged since, is told.
func TestTraceIncomplete(t *testing.T) {
	content := recordedTrace(t, win7)
	const buffer, lost = 8192, 72 + 32 + 48 // where the header counts lost events
	binary.LittleEndian.PutUint32(content[lost:], 12)
	clear(content[3*buffer : 3*buffer+100])
	copy(content[5*buffer+72:], bytes.Repeat([]byte{0xee}, 100))
	got := readAll(t, content, Config{Station: "PC-7"})
	if got.lost != 12 || len(got.remarks) != 1 || !strings.Contains(got.remarks[0], "12 events") {
		t.Errorf("%d lost, remarks %q", got.lost, got.remarks)
	}
	if got.damaged != 2 || got.records >= 10344 || got.records < 10000 {
		t.Errorf("%d damaged, %d records", got.damaged, got.records)
	}
}

// A reader that has enough is not given more.
func TestTraceStopped(t *testing.T) {
	content := recordedTrace(t, win7)
	for want := range 12 {
		items, err := Read(bytes.NewReader(content), int64(len(content)), Config{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for range items {
			if n++; n > want {
				break
			}
		}
	}
}

// Events that name no computer get the one that was told, and others keep theirs.
func TestStation(t *testing.T) {
	const lines = `{"kind":"start","time":"2026-11-16T08:00:00Z","pid":8}
{"kind":"start","time":"2026-11-16T08:00:00Z","pid":9,"station":"S"}`
	got := readAll(t, []byte(lines), Config{Station: "PC-7"})
	if !got.stations["PC-7"] || !got.stations["S"] || len(got.stations) != 2 {
		t.Errorf("stations %v", got.stations)
	}
	if got := readAll(t, []byte(lines), Config{}); !got.stations[""] {
		t.Errorf("stations %v; want none where none is told", got.stations)
	}
}

func TestNameOf(t *testing.T) {
	for file, want := range map[string]string{
		"a.etl": "a", `C:\x\b.c.etl`: "b.c", "/x/d": "d", ".etl": "trace", "": "trace", "/": "trace",
	} {
		if got := nameOf(file); got != want {
			t.Errorf("nameOf(%q) is %q; want %q", file, got, want)
		}
	}
}
