package etw

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The ids of Kernel-Process that are understood.
const (
	idStart   = 1
	idStop    = 2
	idRunning = 15
)

// The opcodes of the Process class that are understood.
const (
	opStart           = 1
	opStop            = 2
	opRunningFirst    = 3 // DCStart: the listing when a session begins
	opRunningLast     = 4 // DCEnd: the listing when it ends
	opTerminate       = 11
	opCounters        = 32
	opCountersRunning = 33
	opDefunct         = 39
)

// A layout is how one kind of record is read.
type layout struct {
	kind   Kind
	name   string
	newest uint8 // the highest version that is known; 0 counts
	oldest uint8
	read   func(c *cursor, version uint8, m *Message)
}

// manifestLayout returns the layout of a record of Kernel-Process, or false.
func manifestLayout(id uint16) (layout, bool) {
	switch id {
	case idStart:
		return layout{kind: Start, name: "ProcessStart", newest: 5, read: readStart}, true
	case idStop:
		return layout{kind: Stop, name: "ProcessStop", newest: 2, read: readStop}, true
	case idRunning:
		return layout{kind: Running, name: "ProcessRundown", newest: 3, read: readRundown}, true
	}
	return layout{}, false
}

// classicLayout returns the layout of a record of the Process class, or false.
func classicLayout(opcode uint8) (layout, bool) {
	switch opcode {
	case opStart:
		return layout{kind: Start, name: "classic process start", newest: 4, oldest: 1, read: readClassic}, true
	case opStop:
		return layout{kind: Stop, name: "classic process end", newest: 4, oldest: 1, read: readClassic}, true
	case opRunningFirst, opRunningLast:
		return layout{kind: Running, name: "classic process listing", newest: 4, oldest: 1, read: readClassic}, true
	case opDefunct:
		return layout{kind: Defunct, name: "classic defunct process", newest: 5, oldest: 1, read: readDefunct}, true
	case opTerminate:
		return layout{kind: Terminate, name: "classic process termination", newest: 2, read: readTerminate}, true
	case opCounters:
		return layout{kind: Counters, name: "classic process counters", newest: 2, read: readCounters}, true
	case opCountersRunning:
		return layout{kind: CountersRunning, name: "classic process counters listing", newest: 2, read: readCounters}, true
	}
	return layout{}, false
}

// Decode returns what a record says. A record that is not about processes gives
// a Message of kind Other. The error is a *DecodeError. The Message shares no
// memory with the record.
func Decode(r *Record) (Message, error) {
	m := Message{
		Version: r.Version, DecodedAs: r.Version,
		Time: r.Time, HeaderPID: r.PID, HeaderTID: r.TID, StartKey: r.StartKey, Number: r.Number,
	}
	var l layout
	known := false
	switch {
	case r.Classic && r.Provider == Process:
		m.Source = Classic
		l, known = classicLayout(r.Opcode)
	case !r.Classic && r.Provider == KernelProcess:
		m.Source = Manifest
		l, known = manifestLayout(r.ID)
	case r.Provider == LostEvent && r.Opcode >= uint8(LostEvents) && r.Opcode <= uint8(LostFile):
		m.Kind, m.Source, m.Loss = Lost, Classic, Loss(r.Opcode)
		return m, nil
	}
	if !known {
		return Message{}, nil
	}
	m.Kind = l.kind
	c := cursor{data: r.Payload, pointer: 8}
	if r.PointerSize == 4 {
		c.pointer = 4
	}
	if r.Version < l.oldest {
		return Message{}, l.failed(r, &c, fmt.Sprintf("the version is not known; the oldest known is %d", l.oldest))
	}
	m.DecodedAs = min(r.Version, l.newest)
	read, whole := l.try(c, m)
	if !whole && r.Classic && c.pointer == 4 && r.Version <= l.newest {
		// A 32-bit program may have passed on what a 64-bit kernel wrote.
		other := c
		other.pointer = 8
		if again, whole := l.try(other, m); whole {
			return again.m, nil
		}
	}
	if c, m = read.c, read.m; c.reason != "" {
		return Message{}, l.failed(r, &c, "")
	}
	// Later versions have appended fields so far. What does not make sense is none
	// of those.
	rest := len(c.data) - c.at
	if problem := m.nonsense(rest > 0 || m.DecodedAs < r.Version); problem != "" {
		return Message{}, l.failed(r, &c, fmt.Sprintf("read as version %d with %d bytes left over, %s", m.DecodedAs, rest, problem))
	}
	m.Tail = uint16(min(rest, 1<<16-1))
	return m, nil
}

