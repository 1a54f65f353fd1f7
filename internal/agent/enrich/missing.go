package enrich

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// A Reason says why a fact of a process is missing, in the words of events.
type Reason string

// The reasons.
const (
	Gone        Reason = "gone"        // there is no such file any more
	Denied      Reason = "denied"      // the agent may not read it
	TooBig      Reason = "too_big"     // it is larger than is read
	Changed     Reason = "changed"     // what is there now is not, or may not be, what runs
	Exited      Reason = "exited"      // the process was gone before it could be asked
	Busy        Reason = "busy"        // there was no time, or too much to do
	Unsupported Reason = "unsupported" // this system, or this kind of file, has no such fact
	Failed      Reason = "failed"      // anything else
)

// Error makes a Reason an error, for who returns it as one.
func (r Reason) Error() string { return "missing: " + string(r) }

// ReasonOf returns the Reason for an error: itself if it is one, or what the
// system's error amounts to.
func ReasonOf(err error) Reason {
	reason, ok := errors.AsType[Reason](err)
	switch {
	case ok:
		return reason
	case errors.Is(err, fs.ErrNotExist):
		return Gone
	case errors.Is(err, fs.ErrPermission):
		return Denied
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Busy
	case errors.Is(err, errors.ErrUnsupported):
		return Unsupported
	}
	return Failed
}

// Miss notes in the event that facts are missing, and why. What is noted of one of
// them already stays.
func Miss(p *event.Process, why Reason, facts ...string) {
	noted := strings.Fields(p.Missing)
	for _, fact := range facts {
		if !slices.ContainsFunc(noted, func(n string) bool { return strings.HasPrefix(n, fact+"=") }) {
			noted = append(noted, fact+"="+string(why))
		}
	}
	slices.Sort(noted)
	p.Missing = strings.Join(noted, " ")
}
