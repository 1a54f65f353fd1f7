package update

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// Config configures an Engine. All but Check, Log and what is said to be optional
// is required.
type Config struct {
	State     string // folder of the agent's state
	Authority string // fingerprint of the server's authority
	Version   string // of this program
	System    string // GOOS
	Arch      string // GOARCH

	Station func() int64 // its number; 0: it has not enrolled
	Tell    func()       // has the next hello said at once

	// Fetch returns a piece of a program that begins at offset; Gone tells of its
	// error whether the server does not offer that program any more.
	Fetch func(ctx context.Context, sha256 string, offset int64) ([]byte, error)
	Gone  func(err error) bool

	BytesPerSecond int64 // 0: as fast as it goes

	// Check looks at a program that is whole, before it may run; nil: nothing is
	// looked at but what was signed.
	Check func(path string) error

	// Reported is called when this program runs on trial and the server has answered
	// its hello; nil: it does not run on trial.
	Reported func()

	Log *slog.Logger // if nil, nothing is logged
}

// Engine takes offers. The agent that it is part of has the state to itself.
type Engine struct {
	cfg    Config
	folder folder
	log    *slog.Logger
	news   chan struct{} // holds a token when the server has answered a hello

	mu    sync.Mutex
	offer *wire.Update // the last one that came; nil: none
}

// tellWait is how long the server is given to hear that a program is whole,
// before the agent that would say it ends.
const tellWait = 10 * time.Second

// New returns an engine that does nothing until Run.
func New(cfg Config) *Engine {
	e := &Engine{cfg: cfg, folder: folder{dir: Folder(cfg.State), pin: cfg.Authority}, log: cfg.Log, news: make(chan struct{}, 1)}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	return e
}

// Report is what hellos say of updates. It is read from disk each time, because
// the supervisor changes it too.
func (e *Engine) Report() *wire.UpdateReport {
	r, err := e.folder.read()
	report := r.Report
	if err != nil {
		report = wire.UpdateReport{} // Run says it in the log
	}
	report.System = e.cfg.System
	return &report
}

// Welcomed takes the server's answer to a hello, with or without an offer.
func (e *Engine) Welcomed(offer *wire.Update) {
	e.mu.Lock()
	e.offer = offer
	e.mu.Unlock()
	select {
	case e.news <- struct{}{}:
	default:
	}
}

// Run takes offers until ctx is over, and returns nil then; or ErrReady when a
// program is ready to be tried.
func (e *Engine) Run(ctx context.Context) error {
	told := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.news:
		}
		err := e.turn(ctx)
		switch {
		case errors.Is(err, ErrReady):
			return err
		case ctx.Err() != nil:
			return nil
		case err != nil && err.Error() != told:
			e.log.ErrorContext(ctx, "updates do not work", "err", err)
		}
		if told = ""; err != nil {
			told = err.Error()
		}
	}
}

// turn does what there is to do after a hello.
func (e *Engine) turn(ctx context.Context) error {
	r, err := e.folder.read()
	if err != nil {
		return err
	}
	if r.OnTrial {
		// It is the supervisor's to go on; until then nothing is fetched.
		if e.cfg.Reported != nil {
			e.cfg.Reported()
		}
		return nil
	}
	e.mu.Lock()
	offer := e.offer
	e.mu.Unlock()
	if offer != nil {
		if err := e.take(r, offer); err != nil {
			return err
		}
	}
	if r.Candidate == nil {
		return nil
	}
	o, err := update.Open(r.Candidate, e.cfg.Authority)
	if err != nil {
		return e.end(r, wire.UpdateFailed, r.Report.SHA256, r.Report.Attempt, err)
	}
	return e.get(ctx, r, o)
}

// take makes an offer the candidate, if it is for this agent and is news.
func (e *Engine) take(r *record, u *wire.Update) error {
	o, err := update.Open(u, e.cfg.Authority)
	if err != nil {
		// Nothing of it can be believed. Which one it claims to be is told all the
		// same, so that somebody looks.
		claimed := &update.Offer{}
		if json.Unmarshal(u.Offer, claimed) != nil || len(claimed.SHA256) != 64 {
			return err
		}
		return e.refuse(r, claimed, err)
	}
	if o.SHA256 == r.Report.SHA256 && o.Attempt <= r.Report.Attempt {
		return nil // it is under way, or has ended
	}
	err = o.For(update.Agent{Station: e.cfg.Station(), Version: e.cfg.Version, System: e.cfg.System, Arch: e.cfg.Arch, Last: r.Last})
	if err != nil {
		return e.refuse(r, o, err)
	}
	e.log.Info("a newer agent is offered", "version", o.Version, "bytes", o.Size)
	r.Candidate, r.Verified, r.Trials, r.Last = u, false, 0, o.Time
	r.Report = wire.UpdateReport{State: wire.UpdateFetching, SHA256: o.SHA256, Attempt: o.Attempt}
	if err := e.folder.write(r); err != nil {
		return err
	}
	e.cfg.Tell()
	return nil
}

// refuse tells the server why an offer is none for this agent; what is under way
// goes on.
func (e *Engine) refuse(r *record, o *update.Offer, why error) error {
	if r.Candidate != nil {
		return fmt.Errorf("the offer of another agent was refused: %w", why)
	}
	if r.Report.SHA256 == o.SHA256 && r.Report.Attempt == o.Attempt && r.Report.State == wire.UpdateRefused {
		return nil
	}
	return e.end(r, wire.UpdateRefused, o.SHA256, o.Attempt, why)
}

// end gives the candidate up and tells the server why.
func (e *Engine) end(r *record, state wire.UpdateState, sha256 string, attempt int, why error) error {
	e.log.Error("the agent is not updated", "state", state, "err", why)
	r.Candidate, r.Verified = nil, false
	r.Report = wire.UpdateReport{State: state, SHA256: sha256, Attempt: attempt, Why: why.Error()}
	err := errors.Join(e.folder.write(r), e.folder.keepOnly(self(), r.Current))
	e.cfg.Tell()
	return err
}

// get fetches the candidate, and ends with ErrReady.
func (e *Engine) get(ctx context.Context, r *record, o *update.Offer) error {
	if !r.Verified {
		err := e.fetch(ctx, o)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && e.cfg.Gone(err):
			e.log.Info("the server does not offer the newer agent any more", "version", o.Version)
			r.Candidate, r.Report = nil, wire.UpdateReport{}
			err := errors.Join(e.folder.write(r), e.folder.keepOnly(self(), r.Current))
			e.cfg.Tell()
			return err
		case err != nil:
			return e.end(r, wire.UpdateFailed, o.SHA256, o.Attempt, err)
		}
		r.Verified, r.Report.State = true, wire.UpdateVerified
		if err := e.folder.write(r); err != nil {
			return err
		}
		e.log.Info("the newer agent is fetched and verified", "version", o.Version)
	}
	select { // an answer from before is none to this
	case <-e.news:
	default:
	}
	e.cfg.Tell()
	wait := time.NewTimer(tellWait)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return nil
	case <-e.news:
	case <-wait.C:
	}
	return ErrReady
}

// self is the path of this program, or "".
func self() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Clean(path)
}

// prepare makes the folder, and makes sure that nobody else may write there.
func (f folder) prepare() error {
	if err := identity.MakeFolder(f.dir); err != nil {
		return fmt.Errorf("make the folder for updates: %w", err)
	}
	return identity.CheckPrivate(f.dir)
}
