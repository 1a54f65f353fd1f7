package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder takes the lock of the spool in dir, or returns errLocked. Windows
// lets nobody remove a file that a process holds open, so whoever removes the
// file knows that it was left over, and of those that then make it anew only
// one succeeds.
func lockFolder(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, lockName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		if errors.Is(err, errSharingViolation) {
			return nil, errLocked
		}
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, errLocked
	}
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}

// syncFolder does nothing: NTFS keeps the names of files in its own journal.
func syncFolder(string) error { return nil }

// noSpace tells whether err means that the disk, or our share of it, is full.
func noSpace(err error) bool {
	return errors.Is(err, errHandleDiskFull) || errors.Is(err, errDiskFull) || errors.Is(err, errDiskQuotaExceeded)
}

// Error numbers of Windows that package syscall has no names for.
const (
	errSharingViolation  = syscall.Errno(32)
	errHandleDiskFull    = syscall.Errno(39)
	errDiskFull          = syscall.Errno(112)
	errDiskQuotaExceeded = syscall.Errno(1295)
)
