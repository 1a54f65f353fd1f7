package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A boot is one time that the station runs.
type boot struct {
	ID    uint64    `json:"boot_id"` // 0: not known on this system
	Began time.Time `json:"booted,omitzero"`
}

// lifeFile keeps the boot in which the agent ran last.
const lifeFile = "life.json"

// lastLife returns the boot in which the agent ran last, and whether it ran at all.
func lastLife(dir string) (boot, bool, error) {
	raw, err := os.ReadFile(filepath.Join(dir, lifeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return boot{}, false, nil
	}
	var last boot
	if err == nil {
		err = json.Unmarshal(raw, &last)
	}
	if err != nil {
		return boot{}, false, fmt.Errorf("read when the agent ran last: %w (remove %s, and it is taken as new)", err, filepath.Join(dir, lifeFile))
	}
	return last, true, nil
}

// keepLife notes that the agent runs in this boot. It need not be durable: lost
// with the system, the boot before that is found, and that was another one too.
func keepLife(dir string, b boot) error {
	raw, err := json.Marshal(b)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, lifeFile)
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return fmt.Errorf("note that the agent runs: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("note that the agent runs: %w", err)
	}
	return nil
}

// An absence is what is known when an agent begins.
type absence struct {
	first bool      // it never ran here before
	last  boot      // in which it ran last
	alive time.Time // when it was last known to run; zero: not known
	now   time.Time
	boot  boot
}

// gaps returns what the station's record lacks because no agent ran.
//
// In the same boot that is the time since the agent was last alive. After a
// reboot two things are missing. From the station's start to the agent's start
// things ran that nobody saw start. And the station ran on for a while behind
// the agent's last sign of life, at most until it started again: how long,
// nobody knows, because no time of a shutdown is to be had that could be
// trusted. The whole span is a gap then, whose detail says so; to call it
// shorter would hide what ran after somebody had stopped the agent.
//
// The record of a station begins with its first agent: what ran before that is
// no gap in it.
func (a absence) gaps() []event.Gap {
	if a.first {
		return nil
	}
	rebooted := a.boot.ID != a.last.ID && a.boot.ID != 0
	var gaps []event.Gap
	if !a.alive.IsZero() {
		until, detail := a.now, "the agent did not run"
		if rebooted && !a.boot.Began.IsZero() {
			until, detail = a.boot.Began, "the agent did not run; the station was off for an unknown part of the time"
		}
		gaps = append(gaps, span(event.AgentOff, a.alive, until, detail))
	}
	if rebooted && !a.boot.Began.IsZero() {
		gaps = append(gaps, span(event.BeforeAgent, a.boot.Began, a.now, "the station ran before the agent began"))
	}
	return gaps
}

// span returns a gap between two times of the station's clock. Where they are in
// the wrong order the clock was set in between, and the detail says it.
func span(cause event.Cause, from, to time.Time, detail string) event.Gap {
	if to.Before(from) {
		from, to = to, from
		detail += "; its clock was set back meanwhile"
	}
	return event.Gap{Kind: event.GapKind, Cause: cause, From: from.Round(0).UTC(), To: to.Round(0).UTC(), Detail: detail}
}
