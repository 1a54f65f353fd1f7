package store

import (
	"hash/maphash"
	"sync"
	"time"
)

// seenCache remembers since when something is noted to have been seen. Every
// start asks it some times, so it costs as little as can be: a place is found by
// the hash of the sighting alone, memory is one piece without pointers, and who
// comes in where both places of its pair are taken puts the older one out.
type seenCache struct {
	mu    sync.Mutex
	seed  maphash.Seed
	pairs [][2]seen
}

// seen is a place. The empty one has a sighting of nothing by nobody.
type seen struct {
	what  sighting
	since int64 // microseconds of Unix time
}

// newSeenCache returns a cache with room for so many sightings, a power of 2.
func newSeenCache(room int) *seenCache {
	return &seenCache{seed: maphash.MakeSeed(), pairs: make([][2]seen, room/2)}
}

func (c *seenCache) pair(s sighting) *[2]seen {
	return &c.pairs[maphash.Comparable(c.seed, s)%uint64(len(c.pairs))]
}

// has tells whether s is remembered to have been seen by then.
func (c *seenCache) has(s sighting, by time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pair(s)
	for _, place := range p {
		if place.what == s && s != (sighting{}) {
			return place.since <= by.UnixMicro()
		}
	}
	return false
}

// add remembers all of them.
func (c *seenCache) add(all map[sighting]time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for s, at := range all {
		p := c.pair(s)
		if p[0].what != s {
			p[1] = p[0]
		}
		p[0] = seen{s, at.UnixMicro()}
	}
}
