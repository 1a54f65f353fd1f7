package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	mathrand "math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// Station is a simulated station. Its methods may be called by many goroutines,
// but Join only once and before the others.
type Station struct {
	fleet    *Fleet
	machine  Machine
	identity *identity.Identity
	client   *uplink.Client
	queue    *queue
	run      string
	began    time.Time

	mu      sync.Mutex
	skew    time.Duration // of its clock
	boot    uint64
	booted  time.Time
	welcome wire.Welcome
}

// NewStation returns a station that is not in contact yet. A machine that the
// fleet's folder knows is the station that it was.
func (f *Fleet) NewStation(m Machine) (*Station, error) {
	id, err := identity.Open(filepath.Join(f.cfg.Dir, m.ID), f.cfg.Authority)
	if err != nil {
		return nil, err
	}
	client, err := uplink.NewClient(uplink.ClientConfig{
		Server: f.cfg.Server, Authority: f.cfg.Authority, Identity: id, NoProxy: true, UserAgent: "eljefe-fleet/" + f.cfg.Version, Dial: f.dial,
	})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &Station{fleet: f, machine: m, identity: id, client: client, queue: newQueue(f.cfg.Waiting), run: rand.Text(), began: now, boot: 1, booted: now.Add(-time.Hour)}, nil
}

// SetState says how far the station's clock is ahead, and since when by that
// clock the computer runs.
func (s *Station) SetState(skew time.Duration, boot uint64, booted time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew, s.boot, s.booted = skew, boot, booted
}

// Join enrols the station, if it is new, and says hello. It tries until that
// works, ctx is over, or the server says that it never will (ErrOut). It returns
// the number of the last record that the server has.
func (s *Station) Join(ctx context.Context) (acknowledged uint64, err error) {
	for tries := 0; ; tries++ {
		err := s.greet(ctx)
		switch {
		case err == nil:
			s.fleet.figures.greeted.Add(1)
			return s.welcomed().Acknowledged, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case out(err):
			return 0, fmt.Errorf("%w: %w", ErrOut, err)
		case tries == 0:
			s.fleet.cfg.Log.DebugContext(ctx, "simulated station is not let in yet", "station", s.machine.Name, "err", err)
		}
		s.pause(ctx, err, tries)
	}
}

// ErrOut is the error of a station that the server does not want any more.
var ErrOut = errors.New("the station is out")

// out tells whether trying again is of no use.
func out(err error) bool {
	return uplink.Is(err, wire.CodeKey, wire.CodeRevoked, wire.CodeRetired, wire.CodeVersion, wire.CodeCloned, wire.CodeCertificate)
}

// Put hands a record over to be delivered, and waits while there is no room.
func (s *Station) Put(ctx context.Context, r Record) error {
	for {
		took, err := s.queue.put(r, time.Now())
		if took || err != nil {
			s.fleet.figures.made.Add(1)
			return err
		}
		if err := s.queue.until(ctx, func(waiting int, _ bool) bool { return waiting < s.queue.limit }); err != nil {
			return err
		}
	}
}

// Offer hands a record over, or drops it where there is no room: then it is
// counted, and told to the server as a gap.
func (s *Station) Offer(r Record) error {
	now := time.Now()
	took, err := s.queue.put(r, now)
	s.fleet.figures.made.Add(1)
	if !took && err == nil {
		s.queue.miss(now)
		s.fleet.figures.dropped.Add(1)
	}
	return err
}

// Flush waits until the server has everything that was put.
func (s *Station) Flush(ctx context.Context) error {
	s.queue.hurry(1)
	defer s.queue.hurry(-1)
	return s.queue.until(ctx, func(waiting int, _ bool) bool { return waiting == 0 })
}

