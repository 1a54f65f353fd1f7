// Package importer stores the process events of recorded logs.
//
// What a log is, package recording knows. A damaged file gives its good
// records, the number of bad ones and the reasons.
package importer

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/recording"
)

// Summary says what a file held and what became of it.
type Summary struct {
	Records    int64   `json:"records"`            // that could be read, whatever they were
	Starts     int64   `json:"starts"`             // process starts among them
	Stops      int64   `json:"stops"`              // process stops among them
	Other      int64   `json:"other"`              // records that report no process
	Added      int64   `json:"added"`              // events stored
	Duplicates int64   `json:"duplicates"`         // events that were stored before
	Damaged    int64   `json:"damaged"`            // records that could not be read
	Lost       uint64  `json:"lost,omitzero"`      // events that were lost while the file was recorded
	Remarks    Texts   `json:"remarks,omitempty"`  // what to know of the file as a whole
	Reasons    Texts   `json:"reasons,omitempty"`  // why records are damaged
	Stations   []int64 `json:"stations,omitempty"` // ids of the stations it spoke of
	BytesDone  int64   `json:"-"`
}

// Texts are what there is to say of a file. In JSON they are their messages.
type Texts []fault.Text

// MarshalJSON writes the messages alone: codes are for the page, which does not read this.
func (t Texts) MarshalJSON() ([]byte, error) {
	messages := make([]string, len(t))
	for i := range t {
		messages[i] = t[i].Message
	}
	return json.Marshal(messages)
}

// Texts returns the remarks and the reasons for damage.
func (s *Summary) Texts() []fault.Text { return slices.Concat(s.Remarks, s.Reasons) }

// Reason returns them as one text, "" for none.
func (s *Summary) Reason() string { return joined(s.Texts()) }

func joined(texts []fault.Text) string {
	messages := make([]string, len(texts))
	for i := range texts {
		messages[i] = texts[i].Message
	}
	return strings.Join(messages, "; ")
}

// maxReasons is how many damaged records are explained one by one.
const maxReasons = 5

func (s *Summary) damaged(reason error) {
	s.Damaged++
	switch {
	case len(s.Reasons) < maxReasons:
		s.Reasons = append(s.Reasons, fault.TextOf(reason))
	case len(s.Reasons) == maxReasons:
		s.Reasons = append(s.Reasons, fault.Sayf("and more of the kind").Coded("import_more").Text)
	}
}

// Ingester stores events.
type Ingester interface {
	Import(ctx context.Context, events []event.Process) (ingest.Result, error)
}

// batchSize is how many events go into one transaction.
const batchSize = 2000

// A Log is what is known of a file beside what stands in it.
type Log struct {
	Name    string // of the file; it is shown with its events
	Station string // the computer of events that name none; "": an event trace is known by its file's name
}

// File imports one file. progress, if not nil, is called after each transaction.
// The error is nil if the file was read to its end, however damaged; the summary
// holds what was done in any case.
func File(ctx context.Context, in Ingester, log Log, file io.ReaderAt, size int64, progress func(Summary)) (Summary, error) {
	run := &run{in: in, name: filepath.Base(strings.ReplaceAll(log.Name, `\`, "/")), progress: progress}
	items, err := recording.Read(file, size, recording.Config{Name: log.Name, Station: log.Station})
	if err == nil {
		err = run.all(ctx, items)
	}
	return run.sum, err
}

// run is the import of one file.
type run struct {
	in       Ingester
	name     string
	progress func(Summary)
	sum      Summary
	batch    []event.Process
}

func (r *run) all(ctx context.Context, items iter.Seq[recording.Item]) error {
	last := time.Now()
	for it := range items {
		r.sum.BytesDone = it.Read
		r.sum.Lost += it.Lost
		if it.Damage == nil && !it.Second {
			r.sum.Records++
		}
		switch {
		case it.Damage != nil:
			r.sum.damaged(it.Damage)
		case it.Remark.Message != "":
			r.sum.Remarks = append(r.sum.Remarks, it.Remark)
		case it.Part: // of an event that comes later
		case it.Event == nil:
			r.sum.Other++
		default:
			it.Event.SourceFile = r.name
			r.batch = append(r.batch, *it.Event)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(r.batch) >= batchSize {
			if err := r.store(ctx); err != nil {
				return err
			}
		} else if r.progress != nil && time.Since(last) > time.Second {
			r.progress(r.sum)
			last = time.Now()
		}
	}
	return r.store(ctx)
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
		r.sum.damaged(fault.Sayf("record %d: %v", refused.Event.SourceRecord, refused.Reason).Coded("at_record", "record", "why"))
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
