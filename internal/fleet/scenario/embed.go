package scenario

import (
	_ "embed"
)

//go:embed office.yaml
var office []byte

//go:embed devices.yaml
var devices []byte

//go:embed intrusion.yaml
var intrusion []byte

//go:embed troubles.yaml
var troubles []byte

// OfficeFiles returns the files of the office's working days.
func OfficeFiles() []Source {
	return []Source{{Name: "office.yaml", Data: office}, {Name: "devices.yaml", Data: devices}}
}

// DemoFiles returns the files of what the demo shows: the office, an intrusion in it,
// and what goes wrong with its stations' records.
func DemoFiles() []Source {
	return append(OfficeFiles(), Source{Name: "intrusion.yaml", Data: intrusion}, Source{Name: "troubles.yaml", Data: troubles})
}
