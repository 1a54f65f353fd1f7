package identity

import (
	"fmt"
	"os"
	"strings"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

// MakeFolder makes the folder dir for the agent's own account, SYSTEM and
// administrators, where it is missing.
func MakeFolder(dir string) error { return winapi.MakePrivateFolder(dir) }

// checkPrivate returns an error if anybody but SYSTEM, administrators and the
// agent's own account may read or change the file or folder.
func checkPrivate(path string) error { return checkAccess(path, true, "read") }

// checkUnchangeable is checkPrivate for what others may read, but not change.
func checkUnchangeable(path string) error { return checkAccess(path, false, "change") }

func checkAccess(path string, read bool, what string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the station's files: %w", err)
	}
	strangers, err := winapi.Strangers(path, read)
	if err != nil {
		return fmt.Errorf("look at the station's files: %w", err)
	}
	if len(strangers) == 0 {
		return nil
	}
	rights := "F"
	if info.IsDir() {
		rights = "(OI)(CI)F"
	}
	return fmt.Errorf(`%s may %s %s: if nobody has used that, run as administrator: icacls "%[3]s" /setowner *S-1-5-32-544 & icacls "%[3]s" /inheritance:r /grant:r *S-1-5-18:%[4]s *S-1-5-32-544:%[4]s`,
		strings.Join(strangers, ", "), what, path, rights)
}

// restrict keeps a file that is still empty for the account that wrote it, which
// for the service is SYSTEM.
func restrict(path string) error { return winapi.ProtectKey(path) }

// syncFolder does nothing: NTFS keeps the names of files in its own journal.
func syncFolder(string) error { return nil }
