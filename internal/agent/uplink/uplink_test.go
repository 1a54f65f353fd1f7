package uplink

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

func TestDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		key := filepath.Join(t.TempDir(), "key")
		writeFile(t, key, enrolmentKey+"\n")
		a := newAgent(t, s, t.TempDir(), func(_ *ClientConfig, c *Config) {
			c.Settings = &identity.Config{EnrolmentKeyFile: key}
		})
		a.record(250)
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(10 * time.Second)
		a.record(50)
		time.Sleep(10 * time.Second)
		wantAll(t, s.station(1), 300)
		if got := a.spool.Stats().Acknowledged; got != 300 {
			t.Errorf("the spool has %d acknowledged; want 300", got)
		}
		if k, err := (&identity.Config{EnrolmentKeyFile: key}).Key(); k != "" || err != nil {
			t.Errorf("the enrolment key is still there: %q, %v", k, err)
		}
		status := a.Status()
		if !status.Connected || status.Station != 1 || status.Sent != 300 {
			t.Errorf("status is %+v", status)
		}

		// Started anew, it is the same station and sends nothing twice.
		a.stop()
		a.spool.Close()
		b := newAgent(t, s, a.dir)
		b.appended = 300
		b.record(5)
		b.begin()
		defer func() { b.stop() }()
		time.Sleep(10 * time.Second)
		st := s.station(1)
		wantAll(t, st, 305)
		if st.twice != 0 || len(s.requests(wire.PathEnroll)) != 1 {
			t.Errorf("%d records came twice, %d enrolments", st.twice, len(s.requests(wire.PathEnroll)))
		}
		time.Sleep(10 * time.Minute)
		if n := len(s.requests(wire.PathHello)); n < 10 || n > 15 {
			t.Errorf("%d hellos in ten minutes; want about one a minute", n)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if h := s.stations[1].hello; h.OffsetMS == nil || *h.OffsetMS < -100 || *h.OffsetMS > 100 {
			t.Errorf("the offset of equal clocks is %v", h.OffsetMS)
		}
	})
}

func TestServerComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		a := newAgent(t, s, t.TempDir())
		a.record(10)
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(time.Hour)
		s.start()
		defer s.stop()
		time.Sleep(maxPause + spread)
		wantAll(t, s.station(1), 10)
		if n := a.log.count("level=WARN"); n != 1 {
			t.Errorf("%d warnings for one failure:\n%s", n, a.log.text.String())
		}
		if n := a.log.count("works again"); n != 1 {
			t.Errorf("the recovery was told %d times", n)
		}
	})
}

// Each way in which a batch can fail without being refused ends with all records
// at the server, once.
func TestAwkwardServer(t *testing.T) {
	cut := func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }
	tests := []struct {
		name   string
		before func(w http.ResponseWriter, r *http.Request)
		after  func(w http.ResponseWriter)
	}{
		{name: "no answer after the commit", after: cut},
		{name: "an answer that breaks off", after: func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "100")
			w.Write([]byte(`{"acknow`))
			panic(http.ErrAbortHandler)
		}},
		{name: "no answer at all", before: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{name: "a cut before", before: func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }},
		{name: "busy", before: func(w http.ResponseWriter, _ *http.Request) { refuse(w, 429, wire.CodeBusy, 7) }},
		{name: "database away", before: func(w http.ResponseWriter, _ *http.Request) { refuse(w, 503, wire.CodeBusy, 0) }},
		{name: "internal error", before: func(w http.ResponseWriter, _ *http.Request) { refuse(w, 500, "internal", 0) }},
		{name: "a page of a portal", before: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Del(wire.VersionHeader)
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte("<html>Please log in"))
		}},
		{name: "a redirect", before: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://login.example.org/")
			w.WriteHeader(302)
		}},
		{name: "an endless answer", before: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 40 {
				w.Write(make([]byte, 64<<10))
			}
		}},
		{name: "a proxy's 502", before: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				s.start()
				defer s.stop()
				failures, late := 0, time.Now().Add(10*time.Minute)
				fails := func() bool {
					s.mu.Lock()
					defer s.mu.Unlock()
					failures++
					return failures <= 5 && time.Now().Before(late)
				}
				if test.before != nil {
					s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
						if r.URL.Path != wire.PathEvents || !fails() {
							return false
						}
						test.before(w, r)
						return true
					})
				}
				if test.after != nil {
					s.after = func(w http.ResponseWriter) {
						if fails() {
							test.after(w)
						}
					}
				}
				a := newAgent(t, s, t.TempDir())
				a.record(120)
				a.begin()
				defer func() { a.stop() }()
				time.Sleep(time.Hour)
				a.record(30)
				time.Sleep(time.Minute)
				wantAll(t, s.station(1), 150)
				if failures < 3 {
					t.Errorf("the server failed %d times; the test wants 3 at least", failures)
				}
				if a.Status().GivenUp != 0 {
					t.Errorf("%d records were given up", a.Status().GivenUp)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Path == wire.PathEvents {
				refuse(w, 429, wire.CodeBusy, 20)
			}
			return r.URL.Path == wire.PathEvents
		})
		a := newAgent(t, s, t.TempDir())
		a.record(1)
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(10 * time.Minute)
		times := s.requests(wire.PathEvents)
		if len(times) < 20 {
			t.Errorf("%d tries in ten minutes; Retry-After is 20 s", len(times))
		}
		for i := 1; i < len(times); i++ {
			if d := times[i].Sub(times[i-1]); d < 20*time.Second || d > 26*time.Second {
				t.Errorf("try %d came after %s; Retry-After is 20 s", i, d)
			}
		}
	})
}

