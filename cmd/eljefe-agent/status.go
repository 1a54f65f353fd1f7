package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/cli"
)

type statusCommand struct {
	JSON bool          `env:"-" name:"json" help:"As JSON." xor:"how"`
	Wait time.Duration `env:"-" help:"Wait until the server knows the station, or for so long, and say in plain words what became of it." placeholder:"TIME" xor:"how"`
}

// Run asks the agent and prints what it says. An agent that is not well is a
// failure, so that scripts need not read the text.
func (c *statusCommand) Run(ctx context.Context, a *app) error {
	if c.Wait > 0 {
		return c.wait(ctx, a)
	}
	s, err := agent.ReadStatus(a.StateDir)
	if err != nil {
		return err
	}
	problems := s.Problems()
	if c.JSON {
		raw, err := json.MarshalIndent(struct {
			Healthy  bool     `json:"healthy"`
			Problems []string `json:"problems,omitempty"`
			*agent.Status
		}{len(problems) == 0, problems, s}, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s\n", raw)
	} else if err := printStatus(a.out, s); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errors.New("not well: " + strings.Join(problems, "; "))
	}
	return nil
}

// wait says how the agent stands with its server, as an installation does.
func (c *statusCommand) wait(ctx context.Context, a *app) error {
	o, err := awaitOutcome(ctx, agentIn(a.StateDir), c.Wait)
	if err != nil {
		return err
	}
	english, err := plain.In()
	if err != nil {
		return err
	}
	text := strings.Join(o.explain(english), "\n")
	if !o.well() {
		return errors.New(text)
	}
	fmt.Fprintln(a.out, cli.Printable(text))
	return nil
}

func printStatus(w io.Writer, s *agent.Status) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, cli.Line(fmt.Sprintf(format, args...)))
	}
	row("agent", "%s, process %d, for %s", s.Version, s.PID, span(s.Now.Sub(s.Began)))
	station := "not enrolled yet"
	if s.Station != 0 {
		station = fmt.Sprintf("station %d", s.Station)
	}
	row("server", "%s, %s", s.Server, station)
	link := "not connected"
	if s.Link.Connected {
		link = "connected"
	}
	row("connection", "%s for %s", link, span(s.Now.Sub(s.Link.Since)))
	if !s.Link.LastContact.IsZero() {
		row("last contact", "%s ago", span(s.Now.Sub(s.Link.LastContact)))
	}
	if s.Link.Error != "" {
		row("last error", "%s", s.Link.Error)
	}
	row("records", "%d written, %d acknowledged, %d waiting (%.1f of %.0f MB)", s.Stream.Last, s.Stream.Acknowledged, s.Stream.Waiting,
		float64(s.Stream.Bytes)/1e6, float64(s.Stream.Limit)/1e6)
	if !s.Stream.OldestWaiting.IsZero() {
		row("oldest waiting", "for %s", span(s.Now.Sub(s.Stream.OldestWaiting)))
	}
	mode := string(s.Sensor.Mode)
	if mode == "" {
		mode = "none"
	}
	row("sensor", "%s, %s; %d events seen, %d lost", mode, s.Sensor.State, s.Sensor.Events, s.Sensor.Lost)
	if s.Sensor.Detail != "" {
		row("", "%s", s.Sensor.Detail)
	}
	if s.Devices != nil {
		row("USB devices", "%d plugged in", *s.Devices)
	}
	row("cost", "%.1f MB of memory, %.1f s of processor time", float64(s.Self.MemoryBytes)/1e6, s.Self.CPUSeconds)
	return t.Flush()
}

// span is a duration as people read it.
func span(d time.Duration) string { return max(0, d).Round(time.Second).String() }
