//go:build unix

package agentapi_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// Strangers of one address, who say nothing, keep out neither the stations that
// are there nor, once they are gone, those that come.
func TestStrangersOfOneAddress(t *testing.T) {
	r := newRig(t, options{http2: true})
	a, b := r.agent(t, "alpha"), r.agent(t, "beta")
	a.send(record(1)).into(t, new(wire.Stored))
	b.client.CloseIdleConnections()
	address := r.http.Listener.Addr().String()
	var strangers []net.Conn
	refused := false
	for len(strangers) < 300 && !refused {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		strangers = append(strangers, conn)
		if len(strangers) >= 240 {
			refused = isClosed(t, conn)
		}
	}
	if !refused || len(strangers) < 249 {
		t.Fatalf("of %d silent connections the last is refused: %t; want it from about the 250th on", len(strangers), refused)
	}
	if _, err := b.try("POST", wire.PathHello, b.hello); err == nil {
		t.Error("one more connection of that address is served")
	}
	a.send(record(2)).into(t, new(wire.Stored)) // whose connection was there before
	for _, conn := range strangers {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	for tries := 0; ; tries++ { // the server notices that they are gone
		got, err := b.try("POST", wire.PathHello, b.hello)
		if err == nil && got.status == 200 {
			break
		}
		if tries > 100 {
			t.Fatalf("a station is not let in again: %v, %s", err, got.body)
		}
		time.Sleep(20 * time.Millisecond)
	}
	counted := map[string]float64{}
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		counted[f.GetName()] = f.Metric[0].GetCounter().GetValue() + f.Metric[0].GetGauge().GetValue()
	}
	if n := counted["eljefe_agent_connections_refused_total"]; n < 2 {
		t.Errorf("%g refused connections are counted; want 2 at least", n)
	}
	if n := counted["eljefe_agent_connections"]; n < 2 || n > 20 {
		t.Errorf("%g connections are counted as open; want those of two stations", n)
	}
}

// isClosed tells whether the server closes the connection without a word.
func isClosed(t *testing.T, conn net.Conn) bool {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Read(make([]byte, 1))
	return errors.Is(err, io.EOF) || err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// Hundreds of connections with certificates come from one address, as from behind
// one router.
func TestManyStationsOfOneAddress(t *testing.T) {
	r := newRig(t, options{})
	agents := make([]*agent, 400)
	first := r.agent(t, "alpha")
	for i := range agents {
		if agents[i] = r.stranger(t, "alpha"); i%20 == 0 {
			agents[i].enrol() // each for 20 connections
			continue
		}
		agents[i].key, agents[i].station, agents[i].hello = agents[i-1].key, agents[i-1].station, agents[i-1].hello
		agents[i].show(agents[i-1].cert)
	}
	var group sync.WaitGroup
	for i, a := range agents {
		group.Go(func() {
			if got, err := a.try("POST", wire.PathHello, a.hello); err != nil || got.status != 200 {
				t.Errorf("connection %d: %v, %s", i, err, got.body)
			}
		})
		if i%100 == 99 {
			group.Wait() // they stay open
		}
	}
	group.Wait()
	first.acknowledged()
}
