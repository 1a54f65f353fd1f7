package store

import "github.com/eljefe/eljefe/internal/event"

// The small numbers that stand for names in the event tables. They are stored:
// a number is never given another meaning.
var (
	kindCode = map[event.Kind]int16{event.Start: 1, event.Stop: 2, event.Running: 3}

	sensorCode = map[event.Sensor]int16{
		"": 0, event.SensorETW: 1, event.SensorSysmon: 2, event.SensorSecurity: 3,
		event.SensorPoll: 4, event.SensorEBPF: 5, event.SensorReplay: 6,
		event.SensorConnector: 7,
	}

	integrityCode = map[event.Integrity]int16{
		event.Untrusted: 0, event.Low: 1, event.Medium: 2, event.MediumPlus: 3, event.High: 4, event.System: 5, event.Protected: 6,
	}

	elevationCode = map[event.Elevation]int16{event.ElevationDefault: 1, event.ElevationFull: 2, event.ElevationLimited: 3}
)

// Bits of process_start.flags. The first three are those of the kernel's event.
const (
	flagWOW64 int16 = 1 << iota
	flagProtected
	flagPackaged
	flagElevated    // the source said so
	flagNotElevated // the source said so
	flagNumbered    // the key is event.NumberedKey of boot id and sequence number
	flagAppContainer
	flagImageMismatch
)
