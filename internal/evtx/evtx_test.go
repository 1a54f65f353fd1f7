package evtx

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCounts compares the number of records of every recorded log with the
// notes of the data's manifest.
func TestCounts(t *testing.T) {
	note := regexp.MustCompile(`records=(\d+) sysmon1=(\d+) sysmon5=(\d+) sec4688=(\d+)`)
	compared := 0
	for line := range strings.Lines(string(readFile(t, samples(t, "MANIFEST.tsv")))) {
		column := strings.Split(line, "\t")
		if !strings.HasSuffix(column[0], ".evtx") {
			continue
		}
		records, damages := readLog(t, readFile(t, samples(t, column[0])))
		for _, d := range damages {
			t.Errorf("%s: %v", column[0], d)
		}
		want := note.FindStringSubmatch(line)
		if want == nil {
			if len(records) == 0 {
				t.Errorf("%s has no records", column[0])
			}
			continue
		}
		compared++
		got := []int{len(records), 0, 0, 0}
		for _, rec := range records {
			switch {
			case rec.Provider == providerSysmon && rec.EventID == sysmonStart:
				got[1]++
			case rec.Provider == providerSysmon && rec.EventID == sysmonStop:
				got[2]++
			case rec.Provider == providerSecurity && rec.EventID == securityStart:
				got[3]++
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want[1:]) {
			t.Errorf("%s: records, Sysmon 1, Sysmon 5, 4688 are %v; want %v", column[0], got, want[1:])
		}
	}
	if compared < 50 {
		t.Errorf("compared %d logs; the manifest should give counts for more than 50", compared)
	}
}

// An oracle is an event as an independent reader decoded it.
type oracle struct {
	Event struct {
		System struct {
			Provider struct {
				Attributes struct{ Name string } `json:"#attributes"`
			}
			EventID       uint16
			Version       uint8
			Level         uint8
			Task          uint16
			Opcode        uint8
			Keywords      string
			EventRecordID uint64
			Channel       string
			Computer      string
			TimeCreated   struct {
				Attributes struct{ SystemTime time.Time } `json:"#attributes"`
			}
			Execution struct {
				Attributes struct{ ProcessID, ThreadID uint32 } `json:"#attributes"`
			}
			Security struct {
				Attributes struct{ UserID string } `json:"#attributes"`
			}
		}
		EventData map[string]any
	}
}

// eachOracle calls fn for every event of SigmaHQ's regression data with the
// record of the same EventRecordID.
func eachOracle(t *testing.T, fn func(t *testing.T, want oracle, rec *Record)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(samples(t, "sigma-regression"), "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for _, file := range files {
		name := strings.TrimSuffix(file, ".json")
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			records, damages := readLog(t, readFile(t, name+".evtx"))
			if len(damages) > 0 {
				t.Errorf("damage: %v", damages[0])
			}
			dec := json.NewDecoder(bytes.NewReader(readFile(t, file)))
			dec.UseNumber()
			for {
				var want oracle
				if err := dec.Decode(&want); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				events++
				found := false
				for _, rec := range records {
					if rec.RecordID == want.Event.System.EventRecordID {
						found = true
						fn(t, want, rec)
					}
				}
				if !found {
					t.Errorf("record %d is missing", want.Event.System.EventRecordID)
				}
			}
		})
	}
	if events < 65 {
		t.Errorf("%d events compared; want at least 65", events)
	}
}

// TestOracle compares the System fields and all named values. The oracle's form
// differs in four ways: numbers are JSON numbers, times have microseconds, GUIDs
// have no braces, and texts have lost the blanks at their end.
func TestOracle(t *testing.T) {
	eachOracle(t, func(t *testing.T, want oracle, rec *Record) {
		sys := want.Event.System
		keywords, err := strconv.ParseUint(sys.Keywords, 0, 64)
		if err != nil {
			t.Error(err)
		}
		for _, c := range []struct {
			name      string
			got, want any
		}{
			{"Provider", rec.Provider, sys.Provider.Attributes.Name},
			{"EventID", rec.EventID, sys.EventID},
			{"Version", rec.Version, sys.Version},
			{"Level", rec.Level, sys.Level},
			{"Task", rec.Task, sys.Task},
			{"Opcode", rec.Opcode, sys.Opcode},
			{"Keywords", rec.Keywords, keywords},
			{"Channel", rec.Channel, sys.Channel},
			{"Computer", rec.Computer, sys.Computer},
			{"UserSID", rec.UserSID, sys.Security.Attributes.UserID},
			{"PID", rec.PID, sys.Execution.Attributes.ProcessID},
			{"TID", rec.TID, sys.Execution.Attributes.ThreadID},
			{"Time", rec.Time.Truncate(time.Microsecond), sys.TimeCreated.Attributes.SystemTime.UTC()},
		} {
			if c.got != c.want {
				t.Errorf("record %d: %s = %v, want %v", rec.RecordID, c.name, c.got, c.want)
			}
		}
		if len(rec.Data) != len(want.Event.EventData) {
			t.Errorf("record %d has %d values, want %d", rec.RecordID, len(rec.Data), len(want.Event.EventData))
		}
		for name, value := range want.Event.EventData {
			text := ""
			if value != nil {
				text = fmt.Sprint(value)
			}
			got, ok := rec.Get(name)
			if strings.HasSuffix(name, "Guid") {
				got = strings.Trim(got, "{}")
			}
			if !ok || strings.TrimRight(got, " ") != text {
				t.Errorf("record %d: %s = %q (present: %t), want %q", rec.RecordID, name, got, ok, text)
			}
		}
	})
}

