package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/server/web"
)

// newRegistry returns where the server's figures are collected.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// handler returns everything that the page's listener answers.
func (s *server) handler(a *api.API, registry *prometheus.Registry) http.Handler {
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "eljefe_http_request_seconds", Help: "Time to answer requests to the API, by status class.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
	}, []string{"status"})
	registry.MustRegister(requests)

	mux := http.NewServeMux()
	// A page of another site cannot make a browser that is logged in here change anything.
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(api.ForeignOrigin))
	mux.Handle("/api/", s.recoverPanics(measure(requests, csrf.Handler(a))))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", onlyLocal(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
	mux.Handle("/", web.Handler())
	return mux
}

// ready tells load balancers whether requests would be answered.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		http.Error(w, "the database is not available", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// onlyLocal keeps figures about the server on its machine.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "metrics are given to this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics logs a panic with its stack and answers a bare 500.
func (s *server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				s.cfg.Log.ErrorContext(r.Context(), "request panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				http.Error(w, "internal error", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Flush passes on what has been written; streams need it.
func (r *statusRecorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap gives http.ResponseController what is below.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func measure(requests *prometheus.HistogramVec, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, rec := time.Now(), &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(rec, r)
		requests.WithLabelValues(fmt.Sprintf("%dxx", rec.status/100)).Observe(time.Since(begun).Seconds())
	})
}

// quietTLS drops what every browser causes that has not yet been told to trust
// the certificate.
type quietTLS struct{ slog.Handler }

func (q quietTLS) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "TLS handshake error") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
