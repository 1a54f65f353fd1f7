package evtx

import (
	"slices"
	"strings"
	"time"
)

// A Value is one named value of an event's EventData or UserData, as text. A
// Data element without a Name is called "Data".
type Value struct {
	Name, Text string
}

// A Record is one event of a log. A field that the event does not have is empty
// or zero.
//
// All texts of a record share one piece of memory: who keeps one of them for
// long should keep a copy, strings.Clone. Texts are valid UTF-8 without NUL, but
// otherwise as hostile as whoever caused the event.
type Record struct {
	// From the record's header.
	Number  uint64    // renumbered when a log is exported: see RecordID
	Written time.Time // when the event log service took the event

	// From the event's System element.
	RecordID uint64 // EventRecordID, the number that Event Viewer shows; Number if the event has none
	Provider string
	EventID  uint16
	Version  uint8
	Level    uint8
	Task     uint16
	Opcode   uint8
	Keywords uint64
	Time     time.Time // TimeCreated, with its 100 ns; zero if absent
	Channel  string
	Computer string
	UserSID  string // of the account that logged the event
	PID      uint32 // of the process that logged the event
	TID      uint32

	// From EventData or UserData, in the event's order. A name may repeat.
	Data []Value
}

// Get returns the text of the first value called name.
func (r *Record) Get(name string) (string, bool) {
	for i := range r.Data {
		if r.Data[i].Name == name {
			return r.Data[i].Text, true
		}
	}
	return "", false
}

// Clone returns a copy of r that shares nothing with it.
func (r *Record) Clone() *Record {
	c := *r
	c.Provider = strings.Clone(r.Provider)
	c.Channel = strings.Clone(r.Channel)
	c.Computer = strings.Clone(r.Computer)
	c.UserSID = strings.Clone(r.UserSID)
	c.Data = slices.Clone(r.Data)
	for i, v := range c.Data {
		c.Data[i] = Value{strings.Clone(v.Name), strings.Clone(v.Text)}
	}
	return &c
}
