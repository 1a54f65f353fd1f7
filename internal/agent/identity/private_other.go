//go:build !unix && !windows

package identity

import (
	"fmt"
	"os"
)

// checkPrivate makes sure only that the file or folder is there. Who may read it
// is decided by whoever made the folder.
func checkPrivate(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("look at the station's files: %w", err)
	}
	return nil
}

// checkUnchangeable is the same for what others may read.
func checkUnchangeable(path string) error { return checkPrivate(path) }

// MakeFolder makes the folder dir where it is missing.
func MakeFolder(dir string) error { return os.MkdirAll(dir, 0o700) }

// restrict does nothing: the folder keeps others out.
func restrict(string) error { return nil }

// syncFolder does nothing.
func syncFolder(string) error { return nil }
