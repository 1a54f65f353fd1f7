package evtx

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// TestProcessOracle compares the events made of SigmaHQ's regression logs with
// what their JSON says, mapped here once more, by hand.
func TestProcessOracle(t *testing.T) {
	eachOracle(t, func(t *testing.T, o oracle, rec *Record) {
		got, ok, err := Process(rec)
		if err != nil || !ok {
			t.Fatalf("record %d: %t, %v", rec.RecordID, ok, err)
		}
		if err := got.Check(); err != nil {
			t.Errorf("record %d: %v", rec.RecordID, err)
		}
		raw := func(name string) string {
			switch v := o.Event.EventData[name].(type) {
			case json.Number:
				return v.String()
			case string:
				return v
			}
			return ""
		}
		text := func(name string) string {
			if s := raw(name); s != "-" {
				return s
			}
			return ""
		}
		num := func(name string) uint64 {
			n, err := strconv.ParseUint(raw(name), 0, 64)
			if err != nil {
				t.Errorf("record %d: %s: %v", rec.RecordID, name, err)
			}
			return n
		}
		hash := func(name string) string {
			_, rest, _ := strings.Cut(","+raw("Hashes"), ","+name+"=")
			digits, _, _ := strings.Cut(strings.ToLower(rest), ",")
			if strings.Trim(digits, "0") == "" {
				return ""
			}
			return digits
		}
		start, err := time.Parse("2006-01-02 15:04:05.000", raw("UtcTime"))
		if err != nil {
			t.Error(err)
		}
		session := uint32(num("TerminalSessionId"))
		want := event.Process{
			Kind: event.Start, Time: start, Started: start, Station: o.Event.System.Computer,
			Sensor: event.SensorSysmon, Origin: event.Imported, SourceRecord: o.Event.System.EventRecordID,
			PID: uint32(num("ProcessId")), ProcessGUID: strings.ToLower(raw("ProcessGuid")),
			Image: text("Image"), CommandLine: text("CommandLine"), CurrentDirectory: text("CurrentDirectory"),
			SHA256: hash("SHA256"), SHA1: hash("SHA1"), MD5: hash("MD5"), IMPHASH: hash("IMPHASH"),
			OriginalFileName: text("OriginalFileName"), Description: text("Description"),
			Product: text("Product"), Company: text("Company"), FileVersion: text("FileVersion"),
			User: text("User"), LogonID: num("LogonId"), Session: &session,
			Integrity: event.Integrity(strings.ToLower(raw("IntegrityLevel"))),
			ParentPID: uint32(num("ParentProcessId")), ParentProcessGUID: strings.ToLower(raw("ParentProcessGuid")),
			ParentImage: text("ParentImage"), ParentCommandLine: text("ParentCommandLine"), ParentUser: text("ParentUser"),
		}
		if want.ParentProcessGUID == "00000000-0000-0000-0000-000000000000" {
			want.ParentProcessGUID = ""
		}
		// The oracle has lost the blanks at the end of its texts.
		for _, s := range []*string{&got.CommandLine, &got.ParentCommandLine, &got.Description, &got.Product, &got.Company, &got.FileVersion, &got.OriginalFileName} {
			*s = strings.TrimRight(*s, " ")
		}
		compareProcess(t, got, want)
	})
}

// compareProcess reports each field in which got differs from want.
func compareProcess(t *testing.T, got, want event.Process) {
	t.Helper()
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		if a, b := g.Field(i).Interface(), w.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			show := func(v reflect.Value) any {
				if v.Kind() == reflect.Pointer && !v.IsNil() {
					return v.Elem().Interface()
				}
				return v.Interface()
			}
			t.Errorf("%s = %#v, want %#v", g.Type().Field(i).Name, show(g.Field(i)), show(w.Field(i)))
		}
	}
}

// noon is the time of the records below.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456700, time.UTC)

func sysmonRecord(id uint16, data ...Value) *Record {
	return &Record{RecordID: 7, Provider: providerSysmon, EventID: id, Time: noon, Computer: "PC1", Data: data}
}

func securityRecord(id uint16, data ...Value) *Record {
	return &Record{RecordID: 8, Provider: providerSecurity, EventID: id, Time: noon, Computer: "PC1", Data: data}
}

