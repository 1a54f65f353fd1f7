// Package rollout decides which station is offered a newer agent, and gives the
// program out.
//
// What it offers comes from the catalogue of clients: for each system and
// architecture the one program that new clients are made of. It promises that a
// station is never offered what is not newer than what it has, nor anything while
// updates are off or paused, and that what it gives out is what it offered. How
// many stations are under way at a time, which ones the settings choose and what
// became of each, the store knows; what a station does with an offer is the
// agent's.
package rollout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// Store is what is needed of the database.
type Store interface {
	UpdateSettings(ctx context.Context) (*store.UpdateSettings, error)
	OfferUpdate(ctx context.Context, n store.NewUpdate, now time.Time) (store.Offered, error)
	MayFetchUpdate(ctx context.Context, station int64, sha256 [32]byte) (bool, error)
	NoteUpdate(ctx context.Context, station int64, r *wire.UpdateReport, now time.Time) error
}

// Catalogue has the programs that can be offered; *catalogue.Catalogue is one.
type Catalogue interface {
	Offer() (*catalogue.Offer, error)
	Program(system, arch string) (*catalogue.Package, error)
	Generic(p *catalogue.Package) (*installer.Generic, error)
}

// Config configures a Rollout. All but Now and Log is required.
type Config struct {
	Store     Store
	Catalogue Catalogue
	Key       update.Key
	Now       func() time.Time // if nil, time.Now
	Log       *slog.Logger     // if nil, nothing is logged
}

const (
	// lookEvery is for how long what the settings and the catalogue say is taken as
	// still so. A pause acts on every server after this time.
	lookEvery = 3 * time.Second
	// fullFor is for how long nobody new is offered anything once as many stations
	// are under way as may be.
	fullFor = 5 * time.Second
	// known are the reports of stations that need not be noted again.
	known = 50_000
	// programs that are kept unpacked: one for each system and architecture.
	programs = 4
)

// Rollout offers newer agents. It may be used by many goroutines.
type Rollout struct {
	cfg   Config
	noted *lru.Cache[int64, wire.UpdateReport]

	unpacking sync.Mutex // several that ask at once would each unpack it
	unpacked  *lru.Cache[[32]byte, []byte]

	mu      sync.Mutex // held while what follows is looked up
	looked  time.Time
	on      bool
	offered map[kind]*Program
	full    time.Time // until then
	failed  string    // what was logged last
}

type kind struct{ system, arch string }

// Program is one that is offered, or why it is not.
type Program struct {
	catalogue.Package
	Digest  [32]byte
	Problem *fault.Error // nil: it is offered
}

// New returns a rollout.
func New(cfg Config) *Rollout {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	noted, err := lru.New[int64, wire.UpdateReport](known)
	if err != nil {
		panic(err) // the number is not positive
	}
	unpacked, err := lru.New[[32]byte, []byte](programs)
	if err != nil {
		panic(err) // the same
	}
	return &Rollout{cfg: cfg, noted: noted, unpacked: unpacked}
}

// Programs returns the agents that the catalogue has.
func Programs(c Catalogue) ([]Program, error) {
	all, err := c.Offer()
	if err != nil {
		return nil, err
	}
	var list []Program
	seen := map[kind]bool{}
	for i := range all.Packages {
		of := kind{all.Packages[i].Format.System(), all.Packages[i].Arch}
		if seen[of] {
			continue
		}
		seen[of] = true
		p, err := c.Program(of.system, of.arch)
		if fault.KindOf(err) == fault.NotFound {
			continue // an MSI package alone: there is no program to be had from it
		}
		if err != nil {
			return nil, err
		}
		list = append(list, check(p))
	}
	return list, nil
}

func check(p *catalogue.Package) Program {
	program := Program{Package: *p}
	raw, err := hex.DecodeString(p.SHA256)
	if err == nil && len(raw) == sha256.Size {
		program.Digest = [32]byte(raw)
	}
	if _, err := update.ParseVersion(p.Version); err != nil {
		program.Problem = fault.Invalidf("the version %.80s has no order: build the server from a commit that has a tag such as v1.4.0, or give VERSION to make", p.Version).Coded("update_no_order", "version")
	} else if p.Size > update.MostBytes {
		program.Problem = fault.Invalidf("the program has %d bytes; agents take at most %d", p.Size, update.MostBytes).Coded("update_too_large", "size_bytes", "most_bytes")
	}
	return program
}

