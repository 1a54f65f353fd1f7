package agentapi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// connectionLimits bound the connections of the agents' listener. A stranger is
// one that has not made a request with a station's certificate yet: the limit of
// an address counts nothing else, because a whole company may come from one.
type connectionLimits struct {
	all          int
	strangers    int
	ofAddress    int           // strangers of one address (IPv6: one /64)
	ofStation    int           // those that show its certificate; it needs one, and old ones end late
	strangerLife time.Duration // until a stranger is cut off
}

func usualConnections() connectionLimits {
	return connectionLimits{all: mostWaiters + 5000, strangers: 2000, ofAddress: 250, ofStation: 32, strangerLife: time.Minute}
}

// connections are those of a listener.
type connections struct {
	limits  connectionLimits
	refused func(reason, address string)

	mu        sync.Mutex
	all       int
	strangers int
	ofAddress map[string]int // strangers
	ofStation map[int64]int
}

func newConnections(limits connectionLimits, refused func(reason, address string)) *connections {
	return &connections{limits: limits, refused: refused, ofAddress: map[string]int{}, ofStation: map[int64]int{}}
}

// Why a connection is not served.
const (
	tooManyInAll    = "too many connections"
	tooManyUnknown  = "too many connections without a station's certificate"
	tooManyOfSource = "too many connections without a station's certificate from one address"
	tooManyOfOne    = "too many connections of one station"
)

// connection is one of them. What it is, its connections' mu guards.
type connection struct {
	net.Conn
	of      *connections
	address string // neighbourhood
	station int64  // 0: a stranger
	closed  bool
	life    *time.Timer
}

// enter counts a new connection, or says why it is not served.
func (c *connections) enter(conn net.Conn) (*connection, string) {
	address := neighbourhood(hostOf(conn.RemoteAddr().String()))
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.all >= c.limits.all:
		return nil, tooManyInAll
	case c.strangers >= c.limits.strangers:
		return nil, tooManyUnknown
	case c.ofAddress[address] >= c.limits.ofAddress:
		return nil, tooManyOfSource
	}
	c.all++
	c.strangers++
	c.ofAddress[address]++
	own := &connection{Conn: conn, of: c, address: address}
	own.life = time.AfterFunc(c.limits.strangerLife, func() { _ = own.Close() }) // it is a stranger's: nobody is to be told
	return own, ""
}

// known notes whose connection it is. It is false where the station has too many.
func (c *connection) known(station int64) bool {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.closed || c.station != 0 {
		return true
	}
	if c.of.ofStation[station] >= c.of.limits.ofStation {
		return false
	}
	c.life.Stop()
	c.leaveStrangers()
	c.station = station
	c.of.ofStation[station]++
	return true
}

func (c *connection) leaveStrangers() {
	c.of.strangers--
	if c.of.ofAddress[c.address]--; c.of.ofAddress[c.address] == 0 {
		delete(c.of.ofAddress, c.address)
	}
}

// Close ends the connection, and counts it no more.
func (c *connection) Close() error {
	c.of.mu.Lock()
	if !c.closed {
		c.closed = true
		c.life.Stop()
		c.of.all--
		if c.station == 0 {
			c.leaveStrangers()
		} else if c.of.ofStation[c.station]--; c.of.ofStation[c.station] == 0 {
			delete(c.of.ofStation, c.station)
		}
	}
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// count returns how many there are.
func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// Limit returns a listener that takes connections of l, below TLS, as far as they
// are within bounds. The others are closed at once.
func (a *API) Limit(l net.Listener) net.Listener { return &limited{l, a.connections} }

type limited struct {
	net.Listener
	connections *connections
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		own, reason := l.connections.enter(conn)
		if reason == "" {
			return own, nil
		}
		l.connections.refused(reason, conn.RemoteAddr().String())
		_ = conn.Close() // it was not used
	}
}

type connectionKey struct{}

// ConnContext is for the http.Server whose listener is Limit's: it lets requests
// know their connection.
func (a *API) ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if own, ok := conn.(*connection); ok {
		return context.WithValue(ctx, connectionKey{}, own)
	}
	return ctx
}

// admit notes that the call's connection is its station's.
func (a *API) admit(c *call) error {
	own, ok := c.Context().Value(connectionKey{}).(*connection)
	if !ok || own.known(c.number()) {
		return nil
	}
	a.connections.refused(tooManyOfOne, c.RemoteAddr)
	c.w.Header().Set("Connection", "close")
	f := fail(http.StatusTooManyRequests, wire.CodeBusy, "station %d has %d other connections", c.number(), a.connections.limits.ofStation)
	f.retryAfter = seconds(30, 90)
	return f
}

// refusals are refused connections of which the log has not told yet.
type refusals struct {
	mu    sync.Mutex
	count int
}

// connectionRefused counts a connection that is not served, and tells of it at
// most once a minute.
func (a *API) connectionRefused(reason, address string) {
	a.metrics.turnedAway.Inc()
	a.refusals.mu.Lock()
	defer a.refusals.mu.Unlock()
	a.refusals.count++
	if !a.warned.allow("connections", a.cfg.Now()) {
		return
	}
	a.cfg.Log.Warn("agents' connections refused", "reason", reason, "address", address, "count", a.refusals.count)
	a.refusals.count = 0
}
