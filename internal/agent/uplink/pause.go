package uplink

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

const (
	firstPause  = 2 * time.Second // bound of the first pause after a failure
	maxPause    = 5 * time.Minute // bound of all others
	spread      = 3 * time.Second // over which agents that begin at one moment are spread
	seldom      = time.Hour       // between questions of a station that was revoked or retired
	afterBusy   = 5 * time.Second // when the server is busy and does not say for how long
	defaultTurn = time.Minute     // between hellos, until the server says
)

// backoff tells how long to wait after a failure. The pause is anywhere between
// zero and a bound that doubles (full jitter): of many agents that fail together
// a few try soon, and no two waves meet the server.
type backoff struct{ failures int }

func (b *backoff) next(err error) time.Duration {
	if Is(err, wire.CodeBusy) {
		if p := wanted(err); p > 0 {
			return p + jitter(p/4)
		}
		return afterBusy + jitter(afterBusy)
	}
	bound := firstPause << min(b.failures, 16)
	b.failures++
	return max(wanted(err), jitter(min(bound, maxPause)))
}

func (b *backoff) reset() { b.failures = 0 }

// jitter returns a random duration below d.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// trouble tells of failures: each kind once, and when it is over.
type trouble struct {
	log   *slog.Logger
	doing string // what fails, a constant
	kind  string // of the failure that was told last; empty: all is well
	since time.Time
	tries int
}

func (t *trouble) failed(ctx context.Context, err error, now time.Time) {
	if ctx.Err() != nil {
		return // the agent is ending
	}
	t.tries++
	k := kind(err)
	if t.kind == k {
		return
	}
	if t.kind == "" {
		t.since, t.tries = now, 1
	}
	t.kind = k
	t.log.WarnContext(ctx, t.doing+" failed; trying again until it works", "err", err)
}

func (t *trouble) over(ctx context.Context, now time.Time) {
	if t.kind == "" {
		return
	}
	t.log.InfoContext(ctx, t.doing+" works again", "dur", now.Sub(t.since).Round(time.Second), "tries", t.tries)
	t.kind, t.tries = "", 0
}
