package blob

import (
	"context"
	"errors"
	"strings"
	"time"
)

// A dead upload is one to which nothing was added for this long.
const uploadLife = 24 * time.Hour

// Sweep removes what dead uploads have left: pieces of tasks to which nothing
// was added for a day, and what a server that was killed was just writing. It
// returns how many objects it removed.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	objects, err := s.list(ctx, "")
	if err != nil {
		return 0, err
	}
	uploads := map[string]*upload{}
	for _, o := range objects {
		of, partial := uploadOf(o.Key)
		if !partial {
			continue
		}
		u := uploads[of]
		if u == nil {
			u = &upload{}
			uploads[of] = u
		}
		u.keys = append(u.keys, o.Key)
		if o.ModTime.After(u.latest) {
			u.latest = o.ModTime
		}
	}
	var failed error
	for _, u := range uploads {
		if s.now().Sub(u.latest) < uploadLife {
			continue
		}
		for _, key := range u.keys {
			if err := s.remove(ctx, key); err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			removed++
		}
	}
	return removed, failed
}

// upload is what lies there of a file that is not whole.
type upload struct {
	keys   []string
	latest time.Time // something was added
}

// uploadOf returns what an object is a part of: the task, or for the form in
// which a folder has a file while it is written, that file. partial is false
// for a file that is whole.
func uploadOf(key string) (of string, partial bool) {
	if rest, ok := strings.CutPrefix(key, partPrefix); ok {
		task, _, _ := strings.Cut(rest, "-")
		return partPrefix + task, true
	}
	return key, strings.HasSuffix(key, ".tmp")
}

// Keep sweeps once an hour until ctx ends. failed is told of what cannot be
// removed.
func (s *Store) Keep(ctx context.Context, failed func(error)) error {
	for {
		if _, err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}