// TestProcess maps records that the recordings lack, or have too few of.
func TestProcess(t *testing.T) {
	yes, no := true, false
	seven, ntstatus := uint32(7), uint32(0xc0000005)
	subject := []Value{
		{"SubjectUserSid", "S-1-5-18"}, {"SubjectUserName", "PC1$"}, {"SubjectDomainName", "CORP"}, {"SubjectLogonId", "0x3e7"},
		{"NewProcessId", "0x1948"}, {"NewProcessName", `C:\a.exe`},
	}
	with := func(more ...Value) []Value { return append(subject[:len(subject):len(subject)], more...) }
	sysmon := event.Process{Kind: event.Start, Time: noon, Started: noon, Station: "PC1", Sensor: event.SensorSysmon, Origin: event.Imported, SourceRecord: 7}
	audit := event.Process{
		Kind: event.Start, Time: noon, Started: noon, Station: "PC1", Sensor: event.SensorSecurity, Origin: event.Imported, SourceRecord: 8,
		PID: 0x1948, Image: `C:\a.exe`, User: `CORP\PC1$`, UserSID: "S-1-5-18", LogonID: 0x3e7,
	}
	for _, c := range []struct {
		name string
		rec  *Record
		base event.Process
		want func(p *event.Process)
	}{
		{"oldest sysmon", sysmonRecord(1,
			Value{"UtcTime", "28.02.2026 11:00"}, Value{"ProcessGuid", "{00000000-0000-0000-0000-000000000000}"}, Value{"ProcessId", "12"},
			Value{"Image", `C:\a.exe`}, Value{"CommandLine", "-"}, Value{"User", "-"}, Value{"LogonId", "0x1A2b"},
			Value{"IntegrityLevel", "S-1-16-16384"}, Value{"HashType", "SHA1"}, Value{"Hash", strings.Repeat("Ab", 20)},
			Value{"ParentProcessGuid", "{not a guid}"}, Value{"ParentProcessId", "-"}, Value{"ParentImage", "?"}), sysmon,
			func(p *event.Process) {
				p.PID, p.Image, p.LogonID, p.Integrity, p.SHA1, p.ParentImage = 12, `C:\a.exe`, 0x1a2b, event.System, strings.Repeat("ab", 20), "?"
			}},
		{"sysmon hashes", sysmonRecord(1,
			Value{"UtcTime", "2026-03-01 12:00:00.100"}, Value{"ProcessId", "1"}, Value{"TerminalSessionId", "7"},
			Value{"Hashes", "SHA1=xyz, md5=" + strings.Repeat("A", 32) + ",SHA256=" + strings.Repeat("b", 64) + ",IMPHASH=" + strings.Repeat("0", 32) + ",SHA512=" + strings.Repeat("c", 128) + ",,="}), sysmon,
			func(p *event.Process) {
				p.Time = time.Date(2026, 3, 1, 12, 0, 0, 100e6, time.UTC)
				p.Started, p.PID, p.Session = p.Time, 1, &seven
				p.MD5, p.SHA256 = strings.Repeat("a", 32), strings.Repeat("b", 64)
			}},
		{"sysmon end", sysmonRecord(5,
			Value{"RuleName", "-"}, Value{"UtcTime", "2026-03-01 12:00:00.100"}, Value{"ProcessGuid", "{E2C04BB9-08C3-60C4-7809-000000000300}"},
			Value{"ProcessId", "2164"}, Value{"Image", `C:\a.exe`}, Value{"User", `CORP\eva`}), sysmon,
			func(p *event.Process) {
				p.Kind, p.Time, p.Started = event.Stop, time.Date(2026, 3, 1, 12, 0, 0, 100e6, time.UTC), time.Time{}
				p.PID, p.Image, p.User, p.ProcessGUID = 2164, `C:\a.exe`, `CORP\eva`, "e2c04bb9-08c3-60c4-7809-000000000300"
			}},
		{"4688 version 0", securityRecord(4688, with(
			Value{"TokenElevationType", "%%1936"}, Value{"ProcessId", "0x4"})...), audit,
			func(p *event.Process) { p.ParentPID, p.Elevation = 4, event.ElevationDefault }},
		{"4688 version 2 without target", securityRecord(4688, with(
			Value{"TokenElevationType", "%%1937"}, Value{"ProcessId", "0x1600"}, Value{"CommandLine", "a -x"},
			Value{"TargetUserSid", "S-1-0-0"}, Value{"TargetUserName", "-"}, Value{"TargetDomainName", "-"}, Value{"TargetLogonId", "0x0"},
			Value{"ParentProcessName", `C:\b.exe`}, Value{"MandatoryLabel", "S-1-16-12288"})...), audit,
			func(p *event.Process) {
				p.ParentPID, p.CommandLine, p.ParentImage, p.Integrity = 0x1600, "a -x", `C:\b.exe`, event.High
				p.Elevation, p.Elevated = event.ElevationFull, &yes
			}},
		{"4688 with target", securityRecord(4688, with(
			Value{"TokenElevationType", "%%1938"}, Value{"ProcessId", "0x1600"},
			Value{"TargetUserSid", "S-1-5-21-1-2-3-500"}, Value{"TargetUserName", "eva"}, Value{"TargetDomainName", "CORP"}, Value{"TargetLogonId", "0x6a423"},
			Value{"ParentProcessName", "-"}, Value{"MandatoryLabel", "S-1-16-8208"})...), audit,
			func(p *event.Process) {
				p.ParentPID, p.User, p.UserSID, p.LogonID = 0x1600, `CORP\eva`, "S-1-5-21-1-2-3-500", 0x6a423
				p.Elevation, p.Elevated, p.Integrity = event.ElevationLimited, &no, event.Medium
			}},
		{"4688 with target without session or domain", securityRecord(4688, with(
			Value{"TargetUserSid", "S-1-0-0"}, Value{"TargetUserName", "eva"}, Value{"TargetDomainName", "-"}, Value{"TargetLogonId", "0x0"})...), audit,
			func(p *event.Process) { p.User, p.UserSID = "eva", "" }},
		{"4689", securityRecord(4689,
			Value{"SubjectUserSid", "S-1-5-18"}, Value{"SubjectUserName", "PC1$"}, Value{"SubjectDomainName", "CORP"}, Value{"SubjectLogonId", "0x3e7"},
			Value{"Status", "0xc0000005"}, Value{"ProcessId", "0x1948"}, Value{"ProcessName", `C:\a.exe`}), audit,
			func(p *event.Process) { p.Kind, p.Started, p.ExitCode = event.Stop, time.Time{}, &ntstatus }},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := Process(c.rec)
			if err != nil || !ok {
				t.Fatalf("Process returned %t, %v", ok, err)
			}
			want := c.base
			c.want(&want)
			compareProcess(t, got, want)
			if err := got.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProcessRejects(t *testing.T) {
	timeless := sysmonRecord(1, Value{"ProcessId", "1"})
	timeless.Time = time.Time{}
	for _, c := range []struct {
		name string
		rec  *Record
		says string // empty: it is no process record, and no error
	}{
		{"other event of Sysmon", sysmonRecord(3, Value{"ProcessId", "1"}), ""},
		{"other event of auditing", securityRecord(4624), ""},
		{"same number, other provider", &Record{Provider: "Microsoft-Windows-Kernel-General", EventID: 1}, ""},
		{"no pid", sysmonRecord(1), "map event 1 of Microsoft-Windows-Sysmon, record 7: ProcessId is missing"},
		{"pid is no number", securityRecord(4688, Value{"NewProcessId", "many"}), `NewProcessId "many" is not a process id`},
		{"pid too large", securityRecord(4689, Value{"ProcessId", "0x100000000"}), `is not a process id`},
		{"no time", timeless, "it has no time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ok, err := Process(c.rec)
			switch {
			case ok:
				t.Error("Process took it")
			case (err == nil) != (c.says == ""), err != nil && !strings.Contains(err.Error(), c.says):
				t.Errorf("error is %v; want it to say %q", err, c.says)
			}
		})
	}
}

// TestWrittenIsTheLastResort: a record without TimeCreated has still its header.
func TestWrittenIsTheLastResort(t *testing.T) {
	rec := securityRecord(4689, Value{"ProcessId", "0x8"})
	rec.Time, rec.Written = time.Time{}, noon
	p, ok, err := Process(rec)
	if err != nil || !ok || !p.Time.Equal(noon) {
		t.Errorf("time %v, %t, %v; want %v", p.Time, ok, err, noon)
	}
}

func TestIntegrity(t *testing.T) {
	for in, want := range map[string]event.Integrity{
		"S-1-16-0": event.Untrusted, "S-1-16-4096": event.Low, "S-1-16-8192": event.Medium, "S-1-16-8448": event.MediumPlus,
		"S-1-16-8208": event.Medium, "S-1-16-12288": event.High, "S-1-16-16384": event.System, "S-1-16-20480": event.Protected,
		"Low": event.Low, "MEDIUM": event.Medium, "High": event.High, "System": event.System, "AppContainer": event.Low,
		"": "", "?": "", "S-1-16-": "", "S-1-16-x": "", "S-1-5-18": "",
	} {
		if got := integrity(in); got != want {
			t.Errorf("integrity(%q) = %q, want %q", in, got, want)
		}
	}
}
