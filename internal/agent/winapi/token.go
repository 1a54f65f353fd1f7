package winapi

import (
	"encoding/binary"

	"github.com/eljefe/eljefe/internal/event"
)

// A Token is what a process may do, and in whose name.
type Token struct {
	UserSID   string
	LogonID   uint64 // LUID of the logon session
	Session   *uint32
	Integrity event.Integrity // "": not known
	Elevation event.Elevation // "": not known
	Elevated  *bool

	AppContainer bool

	Enabled, Default, Present event.PrivilegeSet
}

// Apply adds the token's facts to an event. What the event says of the user, the
// session and the elevation stays: it is from the moment of the start, the token
// from a little later.
func (t *Token) Apply(p *event.Process) {
	if p.UserSID == "" {
		p.UserSID = t.UserSID
	}
	if p.LogonID == 0 {
		p.LogonID = t.LogonID
	}
	if p.Session == nil {
		p.Session = t.Session
	}
	if p.Integrity == "" {
		p.Integrity = t.Integrity
	}
	if p.Elevation == "" {
		p.Elevation = t.Elevation
	}
	if p.Elevated == nil {
		p.Elevated = t.Elevated
	}
	p.AppContainer = p.AppContainer || t.AppContainer
	enabled, byDefault, present := t.Enabled, t.Default, t.Present
	p.Privileges, p.PrivilegesDefault, p.PrivilegesPresent = &enabled, &byDefault, &present
}

// parsePrivileges reads TOKEN_PRIVILEGES: a count, then a LUID and attributes for
// each. A privilege's number is the lower half of its LUID; beyond 63 nothing is.
func (t *Token) parsePrivileges(raw []byte) bool {
	const size, isDefault, isEnabled, isRemoved = 12, 1, 2, 4
	if len(raw) < 4 {
		return false
	}
	count := binary.LittleEndian.Uint32(raw)
	if raw = raw[4:]; uint64(count)*size > uint64(len(raw)) {
		return false
	}
	for ; count > 0; count-- {
		number, attributes := binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint32(raw[8:])
		raw = raw[size:]
		if number > 63 || attributes&isRemoved != 0 {
			continue
		}
		bit := event.PrivilegeSet(1) << number
		t.Present |= bit
		if attributes&isDefault != 0 {
			t.Default |= bit
		}
		if attributes&isEnabled != 0 {
			t.Enabled |= bit
		}
	}
	return true
}

// parseStatistics reads TOKEN_STATISTICS, which begins with the LUIDs of the token
// and of the logon.
func (t *Token) parseStatistics(raw []byte) {
	if len(raw) >= 16 {
		t.LogonID = binary.LittleEndian.Uint64(raw[8:])
	}
}
