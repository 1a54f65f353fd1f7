package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/update"
)

const (
	firstPause = 2 * time.Second // bound of the first pause after a failure; it doubles
	lastPause  = 5 * time.Minute
)

// errDamaged says that what was fetched is not what was offered.
var errDamaged = errors.New("what the server gave is not the agent that it offered")

// fetch fetches the program of an offer, from where an earlier try ended. When it
// returns nil, the program is whole, the right one, and on disk.
func (e *Engine) fetch(ctx context.Context, o *update.Offer) error {
	if err := e.folder.prepare(); err != nil {
		return err
	}
	if sum, err := digest(e.folder.program(o)); err == nil && sum == strings.ToLower(o.SHA256) {
		return nil // something ended the agent before that was noted
	}
	resumed, err := e.fetchPart(ctx, o)
	if errors.Is(err, errDamaged) && resumed {
		// What was there may be damaged: a power cut leaves files that are longer than
		// what was written. Once more, from the beginning.
		if err := os.Remove(e.folder.part(o)); err != nil {
			return err
		}
		_, err = e.fetchPart(ctx, o)
	}
	if err != nil {
		return err
	}
	if e.cfg.Check != nil {
		if err := e.cfg.Check(e.folder.part(o)); err != nil {
			return err
		}
	}
	if err := identity.ReplacePrivate(e.folder.part(o), e.folder.program(o)); err != nil {
		return err
	}
	e.folder.note("program")
	return nil
}

// fetchPart completes the part, and compares it with the offer. resumed tells
// that its beginning was there before.
func (e *Engine) fetchPart(ctx context.Context, o *update.Offer) (resumed bool, err error) {
	f, err := identity.OpenPrivate(e.folder.part(o))
	if err != nil {
		return false, fmt.Errorf("keep the newer agent: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	offset, err := f.Seek(0, io.SeekEnd)
	if err == nil && offset > o.Size {
		offset, err = 0, f.Truncate(0)
	}
	if err != nil {
		return false, fmt.Errorf("keep the newer agent: %w", err)
	}
	resumed = offset > 0
	for failures := 0; offset < o.Size; {
		began := time.Now()
		piece, err := e.cfg.Fetch(ctx, o.SHA256, offset)
		switch {
		case err != nil && (ctx.Err() != nil || e.cfg.Gone(err)):
			return resumed, err
		case err != nil:
			e.log.DebugContext(ctx, "fetching a piece of the newer agent failed", "offset", offset, "err", err)
			pause(ctx, rand.N(min(firstPause<<min(failures, 16), lastPause)))
			failures++
			continue
		case len(piece) == 0 || offset+int64(len(piece)) > o.Size:
			return resumed, fmt.Errorf("%w: it has another length", errDamaged)
		}
		failures = 0
		if _, err := f.WriteAt(piece, offset); err != nil {
			return resumed, fmt.Errorf("keep the newer agent: %w", err)
		}
		offset += int64(len(piece))
		e.folder.note("piece")
		if e.cfg.BytesPerSecond > 0 {
			pause(ctx, time.Duration(float64(len(piece))/float64(e.cfg.BytesPerSecond)*float64(time.Second))-time.Since(began))
		}
	}
	if err := f.Sync(); err != nil {
		return resumed, fmt.Errorf("keep the newer agent: %w", err)
	}
	sum, err := digest(e.folder.part(o))
	if err == nil && sum != strings.ToLower(o.SHA256) {
		err = fmt.Errorf("%w: its SHA-256 is %s", errDamaged, sum)
	}
	return resumed, err
}

// pause waits for d, or until ctx is over.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
