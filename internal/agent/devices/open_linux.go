package devices

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/eljefe/eljefe/internal/agent/sensor/linuxproc"
)

const (
	kernelGroup  = 1       // of NETLINK_KOBJECT_UEVENT: what the kernel itself tells
	ueventBuffer = 1 << 20 // of the socket
	mostUevent   = 16 << 10
	changeQueue  = 256

	errorPause = time.Second // after a failure that nobody knows
)

// Open returns the station's devices. Where the kernel does not tell of changes
// they are looked at now and then.
func Open(log *slog.Logger) (System, error) {
	root := linuxproc.Root("/proc")
	s := &station{sysfs: sysfs{sys: os.DirFS("/sys"), vol: volumes{station: os.DirFS(root), mountinfo: mountinfo}}}
	if _, err := os.Stat("/sys/bus/usb"); err != nil {
		return nil, fmt.Errorf("this system has no USB: %w", err)
	}
	socket, err := openUevents()
	if err != nil {
		log.Warn("the kernel does not tell of USB devices: they are looked at now and then", "err", err)
		return s, nil
	}
	s.socket, s.changes = socket, make(chan Change, changeQueue)
	go s.listen()
	s.mounts, err = watchMounts(func() {
		if s.storage.Load() {
			s.tell(Change{})
		}
	})
	if err != nil {
		log.Warn("what is mounted later than its device came may not be told", "err", err)
	}
	return s, nil
}

// A station is a System.
type station struct {
	sysfs
	socket  *os.File    // nil: the kernel does not tell
	mounts  *mountWatch // nil: the kernel does not tell of mounts
	changes chan Change
	missed  atomic.Bool
	storage atomic.Bool // there was some at the last look
}

func (s *station) List() ([]Found, error) {
	list, err := s.list()
	if err == nil {
		s.storage.Store(slices.ContainsFunc(list, func(f Found) bool { return f.Storage }))
	}
	return list, err
}

func (s *station) Changes() <-chan Change { return s.changes }

// Close ends listening.
func (s *station) Close() error {
	var errs []error
	if s.mounts != nil {
		errs = append(errs, s.mounts.Close())
	}
	if s.socket != nil {
		errs = append(errs, s.socket.Close())
	}
	return errors.Join(errs...)
}

// openUevents opens a socket that gets the kernel's messages about devices.
func openUevents() (*os.File, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// The first needs CAP_NET_ADMIN; the second is for who has less.
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, ueventBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, ueventBuffer)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: kernelGroup}); err != nil {
		return nil, errors.Join(os.NewSyscallError("bind", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "uevents"), nil
}

// listen tells of changes until the socket is closed.
func (s *station) listen() {
	conn, err := s.socket.SyscallConn()
	if err != nil {
		return // it is closed
	}
	buf := make([]byte, mostUevent)
	for {
		var n int
		var from unix.Sockaddr
		var failed error
		err := conn.Read(func(fd uintptr) bool {
			n, from, failed = unix.Recvfrom(int(fd), buf, 0)
			return !errors.Is(failed, unix.EAGAIN)
		})
		if err != nil {
			return
		}
		if failed != nil {
			s.missed.Store(true)
			s.tell(Change{})
			if !errors.Is(failed, unix.ENOBUFS) { // its buffer was full, which it is not any more
				time.Sleep(errorPause)
			}
			continue
		}
		if kernel, ok := from.(*unix.SockaddrNetlink); !ok || kernel.Pid != 0 {
			continue // another program's
		}
		if c, ok := readUevent(buf[:n]); ok {
			s.tell(c)
		}
	}
}

// tell hands over a change. Where too many wait already, those bring a look, and
// that a device came is noted as missed.
func (s *station) tell(c Change) {
	c.Missed = s.missed.Swap(false)
	select {
	case s.changes <- c:
	default:
		if c.Missed || c.Came != nil {
			s.missed.Store(true)
		}
	}
}
