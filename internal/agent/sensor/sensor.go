// Package sensor is the seam between an agent and what tells it of processes.
//
// A Source turns what its kernel, log or recording says into events and hands
// them to a Sink. The Sink never makes a source wait: what does not fit is
// counted, and so is what the source itself counted as lost; both become gap
// records, so that nothing is lost silently. What happens to an event behind the
// Sink (facts of files, the spool, the network) is no concern of a source.
//
// Each way of seeing processes is a package of its own below this one.
package sensor

import (
	"context"

	"github.com/eljefe/eljefe/internal/event"
)

// A Source tells of processes.
type Source interface {
	// Run hands events to sink until ctx is over, and then returns nil. Any other
	// return ends the source: nil where there is nothing more to come, as at the
	// end of a recording, or the reason why it cannot go on. A live source first
	// reports what runs already, as kind Running, and says by Sink.State what mode
	// it is in whenever that changes.
	Run(ctx context.Context, sink *Sink) error

	// Rundown reports all running processes once more, as kind Running, and
	// returns how many they are. It is called while Run runs, by others.
	Rundown(ctx context.Context) (int, error)
}

// The states of a sensor, as a hello tells them.
const (
	Working  = "working"
	Degraded = "degraded" // it works, and not in its best mode, or loses events
	Stopped  = "stopped"
)

// footprint is about how much memory an event holds, for the Sink's limit.
func footprint(p *event.Process) int {
	return 1200 + len(p.CommandLine) + len(p.ParentCommandLine) + len(p.Image) + len(p.ParentImage) +
		len(p.CurrentDirectory) + len(p.Description) + len(p.Package) + len(p.Container) + len(p.Namespaces) + len(p.Missing)
}
