package live

import (
	"io"
	"log/slog"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/etwsession"
	"github.com/eljefe/eljefe/internal/agent/sensor/eventlog"
	"github.com/eljefe/eljefe/internal/agent/sensor/poll"
	"github.com/eljefe/eljefe/internal/event"
)

// A Source is the sensor that was opened.
type Source interface {
	sensor.Source
	io.Closer
}

// Open opens the best sensor, or the only one that may be tried.
func Open(cfg Config) (Source, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	fromLog := func(which event.Sensor) way {
		return way{which, func(why string) (Source, error) {
			return opened(eventlog.Open(eventlog.Config{Sensor: which, Dir: cfg.Dir, Why: why, Log: cfg.Log}))
		}}
	}
	ways := []way{
		{event.SensorETW, func(string) (Source, error) {
			return opened(etwsession.Open(etwsession.Config{Dir: cfg.Dir, Log: cfg.Log}))
		}},
		fromLog(event.SensorSysmon),
		fromLog(event.SensorSecurity),
		{event.SensorPoll, func(why string) (Source, error) {
			return opened(poll.Open(poll.Config{Why: why, Log: cfg.Log}))
		}},
	}
	if cfg.Only != "" {
		return first(cfg, ways)
	}
	return opened(newLadder(ways, cfg.Log))
}

// Loaded tells the time stamp and the checksum in the header of the image that
// the kernel loaded for a process, where the source was told.
func Loaded(s Source) func(p *event.Process) (timeDateStamp, checksum uint32, ok bool) {
	return func(p *event.Process) (timeDateStamp, checksum uint32, ok bool) {
		if l, ok := s.(*ladder); ok {
			s, _ := l.inUse()
			return loaded(s, p)
		}
		return loaded(s, p)
	}
}

func loaded(s Source, p *event.Process) (timeDateStamp, checksum uint32, ok bool) {
	if s, ok := s.(*etwsession.Source); ok {
		return s.Loaded(p)
	}
	return 0, 0, false
}
