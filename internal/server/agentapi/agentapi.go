// Package agentapi is the server's side of the protocol between agents and
// servers, internal/wire, which stations speak on a listener of their own.
//
// It knows a station by its certificate, holds every request to its limits, and
// hands on what was sent: events to ingest, everything else to the store. What
// it answers with success is on disk. Nothing an agent sends is trusted: not its
// sizes, its numbers, its clock, nor its texts.
//
// What a station has sent, what it is asked to do and whether it may, it leaves
// to the store; pieces of files to blob.
package agentapi

import (
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// Store is what the protocol needs of the database.
type Store interface {
	Enroll(ctx context.Context, e store.Enrolment, sign func(station int64) (store.Certificate, error)) (*store.Enrolled, error)
	AddCertificate(ctx context.Context, station int64, c store.Certificate) error
	StationByCertificate(ctx context.Context, serial []byte) (*store.AgentIdentity, error)
	Greet(ctx context.Context, station int64, h *wire.Hello, address string, now time.Time) (*store.Greeting, error)
	Audit(ctx context.Context, who, action, subject string, detail map[string]any) error
	taskStore
	fileStore
}

// Ingest stores batches of events.
type Ingest interface {
	Add(ctx context.Context, b ingest.LiveBatch) (ingest.LiveResult, error)
	Waiting() int
}

// Config configures an API.
type Config struct {
	Store     Store
	Ingest    Ingest
	Files     Files   // where pieces of files go
	Updates   Updates // nil: no agent is updated
	Authority *pki.Authority
	Log       *slog.Logger          // if nil, nothing is logged
	Metrics   prometheus.Registerer // if nil, nothing is counted
	Now       func() time.Time      // if nil, time.Now
	Closing   <-chan struct{}       // closed when the server begins to drain: who waits is answered at once
}

// API answers the requests of agents.
type API struct {
	cfg        Config
	mux        *http.ServeMux
	metrics    *metrics
	identities *lru.Cache[[32]byte, identity]
	guesses    *limiter // failed enrolments, by address
	renewals   *limiter // certificates given, by station
	warned     *limiter // what the log has, that would come again and again
	bodies     budget
	unpacker   unpacker
	unpacking  chan struct{} // a place for each batch that is being unpacked, which may take wire.MaxUnpacked for it
	sending    keyedLock     // stations of which a batch or a piece of a file is on its way
	contexts   *contexts
	refusals   refusals

	connections *connections
	waiters     *waiters
}

// New returns an API with all its routes.
func New(cfg Config) *API {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	identities, err := lru.New[[32]byte, identity](rememberIdentities)
	if err != nil {
		panic(err) // the number is not positive
	}
	a := &API{
		cfg: cfg, mux: http.NewServeMux(), identities: identities,
		guesses: newLimiter(20, 3*time.Second), renewals: newLimiter(10, time.Hour), warned: newLimiter(1, time.Minute),
		bodies: budget{limit: bodyMemory}, unpacking: make(chan struct{}, runtime.GOMAXPROCS(0)),
		contexts: newContexts(mostContexts), waiters: newWaiters(cfg.Store.ListenTasks, cfg.Log),
	}
	a.connections = newConnections(usualConnections(), a.connectionRefused)
	a.metrics = newMetrics(cfg.Metrics, a.waiters.count, cfg.Ingest.Waiting, a.contexts.count, a.connections.count)
	for _, r := range a.routes() {
		a.mux.HandleFunc(r.method+" "+r.path, a.serve(r))
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.writeFailure(w, fail(http.StatusNotFound, codeUnknown, "there is nothing at %.10s %.200q; the protocol is described in docs/protocol.md", r.Method, r.URL.Path))
	})
	return a
}

// route is one request of the protocol.
type route struct {
	method, path string
	anonymous    bool          // answered without a certificate too
	patience     time.Duration // for the request's body to arrive, or what else it is to wait for
	handle       func(context.Context, *call) (answer any, err error)
}

// routes are all of them.
func (a *API) routes() []route {
	const short, long = 15 * time.Second, 2 * time.Minute
	return []route{
		{http.MethodPost, wire.PathEnroll, true, short, a.enroll},
		{http.MethodPost, wire.PathRenew, false, short, a.renew},
		{http.MethodPost, wire.PathHello, false, short, a.hello},
		{http.MethodPost, wire.PathEvents, false, time.Minute, a.events},
		{http.MethodGet, wire.PathTasks, false, wire.MaxWait, a.tasks},
		{http.MethodPost, wire.PathTask, false, short, a.report},
		{http.MethodGet, wire.PathFile, false, short, a.received},
		{http.MethodPut, wire.PathFile, false, long, a.receive},
		{http.MethodGet, wire.PathUpdate, false, short, a.piece},
	}
}

