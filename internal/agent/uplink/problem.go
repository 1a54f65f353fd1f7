package uplink

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/eljefe/eljefe/internal/wire"
)

// Problem is an answer of the server that refuses a request.
type Problem struct {
	wire.Problem
	RetryAfter time.Duration // 0: the server did not say
}

func (p *Problem) Error() string {
	return fmt.Sprintf("the server answers %d (%s): %s", p.Status, p.Code, p.Detail)
}

// Is tells whether err is a Problem with one of the codes.
func Is(err error, codes ...string) bool {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if p.Code == code {
			return true
		}
	}
	return false
}

// ForeignError is an answer that no El Jefe server gives.
type ForeignError struct {
	Status     int
	Kind       string // media type of the answer
	What       string // is wrong with it
	RetryAfter time.Duration
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("what answers is no El Jefe server: the answer (status %d, %s) %s; is a proxy or a load balancer in between?", e.Status, e.Kind, e.What)
}

// ProxyError says that a proxy is in the way.
type ProxyError struct {
	Proxy  string // its address, without a password
	Reason string
	Err    error // may be nil
}

func (e *ProxyError) Error() string {
	text := "the proxy "
	if e.Proxy != "" {
		text += e.Proxy + " "
	}
	if text += e.Reason; e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *ProxyError) Unwrap() error { return e.Err }

// TrustError says that whoever answered could not prove to be the server.
type TrustError struct{ Err error }

func (e *TrustError) Error() string {
	text := "the server could not prove who it is: " + e.Err.Error()
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](e.Err); ok && invalid.Reason == x509.Expired {
		return text + "; compare this station's clock with the server's"
	}
	return text + "; is the address another server's, or does a proxy open the connection?"
}

// Unwrap returns the cause.
func (e *TrustError) Unwrap() error { return e.Err }

// problem turns an answer that is no success into an error.
func problem(res *http.Response, body []byte) error {
	p := &Problem{RetryAfter: retryAfter(res.Header.Get("Retry-After"), time.Now())}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if kind != "application/problem+json" && kind != "application/json" || json.Unmarshal(body, &p.Problem) != nil || p.Code == "" {
		return foreign(res, "is no problem as the protocol has them")
	}
	p.Status = res.StatusCode
	return p
}

func foreign(res *http.Response, what string) error {
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		kind = "of no type"
	}
	return &ForeignError{
		Status: res.StatusCode, Kind: kind, What: what,
		RetryAfter: retryAfter(res.Header.Get("Retry-After"), time.Now()),
	}
}

// proxyAnswer judges what a proxy says to CONNECT.
func proxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	switch res.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return &ProxyError{Proxy: proxy.Redacted(), Reason: "wants a name and a password: put both into proxy of the configuration (http://name:password@host:port)"}
	case http.StatusForbidden:
		return &ProxyError{Proxy: proxy.Redacted(), Reason: "does not allow the connection to the server (403): allow CONNECT to its address and port"}
	}
	return &ProxyError{Proxy: proxy.Redacted(), Reason: "refuses the connection to the server: " + res.Status}
}

// tooLarge tells whether something before the server finds a batch too large.
func tooLarge(err error) bool {
	f, ok := errors.AsType[*ForeignError](err)
	return ok && f.Status == http.StatusRequestEntityTooLarge
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(max(0, time.Duration(seconds)*time.Second), maxPause)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), maxPause)
	}
	return 0
}

// wanted returns how long the answer asks to wait, or 0.
func wanted(err error) time.Duration {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.RetryAfter
	}
	if f, ok := errors.AsType[*ForeignError](err); ok {
		return f.RetryAfter
	}
	return 0
}

// kind sorts errors for the log: those of one kind are told once.
func kind(err error) string {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p.Code
	}
	if _, ok := errors.AsType[*ForeignError](err); ok {
		return "foreign answer"
	}
	if _, ok := errors.AsType[*ProxyError](err); ok {
		return "proxy"
	}
	if _, ok := errors.AsType[*TrustError](err); ok {
		return "trust"
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return "network"
	}
	// Two errors that differ in a time or a port only are of one kind.
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, err.Error())
}
