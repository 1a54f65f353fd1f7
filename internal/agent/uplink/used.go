package uplink

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// errNewConnection says that a request was not made, because it would have gone
// over a new connection.
var errNewConnection = errors.New("the connection is new: the server must be greeted first")

// onlyUsed makes the body of req unreadable on connections that were not used
// before. The server gets a request without its body, and does nothing.
func onlyUsed(req *http.Request, body []byte) *http.Request {
	fresh := new(atomic.Bool)
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if !c.Reused {
			fresh.Store(true)
		}
	}}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	length := int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return &guarded{Reader: bytes.NewReader(body), fresh: fresh}, nil }
	req.Body, _ = req.GetBody() // never fails
	req.ContentLength = length
	return req
}

// guarded is a body that can be read only while fresh is false.
type guarded struct {
	*bytes.Reader
	fresh *atomic.Bool
}

func (g *guarded) Read(p []byte) (int, error) {
	if g.fresh.Load() {
		return 0, errNewConnection
	}
	return g.Reader.Read(p)
}

// WriteTo hides that of the reader, which would go past Read.
func (g *guarded) WriteTo(w io.Writer) (int64, error) {
	if g.fresh.Load() {
		return 0, errNewConnection
	}
	return g.Reader.WriteTo(w)
}

func (g *guarded) Close() error { return nil }