func TestNotALog(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name, path string
		notEVTX    bool
		says       string
	}{
		{"empty file", write("empty", ""), true, "the file is empty"},
		{"short text", write("short", "hi"), true, "signature ElfFile is missing"},
		{"long text", write("long", strings.Repeat("a line of text\n", 10000)), true, "signature ElfFile is missing"},
		{"directory", dir, false, "is a directory"},
		{"missing file", filepath.Join(dir, "none"), false, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(c.path)
			if err == nil {
				t.Fatal("Open took it")
			}
			if got := errors.Is(err, ErrNotEVTX); got != c.notEVTX {
				t.Errorf("errors.Is(%v, ErrNotEVTX) = %t, want %t", err, got, c.notEVTX)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %q; want it to say %q", err, c.says)
			}
		})
	}
}

// TestOpen reads a file through Open, and stops early.
func TestOpen(t *testing.T) {
	r, err := Open(sampleLogs(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	n := 0
	for _, err := range r.Records() {
		if err != nil {
			t.Error(err)
		}
		n++
		break
	}
	if n != 1 || r.Offset() != fileHeaderSize+chunkSize {
		t.Errorf("%d records, offset %d; want 1 and %d", n, r.Offset(), fileHeaderSize+chunkSize)
	}
}

// A failing source ends the iteration with its error.
func TestSourceFails(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", "DE_RDP_Tunnel_5156.evtx"))
	broken := errors.New("the stick was pulled")
	r, err := NewReader(io.MultiReader(bytes.NewReader(log), failingReader{broken}))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	n := 0
	for rec, err := range r.Records() {
		if last != nil {
			t.Fatalf("iteration went on after %v", last)
		}
		if rec != nil {
			n++
		}
		last = err
	}
	if n != 101 || !errors.Is(last, broken) {
		t.Errorf("%d records, last error %v; want 101 and %v", n, last, broken)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// TestManyChunks reads a log of many full chunks, of which the file header's
// count knows nothing, with space reserved between them and behind.
func TestManyChunks(t *testing.T) {
	log := dense(t, readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", "DE_RDP_Tunnel_5156.evtx")), 5)
	per := len(recordPlaces(log[fileHeaderSize:]))
	log = append(log, make([]byte, chunkSize)...)
	log = append(log, log[fileHeaderSize:fileHeaderSize+chunkSize]...)
	log = append(log, make([]byte, 1000)...)
	records, damages := readLog(t, log)
	if len(records) != 6*per {
		t.Errorf("%d records, want 6 times %d", len(records), per)
	}
	if len(damages) != 0 {
		t.Errorf("damages are %v; want none", damages)
	}
}

// TestStaleHeader reads a chunk whose header was written before its last
// records, as it is in a log copied from a running system; and one with records
// left over behind its end.
func TestStaleHeader(t *testing.T) {
	log := readFile(t, samples(t, "EVTX-ATTACK-SAMPLES", "DE_RDP_Tunnel_5156.evtx"))
	chunk := log[fileHeaderSize:]
	places := recordPlaces(chunk)
	cut := places[40].pos
	binary.LittleEndian.PutUint32(chunk[chunkOffFree:], uint32(cut))
	records, damages := readLog(t, log)
	if len(records) != len(places) || len(damages) != 0 {
		t.Errorf("stale header: %d records, %d damages; want %d and none", len(records), len(damages), len(places))
	}

	for _, r := range places[40:] { // now they look like those of an earlier lap
		at := chunk[r.pos+recordOffNumber:]
		binary.LittleEndian.PutUint64(at, binary.LittleEndian.Uint64(at)-30)
	}
	records, damages = readLog(t, log)
	if len(records) != 40 || len(damages) != 0 {
		t.Errorf("left over records: %d records, %d damages; want 40 and none", len(records), len(damages))
	}
}
