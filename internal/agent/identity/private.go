package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// halfWritten is what names of files end in until all of them is on disk.
const halfWritten = ".new"

// ReadPrivate, WritePrivate and CheckPrivate are for other files of the agent that
// need the same care: see readPrivate, writePrivate and checkPrivate.
func ReadPrivate(path string) ([]byte, error) { return readPrivate(path) }

// WritePrivate is writePrivate.
func WritePrivate(path string, content []byte) error { return writePrivate(path, content) }

// OpenPrivate opens a file for reading and writing, and makes it where it is
// missing, for nobody but its owner. It may be run.
func OpenPrivate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o700)
	if err != nil {
		return nil, err
	}
	if err := restrict(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ReplacePrivate gives a file that is on disk the name to, in place of what has it.
// When it returns, that is on disk too.
func ReplacePrivate(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// CheckPrivate is checkPrivate.
func CheckPrivate(path string) error { return checkPrivate(path) }

// readPrivate returns the content of a file that only its owner may read.
func readPrivate(path string) ([]byte, error) {
	if err := checkPrivate(path); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the station's files: %w", err)
	}
	return raw, nil
}

// writePrivate replaces the file at path as a whole. When it returns, the new
// content is on disk; whenever it is stopped, either the old or the new one is.
func writePrivate(path string, content []byte) error {
	if err := replace(path, content); err != nil {
		return fmt.Errorf("write the station's files: %w", err)
	}
	return nil
}

func replace(path string, content []byte) (err error) {
	f, err := os.OpenFile(path+halfWritten, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := restrict(path + halfWritten); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(path+halfWritten, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// remove removes a file that may be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a key that is used up: %w", err)
	}
	return nil
}

// removeHalfWritten removes what a stopped writePrivate left in the folder.
func removeHalfWritten(dir string) error {
	for _, name := range []string{stationFile, waiting(Enroll), waiting(Part)} {
		if err := remove(filepath.Join(dir, name+halfWritten)); err != nil {
			return err
		}
	}
	return nil
}
