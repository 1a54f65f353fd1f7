//go:build !unix

package identity

import (
	"fmt"
	"os"
)

// checkPrivate makes sure only that the file or folder is there. Who may read it
// is decided by the access list that the installer gives the folder.
func checkPrivate(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("look at the station's files: %w", err)
	}
	return nil
}

// checkUnchangeable is the same for what others may read.
func checkUnchangeable(path string) error { return checkPrivate(path) }

// syncFolder does nothing: NTFS keeps the names of files in its own journal.
func syncFolder(string) error { return nil }
