package agentapi

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// from is a connection in memory that comes from an address.
type from struct {
	net.Conn
	address string
}

func (f from) RemoteAddr() net.Addr {
	at, err := net.ResolveTCPAddr("tcp", f.address)
	if err != nil {
		panic(err) // of the test's own
	}
	return at
}

func TestConnectionLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConnections(connectionLimits{all: 6, strangers: 4, ofAddress: 2, ofStation: 2, strangerLife: time.Minute}, nil)
		var ends []net.Conn // the other ends of connections
		enter := func(address, reason string) *connection {
			t.Helper()
			near, far := net.Pipe()
			own, got := c.enter(from{far, address})
			if got != reason {
				t.Errorf("from %s: %q; want %q", address, got, reason)
			}
			ends = append(ends, near)
			return own
		}
		first, second := enter("[2001:db8::1]:1", ""), enter("[2001:db8::2]:1", "")
		enter("[2001:db8::3]:1", tooManyOfSource)
		third, fourth := enter("192.0.2.1:1", ""), enter("192.0.2.2:1", "")
		enter("192.0.2.3:1", tooManyUnknown)
		if !first.known(7) || !second.known(7) || !second.known(7) {
			t.Error("a station's two connections are too many")
		}
		fifth := enter("[2001:db8::4]:1", "") // what stations have does not count
		if fifth.known(7) || fifth.station != 0 {
			t.Error("a station has more connections than it may")
		}
		enter("[2001:db8::5]:1", "")
		enter("192.0.2.4:1", tooManyInAll)
		if err := errors.Join(first.Close(), first.Close()); err != nil || c.count() != 5 {
			t.Errorf("after one was closed twice there are %d, %v; want 5", c.count(), err)
		}
		if !fifth.known(7) {
			t.Error("a station has a connection less, and may not have another")
		}
		// Who stays a stranger is cut off, the others are not.
		time.Sleep(time.Minute + time.Second)
		if c.count() != 2 || c.strangers != 0 || len(c.ofAddress) != 0 || !third.closed || !fourth.closed || second.closed || fifth.closed {
			t.Errorf("after a minute there are %d, of which %d are strangers; want the station's 2", c.count(), c.strangers)
		}
		if _, err := ends[3].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a stranger that was cut off reads %v; want the end", err)
		}
		if err := errors.Join(second.Close(), fifth.Close(), third.Close()); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
		if c.all != 0 || c.strangers != 0 || len(c.ofAddress) != 0 || len(c.ofStation) != 0 {
			t.Errorf("something is counted that is gone: %+v", c)
		}
	})
}

// However many connections are refused, the log tells it once a minute.
func TestRefusalsAreToldSeldom(t *testing.T) {
	var log strings.Builder
	now := time.Unix(1000, 0)
	a := &API{cfg: Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }}, warned: newLimiter(1, time.Minute)}
	a.metrics = newMetrics(nil, nil, nil, nil, nil)
	for range 100 {
		a.connectionRefused(tooManyUnknown, "192.0.2.1:7")
		now = now.Add(time.Second)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "count=60") {
		t.Errorf("in 100 s the log tells %d times; want twice, with the count:\n%s", n, log.String())
	}
}
