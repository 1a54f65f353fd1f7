package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
)

// Pauses before a sensor that failed is started again.
const (
	firstRestart = time.Second
	lastRestart  = time.Minute
)

// sense runs the sensor until ctx is over. One that fails is started again, and
// the time without it is told as a gap.
func (a *agent) sense(ctx context.Context) {
	if a.cfg.Source == nil {
		a.sink.State("", sensor.Stopped, a.cfg.NoSource)
		a.log.Warn("nothing is recorded", "reason", a.cfg.NoSource)
		return
	}
	for pause := firstRestart; ; pause = min(2*pause, lastRestart) {
		began := time.Now()
		err := a.cfg.Source.Run(ctx, a.sink)
		ended := time.Now()
		mode := a.sink.Status().Mode
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			a.log.Info("the sensor has no more to tell", "sensor", mode, "events", a.sink.Status().Events)
			a.sink.State(mode, sensor.Stopped, "there is nothing more to come: the recording has ended")
			return
		}
		a.log.Error("the sensor failed; it is started again", "sensor", mode, "err", err)
		a.sink.State(mode, sensor.Stopped, err.Error())
		if ended.Sub(began) > lastRestart {
			pause = firstRestart
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		a.sink.Lost(0, ended, time.Now(), fmt.Sprintf("the sensor was stopped: %v", err))
		if ctx.Err() != nil {
			return
		}
	}
}

// rundown has the sensor report all running processes once more.
func (a *agent) rundown(ctx context.Context) (int, error) {
	if a.cfg.Source == nil {
		return 0, errors.New(a.cfg.NoSource)
	}
	return a.cfg.Source.Rundown(ctx)
}
