package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

type exportCommand struct {
	remote
	What   string `env:"-" help:"What to export: ${enum}." enum:"events,devices,device-events" default:"events"`
	Q      string `env:"-" help:"Filter, as in 'image:*\\temp\\*.exe user:bob'." placeholder:"FILTER"`
	From   string `env:"-" help:"Oldest time: RFC 3339, a date, or a span before now like 24h or 7d." placeholder:"TIME"`
	To     string `env:"-" help:"Newest time, exclusive." placeholder:"TIME"`
	Format string `env:"-" help:"${enum}." enum:"ndjson,csv" default:"ndjson"`
	Output string `env:"-" short:"o" help:"File to write; standard output if absent." placeholder:"FILE"`
}

// Run writes what the filter selects.
func (c *exportCommand) Run(ctx context.Context, a *app) (err error) {
	query := url.Values{"q": {c.Q}, "format": {c.Format}}
	for name, value := range map[string]string{"from": c.From, "to": c.To} {
		if value == "" {
			continue
		}
		if c.What == "devices" {
			return fmt.Errorf("--%s is about events; of devices choose by first_seen and last_seen in the filter", name)
		}
		t, err := parseTime(value, time.Now())
		if err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
		query.Set(name, t.Format(time.RFC3339Nano))
	}
	api, end, err := c.connect(ctx, a)
	if err != nil {
		return err
	}
	defer closeAfter(end, &err)
	res, err := api.do(ctx, http.MethodGet, "/"+c.What+"/export", query, nil)
	if err != nil {
		return err
	}
	defer closeAfter(res.Body.Close, &err)
	out := a.out
	if c.Output != "" {
		file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		defer closeAfter(file.Close, &err)
		out = file
	}
	w := bufio.NewWriter(out)
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("the export ended early and is not complete: %w", err)
	}
	return w.Flush()
}

// parseTime reads RFC 3339 in full or cut short, in UTC unless it names a zone,
// or a span before now: 30m, 24h, 7d.
func parseTime(s string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	span := strings.TrimPrefix(s, "-")
	if days, ok := strings.CutSuffix(span, "d"); ok {
		var n int
		if _, err := fmt.Sscanf(days+" ", "%d ", &n); err == nil {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(span); err == nil {
		return now.Add(-d), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-11-20, 2026-11-20T08:00, or a span before now like 24h or 7d", s)
}
