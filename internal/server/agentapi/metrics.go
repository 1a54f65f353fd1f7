package agentapi

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/eljefe/eljefe/internal/wire"
)

// metrics are the figures of the agents' listener.
type metrics struct {
	requests   *prometheus.HistogramVec
	events     prometheus.Counter
	duplicates prometheus.Counter
	refused    prometheus.Counter
	gaps       prometheus.Counter
	turnedAway prometheus.Counter // connections
	batches    *prometheus.CounterVec
	enrolments *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer, connected, waiting, remembered, open func() int) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "eljefe_agent_request_seconds", Help: "Time to answer requests of agents, by path and status class. Of tasks most is waiting.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"path", "status"}),
		events:     counter("eljefe_agent_events_total", "Events of agents that were stored."),
		duplicates: counter("eljefe_agent_duplicates_total", "Records of agents that were stored before."),
		refused:    counter("eljefe_agent_refused_total", "Records of agents that could not be stored."),
		gaps:       counter("eljefe_agent_gaps_total", "Gaps that were stored: reported, or found by the server."),
		turnedAway: counter("eljefe_agent_connections_refused_total", "Connections of agents that were closed unserved: too many at once."),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "eljefe_agent_batches_total", Help: "Batches of agents by what became of them: stored, busy (to be sent again), context (to be sent again, standing alone), refused (of no use), failed (our mistake).",
		}, []string{"result"}),
		enrolments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "eljefe_agent_enrolments_total", Help: "Attempts to enrol by what became of them: enrolled, parted (a clone), refused.",
		}, []string{"result"}),
	}
	if registry != nil {
		registry.MustRegister(m.requests, m.events, m.duplicates, m.refused, m.gaps, m.turnedAway, m.batches, m.enrolments,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eljefe_agent_stations_connected", Help: "Stations that wait for tasks now."}, func() float64 { return float64(connected()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eljefe_agent_connections", Help: "Open connections of agents."}, func() float64 { return float64(open()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eljefe_agent_contexts", Help: "Stations of which the end of the stream is remembered, so that their next batch is smaller."}, func() float64 { return float64(remembered()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "eljefe_ingest_waiting_records", Help: "Records that wait to be written."}, func() float64 { return float64(waiting()) }))
	}
	return m
}

func (m *metrics) answered(path string, status int, took time.Duration) {
	m.requests.WithLabelValues(path, fmt.Sprintf("%dxx", status/100)).Observe(took.Seconds())
}

// batch counts a batch by its answer.
func (m *metrics) batch(f *failure) {
	result := "stored"
	switch {
	case f == nil:
	case f.Status == 429 || f.Status == 503 || f.Status == 408:
		result = "busy"
	case f.Code == wire.CodeContext:
		result = "context"
	case f.Status >= 500:
		result = "failed"
	default:
		result = "refused"
	}
	m.batches.WithLabelValues(result).Inc()
}
