package evtx

import "github.com/eljefe/eljefe/internal/event"

// nobodySID is what auditing writes for a user who is not set.
const nobodySID = "S-1-0-0"

// Token elevation types as auditing writes them: numbers of messages.
const (
	elevationDefault = "%%1936"
	elevationFull    = "%%1937"
	elevationLimited = "%%1938"
)

// security maps auditing's events 4688 and 4689. They have no time of their own:
// it is that of the record, System/TimeCreated. Version 0 of 4688 ends with the
// creator's pid, version 1 adds the command line, version 2 the rest. Values are
// asked for in the order in which they stand.
func (e *entry) security(p *event.Process) error {
	p.UserSID = e.sid("SubjectUserSid")
	p.User = e.user("SubjectUserName", "SubjectDomainName")
	p.LogonID = e.uint("SubjectLogonId")
	if e.id == securityStop {
		p.Kind = event.Stop
		p.ExitCode = e.uint32("Status")
		pid, err := e.pid("ProcessId")
		p.PID = pid
		p.Image = e.text("ProcessName")
		return err
	}
	pid, err := e.pid("NewProcessId")
	if err != nil {
		return err
	}
	p.PID = pid
	p.Image = e.text("NewProcessName")
	p.Elevation, p.Elevated = elevation(e.value("TokenElevationType"))
	p.ParentPID, _ = e.pid("ProcessId") // the creator's; it may be absent
	p.CommandLine = e.text("CommandLine")
	e.target(p)
	p.ParentImage = e.text("ParentProcessName")
	p.Integrity = integrity(e.text("MandatoryLabel"))
	return nil
}

// target replaces the user by the target user, where there is one. The subject
// is who called CreateProcess; the target is whose token the process got, and so
// in whose logon session it runs: what an analyst means by the user and the
// logon session of a process. Where they are the same, auditing leaves the
// target empty. Should a target come without its session (none of the recordings
// has that), the subject's stays: the only link to a logon in the record.
func (e *entry) target(p *event.Process) {
	sid := e.sid("TargetUserSid")
	user := e.user("TargetUserName", "TargetDomainName")
	if user == "" {
		return
	}
	p.User, p.UserSID = user, sid
	if id := e.uint("TargetLogonId"); id != 0 {
		p.LogonID = id
	}
}

// user joins a name and its domain to DOMAIN\name; nothing without a name.
func (e *entry) user(name, domain string) string {
	n, d := e.text(name), e.text(domain)
	if n == "" || d == "" {
		return n
	}
	return d + `\` + n
}

func (e *entry) sid(name string) string {
	if s := e.text(name); s != nobodySID {
		return s
	}
	return ""
}

// elevation reads a token elevation type. The full and the limited type say
// whether the token is elevated. The default type does not: it is that of
// ordinary users, of services, and of everyone where UAC is off.
func elevation(s string) (event.Elevation, *bool) {
	elevated := s == elevationFull
	switch s {
	case elevationFull:
		return event.ElevationFull, &elevated
	case elevationLimited:
		return event.ElevationLimited, &elevated
	case elevationDefault:
		return event.ElevationDefault, nil
	}
	return "", nil
}
