package event

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 16, 8, 0, 0, 123456700, time.UTC)

func TestKey(t *testing.T) {
	const guid = "0197231e-4a83-694d-9e0e-000000000800"
	bySeq := Process{PID: 8, BootID: 3, ProcessSeq: 77}
	byTime := Process{PID: 8, Started: at}
	for _, tt := range []struct {
		name string
		a, b Process
		same bool
	}{
		{"one GUID", Process{ProcessGUID: guid, PID: 1}, Process{ProcessGUID: guid, PID: 2}, true},
		{"sequence number, whatever the pid", bySeq, Process{PID: 9, BootID: 3, ProcessSeq: 77}, true},
		{"another boot", bySeq, Process{PID: 8, BootID: 4, ProcessSeq: 77}, false},
		{"pid and time", byTime, Process{PID: 8, Started: at}, true},
		{"100 ns later", byTime, Process{PID: 8, Started: at.Add(100)}, false},
		{"pid used again", byTime, Process{PID: 8, Started: at.Add(time.Second)}, false},
		{"GUID before sequence number", Process{ProcessGUID: guid, BootID: 3, ProcessSeq: 77}, bySeq, false},
	} {
		a, b := tt.a.Key(), tt.b.Key()
		if a.IsZero() || b.IsZero() || (a == b) != tt.same {
			t.Errorf("%s: keys %v and %v, want the same: %v", tt.name, a, b, tt.same)
		}
	}
	if k := (&Process{PID: 8}).Key(); !k.IsZero() {
		t.Errorf("a bare pid has the key %v", k)
	}
	parent := Process{PID: 8, BootID: 3, ProcessSeq: 77}
	child := Process{PID: 9, BootID: 3, ProcessSeq: 78, ParentPID: 8, ParentProcessSeq: 77}
	if parent.Key() != child.ParentKey() {
		t.Error("a child's parent key is not its parent's key")
	}
	if k, ok := ParseKey(guid); !ok || k.String() != guid {
		t.Errorf("ParseKey(%q) = %v, %v", guid, k, ok)
	}
}

// A clock that was set back while a process ran costs neither its end nor its
// place behind the start.
func TestCheckEndBeforeStart(t *testing.T) {
	p := Process{Kind: Stop, Time: at, Started: at.Add(time.Hour), Station: "S", PID: 4}
	if err := p.Check(); err != nil || !p.Time.Equal(p.Started) {
		t.Errorf("got %v, ended at %s; want the moment of its start, %s", err, p.Time, p.Started)
	}
}

func TestCheckRefuses(t *testing.T) {
	good := Process{Kind: Start, Time: at, Station: "S", PID: 4}
	if err := good.Check(); err != nil || !good.Started.Equal(at) {
		t.Fatalf("a good event: %v, started %v", err, good.Started)
	}
	for want, change := range map[string]func(*Process){
		"kind is missing":      func(p *Process) { p.Kind = "" },
		`kind "begin"`:         func(p *Process) { p.Kind = "begin" },
		"time":                 func(p *Process) { p.Time, p.Started = time.Time{}, time.Time{} },
		"1601":                 func(p *Process) { p.Time = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC) },
		"sha256":               func(p *Process) { p.SHA256 = "12" },
		"md5":                  func(p *Process) { p.MD5 = strings.Repeat("x", 32) },
		"entry_sha256":         func(p *Process) { p.EntrySHA256 = "0" },
		"entry_entropy 8.01":   func(p *Process) { p.EntropyEntry = new(8.01) },
		"entry_entropy NaN":    func(p *Process) { p.EntropyEntry = new(math.NaN()) },
		"compiled 2106":        func(p *Process) { p.Compiled = time.Unix(1<<32, 0) },
		"compiled 1969":        func(p *Process) { p.Compiled = time.Unix(-1, 0) },
		"container has":        func(p *Process) { p.Container = strings.Repeat("a", MaxWord+1) },
		"process_guid":         func(p *Process) { p.ProcessGUID = "{}" },
		"command_line has":     func(p *Process) { p.CommandLine = strings.Repeat("a", MaxCommandLine+1) },
		"before it started at": func(p *Process) { p.Kind, p.Started = Stop, at.Add(setBack+time.Second) },
	} {
		p := good
		change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestCheckCleans(t *testing.T) {
	p := Process{
		Kind: Start, Time: at.In(time.FixedZone("", 3600)), CommandLine: "a\x00b\xffc\x1b[31m", SHA1: strings.Repeat("AB", 20),
		ProcessGUID: "0197231E4A83694D9E0E000000000800", EntropyEntry: new(5.23456),
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ name, got, want string }{
		{"command_line", p.CommandLine, "a\u2400b\ufffdc\x1b[31m"},
		{"sha1", p.SHA1, strings.Repeat("ab", 20)},
		{"process_guid", p.ProcessGUID, "0197231e-4a83-694d-9e0e-000000000800"},
		{"zone", p.Time.Location().String(), "UTC"},
		{"entropy", fmt.Sprint(*p.EntropyEntry), "5.23"},
	} {
		if f.got != f.want {
			t.Errorf("%s: got %q, want %q", f.name, f.got, f.want)
		}
	}
}

// What is written is read back; what is not known is not written.
func TestJSON(t *testing.T) {
	raw, err := json.Marshal(Process{Kind: Start, Time: at})
	if want := `{"kind":"start","time":"2026-11-16T08:00:00.1234567Z","pid":0}`; err != nil || string(raw) != want {
		t.Errorf("got %s, %v; want %s", raw, err, want)
	}
	session, exit, yes := uint32(0), uint32(0xC0000005), true
	privileges := PrivilegeSet(1<<20 | 1<<23)
	full := Process{
		Kind: Stop, Time: at, PID: 4, Session: &session, ExitCode: &exit, Elevated: &yes, Privileges: &privileges,
		Statistics: &Statistics{Handles: 7, PeakNonpaged: 9},
	}
	raw, err = json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"session":0`, `"exit_code":3221225477`, `"privileges":["SeDebugPrivilege","SeChangeNotifyPrivilege"]`, `"handles":7`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
	var back Process
	if err := json.Unmarshal(raw, &back); err != nil || *back.Privileges != privileges || back.PeakNonpaged != 9 || *back.ExitCode != exit {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

// A set comes back as it was, also with bits that nobody has named yet.
func TestSets(t *testing.T) {
	if n := len(PrivilegeNames()); n != 35 {
		t.Errorf("%d privileges are known, want 35", n)
	}
	if names := CapabilityNames(); len(names) != 41 || names[21] != "cap_sys_admin" || names[40] != "cap_checkpoint_restore" {
		t.Errorf("the known capabilities are %v", names)
	}
	var privileges PrivilegeSet
	var capabilities CapabilitySet
	for _, tt := range []struct {
		all, back any
		unknown   string
	}{
		{new(^PrivilegeSet(0)), &privileges, "SeNonsense"},
		{new(^CapabilitySet(0)), &capabilities, "cap_nonsense"},
	} {
		raw, err := json.Marshal(tt.all)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, tt.back); err != nil || !reflect.DeepEqual(tt.back, tt.all) {
			t.Errorf("all 64 bits come back as %v, %v", tt.back, err)
		}
		if err := json.Unmarshal(fmt.Appendf(nil, "[%q]", tt.unknown), tt.back); err == nil {
			t.Errorf("%s is accepted", tt.unknown)
		}
	}
	if c, ok := ParseCapability("CAP_BPF"); !ok || c != 1<<39 {
		t.Errorf("CAP_BPF is %x, %v", uint64(c), ok)
	}
}
