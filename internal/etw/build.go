package etw

import (
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// learn takes from a start or listing what is not known yet.
func (r *Run) learn(m *Message) {
	p := &r.facts
	r.identify(plausible(m.Created, m.Time), m.Seq)
	if m.Time.Before(r.since) {
		r.since = m.Time
	}
	if m.UniqueKey != 0 {
		r.uniqueKey = m.UniqueKey
	}
	if r.headerPID == NoID || m.Source == Manifest {
		r.headerPID, r.headerTID = m.HeaderPID, m.HeaderTID
	}
	if p.SourceRecord == 0 {
		p.SourceRecord = m.Number
	}
	// A classic record has the file's name only.
	if m.Image != "" && (p.Image == "" || m.Source == Manifest) {
		p.Image = m.Image
	}
	setText(&p.CommandLine, m.CommandLine)
	setText(&p.UserSID, m.UserSID)
	setText(&p.User, AccountName(m.UserSID))
	setText(&p.Package, m.Package)
	if p.ParentPID == 0 {
		p.ParentPID = m.ParentPID
	}
	if p.ParentProcessSeq == 0 {
		p.ParentProcessSeq = m.ParentSeq
	}
	if p.Session == nil && m.Session != noSession {
		session := m.Session
		p.Session = &session
	}
	p.WOW64 = p.WOW64 || m.Flags&FlagWOW64 != 0
	p.Protected = p.Protected || m.Flags&FlagProtected != 0
	p.Packaged = p.Packaged || m.Flags&FlagPackaged != 0
	if m.Source != Manifest {
		return
	}
	r.ImageChecksum, r.ImageStamp = m.ImageChecksum, m.ImageStamp
	if m.ImageStamp != 0 {
		p.Compiled = time.Unix(int64(m.ImageStamp), 0).UTC()
	}
	if m.Label != "" {
		p.Integrity = integrity(m.Label)
		elevated := m.Elevated != 0
		p.Elevated, p.Elevation = &elevated, event.ElevationOf(m.ElevationType)
	}
	setText(&p.Architecture, architecture(m.Machine))
}

// noSession is written for the processes that have no session.
const noSession = 1<<32 - 1

func setText(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// learnEnd takes what an end says.
func (r *Run) learnEnd(m *Message) {
	e := &r.end
	r.identify(plausible(m.Created, m.Time), m.Seq)
	if m.UniqueKey != 0 {
		r.uniqueKey = m.UniqueKey
	}
	if at := m.endedAt(); !e.exact {
		e.at, e.exact = at, m.Source == Manifest
	}
	e.told |= m.Source
	e.code = m.ExitCode
	if e.record == 0 {
		e.record = m.Number
	}
	if m.Source == Manifest {
		usage := m.Usage
		e.manifest = &usage
		setText(&e.image, m.Image)
		return
	}
	e.user, e.image = m.UserSID, m.Image
}

// name completes what identifies the run and its parent, when its event leaves.
func (j *Joiner) name(r *Run) {
	p := &r.facts
	p.PID, p.BootID, p.ProcessSeq, p.Sensor = r.PID, j.cfg.BootID, r.seq, event.SensorETW
	if r.told == 0 {
		p.Sensor = event.SensorPoll
	}
	p.Kind, p.Time = event.Start, r.beganAt()
	if r.origin == Running {
		p.Kind = event.Running
	}
	if p.Started = p.Time; r.origin == Running && r.created.IsZero() {
		p.Missing = "started=unsupported"
	}
	if r.headerPID != NoID && r.headerPID != 0 && r.origin == Start && r.headerPID != p.ParentPID && r.headerPID != r.PID {
		p.CreatorPID = r.headerPID
	}
	parent := j.alive(p.ParentPID, p.Time)
	if p.ParentPID == 0 || parent == nil || parent == r || parent.seq != 0 && p.ParentProcessSeq != 0 && parent.seq != p.ParentProcessSeq {
		return
	}
	f := &parent.facts
	if parent.left { // as its own event says
		p.ParentStarted = f.Started
		if p.ParentProcessSeq == 0 {
			p.ParentProcessSeq = f.ProcessSeq
		}
	}
	p.ParentImage, p.ParentCommandLine, p.ParentUser = f.Image, f.CommandLine, f.User
}

// begin returns the event of the run's start or listing.
func (r *Run) begin() *event.Process {
	p := r.facts
	return &p
}

// finish returns the event of the run's end. It names the process as the start did.
func (r *Run) finish(boot uint64) *event.Process {
	e := &r.end
	p := &event.Process{
		Kind: event.Stop, Time: e.at, Sensor: event.SensorETW, SourceRecord: e.record, Inferred: e.inferred,
		PID: r.PID, BootID: boot, ProcessSeq: r.seq, Started: r.created,
		Image: r.facts.Image, UserSID: r.facts.UserSID, User: r.facts.User,
	}
	if r.left {
		p.ProcessSeq, p.Started = r.facts.ProcessSeq, r.facts.Started
	}
	setText(&p.Image, e.image)
	setText(&p.UserSID, e.user)
	setText(&p.User, AccountName(e.user))
	if e.inferred {
		return p
	}
	code := e.code
	p.ExitCode = &code
	p.Statistics = e.statistics()
	return p
}

// statistics joins what the two sources say that the process used; nil if they
// say nothing.
func (e *ending) statistics() *event.Statistics {
	if e.manifest == nil && e.counters == nil {
		return nil
	}
	s := &event.Statistics{}
	if u := e.manifest; u != nil {
		s.Handles, s.CPUCycles, s.HardFaults = uint64(u.Handles), u.CPUCycles, uint64(u.HardFaults)
		s.CommitCharge, s.CommitPeak = u.CommitCharge, u.CommitPeak
		s.ReadOps, s.WriteOps = uint64(u.ReadOps), uint64(u.WriteOps)
		s.ReadBytes, s.WriteBytes = uint64(u.ReadKB)<<10, uint64(u.WriteKB)<<10
	}
	if u := e.counters; u != nil {
		s.PageFaults = uint64(u.PageFaults)
		s.PeakWorkingSet, s.PeakVirtualSize, s.PeakPagefile = u.PeakWorkingSet, u.PeakVirtualSize, u.PeakPagefile
		s.PeakPagedPool, s.PeakNonpaged = u.PeakPagedPool, u.PeakNonpaged
		if s.Handles == 0 {
			s.Handles = uint64(u.Handles)
		}
	}
	return s
}

// integrity returns the level that the SID of a mandatory label stands for; "" if
// it is none.
func integrity(label string) event.Integrity {
	text, ok := strings.CutPrefix(label, "S-1-16-")
	rid, err := strconv.ParseUint(text, 10, 32)
	if !ok || err != nil {
		return ""
	}
	return event.IntegrityOf(uint32(rid))
}

// architecture returns the word for a machine (IMAGE_FILE_MACHINE_); "" for one
// that is not known.
func architecture(machine uint16) string {
	switch machine {
	case 0x14c:
		return "x86"
	case 0x8664:
		return "x64"
	case 0x1c0, 0x1c2, 0x1c4:
		return "arm"
	case 0xaa64:
		return "arm64"
	}
	return ""
}