// A reading is a payload that was read, well or not.
type reading struct {
	c cursor
	m Message
}

// try reads a payload, and tells whether the layout fits to its last byte.
func (l *layout) try(c cursor, m Message) (reading, bool) {
	r := reading{c, m}
	l.read(&r.c, m.DecodedAs, &r.m)
	return r, r.c.reason == "" && r.c.at == len(r.c.data)
}

// failed returns the error for a record that cannot be decoded.
func (l *layout) failed(r *Record, c *cursor, reason string) error {
	e := &DecodeError{Record: l.name + " version " + strconv.Itoa(int(r.Version)), Size: len(c.data), Reason: reason}
	if reason == "" {
		e.Field, e.Offset, e.Reason = c.field, c.offset, c.reason
	}
	return e
}

// readStart reads event 1 of Kernel-Process. Versions to 3 inserted fields, the
// later ones append.
func readStart(c *cursor, version uint8, m *Message) {
	m.PID = c.u32("ProcessID")
	if version >= 3 {
		m.Seq = c.u64("ProcessSequenceNumber")
	}
	m.Created = c.filetime("CreateTime")
	m.ParentPID = c.u32("ParentProcessID")
	if version >= 3 {
		m.ParentSeq = c.u64("ParentProcessSequenceNumber")
	}
	m.Session = c.u32("SessionID")
	if version >= 1 {
		m.Flags = c.u32("Flags")
	}
	if version >= 3 {
		m.ElevationType = c.u32("ProcessTokenElevationType")
		m.Elevated = c.u32("ProcessTokenIsElevated")
		m.Label = c.sid("MandatoryLabel")
	}
	m.Image = c.wide("ImageName")
	if version >= 2 {
		m.ImageChecksum = c.u32("ImageChecksum")
		m.ImageStamp = c.u32("TimeDateStamp")
		m.Package = c.wide("PackageFullName")
		m.AppID = c.wide("PackageRelativeAppId")
	}
	if version >= 4 {
		m.Mitigations = c.u32("SecurityMitigations")
	}
	if version >= 5 {
		m.Partition = c.u32("PartitionID")
		m.Machine = c.u16("ProcessMachine")
	}
}

// readRundown reads event 15 of Kernel-Process. It came with version 2 of the
// start, and is the same but for the number of the version.
func readRundown(c *cursor, version uint8, m *Message) { readStart(c, version+2, m) }

// readStop reads event 2 of Kernel-Process.
func readStop(c *cursor, version uint8, m *Message) {
	m.PID = c.u32("ProcessID")
	if version >= 2 {
		m.Seq = c.u64("ProcessSequenceNumber")
	}
	m.Created = c.filetime("CreateTime")
	m.Exited = c.filetime("ExitTime")
	m.ExitCode = c.u32("ExitCode")
	m.ElevationType = c.u32("TokenElevationType")
	u := &m.Usage
	u.Handles = c.u32("HandleCount")
	u.CommitCharge = c.u64("CommitCharge")
	u.CommitPeak = c.u64("CommitPeak")
	if version >= 1 {
		u.CPUCycles = c.u64("CPUCycleCount")
		u.ReadOps = c.u32("ReadOperationCount")
		u.WriteOps = c.u32("WriteOperationCount")
		u.ReadKB = c.u32("ReadTransferKiloBytes")
		u.WriteKB = c.u32("WriteTransferKiloBytes")
		u.HardFaults = c.u32("HardFaultCount")
	}
	m.Image = c.ansi("ImageName")
}

