// Package event defines the records that a station reports.
//
// An event is made once, by an agent or by the reader of a recorded log, and
// never changed. The same JSON travels on the wire, sits in files and comes out
// of an export, so a field's name and meaning are part of the protocol: fields
// may be added, and are never renamed, retyped or reused. The names are those
// of the filter language too.
//
// Whatever stands in an event is a claim of the station it came from. Paths,
// command lines and version strings are chosen by whoever started the process.
package event

import (
	"time"
)

// Kind tells what an event reports.
type Kind string

// The kinds of event.
const (
	Start   Kind = "start"   // a process was created
	Stop    Kind = "stop"    // a process ended
	Running Kind = "running" // a process was found running when the sensor started (rundown)
)

// Sensor names the source that saw the event.
type Sensor string

// The sensors.
const (
	SensorETW      Sensor = "etw"      // Event Tracing for Windows, both kernel sources
	SensorSysmon   Sensor = "sysmon"   // Sysmon events 1 and 5
	SensorSecurity Sensor = "security" // Windows security auditing, events 4688 and 4689
	SensorPoll     Sensor = "poll"     // snapshots of the process list
	SensorEBPF     Sensor = "ebpf"     // Linux tracepoints
	SensorReplay   Sensor = "replay"   // a recording or a simulation

	SensorConnector Sensor = "procconn" // the process connector of Linux
)

// Origin tells how the event reached the server.
type Origin string

// The origins.
const (
	Live     Origin = "live"     // reported by the station's agent
	Imported Origin = "imported" // read from a file
)

// Integrity is the mandatory integrity level of a Windows process.
type Integrity string

// The integrity levels, by rising RID: 0, 0x1000, 0x2000, 0x2100, 0x3000, 0x4000, 0x5000.
const (
	Untrusted  Integrity = "untrusted"
	Low        Integrity = "low"
	Medium     Integrity = "medium"
	MediumPlus Integrity = "medium_plus"
	High       Integrity = "high"
	System     Integrity = "system"
	Protected  Integrity = "protected"
)

// Elevation is the Windows token elevation type.
type Elevation string

// The elevation types: 1, 2 and 3 of TOKEN_ELEVATION_TYPE.
const (
	ElevationDefault Elevation = "default" // no linked token: UAC does not apply
	ElevationFull    Elevation = "full"    // the elevated token of an administrator
	ElevationLimited Elevation = "limited" // the filtered token of an administrator
)

