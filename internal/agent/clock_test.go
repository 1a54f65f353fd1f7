package agent

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Only a clock that is set is told of: neither slewing nor sleep is.
func TestClockWatch(t *testing.T) {
	for _, tt := range []struct {
		name          string
		wall, steady  time.Duration // by which they go ahead at once
		slew          float64       // of each second
		want          string
		wantFrom, len time.Duration // from the moment of the change
	}{
		{name: "nothing"},
		{name: "slewed", slew: 0.0005},
		{name: "a second", wall: time.Second},
		{name: "set forward", wall: time.Hour, want: "forward by 1h0m0s", len: time.Hour},
		{name: "set back", wall: -time.Hour, want: "back by 1h0m0s", wantFrom: -time.Hour, len: time.Hour},
		{name: "asleep", wall: time.Hour, steady: time.Hour},
		{name: "set while asleep", wall: time.Hour, steady: time.Minute, want: "forward by 59m0s", wantFrom: time.Minute, len: 59 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				var wall, steady atomic.Int64 // what they are ahead
				var gaps []event.Gap
				w := &clockWatch{
					wall: func() time.Time {
						d := time.Since(began)
						return began.Add(d + time.Duration(wall.Load()) + time.Duration(float64(d)*tt.slew))
					},
					steady: func() time.Duration { return time.Since(began) + time.Duration(steady.Load()) },
					report: func(g event.Gap) { gaps = append(gaps, g) },
				}
				for at := range 3600 {
					w.look()
					time.Sleep(500 * time.Millisecond)
					if at == 600 {
						wall.Store(int64(tt.wall))
						steady.Store(int64(tt.steady))
					}
					time.Sleep(500 * time.Millisecond)
				}
				if tt.want == "" {
					if len(gaps) > 0 {
						t.Fatalf("told %+v; want nothing", gaps)
					}
					return
				}
				if len(gaps) != 1 || !strings.Contains(gaps[0].Detail, tt.want) || gaps[0].Check() != nil {
					t.Fatalf("told %+v; want one jump %s", gaps, tt.want)
				}
				from := began.Add(10*time.Minute + time.Second + tt.wantFrom) // when the watch looked
				if g := gaps[0]; !g.From.Equal(from) || g.To.Sub(g.From) != tt.len {
					t.Errorf("from %s to %s; want from %s for %s", g.From, g.To, from, tt.len)
				}
			})
		})
	}
}
