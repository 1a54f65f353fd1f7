package winproc

import (
	"errors"
	"time"

	"github.com/eljefe/eljefe/internal/agent/enrich"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// A Station is what sensors ask Windows about processes.
type Station interface {
	// Processes returns what runs. Who holds a process that has ended may be why it
	// is still in the list, without threads.
	Processes() ([]winapi.ListedProcess, error)

	// Open holds the process that has the pid now. The error may be ErrGone or ErrDenied.
	Open(pid uint32) (Handle, error)

	// BootID is the number of this boot; 0: not known.
	BootID() uint64

	// Path returns a path of the kernel's as programs write it, if there is such a form.
	Path(kernel string) string
}

// A Handle holds one process, ended or not, until it is closed.
type Handle interface {
	// Identity returns when the process was created and its sequence number, 0
	// where Windows does not tell that.
	Identity() (created time.Time, seq uint64, err error)

	// Describe sets what the process says of itself: its image, command line, user
	// and rights.
	Describe(e *event.Process)

	// End sets the time of the end, the exit code and the statistics. It returns
	// false, and sets nothing, while the process runs.
	End(e *event.Process) bool

	Close()
}

// Why a process cannot be held.
var (
	ErrGone   = errors.New("the process is gone")
	ErrDenied = errors.New("the process may not be opened")
	errUnborn = errors.New("the process is only being made")
)

// A Held is a process that a sensor has heard of. It is held as far as that was
// possible. The zero Held is of a process that nobody tried to open.
type Held struct {
	handle  Handle // nil: not held
	why     error  // then
	boot    uint64
	created time.Time
	seq     uint64
	facts   *event.Process // what it said when it was opened, until that was handed on
}

// Hold opens the process that has the pid now and reads what it says of itself.
// It always returns a Held, which must be let go.
func Hold(station Station, pid uint32) *Held {
	handle, err := station.Open(pid)
	if err != nil {
		return &Held{why: err}
	}
	created, seq, err := handle.Identity()
	if err == nil && created.IsZero() {
		err = errUnborn
	}
	if err != nil {
		handle.Close()
		return &Held{why: err}
	}
	h := &Held{handle: handle, boot: station.BootID(), created: created, seq: seq}
	h.read()
	return h
}

func (h *Held) read() {
	h.facts = &event.Process{}
	h.handle.Describe(h.facts)
}

// Identity returns when the process was created and its sequence number; false
// if it is not held.
func (h *Held) Identity() (created time.Time, seq uint64, ok bool) {
	if h == nil || h.handle == nil {
		return time.Time{}, 0, false
	}
	return h.created, h.seq, true
}

// Let lets the process go. It may be called more than once.
func (h *Held) Let() {
	if h != nil && h.handle != nil {
		h.handle.Close()
		h.handle, h.why = nil, ErrGone
	}
}

const (
	// late is how long after the creation of a process a source may say that it
	// was created: the time of a log's record is that of the record.
	late = 2 * time.Second
	// early is by how much such a time may be before the creation, by rounding.
	early = 2 * time.Millisecond
)

// is tells whether the held process is the one of an event, whose own times are
// from another source.
func (h *Held) is(e *event.Process) bool {
	began := e.Started
	if began.IsZero() {
		began = e.Time
	}
	switch after := began.Sub(h.created); {
	case e.ProcessSeq != 0 && h.seq != 0:
		return e.ProcessSeq == h.seq
	case e.Kind == event.Stop && e.Started.IsZero():
		return after >= -early // all that is known is when it ended
	default:
		return after >= -early && after < late
	}
}

// Describe adds to the event of a start, or of a process that runs, what the
// process says of itself. What the event says already stays, but for its
// identity, which is the process's own. It tells whether the two were one.
func (h *Held) Describe(e *event.Process) bool {
	if h == nil || h.handle == nil || !h.is(e) {
		why := enrich.Exited
		if h != nil && errors.Is(h.why, ErrDenied) {
			why = enrich.Denied
		}
		if e.Privileges == nil {
			enrich.Miss(e, why, "privileges")
		}
		return false
	}
	if h.facts == nil { // once more, in a rundown
		h.read()
	}
	fill(e, h.facts)
	h.facts = nil
	h.identify(e)
	e.Time = e.Started
	return true
}

func (h *Held) identify(e *event.Process) {
	e.Started = h.created
	if h.seq != 0 {
		e.BootID, e.ProcessSeq = h.boot, h.seq
	}
}

// End adds to the event of an end what only the process itself knows, and lets
// it go. An end that was inferred is then an exact one.
func (h *Held) End(e *event.Process) {
	if h == nil || h.handle == nil {
		return
	}
	if h.is(e) {
		h.identify(e)
		told := e.Time
		if h.handle.End(e) {
			e.Inferred = false
		}
		if e.Time.IsZero() || e.Time.Before(e.Started) {
			e.Time = told
		}
	}
	h.Let()
}

// Ended tells whether the process is held and has ended.
func (h *Held) Ended() bool {
	return h != nil && h.handle != nil && h.handle.End(&event.Process{})
}