// call is a request on its way.
type call struct {
	*http.Request
	w       http.ResponseWriter
	conn    *http.ResponseController
	cert    *x509.Certificate    // that was shown, and is good; nil: none
	station *store.AgentIdentity // whose it is; nil where the route is anonymous
	address string               // that it comes from
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(wire.VersionHeader, strconv.Itoa(wire.Version))
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r)
}

// Run waits for tasks, on behalf of all stations that do, until ctx ends.
func (a *API) Run(ctx context.Context) error { return a.waiters.run(ctx) }

// serve makes a handler of a route: version, identity, deadline, and one place
// for errors and panics.
func (a *API) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		c := &call{Request: r, w: w, conn: http.NewResponseController(w), address: addressOf(r)}
		status := http.StatusInternalServerError
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				a.cfg.Log.ErrorContext(r.Context(), "agent's request panicked", "path", r.URL.Path, "station", c.number(), "panic", v, "stack", string(debug.Stack()))
				a.writeFailure(w, internalFailure())
			}
			a.metrics.answered(rt.path, status, time.Since(begun))
			if a.cfg.Log.Enabled(r.Context(), slog.LevelDebug) { // or the arguments would be made for nothing
				a.cfg.Log.DebugContext(r.Context(), "agent's request", "method", r.Method, "path", r.URL.Path, "station", c.number(), "address", c.address, "status", status, "dur", time.Since(begun))
			}
		}()
		answer, err := a.answer(rt, c)
		if err != nil {
			f := a.failure(r.Context(), err)
			status = f.Status
			a.writeFailure(w, f)
			return
		}
		if status = http.StatusOK; answer == nil {
			status = http.StatusNoContent
		}
		if raw, ok := answer.(rawAnswer); ok {
			writeRaw(w, raw)
			return
		}
		writeJSON(w, status, "application/json", answer)
	}
}

func (a *API) answer(rt route, c *call) (any, error) {
	if c.Body != http.NoBody {
		// Whoever sends slowly is cut off, also where the request was refused
		// and nobody reads it.
		if err := c.conn.SetReadDeadline(time.Now().Add(rt.patience)); err != nil {
			return nil, err
		}
	}
	if err := checkVersion(c.Header.Get(wire.VersionHeader)); err != nil {
		return nil, err
	}
	if !rt.anonymous {
		if err := a.identify(c); err != nil {
			return nil, err
		}
		if err := a.admit(c); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(c.Context(), rt.patience+answerTime)
	defer cancel()
	return rt.handle(ctx, c)
}

// answerTime is how long everything but waiting may take: a database that
// neither answers nor breaks off counts as away then.
const answerTime = 20 * time.Second

// arrived ends the deadline of the body, which would end the whole request.
func (c *call) arrived() error { return c.conn.SetReadDeadline(time.Time{}) }

// number is the station's, for the log; 0 where it is not known.
func (c *call) number() int64 {
	if c.station == nil {
		return 0
	}
	return c.station.Station
}

// checkVersion refuses agents whose protocol this server does not speak.
func checkVersion(header string) error {
	v, err := strconv.Atoi(header)
	switch {
	case header == "":
		return fail(http.StatusBadRequest, wire.CodeMalformed, "the header %s is missing; it tells the protocol's version, %d", wire.VersionHeader, wire.Version)
	case err != nil:
		return fail(http.StatusBadRequest, wire.CodeMalformed, "the header %s is %.40q; it must be a number, for example %d", wire.VersionHeader, header, wire.Version)
	case v < wire.OldestVersion:
		return fail(http.StatusUpgradeRequired, wire.CodeVersion, "the agent speaks version %d of the protocol, this server %d to %d: install a newer agent", v, wire.OldestVersion, wire.Version)
	case v > wire.Version:
		return fail(http.StatusUpgradeRequired, wire.CodeVersion, "the agent speaks version %d of the protocol, this server %d to %d: update the server", v, wire.OldestVersion, wire.Version)
	}
	return nil
}

// addressOf returns where a request comes from, without the port.
func addressOf(r *http.Request) string { return hostOf(r.RemoteAddr) }

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

// seconds returns a Retry-After between least and most, so that those who were
// refused together do not come back together.
func seconds(least, most int) int { return least + rand.IntN(most-least+1) }

// keyedLock keeps things of one key from happening twice at a time.
type keyedLock struct {
	mu   sync.Mutex
	held map[int64]bool
}

// try takes the lock of key if nobody has it.
func (l *keyedLock) try(key int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] {
		return false
	}
	if l.held == nil {
		l.held = map[int64]bool{}
	}
	l.held[key] = true
	return true
}

func (l *keyedLock) release(key int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, key)
}
