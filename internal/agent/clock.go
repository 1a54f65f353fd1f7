package agent

import (
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A clock that is set moves by more than this in a second; one that is slewed
// by time synchronization does not.
const clockTolerance = 2 * time.Second

// A clockWatch notices when the station's clock is set.
type clockWatch struct {
	wall func() time.Time
	// steady is a clock that is never set. It should go on while the station is
	// suspended; where it does not, waking up is told as a jump.
	steady func() time.Duration
	report func(event.Gap)

	lastWall   time.Time // of the last look
	lastSteady time.Duration
}

// newClockWatch returns a watch of this station's clock.
func newClockWatch(report func(event.Gap)) *clockWatch {
	steady := sinceBoot
	if steady == nil || steady() == 0 {
		began := time.Now()
		steady = func() time.Duration { return time.Since(began) }
	}
	return &clockWatch{wall: time.Now, steady: steady, report: report}
}

// look is called each second: it tells of what happened to the clock since.
func (w *clockWatch) look() {
	now, elapsed := w.wall().Round(0), w.steady()
	first, want := w.lastWall.IsZero(), w.lastWall.Add(elapsed-w.lastSteady)
	w.lastWall, w.lastSteady = now, elapsed
	by := now.Sub(want)
	switch {
	case first:
	case by > clockTolerance:
		w.report(span(event.ClockJump, want, now, fmt.Sprintf("the clock was set forward by %s", by.Round(time.Millisecond))))
	case by < -clockTolerance:
		w.report(span(event.ClockJump, now, want, fmt.Sprintf("the clock was set back by %s", (-by).Round(time.Millisecond))))
	}
}
