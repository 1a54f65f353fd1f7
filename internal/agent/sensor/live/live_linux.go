package live

import (
	"io"
	"log/slog"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/ebpf"
	"github.com/eljefe/eljefe/internal/agent/sensor/poll"
	"github.com/eljefe/eljefe/internal/agent/sensor/procconn"
	"github.com/eljefe/eljefe/internal/event"
)

// A Source is the sensor that was opened.
type Source interface {
	sensor.Source
	io.Closer

	// SameFiles tells whether a process that was reported a moment ago, by its
	// sequence number, sees the files that the agent sees.
	SameFiles(seq uint64) bool
}

// Open opens the best sensor, or the only one that may be tried.
func Open(cfg Config) (Source, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return first(cfg, []way{
		{event.SensorEBPF, func(string) (Source, error) { return opened(ebpf.Open(ebpf.Config{Dir: cfg.Dir, Log: cfg.Log})) }},
		{event.SensorConnector, func(why string) (Source, error) {
			return opened(procconn.Open(procconn.Config{Dir: cfg.Dir, Why: why, Log: cfg.Log}))
		}},
		{event.SensorPoll, func(why string) (Source, error) {
			return opened(poll.Open(poll.Config{Dir: cfg.Dir, Why: why, Log: cfg.Log}))
		}},
	})
}
