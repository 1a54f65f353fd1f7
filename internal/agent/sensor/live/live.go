//go:build linux || windows

package live

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// Config configures a live sensor.
type Config struct {
	// Dir is where is kept what a sensor must remember over restarts of the agent,
	// as start times and places in logs; "": nowhere. It must exist.
	Dir string

	// Only is the one sensor to try; "": the best.
	Only event.Sensor

	Log *slog.Logger // if nil, nothing is logged
}

// longestReason is how much of why a sensor cannot be had the state says. The
// log has all of it: what a kernel's verifier says fills pages.
const longestReason = 400

// way is one way to see processes. open is told why there is no better one.
type way struct {
	name event.Sensor
	open func(why string) (Source, error)
}

// first opens the first way that can be had, or the only one that may be tried.
func first(cfg Config, ways []way) (Source, error) {
	if cfg.Only == "" {
		source, _, err := descend(ways, nil, cfg.Log)
		return source, err
	}
	var names []string
	for i, way := range ways {
		if names = append(names, string(way.name)); way.name == cfg.Only {
			source, _, err := descend(ways[i:i+1], nil, cfg.Log)
			return source, err
		}
	}
	return nil, fmt.Errorf("there is no sensor %q on this system; there are %s", cfg.Only, strings.Join(names, ", "))
}

// descend opens the first way that can be had, and returns how many were tried in
// vain. why is why others cannot be had.
func descend(ways []way, why []string, log *slog.Logger) (source Source, vain int, err error) {
	for i, way := range ways {
		if source, err = way.open(strings.Join(why, "; ")); err == nil {
			return source, i, nil
		}
		why = append(why, reason("no "+string(way.name), err))
		log.Warn("a way to see processes cannot be had", "sensor", way.name, "err", err)
	}
	return nil, len(ways), errors.New("processes cannot be seen: " + strings.Join(why, "; "))
}

// reason says in one line why a sensor cannot be had.
func reason(what string, err error) string {
	text := fmt.Sprintf("%s: %v", what, err)
	if line, _, more := strings.Cut(text, "\n"); more || len(line) > longestReason {
		return line[:min(len(line), longestReason)] + " …"
	}
	return text
}

// opened keeps a nil pointer from becoming a Source that is not nil.
func opened[S Source](source S, err error) (Source, error) {
	if err != nil {
		return nil, err
	}
	return source, nil
}
