package agentapi

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// limiter counts what may not happen too often, by a key. Each key may do it
// burst times at once, and once more after each pause. It remembers the 10,000
// keys that were heard of last.
type limiter struct {
	burst int
	every time.Duration

	mu    sync.Mutex
	debts *lru.Cache[string, time.Time] // by when everything is forgiven
}

func newLimiter(burst int, every time.Duration) *limiter {
	debts, err := lru.New[string, time.Time](10_000)
	if err != nil {
		panic(err) // the number is not positive
	}
	return &limiter{burst: burst, every: every, debts: debts}
}

// wait returns how long key has to wait until it may do it again; 0: it may.
func (l *limiter) wait(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left(key, now)
}

func (l *limiter) left(key string, now time.Time) time.Duration {
	until, ok := l.debts.Get(key)
	if !ok {
		return 0
	}
	return max(0, until.Sub(now)-time.Duration(l.burst-1)*l.every)
}

// note counts that key did it.
func (l *limiter) note(key string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(key, now)
}

func (l *limiter) add(key string, now time.Time) {
	until, _ := l.debts.Get(key)
	if until.Before(now) {
		until = now
	}
	l.debts.Add(key, until.Add(l.every))
}

// allow counts that key does it, if it may.
func (l *limiter) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left(key, now) > 0 {
		return false
	}
	l.add(key, now)
	return true
}

// neighbourhood is the address that a caller cannot easily change: of IPv6, the
// network that a customer is given.
func neighbourhood(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	network, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}

// budget is memory that many share.
type budget struct {
	limit int64

	mu   sync.Mutex
	used int64
}

// take takes n bytes if they are left.
func (b *budget) take(n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used+n > b.limit {
		return false
	}
	b.used += n
	return true
}

func (b *budget) give(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}
