package detect

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A field is something of an event that a rule can speak of, by the name that
// Sigma gives it, and by the name that it has in an event.
//
// An event does not tell an empty text from one that its source did not give.
// So a text that is empty is absent: null, ” and '-', which Sysmon writes for
// it, all fit. With the facts of the executable file it is otherwise: where the
// file was read and does not name its maker, that is a fact, and reads '-', as
// with Sysmon; only where the file was not read are they absent.
type field struct {
	name  string // Sigma's
	own   string // the member of the event; "" if it is made of others
	words []string

	// One of these gives the value; "" and nothing appended: it is absent.
	text func(*event.Process) string
	made func([]byte, *event.Process) []byte

	keyword bool // keywords are looked for in it
}

// fieldTable is all fields.
type fieldTable struct {
	list     []*field
	byName   map[string]int // in lower case
	keywords []int
}

var theFields = sync.OnceValue(func() *fieldTable {
	t := &fieldTable{list: fieldList(), byName: map[string]int{}}
	for i, f := range t.list {
		for _, name := range append([]string{f.name, f.own}, f.words...) {
			if name != "" {
				t.byName[strings.ToLower(name)] = i
			}
		}
		if f.keyword {
			t.keywords = append(t.keywords, i)
		}
	}
	return t
})

// Fields are the names of all fields, Sigma's first where it has one, sorted.
func Fields() []string {
	var names []string
	for _, f := range theFields().list {
		if f.name != "" {
			names = append(names, f.name)
		}
		if f.own != "" {
			names = append(names, f.own)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// index returns the field called name, in any case; -1 if there is none.
func (t *fieldTable) index(name string) int {
	if i, ok := t.byName[strings.ToLower(name)]; ok {
		return i
	}
	return -1
}

func fieldList() []*field {
	return slices.Concat(imageFields(), accountFields(), parentFields(), recordFields())
}

// imageFields are what runs, and what its file says.
func imageFields() []*field {
	fact := func(get func(*event.Process) string) func(*event.Process) string {
		return func(p *event.Process) string {
			if s := get(p); s != "" || !fileRead(p) {
				return s
			}
			return "-"
		}
	}
	return []*field{
		{name: "Image", own: "image", words: []string{"NewProcessName"}, keyword: true, text: func(p *event.Process) string { return p.Image }},
		{name: "CommandLine", own: "command_line", words: []string{"ProcessCommandLine"}, keyword: true, text: func(p *event.Process) string { return p.CommandLine }},
		{name: "CurrentDirectory", own: "current_directory", keyword: true, text: func(p *event.Process) string { return p.CurrentDirectory }},
		{name: "OriginalFileName", own: "original_file_name", keyword: true, text: func(p *event.Process) string {
			// Sysmon before version 10 does not tell it, of no file.
			if s := p.OriginalFileName; s != "" || p.Sensor == event.SensorSysmon || !fileRead(p) {
				return s
			}
			return "-"
		}},
		{name: "Description", own: "description", keyword: true, text: fact(func(p *event.Process) string { return p.Description })},
		{name: "Product", own: "product", keyword: true, text: fact(func(p *event.Process) string { return p.Product })},
		{name: "Company", own: "company", keyword: true, text: fact(func(p *event.Process) string { return p.Company })},
		{name: "FileVersion", own: "file_version", keyword: true, text: fact(func(p *event.Process) string { return p.FileVersion })},
		{name: "Hashes", words: []string{"Hash"}, keyword: true, made: appendHashes},
		{name: "sha256", own: "sha256", text: func(p *event.Process) string { return p.SHA256 }},
		{name: "sha1", own: "sha1", text: func(p *event.Process) string { return p.SHA1 }},
		{name: "md5", own: "md5", text: func(p *event.Process) string { return p.MD5 }},
		{name: "Imphash", own: "imphash", text: func(p *event.Process) string { return p.IMPHASH }},
		{own: "file_size", made: number(func(p *event.Process) uint64 { return p.FileSize })},
		{name: "Signature", own: "signer", text: func(p *event.Process) string { return p.Signer }},
		{name: "Signed", own: "signed", text: flag(func(p *event.Process) *bool { return p.Signed })},
		{own: "architecture", text: func(p *event.Process) string { return p.Architecture }},
		{own: "entry_entropy", made: func(b []byte, p *event.Process) []byte {
			if p.EntropyEntry == nil {
				return b
			}
			return strconv.AppendFloat(b, *p.EntropyEntry, 'f', -1, 64)
		}},
		{own: "entry_sha256", text: func(p *event.Process) string { return p.EntrySHA256 }},
		{own: "compiled", made: moment(func(p *event.Process) time.Time { return p.Compiled })},
		{own: "image_mismatch", text: truth(func(p *event.Process) bool { return p.ImageMismatch })},
		{own: "missing", text: func(p *event.Process) string { return p.Missing }},
	}
}

// accountFields are who runs it, with what rights, and where.
func accountFields() []*field {
	return []*field{
		{name: "User", own: "user", keyword: true, text: func(p *event.Process) string { return p.User }},
		{own: "user_sid", text: func(p *event.Process) string { return p.UserSID }},
		{name: "LogonId", own: "logon_id", words: []string{"SubjectLogonId"}, made: func(b []byte, p *event.Process) []byte {
			if p.LogonID == 0 {
				return b
			}
			return strconv.AppendUint(append(b, "0x"...), p.LogonID, 16)
		}},
		{name: "TerminalSessionId", own: "session", made: short(func(p *event.Process) *uint32 { return p.Session })},
		{name: "IntegrityLevel", own: "integrity", text: integrity},
		{own: "elevation", text: func(p *event.Process) string { return string(p.Elevation) }},
		{own: "elevated", text: flag(func(p *event.Process) *bool { return p.Elevated })},
		{own: "privileges", made: privileges(func(p *event.Process) *event.PrivilegeSet { return p.Privileges })},
		{own: "privileges_default", made: privileges(func(p *event.Process) *event.PrivilegeSet { return p.PrivilegesDefault })},
		{own: "privileges_present", made: privileges(func(p *event.Process) *event.PrivilegeSet { return p.PrivilegesPresent })},
		{own: "capabilities", made: capabilities(func(p *event.Process) *event.CapabilitySet { return p.Capabilities })},
		{own: "capabilities_permitted", made: capabilities(func(p *event.Process) *event.CapabilitySet { return p.CapabilitiesPermitted })},
		{own: "container", text: func(p *event.Process) string { return p.Container }},
		{own: "namespaces", text: func(p *event.Process) string { return p.Namespaces }},
		{own: "wow64", text: truth(func(p *event.Process) bool { return p.WOW64 })},
		{own: "protected", text: truth(func(p *event.Process) bool { return p.Protected })},
		{own: "packaged", text: truth(func(p *event.Process) bool { return p.Packaged })},
		{own: "package", text: func(p *event.Process) string { return p.Package }},
		{own: "app_container", text: truth(func(p *event.Process) bool { return p.AppContainer })},
	}
}

// parentFields are the parent, and the parent's.
func parentFields() []*field {
	return []*field{
		{name: "ParentImage", own: "parent_image", words: []string{"ParentProcessName"}, keyword: true, text: func(p *event.Process) string { return p.ParentImage }},
		{name: "ParentCommandLine", own: "parent_command_line", keyword: true, text: func(p *event.Process) string { return p.ParentCommandLine }},
		{name: "ParentUser", own: "parent_user", keyword: true, text: func(p *event.Process) string { return p.ParentUser }},
		{name: "ParentProcessId", own: "parent_pid", made: number(func(p *event.Process) uint64 { return uint64(p.ParentPID) })},
		{name: "ParentProcessGuid", own: "parent_process_guid", made: guid(func(p *event.Process) string { return p.ParentProcessGUID })},
		{name: "GrandParentImage", own: "grandparent_image", keyword: true, text: func(p *event.Process) string { return p.GrandparentImage }},
		{own: "parent_started", made: moment(func(p *event.Process) time.Time { return p.ParentStarted })},
		{own: "creator_pid", made: number(func(p *event.Process) uint64 { return uint64(p.CreatorPID) })},
	}
}

// recordFields are which event it is, and the process's end.
func recordFields() []*field {
	return []*field{
		{name: "UtcTime", own: "time", made: moment(func(p *event.Process) time.Time { return p.Time })},
		{own: "started", made: moment(func(p *event.Process) time.Time { return p.Started })},
		{own: "kind", text: func(p *event.Process) string { return string(p.Kind) }},
		{name: "Computer", own: "station", words: []string{"ComputerName", "Hostname"}, text: func(p *event.Process) string { return p.Station }},
		{own: "sensor", text: func(p *event.Process) string { return string(p.Sensor) }},
		{own: "origin", text: func(p *event.Process) string { return string(p.Origin) }},
		{own: "source_file", text: func(p *event.Process) string { return p.SourceFile }},
		{name: "Provider_Name", text: provider},
		{name: "EventID", text: eventID},
		{name: "Channel", text: channel},
		{name: "ProcessId", own: "pid", words: []string{"NewProcessId"}, made: func(b []byte, p *event.Process) []byte {
			return strconv.AppendUint(b, uint64(p.PID), 10)
		}},
		{name: "ProcessGuid", own: "process_guid", made: guid(func(p *event.Process) string { return p.ProcessGUID })},
		{own: "exit_code", words: []string{"ExitStatus"}, made: short(func(p *event.Process) *uint32 { return p.ExitCode })},
		{own: "inferred", text: truth(func(p *event.Process) bool { return p.Inferred })},
	}
}

// fileRead tells whether the facts of the executable file are those of a file
// that was read: whoever hashes it reads what its maker wrote too.
func fileRead(p *event.Process) bool {
	return p.SHA256 != "" || p.SHA1 != "" || p.MD5 != "" || p.IMPHASH != ""
}

// appendHashes writes hashes as Sysmon does: "SHA1=...,MD5=...,SHA256=...,IMPHASH=...".
func appendHashes(b []byte, p *event.Process) []byte {
	begin := len(b)
	for _, h := range [...]struct{ name, digits string }{{"SHA1=", p.SHA1}, {"MD5=", p.MD5}, {"SHA256=", p.SHA256}, {"IMPHASH=", p.IMPHASH}} {
		if h.digits == "" {
			continue
		}
		if len(b) > begin {
			b = append(b, ',')
		}
		b = append(append(b, h.name...), h.digits...)
	}
	return b
}

// integrity is the level in Sysmon's words.
func integrity(p *event.Process) string {
	switch p.Integrity {
	case event.Untrusted:
		return "Untrusted"
	case event.Low:
		return "Low"
	case event.Medium:
		return "Medium"
	case event.MediumPlus:
		return "Medium Plus"
	case event.High:
		return "High"
	case event.System:
		return "System"
	case event.Protected:
		return "Protected"
	}
	return string(p.Integrity)
}

// provider, eventID and channel are those of the Windows event that Sigma's rules
// for processes are written for.
func provider(p *event.Process) string {
	switch p.Sensor {
	case event.SensorSysmon:
		return "Microsoft-Windows-Sysmon"
	case event.SensorSecurity:
		return "Microsoft-Windows-Security-Auditing"
	case event.SensorETW:
		return "Microsoft-Windows-Kernel-Process"
	}
	return ""
}

func eventID(p *event.Process) string {
	stop := p.Kind == event.Stop
	switch {
	case p.Sensor == event.SensorSysmon && stop:
		return "5"
	case p.Sensor == event.SensorSysmon:
		return "1"
	case p.Sensor == event.SensorSecurity && stop:
		return "4689"
	case p.Sensor == event.SensorSecurity:
		return "4688"
	}
	return ""
}

func channel(p *event.Process) string {
	switch p.Sensor {
	case event.SensorSysmon:
		return "Microsoft-Windows-Sysmon/Operational"
	case event.SensorSecurity:
		return "Security"
	}
	return ""
}

func flag(get func(*event.Process) *bool) func(*event.Process) string {
	return func(p *event.Process) string {
		b := get(p)
		switch {
		case b == nil:
			return ""
		case *b:
			return "true"
		}
		return "false"
	}
}

func truth(get func(*event.Process) bool) func(*event.Process) string {
	return func(p *event.Process) string {
		if get(p) {
			return "true"
		}
		return "false"
	}
}

func number(get func(*event.Process) uint64) func([]byte, *event.Process) []byte {
	return func(b []byte, p *event.Process) []byte {
		if n := get(p); n != 0 {
			b = strconv.AppendUint(b, n, 10)
		}
		return b
	}
}

func short(get func(*event.Process) *uint32) func([]byte, *event.Process) []byte {
	return func(b []byte, p *event.Process) []byte {
		if n := get(p); n != nil {
			b = strconv.AppendUint(b, uint64(*n), 10)
		}
		return b
	}
}

// timeLayout is Sysmon's.
const timeLayout = "2006-01-02 15:04:05.000"

func moment(get func(*event.Process) time.Time) func([]byte, *event.Process) []byte {
	return func(b []byte, p *event.Process) []byte {
		if t := get(p); !t.IsZero() {
			b = t.UTC().AppendFormat(b, timeLayout)
		}
		return b
	}
}

func guid(get func(*event.Process) string) func([]byte, *event.Process) []byte {
	return func(b []byte, p *event.Process) []byte {
		if s := get(p); s != "" {
			b = append(append(append(b, '{'), s...), '}')
		}
		return b
	}
}

// bitNames are the names of a set's bits.
type bitNames [64]string

var privilegeNames = sync.OnceValue(func() (names bitNames) {
	for i := range names {
		names[i] = event.PrivilegeSet(1 << i).Names()[0]
	}
	return names
})

var capabilityNames = sync.OnceValue(func() (names bitNames) {
	for i := range names {
		names[i] = event.CapabilitySet(1 << i).Names()[0]
	}
	return names
})

func privileges(get func(*event.Process) *event.PrivilegeSet) func([]byte, *event.Process) []byte {
	names := privilegeNames()
	return func(b []byte, p *event.Process) []byte {
		if set := get(p); set != nil {
			b = names.append(b, uint64(*set))
		}
		return b
	}
}

func capabilities(get func(*event.Process) *event.CapabilitySet) func([]byte, *event.Process) []byte {
	names := capabilityNames()
	return func(b []byte, p *event.Process) []byte {
		if set := get(p); set != nil {
			b = names.append(b, uint64(*set))
		}
		return b
	}
}

// append writes the names of a set's bits, each between spaces, so that a rule
// can look for a whole one.
func (n *bitNames) append(b []byte, set uint64) []byte {
	b = append(b, ' ')
	for ; set != 0; set &= set - 1 {
		b = append(append(b, n[bits.TrailingZeros64(set)]...), ' ')
	}
	return b
}
