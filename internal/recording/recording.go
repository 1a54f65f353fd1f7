// Package recording reads recorded process events, whatever program wrote them.
//
// It takes Windows event-log files (Sysmon 1 and 5, Security 4688 and 4689) and
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
	Second bool           // of the same record as the item before
}

// Read returns what the file holds, in its order. The error says why it is no
// recording at all.
func Read(file io.ReaderAt, size int64) (iter.Seq[Item], error) {
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	head = bytes.TrimPrefix(head[:n], []byte("\ufeff"))
	switch trimmed := bytes.TrimLeft(head, " \t\r\n"); {
	case size == 0:
		return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is empty")
	case bytes.HasPrefix(head, []byte("ElfFile\x00")):
		return evtxItems(file, size), nil
	case bytes.HasPrefix(trimmed, []byte("{")) && spansLines(trimmed):
		return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is JSON, and not newline-delimited: each event must be an object on a line of its own; \"jq -c .\" makes it so")
	case bytes.HasPrefix(trimmed, []byte("{")):
		return jsonItems(io.NewSectionReader(file, 0, size)), nil
	}
	return nil, fault.Wrap(fault.Invalid, ErrFormat, "the file is neither a Windows event log (.evtx, beginning with ElfFile) nor newline-delimited JSON (each line an object)")
}

// spansLines tells whether the JSON object that head begins with goes on after
// its first line, as in JSON that was laid out for people.
func spansLines(head []byte) bool {
	line, _, cut := bytes.Cut(head, []byte("\n"))
	return cut && len(bytes.TrimSpace(line)) <= 1
}
