package update

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	// TrialTime is how long a new program has until the server must have answered it.
	TrialTime = 10 * time.Minute
	// EndTime is how long a child has to end; more than an agent takes.
	EndTime = 12 * time.Second
	// mostTrials is how often a trial is begun that something ended: the station
	// may have been switched off meanwhile, or the new program have brought it down.
	mostTrials = 2
)

// Supervisor runs an agent, or the newer one that took its place.
type Supervisor struct {
	State     string   // folder of the agent's state
	Authority string   // fingerprint of the server's authority
	Version   string   // of this program
	Program   string   // path of this program
	Args      []string // with which a program is to run that takes the place of this one

	// ChildArgs are Args for a child, which ends when its standard input does and
	// says on standard output how it is (see Say).
	ChildArgs []string

	// Become replaces this process by a program; it returns only when it failed. If
	// nil, the other program runs as a child instead.
	Become func(program string, args []string) error

	// Accepted is called when a program has been accepted, so that it is what is
	// started next time; nil: the installed one is, which goes over to it.
	Accepted func(program string) error

	Trial time.Duration // 0: TrialTime
	Ready func()        // if not nil, called when the agent records
	Err   io.Writer     // what children log; if nil, nowhere
	Log   *slog.Logger  // if nil, nothing is logged

	folder folder
	base   string // SHA-256 of this program, if it is the installed one; "": it is not
	child  *child // that was accepted and goes on; nil: none
}

// Run runs the agent, which is work, or the one that took its place, until ctx is
// over or it ends.
func (s *Supervisor) Run(ctx context.Context, work func(ctx context.Context) error) error {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Err == nil {
		s.Err = io.Discard
	}
	s.folder.dir, s.folder.pin = Folder(s.State), s.Authority
	if !s.folder.within(s.Program) {
		var err error
		if s.base, err = digest(s.Program); err != nil {
			s.Log.Error("updates do not work", "err", fmt.Errorf("read this program: %w", err))
			return work(ctx)
		}
	}
	for ctx.Err() == nil {
		err := s.turn(ctx, work)
		if !errors.Is(err, ErrReady) {
			return err
		}
	}
	return nil
}

// turn runs one program, after the trial of a newer one if there is one. It
// returns ErrReady when there is another one to be tried.
func (s *Supervisor) turn(ctx context.Context, work func(ctx context.Context) error) error {
	r, err := s.folder.read()
	if err != nil {
		s.Log.Error("updates do not work", "err", err)
		return work(ctx) // to record comes first
	}
	if err := s.settle(r); err != nil {
		s.Log.Error("updates do not work", "err", err)
	}
	if s.Become != nil {
		s.become(r)
	}
	if r.Candidate != nil && r.Verified {
		s.try(ctx, r)
		if ctx.Err() != nil && s.child == nil {
			return nil
		}
		if s.Become != nil {
			s.become(r)
		}
	}
	if s.child == nil {
		program := s.current(r)
		if program == "" {
			return work(ctx)
		}
		if s.child, err = s.start(ctx, program); err != nil {
			s.drop(r, err)
			return work(ctx)
		}
		s.accepted(program)
	}
	return s.host(ctx)
}

// settle makes the record fit to what is there: a person may have installed
// another program, and something may have ended everything in the middle of a trial.
func (s *Supervisor) settle(r *record) error {
	was := *r
	if s.base != "" && r.Current != nil && (r.Base != s.base || !newer(r.Current, s.Version)) {
		s.Log.Info("another agent was installed: it runs, and what came by an update is forgotten")
		r.Base, r.Current = "", nil
	}
	r.OnTrial = false
	if r.Candidate != nil && r.Verified {
		now := s.Version
		if o := opened(r.Current); o != nil {
			now = o.Version
		}
		_, _, err := s.folder.verified(r.Candidate)
		switch {
		case err != nil:
			s.giveUp(r, wire.UpdateRolledBack, err)
		case !newer(r.Candidate, now):
			s.giveUp(r, wire.UpdateRefused, fmt.Errorf("it is not newer than %s, which was installed meanwhile", now))
		case r.Trials >= mostTrials:
			s.giveUp(r, wire.UpdateRolledBack,
				fmt.Errorf("it was begun %d times, and each time something ended it before it had reported: the station went down, or the agent was killed", r.Trials))
		}
	}
	if r.Current != was.Current || r.Candidate != was.Candidate || was.OnTrial {
		if err := s.folder.write(r); err != nil {
			return err
		}
	}
	return s.folder.keepOnly(s.Program, r.Current, r.Candidate)
}

// opened returns what an offer of the record says; nil: there is none. Whether it
// is signed is looked at before its program runs.
func opened(u *wire.Update) *update.Offer {
	o := &update.Offer{}
	if u == nil || json.Unmarshal(u.Offer, o) != nil {
		return nil
	}
	return o
}

func newer(u *wire.Update, than string) bool {
	o := opened(u)
	if o == nil {
		return false
	}
	is, err := update.Newer(o.Version, than)
	return is && err == nil
}

