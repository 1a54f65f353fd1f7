package linuxproc

import (
	"path/filepath"

	"github.com/eljefe/eljefe/internal/event"
)

// Open prepares what a sensor needs of this station. In dir, if that is not "",
// it keeps what makes start times the same after a restart of the agent.
func Open(name event.Sensor, dir string) (*Config, error) {
	boot, err := BootID()
	if err != nil {
		return nil, err
	}
	cfg := &Config{Sensor: name, BootID: boot, Proc: NewProc("/proc"), Users: NewUsers("/etc/passwd")}
	cfg.Own = cfg.Proc.Station()
	var clockPath string
	if dir != "" {
		clockPath = filepath.Join(dir, "boottime.json")
		if cfg.Runs, err = OpenRuns(boot, filepath.Join(dir, "runs")); err != nil {
			return nil, err
		}
	}
	if cfg.Clock, err = NewClock(boot, clockPath, thisStation()); err != nil {
		return nil, err
	}
	return cfg, nil
}
