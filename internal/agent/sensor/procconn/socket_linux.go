package procconn

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Sizes of the socket's buffer: what is asked for, and at most one datagram.
const (
	buffer   = 16 << 20
	datagram = 8 << 10
)

// answerWithin is how long the kernel may take to say that it will tell.
const answerWithin = 2 * time.Second

// errLost says that the socket's buffer was full: messages were lost, how many
// their numbers tell.
var errLost = errors.New("messages were lost")

// A socket receives the kernel's messages.
type socket struct{ fd int }

// openSocket asks the kernel for its messages and waits until it agrees.
func openSocket() (*socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_CONNECTOR)
	if err != nil {
		return nil, fmt.Errorf("the kernel has no connector: %w", err)
	}
	s := &socket{fd}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return s, nil
}

func (s *socket) open() error {
	// The first needs CAP_NET_ADMIN, as all of this does; the second is for who has less.
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	if err := unix.Bind(s.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}); err != nil {
		return fmt.Errorf("listen to the process connector: %w", err)
	}
	if err := s.wait(100 * time.Millisecond); err != nil {
		return err
	}
	if err := unix.Sendto(s.fd, listen(true), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask the process connector to tell: %w", err)
	}
	for end := time.Now().Add(answerWithin); time.Now().Before(end); {
		messages, err := s.receive()
		if err != nil && !errors.Is(err, errLost) {
			return err
		}
		for _, m := range messages {
			switch {
			case m.what != answer: // others listen already, and it tells
				return nil
			case m.status != 0:
				return fmt.Errorf("the process connector refuses: %w", unix.Errno(m.status))
			default:
				return nil
			}
		}
	}
	return errors.New("the process connector does not answer: the kernel has no CONFIG_PROC_EVENTS, or the agent does not run in its first namespaces")
}

// wait says how long receive waits for a message.
func (s *socket) wait(d time.Duration) error {
	timeout := unix.NsecToTimeval(d.Nanoseconds())
	if err := unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return fmt.Errorf("listen to the process connector: %w", err)
	}
	return nil
}

// receive returns the next messages, none if there are none for a while, or errLost.
func (s *socket) receive() ([]message, error) {
	buf := make([]byte, datagram)
	n, from, err := unix.Recvfrom(s.fd, buf, 0)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil, nil
	case errors.Is(err, unix.ENOBUFS):
		return nil, errLost
	case err != nil:
		return nil, fmt.Errorf("listen to the process connector: %w", err)
	}
	if kernel, ok := from.(*unix.SockaddrNetlink); !ok || kernel.Pid != 0 {
		return nil, nil // another program's
	}
	return parse(buf[:n])
}

// close tells the kernel that nobody listens any more.
func (s *socket) close() error {
	err := unix.Sendto(s.fd, listen(false), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	return errors.Join(err, os.NewSyscallError("close", unix.Close(s.fd)))
}
