package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/wire"
)

// Status is what an agent tells on its own station. Only the account of the
// agent, and root, can ask.
type Status struct {
	Version string      `json:"version"`
	PID     int         `json:"pid"`
	Began   time.Time   `json:"began"`
	Now     time.Time   `json:"now"`
	Server  string      `json:"server"`
	Station int64       `json:"station,omitzero"` // 0: not enrolled yet
	Link    Link        `json:"link"`
	Stream  wire.Stream `json:"stream"`
	Sensor  wire.Sensor `json:"sensor"`
	Self    wire.Self   `json:"self"`
}

// Link is how the agent stands with its server.
type Link struct {
	Connected   bool      `json:"connected"`
	Since       time.Time `json:"since,omitzero"`        // that it is, or is not, connected
	LastContact time.Time `json:"last_contact,omitzero"` // when the server answered last
	Error       string    `json:"error,omitempty"`       // the last one, "" once it is over
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
	statusSocket  = "status.sock"
	statusTimeout = 5 * time.Second
	maxStatus     = 64 << 10
)

// ErrNotRunning says that no agent runs on a state folder.
var ErrNotRunning = errors.New("the agent does not run")

// ReadStatus asks the agent whose state is in dir.
func ReadStatus(dir string) (*Status, error) {
	path := filepath.Join(dir, statusSocket)
	conn, err := net.DialTimeout("unix", path, statusTimeout)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("only root may ask the agent how it is: %w", err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w, or not on %s", ErrNotRunning, dir)
	case err != nil:
		return nil, fmt.Errorf("ask the agent how it is: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(statusTimeout)); err != nil {
		return nil, err
	}
	var s Status
	if err := json.NewDecoder(io.LimitReader(conn, maxStatus)).Decode(&s); err != nil {
		return nil, fmt.Errorf("read the agent's answer: %w", err)
	}
	return &s, nil
}

// serveStatus answers everybody who connects with the status, until ctx is over.
// The caller holds the lock of the state folder, so a socket that is there is
// one that a killed agent left behind.
func serveStatus(ctx context.Context, dir string, status func() Status) error {
	path := filepath.Join(dir, statusSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make the socket for status: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("make the socket for status: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("make the socket for status: %w", err), listener.Close())
	}
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("answer status: %w", err)
		}
		raw, err := json.Marshal(status())
		if err == nil && conn.SetDeadline(time.Now().Add(statusTimeout)) == nil {
			_, _ = conn.Write(raw) // who asked may be gone already
		}
		_ = conn.Close()
	}
}
