package uplink

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	serverAddress = "eljefe.example.org:8444"
	enrolmentKey  = "a-key-that-is-good"
)

// network is a network in memory, so that tests have virtual time.
type network struct {
	mu    sync.Mutex
	hosts map[string]*listener
}

// listener is a host's; nobody listens before Accept is called.
type listener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

func (n *network) listen(address string) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{conns: make(chan net.Conn), done: make(chan struct{})}
	if n.hosts == nil {
		n.hosts = map[string]*listener{}
	}
	n.hosts[address] = l
	return l
}

func (n *network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.hosts[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	if l == nil {
		return nil, refused
	}
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// server is the server's side of the protocol as far as the uplink meets it,
// with all that can go wrong there.
type server struct {
	t         *testing.T
	authority *pki.Authority
	cert      *pki.ServerKeeper
	net       *network

	// before sees each request first, and says whether it has answered it.
	before func(w http.ResponseWriter, r *http.Request, body []byte) bool
	// after is called when a batch was stored, before it is answered.
	after func(w http.ResponseWriter)

	busy     sync.WaitGroup // requests
	mu       sync.Mutex
	http     *http.Server
	stations map[int64]*station
	keys     map[[32]byte]int64 // public keys
	hellos   []time.Time
	times    map[string][]time.Time // of all requests, by path
	every    int                    // HelloSeconds
	http1    bool                   // it speaks HTTP/1.1 only
	packed   int                    // bytes of the batches that could be unpacked
	forgets  bool                   // it never remembers what it stored
	full     bool                   // it says that it does not
}

type station struct {
	last    uint64
	records map[uint64]string // as they came
	twice   int               // records that came again
	hello   wire.Hello
	context wire.Context
}

func newServer(t *testing.T) *server {
	t.Helper()
	authority, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.KeepServer([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{
		t: t, authority: authority, cert: cert, net: &network{}, every: 60,
		stations: map[int64]*station{}, keys: map[[32]byte]int64{}, times: map[string][]time.Time{},
	}
	return s
}

// start begins to listen; stop cuts all connections.
func (s *server) start() {
	l := s.net.listen(serverAddress)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.http = &http.Server{
		Handler: s, TLSConfig: s.authority.AgentsTLS(s.cert.Certificate), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	if s.http1 {
		s.http.TLSConfig.NextProtos = []string{"http/1.1"}
		s.http.Protocols = new(http.Protocols)
		s.http.Protocols.SetHTTP1(true)
	}
	go s.http.ServeTLS(l, "", "")
}

func (s *server) stop() {
	s.http.Close()
	s.busy.Wait()
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.busy.Add(1)
	defer s.busy.Done()
	body, err := io.ReadAll(r.Body)
	s.mu.Lock()
	s.times[r.URL.Path] = append(s.times[r.URL.Path], time.Now())
	before := s.before
	s.mu.Unlock()
	if err != nil {
		return // the request broke off
	}
	w.Header().Set(wire.VersionHeader, "1")
	if before != nil && before(w, r, body) {
		return
	}
	answer, p := s.answer(r, body)
	if p != nil {
		refuse(w, p.Status, p.Code, 0)
		return
	}
	if r.URL.Path == wire.PathEvents {
		s.mu.Lock()
		after := s.after
		s.mu.Unlock()
		if after != nil {
			after(w)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(w http.ResponseWriter, status int, code string, retryAfter int) {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Problem{Status: status, Code: code, Detail: "as the test wants it"})
}

func problemOf(status int, code string) *wire.Problem {
	return &wire.Problem{Status: status, Code: code}
}

func (s *server) answer(r *http.Request, body []byte) (any, *wire.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := s.shown(r)
	if r.URL.Path != wire.PathEnroll && s.stations[shown] == nil {
		return nil, problemOf(401, wire.CodeCertificate)
	}
	switch r.URL.Path {
	case wire.PathEnroll:
		var in wire.EnrollRequest
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, problemOf(400, wire.CodeMalformed)
		}
		if in.Key != enrolmentKey && (in.Key != "" || shown == 0) {
			return nil, problemOf(403, wire.CodeKey)
		}
		return s.sign(in.Request, 0)
	case wire.PathRenew:
		var in wire.RenewRequest
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, problemOf(400, wire.CodeMalformed)
		}
		return s.sign(in.Request, shown)
	case wire.PathHello:
		st := s.stations[shown]
		if err := json.Unmarshal(body, &st.hello); err != nil {
			return nil, problemOf(400, wire.CodeMalformed)
		}
		s.hellos = append(s.hellos, time.Now())
		return &wire.Welcome{
			Station: shown, Now: time.Now(), Acknowledged: st.last, HelloSeconds: s.every, BatchBytes: 1 << 20, BatchRecords: 100, BatchWaitMS: 100,
		}, nil
	case wire.PathEvents:
		return s.store(s.stations[shown], r.Header.Get(wire.ContextHeader), body)
	}
	return nil, problemOf(404, "unknown")
}

// shown returns the station whose certificate the request shows.
func (s *server) shown(r *http.Request) int64 {
	if len(r.TLS.PeerCertificates) == 0 {
		return 0
	}
	cert := r.TLS.PeerCertificates[0]
	if s.authority.CheckStation(cert, time.Now()) != nil {
		return 0
	}
	return s.keys[sha256.Sum256(cert.RawSubjectPublicKeyInfo)]
}

func (s *server) sign(request []byte, number int64) (any, *wire.Problem) {
	req, err := pki.ParseRequest(request)
	if err != nil {
		return nil, problemOf(422, wire.CodeMalformed)
	}
	if number == 0 {
		if number = s.keys[req.PublicKey]; number == 0 {
			number = int64(len(s.stations) + 1)
			s.keys[req.PublicKey] = number
			s.stations[number] = &station{records: map[uint64]string{}}
		}
	}
	cert, err := s.authority.SignStation(number, req, time.Now())
	if err != nil {
		return nil, problemOf(500, "internal")
	}
	return &wire.Enrolled{
		Station: number, Certificate: cert.DER, Authority: s.authority.DER(), Expires: cert.Expires, RenewAfter: pki.RenewAfter(time.Now()),
	}, nil
}

// lines returns those of a batch that was not answered yet.
func (s *server) lines(r *http.Request, body []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var on []byte
	if st := s.stations[s.shown(r)]; st != nil && st.context.Name() == r.Header.Get(wire.ContextHeader) {
		on = st.context.Content()
	}
	raw, _ := unpack(body, on)
	return raw
}

func (s *server) store(st *station, context string, body []byte) (any, *wire.Problem) {
	var on []byte
	if context != "" && context != wire.NewContext {
		if on = st.context.Content(); context != st.context.Name() {
			return nil, problemOf(412, wire.CodeContext)
		}
	}
	raw, err := unpack(body, on)
	if err != nil {
		return nil, problemOf(422, wire.CodeMalformed)
	}
	s.packed += len(body)
	for line := range strings.Lines(raw) {
		line = strings.TrimSuffix(line, "\n")
		var r struct{ Seq uint64 }
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Seq == 0 {
			return nil, problemOf(422, wire.CodeMalformed)
		}
		if r.Seq <= st.last {
			st.twice++
			continue
		}
		st.last = r.Seq
		st.records[r.Seq] = line
	}
	switch context {
	case "":
		return &wire.Stored{Acknowledged: st.last}, nil
	case wire.NewContext:
		st.context = wire.Context{}
	}
	st.context.Append(st.context.After(body), []byte(raw))
	if s.forgets {
		st.context = wire.Context{}
	}
	return &wire.Stored{Acknowledged: st.last, NoContext: s.full}, nil
}

// forget loses what is remembered of all stations.
func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.stations {
		st.context = wire.Context{}
	}
}

// unpack returns the lines of a batch that is packed on what on holds.
func unpack(body, on []byte) (string, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1)}
	if len(on) > 0 {
		options = append(options, zstd.WithDecoderDictRaw(0, on))
	}
	d, err := zstd.NewReader(nil, options...)
	if err != nil {
		return "", err
	}
	defer d.Close()
	raw, err := d.DecodeAll(body, nil)
	return string(raw), err
}

func (s *server) station(number int64) station {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stations[number] == nil {
		return station{}
	}
	return *s.stations[number]
}

func (s *server) requests(path string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.times[path])
}

func (s *server) set(before func(w http.ResponseWriter, r *http.Request, body []byte) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

// agent is an uplink with a real spool and identity.
type agent struct {
	*Uplink
	t        *testing.T
	dir      string
	spool    *spool.Spool
	identity *identity.Identity
	client   *Client
	log      *logged
	run      string
	appended int
	parted   []time.Time
	stop     func()
}

// logged keeps the messages of a log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// newAgent prepares an agent whose state is kept in dir. Each how may change
// its configurations.
func newAgent(t *testing.T, s *server, dir string, how ...func(*ClientConfig, *Config)) *agent {
	t.Helper()
	a := &agent{t: t, dir: dir, log: &logged{}, run: strconv.FormatInt(time.Now().UnixNano(), 36)}
	var err error
	if a.identity, err = identity.Open(filepath.Join(dir, "identity"), s.authority.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if a.spool, err = spool.Open(spool.Config{Dir: filepath.Join(dir, "spool")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.spool.Close() })
	client := ClientConfig{Server: "https://" + serverAddress, Authority: s.authority.Fingerprint(), Identity: a.identity, NoProxy: true, Dial: s.net.dial}
	config := Config{
		Identity: a.identity, Settings: &identity.Config{EnrolmentKey: enrolmentKey}, Spool: a.spool, Began: time.Now(),
		Hello: func() wire.Hello {
			stats := a.spool.Stats()
			return wire.Hello{Machine: wire.Machine{Name: "pc"}, Run: a.run, Stream: wire.Stream{Last: stats.Last, Acknowledged: stats.Acknowledged}}
		},
		Parted: func(_ context.Context, since time.Time) error { a.parted = append(a.parted, since); return nil },
		Log:    slog.New(slog.NewTextHandler(a.log, nil)),
	}
	for _, h := range how {
		h(&client, &config)
	}
	if a.client, err = NewClient(client); err != nil {
		t.Fatal(err)
	}
	config.Client = a.client
	a.Uplink = New(config)
	return a
}

// begin runs the agent until a.stop, or the end of the test.
func (a *agent) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := a.Run(ctx); err != nil {
			a.t.Errorf("Run: %v", err)
		}
	}()
	a.stop = func() {
		cancel()
		<-done
		a.client.http.Load().CloseIdleConnections()
	}
}

// record appends n records.
func (a *agent) record(n int) {
	a.t.Helper()
	for range n {
		a.appended++
		if _, err := a.spool.Append(a.t.Context(), fmt.Appendf(nil, `{"kind":"start","pid":%d}`, a.appended)); err != nil {
			a.t.Fatal(err)
		}
	}
}

// wantAll holds the server to having each record once, under its number.
func wantAll(t *testing.T, st station, n int) {
	t.Helper()
	if len(st.records) != n || st.last != uint64(n) {
		t.Errorf("the server has %d records up to %d; want %d", len(st.records), st.last, n)
	}
	for seq, line := range st.records {
		if want := fmt.Sprintf(`{"seq":%d,"kind":"start","pid":%d}`, seq, seq); line != want {
			t.Errorf("record %d is %s; want %s", seq, line, want)
		}
	}
}

// gapOf returns the record as a gap.
func gapOf(t *testing.T, line string) event.Gap {
	t.Helper()
	var g event.Gap
	if err := json.Unmarshal([]byte(line), &g); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if err := g.Check(); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	return g
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
