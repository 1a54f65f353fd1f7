// Package fleet makes simulated stations that report to a server as agents do:
// each with a key and a certificate of its own, over the real protocol.
//
// A station keeps what it has not delivered in memory, and little of that: it is
// for demonstrations and load tests. What finds no room there is counted and told
// to the server as a gap, as an agent does with what it must drop. A station
// shares with the others of its fleet what it can, so that thousands of them fit
// into one program.
//
// It promises that what Put has taken is delivered once, as long as the program
// runs; what was not acknowledged when it ends is gone with it, unless the caller
// tells it again: a station's numbers go on where the server's copy ends.
//
// What a station reports is its caller's: the packages world and bench make it
// up. Demo plays a scenario on a fleet.
package fleet

import (
	"context"
	"errors"
	"log/slog"
	"runtime"

	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// Config configures a Fleet.
type Config struct {
	Server    string                                // https://host:port of the agents' listener; required
	Authority string                                // fingerprint of the server's authority; required
	Key       func(context.Context) (string, error) // enrolment key, for stations that have no certificate yet; required
	Dir       string                                // where the stations' keys are kept; required
	Version   string                                // that the agents claim to be of

	// Waiting is how many records a station keeps that are not delivered yet;
	// 4,000 if zero.
	Waiting int

	// Tasks tells that stations ask what there is to do. It takes one more
	// request of each, all the time.
	Tasks bool

	// File returns the content of a file that stations have, by its SHA-256, or
	// nil. If it is nil itself, they have none.
	File func(sha256 string) []byte

	Log *slog.Logger // if nil, nothing is logged
}

// Fleet is what simulated stations share.
type Fleet struct {
	cfg     Config
	packers chan *uplink.Compressor // those that nobody uses
	figures figures
}

// New returns a fleet without stations.
func New(cfg Config) (*Fleet, error) {
	if cfg.Server == "" || cfg.Authority == "" || cfg.Dir == "" {
		return nil, errors.New("a fleet needs a server, its authority and a folder for keys")
	}
	if cfg.Waiting == 0 {
		cfg.Waiting = 4000
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	f := &Fleet{cfg: cfg, packers: make(chan *uplink.Compressor, runtime.GOMAXPROCS(0))}
	for range cap(f.packers) {
		p, err := uplink.NewCompressor()
		if err != nil {
			return nil, err
		}
		f.packers <- p
	}
	return f, nil
}

// pack makes a batch of lines, packed on what the server remembers of its station.
func (f *Fleet) pack(lines []byte, on *wire.Context) (uplink.Batch, error) {
	p := <-f.packers
	defer func() { f.packers <- p }()
	return p.Pack(nil, lines, on)
}

// Figures returns what the fleet has done so far.
func (f *Fleet) Figures() Figures { return f.figures.read() }

// Record is what a station reports: an event, a gap or a device.
type Record struct {
	Event  *event.Process
	Gap    *event.Gap
	Device *event.Device
}

// Machine is the computer that a station claims to be.
type Machine struct {
	ID          string // names its folder; letters, digits, blanks, dots and dashes
	Name        string
	Fingerprint string
	System      string
}
