package evtx

import (
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// sysmonTime is the layout of UtcTime. Milliseconds follow, which time.Parse
// takes without being told.
const sysmonTime = "2006-01-02 15:04:05"

// sysmon maps Sysmon's events 1 and 5. Fields that only newer versions have, as
// ParentUser and OriginalFileName, stay empty for older ones. Values are asked
// for in the order in which they stand.
func (e *entry) sysmon(p *event.Process) error {
	// UtcTime is when the process started or ended; the record is written
	// some milliseconds later.
	if t, err := time.Parse(sysmonTime, e.value("UtcTime")); err == nil {
		p.Time = t
	}
	p.ProcessGUID = guid(e.value("ProcessGuid"))
	pid, err := e.pid("ProcessId")
	if err != nil && p.ProcessGUID == "" { // one of them must say which process it is
		return err
	}
	p.PID = pid
	p.Image = e.text("Image")
	if e.id == sysmonStop {
		p.Kind = event.Stop
		p.User = e.text("User") // newer versions only
		return nil
	}
	p.FileVersion = e.text("FileVersion")
	p.Description = e.text("Description")
	p.Product = e.text("Product")
	p.Company = e.text("Company")
	p.OriginalFileName = e.text("OriginalFileName")
	p.CommandLine = e.text("CommandLine")
	p.CurrentDirectory = e.text("CurrentDirectory")
	p.User = e.text("User")
	p.LogonID = e.uint("LogonId")
	p.Session = e.uint32("TerminalSessionId")
	p.Integrity = integrity(e.text("IntegrityLevel"))
	hashes := e.text("Hashes")
	if hashes == "" {
		hashes = e.text("Hash") // the first versions
	}
	setHashes(p, hashes)
	p.ParentProcessGUID = guid(e.value("ParentProcessGuid"))
	p.ParentPID, _ = e.pid("ParentProcessId") // as all facts about the parent, it may be absent
	p.ParentImage = e.text("ParentImage")
	p.ParentCommandLine = e.text("ParentCommandLine")
	p.ParentUser = e.text("ParentUser")
	return nil
}

// guid returns a GUID in lower case without braces, or nothing if s is none or
// all zeros, as Sysmon writes for a parent that it has not seen.
func guid(s string) string {
	key, ok := event.ParseKey(strings.Trim(s, "{}"))
	if !ok || key.IsZero() {
		return ""
	}
	return key.String()
}

// setHashes reads Sysmon's list of hashes: "SHA1=...,MD5=...", or in the first
// versions one hash without its name, which its length tells. What is no hash
// is left out, and so is a hash of zeros, which Sysmon writes for an image
// without imports.
func setHashes(p *event.Process, list string) {
	for entry := range strings.SplitSeq(list, ",") {
		name, digits, named := strings.Cut(strings.TrimSpace(entry), "=")
		if !named {
			name, digits = "", name
		}
		if !isHash(digits) {
			continue
		}
		var field *string
		switch name, n := strings.ToUpper(name), len(digits); {
		case n == 64 && (name == "SHA256" || !named):
			field = &p.SHA256
		case n == 40 && (name == "SHA1" || !named):
			field = &p.SHA1
		case n == 32 && (name == "MD5" || !named):
			field = &p.MD5
		case n == 32 && name == "IMPHASH":
			field = &p.IMPHASH
		default:
			continue
		}
		*field = strings.ToLower(digits)
	}
}

// isHash tells whether s is hexadecimal, and not all zeros.
func isHash(s string) bool {
	zero := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			zero = zero && c == '0'
		default:
			return false
		}
	}
	return !zero
}
