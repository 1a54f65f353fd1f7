package live

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/ebpf"
	"github.com/eljefe/eljefe/internal/agent/sensor/poll"
	"github.com/eljefe/eljefe/internal/agent/sensor/procconn"
	"github.com/eljefe/eljefe/internal/event"
)

// Config configures a live sensor.
type Config struct {
	// Dir is where start times are kept over restarts of the agent, so that the
	// same process has the same; "": nowhere. It must exist.
	Dir string

	// Only is the one sensor to try; "": the best.
	Only event.Sensor

	Log *slog.Logger // if nil, nothing is logged
}

// A Source is the sensor that was opened.
type Source interface {
	sensor.Source
	io.Closer

	// SameFiles tells whether a process that was reported a moment ago, by its
	// sequence number, sees the files that the agent sees.
	SameFiles(seq uint64) bool
}

// longestReason is how much of why a sensor cannot be had the state says. The
// log has all of it: what the kernel's verifier says fills pages.
const longestReason = 400

// Open opens the best sensor, or the only one that may be tried.
func Open(cfg Config) (Source, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	var why []string
	ways := []struct {
		name event.Sensor
		open func() (Source, error)
	}{
		{event.SensorEBPF, func() (Source, error) { return opened(ebpf.Open(ebpf.Config{Dir: cfg.Dir, Log: cfg.Log})) }},
		{event.SensorConnector, func() (Source, error) {
			return opened(procconn.Open(procconn.Config{Dir: cfg.Dir, Why: strings.Join(why, "; "), Log: cfg.Log}))
		}},
		{event.SensorPoll, func() (Source, error) {
			return opened(poll.Open(poll.Config{Dir: cfg.Dir, Why: strings.Join(why, "; "), Log: cfg.Log}))
		}},
	}
	for _, way := range ways {
		if cfg.Only != "" && way.name != cfg.Only {
			continue
		}
		source, err := way.open()
		if err == nil {
			return source, nil
		}
		reason := fmt.Sprintf("no %s: %v", way.name, err)
		if first, _, more := strings.Cut(reason, "\n"); more || len(first) > longestReason {
			reason = first[:min(len(first), longestReason)] + " …"
		}
		why = append(why, reason)
		cfg.Log.Warn("a way to see processes cannot be had", "sensor", way.name, "err", err)
	}
	if len(why) == 0 {
		return nil, fmt.Errorf("there is no sensor %q on Linux; there are %s, %s and %s", cfg.Only, event.SensorEBPF, event.SensorConnector, event.SensorPoll)
	}
	return nil, fmt.Errorf("processes cannot be seen: %s", strings.Join(why, "; "))
}

// opened keeps a nil pointer from becoming a Source that is not nil.
func opened[S Source](source S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return source, nil
}
