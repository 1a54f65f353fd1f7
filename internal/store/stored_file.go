package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// StoredFile is a file that was fetched from a station. Its content lies in the
// blob store.
type StoredFile struct {
	SHA256   [32]byte
	Bytes    int64 // of the content
	Stored   int64 // compressed
	Task     int64 // that fetched it; 0: not there any more
	Station  int64 // it came from; 0: not there any more
	Received time.Time
}

// AddStoredFile notes that a file lies in the blob store. One that is there
// already stays as it is.
func (s *Store) AddStoredFile(ctx context.Context, f StoredFile) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO stored_file (sha256, bytes, stored, task_id, station_id) VALUES ($1, $2, $3, NULLIF($4::bigint, 0), NULLIF($5::bigint, 0))
		ON CONFLICT DO NOTHING`, f.SHA256[:], f.Bytes, f.Stored, f.Task, f.Station)
	if err != nil {
		return unavailable(fmt.Errorf("note stored file: %w", err))
	}
	return nil
}

// StoredFile returns a file that lies in the blob store.
func (s *Store) StoredFile(ctx context.Context, sha256 []byte) (*StoredFile, error) {
	list, err := collect(ctx, s.pool, "read stored file", func(row pgx.CollectableRow) (f StoredFile, err error) {
		var digest []byte
		err = row.Scan(&digest, &f.Bytes, &f.Stored, &f.Task, &f.Station, &f.Received)
		copy(f.SHA256[:], digest)
		return f, err
	}, `
		SELECT sha256, bytes, stored, COALESCE(task_id, 0), COALESCE(station_id, 0)::bigint, received
		FROM   stored_file
		WHERE  sha256 = $1`, sha256)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("no file with SHA-256 %x is stored; ask a station for it", sha256).Coded("no_file", "sha256")
	}
	return &list[0], nil
}
