package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// run syncs what was appended and, now and then, drops what is too old.
func (s *Spool) run(ctx context.Context) {
	defer close(s.done)
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
			if err := s.expire(); err != nil {
				s.log.Warn("cannot drop what is too old from the spool", "err", err)
			}
			continue
		case <-s.dirty:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(s.cfg.SyncEvery):
		}
		err := s.Sync()
		switch {
		case errors.Is(err, ErrClosed):
			return
		case err == nil && failing:
			s.log.Info("the spool can be synced again")
		case err != nil && !failing:
			s.log.Error("the spool cannot be synced; what was appended survives the agent's end, but not the system's", "err", err)
		}
		if failing = err != nil; failing {
			s.touched()
		}
	}
}

// touched lets run know that there is something to sync.
func (s *Spool) touched() {
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// Sync makes durable all that was appended before.
func (s *Spool) Sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return s.syncShared()
}

// syncShared makes everything durable, and the highest number with it, while
// others append: it lets go of the lock meanwhile.
func (s *Spool) syncShared() error {
	s.settle()
	upTo := s.next - 1
	if s.synced() {
		return nil
	}
	files, told := s.rolled, s.told
	s.rolled = nil
	rolled := len(files)
	if s.active != nil {
		files = append(files, s.active)
	}
	s.syncing = true
	s.mu.Unlock()
	err := syncAll(files)
	s.mu.Lock()
	if err != nil {
		s.rolled = append(files[:rolled:rolled], s.rolled...)
	} else {
		for _, f := range files[:rolled] {
			err = errors.Join(err, f.Close())
		}
		s.confirm(upTo, told)
		if err = errors.Join(err, s.files.write(&s.state, false)); err == nil {
			s.mu.Unlock()
			err = s.files.sync()
			s.mu.Lock()
		}
		if err == nil {
			s.marked = upTo
		}
	}
	s.syncing = false
	s.idle.Broadcast()
	return err
}

// syncHeld is syncShared without letting go of the lock.
func (s *Spool) syncHeld() error {
	s.settle()
	if s.synced() {
		return nil
	}
	files := s.rolled
	if s.active != nil {
		files = append(files[:len(files):len(files)], s.active)
	}
	if err := syncAll(files); err != nil {
		return err
	}
	s.confirm(s.next-1, s.told)
	if err := s.files.write(&s.state, true); err != nil {
		return err
	}
	s.marked = s.next - 1
	return nil
}

// synced tells whether everything is durable.
func (s *Spool) synced() bool { return s.marked >= s.next-1 && !s.told && len(s.rolled) == 0 }

// confirm notes that numbers up to upTo are on disk.
func (s *Spool) confirm(upTo uint64, told bool) {
	s.state.High = max(s.state.High, upTo)
	if told {
		s.state.Untold = losses{}
		s.told = false
	}
}

// settle waits until no files are being synced. Whoever replaces or removes
// files calls it first, and then keeps the lock.
func (s *Spool) settle() {
	for s.syncing {
		s.idle.Wait()
	}
}

// closeSegments syncs and closes the files of all segments, so that they can be
// replaced or removed; the next append begins a segment.
func (s *Spool) closeSegments() error {
	s.settle()
	err := s.syncHeld()
	for _, f := range s.rolled {
		err = errors.Join(err, f.Close())
	}
	s.rolled = nil
	if s.active != nil {
		err = errors.Join(err, s.active.Close())
		s.active = nil
	}
	return err
}

func syncAll(files []*os.File) error {
	for _, f := range files {
		if err := f.Sync(); err != nil {
			return fmt.Errorf("sync segment: %w", err)
		}
	}
	return nil
}

// wake lets everybody in Wait look again.
func (s *Spool) wake() {
	close(s.grown)
	s.grown, s.awaited = make(chan struct{}), noLimit
}
