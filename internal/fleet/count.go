package fleet

import (
	"context"
	"net"
	"time"
)

// dial connects a station. What goes over the connection is counted.
func (f *Fleet) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{conn, &f.figures}, nil
}

type countedConn struct {
	net.Conn
	figures *figures
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.figures.wireReceived.Add(uint64(n))
	return n, err
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.figures.wireSent.Add(uint64(n))
	return n, err
}
