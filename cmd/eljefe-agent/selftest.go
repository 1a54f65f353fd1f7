package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/cli"
	"github.com/eljefe/eljefe/internal/event"
)

type selftestCommand struct {
	JSON   bool   `help:"Write JSON instead of a table."`
	Report string `help:"Write all there is to know of this station and this agent into FILE, for people, and as JSON into a file beside it." type:"path" placeholder:"FILE"`
}

// Help says what it does.
func (selftestCommand) Help() string {
	return "For each way of seeing processes it starts this program once more, with a word in its command line that nobody else has, and waits until the sensor reports its start and its end. " +
		"Nothing is sent anywhere, and an agent that runs is not disturbed. It must run as " + superuser + ". The exit code is 0 if the best way works."
}

// seen says how one sensor did.
type seen struct {
	Sensor event.Sensor `json:"sensor"`

	// Mode and State are what the sensor says of itself, which may be another way
	// than was asked for.
	Mode   event.Sensor  `json:"mode,omitempty"`
	State  string        `json:"state,omitempty"`
	Detail string        `json:"detail,omitempty"`
	Start  time.Duration `json:"start_seen_after_ns,omitzero"`
	Stop   time.Duration `json:"stop_seen_after_ns,omitzero"`
	Error  string        `json:"error,omitempty"`

	// What the events said of the process, by the names that events have.
	StartFields []string `json:"start_fields,omitempty"`
	StopFields  []string `json:"stop_fields,omitempty"`
	Missing     string   `json:"missing,omitempty"` // what could not be had, and why, as the event says it
}

const (
	canaryLives = 1500 * time.Millisecond // long enough for a sensor that looks once a second
	canaryTime  = 8 * time.Second         // for a sensor to begin, and then to see it
	enrichLimit = 5 * time.Second         // for the facts of its file
)

// Run tests every sensor.
func (c *selftestCommand) Run(ctx context.Context, a *app) error {
	if len(sensors) == 0 {
		_, err := openSensor("", "", nil)
		return err
	}
	results := make([]seen, len(sensors))
	for i, name := range sensors {
		results[i] = testSensor(ctx, name)
	}
	if err := c.print(a, results); err != nil {
		return err
	}
	if c.Report != "" {
		if err := writeReport(ctx, a, c.Report, results); err != nil {
			return err
		}
	}
	if results[0].Error != "" {
		return fmt.Errorf("the best sensor does not work: %s", results[0].Error)
	}
	return nil
}

func (c *selftestCommand) print(a *app, results []seen) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(results)
	}
	return printSeen(a.out, results)
}

func printSeen(w io.Writer, results []seen) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SENSOR\tSTART SEEN AFTER\tEND SEEN AFTER\tNOTE")
	for _, r := range results {
		start, stop, note := roughly(r.Start), roughly(r.Stop), r.Detail
		if r.Error != "" {
			start, stop, note = "failed", "", r.Error
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Sensor, start, stop, cli.Line(note))
	}
	return t.Flush()
}

func roughly(d time.Duration) string {
	if d < time.Millisecond {
		return "under 1 ms"
	}
	return d.Round(time.Millisecond).String()
}

// testSensor runs a sensor until it has seen the canary's start and end.
func testSensor(ctx context.Context, name event.Sensor) (r seen) {
	r.Sensor = name
	source, err := openSensor("", name, slog.New(slog.DiscardHandler))
	if err != nil {
		r.Error = err.Error()
		return r
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := time.AfterFunc(canaryTime, cancel)
	defer late.Stop()
	sink, ended := sensor.NewSink(0, 0), make(chan error, 1)
	go func() { ended <- source.Run(ctx, sink) }()
	if err := r.watch(ctx, sink, source, late); err != nil {
		r.Error = err.Error()
	}
	status := sink.Status()
	r.Mode, r.State, r.Detail = status.Mode, status.State, status.Detail
	cancel()
	if err := errors.Join(<-ended, source.Close()); err != nil && r.Error == "" {
		r.Error = err.Error()
	}
	return r
}

// watch starts the canary and waits for it among what the sensor reports. late ends
// ctx; it begins anew with the canary, which a sensor that begins slowly, on a slow
// station, would else have no time to see.
func (r *seen) watch(ctx context.Context, sink *sensor.Sink, source *liveSensor, late *time.Timer) error {
	word := "selftest-" + rand.Text()
	var own, pid uint32 // of the canary; of it, once its start was seen
	var exited <-chan time.Time
	var began, over time.Time
	for {
		events, _, err := sink.Take(ctx, 256)
		if err != nil {
			return r.missing(own != 0)
		}
		if own == 0 { // what runs already has been reported: the sensor works
			late.Reset(canaryTime)
			began = time.Now()
			if own, exited, err = startCanary(ctx, word, canaryLives); err != nil {
				return err
			}
		}
		for _, p := range events {
			switch {
			case p.Kind != event.Stop && pid == 0 && isCanary(p, word, own):
				r.Start, pid = max(time.Since(began), 1), p.PID
				r.StartFields, r.Missing = r.enriched(ctx, source, p)
			case p.Kind == event.Stop && pid != 0 && p.PID == pid:
				if over.IsZero() {
					over = <-exited
				}
				r.Stop, r.StopFields = max(time.Since(over), 1), fields(p)
				return nil
			}
		}
	}
}

// isCanary tells whether an event is the canary's. Some sources do not have the
// command line.
func isCanary(p *event.Process, word string, pid uint32) bool {
	return strings.Contains(p.CommandLine, word) || p.CommandLine == "" && p.PID == pid && p.Kind == event.Start
}

// enriched returns what the event says once the facts of the file are added.
func (*seen) enriched(ctx context.Context, source *liveSensor, p *event.Process) (names []string, missing string) {
	if source.enrich != nil {
		ctx, cancel := context.WithTimeout(ctx, enrichLimit)
		defer cancel()
		source.enrich(ctx, []*event.Process{p})
	}
	return fields(p), p.Missing
}

// fields returns the names of what an event says.
func fields(p *event.Process) []string {
	raw, err := json.Marshal(p)
	if err != nil {
		return []string{"(" + err.Error() + ")"}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return []string{"(" + err.Error() + ")"}
	}
	return slices.Sorted(maps.Keys(members))
}

func (r *seen) missing(started bool) error {
	switch {
	case !started:
		return fmt.Errorf("it reported nothing within %s", canaryTime)
	case r.Start == 0:
		return fmt.Errorf("it did not see a process that was started")
	}
	return fmt.Errorf("it saw a process start, and not its end")
}
