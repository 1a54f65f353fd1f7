package uplink

import (
	"bytes"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// Whatever becomes of what the server remembers, each record arrives once; and
// that costs a few requests and bytes more, no more.
func TestSharedContext(t *testing.T) {
	const seconds = 300
	for _, test := range []struct {
		name      string
		prepare   func(s *server)
		mostBytes int // of a batch, on average
		again     int // batches that are sent twice, at most
	}{
		{name: "as it should be", prepare: func(*server) {}, mostBytes: 40},
		{name: "forgotten now and then", mostBytes: 50, again: seconds / 100, prepare: func(s *server) {
			var n atomic.Int64
			s.after = func(http.ResponseWriter) {
				if n.Add(1)%100 == 0 {
					s.forget()
				}
			}
		}},
		{name: "never remembered", mostBytes: 90, again: mostMisses, prepare: func(s *server) { s.forgets = true }},
		{name: "no room", mostBytes: 90, prepare: func(s *server) { s.full = true }},
		{name: "another content under the same name", mostBytes: 90, again: mostMisses, prepare: func(s *server) {
			s.set(func(w http.ResponseWriter, r *http.Request, _ []byte) bool {
				if name := r.Header.Get(wire.ContextHeader); name == "" || name == wire.NewContext || r.URL.Path != wire.PathEvents {
					return false
				}
				refuse(w, 422, wire.CodeMalformed, 0)
				return true
			})
		}},
		{name: "answers are lost", mostBytes: 60, again: seconds / 50, prepare: func(s *server) {
			var n atomic.Int64
			s.after = func(http.ResponseWriter) {
				if n.Add(1)%50 == 0 {
					panic(http.ErrAbortHandler)
				}
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				test.prepare(s)
				s.start()
				defer s.stop()
				a := newAgent(t, s, t.TempDir())
				a.begin()
				defer func() { a.stop() }()
				time.Sleep(10 * time.Second)
				for range seconds {
					a.record(1)
					time.Sleep(time.Second)
				}
				time.Sleep(10 * time.Minute)
				wantAll(t, s.station(1), seconds)
				if a.Status().GivenUp != 0 {
					t.Errorf("%d records were given up", a.Status().GivenUp)
				}
				batches := len(s.requests(wire.PathEvents))
				if batches > seconds+2*test.again {
					t.Errorf("%d requests for %d batches", batches, seconds)
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				if mean := s.packed / batches; mean > test.mostBytes {
					t.Errorf("a batch has %d bytes; want %d at most", mean, test.mostBytes)
				}
			})
		})
	}
}

// What is packed on a context comes out as it was, with that and with no other.
func TestCompressor(t *testing.T) {
	c, err := NewCompressor()
	if err != nil {
		t.Fatal(err)
	}
	var on, other wire.Context
	var out []byte
	for i := range 300 {
		lines := bytes.Repeat(fmt.Appendf(nil, `{"seq":%d,"kind":"start","image":"C:\\Windows\\System32\\conhost.exe"}`+"\n", i), 1+i*i%97*i)
		b, err := c.Pack(out, lines, &on)
		if err != nil {
			t.Fatal(err)
		}
		out = b.Body
		if b.Context != on.Name() {
			t.Fatalf("batch %d is on %q; want %q", i, b.Context, on.Name())
		}
		if got, err := unpack(b.Body, on.Content()); err != nil || got != string(lines) {
			t.Fatalf("batch %d of %d bytes came out as %d bytes, %v", i, len(lines), len(got), err)
		}
		if !on.Empty() {
			if got, err := unpack(b.Body, other.Content()); err == nil && got != string(lines) {
				t.Fatalf("batch %d came out as something else", i)
			}
		}
		other.Append(other.After(b.Body), lines[:len(lines)/2])
		on.Append(on.After(b.Body), lines)
	}
	alone, err := c.Pack(nil, []byte("{}\n"), nil)
	if got, bad := unpack(alone.Body, nil); err != nil || bad != nil || got != "{}\n" || alone.Context != "" {
		t.Errorf("what stands alone is on %q and comes out as %q, %v, %v", alone.Context, got, err, bad)
	}
}
