package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
	"gocloud.dev/blob"

	"github.com/eljefe/eljefe/internal/fault"
)

// Finish stores a task's file, whose pieces have all arrived, and removes them.
// It returns how many bytes it takes, compressed. Content that is not the one
// that was asked for is thrown away and is Invalid; pieces that are missing are
// a Conflict. A task that is finished already may be finished again, and a file
// that is stored already stays as it is.
func (s *Store) Finish(ctx context.Context, task int64, want [sha256.Size]byte, size int64) (stored int64, err error) {
	parts, err := s.parts(ctx, task)
	if err != nil {
		return 0, err
	}
	stored, there, err := s.stored(ctx, want)
	if err != nil || there && len(parts) == 0 {
		return stored, err
	}
	received := contiguous(parts)
	if received < size {
		return 0, fault.New(fault.Conflict, "only %d of %d bytes have arrived; go on there", received, size)
	}
	if received > size {
		return 0, errors.Join(fault.Invalidf("%d bytes have arrived of a file of %d; the pieces were thrown away", received, size), s.Discard(ctx, task))
	}
	err = s.keep(ctx, parts, want, there)
	switch {
	case missing(err): // another server has finished it meanwhile
		if stored, there, e := s.stored(ctx, want); e == nil && there {
			return stored, nil
		}
		return 0, err
	case fault.KindOf(err) == fault.Invalid:
		return 0, errors.Join(err, s.Discard(ctx, task))
	case err != nil:
		return 0, err
	}
	if stored, _, err = s.stored(ctx, want); err != nil {
		return 0, err
	}
	return stored, s.Discard(ctx, task)
}

// keep verifies the file that pieces make, and stores it unless it is there.
func (s *Store) keep(ctx context.Context, parts []part, want [sha256.Size]byte, there bool) error {
	digest := sha256.New()
	if there {
		if err := s.join(ctx, parts, digest); err != nil {
			return err
		}
		return verify(digest, want)
	}
	if s.Guard != nil {
		if err := s.Guard(contiguous(parts)); err != nil { // it may not get any smaller
			return err
		}
	}
	return s.write(ctx, fileKey(want), func(w *blob.Writer) error {
		packed, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("compress: %w", err)
		}
		if err := s.join(ctx, parts, io.MultiWriter(digest, packed)); err != nil {
			return err
		}
		if err := verify(digest, want); err != nil {
			return err
		}
		return refused(packed.Close())
	})
}

func verify(digest hash.Hash, want [sha256.Size]byte) error {
	if got := [sha256.Size]byte(digest.Sum(nil)); got != want {
		return fault.Invalidf("the file that arrived has the SHA-256 %x, not %x; it was thrown away", got, want)
	}
	return nil
}

// stored tells whether a file is kept, and how many bytes it takes.
func (s *Store) stored(ctx context.Context, sha256 [sha256.Size]byte) (size int64, there bool, err error) {
	about, err := s.bucket.Attributes(ctx, fileKey(sha256))
	switch {
	case missing(err):
		return 0, false, nil
	case err != nil:
		return 0, false, refused(err)
	}
	return about.Size, true, nil
}

// Has tells whether a file is kept.
func (s *Store) Has(ctx context.Context, sha256 [sha256.Size]byte) (bool, error) {
	_, there, err := s.stored(ctx, sha256)
	return there, err
}

// Open returns the content of a file. Reading it fails at its end where it is
// not what was stored.
func (s *Store) Open(ctx context.Context, want [sha256.Size]byte) (io.ReadCloser, error) {
	packed, err := s.bucket.NewReader(ctx, fileKey(want), nil)
	if missing(err) {
		return nil, fault.NotFoundf("the content of %x is not kept here; fetch it from a station", want).Coded("file_not_kept", "sha256")
	}
	if err != nil {
		return nil, refused(err)
	}
	r, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("decompress: %w", err), packed.Close())
	}
	return &content{packed: packed, r: r, digest: sha256.New(), want: want}, nil
}

// content is the content of a file.
type content struct {
	packed io.Closer
	r      *zstd.Decoder
	digest hash.Hash
	want   [sha256.Size]byte
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.digest.Write(p[:n])
	if err == io.EOF && [sha256.Size]byte(c.digest.Sum(nil)) != c.want {
		return n, fmt.Errorf("the stored file %x is damaged", c.want)
	}
	if err != nil && err != io.EOF {
		return n, fmt.Errorf("read the stored file %x: %w", c.want, err)
	}
	return n, err
}

func (c *content) Close() error {
	c.r.Close()
	return c.packed.Close()
}
