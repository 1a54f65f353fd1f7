//go:build unix

package agentapi_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// rig is a server's side on a real database, and its listener on a real port.
type rig struct {
	db        *store.Store
	api       *agentapi.API
	http      *httptest.Server
	authority *pki.Authority
	registry  *prometheus.Registry
	key       string // an enrolment key
	closing   chan struct{}
	ahead     atomic.Int64 // how far the server's clock is, as a time.Duration
}

// later moves the server's clock.
func (r *rig) later(d time.Duration) { r.ahead.Add(int64(d)) }

// options change what a rig is made of; zero ones do not.
type options struct {
	db     *store.Store
	ingest func(*store.Store) agentapi.Ingest
	http2  bool

	updates func(*store.Store, *pki.Authority) agentapi.Updates
}

func newRig(t testing.TB, o options) *rig {
	t.Helper()
	r := &rig{db: o.db, registry: prometheus.NewRegistry(), closing: make(chan struct{})}
	if r.db == nil {
		r.db = storetest.Open(t)
	}
	var err error
	if r.authority, err = pki.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var in agentapi.Ingest
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	running := 1
	if o.ingest != nil {
		in = o.ingest(r.db)
	} else {
		live := ingest.NewLive(r.db, ingest.LiveConfig{})
		go func() { ended <- live.Run(ctx) }()
		running, in = 2, live
	}
	var updates agentapi.Updates
	if o.updates != nil {
		updates = o.updates(r.db, r.authority)
	}
	r.api = agentapi.New(agentapi.Config{
		Updates: updates,
		Store:   r.db, Ingest: in, Files: files, Authority: r.authority, Metrics: r.registry, Closing: r.closing,
		Now: func() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) },
	})
	go func() { ended <- r.api.Run(ctx) }()
	server, err := r.authority.KeepServer([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	r.http = httptest.NewUnstartedServer(r.api)
	r.http.EnableHTTP2 = o.http2
	r.http.Listener, r.http.Config.ConnContext = r.api.Limit(r.http.Listener), r.api.ConnContext
	r.http.TLS = r.authority.AgentsTLS(server.Certificate)
	if !o.http2 {
		r.http.TLS.NextProtos = []string{"http/1.1"}
	}
	r.http.StartTLS()
	t.Cleanup(func() {
		r.http.CloseClientConnections()
		r.http.Close()
		stop()
		for range running {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	secret, hash := auth.NewSecret("test_")
	if _, err := r.db.AddEnrolmentKey(t.Context(), store.EnrolmentKey{Name: "office", CreatedBy: "ana"}, [32]byte(hash)); err != nil {
		t.Fatal(err)
	}
	r.key = secret
	return r
}

// agent is one that speaks the protocol.
type agent struct {
	t       testing.TB
	rig     *rig
	key     *ecdsa.PrivateKey
	station int64
	cert    *tls.Certificate // nil: it shows none
	client  *http.Client
	version string
	hello   wire.Hello
}

// stranger returns an agent that has not enrolled.
func (r *rig) stranger(t testing.TB, name string) *agent {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{t: t, rig: r, key: key, version: strconv.Itoa(wire.Version)}
	now := time.Now().UTC()
	a.hello = wire.Hello{
		Machine: wire.Machine{Name: name, Fingerprint: "print of " + name, System: "Debian GNU/Linux 12", Architecture: "amd64", AgentVersion: "1.0"},
		Run:     "run of " + name, BootID: 1<<63 + 5, Booted: now.Add(-time.Hour), AgentBegan: now, Now: now, Sensor: wire.Sensor{Mode: event.SensorEBPF, State: "working"},
	}
	a.show(nil)
	return a
}

// show makes the agent show a certificate from now on.
func (a *agent) show(cert *tls.Certificate) {
	a.t.Helper()
	cfg, err := pki.AgentTLS(a.rig.authority.Fingerprint(), a.rig.authority.DER())
	if err != nil {
		a.t.Fatal(err)
	}
	a.cert = cert
	if cert != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	}
	if a.client != nil {
		a.client.CloseIdleConnections()
	}
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: a.rig.http.EnableHTTP2}
	a.t.Cleanup(transport.CloseIdleConnections)
	a.client = &http.Client{Transport: transport, Timeout: time.Minute}
}

// answer is what a request was answered with.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem wire.Problem
}

// into decodes the answer to a request that worked.
func (r answer) into(t testing.TB, v any) {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("got %d: %s", r.status, r.body)
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

// wants holds a problem to its status and code.
func (r answer) wants(t testing.TB, what string, status int, code string) {
	t.Helper()
	if r.status != status || r.problem.Code != code || r.problem.Status != status || r.problem.Detail == "" {
		t.Errorf("%s: got %d with %s; want %d and code %q", what, r.status, r.body, status, code)
	}
	if after := r.header.Get("Retry-After"); (code == wire.CodeBusy) != (after != "") {
		t.Errorf("%s: Retry-After is %q", what, after)
	}
}

// try makes a request. body is JSON to be, a reader, or nil.
func (a *agent) try(method, path string, body any, headers ...string) (answer, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, a.rig.http.URL+path, r)
	if err != nil {
		return answer{}, err
	}
	if a.version != "" {
		req.Header.Set(wire.VersionHeader, a.version)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := a.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	got := answer{status: res.StatusCode, header: res.Header}
	if got.body, err = io.ReadAll(res.Body); err != nil {
		return answer{}, err
	}
	if res.Header.Get(wire.VersionHeader) == "" {
		return answer{}, fmt.Errorf("the answer has no %s", wire.VersionHeader)
	}
	if res.StatusCode >= 400 {
		if kind := res.Header.Get("Content-Type"); kind != "application/problem+json" {
			return answer{}, fmt.Errorf("a problem has the type %q", kind)
		}
		err = json.Unmarshal(got.body, &got.problem)
	}
	return got, err
}

func (a *agent) do(method, path string, body any, headers ...string) answer {
	a.t.Helper()
	got, err := a.try(method, path, body, headers...)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

// request is PKCS #10 for the agent's key.
func (a *agent) request() []byte {
	a.t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// enrol makes the agent one of a station.
func (a *agent) enrol() *agent {
	a.t.Helper()
	var e wire.Enrolled
	a.do("POST", wire.PathEnroll, wire.EnrollRequest{Key: a.rig.key, Request: a.request(), Machine: a.hello.Machine}).into(a.t, &e)
	a.use(&e)
	return a
}

func (a *agent) use(e *wire.Enrolled) {
	a.t.Helper()
	leaf, err := x509.ParseCertificate(e.Certificate)
	if err != nil {
		a.t.Fatal(err)
	}
	a.station = e.Station
	a.show(&tls.Certificate{Certificate: [][]byte{e.Certificate}, PrivateKey: a.key, Leaf: leaf})
}

// agent returns one that has enrolled.
func (r *rig) agent(t testing.TB, name string) *agent {
	t.Helper()
	return r.stranger(t, name).enrol()
}

func (a *agent) greet() answer {
	a.t.Helper()
	return a.do("POST", wire.PathHello, a.hello)
}

// acknowledged is what a hello is told.
func (a *agent) acknowledged() uint64 {
	a.t.Helper()
	a.hello.Now = time.Now()
	var w wire.Welcome
	a.greet().into(a.t, &w)
	return w.Acknowledged
}

// record returns one line of a batch.
func record(seq uint64) string {
	return fmt.Sprintf(`{"kind":"start","seq":%d,"time":%q,"pid":%d,"image":"/usr/bin/true","command_line":"true %d"}`+"\n",
		seq, time.Now().UTC().Format(time.RFC3339Nano), 1000+seq, seq)
}

// records returns the lines of a span.
func records(first, last uint64) string {
	var b bytes.Buffer
	for seq := first; seq <= last; seq++ {
		b.WriteString(record(seq))
	}
	return b.String()
}

func packed(t testing.TB, lines string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(lines), nil)
}

func (a *agent) send(lines string) answer {
	a.t.Helper()
	return a.do("POST", wire.PathEvents, bytes.NewReader(packed(a.t, lines)), "Content-Type", wire.ContentBatch, "Content-Encoding", "zstd")
}

// stored returns how many starts the database has of the station.
func (a *agent) stored() int64 {
	a.t.Helper()
	st, err := a.rig.db.Station(a.t.Context(), a.station)
	if err != nil {
		a.t.Fatal(err)
	}
	return st.Starts
}

// gaps returns those of the station, oldest first.
func (a *agent) gaps() []store.Gap {
	a.t.Helper()
	list, _, err := a.rig.db.Gaps(a.t.Context(), store.GapList{Stations: []int64{a.station}, Limit: 100})
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}
