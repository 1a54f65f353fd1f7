package enrich

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/eljefe/eljefe/internal/event"
)

// How long the name of an account is believed: accounts are renamed, and a domain
// that does not answer will.
const (
	namedFor   = time.Hour
	unnamedFor = time.Minute
)

const (
	knownAccounts = 1024
	asked         = 4 // accounts that are asked for at the same time
)

// An account is a name that is awaited, or known. Its members are read when done is
// closed.
type account struct {
	done   chan struct{}
	until  time.Time
	name   string
	reason Reason // "": there is a name
}

// accounts looks up names by SID. The system may ask a domain for them, which takes
// as long as the network likes: nobody waits for it but the events that want one.
type accounts struct {
	ask func(sid string) (string, error) // nil: nobody is asked

	mu    sync.Mutex
	known *lru.Cache[string, *account]
	jobs  int
	slots chan struct{}
}

func newAccounts(ask func(sid string) (string, error)) *accounts {
	return &accounts{ask: ask, known: newCache[string, *account](knownAccounts), slots: make(chan struct{}, asked)}
}

// look returns the account; nil if nobody is asked.
func (a *accounts) look(sid string) *account {
	if a.ask == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.known.Get(sid)
	if ok && !known.stale() {
		return known
	}
	n := &account{done: make(chan struct{})}
	if a.jobs >= waiting {
		n.reason = Busy
		close(n.done)
		return n
	}
	a.jobs++
	a.known.Add(sid, n)
	go a.fetch(sid, n)
	return n
}

func (a *accounts) fetch(sid string, n *account) {
	a.slots <- struct{}{}
	name, err := a.ask(sid)
	<-a.slots
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs--
	n.name, n.until = name, time.Now().Add(namedFor)
	if err != nil {
		n.reason, n.until = ReasonOf(err), time.Now().Add(unnamedFor)
	}
	close(n.done)
}

func (n *account) stale() bool {
	select {
	case <-n.done:
		return !time.Now().Before(n.until)
	default:
		return false
	}
}

// apply adds the name to an event, when it is there in time.
func (n *account) apply(ctx context.Context, p *event.Process) {
	switch {
	case !await(ctx, n.done):
		Miss(p, Busy, factUser)
	case n.reason != "":
		Miss(p, n.reason, factUser)
	default:
		p.User = cut(n.name, longestClaim)
	}
}
