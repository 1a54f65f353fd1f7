// Package recording reads recorded process events, whatever program wrote them.
//
// It takes Windows event-log files (Sysmon 1 and 5, Security 4688 and 4689),
// event traces (ETL files with the kernel's process events) and
// newline-delimited JSON: El Jefe's own, as `eljefe export` writes it, and flat
// JSON of Windows events as log forwarders write it. A damaged recording gives
// its good records and the reasons for the bad ones. Whether an event may be
// stored (event.Process.Check) is for who stores it to say.
package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/eljefe/eljefe/internal/etw"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// ErrFormat is wrapped by the error for a file that is no recording we can read.
var ErrFormat = errors.New("not a log that can be imported")

// Item is what a recording holds: a process event, something else, or damage.
type Item struct {
	Event  *event.Process // nil: no process event
	Damage error          // not nil: a record that could not be read
	Read   int64          // bytes of the file read so far
	Second bool           // of a record that an item before told of, or of none

	// Part tells that a record is a part of an event, which comes later with
	// Second set, and perhaps with parts of other records: an event trace tells
	// of one process in up to five records.
	Part bool

	Lost   uint64     // events that were lost while the recording was made
	Remark fault.Text // what to know of the recording as a whole
}

// Config says what the file itself may not say. The zero value works.
type Config struct {
	Name    string // of the file; a trace that names no computer is known by it
	Station string // the computer of events that name none
}

// Read returns what the file holds. Events of an event trace come in the order
// of their times, all others in that of the file. The error says why it is no
// recording at all.
func Read(file io.ReaderAt, size int64, cfg Config) (iter.Seq[Item], error) {
	items, err := read(file, size, cfg)
	if err != nil || cfg.Station == "" {
		return items, err
	}
	return func(yield func(Item) bool) {
		for it := range items {
			if it.Event != nil && strings.TrimSpace(it.Event.Station) == "" {
				it.Event.Station = cfg.Station
			}
			if !yield(it) {
				return
			}
		}
	}, nil
}

func read(file io.ReaderAt, size int64, cfg Config) (iter.Seq[Item], error) {
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	head = bytes.TrimPrefix(head[:n], []byte("\ufeff"))
	switch trimmed := bytes.TrimLeft(head, " \t\r\n"); {
	case size == 0:
		return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is empty").Coded("import_empty")
	case bytes.HasPrefix(head, []byte("ElfFile\x00")):
		return evtxItems(file, size), nil
	case etw.IsTrace(head):
		return etlItems(file, size, mostSorted, cfg), nil
	case bytes.HasPrefix(trimmed, []byte("{")) && spansLines(trimmed):
		return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is JSON, and not newline-delimited: each event must be an object on a line of its own; \"jq -c .\" makes it so").Coded("import_json_lines")
	case bytes.HasPrefix(trimmed, []byte("{")):
		return jsonItems(io.NewSectionReader(file, 0, size)), nil
	}
	for kind, begin := range map[string]string{"gzip": "\x1f\x8b", "zip": "PK\x03\x04", "Zstandard": "\x28\xb5\x2f\xfd", "7-Zip": "7z\xbc\xaf"} {
		if bytes.HasPrefix(head, []byte(begin)) {
			return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is compressed (%s): unpack it, and import what is in it", kind).Coded("import_compressed", "kind")
		}
	}
	return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is neither a Windows event log (.evtx, beginning with ElfFile), nor an event trace (.etl), nor newline-delimited JSON (each line an object)").Coded("import_not_a_log")
}

// spansLines tells whether the JSON object that head begins with goes on after
// its first line, as in JSON that was laid out for people.
func spansLines(head []byte) bool {
	line, _, cut := bytes.Cut(head, []byte("\n"))
	return cut && len(bytes.TrimSpace(line)) <= 1
}
