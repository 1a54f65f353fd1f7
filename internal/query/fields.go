package query

import (
	"math"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// fieldList is the one table of fields: their names, those in Sigma, their
// types, and where a Row has them. The names are those of event.Process in
// JSON; what event.Process does not have stands beside what it goes with.
// parent_process_seq is missing: it is not stored, the parent's key is.
func fieldList() []*Field {
	fields := []*Field{
		// What happened.
		{Name: "time", Sigma: "UtcTime", Type: Time, also: "timestamp date when ts", Description: "When the event happened: the start of the process, or its end for a stop.",
			Examples: []string{"time:2026-11-20", "time:>=-24h"}, time: func(r *Row) time.Time { return r.Time }},
		{Name: "kind", Type: Enum, also: "type event action", Description: "What the event reports: a process that started, that stopped, or that was found running when the sensor started.",
			Values: []string{string(event.Start), string(event.Stop), string(event.Running)}, Examples: []string{"kind:start"}, text: func(r *Row) string { return string(r.Kind) }},
		{Name: "station", Sigma: "Computer", Type: Text, Match: Equal, also: "host hostname computername machine endpoint", Description: "Name of the station, as it calls itself.",
			Examples: []string{"station:ACC-07", "station:srv-*"}, text: func(r *Row) string { return r.Station }},
		{Name: "station_id", Type: Number, also: "host_id", Description: "Number of the station in this database.",
			Examples: []string{"station_id:12"}, number: id(func(r *Row) int64 { return r.StationID })},
		{Name: "sensor", Type: Enum, also: "provider", Description: "Source that saw the event.",
			Values:   []string{string(event.SensorETW), string(event.SensorSysmon), string(event.SensorSecurity), string(event.SensorPoll), string(event.SensorEBPF), string(event.SensorReplay), string(event.SensorConnector)},
			Examples: []string{"sensor:sysmon"}, text: func(r *Row) string { return string(r.Sensor) }},
		{Name: "origin", Type: Enum, Description: "How the event reached the server: reported live by an agent, or imported from a file.",
			Values: []string{string(event.Live), string(event.Imported)}, Examples: []string{"origin:imported"}, text: func(r *Row) string { return string(r.Origin) }},
		{Name: "seq", Type: Number, also: "sequence", Description: "Position in the station's live stream.",
			Examples: []string{"seq:>1000"}, number: nonZero(func(r *Row) uint64 { return r.Seq })},
		{Name: "source_file", Type: Text, Match: Equal, also: "file evtx", Description: "Name of the file that an imported event was read from.",
			Examples: []string{"source_file:*.evtx"}, text: func(r *Row) string { return r.SourceFile }},
		{Name: "source_record", Type: Number, also: "eventrecordid record", Description: "Record or line number in the imported file.",
			Examples: []string{"source_record:4711"}, number: nonZero(func(r *Row) uint64 { return r.SourceRecord })},

		// When the process lived.
		{Name: "started", Type: Time, also: "start created", Description: "When the process started.",
			Examples: []string{"started:>2026-11-20T08:00", "started:2026-11-20..2026-11-22"}, time: started},
		{Name: "stopped", Type: Time, also: "end ended exited terminated", Description: "When the process ended; empty while no end is known.",
			Examples: []string{"stopped:<now-7d"}, time: stopped},
		{Name: "duration", Type: Duration, also: "lifetime runtime", Description: "How long the process ran.",
			Examples: []string{"duration:<2s", "duration:1h..1d"}, number: duration},
		{Name: "running", Type: Boolean, also: "alive", Description: "Whether no end of the process is known.",
			Examples: []string{"running:yes"}, flag: func(r *Row) (bool, bool) { return stopped(r).IsZero(), true }},

		// Which process.
		{Name: "pid", Sigma: "ProcessId", Type: Number, Description: "Process id; Windows uses it again within seconds.",
			Examples: []string{"pid:4712"}, number: func(r *Row) (uint64, bool) { return uint64(r.PID), true }},
		{Name: "boot_id", Type: Number, Description: "Number of the station's boot, with process_seq the exact identity.",
			Examples: []string{"boot_id:31"}, number: nonZero(func(r *Row) uint64 { return r.BootID })},
		{Name: "process_seq", Type: Number, Description: "The kernel's sequence number of the process within a boot.",
			Examples: []string{"process_seq:8123"}, number: nonZero(func(r *Row) uint64 { return r.ProcessSeq })},
		{Name: "process_key", Type: GUID, also: "key", Description: "El Jefe's identity of the process, whatever the sensor.",
			Examples: []string{"process_key:1f0c1e5a-5f0e-8745-a900-000000000a00"}, text: func(r *Row) string { return keyText(r.Key()) }},
		{Name: "process_guid", Sigma: "ProcessGuid", Type: GUID, also: "guid", Description: "Sysmon's identity of the process.",
			Examples: []string{"process_guid:1f0c1e5a-5f0e-6745-a900-000000000a00"}, text: func(r *Row) string { return r.ProcessGUID }},

		// What runs.
		{Name: "image", Sigma: "Image", Type: Text, Match: Path, also: "process exe path executable program", Description: "Full path of the executable; a value without a separator is its file name.",
			Examples: []string{"image:cmd.exe", `image:*\temp\*.exe`, `image:"C:\Program Files\*"`}, text: func(r *Row) string { return r.Image }},
		{Name: "name", Type: Text, Match: Equal, also: "filename process_name", Description: "File name of the executable.",
			Examples: []string{"name:powershell.exe", "name:??.exe"}, text: func(r *Row) string { return baseName(r.Image) }},
		{Name: "command_line", Sigma: "CommandLine", Type: Text, Match: Contains, also: "cmdline cmd command args", Description: "Command line of the process; a value without * is found anywhere in it.",
			Examples: []string{`command_line:"-enc"`, "command_line:*.ps1"}, text: func(r *Row) string { return r.CommandLine }},
		{Name: "current_directory", Sigma: "CurrentDirectory", Type: Text, Match: Directory, also: "cwd directory folder workdir", Description: "Directory that the process was started in.",
			Examples: []string{"current_directory:temp", `current_directory:C:\Users\*`}, text: func(r *Row) string { return r.CurrentDirectory }},

		// The binary.
		{Name: "hash", Sigma: "Hashes", Type: Hash, Description: "SHA-256, SHA-1 or MD5 of the binary, or the beginning of one.", hexWhole: 64,
			Examples: []string{"hash:44d88612fea8"}, hashes: func(r *Row) []string { return []string{r.SHA256, r.SHA1, r.MD5} }},
		{Name: "sha256", Type: Hash, also: "sha2 sha", Description: "SHA-256 of the binary, or its beginning.", hexWhole: 64,
			Examples: []string{"sha256:275a021bbfb6"}, hashes: func(r *Row) []string { return []string{r.SHA256} }},
		{Name: "sha1", Type: Hash, Description: "SHA-1 of the binary, or its beginning.", hexWhole: 40,
			Examples: []string{"sha1:3395856ce81f"}, hashes: func(r *Row) []string { return []string{r.SHA1} }},
		{Name: "md5", Type: Hash, also: "md5sum", Description: "MD5 of the binary, or its beginning.", hexWhole: 32,
			Examples: []string{"md5:44d88612fea8"}, hashes: func(r *Row) []string { return []string{r.MD5} }},
		{Name: "imphash", Sigma: "Imphash", Type: Hash, Description: "Hash of the binary's imports, or its beginning.", hexWhole: 32,
			Examples: []string{"imphash:f34d5f2d4577"}, hashes: func(r *Row) []string { return []string{r.IMPHASH} }},
		{Name: "file_size", Type: Size, also: "size length", Description: "Size of the executable file.",
			Examples: []string{"file_size:<10KiB", "file_size:1MiB..5MiB"}, number: nonZero(func(r *Row) uint64 { return r.FileSize })},
		{Name: "original_file_name", Sigma: "OriginalFileName", Type: Text, Match: Equal, also: "originalname", Description: "File name that the maker wrote into the binary.",
			Examples: []string{"original_file_name:cmd.exe -name:cmd.exe"}, text: func(r *Row) string { return r.OriginalFileName }},
		{Name: "description", Sigma: "Description", Type: Text, Match: Equal, also: "file_description", Description: "Description that the maker wrote into the binary.",
			Examples: []string{`description:"Windows Command Processor"`}, text: func(r *Row) string { return r.Description }},
		{Name: "product", Sigma: "Product", Type: Text, Match: Equal, Description: "Product that the binary says it belongs to.",
			Examples: []string{"product:*Office*"}, text: func(r *Row) string { return r.Product }},
		{Name: "company", Sigma: "Company", Type: Text, Match: Equal, also: "vendor maker", Description: "Company that the binary says it comes from.",
			Examples: []string{"company:Microsoft*"}, text: func(r *Row) string { return r.Company }},
		{Name: "file_version", Sigma: "FileVersion", Type: Text, Match: Equal, also: "version", Description: "Version that the binary says it has.",
			Examples: []string{"file_version:10.0.*"}, text: func(r *Row) string { return r.FileVersion }},
		{Name: "signer", Type: Text, Match: Equal, also: "signature publisher certificate", Description: "Subject of the certificate that signed the binary.",
			Examples: []string{`signer:"*Microsoft Windows*"`}, text: func(r *Row) string { return r.Signer }},
		{Name: "signed", Type: Boolean, also: "trusted", Description: "Whether the binary's signature was verified on the station.",
			Examples: []string{"-signed:true", "signed:false"}, flag: pointer(func(r *Row) *bool { return r.Signed })},
		{Name: "architecture", Type: Text, Match: Equal, also: "arch machine_type cpu bitness", Description: "Processor that the binary is made for: x86, x64, arm, arm64, or as Linux calls it.",
			Examples: []string{"architecture:x86", "-architecture:x64"}, text: func(r *Row) string { return r.Architecture }},
		{Name: "entry_entropy", Type: Decimal, also: "entropy packed", Description: "Entropy of the code at the binary's entry point, 0 to 8 bits per byte: plain code has about 6, a small stub less than 3, compressed or encrypted code more than 7.",
			Examples: []string{"entry_entropy:<3", "entry_entropy:>=7.2"}, number: entropy},
		{Name: "entry_sha256", Type: Hash, also: "entry_hash entry_code", Description: "SHA-256 of the code at the binary's entry point, or its beginning.", hexWhole: 64,
			Examples: []string{"entry_sha256:9f86d081884c"}, hashes: func(r *Row) []string { return []string{r.EntrySHA256} }},
		{Name: "compiled", Type: Time, also: "timestamp_pe link_time build", Description: "When the binary was made, as its header claims.",
			Examples: []string{"compiled:<2000-01-01", "compiled:>now"}, time: func(r *Row) time.Time { return r.Compiled }},
		{Name: "image_mismatch", Type: Boolean, also: "hollowed replaced doppelganging", Description: "Whether the file on disk was not what the kernel had loaded: what is said of the binary is then not about what ran.",
			Examples: []string{"image_mismatch:true"}, flag: func(r *Row) (bool, bool) { return r.ImageMismatch, true }},
		{Name: "missing", Type: Text, Match: Contains, also: "unknown lacks incomplete", Description: "What the station could not learn of the process, and why, such as hashes=gone.",
			Examples: []string{"missing:hashes", "missing:denied", "missing:*"}, text: func(r *Row) string { return r.Missing }},
		{Name: "prevalence", Type: Number, also: "rarity stations", Description: "Number of stations that have run the binary.",
			Examples: []string{"prevalence:1", "prevalence:<=3"}, number: id(func(r *Row) int64 { return r.Prevalence })},
		{Name: "runs", Type: Number, also: "count", Description: "How often the binary has run in the fleet.",
			Examples: []string{"runs:<10"}, number: id(func(r *Row) int64 { return r.Runs })},
		{Name: "binary_id", Type: Number, also: "binary", Description: "Number of the binary in this database.",
			Examples: []string{"binary_id:88"}, number: id(func(r *Row) int64 { return r.BinaryID })},
		{Name: "parent_binary_id", Type: Number, Description: "Number of the parent's binary in this database.",
			Examples: []string{"parent_binary_id:7"}, number: id(func(r *Row) int64 { return r.ParentBinaryID })},

		// Who runs it.
		{Name: "user", Sigma: "User", Type: Text, Match: Account, also: "username account owner", Description: "Account that runs the process, as DOMAIN\\name or just the name.",
			Examples: []string{"user:bob", `user:CORP\bob`, "user:svc-*"}, text: func(r *Row) string { return r.User }},
		{Name: "user_sid", Type: Text, Match: Equal, also: "sid", Description: "Security identifier of that account.",
			Examples: []string{"user_sid:S-1-5-18"}, text: func(r *Row) string { return r.UserSID }},
		{Name: "logon_id", Sigma: "LogonId", Type: Number, also: "luid logon", Description: "Logon session.",
			Examples: []string{"logon_id:0x3e7"}, number: nonZero(func(r *Row) uint64 { return r.LogonID })},
		{Name: "session", Sigma: "TerminalSessionId", Type: Number, also: "session_id", Description: "Terminal session; 0 is that of the services.",
			Examples: []string{"session:0"}, number: func(r *Row) (uint64, bool) { return fromPointer(r.Session) }},
		{Name: "integrity", Sigma: "IntegrityLevel", Type: Enum, Ordered: true, also: "level il", Description: "Mandatory integrity level.",
			Values:   []string{string(event.Untrusted), string(event.Low), string(event.Medium), string(event.MediumPlus), string(event.High), string(event.System), string(event.Protected)},
			Examples: []string{"integrity:system", "integrity:>=high"}, text: func(r *Row) string { return string(r.Integrity) }},
		{Name: "elevation", Type: Enum, also: "uac", Description: "Token elevation type.",
			Values:   []string{string(event.ElevationDefault), string(event.ElevationFull), string(event.ElevationLimited)},
			Examples: []string{"elevation:full"}, text: func(r *Row) string { return string(r.Elevation) }},
		{Name: "elevated", Type: Boolean, also: "admin", Description: "Whether the process has administrator's rights.",
			Examples: []string{"elevated:yes"}, flag: pointer(func(r *Row) *bool { return r.Elevated })},
		{Name: "privileges", Alias: "privilege", Type: Privilege, also: "priv privs", Description: "A privilege that was enabled at the start.",
			Examples: []string{"privileges:SeDebugPrivilege", "privileges:Se*Token*"}, set: setOf(func(r *Row) *event.PrivilegeSet { return r.Privileges })},
		{Name: "privileges_default", Type: Privilege, Description: "A privilege that is enabled by default.",
			Examples: []string{"privileges_default:SeImpersonatePrivilege"}, set: setOf(func(r *Row) *event.PrivilegeSet { return r.PrivilegesDefault })},
		{Name: "privileges_present", Type: Privilege, Description: "A privilege that the process holds, enabled or not.",
			Examples: []string{"privileges_present:SeTcbPrivilege"}, set: setOf(func(r *Row) *event.PrivilegeSet { return r.PrivilegesPresent })},
		{Name: "capabilities", Alias: "capability", Type: Capability, also: "cap caps capeff", Description: "A capability of Linux that was effective at the start.",
			Examples: []string{"capabilities:cap_sys_admin", "capabilities:cap_net_*"}, set: setOf(func(r *Row) *event.CapabilitySet { return r.Capabilities })},
		{Name: "capabilities_permitted", Type: Capability, also: "capprm", Description: "A capability of Linux that the process has or may take up.",
			Examples: []string{"capabilities_permitted:cap_sys_ptrace"}, set: setOf(permitted)},
		{Name: "container", Type: Text, Match: Contains, also: "docker pod podman containerd", Description: "Id of the container that the process ran in; a value without * is found anywhere in it.",
			Examples: []string{"container:*", "container:4f2a9c81d3e0"}, text: func(r *Row) string { return r.Container }},
		{Name: "namespaces", Type: Text, Match: Contains, also: "namespace ns unshare", Description: "Namespaces of Linux in which the process saw something else than the station's own: mnt, net, pid, user and others, each with its number.",
			Examples: []string{"namespaces:*", "namespaces:user=", "namespaces:net=4026532284"}, text: func(r *Row) string { return r.Namespaces }},
		{Name: "wow64", Type: Boolean, also: "x86", Description: "Whether it is a 32-bit process on 64-bit Windows.",
			Examples: []string{"wow64:true"}, flag: func(r *Row) (bool, bool) { return r.WOW64, true }},
		{Name: "protected", Type: Boolean, also: "ppl", Description: "Whether it is a protected process.",
			Examples: []string{"protected:true"}, flag: func(r *Row) (bool, bool) { return r.Protected, true }},
		{Name: "packaged", Type: Boolean, also: "appx uwp", Description: "Whether the process belongs to an installed package.",
			Examples: []string{"packaged:true"}, flag: func(r *Row) (bool, bool) { return r.Packaged, true }},
		{Name: "package", Type: Text, Match: Equal, Description: "Full name of that package.",
			Examples: []string{"package:Microsoft.*"}, text: func(r *Row) string { return r.Package }},
		{Name: "app_container", Type: Boolean, also: "appcontainer sandboxed lowbox", Description: "Whether the process ran in an app container of Windows, with few rights.",
			Examples: []string{"app_container:true"}, flag: func(r *Row) (bool, bool) { return r.AppContainer, true }},

		// The parent.
		{Name: "parent_pid", Sigma: "ParentProcessId", Type: Number, also: "ppid", Description: "Process id of the parent.",
			Examples: []string{"parent_pid:4"}, number: nonZero(func(r *Row) uint64 { return uint64(r.ParentPID) })},
		{Name: "parent_process_key", Type: GUID, also: "parent_key", Description: "El Jefe's identity of the parent.",
			Examples: []string{"parent_process_key:1f0c1e5a-5f0e-8745-a900-000000000a00"}, text: func(r *Row) string { return keyText(r.ParentKey()) }},
		{Name: "parent_process_guid", Sigma: "ParentProcessGuid", Type: GUID, Description: "Sysmon's identity of the parent.",
			Examples: []string{"parent_process_guid:1f0c1e5a-5f0e-6745-a900-000000000a00"}, text: func(r *Row) string { return r.ParentProcessGUID }},
		{Name: "parent_started", Type: Time, Description: "When the parent started.",
			Examples: []string{"parent_started:<-30d"}, time: func(r *Row) time.Time { return r.ParentStarted }},
		{Name: "parent_image", Sigma: "ParentImage", Type: Text, Match: Path, also: "parent parent_process", Description: "Full path of the parent's executable; a value without a separator is its file name.",
			Examples: []string{"parent_image:winword.exe"}, text: func(r *Row) string { return r.ParentImage }},
		{Name: "parent_name", Type: Text, Match: Equal, Description: "File name of the parent's executable.",
			Examples: []string{"parent_name:explorer.exe"}, text: func(r *Row) string { return baseName(r.ParentImage) }},
		{Name: "parent_command_line", Sigma: "ParentCommandLine", Type: Text, Match: Contains, also: "parent_cmdline parent_command", Description: "Command line of the parent; a value without * is found anywhere in it.",
			Examples: []string{"parent_command_line:-k"}, text: func(r *Row) string { return r.ParentCommandLine }},
		{Name: "parent_user", Sigma: "ParentUser", Type: Text, Match: Account, Description: "Account that runs the parent.",
			Examples: []string{"parent_user:SYSTEM"}, text: func(r *Row) string { return r.ParentUser }},
		{Name: "grandparent_image", Sigma: "GrandParentImage", Type: Text, Match: Path, also: "grandparent", Description: "Full path of the executable of the parent's parent.",
			Examples: []string{"grandparent_image:outlook.exe"}, text: func(r *Row) string { return r.GrandparentImage }},
		{Name: "creator_pid", Type: Number, Description: "Process id of the caller of CreateProcess, where that is not the parent.",
			Examples: []string{"creator_pid:*"}, number: nonZero(func(r *Row) uint64 { return uint64(r.CreatorPID) })},

		// The end.
		{Name: "exit_code", Type: Number, also: "exit exitstatus status", Description: "Exit code of the process.",
			Examples: []string{"exit_code:!=0", "exit_code:0xc0000005"}, number: func(r *Row) (uint64, bool) { return fromPointer(r.ExitCode) }},
		{Name: "inferred", Type: Boolean, also: "guessed", Description: "Whether the end itself was missed: the process was found gone, and the time of its end is when that was noticed.",
			Examples: []string{"inferred:true"}, flag: func(r *Row) (bool, bool) { return r.Inferred, true }},
	}
	return append(fields, statisticFields()...)
}

// statisticFields are what a process had used by its end.
func statisticFields() []*Field {
	var fields []*Field
	for _, s := range []struct {
		name, description string
		kind              Type
		example           string
		value             func(*event.Statistics) uint64
	}{
		{"handles", "Handles that were open.", Number, ">1000", func(s *event.Statistics) uint64 { return s.Handles }},
		{"threads", "Threads.", Number, ">100", func(s *event.Statistics) uint64 { return s.Threads }},
		{"kernel_time_us", "Processor time in the kernel; a bare number is microseconds.", Duration, ">2s", func(s *event.Statistics) uint64 { return s.KernelTimeUS }},
		{"user_time_us", "Processor time outside the kernel; a bare number is microseconds.", Duration, ">1m", func(s *event.Statistics) uint64 { return s.UserTimeUS }},
		{"cpu_cycles", "Processor cycles.", Number, ">1000000000", func(s *event.Statistics) uint64 { return s.CPUCycles }},
		{"read_ops", "Read operations.", Number, ">=1000", func(s *event.Statistics) uint64 { return s.ReadOps }},
		{"write_ops", "Write operations.", Number, ">=1000", func(s *event.Statistics) uint64 { return s.WriteOps }},
		{"other_ops", "Other input and output operations.", Number, ">=1000", func(s *event.Statistics) uint64 { return s.OtherOps }},
		{"read_bytes", "Bytes read.", Size, ">1GiB", func(s *event.Statistics) uint64 { return s.ReadBytes }},
		{"write_bytes", "Bytes written.", Size, ">100MB", func(s *event.Statistics) uint64 { return s.WriteBytes }},
		{"other_bytes", "Bytes of other operations.", Size, ">1MB", func(s *event.Statistics) uint64 { return s.OtherBytes }},
		{"hard_faults", "Page faults that were read from disk.", Number, ">1000", func(s *event.Statistics) uint64 { return s.HardFaults }},
		{"page_faults", "Page faults.", Number, ">100000", func(s *event.Statistics) uint64 { return s.PageFaults }},
		{"commit_charge", "Committed memory at the end.", Size, ">500MiB", func(s *event.Statistics) uint64 { return s.CommitCharge }},
		{"commit_peak", "Most committed memory.", Size, ">1GiB", func(s *event.Statistics) uint64 { return s.CommitPeak }},
		{"peak_working_set", "Largest working set.", Size, ">1GiB", func(s *event.Statistics) uint64 { return s.PeakWorkingSet }},
		{"peak_virtual_size", "Largest virtual size.", Size, ">1TiB", func(s *event.Statistics) uint64 { return s.PeakVirtualSize }},
		{"peak_pagefile", "Most page file used.", Size, ">1GiB", func(s *event.Statistics) uint64 { return s.PeakPagefile }},
		{"peak_paged_pool", "Largest quota of paged pool.", Size, ">1MiB", func(s *event.Statistics) uint64 { return s.PeakPagedPool }},
		{"peak_nonpaged_pool", "Largest quota of nonpaged pool.", Size, ">1MiB", func(s *event.Statistics) uint64 { return s.PeakNonpaged }},
	} {
		fields = append(fields, &Field{
			Name: s.name, Type: s.kind, Description: s.description, Examples: []string{s.name + ":" + s.example}, bare: s.kind == Duration,
			number: func(r *Row) (uint64, bool) {
				if r.Statistics == nil {
					return 0, false
				}
				return min(s.value(r.Statistics), 1<<63-1), true // the store keeps no more
			},
		})
	}
	return fields
}

const separators = `\/`

// baseName returns what follows the last separator of a path.
func baseName(path string) string { return path[strings.LastIndexAny(path, separators)+1:] }

// microseconds cuts t to what the store keeps.
func microseconds(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

func started(r *Row) time.Time {
	if r.Started.IsZero() && r.Kind != event.Stop {
		return r.Time
	}
	return r.Started
}

func stopped(r *Row) time.Time {
	if r.Stopped.IsZero() && r.Kind == event.Stop {
		return r.Time
	}
	return r.Stopped
}

func duration(r *Row) (uint64, bool) {
	from, to := microseconds(started(r)), microseconds(stopped(r))
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return 0, false
	}
	return uint64(to.UnixMicro() - from.UnixMicro()), true
}

// entropy is in hundredths of a bit per byte, as the store keeps it.
func entropy(r *Row) (uint64, bool) {
	if e := r.EntropyEntry; e != nil && *e >= 0 {
		return uint64(math.Round(*e * 100)), true
	}
	return 0, false
}

func keyText(k event.Key) string {
	if k.IsZero() {
		return ""
	}
	return k.String()
}

func nonZero(get func(*Row) uint64) func(*Row) (uint64, bool) {
	return func(r *Row) (uint64, bool) { n := get(r); return n, n != 0 }
}

func id(get func(*Row) int64) func(*Row) (uint64, bool) {
	return func(r *Row) (uint64, bool) { n := get(r); return uint64(n), n > 0 }
}

func pointer(get func(*Row) *bool) func(*Row) (bool, bool) {
	return func(r *Row) (bool, bool) {
		p := get(r)
		return p != nil && *p, p != nil
	}
}

func fromPointer(p *uint32) (uint64, bool) {
	if p == nil {
		return 0, false
	}
	return uint64(*p), true
}
