package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// The folders of the spool, and of the one that is to replace it.
const (
	spoolDir    = "spool"
	nextDir     = "spool.next"
	replacedDir = "spool.replaced"
)

// A stream is the station's spool. It can be begun anew, for a station that
// turned out to be a copy of another.
type stream struct {
	dir    string // of the agent's state
	config spool.Config

	mu    sync.RWMutex // held to write while the spool is replaced
	spool *spool.Spool
}

// openStream opens the spool in the state folder dir. Nobody else has the state
// folder then, until close.
func openStream(dir string, cfg spool.Config) (*stream, error) {
	s := &stream{dir: dir, config: cfg}
	s.config.Dir = filepath.Join(dir, spoolDir)
	s.config.Evicted = evicted
	if err := s.finishReplacing(); err != nil {
		return nil, err
	}
	var err error
	if s.spool, err = spool.Open(s.config); err != nil {
		return nil, err
	}
	return s, nil
}

// finishReplacing does what beginAnew left undone: the new spool takes its place
// once the old one has gone from there, and not before.
func (s *stream) finishReplacing() error {
	_, err := os.Stat(filepath.Join(s.dir, spoolDir))
	if errors.Is(err, fs.ErrNotExist) {
		err = os.Rename(filepath.Join(s.dir, nextDir), filepath.Join(s.dir, spoolDir))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(s.dir, replacedDir)))
}

// beginAnew replaces the spool by one whose numbers begin at 1, with the records
// that were written since.
func (s *stream) beginAnew(ctx context.Context, since time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cfg := s.config
	cfg.Dir = filepath.Join(s.dir, nextDir)
	if err := os.RemoveAll(cfg.Dir); err != nil {
		return err
	}
	next, err := spool.Open(cfg)
	if err != nil {
		return err
	}
	err = copySince(ctx, next, s.spool, since)
	if err := errors.Join(err, next.Close()); err != nil {
		return err
	}
	if err := s.spool.Close(); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(s.dir, spoolDir), filepath.Join(s.dir, replacedDir)); err != nil {
		return errors.Join(err, s.reopen())
	}
	return errors.Join(s.finishReplacing(), s.reopen())
}

func (s *stream) reopen() error {
	opened, err := spool.Open(s.config)
	if err == nil {
		s.spool = opened
	}
	return err
}

// copySince copies the records that were written since.
func copySince(ctx context.Context, to, from *spool.Spool, since time.Time) error {
	for after := uint64(0); ; {
		list, err := from.Read(after, 1000, 1<<20)
		if err != nil || len(list) == 0 {
			return err
		}
		var keep [][]byte
		for _, r := range list {
			if !r.Time.Before(since) {
				keep = append(keep, r.Data)
			}
			after = r.Seq
		}
		if len(keep) > 0 {
			if _, err := to.Append(ctx, keep...); err != nil {
				return err
			}
		}
	}
}

// use calls do with the spool, which is not replaced meanwhile.
func (s *stream) use(do func(*spool.Spool) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return do(s.spool)
}

func (s *stream) Append(ctx context.Context, records ...[]byte) (last uint64, err error) {
	err = s.use(func(sp *spool.Spool) error { last, err = sp.Append(ctx, records...); return err })
	return last, err
}

func (s *stream) Read(after uint64, maxRecords, maxBytes int) (list []spool.Record, err error) {
	err = s.use(func(sp *spool.Spool) error { list, err = sp.Read(after, maxRecords, maxBytes); return err })
	return list, err
}

// Wait waits without keeping the spool from being replaced; then it ends with an
// error of the one that was.
func (s *stream) Wait(ctx context.Context, after uint64) error {
	s.mu.RLock()
	sp := s.spool
	s.mu.RUnlock()
	return sp.Wait(ctx, after)
}

func (s *stream) Acknowledge(seq uint64) error {
	return s.use(func(sp *spool.Spool) error { return sp.Acknowledge(seq) })
}

func (s *stream) Rewind(seq uint64) (gone spool.Eviction, err error) {
	err = s.use(func(sp *spool.Spool) error { gone, err = sp.Rewind(seq); return err })
	return gone, err
}

func (s *stream) Raise(seq uint64) error {
	return s.use(func(sp *spool.Spool) error { return sp.Raise(seq) })
}

func (s *stream) touch(now time.Time) error {
	return s.use(func(sp *spool.Spool) error { return sp.Touch(now) })
}

func (s *stream) close() error {
	return s.use(func(sp *spool.Spool) error { return sp.Close() })
}

func (s *stream) stats() (st spool.Stats) {
	_ = s.use(func(sp *spool.Spool) error { st = sp.Stats(); return nil }) // it gives no error
	return st
}

// state returns what a hello says of the stream.
func (s *stream) state() wire.Stream {
	st := s.stats()
	return wire.Stream{
		Last: st.Last, Acknowledged: st.Acknowledged, Waiting: st.Records,
		Bytes: uint64(max(0, st.Bytes)), Limit: uint64(s.config.MaxBytes), OldestWaiting: st.Oldest,
	}
}

// evicted returns the record that tells of what the spool lost.
func evicted(e spool.Eviction) []byte {
	missing := uint64(max(0, e.Records))
	g := event.Gap{
		Kind: event.GapKind, Cause: event.SpoolEvicted, From: e.From, To: e.To,
		Events: &missing, FirstSeq: e.First, LastSeq: e.Last,
	}
	switch e.Reason {
	case spool.ReasonFull:
		g.Detail = "the spool had no room left, so its oldest records were given up"
	case spool.ReasonAge:
		g.Detail = "no server took the records for longer than the spool keeps them"
	case spool.ReasonDisk:
		g.Detail = "the station's disk did not take the records"
	default:
		g.Cause, g.Detail = event.SpoolDamaged, "the records could not be read from the station's disk any more"
	}
	now := time.Now().UTC()
	if g.To.IsZero() {
		g.To = now
	}
	if g.From.IsZero() || g.From.After(g.To) {
		g.From = g.To
	}
	raw, err := encodeGap(&g)
	if err != nil {
		// The loss has times that no clock shows. What matters is that it is told.
		g.Detail += fmt.Sprintf(" (%v)", err)
		g.From, g.To = now, now
		raw, err = json.Marshal(g)
	}
	if err != nil {
		return nil
	}
	return raw
}
