package fleet

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// demoState is what must stay the same when a demo is started again.
type demoState struct {
	Seed     uint64    `json:"seed"`
	From     time.Time `json:"from"`
	Live     time.Time `json:"live"`
	Offset   int       `json:"utc_offset_seconds"` // of the office's clocks
	Busy     float64   `json:"busy,omitempty"`
	Scenario string    `json:"scenario"` // digest
}

const stateFile = "demo.json"

// ErrOtherScenario says that a demo cannot go on, because its scenario was
// changed since it began.
var ErrOtherScenario = errors.New("the demo began with another scenario, or another version of El Jefe: remove it (eljefe demo remove), and it begins anew")

// DemoBegan tells whether a demo that began is kept in the folder dir.
func DemoBegan(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, stateFile))
	return err == nil
}

// load reads how the demo began, or begins it.
func (d *Demo) load(now time.Time) (*demoState, error) {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the demo's folder: %w", err)
	}
	path := filepath.Join(d.Dir, stateFile)
	digest := hex.EncodeToString(d.Scenario.Digest[:])
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return d.begin(path, digest, now)
	}
	if err != nil {
		return nil, fmt.Errorf("read how the demo began: %w", err)
	}
	s := new(demoState)
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("%s: %w (remove the demo with eljefe demo remove, and it begins anew)", path, err)
	}
	if s.Scenario != digest {
		return nil, ErrOtherScenario
	}
	return s, nil
}

// begin makes a demo begin now.
func (d *Demo) begin(path, digest string, now time.Time) (*demoState, error) {
	_, offset := now.Zone()
	live := now.Truncate(time.Second)
	s := &demoState{Seed: d.Seed, From: live.AddDate(0, 0, -max(1, d.Days)), Live: live, Offset: offset, Busy: d.Busy, Scenario: digest}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write how the demo began: %w", err)
	}
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("write how the demo began: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, fmt.Errorf("write how the demo began: %w", err)
	}
	return s, nil
}

// zone is that of the office: the one that this machine had when the demo began.
func (s *demoState) zone() *time.Location { return time.FixedZone("office", s.Offset) }

func (s *demoState) days() int { return int(s.Live.Sub(s.From).Hours()+12) / 24 }
