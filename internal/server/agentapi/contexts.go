package agentapi

import (
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/eljefe/eljefe/internal/wire"
)

const (
	// mostContexts is of how many stations something is remembered: of all that a
	// server is made for, in 640 MiB. Who finds no room sends larger batches.
	mostContexts = 10_000
	// stillUsed is for how long a station that sends nothing keeps its place. Of
	// more stations than there are places some have one, instead of each losing
	// it to the next before it is of use.
	stillUsed = 10 * time.Minute
)

// contexts are what is remembered of the stations' streams, so that they need
// not send it again. It is in memory only and may be lost at any time.
//
// A context is changed by who has the station's lock in API.sending, and by
// nobody else; a station that is displaced meanwhile gets a place again.
type contexts struct {
	mu     sync.Mutex
	most   int
	placed *simplelru.LRU[int64, *placed]
}

// placed is a station's context, and when it was of use last.
type placed struct {
	context *wire.Context
	used    time.Time
}

func newContexts(most int) *contexts {
	lru, err := simplelru.NewLRU[int64, *placed](most, nil)
	if err != nil {
		panic(err) // the number is not positive
	}
	return &contexts{most: most, placed: lru}
}

// find returns the context of a station, or nil where it is not the one called name.
func (c *contexts) find(station int64, name string) *wire.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.placed.Peek(station)
	if !ok || p.context.Name() != name {
		return nil
	}
	return p.context
}

// keep remembers the context of a station, if there is room or can be made.
func (c *contexts) keep(station int64, context *wire.Context, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.placed.Contains(station) && c.placed.Len() == c.most {
		if _, oldest, ok := c.placed.GetOldest(); ok && now.Sub(oldest.used) < stillUsed {
			return false
		}
	}
	c.placed.Add(station, &placed{context, now})
	return true
}

// count returns of how many stations something is remembered.
func (c *contexts) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.placed.Len()
}

// contextOf returns what a batch is packed on: something that is empty where the
// next batches are to build on this one, nil where it stands alone.
func (a *API) contextOf(c *call) (*wire.Context, error) {
	switch name := c.Header.Get(wire.ContextHeader); name {
	case "":
		return nil, nil
	case wire.NewContext:
		return new(wire.Context), nil
	default:
		if found := a.contexts.find(c.number(), name); found != nil {
			return found, nil
		}
		return nil, fail(http.StatusPreconditionFailed, wire.CodeContext,
			"this server does not have the context %.40q of station %d: it was started anew, or has stored another batch since; send the batch again, packed on nothing, with %s: %s",
			name, c.number(), wire.ContextHeader, wire.NewContext)
	}
}
