package uplink

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// How long a request may take, from the dial to the last byte of the answer.
const (
	dialTimeout  = 15 * time.Second
	shortTimeout = 30 * time.Second // hello, certificates, reports
	batchTimeout = 2 * time.Minute  // batches and pieces of files, over a slow line
	pollSlack    = 20 * time.Second // beyond the time that the server was asked to wait
)

// ClientConfig configures a Client.
type ClientConfig struct {
	Server    string             // https://host:port; required
	Authority string             // fingerprint of the server's authority; required
	Identity  *identity.Identity // whose certificate is shown; required

	// Proxy is the configured proxy, NoProxy that there is none. With neither,
	// the environment is asked (HTTPS_PROXY, NO_PROXY), and then SystemProxy,
	// which is the platform's and may be nil.
	Proxy       *url.URL
	NoProxy     bool
	SystemProxy func(*url.URL) (*url.URL, error)

	UserAgent string

	Dial func(ctx context.Context, network, address string) (net.Conn, error) // if nil, a net.Dialer's
}

// Client makes the requests of the protocol, one try each. It may be used by
// many goroutines.
type Client struct {
	cfg  ClientConfig
	http atomic.Pointer[http.Client]
}

// NewClient returns a client. It makes no request yet.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	c := &Client{cfg: cfg}
	if err := c.Reset(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reset lets go of all connections: those of an identity or a network that was.
// Requests under way end as they may.
func (c *Client) Reset() error {
	var authority []byte
	station := c.cfg.Identity.Station()
	if station != nil {
		authority = station.Authority
	}
	config, err := pki.AgentTLS(c.cfg.Authority, authority)
	if err != nil {
		return err
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if station == nil {
			return &tls.Certificate{}, nil // none
		}
		return &station.Certificate, nil
	}
	if verify := config.VerifyConnection; verify != nil {
		config.VerifyConnection = func(cs tls.ConnectionState) error {
			if err := verify(cs); err != nil {
				return &TrustError{Err: err}
			}
			return nil
		}
	}
	transport := &http.Transport{
		Proxy:                  c.proxy,
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            c.cfg.Dial,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        2 * time.Minute,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // answers are small
	}
	before := c.http.Swap(&http.Client{
		Transport: transport,
		// The protocol has no redirects: whoever sends one is not the server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	if before != nil {
		before.CloseIdleConnections()
	}
	return nil
}

// Enroll asks for a station's first certificate.
func (c *Client) Enroll(ctx context.Context, in *wire.EnrollRequest) (*wire.Enrolled, error) {
	return call[wire.Enrolled](ctx, c, wire.PathEnroll, in)
}

// Renew asks for the next certificate.
func (c *Client) Renew(ctx context.Context, in *wire.RenewRequest) (*wire.Enrolled, error) {
	return call[wire.Enrolled](ctx, c, wire.PathRenew, in)
}

// Hello tells how the station is.
func (c *Client) Hello(ctx context.Context, in *wire.Hello) (*wire.Welcome, error) {
	return call[wire.Welcome](ctx, c, wire.PathHello, in)
}

// Batch is a piece of the stream, as it is sent.
type Batch struct {
	Body    []byte // lines, compressed with zstd
	Context string // value of wire.ContextHeader: what it is packed on; "": it stands alone
}

// Events sends a batch. Unless anew is set, it sends it over a connection that was
// used before, or not at all (errNewConnection): behind a new one there may be a
// server that was restored from an older copy, which must be asked how far it
// goes.
func (c *Client) Events(ctx context.Context, batch Batch, anew bool) (*wire.Stored, error) {
	out := new(wire.Stored)
	return out, c.do(ctx, request{
		method: http.MethodPost, path: wire.PathEvents, body: batch.Body, kind: wire.ContentBatch, encoding: "zstd", context: batch.Context,
		limit: batchTimeout, usedOnly: !anew,
	}, out)
}

// Tasks asks what there is to do, and waits up to wait for something.
func (c *Client) Tasks(ctx context.Context, wait time.Duration) ([]wire.Task, error) {
	var out wire.Tasks
	path := wire.PathTasks + "?wait=" + strconv.Itoa(int(wait.Seconds()))
	err := c.do(ctx, request{method: http.MethodGet, path: path, limit: wait + pollSlack}, &out)
	return out.Tasks, err
}

// Report says how far a task has come.
func (c *Client) Report(ctx context.Context, task int64, report *wire.TaskReport) error {
	body, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return c.do(ctx, request{
		method: http.MethodPost, path: withTask(wire.PathTask, task), body: body, kind: "application/json", limit: shortTimeout,
	}, nil)
}

// Received asks how much of a task's file the server has.
func (c *Client) Received(ctx context.Context, task int64) (*wire.Received, error) {
	out := new(wire.Received)
	return out, c.do(ctx, request{method: http.MethodGet, path: withTask(wire.PathFile, task), limit: shortTimeout}, out)
}

// Send sends a piece of a task's file of size bytes. The piece begins at offset.
func (c *Client) Send(ctx context.Context, task, offset, size int64, piece []byte) (*wire.Received, error) {
	path := fmt.Sprintf("%s?offset=%d&size=%d", withTask(wire.PathFile, task), offset, size)
	if offset+int64(len(piece)) == size {
		path += "&final=true"
	}
	out := new(wire.Received)
	return out, c.do(ctx, request{
		method: http.MethodPut, path: path, body: piece, kind: "application/octet-stream", limit: batchTimeout,
	}, out)
}

// Piece fetches a piece of the agent's program that the station was offered. An
// empty one is its end.
func (c *Client) Piece(ctx context.Context, sha256 string, offset int64) ([]byte, error) {
	path := strings.Replace(wire.PathUpdate, "{sha256}", url.PathEscape(sha256), 1) + "?offset=" + strconv.FormatInt(offset, 10)
	var piece []byte
	err := c.do(ctx, request{method: http.MethodGet, path: path, limit: batchTimeout}, &piece)
	return piece, err
}

func withTask(path string, task int64) string {
	return path[:len(path)-len("{task}")] + strconv.FormatInt(task, 10)
}

func call[Out any](ctx context.Context, c *Client, path string, in any) (*Out, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	out := new(Out)
	return out, c.do(ctx, request{method: http.MethodPost, path: path, body: body, kind: "application/json", limit: shortTimeout}, out)
}

// request is one try of a request.
type request struct {
	method, path   string
	body           []byte
	kind, encoding string // Content-Type and Content-Encoding of the body
	context        string // wire.ContextHeader
	limit          time.Duration
	usedOnly       bool // fail with errNewConnection rather than send the body over a new connection
}

// do makes the request and decodes the answer into out, unless out is nil. A
// []byte gets the answer as it is. The error of an answer that is a problem is a
// *Problem.
func (c *Client) do(ctx context.Context, r request, out any) error {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.method, c.cfg.Server+r.path, bytes.NewReader(r.body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	if r.usedOnly {
		req = onlyUsed(req, r.body)
	}
	req.Header.Set(wire.VersionHeader, strconv.Itoa(wire.Version))
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	if r.encoding != "" {
		req.Header.Set("Content-Encoding", r.encoding)
	}
	if r.context != "" {
		req.Header.Set(wire.ContextHeader, r.context)
	}
	res, err := c.http.Load().Do(req)
	if err != nil {
		return fmt.Errorf("reach the server: %w", c.explain(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, wire.MaxJSON+1))
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if len(body) > wire.MaxJSON {
		return foreign(res, "is longer than any answer of the protocol")
	}
	if res.StatusCode >= 300 {
		return problem(res, body)
	}
	if res.Header.Get(wire.VersionHeader) == "" {
		return foreign(res, "does not have the header "+wire.VersionHeader)
	}
	if out == nil {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if raw, ok := out.(*[]byte); ok {
		if kind != "application/octet-stream" {
			return foreign(res, "is no piece of a program")
		}
		*raw = body
		return nil
	}
	if kind != "application/json" {
		return foreign(res, "is not JSON")
	}
	if err := json.Unmarshal(body, out); err != nil {
		return foreign(res, "is no JSON that the protocol has: "+err.Error())
	}
	return nil
}

// proxy chooses the proxy for a request.
func (c *Client) proxy(req *http.Request) (*url.URL, error) {
	switch {
	case c.cfg.NoProxy:
		return nil, nil
	case c.cfg.Proxy != nil:
		return c.cfg.Proxy, nil
	}
	// An environment that names a proxy decides, also where it says that this server needs none.
	named := os.Getenv("HTTPS_PROXY") != "" || os.Getenv("https_proxy") != ""
	if named || c.cfg.SystemProxy == nil {
		return http.ProxyFromEnvironment(req)
	}
	return c.cfg.SystemProxy(req.URL)
}

// explain says of an error before any answer what a person can do about it.
func (c *Client) explain(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // its text repeats the address
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		return &ProxyError{Reason: "cannot be reached", Err: e.Err}
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &TrustError{Err: e.Err}
	}
	return err
}
