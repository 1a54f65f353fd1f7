package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/evtx"
	"github.com/eljefe/eljefe/internal/fault"
)

// exported is a line of El Jefe's own JSON. An export gives a start together
// with its end; that line is two events.
type exported struct {
	event.Process
	event.Listed           // of a line of an agent's
	Stopped      time.Time `json:"stopped"`
}

// inLine is the error that a line is damaged.
func inLine(number uint64, err error) error {
	return fault.Sayf("line %d: %v", number, err).Coded("at_line", "line", "why")
}

// parseLine returns what stands in one line of JSON.
func parseLine(line []byte, number uint64) []Item {
	damage := func(err error) []Item { return []Item{{Damage: inLine(number, err)}} }
	var shape struct {
		Kind    *json.RawMessage `json:"kind"`
		EventID *json.RawMessage `json:"EventID"`
	}
	if err := json.Unmarshal(line, &shape); err != nil {
		return damage(describeJSON(err))
	}
	switch {
	case shape.Kind != nil:
		var e exported
		if err := json.Unmarshal(line, &e); err != nil {
			return damage(describeJSON(err))
		}
		if e.List != nil {
			e.Statistics = e.List.Statistics()
		}
		if e.SourceRecord == 0 {
			e.SourceRecord = number
		}
		e.Seq = 0
		return e.items()
	case shape.EventID != nil:
		p, ok, err := evtx.FromFlatJSON(line)
		if err != nil {
			return damage(err)
		}
		if !ok {
			return []Item{{}}
		}
		if p.SourceRecord == 0 {
			p.SourceRecord = number
		}
		return []Item{{Event: &p}}
	}
	return damage(fault.Sayf(`the object has neither "kind" (El Jefe's own events) nor "EventID" (Windows events)`).Coded("json_no_event"))
}

func (e *exported) items() []Item {
	if e.Kind == event.Stop || e.Stopped.IsZero() {
		return []Item{{Event: &e.Process}}
	}
	stop := event.Process{
		Kind: event.Stop, Time: e.Stopped, Station: e.Station, Sensor: e.Sensor, SourceRecord: e.SourceRecord,
		PID: e.PID, BootID: e.BootID, ProcessSeq: e.ProcessSeq, ProcessGUID: e.ProcessGUID, Started: e.Started,
		Image: e.Image, User: e.User, UserSID: e.UserSID, ExitCode: e.ExitCode, Inferred: e.Inferred, Statistics: e.Statistics,
	}
	e.ExitCode, e.Inferred, e.Statistics = nil, false, nil
	return []Item{{Event: &e.Process}, {Event: &stop, Second: true}}
}

// describeJSON says what is wrong with a line in words for people.
func describeJSON(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fault.Sayf("not JSON: %v at byte %d", s, s.Offset).Coded("json_syntax", "", "byte")
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault.Sayf("%s holds a %s where %s is wanted", t.Field, t.Value, kindName(t)).Coded("json_type", "member", "found", "wanted")
	}
	if errors.Is(err, bytes.ErrTooLarge) {
		return errLongLine
	}
	return err
}

func kindName(t *json.UnmarshalTypeError) string {
	if t.Type.Kind().String() == "struct" {
		return "an object or a time"
	}
	return "a " + t.Type.Kind().String()
}

// maxLine is the longest line of JSON that is read: an event with two command
// lines of the greatest length, every character escaped, is shorter.
const maxLine = 2 << 20

// jsonItems reads newline-delimited JSON.
func jsonItems(r io.Reader) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		lines := bufio.NewReaderSize(r, 1<<16)
		var read int64
		for number := uint64(1); ; number++ {
			line, n, err := readLine(lines)
			read += n
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongLine) {
				yield(Item{Damage: inLine(number, err), Read: read})
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
				if !yield(Item{Damage: inLine(number, err), Read: read}) {
					return
				}
				continue
			}
			for _, it := range parseLine(line, number) {
				it.Read = read
				if !yield(it) {
					return
				}
			}
		}
	}
}

var errLongLine = fault.Sayf("longer than %d bytes", maxLine).Coded("json_long_line", "most_bytes")

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
