package bench

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// Path is how events came the whole way: as stations send them, over TLS with a
// certificate each, decoded, checked, resolved, counted, committed, acknowledged.
// What stations do beforehand is not part of it, nor are the first events of each,
// which both sides remember to pack the others on.
type Path struct {
	Events       int64   `json:"events"`
	Batches      int64   `json:"batches"` // as many requests
	Seconds      float64 `json:"seconds"`
	PerSecond    float64 `json:"events_per_second"`
	WirePerEvent float64 `json:"wire_bytes_per_event"` // that reached the server's socket: TLS, headers and all
	AckP50MS     float64 `json:"acknowledged_p50_ms"`  // from sending a batch to its acknowledgement
	AckP99MS     float64 `json:"acknowledged_p99_ms"`
	AckMaxMS     float64 `json:"acknowledged_max_ms"`
	Busy         int64   `json:"busy"` // times that a station was asked to come again later
}

const (
	pathEvents  = 300_000 // that go the whole way in a stage, at most
	pathShare   = 5       // and at most one in so many of the stage
	pathSenders = 1000    // stations that send at the same time
	firstOfEach = 60      // events of each station that go before, with which what is remembered of it is full
)

// identities are what the fleet's stations need to call the server.
type identities struct {
	authority *pki.Authority
	dir       string
	secret    [32]byte
	certs     map[int64]tls.Certificate
}

func (b *bench) newIdentities(ctx context.Context) (*identities, error) {
	ids := &identities{certs: map[int64]tls.Certificate{}}
	var err error
	if ids.dir, err = os.MkdirTemp("", "eljefe-bench-keys-*"); err != nil {
		return nil, fmt.Errorf("make folder for keys: %w", err)
	}
	if ids.authority, err = pki.Open(ids.dir); err != nil {
		return nil, errors.Join(err, ids.remove())
	}
	_, _ = rand.Read(ids.secret[:]) // never fails
	if _, err := b.db.AddEnrolmentKey(ctx, store.EnrolmentKey{Name: "bench", CreatedBy: "bench"}, ids.secret); err != nil {
		return nil, errors.Join(err, ids.remove())
	}
	return ids, nil
}

func (ids *identities) remove() error { return os.RemoveAll(ids.dir) }

// enroll makes a station, and gives it a certificate.
func (b *bench) enroll(ctx context.Context, name string) (int64, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return 0, fmt.Errorf("make key: %w", err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return 0, fmt.Errorf("make certificate request: %w", err)
	}
	request, err := pki.ParseRequest(der)
	if err != nil {
		return 0, err
	}
	e := store.Enrolment{
		SecretHash: &b.identities.secret, PublicKey: request.PublicKey,
		Machine: wire.Machine{Name: name, Fingerprint: hexDigest(name), System: "Windows 11 Pro 24H2", Architecture: "amd64", AgentVersion: "bench"},
	}
	enrolled, err := b.db.Enroll(ctx, e, func(station int64) (store.Certificate, error) {
		c, err := b.identities.authority.SignStation(station, request, time.Now())
		if err != nil {
			return store.Certificate{}, err
		}
		return store.Certificate{Serial: c.Serial, PublicKey: request.PublicKey, Expires: c.Expires, DER: c.DER}, nil
	})
	if err != nil {
		return 0, err
	}
	b.identities.certs[enrolled.Station] = tls.Certificate{Certificate: [][]byte{enrolled.Certificate.DER}, PrivateKey: key}
	return enrolled.Station, nil
}

