package agentapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// What agents are told to do.
const (
	helloEvery   = time.Minute
	batchBytes   = 1 << 20
	batchRecords = 2000
	batchWait    = time.Second

	// wrongClock is how far a station's clock may be off. Beyond it the times of
	// its events would lead everybody astray.
	wrongClock = 24 * time.Hour
)

// hello handles POST wire.PathHello: an agent tells how it is, and learns where
// its stream is to go on.
func (a *API) hello(ctx context.Context, c *call) (any, error) {
	var in wire.Hello
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkHello(&in); err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	greeting, err := a.cfg.Store.Greet(ctx, c.number(), &in, c.address, now)
	if err != nil {
		return nil, err
	}
	if greeting.Cloned {
		if a.warned.allow("clone of "+strconv.FormatInt(c.number(), 10), now) {
			a.cfg.Log.WarnContext(ctx, "station was cloned", "station", c.number(), "address", c.address)
		}
		return nil, fail(http.StatusConflict, wire.CodeCloned, "another machine reports as station %d at the same time: enrol anew with a key of your own, showing this certificate", c.number())
	}
	if greeting.Moved {
		a.cfg.Log.InfoContext(ctx, "station has another machine", "station", c.number(), "address", c.address)
	}
	if off := now.Sub(in.Now); off > wrongClock || off < -wrongClock {
		return nil, fail(http.StatusUnprocessableEntity, wire.CodeClock, "the station's clock shows %s, the server's %s: set the wrong one right; until then the events are to stay on the station",
			in.Now.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	var newer *wire.Update
	if a.cfg.Updates != nil {
		// Without it the station works on, and says in its next hello what it said in this one.
		if newer, err = a.cfg.Updates.Greeted(ctx, c.number(), &in); err != nil && a.warned.allow("update: "+err.Error(), now) {
			a.cfg.Log.WarnContext(ctx, "agent not updated", "station", c.number(), "err", err)
		}
	}
	return &wire.Welcome{
		Station: c.number(), Now: a.cfg.Now().UTC(), Update: newer, Acknowledged: greeting.Acknowledged, HelloSeconds: int(helloEvery.Seconds()),
		BatchBytes: batchBytes, BatchRecords: batchRecords, BatchWaitMS: int(batchWait.Milliseconds()),
	}, nil
}