// readClassic reads the classic start, end and listing of a process.
func readClassic(c *cursor, version uint8, m *Message) {
	if version >= 2 {
		m.UniqueKey = c.ptr("UniqueProcessKey")
	} else {
		m.DirectoryTable = c.ptr("PageDirectoryBase")
	}
	m.PID = c.u32("ProcessId")
	m.ParentPID = c.u32("ParentId")
	m.Session = c.u32("SessionId")
	m.ExitCode = c.u32("ExitStatus")
	if version >= 3 {
		m.DirectoryTable = c.ptr("DirectoryTableBase")
	}
	if version >= 4 {
		m.Flags = c.u32("Flags")
	}
	m.UserSID = c.user("UserSID")
	m.Image = c.ansi("ImageFileName")
	if version >= 2 {
		m.CommandLine = c.wide("CommandLine")
	}
	if version >= 4 {
		m.Package = c.wide("PackageFullName")
		m.AppID = c.wide("ApplicationId")
	}
}

// readDefunct reads the classic record of a process that has ended and is held.
func readDefunct(c *cursor, version uint8, m *Message) {
	readClassic(c, version, m)
	if version >= 5 {
		m.Exited = c.filetime("ExitTime")
	}
}

func readTerminate(c *cursor, _ uint8, m *Message) { m.PID = c.u32("ProcessId") }

// readCounters reads what a process has used.
func readCounters(c *cursor, _ uint8, m *Message) {
	u := &m.Usage
	m.PID = c.u32("ProcessId")
	u.PageFaults = c.u32("PageFaultCount")
	u.Handles = c.u32("HandleCount")
	u.Reserved = c.u32("Reserved")
	u.PeakVirtualSize = c.ptr("PeakVirtualSize")
	u.PeakWorkingSet = c.ptr("PeakWorkingSetSize")
	u.PeakPagefile = c.ptr("PeakPagefileUsage")
	u.PeakPagedPool = c.ptr("QuotaPeakPagedPoolUsage")
	u.PeakNonpaged = c.ptr("QuotaPeakNonPagedPoolUsage")
	u.VirtualSize = c.ptr("VirtualSize")
	u.WorkingSet = c.ptr("WorkingSetSize")
	u.Pagefile = c.ptr("PagefileUsage")
	u.PagedPool = c.ptr("QuotaPagedPoolUsage")
	u.Nonpaged = c.ptr("QuotaNonPagedPoolUsage")
	u.PrivatePages = c.ptr("PrivatePageCount")
}

// By how much a time in a record may differ from the time of the record.
const (
	farAway  = 24 * time.Hour            // in a version that is not known
	clockSet = 10 * 365 * 24 * time.Hour // in one that is: a clock may have been set while a trace ran
)

// nonsense says what speaks against a message; "" if nothing does. guessed tells
// that the layout may not be its own. Of a layout that is, no text is held
// against a message: whoever starts a process chooses its name, and must not be
// able to hide it by one.
func (m *Message) nonsense(guessed bool) string {
	slack := clockSet
	if guessed {
		slack = farAway
	}
	if m.PID%4 != 0 {
		return fmt.Sprintf("the process id is %d, which is no multiple of 4", m.PID)
	}
	if guessed && strings.ContainsFunc(m.Image, func(r rune) bool { return r < ' ' }) {
		return fmt.Sprintf("the image %.60q is no path", m.Image)
	}
	if m.Source == Classic {
		return ""
	}
	// Processes that the kernel makes of nothing have a name only: Registry.
	if guessed && m.Kind != Stop && strings.Contains(m.Image, `\`) && m.Image[0] != '\\' {
		return fmt.Sprintf("the image %.60q is no path of the kernel's", m.Image)
	}
	if rid, ok := strings.CutPrefix(m.Label, "S-1-16-"); m.Label != "" {
		if level, err := strconv.ParseUint(rid, 10, 32); !ok || err != nil || level > highestLabel || level%0x10 != 0 {
			return fmt.Sprintf("the mandatory label %s is none", m.Label)
		}
	}
	switch age := m.Time.Sub(m.Created); {
	case m.Created.IsZero() && m.Kind == Start:
		return "the process has no creation time"
	case age < -slack || m.Kind == Start && age > slack:
		return fmt.Sprintf("the process was created at %s and reported at %s", m.Created.Format(time.RFC3339), m.Time.Format(time.RFC3339))
	case m.Kind == Stop && apart(m.Exited, m.Time) > slack:
		return fmt.Sprintf("the process ended at %s and was reported at %s", m.Exited.Format(time.RFC3339), m.Time.Format(time.RFC3339))
	}
	return ""
}

// highestLabel is the last number of the highest mandatory label, that of secure
// processes.
const highestLabel = 0x7000
