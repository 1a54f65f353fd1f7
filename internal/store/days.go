package store

import (
	"sync"
	"time"
)

// dayCache remembers for which days partitions are known to exist.
type dayCache struct {
	mu    sync.RWMutex
	known map[time.Time]bool
}

func newDayCache() *dayCache { return &dayCache{known: map[time.Time]bool{}} }

func (c *dayCache) has(day time.Time) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known[day]
}

func (c *dayCache) add(days []time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range days {
		c.known[d] = true
	}
}

func (c *dayCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
}
