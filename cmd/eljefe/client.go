package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/server"
	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// remote says how to reach a server from elsewhere. Without it, a command works
// on the database of the server's own machine.
type remote struct {
	Server    string `help:"Address of a server to work on from elsewhere, as https://jefe.example:8443." placeholder:"URL"`
	Token     string `help:"Token for that server." placeholder:"TOKEN"`
	Authority string `help:"SHA-256 of the authority that signed the server's certificate, as serve prints it." placeholder:"HEX"`
}

// client speaks the API, over the network or within this process.
type client struct {
	http  *http.Client
	base  string
	token string
}

// connect returns a client and a function that ends it.
func (r *remote) connect(ctx context.Context, a *app) (*client, func() error, error) {
	if r.Server != "" {
		c, err := r.dial()
		return c, func() error { return nil }, err
	}
	if a.DatabaseURL == "" && !server.HasDatabase(a.DataDir) {
		return nil, nil, fmt.Errorf("there is no El Jefe in %s; name its folder with --data-dir, or its database with --database-url, or start \"eljefe serve\" first", a.DataDir)
	}
	db, closeDB, err := server.OpenStore(ctx, a.DataDir, a.DatabaseURL, a.log())
	if err != nil {
		return nil, nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	clients, err := localClients(a)
	if err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	return localClient(db, clients, a), closeDB, nil
}

// use runs f with a client.
func (r *remote) use(ctx context.Context, a *app, f func(*client) error) (err error) {
	cl, end, err := r.connect(ctx, a)
	if err != nil {
		return err
	}
	defer closeAfter(end, &err)
	return f(cl)
}

func (r *remote) dial() (*client, error) {
	u, err := url.Parse(r.Server)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--server %q is not an address like https://jefe.example:8443", r.Server)
	}
	if r.Token == "" {
		return nil, errors.New("--token is missing; make one under Settings, Tokens, or with \"eljefe token add\" on the server")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if r.Authority != "" {
		want, err := hex.DecodeString(strings.ReplaceAll(r.Authority, ":", ""))
		if err != nil || len(want) != sha256.Size {
			return nil, fmt.Errorf("--authority is not a SHA-256 of 64 hexadecimal digits")
		}
		transport.TLSClientConfig = &tls.Config{
			InsecureSkipVerify: true, // the check below takes its place
			VerifyConnection:   func(s tls.ConnectionState) error { return verifyPinned(s, want) },
			ServerName:         u.Hostname(),
			MinVersion:         tls.VersionTLS12,
		}
	}
	return &client{http: &http.Client{Transport: transport}, base: strings.TrimSuffix(r.Server, "/"), token: r.Token}, nil
}

// verifyPinned checks that the chain ends at the pinned authority.
func verifyPinned(s tls.ConnectionState, want []byte) error {
	roots := x509.NewCertPool()
	found := false
	for _, c := range s.PeerCertificates {
		if sum := sha256.Sum256(c.Raw); bytes.Equal(sum[:], want) {
			roots.AddCert(c)
			found = true
		}
	}
	if !found {
		return errors.New("the server's certificate is not signed by the authority that --authority names")
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: s.ServerName})
	return err
}

// localUser is who the audit names for what was done on the server's machine.
const localUser = "command line"

// localClient speaks to an API of its own in this process, with all rights:
// whoever can open the database has them anyway.
func localClient(db *store.Store, clients *api.Clients, a *app) *client {
	handler := api.New(api.Config{Store: db, Auth: auth.New(db), Clients: clients, Log: a.log(), Version: version, Private: a.DatabaseURL == ""})
	admin := &auth.Caller{User: &store.User{Name: localUser, Role: auth.Administrator}, Role: auth.Administrator}
	return &client{http: &http.Client{Transport: inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(auth.WithCaller(r.Context(), admin)))
	})}}, base: "http://local"}
}

// apiPath is where the API begins.
const apiPath = "/api/v1"

// do sends a request and returns the answer if it is a success. The caller
// closes the body.
func (c *client) do(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	address := c.base + apiPath + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.roundTrip(req)
}

// roundTrip sends a request; an answer that is no success becomes an error with
// the server's words.
func (c *client) roundTrip(req *http.Request) (*http.Response, error) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }()
	var p api.Problem
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&p); err != nil || p.Detail == "" {
		return nil, fmt.Errorf("the server answers %s", res.Status)
	}
	text := p.Detail
	for _, e := range p.Errors {
		if !strings.Contains(text, e.Message) {
			text += "; " + strings.TrimPrefix(e.Location+": ", ": ") + e.Message
		}
	}
	if p.Position != nil {
		text += fmt.Sprintf(" (at character %d)", *p.Position+1)
	}
	if p.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %s?", p.Suggestion)
	}
	return nil, errors.New(text)
}

// call sends in as JSON, if it is not nil, and reads the answer into out, if
// that is not nil.
func (c *client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	res, err := c.do(ctx, method, path, query, body)
	return readAnswer(res, err, out)
}

// send sends a request and reads the answer into out.
func (c *client) send(req *http.Request, out any) error {
	res, err := c.roundTrip(req)
	return readAnswer(res, err, out)
}

func readAnswer(res *http.Response, failed error, out any) (err error) {
	if failed != nil {
		return failed
	}
	defer closeAfter(res.Body.Close, &err)
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// closeAfter closes and keeps the error beside the one that there may be.
func closeAfter(closeIt func() error, err *error) { *err = errors.Join(*err, closeIt()) }

// inProcess answers requests by a handler in this process; bodies stream.
type inProcess struct{ handler http.Handler }

// RoundTrip starts the handler and returns when it has sent its header.
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	r := req.Clone(req.Context())
	r.RequestURI, r.RemoteAddr = req.URL.RequestURI(), "local"
	if r.Body == nil {
		r.Body = http.NoBody
	}
	read, write := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: write, sent: make(chan struct{})}
	go func() {
		defer func() {
			w.WriteHeader(http.StatusOK)
			if v := recover(); v != nil {
				_ = write.CloseWithError(fmt.Errorf("the answer broke off: %v", v))
				return
			}
			_ = write.Close()
		}()
		t.handler.ServeHTTP(w, r)
	}()
	select {
	case <-w.sent:
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header.Clone(), Body: read, ContentLength: -1, Request: req,
	}, nil
}

// pipeWriter is the handler's side of an answer.
type pipeWriter struct {
	header http.Header
	body   *io.PipeWriter
	status int
	sent   chan struct{}
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
		close(w.sent)
	}
}

func (w *pipeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// SetReadDeadline is for http.ResponseController; there is no connection.
func (w *pipeWriter) SetReadDeadline(time.Time) error { return nil }