// Run delivers, says hello and does tasks until ctx is over, or the server does
// not want the station any more (ErrOut).
func (s *Station) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	works := []func(context.Context) error{s.deliver, s.sayHello}
	if s.fleet.cfg.Tasks {
		works = append(works, s.doTasks)
	}
	var group sync.WaitGroup
	for _, work := range works {
		group.Go(func() {
			// They end with ctx, or because the station is out.
			if err := work(ctx); err != nil && ctx.Err() == nil {
				s.fleet.figures.failures.add(err)
				cancel(fmt.Errorf("%w: %w", ErrOut, err))
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); errors.Is(err, ErrOut) {
		return err
	}
	return nil
}

// sayHello says hello as often as the server wants.
func (s *Station) sayHello(ctx context.Context) error {
	for {
		every := time.Duration(s.welcomed().HelloSeconds) * time.Second
		every = max(time.Second, every-every/10+mathrand.N(every/10+1))
		if err := sleep(ctx, every); err != nil {
			return err
		}
		err := s.greet(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil, out(err):
			return err
		default:
			s.fleet.figures.failures.add(err)
		}
	}
}

// greet makes sure that the server knows the station, and tells it how it is.
func (s *Station) greet(ctx context.Context) error {
	station := s.identity.Station()
	switch {
	case station == nil:
		if err := s.certify(ctx, identity.Enroll); err != nil {
			return err
		}
	case time.Now().After(station.RenewAfter):
		if err := s.certify(ctx, identity.Renew); err != nil {
			return err
		}
	}
	hello := s.hello()
	welcome, err := s.client.Hello(ctx, &hello)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.welcome = *welcome
	s.mu.Unlock()
	s.acknowledge(welcome.Acknowledged)
	return nil
}

// certify gets the station a certificate.
func (s *Station) certify(ctx context.Context, purpose identity.Purpose) error {
	request, err := s.identity.Request(purpose)
	if err != nil {
		return err
	}
	var enrolled *wire.Enrolled
	if purpose == identity.Renew {
		enrolled, err = s.client.Renew(ctx, &wire.RenewRequest{Request: request})
	} else {
		var key string
		if key, err = s.fleet.cfg.Key(ctx); err != nil {
			return err
		}
		enrolled, err = s.client.Enroll(ctx, &wire.EnrollRequest{Key: key, Request: request, Machine: s.wireMachine()})
	}
	if err != nil {
		return err
	}
	if err := s.identity.Accept(purpose, enrolled, time.Now()); err != nil {
		return err
	}
	return s.client.Reset()
}

func (s *Station) wireMachine() wire.Machine {
	return wire.Machine{
		Name: s.machine.Name, Fingerprint: s.machine.Fingerprint, System: s.machine.System, Architecture: "amd64", AgentVersion: s.fleet.cfg.Version,
	}
}

// hello describes the station. What its agent costs is made up, and says so by
// being simulated: sensor mode replay.
func (s *Station) hello() wire.Hello {
	waiting, oldest, last := s.queue.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.machine.Fingerprint)) // never fails
	now := time.Now()
	up := now.Sub(s.began)
	if !oldest.IsZero() {
		oldest = oldest.Add(s.skew).UTC()
	}
	return wire.Hello{
		Machine: s.wireMachine(), Run: s.run, BootID: s.boot, Booted: s.booted.UTC(), AgentBegan: s.began.Add(s.skew).UTC(), Now: now.Add(s.skew).UTC(),
		Stream: wire.Stream{Last: last, Acknowledged: last - uint64(waiting), Waiting: uint64(waiting), Limit: 200 << 20, OldestWaiting: oldest},
		Sensor: wire.Sensor{Mode: event.SensorReplay, State: "working", Detail: "a simulated station", Events: last},
		Self:   wire.Self{MemoryBytes: 21<<20 + uint64(h.Sum32()%(9<<20)), CPUSeconds: up.Seconds() * 0.004, Goroutines: 23},
	}
}

func (s *Station) welcomed() wire.Welcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.welcome
}

// pause waits after a failure: as long as the server asks for, else longer and
// longer, with chance.
func (s *Station) pause(ctx context.Context, err error, failures int) {
	s.fleet.figures.failures.add(err)
	d := mathrand.N(min(30*time.Second, 500*time.Millisecond<<min(failures, 6)))
	if p, ok := errors.AsType[*uplink.Problem](err); ok && p.RetryAfter > 0 {
		d = p.RetryAfter + mathrand.N(p.RetryAfter/4+1)
	}
	_ = sleep(ctx, d) // the caller looks at ctx
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Waiting returns how many records are not delivered yet.
func (s *Station) Waiting() int {
	waiting, _, _ := s.queue.state()
	return waiting
}
