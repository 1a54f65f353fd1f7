package query

import (
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

func ptr[T any](v T) *T { return &v }

// fullRow returns a process of which everything is known.
func fullRow() *Row {
	start := time.Date(2026, 11, 20, 8, 0, 1, 500_000_999, time.UTC)
	return &Row{
		Process: event.Process{
			Kind: event.Start, Time: start, Started: start, Station: "ACC-07", Sensor: event.SensorSysmon, Origin: event.Live, Seq: 12,
			SourceFile: "a.evtx", SourceRecord: 3, PID: 4712, BootID: 1 << 63, ProcessSeq: 5, ProcessGUID: "1f0c1e5a-5f0e-6745-a900-000000000a00",
			Image: `C:\Windows\System32\cmd.exe`, CommandLine: `"C:\Windows\system32\cmd.exe" /c echo http://x/?id=1 -Enc ABC`, CurrentDirectory: `C:\Users\Bob\`,
			SHA256: "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f", SHA1: "3395856ce81f2b7382dee72602f798b642f14140", MD5: "44d88612fea8a8f36de82e1278abb02f",
			IMPHASH: "f34d5f2d4577ed6d9ceec516c1f5a744", FileSize: 10240, OriginalFileName: "Cmd.Exe", Description: "Windows Command Processor", Product: "Windows", Company: "Microsoft",
			FileVersion: "10.0", Signer: "Microsoft Windows", Signed: ptr(true), User: `CORP\Bob`, UserSID: "S-1-5-21-1", LogonID: 0x3e7, Session: ptr(uint32(0)),
			Integrity: event.High, Elevation: event.ElevationFull, Elevated: ptr(false), Privileges: ptr(event.PrivilegeSet(1 << 20)), PrivilegesDefault: ptr(event.PrivilegeSet(0)),
			Capabilities: ptr(event.CapabilitySet(1 << 21)), Container: "4f2a9c81d3e0ff", Namespaces: "net=4026532284 user=4026532280", AppContainer: true, Architecture: "x64",
			EntropyEntry: ptr(2.34), EntrySHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Compiled: time.Date(1992, 6, 19, 22, 22, 17, 0, time.UTC), ImageMismatch: true,
			Missing: "privileges=exited signer=denied", Inferred: true,
			ParentPID: 4, ParentImage: `C:\Windows\explorer.exe`, ParentCommandLine: "explorer", ParentUser: `NT AUTHORITY\SYSTEM`, GrandparentImage: "/usr/bin/x", ExitCode: ptr(uint32(0xc0000005)),
			Statistics: &event.Statistics{WriteOps: 1000},
		},
		Stopped: start.Add(1500 * time.Millisecond), StationID: 9, BinaryID: 8, Prevalence: 3, Runs: 40,
	}
}

func TestMatch(t *testing.T) {
	full := fullRow()
	for _, test := range []struct {
		in          string
		want, empty bool // for fullRow, and for an event of which nothing is known
	}{
		{"", true, true},
		{"cmd.exe", true, false},
		{"SYSTEM32", true, false},
		{"-enc", false, true},
		{`"-enc"`, true, false},
		{`"?id=1"`, true, false},
		{"ABC", true, false},
		{"*abc", true, false},
		{"abc*", false, false},
		{`*cmd.exe`, true, false},

		{"image:cmd.exe", true, false},
		{"image:CMD.EXE", true, false},
		{"image:md.exe", false, false},
		{"image:?md.exe", true, false},
		{"image:cmd*", true, false},
		{"image:system32*", false, false},
		{"image:*system32*", true, false},
		{`image:C:\Windows\System32\cmd.exe`, true, false},
		{`image:System32\cmd.exe`, false, false},
		{`image:*\cmd.exe`, true, false},
		{`image:c:*`, true, false},
		{"grandparent_image:x", true, false},
		{"name:cmd.exe", true, false},
		{"name:C*", true, false},
		{"name:*", true, false},
		{`name:""`, false, true},
		{"command_line:-enc", true, false},
		{"command_line:cmd.exe*", false, false},
		{"command_line:*abc", true, false},
		{`current_directory:C:\users\bob`, true, false},
		{`current_directory:C:\users\bob\`, true, false},
		{`current_directory:bob`, true, false},
		{`current_directory:*\bob`, true, false},
		{`current_directory:*\bob\*`, true, false},
		{`current_directory:C:\users`, false, false},
		{`current_directory:\`, false, false},
		{"user:bob", true, false},
		{`user:corp\bob`, true, false},
		{`user:x\bob`, false, false},
		{"user:b*", true, false},
		{"user:corp*", true, false},
		{"user:corp", false, false},
		{"parent_user:SYSTEM", true, false},
		{"description:windows", false, false},
		{"description:windows*", true, false},
		{"station:(x OR acc-07)", true, false},
		{`user:""`, false, true},
		{"user:*", true, false},
		{"-user:*", false, true},
		{"-user:alice", true, true},

		{"pid:4712", true, false},
		{"pid:0", false, true},
		{"pid:>4711", true, false},
		{"pid:>=4713", false, false},
		{"pid:<=4712", true, true},
		{"pid:<0", false, false},
		{"pid:4000..5000", true, false},
		{"exit_code:!=0", true, false},
		{"-exit_code:0", true, true},
		{"exit_code:!=0xc0000005", false, false},
		{"exit_code:*", true, false},
		{`exit_code:""`, false, true},
		{"session:0", true, false},
		{"boot_id:>9223372036854775807", true, false},
		{"boot_id:>18446744073709551615", false, false},
		{"read_ops:0", true, false},
		{"write_ops:>=1000", true, false},
		{"file_size:10KiB", true, false},
		{"prevalence:<=3", true, false},
		{"prevalence:0", false, false},
		{"logon_id:0x3e7", true, false},

		{"duration:1.5s", true, false},
		{"duration:<2s", true, false},
		{"duration:>1500ms", false, false},
		{"time:2026-11-20", true, false},
		{"time:2026-11-20T08:00", true, false},
		{"time:2026-11-20T08:00:01", true, false},
		{"time:2026-11-20T08:00:01.5", true, false},
		{"time:2026-11-20T08:00:01.500000", true, false},
		{"time:2026-11-20T08:00:01.500001", false, false},
		{"time:>2026-11-20", false, false},
		{"time:>=2026-11-20", true, false},
		{"time:<2026-11-20", false, false},
		{"time:<=2026-11-20", true, false},
		{"time:!=2026-11-20", false, false},
		{"time:2026-11-19..2026-11-20", true, false},
		{"time:>-24h", false, false},
		{"time:>-7d", true, false},
		{"stopped:*", true, false},
		{"running:yes", false, true},
		{"parent_started:*", false, false},

		{"signed:true", true, false},
		{"-signed:true", false, true},
		{"elevated:no", true, false},
		{`elevated:""`, false, true},
		{"wow64:false", true, true},
		{"kind:start", true, false},
		{"kind:(stop OR running)", false, false},
		{"integrity:>=medium", true, false},
		{"integrity:!=high", false, false},
		{"integrity:low..high", true, false},
		{"hash:44d886", true, false},
		{"hash:3395856ce81f2b7382dee72602f798b642f14140", true, false},
		{"sha256:44d886", false, false},
		{"hash:*", true, false},
		{"imphash:f34d5f2d4577", true, false},
		{"process_guid:1f0c1e5a5f0e6745a900000000000a00", true, false},
		{"privilege:SeDebugPrivilege", true, false},
		{"privilege:Se*Token*", false, false},
		{"privileges_default:*", false, false},
		{"capability:cap_sys_admin", true, false},
		{"capability:cap_net_*", false, false},
		{"capabilities_permitted:cap_sys_admin", true, false},
		{"capabilities:*", true, false},
		{"container:4f2a9c81d3e0", true, false},
		{"container:*", true, false},
		{"namespaces:user=", true, false},
		{"namespaces:pid", false, false},
		{"app_container:true", true, false},
		{"architecture:X64", true, false},
		{"architecture:x6", false, false},
		{"entry_entropy:<3", true, false},
		{"entry_entropy:2.34", true, false},
		{"entry_entropy:2.35..8", false, false},
		{`entry_entropy:""`, false, true},
		{"entry_sha256:9f86d081884c", true, false},
		{"compiled:<2000-01-01", true, false},
		{"image_mismatch:true", true, false},
		{"missing:signer", true, false},
		{"missing:hashes", false, false},
		{`missing:""`, false, true},
		{"inferred:yes", true, false},
		{"inferred:no", false, true},
		{`privileges_default:""`, true, true},

		{"image:cmd.exe user:alice", false, false},
		{"image:cmd.exe OR user:alice", true, false},
		{"NOT (image:cmd.exe user:bob)", false, true},
	} {
		q, err := Parse(test.in, noon)
		if err != nil {
			t.Errorf("Parse(%q): %v", test.in, err)
			continue
		}
		if got := q.Match(full); got != test.want {
			t.Errorf("%s on a full row: %t, want %t", test.in, got, test.want)
		}
		if got := q.Match(&Row{}); got != test.empty {
			t.Errorf("%s on an empty row: %t, want %t", test.in, got, test.empty)
		}
	}
}

func TestComplete(t *testing.T) {
	for _, test := range []struct {
		in            string // the cursor is at |
		kind          CompletionKind
		field, text   string
		position, len int
		first         string // option
	}{
		{"|", CompleteField, "", "", 0, 0, "time:"},
		{"ima|", CompleteField, "", "ima", 0, 3, "image:"},
		{"a -us|er", CompleteField, "", "us", 3, 4, "user:"},
		{"(cmdl|", CompleteField, "", "cmdl", 1, 4, "command_line:"},
		{"a O|", CompleteOperator, "", "O", 2, 1, "OR"},
		{"O|", CompleteField, "", "O", 0, 1, "origin:"},
		{"a AND N|", CompleteOperator, "", "N", 6, 1, "NOT"},
		{"kind:|", CompleteValue, "kind", "", 5, 0, "start"},
		{"é kind:st|x y", CompleteValue, "kind", "st", 7, 3, "start"},
		{"kind:(start OR sto|", CompleteValue, "kind", "sto", 15, 3, "stop"},
		{"kind:(start) st|", CompleteField, "", "st", 13, 2, "station:"},
		{"integrity:>=h|", CompleteValue, "integrity", "h", 12, 1, "high"},
		{`user:"CORP\b|`, CompleteValue, "user", `CORP\b`, 5, 7, ""},
		{`image:"a b" ki|`, CompleteField, "", "ki", 12, 2, "kind:"},
		{`"a im|`, CompleteNothing, "", `"a im`, 0, 5, ""},
		{"capability:cap_sys_p|", CompleteValue, "capabilities", "cap_sys_p", 11, 9, "cap_sys_ptrace"},
		{"privilege:sede|", CompleteValue, "privileges", "sede", 10, 4, "SeDebugPrivilege"},
		{"signed:t| x", CompleteValue, "signed", "t", 7, 1, "true"},
		{"kind:start |", CompleteField, "", "", 11, 0, "time:"},
		{"ki|nd:start", CompleteField, "", "ki", 0, 10, "kind:"},
	} {
		before, after, _ := cut(test.in)
		c := Complete(before+after, len([]rune(before)))
		field, first := "", ""
		if c.Field != nil {
			field = c.Field.Name
		}
		if len(c.Options) > 0 {
			first = c.Options[0].Text
		}
		if c.Kind != test.kind || field != test.field || c.Text != test.text || c.Replace != (Span{test.position, test.len}) || first != test.first {
			t.Errorf("Complete(%q) = %s %q %q replacing %v, first %q; want %s %q %q replacing {%d %d}, first %q", test.in,
				c.Kind, field, c.Text, c.Replace, first, test.kind, test.field, test.text, test.position, test.len, test.first)
		}
	}
}

func cut(s string) (before, after string, ok bool) {
	for i := range s {
		if s[i] == '|' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

const benchmarkQuery = `image:*\temp\*.exe -user:bob (command_line:"-enc" OR integrity:>=high) started:>2026-11-20T08:00 name:(a.exe OR cmd.exe)`

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(benchmarkQuery, noon); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, in := range []string{"command_line:mimikatz", `image:*\temp\*.exe`, benchmarkQuery} {
		q, err := Parse(in, noon)
		if err != nil {
			b.Fatal(err)
		}
		fits, row := q.Predicate(), fullRow()
		b.Run(in, func(b *testing.B) {
			for b.Loop() {
				fits(row)
			}
		})
	}
}
