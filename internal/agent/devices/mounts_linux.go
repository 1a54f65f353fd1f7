package devices

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// mountPause is the least time between looks for changes of mounts: on a machine
// with containers something is mounted all the time.
const mountPause = time.Second

// mountinfo opens what is mounted for the station, not for the agent, which may
// have a view of its own.
func mountinfo() (io.ReadCloser, error) { return openMountinfo() }

func openMountinfo() (*os.File, error) {
	f, err := os.Open("/proc/1/mountinfo")
	if err != nil {
		f, err = os.Open("/proc/self/mountinfo")
	}
	return f, err
}

// A mountWatch waits for changes of what is mounted.
type mountWatch struct {
	mounts *os.File
	end    int // an eventfd: to be written to when it is over
	ended  chan struct{}
}

// watchMounts calls tell when something was mounted or unmounted.
func watchMounts(tell func()) (*mountWatch, error) {
	mounts, err := openMountinfo()
	if err != nil {
		return nil, fmt.Errorf("watch what is mounted: %w", err)
	}
	end, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("eventfd", err), mounts.Close())
	}
	w := &mountWatch{mounts: mounts, end: end, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		w.run(tell)
	}()
	return w, nil
}

func (w *mountWatch) run(tell func()) {
	over := unix.PollFd{Fd: int32(w.end), Events: unix.POLLIN}
	for {
		fds := []unix.PollFd{over, {Fd: int32(w.mounts.Fd()), Events: unix.POLLPRI}}
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil, fds[0].Revents != 0:
			return
		}
		tell()
		if n, err := unix.Poll([]unix.PollFd{over}, int(mountPause.Milliseconds())); n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// Close ends it: tell is not called any more afterwards.
func (w *mountWatch) Close() error {
	_, err := unix.Write(w.end, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	if err != nil {
		return os.NewSyscallError("write", err) // it waits on, and needs what it has
	}
	<-w.ended
	return errors.Join(os.NewSyscallError("close", unix.Close(w.end)), w.mounts.Close())
}
