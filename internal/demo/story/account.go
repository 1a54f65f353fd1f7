package story

import (
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

// profile is the folder of the account's files.
func (a *account) profile() string {
	return `C:\Users\` + a.user[strings.LastIndexByte(a.user, '\\')+1:]
}

// in returns the same account with other facts of its token.
func (a account) in(session uint32, integrity event.Integrity) *account {
	a.session, a.integrity = session, integrity
	return &a
}

// without takes away all but what everybody has.
func (a account) without() *account {
	a.enabled = privileges("ChangeNotify")
	a.present = 0
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

const domain = "S-1-5-21-2104817743-983214455-3401187622-"

var (
	userHolds  = privileges("Shutdown ChangeNotify Undock IncreaseWorkingSet TimeZone")
	adminHolds = userHolds | privileges("IncreaseQuota Security TakeOwnership LoadDriver SystemProfile Systemtime ProfileSingleProcess"+
		" IncreaseBasePriority CreatePagefile Backup Restore Debug SystemEnvironment RemoteShutdown ManageVolume Impersonate CreateGlobal CreateSymbolicLink")
	serviceOn = privileges("ChangeNotify Impersonate CreateGlobal")
)

// local returns a built-in account of Windows. What it could enable is left
// out: it is long, and always the same.
func local(name, sid string, logon uint64, enabled event.PrivilegeSet) account {
	return account{user: `NT AUTHORITY\` + name, sid: sid, logon: logon, integrity: event.System, elevation: event.ElevationDefault,
		elevated: true, enabled: enabled}
}

var (
	// system is the kernel's and the core's; its token is whole.
	system = local("SYSTEM", "S-1-5-18", 0x3e7,
		privileges("LockMemory Tcb CreatePagefile CreatePermanent Debug Audit ChangeNotify Impersonate CreateGlobal IncreaseBasePriority CreateSymbolicLink"))
	// hosted is SYSTEM with what one service asks for.
	hosted         = local("SYSTEM", "S-1-5-18", 0x3e7, serviceOn|privileges("Tcb"))
	localService   = local("LOCAL SERVICE", "S-1-5-19", 0x3e5, serviceOn)
	networkService = local("NETWORK SERVICE", "S-1-5-20", 0x3e4, serviceOn)
	windowManager  = account{user: `Window Manager\DWM-1`, sid: "S-1-5-90-0-1", logon: 0x11f2a, session: 1, integrity: event.System,
		elevation: event.ElevationDefault, elevated: true, enabled: privileges("ChangeNotify")}
)

// person returns the account of somebody who is no administrator.
func person(name, rid string, logon uint64) account {
	return account{user: `ACME\` + name, sid: domain + rid, logon: logon, session: 1, integrity: event.Medium,
		elevation: event.ElevationDefault, enabled: privileges("ChangeNotify"), present: userHolds}
}

// administrator returns the elevated account of an administrator.
func administrator(name, rid string, logon uint64) account {
	return account{user: `ACME\` + name, sid: domain + rid, logon: logon, session: 1, integrity: event.High, elevation: event.ElevationFull,
		elevated: true, enabled: serviceOn | privileges("Debug"), present: adminHolds}
}
