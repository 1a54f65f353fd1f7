package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// slowHello is how long a hello may take for its answer to tell the time.
const slowHello = 10 * time.Second

var errNoKey = errors.New("an enrolment key is needed and the configuration has none: make one on the server (Settings, Enrolment keys), put it into enrolment_key and start the agent anew")

// greetings keeps the session until ctx is over.
func (u *Uplink) greetings(ctx context.Context) {
	if u.cfg.Identity.Station() != nil { // the agent may have been stopped before it did that
		if err := u.cfg.Settings.Enrolled(); err != nil {
			u.log.WarnContext(ctx, "the enrolment key is used up and could not be removed", "err", err)
		}
	}
	pause := jitter(spread)
	for {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-u.hurry:
		case <-timer.C:
		}
		timer.Stop()
		pause = u.turn(ctx)
	}
}

// turn says hello and returns how long to wait until the next one.
func (u *Uplink) turn(ctx context.Context) time.Duration {
	err := u.greet(ctx)
	if err == nil {
		u.pause.reset()
		u.contact.over(ctx, u.now())
		return u.rhythm()
	}
	u.contact.failed(ctx, err, u.now())
	if ctx.Err() == nil {
		u.interrupt(err)
	}
	switch {
	case Is(err, wire.CodeRevoked, wire.CodeRetired):
		return seldom + jitter(seldom/10)
	case Is(err, wire.CodeClock):
		return u.rhythm()
	case Is(err, wire.CodeKey, wire.CodeVersion), errors.Is(err, errNoKey):
		return maxPause + jitter(maxPause) // somebody must do something first
	}
	return u.pause.next(err)
}

// rhythm returns the time until the next hello.
func (u *Uplink) rhythm() time.Duration {
	every := time.Duration(u.current().welcome.HelloSeconds) * time.Second
	if every <= 0 {
		every = defaultTurn
	}
	every = min(max(every, time.Second), seldom)
	return every - jitter(every/10)
}

// greet makes sure that the server knows the station, and tells it how it is.
func (u *Uplink) greet(ctx context.Context) error {
	station := u.cfg.Identity.Station()
	if station == nil {
		if err := u.enroll(ctx, identity.Enroll); err != nil {
			return fmt.Errorf("enrol: %w", err)
		}
	} else if !station.RecordsSince.IsZero() {
		if err := u.begin(ctx); err != nil {
			return err
		}
	}
	u.renew(ctx)
	err := u.hello(ctx)
	switch {
	case Is(err, wire.CodeCloned):
		u.log.WarnContext(ctx, "another machine uses this station's key, as a copied disk does: this one becomes a station of its own")
		u.interrupt(err)
		if err := u.enroll(ctx, identity.Part); err != nil {
			return fmt.Errorf("enrol as a station of its own: %w", err)
		}
		if err := u.begin(ctx); err != nil {
			return err
		}
		return u.hello(ctx)
	case Is(err, wire.CodeCertificate):
		// It expired while the station was away, or the server was restored from
		// a copy that is older than it. The key is still the station.
		if again := u.enroll(ctx, identity.Renew); again != nil {
			return fmt.Errorf("the station's certificate is of no use any more (%v): enrol again: %w", err, again)
		}
		return u.hello(ctx)
	}
	return err
}

// enroll gets a certificate for the purpose p.
func (u *Uplink) enroll(ctx context.Context, p identity.Purpose) error {
	var key string
	if p != identity.Part { // which shows the certificate it was copied with
		var err error
		if key, err = u.cfg.Settings.Key(); err != nil {
			return err
		}
		if key == "" {
			return errNoKey
		}
	}
	request, err := u.cfg.Identity.Request(p)
	if err != nil {
		return err
	}
	enrolled, err := u.cfg.Client.Enroll(ctx, &wire.EnrollRequest{Key: key, Request: request, Machine: u.cfg.Hello().Machine})
	if err != nil {
		return err
	}
	if err := u.accept(p, enrolled); err != nil {
		return err
	}
	u.log.InfoContext(ctx, "enrolled", "station", enrolled.Station)
	if p == identity.Part {
		return nil
	}
	return u.cfg.Settings.Enrolled()
}

// accept keeps a certificate and shows it from now on.
func (u *Uplink) accept(p identity.Purpose, enrolled *wire.Enrolled) error {
	if err := u.cfg.Identity.Accept(p, enrolled, u.cfg.Began); err != nil {
		return err
	}
	u.mu.Lock()
	u.status.Station = enrolled.Station
	u.mu.Unlock()
	return u.cfg.Client.Reset()
}

// begin has the other station's records removed, after parting from it.
func (u *Uplink) begin(ctx context.Context) error {
	if u.cfg.Parted == nil {
		return errors.New("this station was a copy of another one, and nothing removes that one's records")
	}
	if err := u.cfg.Parted(ctx, u.cfg.Identity.Station().RecordsSince); err != nil {
		return fmt.Errorf("remove the records of the station that this one was copied from: %w", err)
	}
	u.stream.Lock()
	defer u.stream.Unlock()
	last := u.cfg.Hello().Stream.Last
	u.change(func(s *session) { s.open, s.position, s.sent = false, 0, last })
	return u.cfg.Identity.StreamBegun()
}

