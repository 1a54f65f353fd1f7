package linuxproc

import (
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// event returns what is told of a process that started or runs.
//
// The user is the one whose rights the process has, so for a program like sudo
// the one it becomes. LogonID is the audit system's session, which stays the same
// from the login on, whoever one becomes: as on Windows it ties together what one
// login started.
func (t *Tracker) event(kind event.Kind, p *process) *event.Process {
	began := t.cfg.Clock.Time(p.began)
	e := &event.Process{
		Kind: kind, Time: began, Started: began, Sensor: t.cfg.Sensor,
		PID: p.PID, BootID: t.cfg.BootID, ProcessSeq: p.Seq(),
		Image: p.Image, CommandLine: p.CommandLine, CurrentDirectory: p.Directory,
		ParentPID: p.Parent.PID, ParentProcessSeq: p.Parent.Seq(), CreatorPID: p.Creator,
		Container: p.Container, Namespaces: p.Spaces.Beside(t.cfg.Own), Missing: p.unknown(),
	}
	if p.Told {
		elevated, effective, permitted := p.elevated(), event.CapabilitySet(p.Capabilities), event.CapabilitySet(p.Permitted)
		e.User, e.Elevated, e.Capabilities = t.cfg.Users.Name(p.Effective), &elevated, &effective
		if permitted != effective {
			e.CapabilitiesPermitted = &permitted
		}
	}
	if p.Told && p.Session != noSession {
		e.LogonID = uint64(p.Session)
	}
	if parent := t.table[p.Parent.PID]; parent != nil && parent.Ref.Seq() == e.ParentProcessSeq {
		e.ParentStarted, e.ParentImage = t.cfg.Clock.Time(parent.began), parent.Image
	}
	return e
}

// stop reports the end of a run.
func (t *Tracker) stop(p *process, end *End) {
	if p.began != p.Forked {
		t.cfg.Runs.remove(p.Ref)
	}
	e := &event.Process{
		Kind: event.Stop, Time: t.cfg.Clock.Time(end.At), Started: t.cfg.Clock.Time(p.began), Sensor: t.cfg.Sensor,
		PID: p.PID, BootID: t.cfg.BootID, ProcessSeq: p.Seq(), Image: p.Image, Inferred: end.Inferred,
	}
	if e.Time.Before(e.Started) {
		e.Time = e.Started // the station's clock was set back meanwhile
	}
	if end.Status != nil {
		code := exitCode(*end.Status)
		e.ExitCode = &code
	}
	if u := end.Used; u != nil {
		e.Statistics = &event.Statistics{
			KernelTimeUS: micros(u.System), UserTimeUS: micros(u.User),
			ReadOps: u.Reads, WriteOps: u.Writes, ReadBytes: u.ReadBytes, WriteBytes: u.WriteBytes,
			HardFaults: u.MajorFaults, PageFaults: u.MinorFaults + u.MajorFaults,
			PeakWorkingSet: u.PeakResident, PeakVirtualSize: u.PeakVirtual,
		}
	}
	t.sink.Report(e)
}

func micros(d time.Duration) uint64 { return uint64(max(0, d/time.Microsecond)) }
