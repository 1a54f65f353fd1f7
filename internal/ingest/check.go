package ingest

import (
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// ahead is how far in the future an event may claim to be: time zones and clocks
// that are set wrong by a day are told apart from nonsense.
const ahead = 48 * time.Hour

// checkNamed checks an event of a file, which must say whose it is.
func checkNamed(p *event.Process, retention int) error {
	if strings.TrimSpace(p.Station) == "" {
		return fault.Sayf("station is missing: nothing says which computer this happened on").Coded("event_no_station")
	}
	return checkEvent(p, retention)
}

// checkEvent says why an event cannot be stored. retention is as in Config.
func checkEvent(p *event.Process, retention int) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Time.After(time.Now().Add(ahead)) {
		return fault.Sayf("time %s lies in the future", p.Time.Format(time.RFC3339)).Coded("event_future", "at_time")
	}
	began := p.Time
	if !p.Started.IsZero() {
		began = p.Started
	}
	return checkKept(began, retention)
}

// checkDevice says why a record of a device cannot be stored.
func checkDevice(d *event.Device, retention int) error {
	if err := d.Check(); err != nil {
		return err
	}
	if d.Time.After(time.Now().Add(ahead)) {
		return fault.Sayf("time %s lies in the future", d.Time.Format(time.RFC3339)).Coded("event_future", "at_time")
	}
	return checkKept(d.Time, retention)
}

// checkKept refuses what would be gone the same day.
func checkKept(at time.Time, retention int) error {
	if retention > 0 && at.Before(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -retention)) {
		return fault.Sayf("time %s is before the %d days that events are kept here; raise --retention to keep it", at.Format(time.RFC3339), retention).Coded("event_old", "at_time", "days")
	}
	return nil
}
