package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	stateName    = "state"
	stateMagic   = "ELJSTATE"
	stateVersion = 1
	slotDistance = 4096 // slots lie in different pages, so that one torn write spoils one
)

// state is what the spool knows besides its records. It has a fixed size and is
// written in place, so that it needs no room on a full disk. Only fixed-size
// fields: it is the file's layout.
type state struct {
	Magic      [8]byte
	Version    uint32
	Orderly    uint32 // 1 after Close
	Generation uint64 // of two whole slots, the higher one counts

	Acknowledged uint64
	High         uint64 // the highest number known to be on disk; Read gives none above it
	Gone         uint64 // files with a first number up to this one are dropped, be they there or not
	Jumped       uint64 // numbers up to this one may be absent without being a loss that is not counted
	Mending      uint64 // the first number of a segment whose damage is counted and not yet mended
	Alive        int64  // when the agent was last known to run, in nanoseconds since 1970

	Raise raise

	Evicted  [len(reasons)]uint64 // records lost, ever
	Untold   losses               // losses without a durable notice in the log
	NoticeAt uint64               // the number of the first notice of Untold
}

// raise is a change of numbers under way; see Raise.
type raise struct {
	After uint64 // records behind this number and
	To    uint64 // up to this one have old numbers; 0 where nothing is under way
	By    uint64 // what is added
}

// stateFile keeps two copies of the state and writes them in turn.
type stateFile struct {
	file *os.File
}

// openState opens the state in dir. known is false where none was there, or
// none could be read; damaged tells these apart.
func openState(dir string) (f *stateFile, st state, known, damaged bool, err error) {
	path := filepath.Join(dir, stateName)
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	} else {
		damaged = err == nil
	}
	if err != nil {
		return nil, state{}, false, false, fmt.Errorf("open the spool's state: %w", err)
	}
	f = &stateFile{file: file}
	if info, err := file.Stat(); err == nil && info.Size() < 2*slotDistance {
		// New, or its making was cut off. All of its room is taken now, because
		// what must be written on a full disk is how much was lost there.
		if _, err := file.WriteAt(make([]byte, 2*slotDistance-info.Size()), info.Size()); err != nil {
			return nil, state{}, false, false, errors.Join(fmt.Errorf("make the spool's state: %w", err), file.Close())
		}
	}
	slot := make([]byte, binary.Size(state{})+4)
	for i := range int64(2) {
		if _, err := file.ReadAt(slot, i*slotDistance); err != nil {
			continue
		}
		body := slot[:len(slot)-4]
		var s state
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(slot[len(body):]) {
			continue
		}
		if _, err := binary.Decode(body, binary.LittleEndian, &s); err != nil || string(s.Magic[:]) != stateMagic {
			continue
		}
		if s.Version > stateVersion {
			err := fmt.Errorf("%s was written by a newer version of the agent (format %d, this one knows %d): install that version, or remove the folder and lose what it holds", path, s.Version, stateVersion)
			return nil, state{}, false, false, errors.Join(err, file.Close())
		}
		if !known || s.Generation > st.Generation {
			st, known = s, true
		}
	}
	return f, st, known, damaged && !known, nil
}

// write writes the state over the older of the two copies. Without durable it
// survives the end of the process, and of the system a little later.
func (f *stateFile) write(st *state, durable bool) error {
	copy(st.Magic[:], stateMagic)
	st.Version = stateVersion
	st.Generation++
	b, err := binary.Append(nil, binary.LittleEndian, st)
	if err != nil {
		return fmt.Errorf("encode the spool's state: %w", err)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	if _, err := f.file.WriteAt(b, int64(st.Generation%2)*slotDistance); err != nil {
		return fmt.Errorf("write the spool's state: %w", err)
	}
	if durable {
		return f.sync()
	}
	return nil
}

func (f *stateFile) sync() error {
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("sync the spool's state: %w", err)
	}
	return nil
}
