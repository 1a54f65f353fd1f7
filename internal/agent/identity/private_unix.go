//go:build unix

package identity

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// checkPrivate returns an error if anybody but its owner may read or change the
// file or folder, or if its owner is neither this account nor root.
func checkPrivate(path string) error {
	return checkMode(path, 0o077, "read")
}

// checkUnchangeable is checkPrivate for what others may read, but not change.
func checkUnchangeable(path string) error {
	return checkMode(path, 0o022, "change")
}

func checkMode(path string, forbidden os.FileMode, what string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at the station's files: %w", err)
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		return fmt.Errorf("other accounts may %s %s (its mode is %04o): if nobody has used that, run: chmod %o %[2]s", what, path, mode, mode&^forbidden)
	}
	if owner, self := info.Sys().(*syscall.Stat_t).Uid, os.Geteuid(); owner != 0 && int(owner) != self {
		return fmt.Errorf("%s belongs to the account with the number %d, which can %s it: it must belong to root or to the agent's own account (%d): if nobody has used that, run: chown %[4]d %[1]s", path, owner, what, self)
	}
	return nil
}

// MakeFolder makes the folder dir for the agent's own account, where it is missing.
func MakeFolder(dir string) error { return os.MkdirAll(dir, 0o700) }

// restrict does nothing: the file was made with a mode that keeps others out.
func restrict(string) error { return nil }

// syncFolder makes the names of files in dir durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
