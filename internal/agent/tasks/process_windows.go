package tasks

import (
	"errors"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

// endedByTask is the exit code of a process that was ended: that of Task Manager.
const endedByTask = 1

type windows struct{}

func thisSystem() processes { return windows{} }

// windowsProcess is held by a handle: its pid is nobody else's until release.
type windowsProcess struct{ *winapi.Process }

func (windows) hold(pid uint32) (held, error) {
	p, err := winapi.OpenProcessToEnd(pid)
	if errors.Is(err, winapi.ErrNoProcess) {
		return nil, errNoProcess
	}
	if err != nil {
		return nil, err
	}
	switch {
	case p.Exited():
		err = errNoProcess
	case p.Critical():
		err = errSystem
	}
	if err != nil {
		_ = p.Close()
		return nil, err
	}
	return windowsProcess{p}, nil
}

func (p windowsProcess) began() (time.Time, error) {
	t, err := p.Times()
	return t.Created, p.gone(err)
}

func (p windowsProcess) image() (string, error) {
	image, err := p.Image()
	return image, p.gone(err)
}

// sameImage compares as the file system does, but for letters that only some
// volumes take as the same.
func (windowsProcess) sameImage(a, b string) bool { return strings.EqualFold(a, b) }

func (p windowsProcess) end() error { return p.Terminate(endedByTask) }

func (p windowsProcess) release() { _ = p.Close() }

// gone tells of a process that ended meanwhile.
func (p windowsProcess) gone(err error) error {
	if err != nil && p.Exited() {
		return errNoProcess
	}
	return err
}
