package ebpf

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// atOnce is how many records are taken before something else gets its turn.
const atOnce = 1000

// errEnded says that a queue was closed.
var errEnded = errors.New("the queue of the kernel's records is closed")

// A queue is the agent's end of the ring. Waiting for it is left to Go's poller,
// which holds no thread for that: a thread that waits in the kernel by itself costs
// more at each record than the record does.
type queue struct {
	ring *ringbuf.Reader
	file *os.File // the ring, for the poller
	conn syscall.RawConn
	raw  ringbuf.Record

	ended atomic.Bool
}

// openQueue returns that of a ring.
func openQueue(m *ebpf.Map) (_ *queue, err error) {
	q := new(queue)
	if q.ring, err = ringbuf.NewReader(m); err != nil {
		return nil, fmt.Errorf("read the kernel's records: %w", err)
	}
	q.ring.SetDeadline(time.Unix(1, 0)) // it gives what is there, and waits for nothing
	if err := q.watch(m.FD()); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for the kernel's records: %w", err), q.ring.Close())
	}
	return q, nil
}

// watch has the poller watch the ring.
func (q *queue) watch(ring int) error {
	fd, err := unix.FcntlInt(uintptr(ring), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	q.file = os.NewFile(uintptr(fd), "ring")
	if err := q.file.SetReadDeadline(time.Time{}); err != nil { // the poller does not take it
		return errors.Join(err, q.file.Close())
	}
	q.conn, err = q.file.SyscallConn()
	return err
}

// receive waits until a time at most and calls take with the records that are there.
// After end it returns errEnded.
func (q *queue) receive(until time.Time, take func(raw []byte)) error {
	var failed error
	err := q.file.SetReadDeadline(until)
	if err == nil {
		err = q.conn.Read(func(uintptr) bool {
			var n int
			n, failed = q.drain(take)
			return n > 0 || failed != nil
		})
	}
	switch {
	case failed != nil:
		return failed
	case q.ended.Load():
		return errEnded
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("wait for the kernel's records: %w", err)
	}
	return nil
}

// drain calls take with the records that are there, and returns how many they were:
// less than atOnce if these are all.
func (q *queue) drain(take func(raw []byte)) (n int, err error) {
	for ; n < atOnce; n++ {
		err := q.ring.ReadInto(&q.raw)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("read the kernel's records: %w", err)
		}
		take(q.raw.RawSample)
	}
	return n, nil
}

// rest calls take with all records that are there.
func (q *queue) rest(take func(raw []byte)) error {
	for {
		if n, err := q.drain(take); err != nil || n < atOnce {
			return err
		}
	}
}

// end ends the waiting, from elsewhere. What is in the ring can still be had.
func (q *queue) end() {
	q.ended.Store(true)
	_ = q.file.Close() // whatever it says, nobody waits any more
}

// close lets go of the ring.
func (q *queue) close() error {
	q.end()
	return q.ring.Close()
}
