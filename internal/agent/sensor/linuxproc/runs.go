package linuxproc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Runs remembers when the runs began that did not begin with a fork. The kernel
// does not keep that, and a rundown after a restart of the agent must tell the
// same start time as before.
//
// Its file has the boot id and then, for each run, sequence number and time since
// boot, 8 bytes each. Nothing is synced: what is lost with the system is of no use
// in the next boot.
type Runs struct {
	boot uint64
	path string

	mu      sync.Mutex
	file    *os.File // nil: could not be written; then nothing more is
	written int      // bytes, since the file was written anew
	began   map[uint64]time.Duration
}

// mostWritten is by how much the file may grow before it is written anew: what
// has ended stands in it until then.
const mostWritten = 1 << 20

// OpenRuns reads the file, and makes it if it is not there or of another boot.
func OpenRuns(boot uint64, path string) (*Runs, error) {
	r := &Runs{boot: boot, path: path, began: map[uint64]time.Duration{}}
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read when processes began: %w", err)
	}
	if len(raw) >= 8 && binary.BigEndian.Uint64(raw) == boot {
		for rest := raw[8:]; len(rest) >= 16; rest = rest[16:] {
			r.began[binary.BigEndian.Uint64(rest)] = time.Duration(binary.BigEndian.Uint64(rest[8:]))
		}
	}
	return r, r.Keep(nil)
}

// Keep forgets all runs but those for which keep holds, none if it is nil, and
// writes the rest anew.
func (r *Runs) Keep(keep func(seq uint64) bool) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for seq := range r.began {
		if keep != nil && !keep(seq) {
			delete(r.began, seq)
		}
	}
	return r.write()
}

// write writes the file anew.
func (r *Runs) write() error {
	raw := binary.BigEndian.AppendUint64(nil, r.boot)
	for seq, began := range r.began {
		raw = binary.BigEndian.AppendUint64(raw, seq)
		raw = binary.BigEndian.AppendUint64(raw, uint64(began))
	}
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
	r.written = 0
	err := os.WriteFile(r.path+".new", raw, 0o600)
	if err == nil {
		err = os.Rename(r.path+".new", r.path)
	}
	if err == nil {
		r.file, err = os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err != nil {
		return fmt.Errorf("keep when processes began: %w", err)
	}
	return nil
}

// Close closes the file.
func (r *Runs) Close() error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}

// add remembers a run.
func (r *Runs) add(p Ref, began time.Duration) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began[p.Seq()] = began
	if r.file == nil {
		return
	}
	if r.written += 16; r.written > mostWritten {
		_ = r.write() // this run too; where it fails, nothing more is kept
		return
	}
	raw := binary.BigEndian.AppendUint64(nil, p.Seq())
	if _, err := r.file.Write(binary.BigEndian.AppendUint64(raw, uint64(began))); err != nil {
		// Behind a record that was cut all others would be wrong. Keep writes anew.
		r.file.Close()
		r.file = nil
	}
}

// remove forgets a run that has ended.
func (r *Runs) remove(p Ref) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.began, p.Seq())
}

// beganAt returns when a run began: with the fork, if nothing else is known.
func (r *Runs) beganAt(p Ref) time.Duration {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if began, ok := r.began[p.Seq()]; ok {
			return began
		}
	}
	return p.Forked
}