// Process is one event about one process. Which fields are set depends on the
// kind and on what the sensor can see: an empty string, a zero number, a nil
// pointer or a zero time means that the source did not say.
type Process struct {
	Kind    Kind      `json:"kind"`
	Time    time.Time `json:"time"`              // when the process was created, or ended for a stop
	Station string    `json:"station,omitempty"` // name of the computer, as it calls itself
	Seq     uint64    `json:"seq,omitzero"`      // position in the station's live stream, from 1; 0 in files
	Sensor  Sensor    `json:"sensor,omitempty"`
	Origin  Origin    `json:"origin,omitempty"`

	// Where an imported event was read.
	SourceFile   string `json:"source_file,omitempty"`  // file name without its folder
	SourceRecord uint64 `json:"source_record,omitzero"` // EventRecordID, or line number from 1

	// Identity, see Key. PID alone is reused within seconds.
	PID         uint32    `json:"pid"`
	BootID      uint64    `json:"boot_id,omitzero"`       // with ProcessSeq the exact identity
	ProcessSeq  uint64    `json:"process_seq,omitzero"`   // the kernel's ProcessSequenceNumber
	ProcessGUID string    `json:"process_guid,omitempty"` // Sysmon's, lower case, without braces
	Started     time.Time `json:"started,omitzero"`       // creation time; for a stop only if the source knows it

	// The identity as another El Jefe knew it, in its exports. It goes before
	// all others.
	ProcessKey       string `json:"process_key,omitempty"`
	ParentProcessKey string `json:"parent_process_key,omitempty"`

	// What runs.
	Image            string `json:"image,omitempty"` // full path of the executable
	CommandLine      string `json:"command_line,omitempty"`
	CurrentDirectory string `json:"current_directory,omitempty"`

	// Facts of the image file. Hashes are lower-case hexadecimal.
	SHA256           string `json:"sha256,omitempty"`
	SHA1             string `json:"sha1,omitempty"`
	MD5              string `json:"md5,omitempty"`
	IMPHASH          string `json:"imphash,omitempty"`
	FileSize         uint64 `json:"file_size,omitzero"` // bytes
	OriginalFileName string `json:"original_file_name,omitempty"`
	Description      string `json:"description,omitempty"`
	Product          string `json:"product,omitempty"`
	Company          string `json:"company,omitempty"`
	FileVersion      string `json:"file_version,omitempty"`
	Signer           string `json:"signer,omitempty"` // subject of the signing certificate
	Signed           *bool  `json:"signed,omitempty"` // whether the signature was verified on the station

	Architecture string    `json:"architecture,omitempty"`  // x86, x64, arm, arm64, or as uname calls it
	EntropyEntry *float64  `json:"entry_entropy,omitempty"` // Shannon entropy of the first 4,096 code bytes at the entry point, in bits per byte with 2 decimals
	EntrySHA256  string    `json:"entry_sha256,omitempty"`  // of those bytes
	Compiled     time.Time `json:"compiled,omitzero"`       // as the header of the file claims

	ImageMismatch bool   `json:"image_mismatch,omitempty"` // the file on disk is not what the kernel loaded: the facts above are not those of what runs
	Missing       string `json:"missing,omitempty"`        // what the station could not learn, and why, sorted: "hashes=gone signer=denied"; reasons are gone, denied, too_big, changed, exited, busy, unsupported, failed

	// Who runs it, and with what rights.
	User              string        `json:"user,omitempty"` // DOMAIN\name
	UserSID           string        `json:"user_sid,omitempty"`
	LogonID           uint64        `json:"logon_id,omitzero"` // LUID of the logon session
	Session           *uint32       `json:"session,omitempty"` // terminal session; 0 is the services' session
	Integrity         Integrity     `json:"integrity,omitempty"`
	Elevation         Elevation     `json:"elevation,omitempty"`
	Elevated          *bool         `json:"elevated,omitempty"`
	Privileges        *PrivilegeSet `json:"privileges,omitempty"`         // enabled at the start
	PrivilegesDefault *PrivilegeSet `json:"privileges_default,omitempty"` // enabled by default
	PrivilegesPresent *PrivilegeSet `json:"privileges_present,omitempty"` // held, enabled or not

	// The same on Linux. Where permitted is not said and effective is, they are equal.
	Capabilities          *CapabilitySet `json:"capabilities,omitempty"`           // effective at the start
	CapabilitiesPermitted *CapabilitySet `json:"capabilities_permitted,omitempty"` // those it may make effective

	// Where it runs on Linux, if that is not simply the station.
	Container  string `json:"container,omitempty"`  // id of the container
	Namespaces string `json:"namespaces,omitempty"` // those that are not the station's own: "mnt=4026532281 pid=4026532282", sorted

	// Flags of the creation (Kernel-Process ProcessStart Flags).
	WOW64     bool   `json:"wow64,omitempty"`     // 32-bit on 64-bit Windows
	Protected bool   `json:"protected,omitempty"` // protected process
	Packaged  bool   `json:"packaged,omitempty"`  // has a package identity
	Package   string `json:"package,omitempty"`   // full name of the package

	AppContainer bool `json:"app_container,omitempty"` // runs in an app container of Windows

	// The parent, as the source tells it. The server fills what it can resolve.
	ParentPID         uint32    `json:"parent_pid,omitzero"`
	ParentProcessSeq  uint64    `json:"parent_process_seq,omitzero"`
	ParentProcessGUID string    `json:"parent_process_guid,omitempty"`
	ParentStarted     time.Time `json:"parent_started,omitzero"`
	ParentImage       string    `json:"parent_image,omitempty"`
	ParentCommandLine string    `json:"parent_command_line,omitempty"`
	ParentUser        string    `json:"parent_user,omitempty"`
	GrandparentImage  string    `json:"grandparent_image,omitempty"` // set by the server
	CreatorPID        uint32    `json:"creator_pid,omitzero"`        // the caller of CreateProcess, where it is not the parent

	// The end of the process, in a stop.
	ExitCode *uint32 `json:"exit_code,omitempty"`
	Inferred bool    `json:"inferred,omitempty"` // the end itself was missed: the process was found gone, and Time is when that was noticed
	*Statistics
}

// Statistics are what a process had used by its end. A source that gives none
// leaves the whole pointer nil; within it, zero means none or not said.
type Statistics struct {
	Handles         uint64 `json:"handles,omitzero"`
	Threads         uint64 `json:"threads,omitzero"`
	KernelTimeUS    uint64 `json:"kernel_time_us,omitzero"` // microseconds
	UserTimeUS      uint64 `json:"user_time_us,omitzero"`   // microseconds
	CPUCycles       uint64 `json:"cpu_cycles,omitzero"`
	ReadOps         uint64 `json:"read_ops,omitzero"`
	WriteOps        uint64 `json:"write_ops,omitzero"`
	OtherOps        uint64 `json:"other_ops,omitzero"`
	ReadBytes       uint64 `json:"read_bytes,omitzero"`
	WriteBytes      uint64 `json:"write_bytes,omitzero"`
	OtherBytes      uint64 `json:"other_bytes,omitzero"`
	HardFaults      uint64 `json:"hard_faults,omitzero"`
	PageFaults      uint64 `json:"page_faults,omitzero"`
	CommitCharge    uint64 `json:"commit_charge,omitzero"`      // bytes
	CommitPeak      uint64 `json:"commit_peak,omitzero"`        // bytes
	PeakWorkingSet  uint64 `json:"peak_working_set,omitzero"`   // bytes
	PeakVirtualSize uint64 `json:"peak_virtual_size,omitzero"`  // bytes
	PeakPagefile    uint64 `json:"peak_pagefile,omitzero"`      // bytes
	PeakPagedPool   uint64 `json:"peak_paged_pool,omitzero"`    // bytes of quota
	PeakNonpaged    uint64 `json:"peak_nonpaged_pool,omitzero"` // bytes of quota
}
