// Package examine makes the facts of the files that were fetched from stations, one
// file after the other, beside everything else that a server does.
//
// Each stored file is examined once, whichever server comes to it first, and once
// more when package anatomy has learnt to read more. A file that cannot be examined
// has that as its fact; where the store of files or the database is away, it is
// tried again later. What the facts mean is for others.
package examine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

const (
	// pause is how long nothing is looked for when there was nothing.
	pause = 5 * time.Second
	// held is how large a file may be that is held in memory.
	held = 32 << 20
)

// Store is what is needed of the database.
type Store interface {
	ClaimUnexamined(ctx context.Context, version int) (*store.StoredFile, error)
	SetBinaryFacts(ctx context.Context, f store.BinaryFacts) error
}

// Files has the contents of stored files.
type Files interface {
	Open(ctx context.Context, sha256 [32]byte) (io.ReadCloser, error)
}

// Config configures an Examiner.
type Config struct {
	Store  Store
	Files  Files
	Folder string                 // for files that are too large to be held; "": the system's
	Guard  func(need int64) error // refuses where so many bytes would leave the disk of Folder too full; nil: nobody is asked
	Log    *slog.Logger
}

// An Examiner examines files.
type Examiner struct{ cfg Config }

// New returns an Examiner.
func New(cfg Config) *Examiner { return &Examiner{cfg} }

// Run examines files until ctx ends.
func (e *Examiner) Run(ctx context.Context) error {
	failing := false
	for {
		more, err := e.next(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			e.cfg.Log.WarnContext(ctx, "files cannot be examined, trying again", "err", err)
		}
		if failing = err != nil; more && !failing {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// next examines one file, and tells whether there was one.
func (e *Examiner) next(ctx context.Context) (bool, error) {
	f, err := e.cfg.Store.ClaimUnexamined(ctx, anatomy.Version)
	if err != nil || f == nil {
		return false, err
	}
	out := store.BinaryFacts{SHA256: f.SHA256, Version: anatomy.Version}
	facts, err := e.facts(ctx, f)
	switch {
	case err == nil:
		if out.Facts, err = json.Marshal(facts); err != nil {
			return true, fmt.Errorf("facts of %x: %w", f.SHA256, err)
		}
	case ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable:
		return true, fmt.Errorf("examine %x: %w", f.SHA256, err) // when its claim is over, it is tried again
	default:
		out.Problem = err.Error()
		e.cfg.Log.WarnContext(ctx, "a stored file cannot be examined", "file", fmt.Sprintf("%x", f.SHA256), "err", err)
	}
	return true, e.cfg.Store.SetBinaryFacts(ctx, out)
}

// facts reads a file.
func (e *Examiner) facts(ctx context.Context, f *store.StoredFile) (facts *anatomy.Facts, err error) {
	if f.Bytes > held && e.cfg.Guard != nil {
		if err := e.cfg.Guard(f.Bytes); err != nil {
			return nil, err
		}
	}
	content, err := e.cfg.Files.Open(ctx, f.SHA256)
	if err != nil {
		return nil, err
	}
	defer func() { _ = content.Close() }() // it was read
	if f.Bytes <= held {
		var all bytes.Buffer
		if _, err := io.Copy(&all, content); err != nil {
			return nil, err
		}
		return anatomy.Of(bytes.NewReader(all.Bytes()), int64(all.Len()), time.Now())
	}
	// Nobody but this process can find it there, where the system allows that.
	file, err := os.CreateTemp(e.cfg.Folder, "examined-*")
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "there is no place for a copy of a large file")
	}
	defer func() {
		_ = file.Close()
		_ = os.Remove(file.Name()) // the second time, or the first where an open file cannot be removed
	}()
	_ = os.Remove(file.Name())
	size, err := io.Copy(file, content)
	if err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	return anatomy.Of(file, size, time.Now())
}
