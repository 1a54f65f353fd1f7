package etw

import "strings"

// AccountName returns what Windows calls an account that is the same on every
// computer, in English; "" for any other, whose name only its computer knows.
func AccountName(sid string) string {
	switch sid {
	case "S-1-5-18":
		return `NT AUTHORITY\SYSTEM`
	case "S-1-5-19":
		return `NT AUTHORITY\LOCAL SERVICE`
	case "S-1-5-20":
		return `NT AUTHORITY\NETWORK SERVICE`
	}
	// Desktop and fonts have an account for each session.
	if session, ok := strings.CutPrefix(sid, "S-1-5-90-0-"); ok {
		return `Window Manager\DWM-` + session
	}
	if session, ok := strings.CutPrefix(sid, "S-1-5-96-0-"); ok {
		return `Font Driver Host\UMFD-` + session
	}
	return ""
}
