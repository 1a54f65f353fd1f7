package store

import (
	"testing"
	"time"
)

func TestSeenCache(t *testing.T) {
	early, late := time.Unix(1000, 0), time.Unix(2000, 0)
	c := newSeenCache(2) // one pair
	a, b, d := sighting{ofAccount, 1, 2, 3}, sighting{ofParent, 1, 2, 3}, sighting{ofAccount, 1, 2, 4}
	step := func(name string, s sighting, by time.Time, want bool) {
		t.Helper()
		if got := c.has(s, by); got != want {
			t.Errorf("%s: %v by %s is remembered: %v, want %v", name, s, by, got, want)
		}
	}
	add := func(s sighting, at time.Time) { c.add(map[sighting]time.Time{s: at}) }
	step("empty", sighting{}, late, false)
	add(a, late)
	step("later than it was", a, late, true)
	step("earlier than it was", a, early, false)
	step("of another kind", b, late, false)
	add(a, early)
	step("once it was earlier", a, early, true)
	add(b, early)
	step("two have room", a, late, true)
	step("two have room", b, late, true)
	add(d, early)
	step("a third puts the oldest out", a, late, false)
	step("a third leaves the younger", b, late, true)
	step("a third", d, late, true)
	add(b, late)
	step("what is remembered again", b, early, false)
	step("beside it", d, late, true)
	// What has no time is noted with the zero time, which comes before all.
	add(a, time.Time{})
	step("without a time", a, time.Time{}, true)
}
