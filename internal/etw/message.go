package etw

import "time"

// Kind tells what a Message reports.
type Kind uint8

// The kinds of Message.
const (
	Other           Kind = iota // nothing about processes; no field is set
	Start                       // a process was created
	Stop                        // a process ended
	Running                     // a process was there when a listing was made (rundown)
	Defunct                     // a process that has ended is still held by somebody
	Terminate                   // somebody called for the end of a process
	Counters                    // what a process had used at its end
	CountersRunning             // what a process has used, in a listing
	Lost                        // the session lost something
)

// Source tells which of the two kernel sources spoke. It is a set.
type Source uint8

// The sources.
const (
	Classic  Source = 1 << iota // the Process class: command line, user
	Manifest                    // Kernel-Process: full path, exact time, sequence number, integrity
	Both     = Classic | Manifest
)

// String names the source or sources.
func (s Source) String() string {
	return [...]string{"none", "classic", "manifest", "both"}[s&Both]
}

// Loss tells what a session lost.
type Loss uint8

// The losses, by the opcode that reports them.
const (
	LostEvents Loss = 32
	LostBuffer Loss = 33
	LostFile   Loss = 34
)

// The flags of a process.
const (
	FlagApplicationID = 1 << iota
	FlagWOW64
	FlagProtected
	FlagPackaged
)

// A Message is what one record says. A field that the record does not have is
// zero; which ones it has depends on kind, source and version.
type Message struct {
	Kind      Kind
	Source    Source
	Version   uint8  // of the record
	DecodedAs uint8  // version of the layout it was decoded with; lower than Version for one that is not known
	Tail      uint16 // bytes behind the last field that is known
	Loss      Loss

	// Of the record's header.
	Time      time.Time
	HeaderPID uint32 // of a Start: the creator's; NoID: not said
	HeaderTID uint32
	StartKey  uint64 // of the process HeaderPID: boot id << 48 | sequence number
	Number    uint64

	PID       uint32
	ParentPID uint32
	Session   uint32
	Seq       uint64 // ProcessSequenceNumber, manifest only
	ParentSeq uint64
	Created   time.Time // exact, manifest only
	Exited    time.Time // of a manifest Stop, and of a Defunct of version 5
	ExitCode  uint32
	Flags     uint32 // FlagWOW64 ...

	// Image is the path as the kernel has it (\Device\HarddiskVolume3\...) in a
	// manifest Start or Running; the file name in a classic one; and a file
	// name that is cut after 14 characters in a manifest Stop.
	Image       string
	CommandLine string // classic only
	UserSID     string // classic only
	Package     string // full name
	AppID       string // relative id of the application in the package

	Label         string // SID of the mandatory label
	ElevationType uint32 // 1 default, 2 full, 3 limited
	Elevated      uint32
	ImageChecksum uint32
	ImageStamp    uint32 // TimeDateStamp of the image's header
	Mitigations   uint32
	Partition     uint32
	Machine       uint16 // IMAGE_FILE_MACHINE_ of the process

	UniqueKey      uint64 // address of the kernel's object: no identity, it is reused
	DirectoryTable uint64

	Usage Usage // of a Stop or Counters
}

// Usage is what a process used, in the words of the sources.
type Usage struct {
	// Of a manifest Stop.
	Handles      uint32
	CommitCharge uint64 // bytes
	CommitPeak   uint64 // bytes
	CPUCycles    uint64
	ReadOps      uint32
	WriteOps     uint32
	ReadKB       uint32
	WriteKB      uint32
	HardFaults   uint32

	// Of classic Counters. Handles is set too. At an end only the peaks are.
	PageFaults      uint32
	Reserved        uint32
	PeakVirtualSize uint64
	PeakWorkingSet  uint64
	PeakPagefile    uint64
	PeakPagedPool   uint64
	PeakNonpaged    uint64
	VirtualSize     uint64
	WorkingSet      uint64
	Pagefile        uint64
	PagedPool       uint64
	Nonpaged        uint64
	PrivatePages    uint64
}
