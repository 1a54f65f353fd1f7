package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/recording"
)

// A tape is a copy of a recording on disk, and where each event of one computer
// stands in it, in the order of their times. So memory holds a few bytes for an
// event, however a recording is ordered.
type tape struct {
	file     *os.File
	entries  []entry
	computer string

	others  []string // other computers in the recording
	leftOut int      // events of those
	damaged int      // records that could not be read, or are no events
	damage  error    // the first reason
}

// entry is where an event stands.
type entry struct {
	time   time.Time
	offset int64
	length int
}

// copyName is the pattern of the copies' names.
const copyName = "replay-*.ndjson"

// record copies the recording called name into the folder scratch.
func record(name, scratch, computer string) (t *tape, err error) {
	source, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Close() }()
	info, err := source.Stat()
	if err != nil {
		return nil, err
	}
	items, err := recording.Read(source, info.Size(), recording.Config{Name: name})
	if err != nil {
		return nil, err
	}
	// Where the system allows it, the copy has no name and goes with the process.
	// Where it does not, a killed agent leaves its copy behind.
	left, _ := filepath.Glob(filepath.Join(scratch, copyName)) // the pattern is right
	for _, name := range left {
		_ = os.Remove(name)
	}
	file, err := os.CreateTemp(scratch, copyName)
	if err != nil {
		return nil, err
	}
	t = &tape{file: file}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	_ = os.Remove(file.Name())
	computers := map[string][]entry{}
	names := map[string]string{} // as first written, by the form they are compared in
	out := bufio.NewWriterSize(file, 1<<16)
	var offset int64
	for it := range items {
		if it.Damage == nil && it.Event != nil {
			it.Damage = it.Event.Check()
		}
		if it.Damage != nil {
			if t.damaged++; t.damage == nil {
				t.damage = it.Damage
			}
			continue
		}
		if it.Event == nil {
			continue
		}
		line, err := json.Marshal(anonymous(*it.Event))
		if err != nil {
			return t, err
		}
		if _, err := out.Write(line); err != nil {
			return t, err
		}
		key := strings.ToLower(it.Event.Station)
		if _, known := names[key]; !known {
			names[key] = it.Event.Station
		}
		computers[key] = append(computers[key], entry{it.Event.Time, offset, len(line)})
		offset += int64(len(line))
	}
	if err := out.Flush(); err != nil {
		return t, err
	}
	return t, t.choose(computers, names, computer)
}

// anonymous returns the event without what it has of the computer and file it
// was recorded in.
func anonymous(p event.Process) event.Process {
	p.Station, p.SourceFile, p.SourceRecord, p.Origin, p.Seq = "", "", 0, "", 0
	p.Sensor = event.SensorReplay
	return p
}

// choose keeps one computer's entries.
func (t *tape) choose(computers map[string][]entry, names map[string]string, computer string) error {
	if len(computers) == 0 {
		if t.damage != nil {
			return fmt.Errorf("it holds no process event that could be played; %d records could not be read, the first: %w", t.damaged, t.damage)
		}
		return errors.New("it holds no process event: Sysmon 1 and 5, Security 4688 and 4689, the kernel's own of an event trace, and El Jefe's are played")
	}
	chosen := strings.ToLower(computer)
	if computer == "" {
		for _, key := range slices.Sorted(maps.Keys(computers)) {
			if len(computers[key]) > len(computers[chosen]) {
				chosen = key
			}
		}
	}
	t.entries, t.computer = computers[chosen], names[chosen]
	for _, key := range slices.Sorted(maps.Keys(computers)) {
		if key != chosen {
			t.others = append(t.others, names[key])
			t.leftOut += len(computers[key])
		}
	}
	if len(t.entries) == 0 {
		return fmt.Errorf("it holds no events of a computer called %q; there are %s", computer, strings.Join(t.others, ", "))
	}
	slices.SortStableFunc(t.entries, func(a, b entry) int {
		return cmp.Compare(a.time.UnixNano(), b.time.UnixNano())
	})
	return nil
}

// event reads the event at e as it was recorded.
func (t *tape) event(e entry) (*event.Process, error) {
	line := make([]byte, e.length)
	if _, err := t.file.ReadAt(line, e.offset); err != nil {
		return nil, fmt.Errorf("read the copy of the recording: %w", err)
	}
	var p event.Process
	if err := json.Unmarshal(line, &p); err != nil {
		return nil, fmt.Errorf("read the copy of the recording: %w", err)
	}
	return &p, nil
}

func (t *tape) close() error {
	err := t.file.Close()
	if gone := os.Remove(t.file.Name()); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
