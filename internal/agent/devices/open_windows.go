package devices

import (
	"log/slog"
	"sync/atomic"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

const changeQueue = 256

// Open returns the station's devices. Where Windows does not tell of changes they
// are looked at now and then.
func Open(log *slog.Logger) (System, error) {
	if _, err := winapi.USBDevices(); err != nil {
		return nil, err
	}
	s := &station{}
	changes := make(chan Change, changeQueue)
	watch, err := winapi.WatchUSB(func(came string) { s.tell(changes, came) })
	if err != nil {
		log.Debug("Windows does not tell of USB devices: they are looked at now and then", "err", err)
		return s, nil
	}
	s.changes, s.watch = changes, watch
	return s, nil
}

// A station is a System.
type station struct {
	changes chan Change
	watch   *winapi.USBWatch // nil: Windows does not tell
	missed  atomic.Bool
}

func (s *station) List() ([]Found, error) {
	devices, err := winapi.USBDevices()
	if err != nil {
		return nil, err
	}
	var list []Found
	for _, d := range devices {
		if f, ok := fromWindows(d); ok {
			list = append(list, f)
		}
	}
	return list, nil
}

func (s *station) Changes() <-chan Change { return s.changes }

// Close ends being told.
func (s *station) Close() error {
	if s.watch == nil {
		return nil
	}
	return s.watch.Close()
}

// tell hands over a change. Where too many wait already, those bring a look, and
// that a device came is noted as missed.
func (s *station) tell(changes chan<- Change, came string) {
	c := Change{Missed: s.missed.Swap(false)}
	if came != "" {
		c.Came = cameToWindows(came)
	}
	select {
	case changes <- c:
	default:
		if c.Missed || c.Came != nil {
			s.missed.Store(true)
		}
	}
}
