package world

import (
	"fmt"
	"strings"

	"github.com/eljefe/eljefe/internal/event"
)

// account is who a process runs as, and with what rights.
type account struct {
	user, sid        string
	logon            uint64
	session          uint32
	integrity        event.Integrity
	elevation        event.Elevation
	elevated         bool
	enabled, present event.PrivilegeSet
}

// name is the account's without its domain.
func (a *account) name() string { return a.user[strings.LastIndexByte(a.user, '\\')+1:] }

// profile is the folder of the account's files.
func (a *account) profile() string {
	if a.sid == "S-1-5-18" {
		return `C:\Windows\system32\config\systemprofile`
	}
	return `C:\Users\` + a.name()
}

// in returns the same account with other facts of its token.
func (a account) in(session uint32, integrity event.Integrity) *account {
	a.session, a.integrity = session, integrity
	return &a
}

// without takes away all but what everybody has.
func (a account) without() *account {
	a.enabled, a.present = privileges("ChangeNotify"), 0
	return &a
}

// privileges returns the set of the named privileges, without "Se" and "Privilege".
func privileges(names string) event.PrivilegeSet {
	var set event.PrivilegeSet
	for name := range strings.FieldsSeq(names) {
		p, ok := event.ParsePrivilege("Se" + name + "Privilege")
		if !ok {
			panic("no privilege " + name)
		}
		set |= p
	}
	return set
}

var (
	userHolds  = privileges("Shutdown ChangeNotify Undock IncreaseWorkingSet TimeZone")
	adminHolds = userHolds | privileges("IncreaseQuota Security TakeOwnership LoadDriver SystemProfile Systemtime ProfileSingleProcess"+
		" IncreaseBasePriority CreatePagefile Backup Restore Debug SystemEnvironment RemoteShutdown ManageVolume Impersonate CreateGlobal CreateSymbolicLink")
	serviceOn = privileges("ChangeNotify Impersonate CreateGlobal")
)

// local returns a built-in account of Windows. What it could enable is left
// out: it is long, and always the same.
func local(name, sid string, logon uint64, enabled event.PrivilegeSet) account {
	return account{
		user: `NT AUTHORITY\` + name, sid: sid, logon: logon, integrity: event.System, elevation: event.ElevationDefault, elevated: true, enabled: enabled,
	}
}

var (
	// systemAccount is the kernel's and the core's; its token is whole.
	systemAccount = local("SYSTEM", "S-1-5-18", 0x3e7,
		privileges("LockMemory Tcb CreatePagefile CreatePermanent Debug Audit ChangeNotify Impersonate CreateGlobal IncreaseBasePriority CreateSymbolicLink"))
	sessionAccount = systemAccount.in(1, event.System)
	// hostedAccount is SYSTEM with what one service asks for.
	hostedAccount  = local("SYSTEM", "S-1-5-18", 0x3e7, serviceOn|privileges("Tcb"))
	localService   = local("LOCAL SERVICE", "S-1-5-19", 0x3e5, serviceOn)
	networkService = local("NETWORK SERVICE", "S-1-5-20", 0x3e4, serviceOn)
	windowManager  = account{
		user: `Window Manager\DWM-1`, sid: "S-1-5-90-0-1", logon: 0x11f2a, session: 1, integrity: event.System,
		elevation: event.ElevationDefault, elevated: true, enabled: privileges("ChangeNotify"),
	}
)

// account returns the account that a step names.
func (s *Station) account(name string) *account {
	switch name {
	case "system":
		return &systemAccount
	case "session":
		return sessionAccount
	case "hosted":
		return &hostedAccount
	case "local":
		return &localService
	case "network":
		return &networkService
	case "dwm":
		return &windowManager
	case "user":
		return s.user()
	case "low":
		return s.user().in(1, event.Low).without()
	case "untrusted":
		return s.user().in(1, event.Untrusted).without()
	case "admin":
		return s.administrator(1)
	case "remote":
		return s.administrator(0)
	}
	panic("no account " + name) // the scenario was checked
}

// user returns the account of who works at the station; where nobody does, the
// service account of the office's administrator.
func (s *Station) user() *account {
	if s.spec.User == "" {
		return s.administrator(0)
	}
	return &s.boot.user
}

// person returns the account of who logs on at the station. It is no
// administrator's.
func (s *Station) person() account {
	office := &s.world.scenario.Office
	return account{
		user: office.Domain + `\` + s.spec.User, sid: s.sid(s.spec.User), logon: 0x40000 + s.rng.Uint64N(0x90000), session: 1,
		integrity: event.Medium, elevation: event.ElevationDefault, enabled: privileges("ChangeNotify"), present: userHolds,
	}
}

// administrator returns the elevated account of the office's administrator, at
// the station or from afar.
func (s *Station) administrator(session uint32) *account {
	office := &s.world.scenario.Office
	return &account{
		user: office.Domain + `\` + office.Admin, sid: s.sid(office.Admin), logon: 0x8f31c7 + s.boot.id, session: session,
		integrity: event.High, elevation: event.ElevationFull, elevated: true, enabled: serviceOn | privileges("Debug"), present: adminHolds,
	}
}

// sid returns the security identifier of a person, the same on all stations.
func (s *Station) sid(user string) string {
	office := &s.world.scenario.Office
	number := 1100
	for i, other := range s.world.scenario.Stations {
		if other.User == user {
			number = 1101 + i
			break
		}
	}
	return fmt.Sprintf("%s-%d", office.SID, number)
}
