package eventlog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/event"
)

// The channels, and which of their records are read.
const (
	sysmonChannel   = "Microsoft-Windows-Sysmon/Operational"
	sysmonQuery     = "*[System[(EventID=1 or EventID=5)]]"
	securityChannel = "Security"
	securityQuery   = "*[System[(EventID=4688 or EventID=4689)]]"
)

// What security auditing does not say, as the sensor's state tells it.
const (
	noEnds         = "the audit policy does not cover the ends of processes: they are noticed within a minute"
	noCommandLines = "the policy does not put command lines into the log: they are asked of the processes, and missing for short ones"
)

// Open prepares a Source. The error says why this station does not have it.
func Open(cfg Config) (*Source, error) {
	c := &windowsChannel{name: sysmonChannel, query: sysmonQuery}
	if cfg.Sensor == event.SensorSecurity {
		c.name, c.query = securityChannel, securityQuery
		policy, err := winapi.ProcessAuditing()
		switch {
		case err != nil:
			return nil, err
		case !policy.Starts:
			return nil, errors.New("the audit policy does not cover the creation of processes")
		}
		if !policy.Ends {
			cfg.Why = and(noEnds, cfg.Why)
		}
		if !policy.CommandLines {
			cfg.Why = and(noCommandLines, cfg.Why)
		}
	}
	if _, _, err := c.state(); err != nil {
		if errors.Is(err, winapi.ErrNoChannel) && cfg.Sensor == event.SensorSysmon {
			err = errors.New("the station has no Sysmon")
		}
		return nil, err
	}
	return newSource(cfg, c.name, c, winproc.ThisStation(cfg.Log)), nil
}

func and(a, b string) string { return strings.TrimSuffix(a+"; "+b, "; ") }

// windowsChannel is a channel of this station's event log.
type windowsChannel struct {
	name, query  string
	subscription *winapi.Subscription
}

func (c *windowsChannel) state() (oldest, newest uint64, err error) {
	return winapi.EventLogState(c.name)
}

func (c *windowsChannel) subscribe(after uint64) (err error) {
	if c.subscription, err = winapi.SubscribeEvents(c.name, c.query, after); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

func (c *windowsChannel) next(wait time.Duration) ([]string, error) {
	return c.subscription.Next(wait)
}

func (c *windowsChannel) unsubscribe() {
	if c.subscription != nil {
		c.subscription.Close()
		c.subscription = nil
	}
}
