package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// gauge measures what a program uses. The nil gauge measures nothing.
type gauge struct {
	read func(context.Context) (map[string]float64, error)

	began        time.Time
	first, last  map[string]float64
	memory, peak uint64
}

// The metrics that it looks at.
const (
	memoryMetric = "process_resident_memory_bytes"
	cpuMetric    = "process_cpu_seconds_total"
	eventsMetric = "eljefe_agent_events_total"
	gapsMetric   = "eljefe_agent_gaps_total"
)

// begin notes what was used before.
func (g *gauge) begin(ctx context.Context) error {
	if g == nil {
		return nil
	}
	g.began = time.Now()
	if err := g.look(ctx); err != nil {
		return err
	}
	g.first = g.last
	return nil
}

func (g *gauge) look(ctx context.Context) (err error) {
	if g == nil {
		return nil
	}
	if g.last, err = g.read(ctx); err != nil {
		return err
	}
	g.memory = uint64(g.last[memoryMetric])
	g.peak = max(g.peak, g.memory)
	return nil
}

func (g *gauge) cost() *Cost {
	if g == nil {
		return nil
	}
	cpu := g.last[cpuMetric] - g.first[cpuMetric]
	return &Cost{MemoryBytes: g.memory, PeakBytes: g.peak, CPUSeconds: cpu, Cores: cpu / time.Since(g.began).Seconds()}
}

// stored is how many records the server has stored since the beginning.
func (g *gauge) stored() uint64 {
	return uint64(g.last[eventsMetric] + g.last[gapsMetric] - g.first[eventsMetric] - g.first[gapsMetric])
}

// selfGauge measures this program.
func selfGauge() (*gauge, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})); err != nil {
		return nil, fmt.Errorf("measure this program: %w", err)
	}
	return &gauge{read: func(context.Context) (map[string]float64, error) {
		families, err := registry.Gather()
		if err != nil {
			return nil, fmt.Errorf("measure this program: %w", err)
		}
		values := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				values[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		return values, nil
	}}, nil
}

// maxMetrics is how long a server's metrics may be.
const maxMetrics = 4 << 20

// serverGauge measures a server, of which it asks the metrics at url. That is a
// server on this machine, which gives them to nobody else: whose certificate it
// has does not matter.
func serverGauge(url string) *gauge {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	return &gauge{read: func(ctx context.Context) (map[string]float64, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, fmt.Errorf("ask for the server's metrics: %w", err)
		}
		res, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("ask for the server's metrics: %w", err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("ask for the server's metrics: %s answers %s", url, res.Status)
		}
		values := map[string]float64{}
		lines := bufio.NewScanner(io.LimitReader(res.Body, maxMetrics))
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), " ")
			if v, err := strconv.ParseFloat(value, 64); err == nil {
				values[name] = v
			}
		}
		return values, lines.Err()
	}}
}