// renew gets the next certificate when it is time. A failure leaves the present
// one in use, and is tried again long before that ends.
func (u *Uplink) renew(ctx context.Context) {
	station, now := u.cfg.Identity.Station(), u.ServerNow()
	if !u.current().measured {
		return // the station's clock may be anything
	}
	left := station.Expires.Sub(station.RenewAfter)
	due := station.RenewAfter.Add(time.Duration(u.renewShare * float64(left) / 4))
	if now.Before(due) || now.Before(u.renewAgain) {
		return
	}
	err := u.tryRenew(ctx)
	if err != nil {
		u.renewal.failed(ctx, err, now)
		u.renewAgain = now.Add(min(left/20, time.Hour) + u.renewPause.next(err))
		return
	}
	u.renewPause.reset()
	u.renewal.over(ctx, now)
	u.log.InfoContext(ctx, "the station's certificate was renewed", "until", u.cfg.Identity.Station().Expires)
}

func (u *Uplink) tryRenew(ctx context.Context) error {
	request, err := u.cfg.Identity.Request(identity.Renew)
	if err != nil {
		return err
	}
	enrolled, err := u.cfg.Client.Renew(ctx, &wire.RenewRequest{Request: request})
	if err != nil {
		return err
	}
	if station := u.cfg.Identity.Station().Number; enrolled.Station != station {
		return fmt.Errorf("the server renewed station %d as station %d", station, enrolled.Station)
	}
	return u.accept(identity.Renew, enrolled)
}

// hello says hello and opens the session.
func (u *Uplink) hello(ctx context.Context) error {
	h := u.cfg.Hello()
	before := u.current()
	if before.measured {
		ms := before.offset.Milliseconds()
		h.OffsetMS = &ms
	}
	h.Now = u.now()
	began := time.Now()
	w, err := u.cfg.Client.Hello(ctx, &h)
	if err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	took := time.Since(began)
	if w.Now.IsZero() {
		return errors.New("say hello: the server's answer does not tell the time; is it another version?")
	}
	offset, measured := before.offset, before.measured
	if took < slowHello {
		offset, measured = w.Now.Sub(h.Now.Add(took/2)), true
	}
	u.stream.Lock()
	defer u.stream.Unlock()
	moved, err := u.align(ctx, h.Stream, w)
	if err != nil {
		return fmt.Errorf("go on where the server is: %w", err)
	}
	u.welcomed(w, offset, measured, moved)
	if u.cfg.Welcomed != nil {
		u.cfg.Welcomed(w)
	}
	return nil
}

// welcomed opens the session, or goes on with it.
func (u *Uplink) welcomed(w *wire.Welcome, offset time.Duration, measured, moved bool) {
	keep := func(s *session) {
		s.welcome, s.offset, s.measured, s.greeted = *w, offset, measured, time.Now()
	}
	u.mu.Lock()
	fresh := moved || !u.session.open
	if !fresh {
		keep(&u.session)
	}
	u.status.Station, u.status.Connected = w.Station, true
	u.status.tell(nil)
	u.status.LastContact, u.status.OffsetMS = u.now(), offset.Milliseconds()
	u.mu.Unlock()
	if fresh {
		u.change(func(s *session) {
			keep(s)
			s.open, s.position = true, w.Acknowledged
			s.sent = max(s.sent, w.Acknowledged)
		})
	}
}

// align brings the spool to where the server is, and tells whether what was
// sent must be sent again. told is the stream as the hello had it.
func (u *Uplink) align(ctx context.Context, told wire.Stream, w *wire.Welcome) (moved bool, err error) {
	switch sent := u.current().sent; {
	case w.Acknowledged > sent:
		// The server has numbers that this station has not sent, as far as it
		// remembers: it was set back to a snapshot.
		u.log.WarnContext(ctx, "the server knows later records of this station than the station: it was set back to an older copy of itself",
			"acknowledged", w.Acknowledged, "sent", sent)
		return true, u.cfg.Spool.Raise(w.Acknowledged)
	case w.Acknowledged < told.Acknowledged:
		u.log.WarnContext(ctx, "the server has lost records that it had: it was restored from an older copy; they are sent again",
			"acknowledged", w.Acknowledged, "before", told.Acknowledged)
		gone, err := u.cfg.Spool.Rewind(w.Acknowledged)
		if err != nil || gone.Records == 0 {
			return true, err
		}
		return true, u.tellGone(ctx, gone)
	}
	return false, u.cfg.Spool.Acknowledge(w.Acknowledged)
}

// tellGone notes as a gap what the server had, lost, and cannot be given again.
// If the agent is stopped before it is noted, the server finds the hole itself.
func (u *Uplink) tellGone(ctx context.Context, gone spool.Eviction) error {
	from, to := gone.From, gone.To
	if to.IsZero() {
		to = u.now()
	}
	if from.IsZero() {
		from = to
	}
	missing := uint64(gone.Records)
	record, err := json.Marshal(event.Gap{
		Kind: event.GapKind, Cause: event.SpoolEvicted, From: from.UTC(), To: to.UTC(), Events: &missing,
		FirstSeq: gone.First, LastSeq: gone.Last,
		Detail: "the server was restored from an older copy, and the station no longer had these records; they are from this time or before it",
	})
	if err != nil {
		return fmt.Errorf("write the gap: %w", err)
	}
	_, err = u.cfg.Spool.Append(ctx, record)
	return err
}
