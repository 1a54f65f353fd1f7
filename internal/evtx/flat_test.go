package evtx

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// TestRecordings reads the recordings in which Sysmon and auditing saw the same
// processes of the same stations, and compares what they say.
func TestRecordings(t *testing.T) {
	for name, want := range map[string]string{ // counts of the data's manifest
		"aptsimulator_cobaltstrike":              "sysmon start 37, stop 36; security start 36, stop 36",
		"rdp_interactive_taskmanager_lsass_dump": "sysmon start 17, stop 15; security start 17, stop 15",
		"covenant_psremoting_grunt":              "sysmon start 17, stop 13; security start 17, stop 13",
		"purplesharp_ad_playbook_I":              "sysmon start 24, stop 12; security start 24, stop 13",
	} {
		t.Run(name, func(t *testing.T) {
			count := map[event.Sensor]map[event.Kind]int{event.SensorSysmon: {}, event.SensorSecurity: {}}
			seen := map[event.Sensor]map[string][]event.Process{event.SensorSysmon: {}, event.SensorSecurity: {}}
			for line := range bytes.Lines(readFile(t, filepath.Join(samples(t, "otrf-json"), name+".ndjson"))) {
				p, ok, err := FromFlatJSON(line)
				if err != nil || !ok {
					t.Fatalf("%t, %v: %s", ok, err, line)
				}
				if err := p.Check(); err != nil {
					t.Errorf("%v: %s", err, line)
				}
				count[p.Sensor][p.Kind]++
				if p.Station == "" || p.Time.Year() < 2019 || p.Image == "" {
					t.Errorf("station %q, time %v, image %q: %s", p.Station, p.Time, p.Image, line)
				}
				// One recording has lost Sysmon's pids altogether.
				noPID := name == "rdp_interactive_taskmanager_lsass_dump"
				if lost := noPID && p.Sensor == event.SensorSysmon; lost != (p.PID == 0) {
					t.Errorf("pid is %d: %s", p.PID, line)
				}
				if p.Kind == event.Start {
					key := fmt.Sprint(p.Station, " ", p.PID)
					if noPID {
						key = fmt.Sprint(p.Station, " ", p.Image, " ", p.CommandLine)
					}
					seen[p.Sensor][key] = append(seen[p.Sensor][key], p)
				}
			}
			n := func(s event.Sensor) string {
				return fmt.Sprintf("%s start %d, stop %d", s, count[s][event.Start], count[s][event.Stop])
			}
			if got := n(event.SensorSysmon) + "; " + n(event.SensorSecurity); got != want {
				t.Errorf("counts: %s; want %s", got, want)
			}

			agree := 0
			for key, sysmon := range seen[event.SensorSysmon] {
				audit := seen[event.SensorSecurity][key]
				if len(audit) != len(sysmon) {
					t.Logf("pid %s: Sysmon saw %d starts, auditing %d", key, len(sysmon), len(audit))
					continue
				}
				for i, s := range sysmon {
					a := audit[i]
					s.CommandLine = strings.ReplaceAll(s.CommandLine, "%%", "%") // Sysmon doubles it, against expansion by the event log
					if !strings.EqualFold(s.Image, a.Image) || strings.TrimSpace(s.CommandLine) != strings.TrimSpace(a.CommandLine) ||
						s.ParentPID != a.ParentPID || s.Integrity != a.Integrity {
						t.Errorf("pid %s\nSysmon   %q %q parent %d %s\nauditing %q %q parent %d %s", key, s.Image, s.CommandLine, s.ParentPID, s.Integrity, a.Image, a.CommandLine, a.ParentPID, a.Integrity)
					}
					if s.LogonID != a.LogonID {
						t.Errorf("pid %s: logon session %#x, auditing says %#x", key, s.LogonID, a.LogonID)
					}
					agree++
				}
			}
			if agree < 15 {
				t.Errorf("only %d processes were seen by both", agree)
			}
		})
	}
}

func TestFlatTimes(t *testing.T) {
	at := func(h, m, s, ms int) time.Time { return time.Date(2020, 9, 22, h, m, s, ms*1e6, time.UTC) }
	const audit = `"SourceName":"Microsoft-Windows-Security-Auditing","EventID":4689,"ProcessId":"0x10",`
	const sysmon = `"SourceName":"Microsoft-Windows-Sysmon","EventID":"5","ProcessId":"16",`
	for _, c := range []struct {
		name, line string
		want       time.Time
	}{
		{"Sysmon's own clock", sysmon + `"UtcTime":"2020-09-22 08:38:14.994","@timestamp":"2020-09-22T08:38:16.869Z","EventTime":"2020-09-22 04:38:14"`, at(8, 38, 14, 994)},
		{"receipt before local time", audit + `"@timestamp":"2020-09-22T08:38:16.869Z","EventTime":"2020-09-22 04:38:14"`, at(8, 38, 16, 869)},
		{"station's time before receipt", audit + `"TimeCreated":"2020-09-22T08:38:14.123Z","@timestamp":"2020-09-22T08:38:16.869Z"`, at(8, 38, 14, 123)},
		{"local time with its zone before receipt", audit + `"@timestamp":"2020-09-22T08:38:16.869Z","EventTime":"2020-09-22 04:38:14.123-04:00"`, at(8, 38, 14, 123)},
		{"local time alone", audit + `"EventTime":"2020-09-22 04:38:14"`, at(4, 38, 14, 0)},
		{"bad UtcTime", sysmon + `"UtcTime":"-","@timestamp":"2020-09-22T08:38:16.869Z"`, at(8, 38, 16, 869)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, ok, err := FromFlatJSON([]byte("{" + c.line + "}"))
			if err != nil || !ok || p.Time != c.want {
				t.Errorf("time %v, %t, %v; want %v", p.Time, ok, err, c.want)
			}
		})
	}
}

func TestFlatJSON(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       event.Process // with Kind empty: not a process record
		says       string        // of the error
	}{
		{"numbers, hostile text, and a ProcessID that is not ProcessId",
			`{"ProviderName":"Microsoft-Windows-Sysmon","event_id":5,"ProcessID":3172,"ProcessId":16,"Image":"a\u0000b\ud800c","Computer":"PC1","EventRecordID":9,"UtcTime":"2020-09-22 08:38:14.994","User":["x"],"Status":null}`,
			event.Process{Kind: event.Stop, Sensor: event.SensorSysmon, Origin: event.Imported, PID: 16, Image: "a␀b\uFFFDc", Station: "PC1", SourceRecord: 9,
				Time: time.Date(2020, 9, 22, 8, 38, 14, 994e6, time.UTC)}, ""},
		{"other event", `{"SourceName":"Microsoft-Windows-Sysmon","EventID":3}`, event.Process{}, ""},
		{"empty object", `{}`, event.Process{}, ""},
		{"null", `null`, event.Process{}, ""},
		{"no object", `[1]`, event.Process{}, "read JSON line"},
		{"cut", `{"SourceName":"Microsoft`, event.Process{}, "read JSON line"},
		{"empty", ``, event.Process{}, "read JSON line"},
		{"no time", `{"SourceName":"Microsoft-Windows-Sysmon","EventID":5,"ProcessId":16}`, event.Process{}, "it has no time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok, err := FromFlatJSON([]byte(c.line))
			if ok != (c.want.Kind != "") {
				t.Errorf("is a process: %t", ok)
			}
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v; want it to say %q", err, c.says)
			}
			compareProcess(t, got, c.want)
		})
	}
}
