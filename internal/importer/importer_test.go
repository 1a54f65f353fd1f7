//go:build unix

package importer_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/recording"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// recorded returns the folder of recorded event logs, or skips the test.
func recorded(t *testing.T) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "testdata", "evtx")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") != "" {
			t.Fatalf("recorded data is missing: %v", err)
		}
		t.Skipf("recorded data is not here: %v", err)
	}
	return dir
}

func importBytes(t *testing.T, in importer.Ingester, name string, content []byte) (importer.Summary, error) {
	t.Helper()
	return importer.File(t.Context(), in, importer.Log{Name: name}, bytes.NewReader(content), int64(len(content)), nil)
}

// Every recorded log gives the numbers of its MANIFEST, and nothing the second time.
func TestRecordedLogs(t *testing.T) {
	dir := recorded(t)
	in := ingest.New(storetest.Open(t), ingest.Config{})
	manifest, err := os.Open(filepath.Join(dir, "MANIFEST.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = manifest.Close() }()
	counts := regexp.MustCompile(`records=(\d+) sysmon1=(\d+) sysmon5=(\d+) sec4688=(\d+)`)
	files := 0
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		columns := strings.Split(lines.Text(), "\t")
		if !strings.HasSuffix(columns[0], ".evtx") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, columns[0]))
		if err != nil {
			t.Fatal(err)
		}
		first, err := importBytes(t, in, columns[0], content)
		if err != nil || first.Damaged != 0 {
			t.Errorf("%s: %+v, %v", columns[0], first, err)
			continue
		}
		if m := counts.FindStringSubmatch(columns[5]); m != nil {
			number := func(i int) int64 { n, _ := strconv.ParseInt(m[i], 10, 64); return n }
			// There are no 4689 in these logs.
			if first.Records != number(1) || first.Starts != number(2)+number(4) || first.Stops != number(3) {
				t.Errorf("%s: got %d records, %d starts, %d stops; MANIFEST says %s", columns[0], first.Records, first.Starts, first.Stops, m[0])
			}
		}
		if first.Added+first.Duplicates != first.Starts+first.Stops {
			t.Errorf("%s: %d added and %d duplicates of %d events", columns[0], first.Added, first.Duplicates, first.Starts+first.Stops)
		}
		again, err := importBytes(t, in, "again.evtx", content)
		if err != nil || again.Added != 0 || again.Duplicates != first.Starts+first.Stops {
			t.Errorf("%s again: %+v, %v", columns[0], again, err)
		}
		files++
	}
	if files != 119 {
		t.Errorf("%d logs were imported, want 119", files)
	}
}

// What several sensors saw on the same stations goes in beside each other.
func TestRecordedFlatJSON(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded(t), "otrf-json", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	in := ingest.New(storetest.Open(t), ingest.Config{})
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := int64(bytes.Count(content, []byte("\n")))
		sum, err := importBytes(t, in, name, content)
		if err != nil || sum.Records != lines || sum.Damaged != 0 || sum.Other != 0 || sum.Starts+sum.Stops != lines || sum.Added == 0 {
			t.Errorf("%s: %+v, %v; want %d events", filepath.Base(name), sum, err, lines)
		}
	}
}

// A log that was cut short or changed gives the good records that are left.
func TestDamagedLog(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(recorded(t), "EVTX-ATTACK-SAMPLES", "Sysmon_UACME_43.evtx"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := importBytes(t, ingest.New(storetest.Open(t), ingest.Config{}), "a.evtx", content)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		content []byte
	}{
		{"cut", content[:len(content)/3]},
		{"zeroed", append(append(bytes.Clone(content[:8000]), make([]byte, 2000)...), content[10000:]...)},
		{"garbage", append(bytes.Clone(content[:9000]), bytes.Repeat([]byte("\x2a\x2a\xff"), 20000)...)},
	} {
		sum, err := importBytes(t, ingest.New(storetest.Open(t), ingest.Config{}), "a.evtx", tt.content)
		if err != nil || sum.Damaged == 0 || sum.Reason() == "" || sum.Records > whole.Records {
			t.Errorf("%s: %+v, %v; want damage with a reason", tt.name, sum, err)
		}
	}
}

func TestNoLog(t *testing.T) {
	in := ingest.New(storetest.Open(t), ingest.Config{})
	for name, content := range map[string]string{
		"empty": "", "text": "hello", "laid out": "{\n \"kind\": \"start\"}", "xml": "<Events/>", "zip": "PK\x03\x04",
	} {
		_, err := importBytes(t, in, name, []byte(content))
		if !errors.Is(err, recording.ErrFormat) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want an error that says what can be imported", name, err)
		}
	}
}

