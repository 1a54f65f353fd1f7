package blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gocloud.dev/blob"

	"github.com/eljefe/eljefe/internal/fault"
)

// The pieces of a file lie beside each other until it is whole, each an object
// of its own named for its task and where it begins, so that it does not matter
// which server takes which. Pieces may overlap where one was sent again in
// another size; all are of the same file.
const (
	partPrefix = "partial/"
	mostParts  = 10_000
)

// part is a piece that has arrived.
type part struct {
	key    string
	offset int64
	size   int64
}

// end is where the next piece begins.
func (p part) end() int64 { return p.offset + p.size }

func taskPrefix(task int64) string { return fmt.Sprintf("%s%019d-", partPrefix, task) }

func partKey(task, offset int64) string { return fmt.Sprintf("%s%019d", taskPrefix(task), offset) }

// AddPart stores the piece of a task's file that begins at offset, and returns
// how much of the file has arrived from its beginning. A piece that was sent
// before replaces itself; one that leaves a hole is a Conflict. A piece that
// breaks off is not kept.
func (s *Store) AddPart(ctx context.Context, task, offset int64, r io.Reader) (received int64, err error) {
	if task < 1 || offset < 0 {
		return 0, fault.Invalidf("piece at %d of task %d: there can be no such piece", offset, task)
	}
	parts, err := s.parts(ctx, task)
	if err != nil {
		return 0, err
	}
	switch received = contiguous(parts); {
	case offset > received:
		return received, fault.New(fault.Conflict, "the piece begins at %d, but only the first %d bytes have arrived; go on there", offset, received)
	case offset >= s.most:
		return received, s.tooLarge()
	case len(parts) >= mostParts:
		return received, fault.New(fault.TooLarge, "the file came in more than %d pieces; send larger ones", mostParts)
	}
	// A reader that ends at once adds nothing: no object for it.
	in := &source{r: r}
	first := make([]byte, 1)
	if _, err := io.ReadFull(in, first); errors.Is(err, io.EOF) {
		return received, nil
	} else if err != nil {
		return received, brokenOff(err)
	}
	if s.Guard != nil {
		if err := s.Guard(0); err != nil {
			return received, err
		}
	}
	err = s.write(ctx, partKey(task, offset), func(w *blob.Writer) error {
		if _, err := w.Write(first); err != nil {
			return refused(err)
		}
		n, err := io.Copy(w, io.LimitReader(in, s.most-offset))
		switch {
		case in.err != nil:
			return brokenOff(in.err)
		case err != nil:
			return refused(err)
		case n >= s.most-offset:
			return s.tooLarge()
		}
		return nil
	})
	if err != nil {
		return received, err
	}
	return s.Received(ctx, task)
}

func (s *Store) tooLarge() error {
	return fault.New(fault.TooLarge, "the file is larger than the %d MiB that are kept", s.most>>20)
}

func brokenOff(err error) error {
	return fault.Wrap(fault.Invalid, err, "the piece broke off; send it again")
}

// source remembers how reading failed, to tell it from how writing did.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Received returns how much of a task's file has arrived, from its beginning
// and without a hole.
func (s *Store) Received(ctx context.Context, task int64) (int64, error) {
	parts, err := s.parts(ctx, task)
	return contiguous(parts), err
}

// Discard removes what has arrived of a task's file.
func (s *Store) Discard(ctx context.Context, task int64) error {
	parts, err := s.parts(ctx, task)
	if err != nil {
		return err
	}
	var failed error
	for _, p := range parts {
		failed = errors.Join(failed, s.remove(ctx, p.key))
	}
	return failed
}

// parts returns a task's pieces in their order.
func (s *Store) parts(ctx context.Context, task int64) (parts []part, err error) {
	prefix := taskPrefix(task)
	objects, err := s.list(ctx, prefix)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		// What is just being written has a name of another form.
		if offset, err := strconv.ParseInt(strings.TrimPrefix(o.Key, prefix), 10, 64); err == nil {
			parts = append(parts, part{o.Key, offset, o.Size})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.offset, b.offset) })
	return parts, nil
}

// contiguous returns up to where pieces in their order leave no hole.
func contiguous(parts []part) (end int64) {
	for _, p := range parts {
		if p.offset > end {
			break
		}
		end = max(end, p.end())
	}
	return end
}

// join writes the file that pieces in their order make.
func (s *Store) join(ctx context.Context, parts []part, w io.Writer) error {
	var at int64
	for _, p := range parts {
		if p.end() <= at {
			continue
		}
		if err := s.copyPart(ctx, p, at-p.offset, w); err != nil {
			return err
		}
		at = p.end()
	}
	return nil
}

// copyPart writes a piece without its first skip bytes.
func (s *Store) copyPart(ctx context.Context, p part, skip int64, w io.Writer) (err error) {
	r, err := s.bucket.NewRangeReader(ctx, p.key, skip, p.size-skip, nil)
	if err != nil {
		return refused(err)
	}
	defer func() { err = errors.Join(err, refused(r.Close())) }()
	in := &source{r: r}
	if _, err := io.Copy(w, in); in.err != nil {
		return refused(in.err)
	} else if err != nil {
		return refused(err)
	}
	return nil
}
