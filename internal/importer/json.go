package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/evtx"
)

// exported is a line of El Jefe's own JSON. An export gives a start together
// with its end; that line is two events.
type exported struct {
	event.Process
	Stopped time.Time `json:"stopped"`
}

// parseLine returns what stands in one line of JSON.
func parseLine(line []byte, number uint64) []item {
	damage := func(err error) []item { return []item{{damage: fmt.Errorf("line %d: %w", number, err)}} }
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
			return []item{{}}
		}
		if p.SourceRecord == 0 {
			p.SourceRecord = number
		}
		return []item{{event: &p}}
	}
	return damage(errors.New(`the object has neither "kind" (El Jefe's own events) nor "EventID" (Windows events)`))
}

func (e *exported) items() []item {
	if e.Kind == event.Stop || e.Stopped.IsZero() {
		return []item{{event: &e.Process}}
	}
	stop := event.Process{
		Kind: event.Stop, Time: e.Stopped, Station: e.Station, Sensor: e.Sensor, SourceRecord: e.SourceRecord,
		PID: e.PID, BootID: e.BootID, ProcessSeq: e.ProcessSeq, ProcessGUID: e.ProcessGUID, Started: e.Started,
		Image: e.Image, User: e.User, UserSID: e.UserSID, ExitCode: e.ExitCode, Statistics: e.Statistics,
	}
	e.ExitCode, e.Statistics = nil, nil
	return []item{{event: &e.Process}, {event: &stop, second: true}}
}

// describeJSON says what is wrong with a line in words for people.
func describeJSON(err error) error {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("not JSON: %w at byte %d", s, s.Offset)
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s holds a %s where %s is wanted", t.Field, t.Value, kindName(t))
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
