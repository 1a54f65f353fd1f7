package uplink

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// A copied disk becomes a station of its own, once, and tells the agent to let
// go of the other's records.
func TestClone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		a.begin()
		time.Sleep(10 * time.Second)
		s.set(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.URL.Path != wire.PathHello || s.shown(r) != 1 {
				return false
			}
			refuse(w, 409, wire.CodeCloned, 0)
			return true
		})
		defer func() { a.stop() }()
		time.Sleep(3 * time.Minute)
		a.record(5)
		time.Sleep(time.Minute)
		if got := a.Status().Station; got != 2 || !a.Status().Connected {
			t.Fatalf("the clone is station %d; want 2", got)
		}
		wantAll(t, s.station(2), 5)
		if len(a.parted) != 1 || !a.parted[0].Equal(a.cfg.Began) {
			t.Errorf("parted was called with %v; want once with %v", a.parted, a.cfg.Began)
		}
		again, err := identity.Open(filepath.Join(a.dir, "identity"), s.authority.Fingerprint())
		if err != nil {
			t.Fatal(err)
		}
		if st := again.Station(); st.Number != 2 || !st.RecordsSince.IsZero() {
			t.Errorf("on disk is station %d, with records since %v", st.Number, st.RecordsSince)
		}
	})
}

// Who was revoked asks seldom, keeps its records, and does not come back by itself.
func TestRevoked(t *testing.T) {
	for _, code := range []string{wire.CodeRevoked, wire.CodeRetired} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			s.start()
			defer s.stop()
			a := newAgent(t, s, t.TempDir())
			a.begin()
			defer func() { a.stop() }()
			time.Sleep(10 * time.Second)
			s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				refuse(w, 403, code, 0)
				return true
			})
			before := len(s.requests(wire.PathHello))
			a.record(20)
			time.Sleep(24 * time.Hour)
			if n := len(s.requests(wire.PathHello)) - before; n < 20 || n > 26 {
				t.Errorf("%s: %d hellos in a day; want one an hour", code, n)
			}
			if n := len(s.requests(wire.PathEnroll)); n != 1 {
				t.Errorf("%s: %d enrolments; want the first one only", code, n)
			}
			if n := len(s.requests(wire.PathEvents)); n > 1 {
				t.Errorf("%s: %d batches were sent", code, n)
			}
			s.set(nil)
			time.Sleep(2 * time.Hour)
			wantAll(t, s.station(1), 20)
		})
	}
}

func TestRenewal(t *testing.T) {
	if testing.Short() {
		t.Skip("half a year, hello by hello, takes seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.every = 4 * 3600
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(time.Hour)
		first := a.identity.Station()
		time.Sleep(pki.StationLife*2/3 - 24*time.Hour)
		if n := len(s.requests(wire.PathRenew)); n != 0 {
			t.Errorf("%d renewals within two thirds of the certificate's life", n)
		}
		// The first tries fail. When they begin differs by a quarter of what is left.
		s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Path == wire.PathRenew {
				refuse(w, 500, "internal", 0)
			}
			return r.URL.Path == wire.PathRenew
		})
		time.Sleep(pki.StationLife / 6)
		if n := len(s.requests(wire.PathRenew)); n < 24 || n > 60*24 {
			t.Errorf("%d tries to renew in vain", n)
		}
		s.set(nil)
		time.Sleep(24 * time.Hour)
		if st := a.identity.Station(); !st.Expires.After(first.Expires) || st.Number != 1 {
			t.Errorf("station %d has a certificate until %s, as before", st.Number, st.Expires)
		}
		a.record(3)
		time.Sleep(pki.StationLife / 3) // the first one has expired
		wantAll(t, s.station(1), 3)
		if n := len(s.requests(wire.PathEnroll)); n != 1 {
			t.Errorf("%d enrolments; want 1", n)
		}
	})
}

// A station that was away until its certificate had expired enrols again with
// the same key, and is the same station.
func TestAwayForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		a.begin()
		time.Sleep(time.Minute)
		a.stop()
		time.Sleep(pki.StationLife + 10*24*time.Hour)
		a.spool.Close()
		b := newAgent(t, s, a.dir)
		b.record(4)
		b.begin()
		time.Sleep(time.Minute)
		b.stop()
		wantAll(t, s.station(1), 4)

		// Without a key that is told, and asked for seldom.
		time.Sleep(pki.StationLife + 10*24*time.Hour)
		b.spool.Close()
		c := newAgent(t, s, a.dir, func(_ *ClientConfig, c *Config) { c.Settings = &identity.Config{} })
		c.begin()
		defer func() { c.stop() }()
		before := len(s.requests(wire.PathHello))
		time.Sleep(time.Hour)
		if n := len(s.requests(wire.PathHello)) - before; n > 13 {
			t.Errorf("%d hellos in an hour without a way in", n)
		}
		if p := c.Status().Problem; !strings.Contains(p, "enrolment key") {
			t.Errorf("the problem is %q", p)
		}
	})
}

func TestClockMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		var behind atomic.Int64
		behind.Store(int64(42 * time.Second))
		a := newAgent(t, s, t.TempDir(), func(_ *ClientConfig, c *Config) {
			c.Now = func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) }
		})
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(2 * time.Minute)
		if ms := a.Status().OffsetMS; ms < 41_900 || ms > 42_100 {
			t.Errorf("offset is %d ms; want 42000", ms)
		}
		if d := time.Until(a.ServerNow()).Abs(); d > 100*time.Millisecond {
			t.Errorf("the server's clock is %s off", d)
		}
		// The clock is set while nobody says hello, or the machine has slept: the
		// next hello does not wait.
		before := len(s.requests(wire.PathHello))
		behind.Store(0)
		time.Sleep(22 * time.Second)
		if n := len(s.requests(wire.PathHello)); n == before || a.Status().OffsetMS > 100 {
			t.Errorf("%d hellos after the clock was set; offset %d ms", n-before, a.Status().OffsetMS)
		}
		s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			refuse(w, 422, wire.CodeClock, 0)
			return true
		})
		a.record(3)
		time.Sleep(time.Hour)
		if n := len(s.requests(wire.PathHello)) - before; n < 55 || n > 75 {
			t.Errorf("%d hellos in an hour with a wrong clock; want about one a minute", n)
		}
		s.set(nil)
		time.Sleep(3 * time.Minute)
		wantAll(t, s.station(1), 3)
	})
}

// A hundred stations that start at one moment are served within a minute, by a
// server that does a few things at a time, and do not call all at once.
func TestFleetStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		var working atomic.Int32
		s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			defer working.Add(-1)
			if working.Add(1) > 4 {
				refuse(w, 429, wire.CodeBusy, 2)
				return true
			}
			time.Sleep(50 * time.Millisecond)
			return false
		})
		var agents []*agent
		stations := 100
		if testing.Short() {
			stations = 25
		}
		for range stations {
			a := newAgent(t, s, t.TempDir())
			a.record(10)
			agents = append(agents, a)
		}
		began := time.Now()
		for _, a := range agents {
			a.begin()
		}
		time.Sleep(time.Minute)
		for _, a := range agents {
			if got := a.Status(); got.Sent != 10 {
				t.Errorf("station %d has sent %d records after a minute: %s", got.Station, got.Sent, got.Problem)
			}
		}
		s.mu.Lock()
		calls := 0
		for _, at := range s.times[wire.PathEnroll] {
			if at.Sub(began) < time.Second {
				calls++
			}
		}
		s.mu.Unlock()
		if calls > stations*6/10 {
			t.Errorf("%d of %d stations call within the first second", calls, stations)
		}
		for _, a := range agents {
			a.stop()
		}
	})
}

// Whoever cannot prove to be the server is sent nothing.
func TestTrust(t *testing.T) {
	tests := []struct {
		name string
		how  func(t *testing.T, s *server)
		want string
	}{
		{"another authority", func(t *testing.T, s *server) {
			other := newServer(t)
			s.cert = other.cert
		}, "is not of the authority"},
		{"expired", func(t *testing.T, s *server) { time.Sleep(400 * 24 * time.Hour) }, "compare this station's clock"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				test.how(t, s)
				s.start()
				defer s.stop()
				a := newAgent(t, s, t.TempDir())
				a.begin()
				defer func() { a.stop() }()
				time.Sleep(time.Hour)
				if p := a.Status().Problem; !strings.Contains(p, test.want) {
					t.Errorf("the problem is %q; want %q in it", p, test.want)
				}
				if n := len(s.times); n != 0 {
					t.Errorf("requests were made: %v", s.times)
				}
				if n := a.log.count("level=WARN"); n != 1 {
					t.Errorf("it was told %d times", n)
				}
			})
		})
	}
}

// proxy is an HTTP proxy that wants a name and a password.
func proxy(n *network, l net.Listener, asked *atomic.Int32) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("bob:secret word"))
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			req, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				return
			}
			asked.Add(1)
			if req.Header.Get("Proxy-Authorization") != want {
				io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n")
				return
			}
			far, err := n.dial(req.Context(), "tcp", req.Host)
			if err != nil {
				io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
				return
			}
			defer far.Close()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			go func() {
				defer far.Close()
				io.Copy(far, conn)
			}()
			io.Copy(conn, far)
		}()
	}
}

