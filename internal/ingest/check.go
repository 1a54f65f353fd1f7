package ingest

import (
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// ahead is how far in the future an event may claim to be: time zones and clocks
// that are set wrong by a day are told apart from nonsense.
const ahead = 48 * time.Hour

// checkNamed checks an event of a file, which must say whose it is.
func checkNamed(p *event.Process, retention int) error {
	if strings.TrimSpace(p.Station) == "" {
		return fmt.Errorf("station is missing: nothing says which computer this happened on")
	}
	return checkEvent(p, retention)
}

// checkEvent says why an event cannot be stored. retention is as in Config.
func checkEvent(p *event.Process, retention int) error {
	if err := p.Check(); err != nil {
		return err
	}
	if p.Time.After(time.Now().Add(ahead)) {
		return fmt.Errorf("time %s lies in the future", p.Time.Format(time.RFC3339))
	}
	began := p.Time
	if !p.Started.IsZero() {
		began = p.Started
	}
	if retention > 0 && began.Before(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -retention)) {
		return fmt.Errorf("time %s is before the %d days that events are kept here; raise --retention to keep it", began.Format(time.RFC3339), retention)
	}
	return nil
}