// current returns the accepted program if there is one that is not this one.
func (s *Supervisor) current(r *record) string {
	if r.Current == nil {
		return ""
	}
	program, _, err := s.folder.verified(r.Current)
	if err != nil {
		s.drop(r, err)
		return ""
	}
	if program == s.Program {
		return ""
	}
	return program
}

// become goes over to the accepted program. It returns where there is none, or
// that cannot be.
func (s *Supervisor) become(r *record) {
	program := s.current(r)
	if program == "" {
		return
	}
	s.Log.Info("going over to the newer agent", "program", program)
	s.drop(r, s.Become(program, append([]string{program}, s.Args...)))
}

// drop forgets the accepted program, which cannot be used.
func (s *Supervisor) drop(r *record, why error) {
	s.Log.Error("the newer agent cannot be used any more; this one goes on", "err", why)
	o := opened(r.Current)
	r.Current, r.Base = nil, ""
	if o != nil {
		r.Report = wire.UpdateReport{State: wire.UpdateRolledBack, SHA256: o.SHA256, Attempt: o.Attempt, Why: why.Error()}
	}
	s.keep(r)
}

// keep writes the record. Where that cannot be, what is in memory counts until
// the agent ends.
func (s *Supervisor) keep(r *record) {
	if err := s.folder.write(r); err != nil {
		s.Log.Error("updates do not work", "err", err)
	}
}

// giveUp has the record say that the candidate is not taken.
func (s *Supervisor) giveUp(r *record, state wire.UpdateState, why error) {
	s.Log.Error("the newer agent is not taken; the former one goes on", "err", why)
	r.Candidate, r.Verified, r.OnTrial, r.Trials = nil, false, false, 0
	r.Report.State, r.Report.Why = state, why.Error()
}

// rollBack gives the candidate up.
func (s *Supervisor) rollBack(r *record, why error) {
	s.giveUp(r, wire.UpdateRolledBack, why)
	s.keep(r)
	if err := s.folder.keepOnly(s.Program, r.Current); err != nil {
		s.Log.Warn("what is left of the newer agent cannot be removed", "err", err)
	}
}

// try has the candidate prove itself. After it r says what is to run.
func (s *Supervisor) try(ctx context.Context, r *record) {
	program, o, err := s.folder.verified(r.Candidate)
	if err != nil {
		s.rollBack(r, err)
		return
	}
	// Written before: a program that brings the station down is not begun for ever.
	r.Trials++
	r.OnTrial, r.Report.State = true, wire.UpdateInstalled
	if err := s.folder.write(r); err != nil {
		s.rollBack(r, fmt.Errorf("it cannot be noted that it is tried: %w", err))
		return
	}
	s.Log.Info("trying the newer agent", "version", o.Version, "trial", r.Trials)
	c, err := s.start(ctx, program)
	if err != nil {
		s.rollBack(r, err)
		return
	}
	s.folder.note("trial")
	limit := s.Trial
	if limit == 0 {
		limit = TrialTime
	}
	over := time.NewTimer(limit)
	defer over.Stop()
	select {
	case <-c.reported:
		s.accept(r, o, c)
	case <-c.ended:
		s.rollBack(r, fmt.Errorf("it ended before it had reported: %s", c.last()))
	case <-over.C:
		c.end()
		s.rollBack(r, fmt.Errorf("it did not report to the server within %s: %s", limit, c.last()))
	case <-ctx.Done():
		// It was not its fault; the next start tries it again.
		c.end()
		r.Trials--
		r.OnTrial, r.Report.State = false, wire.UpdateVerified
		s.keep(r)
	}
}

// accept has the candidate take this program's place.
func (s *Supervisor) accept(r *record, o *update.Offer, c *child) {
	former, base := r.Current, r.Base
	if s.base != "" {
		r.Base = s.base
	}
	r.Current, r.Candidate, r.Verified, r.OnTrial, r.Trials = r.Candidate, nil, false, false, 0
	r.Report.State, r.Report.Why = wire.UpdateReporting, ""
	if err := s.folder.write(r); err != nil {
		c.end()
		r.Current, r.Base = former, base
		s.rollBack(r, fmt.Errorf("it cannot be noted that it works: %w", err))
		return
	}
	s.Log.Info("the newer agent works and takes this one's place", "version", o.Version)
	s.accepted(s.folder.program(o))
	if s.Become != nil {
		c.end()
		return
	}
	s.child = c
	if err := s.folder.keepOnly(s.Program, r.Current); err != nil {
		s.Log.Warn("the former agent cannot be removed", "err", err)
	}
}

// accepted has a program started next time, in place of this one.
func (s *Supervisor) accepted(program string) {
	if s.Accepted == nil {
		return
	}
	if err := s.Accepted(program); err != nil {
		s.Log.Warn("the former agent is still what is started; it goes over to the newer one each time", "err", err)
	}
}

// host is the parent of the program that took this one's place, until that ends.
func (s *Supervisor) host(ctx context.Context) error {
	c := s.child
	s.child = nil
	debug.FreeOSMemory() // there is nothing to do but to wait
	select {
	case <-ctx.Done():
		c.end()
		return nil
	case <-c.ended:
	}
	if c.ready() {
		return ErrReady
	}
	return fmt.Errorf("the agent that took this one's place ended: %s", c.last())
}
