// Package blob keeps the files that were fetched from stations.
//
// A file arrives in pieces, which any server that shares the bucket may take,
// and is stored by the SHA-256 of its content once that has been verified. It is
// kept compressed, so that it is nothing that a person could start by accident,
// and only the owner may read it. What it is and who fetched it stands in the
// database; who may ask for it is the callers' to decide.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"

	"github.com/eljefe/eljefe/internal/fault"
)

// MaxBytes is the largest file that is kept.
const MaxBytes = 512 << 20

// Store keeps files in a bucket.
type Store struct {
	// Guard is asked before so many bytes are written, and refuses where they
	// would leave too little space; nil: nobody is asked. It is set before use.
	Guard func(need int64) error

	bucket *blob.Bucket
	most   int64 // bytes of a file
	now    func() time.Time
}

// Open opens the store at a place: a folder, which is made where it is missing,
// or the URL of a bucket.
func Open(ctx context.Context, place string) (*Store, error) {
	folder := &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite}
	var bucket *blob.Bucket
	var err error
	if strings.Contains(place, "://") {
		mux := &blob.URLMux{}
		mux.RegisterBucket(fileblob.Scheme, &fileblob.URLOpener{Options: *folder})
		mux.RegisterBucket(memblob.Scheme, &memblob.URLOpener{})
		bucket, err = mux.OpenBucket(ctx, place)
	} else {
		bucket, err = fileblob.OpenBucket(place, folder)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store of files at %q: %w", place, err)
	}
	return &Store{bucket: bucket, most: MaxBytes, now: time.Now}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

// fileKey is where a file is kept.
func fileKey(sha256 [sha256.Size]byte) string {
	name := hex.EncodeToString(sha256[:])
	return name[:2] + "/" + name[2:] + ".zst"
}

// write stores what fill writes under a key: all of it, or nothing where fill
// fails.
func (s *Store) write(ctx context.Context, key string, fill func(*blob.Writer) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var file *os.File
	w, err := s.bucket.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType: "application/octet-stream",
		BeforeWrite: func(as func(any) bool) error {
			if !as(&file) {
				return nil // not in a folder
			}
			return file.Chmod(0o600)
		},
	})
	if err != nil {
		return refused(err)
	}
	err = fill(w)
	if err == nil && file != nil {
		err = refused(file.Sync())
	}
	if err != nil {
		giveUp() // closing discards it then
		_ = w.Close()
		return err
	}
	return refused(w.Close())
}

// A folder cannot be listed while a file in it goes away: it is tried again.
const listTries = 20

// list returns the objects whose keys begin with prefix.
func (s *Store) list(ctx context.Context, prefix string) (objects []*blob.ListObject, err error) {
	for range listTries {
		objects = nil
		list := s.bucket.List(&blob.ListOptions{Prefix: prefix})
		for {
			var o *blob.ListObject
			if o, err = list.Next(ctx); err == io.EOF {
				return objects, nil
			}
			if err != nil {
				break
			}
			objects = append(objects, o)
		}
		if !missing(err) {
			break
		}
	}
	return nil, refused(err)
}

// refused says that the bucket does not take something, or does not give it.
func refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return fault.Wrap(fault.Unavailable, err, "the disk on which files from stations are kept is full; free space there, then try again").Coded("disk_full_files")
	}
	return fault.Wrap(fault.Unavailable, err, "the store of files does not answer as it should; the server's log says more").Coded("files_unavailable")
}

// missing tells whether an error says that there is no such object.
func missing(err error) bool { return gcerrors.Code(err) == gcerrors.NotFound }

// remove removes an object, if it is there.
func (s *Store) remove(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && !missing(err) {
		return refused(err)
	}
	return nil
}
