package evtx

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// Names under which exporters write the facts of System, the usual first.
var (
	flatProvider = []string{"SourceName", "ProviderName", "Provider", "source_name", "provider_name"}
	flatEventID  = []string{"EventID", "EventId", "event_id"}
	flatStation  = []string{"Hostname", "Computer", "ComputerName", "computer_name"}
	flatRecord   = []string{"RecordNumber", "EventRecordID", "RecordId", "record_id", "record_number"}
)

// FromFlatJSON is Process for recordings that were exported as one flat JSON
// object per line, as NXLog and winlogbeat pipelines do: the values of EventData
// are members of the object, beside those of System. Names are compared exactly:
// NXLog has ProcessID (of the logging process) beside ProcessId.
//
// Of the clocks in such a line Sysmon's own UtcTime is best. For the others the
// time is the first of these that the line has: TimeCreated, when the station
// wrote the record; EventTime, the same, if it tells its zone; @timestamp, which
// winlogbeat takes from the record, but others make of the time of receipt,
// seconds later; and EventTime without a zone, taken as UTC though it is the
// local time of the collector, and has only seconds.
//
// Where NXLog's ProcessID has displaced ProcessId, as in some pipelines, the
// process id is taken from the rendered Message, if that is there and in English;
// otherwise Sysmon's events have a GUID but pid 0.
//
// An error means that the line is no JSON object, or a process record that
// cannot be used.
func FromFlatJSON(line []byte) (event.Process, bool, error) {
	var members flatValues
	if err := json.Unmarshal(line, &members); err != nil {
		return event.Process{}, false, fmt.Errorf("read JSON line: %w", err)
	}
	provider := members.first(flatProvider)
	id, _ := parseNumber(members.first(flatEventID))
	if !isProcess(provider, id) {
		return event.Process{}, false, nil
	}
	if _, ok := members["ProcessId"]; !ok {
		members.restorePID(provider, id)
	}
	record, _ := parseNumber(members.first(flatRecord))
	e := entry{
		values:   members,
		provider: provider,
		id:       id,
		record:   record,
		station:  members.first(flatStation),
		logged:   members.logged(),
	}
	return e.process()
}

// flatValues are the members of a flat JSON object, not yet decoded.
type flatValues map[string]json.RawMessage

// value returns a text, number or boolean as text; nothing for lists and objects.
func (m flatValues) value(name string) string {
	raw := m[name]
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return event.CleanText(s)
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// restorePID sets a ProcessId that was lost from the line that the rendered
// message has of it. That line precedes the command line, which could hold a
// forged one, so the first counts.
func (m flatValues) restorePID(provider string, id uint64) {
	label := "ProcessId:"
	switch {
	case provider == providerSecurity && id == securityStart:
		label = "Creator Process ID:" // what ProcessId is in 4688
	case provider == providerSecurity:
		label = "Process ID:"
	}
	for line := range strings.Lines(m.value("Message")) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), label); ok {
			text = strings.TrimSpace(text)
			if _, ok := parseNumber(text); ok {
				m["ProcessId"] = json.RawMessage(text)
			}
			return
		}
	}
}

// first returns the first value that is there.
func (m flatValues) first(names []string) string {
	for _, name := range names {
		if s := m.value(name); s != "" {
			return s
		}
	}
	return ""
}

// logged returns when the record was written, as far as the line tells.
func (m flatValues) logged() time.Time {
	for _, name := range []string{"TimeCreated", "EventTime", "@timestamp"} {
		if t := parseTime(strings.Replace(m.value(name), " ", "T", 1)); !t.IsZero() {
			return t
		}
	}
	t, _ := time.Parse(time.DateTime, m.value("EventTime")) // with or without a fraction
	return t
}
