// Package demo holds a recording that `eljefe serve --demo` shows: a day and
// two hours of a small office, with an intrusion in it.
//
// The recording is made by the packages story and gen beside it; nothing in it
// comes from a real network. It goes into a store once: shifted to another
// moment, the same processes would have other times.
package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

//go:generate go run ./gen

//go:embed recording.ndjson
var recording []byte

// Events returns the recording, in the order of its times, as if it had ended
// a minute before now. All times are shifted by the same whole seconds.
func Events(now time.Time) []event.Process {
	events := read()
	shift := now.Add(-time.Minute).Sub(events[len(events)-1].Time).Truncate(time.Second)
	for i := range events {
		e := &events[i]
		for _, t := range [...]*time.Time{&e.Time, &e.Started, &e.ParentStarted} {
			if !t.IsZero() {
				*t = t.Add(shift)
			}
		}
	}
	return events
}

// read decodes the recording. It is part of the program: what is wrong with it
// is a mistake in the program.
func read() []event.Process {
	var events []event.Process
	for line := range bytes.Lines(recording) {
		var e event.Process
		if err := json.Unmarshal(line, &e); err != nil {
			panic(fmt.Sprintf("demo: recording.ndjson:%d: %v", len(events)+1, err))
		}
		e.SourceFile, e.SourceRecord = "recording.ndjson", uint64(len(events)+1)
		events = append(events, e)
	}
	return events
}

// Stations returns the names of the stations in the recording, sorted.
func Stations() []string {
	var names []string
	for _, e := range read() {
		if !slices.Contains(names, e.Station) {
			names = append(names, e.Station)
		}
	}
	slices.Sort(names)
	return names
}
