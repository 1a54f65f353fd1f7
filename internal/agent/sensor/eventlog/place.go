package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A place is how far a log has been read.
type place struct {
	Record uint64    `json:"record"` // everything up to it; 0: nothing was read yet
	Time   time.Time `json:"time"`   // when that was
}

func placePath(dir string, sensor event.Sensor) string {
	return filepath.Join(dir, "eventlog-"+string(sensor)+".json")
}

// readPlace returns the place that was kept. One that cannot be read is none: the
// log is then told from now on, and the agent's own gap tells of the time before.
func readPlace(dir string, sensor event.Sensor, log *slog.Logger) (p place) {
	if dir == "" {
		return place{}
	}
	raw, err := os.ReadFile(placePath(dir, sensor))
	if errors.Is(err, fs.ErrNotExist) {
		return place{}
	}
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err != nil || p.Time.IsZero() {
		log.Warn("the place in the event log is not known; it is told from now on", "err", err)
		return place{}
	}
	return p
}

// write keeps the place. It need not be durable: an older one is told again from.
func (p place) write(dir string, sensor event.Sensor) error {
	if dir == "" {
		return nil
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	path := placePath(dir, sensor)
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return fmt.Errorf("keep the place in the event log: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep the place in the event log: %w", err)
	}
	return nil
}