func TestLines(t *testing.T) {
	good := `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","pid":8,"image":"C:\\a.exe"}`
	for _, tt := range []struct {
		name, line string
		damage     string // part of the reason; "" for none
		added      int64
	}{
		{"good", good, "", 1},
		{"with its end", `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","stopped":"2026-11-16T08:00:01Z","pid":8,"exit_code":3}`, "", 2},
		{"blank", "", "", 0},
		{"byte order mark", "\ufeff" + good, "", 1},
		{"no station", `{"kind":"start","time":"2026-11-16T08:00:00Z","pid":8}`, "station is missing", 0},
		{"no time", `{"kind":"start","station":"S","pid":8}`, "time", 0},
		{"year 1601", `{"kind":"start","station":"S","time":"1601-01-01T00:00:00Z","pid":8}`, "outside", 0},
		{"future", `{"kind":"start","station":"S","time":"2190-01-01T00:00:00Z","pid":8}`, "future", 0},
		{"unknown kind", `{"kind":"begin","station":"S","time":"2026-11-16T08:00:00Z"}`, "kind", 0},
		{"bad hash", `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","sha256":"xyz"}`, "sha256", 0},
		{"bad type", `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","pid":"eight"}`, "pid", 0},
		{"not JSON", `{"kind":`, "not JSON", 0},
		{"neither", `{"a":1}`, "neither", 0},
		{"stop before start", `{"kind":"stop","station":"S","time":"2026-11-16T08:00:00Z","started":"2026-11-17T08:00:00Z","pid":8}`, "before it started", 0},
		{"too long", `{"kind":"start","station":"S","x":"` + strings.Repeat("y", 3<<20) + `"}`, "longer than", 0},
		{"command line too long", `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","command_line":"` + strings.Repeat("y", 1<<17) + `"}`, "command_line", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := ingest.New(storetest.Open(t), ingest.Config{})
			other := `{"kind":"start","station":"T","time":"2026-11-16T09:00:00Z","pid":12,"image":"C:\\b.exe"}`
			sum, err := importBytes(t, in, "a.ndjson", []byte(other+"\n"+tt.line+"\n"+strings.ReplaceAll(other, "12", "16")))
			if err != nil {
				t.Fatal(err)
			}
			if sum.Added != tt.added+2 {
				t.Errorf("%d added, want %d", sum.Added, tt.added+2)
			}
			if (tt.damage == "") != (sum.Damaged == 0) || !strings.Contains(sum.Reason(), tt.damage) {
				t.Errorf("%d damaged, %q; want %q", sum.Damaged, sum.Reason(), tt.damage)
			}
			if tt.damage != "" && !strings.Contains(sum.Reason(), "2") {
				t.Errorf("the reason does not name line 2: %q", sum.Reason())
			}
		})
	}
}

// Where events are kept for some days only, older ones are refused, not dropped later.
func TestOlderThanRetention(t *testing.T) {
	in := ingest.New(storetest.Open(t), ingest.Config{Retention: 30})
	line := func(age time.Duration) string {
		return fmt.Sprintf(`{"kind":"start","station":"S","time":%q,"pid":8}`+"\n", time.Now().Add(-age).Format(time.RFC3339Nano))
	}
	sum, err := importBytes(t, in, "a.ndjson", []byte(line(time.Hour)+line(29*24*time.Hour)+line(40*24*time.Hour)))
	if err != nil || sum.Added != 2 || sum.Damaged != 1 || !strings.Contains(sum.Reason(), "30 days") {
		t.Errorf("got %+v, %v; want 2 added and one refused for its age", sum, err)
	}
}

// A store that fails ends the import with its error, and the summary tells what was done.
func TestStoreFails(t *testing.T) {
	var content bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&content, `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","pid":%d}`+"\n", i)
	}
	in := &failing{Ingester: ingest.New(storetest.Open(t), ingest.Config{}), after: 1}
	sum, err := importer.File(t.Context(), in, importer.Log{Name: "a.ndjson"}, bytes.NewReader(content.Bytes()), int64(content.Len()), nil)
	if fault.KindOf(err) != fault.Unavailable || sum.Added != 2000 {
		t.Errorf("got %+v, %v; want 2000 added and the error", sum, err)
	}
}

type failing struct {
	importer.Ingester
	after int
}

func (f *failing) Import(ctx context.Context, events []event.Process) (ingest.Result, error) {
	if f.after == 0 {
		return ingest.Result{}, fault.New(fault.Unavailable, "gone")
	}
	f.after--
	return f.Ingester.Import(ctx, events)
}
