// Package devices watches the USB devices of a station.
//
// It promises that each device is told once when it comes and once when it goes,
// with the same facts, however often the agent is started in between: what was
// told is remembered in the agent's folder. What went while no agent ran is told
// at the next start, as inferred. A device that comes and goes too often to be
// told each time is counted instead, and ends up told as it is. Nothing is asked
// of a device itself; what it is comes from the system, which asked it already.
//
// How the system is asked is in the platform's file; what is made of its answers
// is portable. Where records go is the caller's.
package devices

import (
	"log/slog"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A Found is a device that is plugged in.
type Found struct {
	Facts event.Device // without kind and time; Device is the only one of its name now

	// Arrival differs each time that the device is plugged in, in one run of the
	// system. "" where it does not say.
	Arrival string
	// Storage tells that the device has, or will have, volumes.
	Storage bool
}

// same tells whether b is what a was, plugged in once.
func (a *Found) same(b *Found) bool {
	return a.Facts.Device == b.Facts.Device && a.Facts.VendorID == b.Facts.VendorID && a.Facts.ProductID == b.Facts.ProductID &&
		a.Facts.Serial == b.Facts.Serial && (a.Arrival == b.Arrival || a.Arrival == "" || b.Arrival == "")
}

// A Change is word that something about the devices has changed.
type Change struct {
	// Came is a device that was plugged in, with what the system told at once; it
	// may be gone by the time that somebody looks. nil: something changed.
	Came *Found
	// Missed tells that changes before this one could not be told.
	Missed bool
}

// A System is what is asked about the devices of a station.
type System interface {
	// List returns what is plugged in now. One that goes meanwhile is left out.
	List() ([]Found, error)
	// Changes returns where changes are told; nil where the system tells none.
	Changes() <-chan Change
	Close() error
}

// Config configures a Watcher.
type Config struct {
	Dir    string // the agent's folder, where it remembers what it has told; required
	System System // required
	Boot   uint64 // the run of the system; 0: not known

	// Report takes a record. It is called in the order in which things happened.
	Report func(event.Device)
	// Lost takes a gap for what could not be told.
	Lost func(event.Gap)

	Log *slog.Logger // if nil, nothing is logged
}

const (
	settled    = time.Second            // until the parts of a device that came are known
	forVolumes = 5 * time.Second        // how long mass storage may take to be mounted before it is told
	lookAgain  = 500 * time.Millisecond // between looks while something is awaited
	leastPause = 100 * time.Millisecond // between looks, however much changes
	pollEvery  = 5 * time.Second        // between looks where the system tells no changes
	gapEvery   = time.Minute            // between gaps for what is too much to be told

	maxGathered = 256 // devices that come, between two looks
)

// Details of gaps.
const (
	tooOften = "USB devices came and went too often to tell each time"
	unheard  = "the system's messages about USB devices came too fast: some were lost"
)
