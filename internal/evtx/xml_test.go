package evtx

import (
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

const sysmonXML = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>` +
	`<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385F-C22A-43E0-BF4C-06F5698FFBD9}'/><EventID>1</EventID><Version>5</Version><Level>4</Level>` +
	`<Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime='2026-03-01T10:20:30.1234567Z'/>` +
	`<EventRecordID>4711</EventRecordID><Correlation/><Execution ProcessID='3000' ThreadID='4000'/><Channel>Microsoft-Windows-Sysmon/Operational</Channel>` +
	`<Computer>PC1</Computer><Security UserID='S-1-5-18'/></System><EventData><Data Name='RuleName'>-</Data>` +
	`<Data Name='UtcTime'>2026-03-01 10:20:30.120</Data><Data Name='ProcessGuid'>{01234567-89ab-cdef-0123-456789abcdef}</Data>` +
	`<Data Name='ProcessId'>77</Data><Data Name='Image'>C:\Windows\notepad.exe</Data>` +
	`<Data Name='CommandLine'>notepad &lt;a&gt; "b &amp; c" &#x7;&#8;` + "\x01" + `</Data><Data Name='LogonId'>0x3e7</Data></EventData></Event>`

func TestFromXML(t *testing.T) {
	rec, err := FromXML(sysmonXML)
	if err != nil {
		t.Fatal(err)
	}
	if rec.RecordID != 4711 || rec.Channel != "Microsoft-Windows-Sysmon/Operational" || rec.PID != 3000 || rec.UserSID != "S-1-5-18" || rec.Keywords != 1<<63 ||
		!rec.Time.Equal(time.Date(2026, 3, 1, 10, 20, 30, 123456700, time.UTC)) {
		t.Errorf("the record is %+v", rec)
	}
	p, ok, err := Process(rec)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if p.PID != 77 || p.Image != `C:\Windows\notepad.exe` || p.LogonID != 0x3e7 || p.CommandLine != "notepad <a> \"b & c\" \uFFFD\uFFFD\uFFFD" ||
		p.Sensor != event.SensorSysmon || !p.Time.Equal(time.Date(2026, 3, 1, 10, 20, 30, 120e6, time.UTC)) {
		t.Errorf("the event is %+v", p)
	}
	for name, text := range map[string]string{
		"cut":         sysmonXML[:len(sysmonXML)-20],
		"no XML":      "Event 1",
		"empty":       "",
		"no number":   strings.Replace(sysmonXML, "<EventRecordID>4711</EventRecordID>", "", 1),
		"no provider": strings.Replace(sysmonXML, "Name='Microsoft-Windows-Sysmon'", "", 1),
		"keywords":    strings.Replace(sysmonXML, "0x8000000000000000", "many", 1),
	} {
		if rec, err := FromXML(text); err == nil {
			t.Errorf("%s: it was taken as %+v", name, rec)
		}
	}
}

// rendered is the record as Windows would render it.
func rendered(r *Record) string {
	var b strings.Builder
	text := func(s string) string {
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(s)); err != nil {
			panic(err) // a Builder does not fail
		}
		return b.String()
	}
	fmt.Fprintf(&b, "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='%s'/>", text(r.Provider))
	fmt.Fprintf(&b, "<EventID Qualifiers='0'>%d</EventID><Version>%d</Version><TimeCreated SystemTime='%s'/>", r.EventID, r.Version, r.Time.Format("2006-01-02T15:04:05.0000000Z"))
	fmt.Fprintf(&b, "<EventRecordID>%d</EventRecordID><Channel>%s</Channel><Computer>%s</Computer></System><EventData>", r.RecordID, text(r.Channel), text(r.Computer))
	for _, v := range r.Data {
		fmt.Fprintf(&b, "<Data Name='%s'>%s</Data>", text(v.Name), text(v.Text))
	}
	b.WriteString("</EventData><RenderingInfo Culture='en-US'><Message>...</Message></RenderingInfo></Event>")
	return b.String()
}

// An event is the same, be it read from a file or rendered by a running Windows.
func TestXMLAgreesWithFiles(t *testing.T) {
	n := 0
	for _, path := range sampleLogs(t) {
		records, _ := readLog(t, readFile(t, path))
		for _, rec := range records {
			want, ok, err := Process(rec)
			if !ok || err != nil {
				continue
			}
			again, err := FromXML(rendered(rec))
			if err != nil {
				t.Fatalf("%s, record %d: %v", path, rec.RecordID, err)
			}
			got, _, err := Process(again)
			if err != nil {
				t.Fatalf("%s, record %d: %v", path, rec.RecordID, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, record %d:\ngot  %+v\nwant %+v", path, rec.RecordID, got, want)
			}
			n++
		}
	}
	if n < 400 {
		t.Errorf("%d process events were compared; the recordings have more", n)
	}
}

func FuzzFromXML(f *testing.F) {
	f.Add(sysmonXML)
	f.Fuzz(func(t *testing.T, text string) {
		rec, err := FromXML(text)
		if err != nil {
			return
		}
		if p, ok, err := Process(rec); ok && err == nil {
			_ = p.Check()
		}
	})
}
