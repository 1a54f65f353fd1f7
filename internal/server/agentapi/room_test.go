package agentapi

import (
	"fmt"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// Where there is no room, who has a place keeps it while it is of use.
func TestRoomForContexts(t *testing.T) {
	c := newContexts(2)
	now := time.Unix(1000, 0)
	of := func(station int64) *wire.Context {
		on := new(wire.Context)
		on.Append(fmt.Sprint("of ", station), fmt.Appendf(nil, "of %d\n", station))
		return on
	}
	kept := func(want bool, station int64) {
		t.Helper()
		if got := c.keep(station, of(station), now); got != want {
			t.Errorf("after %s station %d is remembered: %t; want %t", now.Sub(time.Unix(1000, 0)), station, got, want)
		}
		if got := c.find(station, of(station).Name()) != nil; got != want {
			t.Errorf("station %d is found: %t; want %t", station, got, want)
		}
	}
	kept(true, 1)
	kept(true, 2)
	kept(false, 3)
	now = now.Add(stillUsed - time.Second)
	kept(true, 1)
	kept(false, 3)
	now = now.Add(time.Second)
	kept(true, 3) // in the place of 2, which was silent
	kept(false, 2)
	kept(true, 1)
	if c.find(1, of(3).Name()) != nil || c.find(3, "") != nil || c.count() != 2 {
		t.Errorf("a station has another's, or %d are remembered and not 2", c.count())
	}
}
