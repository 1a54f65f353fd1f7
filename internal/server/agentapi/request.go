package agentapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// decode reads a request's JSON into v. Members that it does not know are those
// of a newer agent.
func (c *call) decode(v any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.Body, wire.MaxJSON))
	if err != nil {
		return bodyError(err)
	}
	if err := c.arrived(); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fail(http.StatusBadRequest, wire.CodeMalformed, "the request is not the JSON that is wanted: %.300s", err)
	}
	return nil
}

// bodyError tells a body that broke off, where the agent is gone, from others.
func bodyError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fail(http.StatusBadRequest, wire.CodeMalformed, "the request broke off before its end")
	}
	return err
}

// wants refuses a body of another media type.
func (c *call) wants(mediaType string) error {
	header := c.Header.Get("Content-Type")
	if got, _, err := mime.ParseMediaType(header); err != nil || got != mediaType {
		return fail(http.StatusUnsupportedMediaType, wire.CodeMalformed, "the Content-Type is %.80q; it must be %s", header, mediaType)
	}
	return nil
}

// task returns the number of the task in the path.
func (c *call) task() (int64, error) {
	id, err := strconv.ParseInt(c.PathValue("task"), 10, 64)
	if err != nil || id < 1 {
		return 0, fail(http.StatusNotFound, wire.CodeUnknownTask, "%.40q is no number of a task", c.PathValue("task"))
	}
	return id, nil
}

// number of a query parameter, or absent where it is not there.
func (c *call) parameter(name string, absent, most int64) (int64, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, malformed("%s=%.40q must be a number from 0 to %d", name, text, most)
	}
	return n, nil
}

// isFault returns err as one of a kind.
func isFault(err error, kind fault.Kind) (*fault.Error, bool) {
	e, ok := errors.AsType[*fault.Error](err)
	return e, ok && e.Kind == kind
}

// text is one that a station tells of itself.
type text struct {
	name  string
	value *string
	limit int
}

func cleanTexts(texts ...text) error {
	for _, t := range texts {
		if *t.value = event.CleanText(*t.value); len(*t.value) > t.limit {
			return malformed("%s has %d bytes; at most %d are taken", t.name, len(*t.value), t.limit)
		}
	}
	return nil
}

func checkMachine(m *wire.Machine) error {
	if m.Name == "" || m.Fingerprint == "" {
		return malformed("machine.name and machine.fingerprint are needed")
	}
	return cleanTexts(text{"machine.name", &m.Name, 256}, text{"machine.fingerprint", &m.Fingerprint, 256}, text{"machine.system", &m.System, 256},
		text{"machine.architecture", &m.Architecture, 64}, text{"machine.agent_version", &m.AgentVersion, 128})
}

// mostQueues is how many of an agent's queues are told of.
const mostQueues = 64

func checkHello(h *wire.Hello) error {
	if err := checkMachine(&h.Machine); err != nil {
		return err
	}
	mode := string(h.Sensor.Mode)
	err := cleanTexts(text{"run", &h.Run, 128}, text{"sensor.mode", &mode, 64}, text{"sensor.state", &h.Sensor.State, 64}, text{"sensor.detail", &h.Sensor.Detail, event.MaxText})
	if err != nil {
		return err
	}
	h.Sensor.Mode = event.Sensor(mode)
	if err := checkUpdate(h.Update); err != nil {
		return err
	}
	queues := map[string]uint64{}
	for name, n := range h.Self.Queues {
		if err := cleanTexts(text{"the name of a queue", &name, 64}); err != nil {
			return err
		}
		queues[name] = n
	}
	h.Self.Queues = queues
	switch {
	case h.Run == "":
		return malformed("run is missing; it is a random text, new with each start of the agent")
	case h.Now.IsZero():
		return malformed("now is missing; it is the station's clock")
	case len(queues) > mostQueues:
		return malformed("self.queues has %d members; at most %d are taken", len(queues), mostQueues)
	case h.Stream.Last > math.MaxInt64 || h.Stream.Acknowledged > math.MaxInt64:
		return malformed("the numbers of the stream are too large")
	}
	return nil
}

// cleanJSON returns a value as the database takes it: without NUL and not too deep.
func cleanJSON(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, malformed("result is not JSON: %.300s", err)
	}
	v, err := cleanValue(v, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

const mostDepth = 32

func cleanValue(v any, depth int) (_ any, err error) {
	if depth > mostDepth {
		return nil, malformed("result is nested more than %d deep", mostDepth)
	}
	switch v := v.(type) {
	case string:
		return event.CleanText(v), nil
	case json.Number:
		if f, err := v.Float64(); err != nil || math.IsInf(f, 0) || len(v) > 40 {
			return nil, malformed("result has a number that is too large or too long: %.40s", v)
		}
	case []any:
		for i := range v {
			if v[i], err = cleanValue(v[i], depth+1); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, member := range v {
			if clean[event.CleanText(name)], err = cleanValue(member, depth+1); err != nil {
				return nil, err
			}
		}
		return clean, nil
	}
	return v, nil
}
