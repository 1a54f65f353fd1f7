// Package importer reads recorded logs and stores their process events.
//
// It takes Windows event-log files (Sysmon 1 and 5, Security 4688 and 4689) and
// newline-delimited JSON: El Jefe's own, as `eljefe export` writes it, and flat
// JSON of Windows events as log forwarders write it. A damaged file gives its
// good records, the number of bad ones and the reasons.
package importer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/ingest"
)

// Summary says what a file held and what became of it.
type Summary struct {
	Records    int64    `json:"records"`    // that could be read, whatever they were
	Starts     int64    `json:"starts"`     // process starts among them
	Stops      int64    `json:"stops"`      // process stops among them
	Other      int64    `json:"other"`      // records that report no process
	Added      int64    `json:"added"`      // events stored
	Duplicates int64    `json:"duplicates"` // events that were stored before
	Damaged    int64    `json:"damaged"`    // records that could not be read
	Reasons    []string `json:"reasons,omitempty"`
	Stations   []int64  `json:"stations,omitempty"` // ids of the stations it spoke of
	BytesDone  int64    `json:"-"`
}

// Reason returns the reasons for damage as one text, "" for none.
func (s *Summary) Reason() string { return strings.Join(s.Reasons, "; ") }

// maxReasons is how many damaged records are explained one by one.
const maxReasons = 5

func (s *Summary) damaged(reason error) {
	s.Damaged++
	switch {
	case len(s.Reasons) < maxReasons:
		s.Reasons = append(s.Reasons, reason.Error())
	case len(s.Reasons) == maxReasons:
		s.Reasons = append(s.Reasons, "and more of the kind")
	}
}

// Ingester stores events.
type Ingester interface {
	Import(ctx context.Context, events []event.Process) (ingest.Result, error)
}

// batchSize is how many events go into one transaction.
const batchSize = 2000

// ErrFormat is wrapped by the error for a file that is no log we can read.
var ErrFormat = errors.New("not a log that can be imported")

// item is what a reader finds: a process event, something else, or damage.
type item struct {
	event  *event.Process // nil: no process event
	damage error          // not nil: a record that could not be read
	read   int64          // bytes read so far
	second bool           // of the same record as the item before
}

// File imports one file. name is shown with its events. progress, if not nil,
// is called after each transaction. The error is nil if the file was read to
// its end, however damaged; the summary holds what was done in any case.
func File(ctx context.Context, in Ingester, name string, file io.ReaderAt, size int64, progress func(Summary)) (Summary, error) {
	run := &run{in: in, name: filepath.Base(strings.ReplaceAll(name, `\`, "/")), progress: progress}
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return run.sum, fmt.Errorf("read %s: %w", name, err)
	}
	head = bytes.TrimPrefix(head[:n], []byte("\ufeff"))
	switch trimmed := bytes.TrimLeft(head, " \t\r\n"); {
	case size == 0:
		err = fault.Wrap(fault.Invalid, ErrFormat, "the file is empty")
	case bytes.HasPrefix(head, []byte("ElfFile\x00")):
		err = run.all(ctx, evtxItems(file, size))
	case bytes.HasPrefix(trimmed, []byte("{")) && spansLines(trimmed):
		err = fault.Wrap(fault.Invalid, ErrFormat, "the file is JSON, and not newline-delimited: each event must be an object on a line of its own; \"jq -c .\" makes it so")
	case bytes.HasPrefix(trimmed, []byte("{")):
		err = run.all(ctx, jsonItems(io.NewSectionReader(file, 0, size)))
	default:
		err = fault.Wrap(fault.Invalid, ErrFormat, "the file is neither a Windows event log (.evtx, beginning with ElfFile) nor newline-delimited JSON (each line an object)")
	}
	return run.sum, err
}

// spansLines tells whether the JSON object that head begins with goes on after
// its first line, as in JSON that was laid out for people.
func spansLines(head []byte) bool {
	line, _, cut := bytes.Cut(head, []byte("\n"))
	return cut && len(bytes.TrimSpace(line)) <= 1
}

// run is the import of one file.
type run struct {
	in       Ingester
	name     string
	progress func(Summary)
	sum      Summary
	batch    []event.Process
}

func (r *run) all(ctx context.Context, items func(yield func(item) bool)) error {
	var failed error
	last := time.Now()
	items(func(it item) bool {
		r.sum.BytesDone = it.read
		if it.damage == nil && !it.second {
			r.sum.Records++
		}
		switch {
		case it.damage != nil:
			r.sum.damaged(it.damage)
		case it.event == nil:
			r.sum.Other++
		default:
			it.event.SourceFile = r.name
			r.batch = append(r.batch, *it.event)
		}
		if ctx.Err() != nil {
			failed = ctx.Err()
			return false
		}
		if len(r.batch) >= batchSize {
			failed = r.store(ctx)
		} else if r.progress != nil && time.Since(last) > time.Second {
			r.progress(r.sum)
			last = time.Now()
		}
		return failed == nil
	})
	if failed == nil {
		failed = r.store(ctx)
	}
	return failed
}

func (r *run) store(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	res, err := r.in.Import(ctx, r.batch)
	if err != nil {
		return err
	}
	r.batch = r.batch[:0]
	r.sum.Starts += int64(res.Starts)
	r.sum.Stops += int64(res.Stops)
	r.sum.Added += int64(res.Added)
	r.sum.Duplicates += int64(res.Duplicates)
	for _, refused := range res.Refused {
		r.sum.damaged(fmt.Errorf("record %d: %w", refused.Event.SourceRecord, refused.Reason))
	}
	for _, id := range res.Stations {
		if !slices.Contains(r.sum.Stations, id) {
			r.sum.Stations = append(r.sum.Stations, id)
		}
	}
	if r.progress != nil {
		r.progress(r.sum)
	}
	return nil
}

// maxLine is the longest line of JSON that is read: an event with two command
// lines of the greatest length, every character escaped, is shorter.
const maxLine = 2 << 20

// jsonItems reads newline-delimited JSON.
func jsonItems(r io.Reader) func(yield func(item) bool) {
	return func(yield func(item) bool) {
		lines := bufio.NewReaderSize(r, 1<<16)
		var read int64
		for number := uint64(1); ; number++ {
			line, n, err := readLine(lines)
			read += n
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongLine) {
				yield(item{damage: fmt.Errorf("line %d: %w", number, err), read: read})
				return
			}
			if n == 0 {
				return
			}
			line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
			if len(line) == 0 && !errors.Is(err, errLongLine) {
				continue
			}
			if errors.Is(err, errLongLine) {
				if !yield(item{damage: fmt.Errorf("line %d: %w", number, err), read: read}) {
					return
				}
				continue
			}
			for _, it := range parseLine(line, number) {
				it.read = read
				if !yield(it) {
					return
				}
			}
		}
	}
}

var errLongLine = fmt.Errorf("longer than %d bytes", maxLine)

// readLine returns the next line, and how many bytes it took. A line that is
// too long is skipped to its end.
func readLine(r *bufio.Reader) (line []byte, n int64, err error) {
	for {
		part, err := r.ReadSlice('\n')
		n += int64(len(part))
		if n <= maxLine {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if n > maxLine {
			return nil, n, errLongLine
		}
		return line, n, err
	}
}