// A record that the server cannot take is replaced by a gap, and only that one.
func TestMalformedRecord(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		code   string
		html   bool
	}{{"malformed", 422, wire.CodeMalformed, false}, {"too large", 413, wire.CodeTooLarge, false}, {"a proxy's limit", 413, "", true}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				s.start()
				defer s.stop()
				s.set(func(w http.ResponseWriter, r *http.Request, body []byte) bool {
					if r.URL.Path != wire.PathEvents || !strings.Contains(s.lines(r, body), `"pid":77}`) {
						return false
					}
					if test.html {
						http.Error(w, "entity too large", test.status)
					} else {
						refuse(w, test.status, test.code, 0)
					}
					return true
				})
				a := newAgent(t, s, t.TempDir())
				a.record(150)
				a.begin()
				defer func() { a.stop() }()
				time.Sleep(time.Minute)
				st := s.station(1)
				if len(st.records) != 150 {
					t.Fatalf("the server has %d records; want 150", len(st.records))
				}
				g := gapOf(t, st.records[77])
				if g.Cause != event.Refused || g.Events == nil || *g.Events != 1 || g.Seq != 77 {
					t.Errorf("in place of record 77 came %+v", g)
				}
				delete(st.records, 77)
				for seq, line := range st.records {
					if strings.Contains(line, "gap") {
						t.Errorf("record %d was given up too: %s", seq, line)
					}
				}
				if n := a.Status().GivenUp; n != 1 {
					t.Errorf("%d records given up; want 1", n)
				}
				if n := len(s.requests(wire.PathEvents)); n > 40 {
					t.Errorf("%d requests for 150 records of which one is bad", n)
				}
			})
		})
	}
}

// A server that takes nothing at all is not believed: the records stay.
func TestNothingIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
			if r.URL.Path == wire.PathEvents {
				refuse(w, 422, wire.CodeMalformed, 0)
			}
			return r.URL.Path == wire.PathEvents
		})
		a := newAgent(t, s, t.TempDir())
		a.record(100)
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(24 * time.Hour)
		if n := len(s.requests(wire.PathEvents)); n > 1500 {
			t.Errorf("%d requests in a day", n)
		}
		s.set(nil)
		time.Sleep(maxPause + time.Minute)
		st := s.station(1)
		if got := len(st.records); got < 99 {
			t.Errorf("the server has %d of 100 records; at most one may be left out", got)
		}
	})
}

// What the disk has made of a record must not keep others from being sent.
func TestUnfitRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		for _, r := range []string{`{"kind":"start","pid":1}`, `{}`, `not json`, "{\"a\":\n1}", `{"x":"` + strings.Repeat("x", wire.MaxLine) + `"}`, `{"kind":"start","pid":6}`} {
			if _, err := a.spool.Append(t.Context(), []byte(r)); err != nil {
				t.Fatal(err)
			}
		}
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(time.Minute)
		st := s.station(1)
		if st.records[1] != `{"seq":1,"kind":"start","pid":1}` || st.records[2] != `{"seq":2}` || st.records[6] != `{"seq":6,"kind":"start","pid":6}` {
			t.Errorf("good records came as %q, %q, %q", st.records[1], st.records[2], st.records[6])
		}
		for _, seq := range []uint64{3, 4, 5} {
			if g := gapOf(t, st.records[seq]); g.Cause != event.Refused {
				t.Errorf("record %d: %+v", seq, g)
			}
		}
	})
}

// A server that was restored while nobody called is asked before it is sent
// anything, and is given again what it lost.
func TestServerRestored(t *testing.T) {
	t.Run("HTTP/2", func(t *testing.T) { testServerRestored(t, false) })
	t.Run("HTTP/1.1", func(t *testing.T) { testServerRestored(t, true) })
}

func testServerRestored(t *testing.T, http1 bool) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.http1 = http1
		s.start()
		defer func() { s.stop() }()
		s.every = 3600
		a := newAgent(t, s, t.TempDir())
		a.record(100)
		a.begin()
		defer func() { a.stop() }()
		time.Sleep(time.Minute)
		wantAll(t, s.station(1), 100)

		s.stop()
		s.mu.Lock()
		s.stations[1].last = 40
		for seq := uint64(41); seq <= 100; seq++ {
			delete(s.stations[1].records, seq)
		}
		s.mu.Unlock()
		s.start()
		a.record(20)
		time.Sleep(time.Minute)
		wantAll(t, s.station(1), 120)
	})
}

// A station that was set back does not use numbers again.
func TestStationSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.start()
		defer s.stop()
		a := newAgent(t, s, t.TempDir())
		a.record(100)
		a.begin()
		time.Sleep(time.Minute)
		a.stop()

		// The spool is an older copy: here, one that is empty.
		a.spool.Close()
		b := newAgent(t, s, a.dir, func(_ *ClientConfig, c *Config) {
			older, err := spool.Open(spool.Config{Dir: filepath.Join(t.TempDir(), "spool")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { older.Close() })
			c.Spool = older
			c.Hello = func() wire.Hello {
				st := older.Stats()
				return wire.Hello{Stream: wire.Stream{Last: st.Last, Acknowledged: st.Acknowledged}}
			}
			for range 30 {
				if _, err := older.Append(t.Context(), []byte(`{"kind":"start","pid":9000}`)); err != nil {
					t.Fatal(err)
				}
			}
		})
		b.begin()
		defer func() { b.stop() }()
		time.Sleep(time.Minute)
		st := s.station(1)
		anew := 0
		for seq, line := range st.records {
			if strings.Contains(line, "9000") {
				anew++
				if seq <= 100 {
					t.Errorf("number %d was used again", seq)
				}
			}
		}
		if anew != 30 || len(st.records) != 130 {
			t.Errorf("%d of 30 records after the snapshot came, %d in all", anew, len(st.records))
		}
	})
}
