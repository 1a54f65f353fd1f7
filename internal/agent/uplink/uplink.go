// Package uplink brings what a station recorded to its server.
//
// It enrols the station, says hello once in a while, sends what the spool holds
// and renews the station's certificate. It promises that a record is given up
// only when the server has it or has said, about that record alone, that it can
// never take it; then a gap is sent in its place, under its number. A batch that
// was sent and not answered is sent again: the server knows what it has.
//
// Nothing is sent to a server before it has said how far its copy goes, and that
// again after each interruption: a server may have been restored from a backup
// in between, and the station from a snapshot.
//
// Failures are told once, and their end once. Pauses between tries are random
// below a growing bound, so that a fleet does not call in step.
//
// Where records come from and how they are kept is the spool's, what a station
// is asked to do is package tasks', which uses the Client of this package.
package uplink

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/wire"
)

// Spool is what the uplink needs of the agent's spool.
type Spool interface {
	Append(ctx context.Context, records ...[]byte) (last uint64, err error)
	Read(after uint64, maxRecords, maxBytes int) ([]spool.Record, error)
	Wait(ctx context.Context, after uint64) error
	Acknowledge(seq uint64) error
	Rewind(seq uint64) (spool.Eviction, error)
	Raise(seq uint64) error
}

// Config configures an Uplink. All but Parted, Welcomed, Now and Log is required.
type Config struct {
	Client   *Client
	Identity *identity.Identity
	Settings *identity.Config
	Spool    Spool

	// Hello describes the station as it is. The uplink sets Now and OffsetMS.
	Hello func() wire.Hello

	// Parted is called when the station has become one of its own, because it
	// was a copy of another. Records from before since are the other's: when it
	// returns they must be gone, and Spool and Hello be those of a new stream,
	// whose numbers begin at 1. After a failure, or if the agent is stopped
	// before it has returned, it is called again. Nothing else is asked of the
	// spool meanwhile but what began before.
	Parted func(ctx context.Context, since time.Time) error

	// Welcomed gets what the server answers to each hello; nil: nobody wants it.
	Welcomed func(*wire.Welcome)

	Began time.Time        // when this agent began
	Now   func() time.Time // the station's clock; if nil, time.Now
	Log   *slog.Logger     // if nil, nothing is logged
}

// Uplink is the way to the server.
type Uplink struct {
	cfg   Config
	now   func() time.Time
	log   *slog.Logger
	hurry chan struct{} // holds one token when the next hello should not wait

	// Of the goroutine that says hello.
	contact    trouble
	renewal    trouble
	renewPause backoff
	renewAgain time.Time
	pause      backoff
	renewShare float64 // of the time between RenewAfter and the end, that this station waits

	// stream is held while the place in the stream is changed, in the spool and
	// here, so that the two stay the same.
	stream sync.Mutex

	mu      sync.Mutex
	session session
	status  Status
}

// A session is what holds from one Welcome to the next interruption. It is
// guarded by Uplink.mu.
type session struct {
	open     bool
	greeted  time.Time // when the server said Welcome last
	welcome  wire.Welcome
	position uint64        // the server has everything up to here; the next batch begins behind it
	sent     uint64        // the highest number that may have reached the server
	offset   time.Duration // server's clock minus the station's
	measured bool          // offset is known
	epoch    int           // counts changes that make answers under way void
	changed  chan struct{} // closed and made anew with each change of open or epoch
}

// Status is how the way to the server is.
type Status struct {
	Station     int64     `json:"station,omitempty"` // 0: not enrolled
	Connected   bool      `json:"connected"`
	LastContact time.Time `json:"last_contact,omitzero"` // by the station's clock
	Problem     string    `json:"problem,omitempty"`     // why there is no contact, for people
	Reason      Reason    `json:"reason,omitempty"`      // the same in one word
	Said        string    `json:"said,omitempty"`        // what the server said about it, if it did
	OffsetMS    int64     `json:"offset_ms,omitempty"`   // server's clock minus the station's
	Sent        uint64    `json:"sent"`                  // records that the server has taken since the agent began
	Refused     uint64    `json:"refused,omitempty"`     // of those, that it could not store
	GivenUp     uint64    `json:"given_up,omitempty"`    // records in whose place a gap was sent
}

// New returns an uplink that does nothing until Run.
func New(cfg Config) *Uplink {
	u := &Uplink{cfg: cfg, now: cfg.Now, log: cfg.Log, hurry: make(chan struct{}, 1)}
	if u.now == nil {
		u.now = time.Now
	}
	if u.log == nil {
		u.log = slog.New(slog.DiscardHandler)
	}
	u.contact = trouble{log: u.log, doing: "contact with the server"}
	u.renewal = trouble{log: u.log, doing: "renewal of the station's certificate"}
	u.renewShare = rand.Float64()
	u.session.changed = make(chan struct{})
	u.session.sent = cfg.Hello().Stream.Last
	if s := cfg.Identity.Station(); s != nil {
		u.status.Station = s.Number
	}
	return u
}

// Run works until ctx is over, and returns nil then.
func (u *Uplink) Run(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { u.greetings(ctx) })
	group.Go(func() { u.watchSleep(ctx) })
	err := u.deliver(ctx)
	group.Wait()
	return err
}

// Wake says that the network or the machine has come back: the connections are
// made anew, and the server is greeted at once.
func (u *Uplink) Wake() {
	if err := u.cfg.Client.Reset(); err != nil {
		u.log.Error("the connection cannot be made anew", "err", err)
	}
	u.Hurry()
}

// Status returns how the way to the server is.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

// ServerNow returns the server's clock, as far as it is known.
func (u *Uplink) ServerNow() time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.now().Add(u.session.offset)
}

// Hurry has the next hello said at once, because it has news.
func (u *Uplink) Hurry() {
	select {
	case u.hurry <- struct{}{}:
	default:
	}
}

// current returns the session as it is.
func (u *Uplink) current() session {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.session
}

// change changes the session and wakes those who wait for that.
func (u *Uplink) change(how func(s *session)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	how(&u.session)
	u.session.epoch++
	close(u.session.changed)
	u.session.changed = make(chan struct{})
}

// interrupt ends the session, until the server has been greeted again.
func (u *Uplink) interrupt(err error) {
	u.change(func(s *session) { s.open = false })
	u.mu.Lock()
	u.status.Connected = false
	u.status.tell(err)
	u.mu.Unlock()
}

// watchSleep notices that the machine has slept: its clock went on and the
// program did not. Connections from before are dead without knowing it.
func (u *Uplink) watchSleep(ctx context.Context) {
	const look, asleep = 20 * time.Second, 15 * time.Second
	tick := time.NewTicker(look)
	defer tick.Stop()
	began, clock := time.Now(), u.now().Round(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := u.now().Round(0)
		if (now.Sub(clock) - time.Since(began)).Abs() > asleep {
			u.Wake()
		}
		began, clock = time.Now(), now
	}
}