// Greeted notes what a station says of its update, and returns an offer for it;
// nil where there is none.
func (r *Rollout) Greeted(ctx context.Context, station int64, h *wire.Hello) (*wire.Update, error) {
	report := h.Update
	if report == nil {
		return nil, nil
	}
	if err := r.note(ctx, station, report); err != nil {
		return nil, err
	}
	p := r.program(ctx, kind{report.System, h.Machine.Architecture}, report.SHA256)
	if p == nil {
		return nil, nil
	}
	if newer, err := update.Newer(p.Version, h.Machine.AgentVersion); err != nil || !newer {
		return nil, nil // a version without order is one that somebody built by hand: the page shows which stations have it
	}
	now := r.cfg.Now()
	o, err := r.cfg.Store.OfferUpdate(ctx, store.NewUpdate{Station: station, SHA256: p.Digest, From: h.Machine.AgentVersion, To: p.Version}, now)
	if err != nil {
		return nil, err
	}
	if o.Full {
		r.mu.Lock()
		r.full = now.Add(fullFor)
		r.mu.Unlock()
	}
	if o.Attempt == 0 {
		return nil, nil
	}
	return update.Seal(&update.Offer{
		Station: station, Version: p.Version, System: report.System, Arch: p.Arch, Size: p.Size, SHA256: p.SHA256, Attempt: o.Attempt, Time: now.UTC(),
	}, r.cfg.Key)
}

// note notes a report that is news.
func (r *Rollout) note(ctx context.Context, station int64, report *wire.UpdateReport) error {
	if report.State == "" {
		return nil
	}
	if before, ok := r.noted.Get(station); ok && before == *report && ended(report.State) {
		return nil
	}
	if err := r.cfg.Store.NoteUpdate(ctx, station, report, r.cfg.Now()); err != nil {
		return err
	}
	r.noted.Add(station, *report)
	return nil
}

func ended(s wire.UpdateState) bool {
	return s != wire.UpdateFetching && s != wire.UpdateVerified && s != wire.UpdateInstalled
}

// program returns what is offered to stations of a kind now; nil: nothing. A
// station that is under way needs no room: before is what it was offered last.
func (r *Rollout) program(ctx context.Context, k kind, before string) *Program {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.cfg.Now()
	if now.Sub(r.looked).Abs() >= lookEvery {
		r.looked = now
		if err := r.look(ctx); err != nil {
			r.on = false
			if err.Error() != r.failed { // each hello of each station would say it
				r.cfg.Log.ErrorContext(ctx, "agents cannot be updated", "err", err)
			}
			r.failed = err.Error()
		} else {
			r.failed = ""
		}
	}
	p := r.offered[k]
	if !r.on || p == nil || now.Before(r.full) && p.SHA256 != before {
		return nil
	}
	return p
}

func (r *Rollout) look(ctx context.Context) error {
	settings, err := r.cfg.Store.UpdateSettings(ctx)
	if err != nil {
		return err
	}
	if r.on = settings.Offering(); !r.on {
		return nil
	}
	list, err := Programs(r.cfg.Catalogue)
	if err != nil {
		return err
	}
	r.offered = map[kind]*Program{}
	for i := range list {
		if list[i].Problem == nil {
			r.offered[kind{list[i].Format.System(), list[i].Arch}] = &list[i]
		}
	}
	return nil
}

// Piece returns the bytes from offset of a program that a station was offered, at
// most wire.MaxPiece; none at its end. A station that was not offered it, or is
// not any more, gets an error of kind NotFound.
func (r *Rollout) Piece(ctx context.Context, station int64, digest [32]byte, offset int64) ([]byte, error) {
	may, err := r.cfg.Store.MayFetchUpdate(ctx, station, digest)
	if err != nil {
		return nil, err
	}
	var content []byte
	if may {
		if content, err = r.content(digest); err != nil {
			return nil, err
		}
	}
	if content == nil {
		return nil, fault.NotFoundf("station %d is not offered the agent %x, or not any more", station, digest[:6])
	}
	if offset > int64(len(content)) {
		return nil, fault.Invalidf("the agent has %d bytes; there is nothing at %d", len(content), offset)
	}
	return content[offset:min(offset+wire.MaxPiece, int64(len(content)))], nil
}

// content returns a program of the catalogue; nil: it has none with the digest.
func (r *Rollout) content(digest [32]byte) ([]byte, error) {
	r.unpacking.Lock()
	defer r.unpacking.Unlock()
	if content, ok := r.unpacked.Get(digest); ok {
		return content, nil
	}
	list, err := Programs(r.cfg.Catalogue)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Digest != digest {
			continue
		}
		g, err := r.cfg.Catalogue.Generic(&list[i].Package)
		if err != nil {
			return nil, fmt.Errorf("unpack the agent that is offered: %w", err)
		}
		r.unpacked.Add(digest, g.Content)
		return g.Content, nil
	}
	return nil, nil
}
