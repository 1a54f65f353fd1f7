package evtx

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// The providers whose process records are understood.
const (
	providerSysmon   = "Microsoft-Windows-Sysmon"
	providerSecurity = "Microsoft-Windows-Security-Auditing"
)

// The records that are understood.
const (
	sysmonStart   = 1
	sysmonStop    = 5
	securityStart = 4688
	securityStop  = 4689
)

// Process turns the process records of Sysmon (1 start, 5 end) and of security
// auditing (4688 start, 4689 end) into an event. For any other record it
// returns false. An error says why a process record cannot be used: it lacks
// what identifies a process, its pid or its time.
//
// The event is of origin imported. SourceFile is left to the caller, as is
// Check. Its texts are copies and share no memory with rec.
func Process(rec *Record) (event.Process, bool, error) {
	if !isProcess(rec.Provider, uint64(rec.EventID)) {
		return event.Process{}, false, nil
	}
	e := entry{
		values:   &recordValues{data: rec.Data},
		provider: rec.Provider,
		id:       uint64(rec.EventID),
		record:   rec.RecordID,
		station:  strings.Clone(rec.Computer),
		logged:   rec.Time,
	}
	if e.logged.IsZero() {
		e.logged = rec.Written
	}
	return e.process()
}

// isProcess tells whether a provider's event is one of those understood.
func isProcess(provider string, id uint64) bool {
	switch provider {
	case providerSysmon:
		return id == sysmonStart || id == sysmonStop
	case providerSecurity:
		return id == securityStart || id == securityStop
	}
	return false
}

// values are the named values of a process record, wherever they come from. The
// text of a value that is absent is empty.
type values interface {
	value(name string) string
}

// An entry is a process record, whatever file it comes from. So a recording as
// EVTX and one as JSON cannot be mapped differently.
type entry struct {
	values
	provider string
	id       uint64
	record   uint64    // EventRecordID
	station  string    // Computer
	logged   time.Time // when the record was written; zero if unknown
}

// process maps the entry, which is one that isProcess accepts.
func (e *entry) process() (event.Process, bool, error) {
	p := event.Process{
		Kind:         event.Start,
		Station:      e.station,
		Origin:       event.Imported,
		SourceRecord: e.record,
		Time:         e.logged,
	}
	var err error
	if e.provider == providerSysmon {
		p.Sensor = event.SensorSysmon
		err = e.sysmon(&p)
	} else {
		p.Sensor = event.SensorSecurity
		err = e.security(&p)
	}
	if err == nil && p.Time.IsZero() {
		err = errors.New("it has no time")
	}
	if err != nil {
		return event.Process{}, false, fmt.Errorf("map event %d of %s, record %d: %w", e.id, e.provider, e.record, err)
	}
	if p.Kind == event.Start {
		p.Started = p.Time
	}
	return p, true, nil
}

// text returns a value, or nothing for the "-" that Sysmon and security
// auditing write where they have none. Other placeholders, as the "?" of old
// Sysmon versions, are kept: Sigma rules look for them.
func (e *entry) text(name string) string {
	if s := e.value(name); s != "-" {
		return s
	}
	return ""
}

// pid returns a process id: decimal from Sysmon, hexadecimal from auditing.
func (e *entry) pid(name string) (uint32, error) {
	s := e.value(name)
	if s == "" {
		return 0, fmt.Errorf("%s is missing", name)
	}
	n, ok := parseNumber(s)
	if !ok || n > math.MaxUint32 {
		return 0, fmt.Errorf("%s %.40q is not a process id", name, s)
	}
	return uint32(n), nil
}

// uint returns a number that may be absent; 0 also if it is none.
func (e *entry) uint(name string) uint64 {
	n, _ := parseNumber(e.value(name))
	return n
}

// uint32 is uint for a number of 32 bits where 0 is not the same as absent.
func (e *entry) uint32(name string) *uint32 {
	n, ok := parseNumber(e.value(name))
	if !ok || n > math.MaxUint32 {
		return nil
	}
	short := uint32(n)
	return &short
}

// integrityWords are the levels as Sysmon writes them, in lower case.
var integrityWords = map[string]event.Integrity{
	"untrusted":         event.Untrusted,
	"low":               event.Low,
	"appcontainer":      event.Low, // runs with the low label
	"medium":            event.Medium,
	"medium plus":       event.MediumPlus,
	"mediumplus":        event.MediumPlus,
	"high":              event.High,
	"system":            event.System,
	"protected":         event.Protected,
	"protected process": event.Protected,
}

// integrity reads an integrity level: a word of Sysmon's, or the SID of a
// mandatory label, S-1-16-RID.
func integrity(s string) event.Integrity {
	rid, isSID := strings.CutPrefix(s, "S-1-16-")
	if !isSID {
		return integrityWords[strings.ToLower(s)]
	}
	n, ok := parseNumber(rid)
	if !ok {
		return ""
	}
	return event.IntegrityOf(uint32(min(n, math.MaxUint32)))
}

// recordValues are the values of a Record. Mapping asks for them about in the
// order in which they stand, so each search begins behind the last hit.
type recordValues struct {
	data []Value
	next int
}

func (v *recordValues) value(name string) string {
	for i := range v.data {
		at := v.next + i
		if at >= len(v.data) {
			at -= len(v.data)
		}
		if v.data[at].Name == name {
			v.next = at + 1
			return strings.Clone(v.data[at].Text)
		}
	}
	return ""
}