func TestProxy(t *testing.T) {
	parse := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	tests := []struct {
		name   string
		config func(c *ClientConfig)
		want   string // in the problem; empty: it works
	}{
		{"with a password", func(c *ClientConfig) { c.Proxy = parse("http://bob:secret%20word@proxy.example.org:3128") }, ""},
		{"of the system", func(c *ClientConfig) {
			c.SystemProxy = func(*url.URL) (*url.URL, error) {
				return parse("http://bob:secret%20word@proxy.example.org:3128"), nil
			}
		}, ""},
		{"without a password", func(c *ClientConfig) { c.Proxy = parse("http://proxy.example.org:3128") }, "wants a name and a password"},
		{"with a wrong one", func(c *ClientConfig) { c.Proxy = parse("http://bob:hush@proxy.example.org:3128") }, "wants a name and a password"},
		{"not there", func(c *ClientConfig) { c.Proxy = parse("http://nowhere.example.org:3128") }, "the proxy cannot be reached"},
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		t.Setenv(name, "")
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				s.start()
				defer s.stop()
				l := s.net.listen("proxy.example.org:3128")
				defer l.Close()
				var asked atomic.Int32
				go proxy(s.net, l, &asked)
				a := newAgent(t, s, t.TempDir(), func(c *ClientConfig, _ *Config) {
					c.NoProxy = false
					test.config(c)
				})
				a.record(3)
				a.begin()
				defer func() { a.stop() }()
				time.Sleep(time.Minute)
				switch p := a.Status().Problem; {
				case test.want == "":
					wantAll(t, s.station(1), 3)
					if asked.Load() == 0 {
						t.Error("the proxy was not asked")
					}
				case !strings.Contains(p, test.want):
					t.Errorf("the problem is %q; want %q in it", p, test.want)
				}
				if a.log.count("hush")+a.log.count("secret") > 0 || strings.Contains(a.Status().Problem, "hush") {
					t.Errorf("the proxy's password is in the log:\n%s", a.log.text.String())
				}
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	refusal := &Problem{Problem: wire.Problem{Code: "internal"}}
	bound := firstPause
	for i := range 30 {
		if d := b.next(refusal); d < 0 || d >= bound {
			t.Errorf("pause %d is %s; want less than %s", i, d, bound)
		}
		bound = min(2*bound, maxPause)
	}
	if got := retryAfter("Mon, 23 Nov 2026 10:00:30 GMT", time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)); got != 30*time.Second {
		t.Errorf("Retry-After as a date gives %s", got)
	}
	for header, want := range map[string]time.Duration{"": 0, "x": 0, "-3": 0, "17": 17 * time.Second, "99999999": maxPause} {
		if got := retryAfter(header, time.Now()); got != want {
			t.Errorf("Retry-After %q gives %s; want %s", header, got, want)
		}
	}
}

// The requests of tasks and files, as a server sees them.
func TestTaskRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		var seen []string
		s.set(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
			seen = append(seen, r.Method+" "+r.URL.RequestURI()+" "+string(body))
			switch {
			case r.Method == http.MethodPost:
				w.WriteHeader(http.StatusNoContent)
			case strings.HasPrefix(r.URL.Path, "/agent/v1/files/"):
				w.Header().Set("Content-Type", "application/json")
				json.NewEncoder(w).Encode(wire.Received{Bytes: 7})
			default:
				w.Header().Set("Content-Type", "application/json")
				json.NewEncoder(w).Encode(wire.Tasks{Tasks: []wire.Task{{ID: 5, Verb: wire.Diagnose}}})
			}
			return true
		})
		c, ctx := newAgent(t, s, t.TempDir()).client, t.Context()
		defer func() { c.http.Load().CloseIdleConnections() }()
		tasks, err := c.Tasks(ctx, 50*time.Second)
		if err != nil || len(tasks) != 1 || tasks[0].ID != 5 {
			t.Errorf("tasks are %v, %v", tasks, err)
		}
		if err := c.Report(ctx, 5, &wire.TaskReport{State: wire.TaskDone}); err != nil {
			t.Error(err)
		}
		if got, err := c.Received(ctx, 5); err != nil || got.Bytes != 7 {
			t.Errorf("received %v, %v", got, err)
		}
		if _, err := c.Send(ctx, 5, 7, 12, []byte("abc")); err != nil {
			t.Error(err)
		}
		if _, err := c.Send(ctx, 5, 10, 12, []byte("de")); err != nil {
			t.Error(err)
		}
		want := []string{
			"GET /agent/v1/tasks?wait=50 ", `POST /agent/v1/tasks/5 {"state":"done"}`, "GET /agent/v1/files/5 ",
			"PUT /agent/v1/files/5?offset=7&size=12 abc", "PUT /agent/v1/files/5?offset=10&size=12&final=true de",
		}
		if !slices.Equal(seen, want) {
			t.Errorf("requests are\n%q\nwant\n%q", seen, want)
		}
	})
}
