package uplink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// What really goes wrong on a network is told apart.
func TestReasons(t *testing.T) {
	s := newServer(t)
	id, err := identity.Open(filepath.Join(t.TempDir(), "identity"), s.authority.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "https://" + free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	serve := func(begin func(*httptest.Server), handler http.HandlerFunc) string {
		h := httptest.NewUnstartedServer(handler)
		h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
		begin(h)
		t.Cleanup(h.Close)
		return "https://" + h.Listener.Addr().String()
	}
	withTLS := func(a *pki.Authority, how ...func(*tls.Config)) func(*httptest.Server) {
		cert, err := a.KeepServer([]string{"localhost"})
		if err != nil {
			t.Fatal(err)
		}
		return func(h *httptest.Server) {
			h.TLS = a.AgentsTLS(cert.Certificate)
			for _, change := range how {
				change(h.TLS)
			}
			h.StartTLS()
		}
	}
	refusing := func(status int, code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(wire.VersionHeader, "1")
			refuse(w, status, code, 0)
		}
	}
	own, other := withTLS(s.authority), withTLS(newServer(t).authority)
	first := withTLS(s.authority, func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} })
	before := withTLS(s.authority, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 })
	dialing := func(err error) func(*ClientConfig) {
		return func(c *ClientConfig) {
			c.Dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
			}
		}
	}
	proxied := func(to string) func(*ClientConfig) {
		return func(c *ClientConfig) {
			proxy, err := url.Parse("http" + to[len("https"):])
			if err != nil {
				t.Fatal(err)
			}
			c.NoProxy, c.Proxy = false, proxy
		}
	}
	silent := serve(own, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, test := range []struct {
		name   string
		server string
		how    func(*ClientConfig)
		want   Reason
		said   string
	}{
		{name: "nothing listens", server: closed, want: ReasonClosed},
		{name: "nothing listens, on Windows", server: "https://x", how: dialing(syscall.Errno(10061)), want: ReasonClosed},
		{name: "no such name", server: "https://x", how: dialing(&net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}), want: ReasonName},
		{name: "no way there", server: "https://x", how: dialing(syscall.EHOSTUNREACH), want: ReasonUnreachable},
		{name: "no answer", server: silent, want: ReasonUnreachable},
		{name: "cut off", server: serve(first, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), want: ReasonUnreachable},
		{name: "no TLS", server: serve((*httptest.Server).Start, http.NotFound), want: ReasonForeign},
		{name: "TLS of before", server: serve(before, http.NotFound), want: ReasonForeign},
		{name: "another service", server: serve(own, http.NotFound), want: ReasonForeign},
		{name: "another authority", server: serve(other, http.NotFound), want: ReasonTrust},
		{name: "a stranger", server: serve((*httptest.Server).StartTLS, http.NotFound), want: ReasonTrust},
		{name: "no proxy", server: closed, how: proxied(closed), want: ReasonProxy},
		{name: "a proxy that refuses", server: closed, how: proxied(serve((*httptest.Server).Start, refusing(403, ""))), want: ReasonProxy},
		{name: "key", server: serve(own, refusing(403, wire.CodeKey)), want: ReasonKey, said: "as the test wants it"},
		{name: "revoked", server: serve(own, refusing(403, wire.CodeRevoked)), want: ReasonRevoked, said: "as the test wants it"},
		{name: "retired", server: serve(own, refusing(403, wire.CodeRetired)), want: ReasonRetired, said: "as the test wants it"},
		{name: "version", server: serve(own, refusing(426, wire.CodeVersion)), want: ReasonVersion, said: "as the test wants it"},
		{name: "clock", server: serve(own, refusing(422, wire.CodeClock)), want: ReasonClock, said: "as the test wants it"},
		{name: "busy", server: serve(own, refusing(503, wire.CodeBusy)), want: ReasonBusy, said: "as the test wants it"},
		{name: "what else it may say", server: serve(own, refusing(404, wire.CodeUnknownTask)), want: ReasonOther, said: "as the test wants it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := ClientConfig{Server: test.server, Authority: s.authority.Fingerprint(), Identity: id, NoProxy: true}
			if test.how != nil {
				test.how(&config)
			}
			c, err := NewClient(config)
			if err != nil {
				t.Fatal(err)
			}
			limit := 10 * time.Second
			if test.server == silent {
				limit = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			_, err = c.Hello(ctx, &wire.Hello{})
			status := Status{Connected: true}
			status.tell(fmt.Errorf("say hello: %w", err))
			if err == nil || status.Reason != test.want || status.Said != test.said || status.Problem != "say hello: "+err.Error() {
				t.Errorf("%v: the status is %+v; want the reason %s", err, status, test.want)
			}
			status.tell(nil)
			if status != (Status{Connected: true}) {
				t.Errorf("with contact the status is %+v", status)
			}
		})
	}
	var talks Status
	talks.tell(&Problem{Problem: wire.Problem{Code: wire.CodeKey, Detail: strings.Repeat("é", 5000)}})
	if n := len(talks.Said) + len(talks.Problem); n > 2100 || !utf8.ValidString(talks.Said) || !strings.HasSuffix(talks.Said, "é…") {
		t.Errorf("of a long answer %d bytes are told, ending in %q", n, talks.Said[len(talks.Said)-6:])
	}
	for want, err := range map[Reason]error{ReasonNoKey: fmt.Errorf("enrol: %w", errNoKey), ReasonUnreachable: fmt.Errorf("read: %w", io.ErrUnexpectedEOF), ReasonOther: errors.New("x")} {
		if got := ReasonOf(err); got != want {
			t.Errorf("%v: got %s; want %s", err, got, want)
		}
	}
}

// A certificate that is of no use any more is told from one of another authority:
// one of the clocks may be wrong.
func TestReasonOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		time.Sleep(50 * 365 * 24 * time.Hour)
		_, err := a.client.Hello(t.Context(), &wire.Hello{})
		if got := ReasonOf(err); got != ReasonTime {
			t.Errorf("%v: got %s; want %s", err, got, ReasonTime)
		}
	})
}