func hexDigest(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

// pathFirst is how many events measurePath sends before those that it measures.
func (b *bench) pathFirst() int64 { return firstOfEach * int64(b.Stations) }

// parcel is a batch as its station sends it.
type parcel struct {
	uplink.Batch
	events int
}

// measurePath sends about n events, what the fleet does next, to the agents' listener.
func (b *bench) measurePath(ctx context.Context, n int64) (p Path, err error) {
	sent := map[int64]*wire.Context{}
	first, err := b.pack(b.pathFirst(), sent)
	if err != nil {
		return p, err
	}
	parcels, err := b.pack(n, sent)
	if err != nil {
		return p, err
	}
	server, err := b.serveAgents(ctx)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	callers := make(map[int64]*http.Client, len(parcels))
	for id := range parcels {
		callers[id] = b.caller(id)
	}
	defer func() {
		for _, c := range callers {
			c.CloseIdleConnections()
		}
	}()
	// Stations stay connected, and what they sent before is remembered: beginning is
	// no part of sending.
	if err := b.sendAll(ctx, server, callers, first, new(Path)); err != nil {
		return p, err
	}
	background, stop := context.WithCancel(ctx)
	var fold sync.WaitGroup
	fold.Go(func() { b.foldOften(background) })
	defer fold.Wait()
	defer stop()

	server.received.Store(0)
	begun := time.Now()
	if err := b.sendAll(ctx, server, callers, parcels, &p); err != nil {
		return p, err
	}
	p.Seconds = time.Since(begun).Seconds()
	p.PerSecond = float64(p.Events) / p.Seconds
	p.WirePerEvent = float64(server.received.Load()) / float64(p.Events)
	return p, nil
}

// sendAll sends what all stations have, and counts it and times the answers.
func (b *bench) sendAll(ctx context.Context, server *agentsServer, callers map[int64]*http.Client, parcels map[int64][]parcel, p *Path) error {
	var mu sync.Mutex
	var acknowledged []time.Duration
	err := b.eachStation(parcels, func(id int64) error {
		for _, one := range parcels[id] {
			took, busy, err := server.send(ctx, callers[id], &one.Batch)
			if err != nil {
				return err
			}
			mu.Lock()
			acknowledged = append(acknowledged, took)
			p.Events, p.Batches, p.Busy = p.Events+int64(one.events), p.Batches+1, p.Busy+busy
			mu.Unlock()
		}
		return nil
	})
	b.stored += p.Events
	p.AckP50MS, p.AckP99MS, p.AckMaxMS = quantile(acknowledged, 0.5), quantile(acknowledged, 0.99), quantile(acknowledged, 1)
	return err
}

// eachStation calls f for every station, many at a time.
func (b *bench) eachStation(parcels map[int64][]parcel, f func(id int64) error) error {
	next := make(chan int64)
	errs := make([]error, pathSenders)
	var senders sync.WaitGroup
	for i := range errs {
		senders.Go(func() {
			for id := range next {
				if errs[i] == nil {
					errs[i] = f(id)
				}
			}
		})
	}
	for id := range parcels {
		next <- id
	}
	close(next)
	senders.Wait()
	return errors.Join(errs...)
}

// pack makes batches of about n events, what the fleet does next, by station. sent
// is what the server will remember of each.
func (b *bench) pack(n int64, sent map[int64]*wire.Context) (map[int64][]parcel, error) {
	packer, err := uplink.NewCompressor()
	if err != nil {
		return nil, err
	}
	parcels := map[int64][]parcel{}
	var lines bytes.Buffer
	for _, g := range b.generators {
		for left := n * int64(len(g.stations)) / int64(b.Stations); left > 0; {
			for _, batch := range g.Next(b.Batch) {
				lines.Reset()
				for i := range batch.Events {
					batch.Events[i].Station = "" // an agent does not say it with each event
					line, err := batch.Events[i].Line()
					if err != nil {
						return nil, fmt.Errorf("write event: %w", err)
					}
					lines.Write(line)
					lines.WriteByte('\n')
				}
				if sent[batch.Station] == nil {
					sent[batch.Station] = new(wire.Context)
				}
				on := sent[batch.Station]
				packed, err := packer.Pack(nil, lines.Bytes(), on)
				if err != nil {
					return nil, err
				}
				on.Append(on.After(packed.Body), lines.Bytes())
				parcels[batch.Station] = append(parcels[batch.Station], parcel{packed, len(batch.Events)})
				left -= int64(len(batch.Events))
			}
		}
	}
	return parcels, nil
}

// agentsServer is a listener for agents, in this process.
type agentsServer struct {
	base     string
	received atomic.Int64 // bytes
	stop     func() error
}

func (b *bench) serveAgents(ctx context.Context) (*agentsServer, error) {
	cert, err := b.identities.authority.KeepServer([]string{"localhost"})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &agentsServer{base: "https://" + listener.Addr().String()}
	live := ingest.NewLive(b.db, ingest.LiveConfig{})
	background, end := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { _ = live.Run(background) }) // never fails
	h := &http.Server{
		Handler:           agentapi.New(agentapi.Config{Store: b.db, Ingest: live, Authority: b.identities.authority, Log: b.Log}),
		ReadHeaderTimeout: time.Minute, TLSConfig: b.identities.authority.AgentsTLS(cert.Certificate),
	}
	served := make(chan error, 1)
	go func() { served <- h.ServeTLS(counted{listener, &s.received}, "", "") }()
	s.stop = func() error {
		err := h.Close()
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		end()
		work.Wait()
		return err
	}
	return s, nil
}

// counted counts the bytes that come in.
type counted struct {
	net.Listener
	received *atomic.Int64
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return countedConn{conn, c.received}, err
}

type countedConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.received.Add(int64(n))
	return n, err
}

// caller returns a client with a station's certificate and a connection of its own.
func (b *bench) caller(id int64) *http.Client {
	cfg, err := pki.AgentTLS(b.identities.authority.Fingerprint(), b.identities.authority.DER())
	if err != nil {
		panic(err) // of our own authority
	}
	cfg.Certificates = []tls.Certificate{b.identities.certs[id]}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1}, Timeout: time.Minute}
}

// send sends a batch until it is taken.
func (s *agentsServer) send(ctx context.Context, c *http.Client, batch *uplink.Batch) (took time.Duration, busy int64, err error) {
	begun := time.Now()
	for {
		var stored wire.Stored
		err := s.call(ctx, c, http.MethodPost, wire.PathEvents, batch, &stored)
		if again, ok := errors.AsType[*comeAgain](err); ok {
			busy++
			time.Sleep(again.after)
			continue
		}
		if err == nil && len(stored.Refused) > 0 {
			err = fmt.Errorf("the server refused record %d: %s", stored.Refused[0].Seq, stored.Refused[0].Reason)
		}
		return time.Since(begun), busy, err
	}
}

// comeAgain is the answer of a server that has too much to do.
type comeAgain struct{ after time.Duration }

func (c *comeAgain) Error() string { return "the server is busy" }

func (s *agentsServer) call(ctx context.Context, c *http.Client, method, path string, batch *uplink.Batch, out any) error {
	var body io.Reader
	if batch != nil {
		body = bytes.NewReader(batch.Body)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set(wire.VersionHeader, strconv.Itoa(wire.Version))
	if batch != nil {
		req.Header.Set(wire.ContextHeader, batch.Context)
		req.Header.Set("Content-Type", wire.ContentBatch)
		req.Header.Set("Content-Encoding", "zstd")
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, wire.MaxJSON))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		after, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 is as good as none
		return &comeAgain{time.Duration(max(after, 1)) * time.Second}
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, raw)
	case out == nil:
		return nil
	}
	return json.Unmarshal(raw, out)
}
