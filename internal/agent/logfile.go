package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// A LogFile is a log in a file that is begun anew when it is large, for systems
// whose services have nowhere to write to. The ones before are kept beside it
// with .1 (the newest), .2 and so on behind their name.
//
// A log must never stop the agent: what cannot be written is left out, and the
// next line is tried again.
type LogFile struct {
	path  string
	limit int64 // bytes of one file
	keep  int   // files before it

	mu   sync.Mutex
	file *os.File // nil after a failure
	size int64
}

// OpenLogFile opens the log at path, whose folder must be there.
func OpenLogFile(path string, limit int64, keep int) (*LogFile, error) {
	l := &LogFile{path: path, limit: limit, keep: keep}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

func (l *LogFile) open() error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// Write adds lines. It is one write of slog's handlers to one line.
func (l *LogFile) Write(lines []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && l.size > 0 && l.size+int64(len(lines)) > l.limit {
		_ = l.file.Close()
		l.file = nil
		l.shift()
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(lines)
	l.size += int64(n)
	if err != nil {
		_ = l.file.Close()
		l.file = nil
	}
	return n, err
}

// shift gives each file the next number. One that cannot be renamed, because
// somebody reads it, is written on.
func (l *LogFile) shift() {
	name := func(i int) string {
		if i == 0 {
			return l.path
		}
		return l.path + "." + strconv.Itoa(i)
	}
	if err := os.Remove(name(l.keep)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	for i := l.keep; i > 0; i-- {
		if err := os.Rename(name(i-1), name(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
}

// Close closes the file.
func (l *LogFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}

// Tail returns the newest bytes of the log at path, at most n, from the beginning
// of a line.
func Tail(path string, n int64) ([]byte, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	from := max(0, info.Size()-n)
	raw := make([]byte, info.Size()-from)
	got, err := f.ReadAt(raw, from)
	if got == len(raw) {
		err = nil
	}
	raw = raw[:got]
	if from > 0 {
		for i, c := range raw {
			if c == '\n' {
				raw = raw[i+1:]
				break
			}
		}
	}
	return raw, errors.Join(err, f.Close())
}
