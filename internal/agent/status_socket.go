//go:build !windows

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const superuser = "root"

const statusSocket = "status.sock"

// A socket is the door on systems with a mode for sockets.
type socket struct{ net.Listener }

// openDoor makes the socket. One that is there was left by an agent that was killed.
func openDoor(dir string) (door, error) {
	path := filepath.Join(dir, statusSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return socket{listener}, nil
}

func (s socket) answer(ctx context.Context, content func() []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	conn, err := s.Accept()
	if err != nil {
		return err
	}
	if conn.SetDeadline(time.Now().Add(statusTimeout)) == nil {
		_, _ = conn.Write(content()) // who asked may be gone already
	}
	_ = conn.Close()
	return nil
}

// knock connects to the agent whose state is in dir.
func knock(dir string) (io.ReadCloser, error) {
	conn, err := net.DialTimeout("unix", filepath.Join(dir, statusSocket), statusTimeout)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w: %w", errNobody, err)
	}
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(statusTimeout)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}
