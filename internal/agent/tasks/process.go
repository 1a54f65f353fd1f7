package tasks

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// processes is what ending a process needs of the system.
type processes interface {
	// hold finds the process that has the pid now. Whatever becomes of the pid
	// later, the held one stays what it was.
	hold(pid uint32) (held, error)
}

// held is one process, and not merely its pid.
type held interface {
	began() (time.Time, error)
	image() (string, error)
	sameImage(a, b string) bool // whether two paths are one, as the system compares them
	end() error
	release()
}

var (
	errNoProcess = errors.New("no process has this pid")
	errSystem    = errors.New("the system ends with it")
)

// tolerance is how far two sources may disagree on when a process began: what
// the kernel counts from the start of the system becomes a time by a clock that
// is set now and then.
const tolerance = 2 * time.Second

// endProcess ends one process, if this client may, and if it is the one that is
// meant: pid, time and image must all be the same.
func (r *Runner) endProcess(ctx context.Context, t wire.Task) outcome {
	if !r.cfg.EndProcess {
		return refused("this client does not end processes: end_process is not allowed in its configuration")
	}
	switch {
	case t.PID <= 1:
		return refused("the process %d belongs to the system and is never ended", t.PID)
	case int(t.PID) == os.Getpid():
		return refused("the process %d is the agent itself", t.PID)
	case t.Started.IsZero() || t.Image == "":
		return refused("the task does not say when the process began and what its image is; a pid alone may be another's by now")
	}
	if boot := r.cfg.Hello().BootID; t.BootID != 0 && boot != 0 && t.BootID != boot {
		return done("the process had ended before: the station has been started anew since")
	}
	p, err := r.process.hold(t.PID)
	switch {
	case errors.Is(err, errNoProcess):
		return done("the process had ended before")
	case errors.Is(err, errSystem):
		return refused("the process %d belongs to the system and is never ended", t.PID)
	case errors.Is(err, errors.ErrUnsupported):
		return refused("the agent cannot end processes on this system yet")
	case err != nil:
		return failed("find the process %d: %v", t.PID, err)
	}
	defer p.release()
	if out, same := meant(p, t); !same {
		return out
	}
	if ctx.Err() != nil {
		return failed("cancelled")
	}
	if err := p.end(); err != nil {
		return failed("end the process %d: %v", t.PID, err)
	}
	return done("ended %s (%d)", t.Image, t.PID)
}

// meant tells whether p is the process of the task; if not, how the task ends.
func meant(p held, t wire.Task) (outcome, bool) {
	began, err := p.began()
	if errors.Is(err, errNoProcess) {
		return done("the process had ended before"), false
	}
	if err != nil {
		return failed("find out when the process %d began: %v", t.PID, err), false
	}
	if began.Sub(t.Started).Abs() > tolerance {
		return failed("the process %d was left alone: it began at %s, and the one that is meant began at %s",
			t.PID, stamp(began), stamp(t.Started)), false
	}
	image, err := p.image()
	if errors.Is(err, errNoProcess) {
		return done("the process had ended before"), false
	}
	if err != nil {
		return failed("find out the image of the process %d: %v", t.PID, err), false
	}
	if !p.sameImage(image, t.Image) {
		return failed("the process %d was left alone: it runs %q, and the one that is meant runs %q", t.PID, image, t.Image), false
	}
	return outcome{}, true
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000") }
