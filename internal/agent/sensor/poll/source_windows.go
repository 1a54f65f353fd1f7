package poll

import (
	"log/slog"

	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
)

// Config configures a Source.
type Config struct {
	Why string       // why there is no better sensor, for people
	Log *slog.Logger // if nil, nothing is logged
}

// Open prepares a Source.
func Open(cfg Config) (*Lister, error) {
	return NewLister(winproc.ThisStation(cfg.Log), cfg.Why), nil
}
