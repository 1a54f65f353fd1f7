package etwsession

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/etw"
)

// What the session takes.
const (
	classicProcess  = 0x1 // EVENT_TRACE_FLAG_PROCESS
	classicCounters = 0x8 // EVENT_TRACE_FLAG_PROCESS_COUNTERS
	classicFlags    = classicProcess | classicCounters

	manifestKeyword = 0x10 // WINEVENT_KEYWORD_PROCESS
	manifestLevel   = 4
	startKeys       = 0x80 // EVENT_ENABLE_PROPERTY_PROCESS_START_KEY: who wrote an event
)

// Open begins a session. The error says why this station cannot have one.
func Open(cfg Config) (*Source, error) {
	name, guid := nameOf(cfg.Dir)
	station := winproc.ThisStation(cfg.Log)
	return open(func() (session, way, error) { return start(name, guid) }, station, cfg.Log)
}

// start begins a session with both sources, or with what can be had.
func start(name string, guid etw.GUID) (session, way, error) {
	s, err := beginOwn(name, guid, true)
	if err == nil {
		return s, way{sources: etw.Both}, nil
	}
	if errors.Is(err, winapi.ErrTraceDenied) {
		return nil, way{}, err // nor would they be given less
	}
	s, less := beginOwn(name, guid, false)
	if less != nil {
		if less.Error() != err.Error() {
			err = errors.Join(err, less)
		}
		return nil, way{}, err
	}
	return s, way{etw.Manifest, fmt.Sprintf("only one of the two sources can be had, which knows neither users nor command lines: %v", err)}, nil
}

// own is a session of this station.
type own struct {
	trace  *winapi.Trace
	guid   etw.GUID
	system bool

	// Whether look can tell: what it does not see in a new session it cannot see
	// being taken away.
	tellsFlags, tellsProvider bool
}

func beginOwn(name string, guid etw.GUID, system bool) (session, error) {
	trace, err := winapi.StartTrace(winapi.TraceOptions{Name: name, GUID: guid, System: system, Buffers: uint32(2 * runtime.NumCPU())})
	if err != nil {
		return nil, err
	}
	s := &own{trace: trace, guid: guid, system: system}
	if err := s.choose(); err != nil {
		return nil, errors.Join(err, trace.Stop())
	}
	return s, nil
}

// choose says what the session takes.
func (s *own) choose() error {
	if s.system {
		if err := s.trace.SetSystemFlags(classicFlags); err != nil {
			return err
		}
	}
	err := s.trace.Enable(etw.KernelProcess, manifestLevel, manifestKeyword, startKeys)
	if err != nil { // before Windows 10 there are no start keys
		err = s.trace.Enable(etw.KernelProcess, manifestLevel, manifestKeyword, 0)
	}
	if err != nil {
		return fmt.Errorf("take the events of Microsoft-Windows-Kernel-Process: %w", err)
	}
	s.tellsFlags = s.flags() == nil
	state, err := s.trace.Query()
	if err != nil {
		return err
	}
	s.tellsProvider = s.provider(state.Logger) == nil
	return nil
}

func (s *own) consume(put func(*etw.Record)) error {
	return s.trace.Consume(func() error {
		// Only now, or nobody would be there to hear it. Where a system cannot do
		// that, the comparison with its list makes up for it.
		_ = s.trace.CaptureState(etw.KernelProcess, manifestLevel, manifestKeyword)
		return nil
	}, func(e *winapi.TraceEvent) {
		put(&etw.Record{
			Provider: e.Provider, ID: e.ID, Version: e.Version, Opcode: e.Opcode, Classic: e.Classic, PointerSize: e.PointerSize,
			Time: e.Time, PID: e.PID, TID: e.TID, StartKey: e.StartKey, Payload: e.Payload,
		})
	})
}

func (s *own) look() (losses, error) {
	state, err := s.trace.Query()
	switch {
	case errors.Is(err, winapi.ErrNoTrace):
		return losses{}, errors.New("it was stopped")
	case err != nil:
		return losses{}, err
	case state.GUID != s.guid:
		return losses{}, errors.New("it was replaced by another with its name")
	}
	if s.tellsFlags {
		err = s.flags()
	}
	if err == nil && s.tellsProvider {
		err = s.provider(state.Logger)
	}
	return losses{events: state.EventsLost, buffers: state.BuffersLost}, err
}

// flags tells whether the session takes the kernel's classic events.
func (s *own) flags() error {
	if !s.system {
		return nil
	}
	flags, err := s.trace.SystemFlags()
	if err == nil && flags&classicFlags != classicFlags {
		err = errors.New("the kernel's process events were taken away from it")
	}
	return err
}

// provider tells whether it takes those of the manifest provider.
func (s *own) provider(logger uint16) error {
	keywords, enabled, err := winapi.Enabled(etw.KernelProcess, logger)
	if err == nil && (!enabled || keywords != 0 && keywords&manifestKeyword == 0) {
		err = errors.New("the provider Microsoft-Windows-Kernel-Process was taken away from it")
	}
	return err
}

func (s *own) flush() error { return s.trace.Flush() }

func (s *own) needsFlush() bool { return !s.trace.FlushesItself }

func (s *own) close() error {
	_ = s.trace.Flush() // a session that is gone has nothing to deliver
	s.trace.Close()
	if err := s.trace.Stop(); err != nil && !errors.Is(err, winapi.ErrNoTrace) {
		return err
	}
	return nil
}
