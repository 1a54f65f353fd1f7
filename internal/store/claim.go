package store

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// What a station says of itself is made fit to be kept here: it is refused for
// its form by nobody before.

const (
	maxClaim  = 256 // bytes of a text about a machine
	maxQueues = 32
)

// cleanText makes a station's text fit to be kept: without what the database
// does not take, and cut where it is too long.
func cleanText(text string) string { return cutText(text, event.MaxText) }

func cutText(text string, limit int) string {
	text = event.CleanText(text)
	if len(text) <= limit {
		return text
	}
	for !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

func cleanMachine(m *wire.Machine) {
	for _, text := range []*string{&m.Name, &m.Fingerprint, &m.System, &m.Architecture, &m.AgentVersion} {
		*text = cutText(*text, maxClaim)
	}
	m.Name = cmp.Or(m.Name, "(no name)")
}

// cleanHello returns a hello of which every text has a bounded length.
func cleanHello(h *wire.Hello) *wire.Hello {
	clean := *h
	cleanMachine(&clean.Machine)
	clean.Run = cutText(h.Run, maxClaim)
	clean.Sensor.Mode = event.Sensor(cutText(string(h.Sensor.Mode), maxClaim))
	clean.Sensor.State = cutText(h.Sensor.State, maxClaim)
	clean.Sensor.Detail = cleanText(h.Sensor.Detail)
	clean.Self.Queues = map[string]uint64{}
	for _, name := range slices.Sorted(maps.Keys(h.Self.Queues)) {
		if len(clean.Self.Queues) == maxQueues {
			break
		}
		clean.Self.Queues[cutText(name, maxClaim)] = h.Self.Queues[name]
	}
	return &clean
}

// earliestClaim and latestClaim bound the times that are kept of a station.
var (
	earliestClaim = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latestClaim   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// saneTime returns a time that a station claims, or nil for one that cannot be.
func saneTime(t time.Time) *time.Time {
	if t.Before(earliestClaim) || t.After(latestClaim) {
		return nil
	}
	return &t
}

// bounded is a number as the database keeps it.
func bounded(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
