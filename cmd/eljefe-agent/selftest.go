package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
)

type selftestCommand struct {
	JSON bool `help:"Write JSON instead of a table."`
}

// Help says what it does.
func (selftestCommand) Help() string {
	return "For each way of seeing processes it starts this program once more, with a word in its command line that nobody else has, and waits until the sensor reports its start and its end. " +
		"Nothing is sent anywhere, and an agent that runs is not disturbed. It must run as root. The exit code is 0 if the best way works."
}

// seen says how one sensor did.
type seen struct {
	Sensor event.Sensor  `json:"sensor"`
	Start  time.Duration `json:"start_seen_after_ns,omitzero"`
	Stop   time.Duration `json:"stop_seen_after_ns,omitzero"`
	Error  string        `json:"error,omitempty"`
}

const (
	canaryLives = 1500 * time.Millisecond // long enough for a sensor that looks once a second
	canaryTime  = 8 * time.Second         // for a sensor to see it
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
	if results[0].Error != "" {
		return fmt.Errorf("the best sensor does not work: %s", results[0].Error)
	}
	return nil
}

func (c *selftestCommand) print(a *app, results []seen) error {
	if c.JSON {
		return json.NewEncoder(a.out).Encode(results)
	}
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SENSOR\tSTART SEEN AFTER\tEND SEEN AFTER\t")
	for _, r := range results {
		if r.Error != "" {
			fmt.Fprintf(t, "%s\tfailed\t\t%s\n", r.Sensor, r.Error)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", r.Sensor, roughly(r.Start), roughly(r.Stop))
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
	ctx, cancel := context.WithTimeout(ctx, canaryTime)
	defer cancel()
	sink, ended := sensor.NewSink(0, 0), make(chan error, 1)
	go func() { ended <- source.Run(ctx, sink) }()
	if err := r.watch(ctx, sink); err != nil {
		r.Error = err.Error()
	}
	cancel()
	if err := errors.Join(<-ended, source.Close()); err != nil && r.Error == "" {
		r.Error = err.Error()
	}
	return r
}

// watch starts the canary and waits for it among what the sensor reports.
func (r *seen) watch(ctx context.Context, sink *sensor.Sink) error {
	word := rand.Text()
	var canary *exec.Cmd
	var began, over time.Time
	exited := make(chan time.Time, 1)
	var pid uint32
	for {
		events, _, err := sink.Take(ctx, 256)
		if err != nil {
			return r.missing(canary != nil)
		}
		if canary == nil { // what runs already has been reported: the sensor works
			if canary, err = startCanary(ctx, word); err != nil {
				return err
			}
			began = time.Now()
			go func() { _ = canary.Wait(); exited <- time.Now() }()
		}
		for _, p := range events {
			switch {
			case p.Kind != event.Stop && strings.Contains(p.CommandLine, word):
				r.Start, pid = max(time.Since(began), 1), p.PID
			case p.Kind == event.Stop && pid != 0 && p.PID == pid:
				if over.IsZero() {
					over = <-exited
				}
				r.Stop = max(time.Since(over), 1)
				return nil
			}
		}
	}
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

// startCanary starts this program with a word in its command line.
func startCanary(ctx context.Context, word string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	cmd := exec.CommandContext(ctx, program, "canary", word)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a process to be seen: %w", err)
	}
	return cmd, nil
}

// canaryCommand is what the selftest starts: it does nothing for a moment.
type canaryCommand struct {
	Word string `arg:""`
}

// Run waits.
func (canaryCommand) Run() error {
	time.Sleep(canaryLives)
	return nil
}
