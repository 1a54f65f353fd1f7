package winapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A Pipe answers whoever opens it, one at a time.
type Pipe struct {
	name   string
	access *windows.SECURITY_DESCRIPTOR

	mu     sync.Mutex
	handle windows.Handle // of the instance that waits for somebody
	closed bool
}

// pipeAccess lets SYSTEM, administrators and this process' account open a pipe.
const pipeAccess = "D:P(A;;GA;;;SY)(A;;GA;;;BA)"

// ListenPipe makes the pipe \\.\pipe\name. It fails where somebody has one of
// that name: nobody can wait there in our place. Other machines cannot open it.
func ListenPipe(name string) (*Pipe, error) {
	own, err := account()
	if err != nil {
		return nil, err
	}
	p := &Pipe{name: pipePath(name)}
	if p.access, err = windows.SecurityDescriptorFromString(pipeAccess + "(A;;GA;;;" + own.String() + ")"); err != nil {
		return nil, fmt.Errorf("make the access list of %s: %w", p.name, err)
	}
	if p.handle, err = p.instance(windows.FILE_FLAG_FIRST_PIPE_INSTANCE); err != nil {
		return nil, fmt.Errorf("make %s: %w", p.name, err)
	}
	return p, nil
}

func pipePath(name string) string { return `\\.\pipe\` + name }

func (p *Pipe) instance(flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(p.name)
	if err != nil {
		return windows.InvalidHandle, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: p.access}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	const buffer = 64 << 10 // a whole answer, so that nobody has to be waited for
	return windows.CreateNamedPipe(name, windows.PIPE_ACCESS_OUTBOUND|flags,
		windows.PIPE_TYPE_BYTE|windows.PIPE_REJECT_REMOTE_CLIENTS, windows.PIPE_UNLIMITED_INSTANCES, buffer, 0, 0, attributes)
}

// Answer waits for somebody who opens the pipe, until ctx is over, and writes what
// content returns then.
func (p *Pipe) Answer(ctx context.Context, content func() []byte) error {
	// Whoever waits in ConnectNamedPipe is woken by somebody who connects.
	stop := context.AfterFunc(ctx, func() {
		if c, err := OpenPipe(p.name[len(pipePath("")):]); err == nil {
			_ = c.Close()
		}
	})
	defer stop()
	err := windows.ConnectNamedPipe(p.handle, nil)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, windows.ERROR_PIPE_CONNECTED) && !errors.Is(err, windows.ERROR_NO_DATA) {
		return fmt.Errorf("wait on %s: %w", p.name, err)
	}
	// The next one finds an instance that waits, before this one is let go.
	next, err := p.instance(0)
	if err != nil {
		return fmt.Errorf("make %s again: %w", p.name, err)
	}
	p.mu.Lock()
	f := os.NewFile(uintptr(p.handle), p.name)
	p.handle = next
	p.mu.Unlock()
	_, _ = f.Write(content()) // it fits into the buffer; who asked may be gone already
	return f.Close()
}

// Close removes the pipe.
func (p *Pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	return windows.CloseHandle(p.handle)
}

// OpenPipe opens the pipe for reading. Whoever answers learns who asks, and
// cannot act in their name. The error may be fs.ErrNotExist or fs.ErrPermission.
func OpenPipe(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(pipePath(name))
	if err != nil {
		return nil, err
	}
	const identification = 0x00110000 // SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION
	handle, err := windows.CreateFile(path, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, identification, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: pipePath(name), Err: err}
	}
	return os.NewFile(uintptr(handle), pipePath(name)), nil
}
