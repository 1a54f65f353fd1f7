package winproc

import (
	"slices"
	"time"

	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// A Lister lists what runs. It is not for several at once.
type Lister struct {
	Station Station

	dead map[uint32]time.Time // in the system's list without running: created when
}

// List returns what runs: without the idle process, which is none, and without
// those that have ended and are only held by somebody. held returns a process that
// the caller holds, or nil.
func (l *Lister) List(held func(winapi.ListedProcess) *Held) ([]winapi.ListedProcess, error) {
	all, err := l.Station.Processes()
	if err != nil {
		return nil, err
	}
	dead := map[uint32]time.Time{}
	all = slices.DeleteFunc(all, func(p winapi.ListedProcess) bool {
		if p.PID == 0 || p.Created.IsZero() {
			return true
		}
		if p.Threads > 0 || !l.dead[p.PID].Equal(p.Created) && !l.ended(p, held(p)) {
			return false
		}
		dead[p.PID] = p.Created
		return true
	})
	l.dead = dead
	return all, nil
}

// ended tells whether a process without threads has ended. A few of the kernel's
// own have none and run.
func (l *Lister) ended(p winapi.ListedProcess, held *Held) bool {
	if _, _, ok := held.Identity(); ok {
		return held.Ended()
	}
	handle, err := l.Station.Open(p.PID)
	if err != nil {
		return false
	}
	defer handle.Close()
	return handle.End(&event.Process{})
}

// Listed returns the event of a process in the system's list.
func Listed(p winapi.ListedProcess, kind event.Kind, sensor event.Sensor) *event.Process {
	session := p.Session
	return &event.Process{
		Kind: kind, Time: p.Created, Started: p.Created, Sensor: sensor, PID: p.PID, ParentPID: p.ParentPID, Session: &session, Image: p.Name,
	}
}
