package linuxproc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// stepped is how far the station's clock must have been set to count as set.
const stepped = 50 * time.Millisecond

// A Clock makes times of day of times since boot.
//
// The time of day is set now and then, and a process must keep the time at which
// it was said to have started. So a Clock remembers when it found the station's
// clock set: what happened before keeps its time. With a file it does so over
// restarts of the agent too.
type Clock struct {
	boot uint64
	path string // "": nothing is kept
	now  Clocks

	mu      sync.Mutex
	origins []origin // by Since, the oldest first; at least one
}

// Clocks are the two of a station.
type Clocks struct {
	SinceBoot func() time.Duration // counts suspension too, and is never set
	Day       func() time.Time
}

// both reads both clocks at one moment: of a few readings it takes the one in
// which least time passed between the two, and returns that too.
func (c Clocks) both() (since time.Duration, day time.Time, least time.Duration) {
	least = 1<<63 - 1
	for range 5 {
		before := c.SinceBoot()
		at := c.Day()
		if took := c.SinceBoot() - before; took < least {
			least, since, day = took, before+took/2, at
		}
	}
	return since, day, least
}

// An origin is the time of day of the boot, as the station's clock has it for
// what happens since.
type origin struct {
	Since time.Duration `json:"since"` // the boot; 0 for the first
	Boot  time.Time     `json:"boot"`
}

// clockFile is what a Clock keeps.
type clockFile struct {
	BootID  uint64   `json:"boot_id"`
	Origins []origin `json:"origins"`
}

// NewClock returns the clock of the boot with that id. It remembers by the file
// path, if that is not "".
func NewClock(boot uint64, path string, now Clocks) (*Clock, error) {
	c := &Clock{boot: boot, path: path, now: now}
	if path != "" {
		var kept clockFile
		raw, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("read the times of the boot: %w", err)
		case json.Unmarshal(raw, &kept) != nil: // cut short when the station went down: of another boot
		case kept.BootID == boot && slices.IsSortedFunc(kept.Origins, func(a, b origin) int { return int(a.Since - b.Since) }):
			c.origins = kept.Origins
		}
	}
	return c, c.Look()
}

// Look finds out whether the station's clock was set. It is called every second
// or so; the error says why that cannot be kept for the next start of the agent.
func (c *Clock) Look() error {
	since, day, doubt := c.now.both()
	boot := day.Add(-since).Round(0).UTC().Truncate(time.Microsecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch n := len(c.origins); {
	case n == 0:
		c.origins = []origin{{0, boot}}
	case c.origins[n-1].Boot.Sub(boot).Abs() > stepped+doubt:
		c.origins = append(c.origins, origin{since, boot})
	default:
		return nil
	}
	if c.path == "" {
		return nil
	}
	raw, err := json.Marshal(clockFile{c.boot, c.origins})
	if err == nil {
		err = os.WriteFile(c.path+".new", raw, 0o600)
	}
	if err == nil {
		err = os.Rename(c.path+".new", c.path)
	}
	if err != nil {
		return fmt.Errorf("keep the times of the boot: %w", err)
	}
	return nil
}

// Time returns the time of day of a moment since boot, in whole microseconds.
func (c *Clock) Time(since time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.origins[0]
	for _, later := range c.origins[1:] {
		if later.Since <= since {
			o = later
		}
	}
	return o.Boot.Add(since).Truncate(time.Microsecond)
}

// Now returns how long ago the boot was.
func (c *Clock) Now() time.Duration { return c.now.SinceBoot() }
