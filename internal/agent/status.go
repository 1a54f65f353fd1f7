package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/wire"
)

// Status is what an agent tells on its own station. Only the account of the
// agent, and root or an administrator, can ask.
type Status struct {
	Version   string      `json:"version"`
	PID       int         `json:"pid"`
	Began     time.Time   `json:"began"`
	Now       time.Time   `json:"now"`
	Server    string      `json:"server"`
	Authority string      `json:"authority"`        // fingerprint of the authority that the server must be of
	Station   int64       `json:"station,omitzero"` // 0: not enrolled yet
	Link      Link        `json:"link"`
	Stream    wire.Stream `json:"stream"`
	Sensor    wire.Sensor `json:"sensor"`
	Devices   *int        `json:"devices,omitempty"` // USB devices that are plugged in; nil: they are not watched
	Self      wire.Self   `json:"self"`
}

// Link is how the agent stands with its server.
type Link struct {
	Connected   bool      `json:"connected"`
	Since       time.Time `json:"since,omitzero"`        // that it is, or is not, connected
	LastContact time.Time `json:"last_contact,omitzero"` // when the server answered last
	Error       string    `json:"error,omitempty"`       // the last one, "" once it is over

	Reason uplink.Reason `json:"reason,omitempty"` // the error in one word
	Said   string        `json:"said,omitempty"`   // what the server said about it, if it did
}

// contact remembers since when the server answers, or does not.
type contact struct {
	mu        sync.Mutex
	connected bool
	since     time.Time
}

// see notes how it is now, and returns since when.
func (c *contact) see(connected bool, now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() || c.connected != connected {
		c.connected, c.since = connected, now.Round(0).UTC()
	}
	return c.since
}

// Problems says what is not as it should be, for people. None means healthy.
func (s *Status) Problems() []string {
	var list []string
	if s.Station == 0 {
		list = append(list, "the station has not enrolled yet")
	}
	if !s.Link.Connected {
		list = append(list, "the server does not answer")
	}
	switch {
	case s.Sensor.State == sensor.Stopped:
		list = append(list, "the sensor is stopped")
	case s.Sensor.State != sensor.Working:
		list = append(list, "the sensor is "+s.Sensor.State)
	}
	return list
}

const (
	statusTimeout = 5 * time.Second
	maxStatus     = 64 << 10
)

// ErrNotRunning says that no agent runs on a state folder.
var ErrNotRunning = errors.New("the agent does not run")

// A door is where others on the station ask for the status: a socket in the state
// folder, or a pipe. Only the agent's account and those above it get in.
type door interface {
	// answer waits for one who asks and writes what content returns then. It
	// returns an error that stops, or nil; when ctx is over, any of the two.
	answer(ctx context.Context, content func() []byte) error
	io.Closer
}

// ReadStatus asks the agent whose state is in dir.
func ReadStatus(dir string) (*Status, error) {
	conn, err := knock(dir)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("only %s may ask the agent how it is: %w", superuser, err)
	case errors.Is(err, errNobody):
		return nil, fmt.Errorf("%w, or not on %s", ErrNotRunning, dir)
	case err != nil:
		return nil, fmt.Errorf("ask the agent how it is: %w", err)
	}
	defer func() { _ = conn.Close() }()
	var s Status
	if err := json.NewDecoder(io.LimitReader(conn, maxStatus)).Decode(&s); err != nil {
		return nil, fmt.Errorf("read the agent's answer: %w", err)
	}
	return &s, nil
}

// errNobody says that nobody answers at the door.
var errNobody = errors.New("nobody answers")

// serveStatus answers everybody who asks with the status, until ctx is over. The
// caller holds the lock of the state folder.
func serveStatus(ctx context.Context, dir string, status func() Status) error {
	d, err := openDoor(dir)
	if err != nil {
		return fmt.Errorf("open the way to ask for the status: %w", err)
	}
	defer func() { _ = d.Close() }()
	for {
		err := d.answer(ctx, func() []byte {
			raw, _ := json.Marshal(status()) // it cannot fail, and "" is no status
			return raw
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("answer status: %w", err)
		}
	}
}
