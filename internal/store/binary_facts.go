package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// BinaryFacts are what a stored file is.
type BinaryFacts struct {
	SHA256  [32]byte
	Version int    // of the reader that made them
	Facts   []byte // JSON; nil: they could not be made
	Problem string // why not
	Made    time.Time
}

const (
	// examineTime is how long a server has for a file that it claimed: after that
	// another may take it.
	examineTime = 10 * time.Minute
	// examineAgain is when a file that could not be examined is tried once more.
	examineAgain = 24 * time.Hour
)

// ClaimUnexamined returns a stored file of which there are no facts, or only those
// of a reader older than version, and keeps it for the caller for ten minutes; once a
// day also one that could not be examined. Nil is returned where there is none. The
// newest comes first: somebody waits for it.
func (s *Store) ClaimUnexamined(ctx context.Context, version int) (*StoredFile, error) {
	list, err := collect(ctx, s.pool, "claim unexamined file", func(row pgx.CollectableRow) (f StoredFile, err error) {
		var digest []byte
		err = row.Scan(&digest, &f.Bytes)
		copy(f.SHA256[:], digest)
		return f, err
	}, `
		WITH next AS (
		    SELECT f.sha256, f.bytes
		    FROM   stored_file f
		    LEFT   JOIN binary_facts b USING (sha256)
		    WHERE  b.sha256 IS NULL
		       OR  (b.made IS NULL OR b.version < $1) AND b.claimed < now() - $2::interval
		       OR  b.problem <> '' AND b.claimed < now() - $3::interval
		    ORDER  BY f.received DESC, f.sha256
		    LIMIT  1
		), claim AS (
		    INSERT INTO binary_facts AS b (sha256, claimed)
		    SELECT sha256, now() FROM next
		    ON CONFLICT (sha256) DO UPDATE SET claimed = excluded.claimed
		    WHERE  b.claimed < now() - $2::interval
		    RETURNING b.sha256
		)
		SELECT sha256, bytes FROM next JOIN claim USING (sha256)`, version, examineTime, examineAgain)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// SetBinaryFacts keeps the facts of a stored file, or why there are none. Those of a
// newer reader stay.
func (s *Store) SetBinaryFacts(ctx context.Context, f BinaryFacts) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO binary_facts AS b (sha256, claimed, made, version, facts, problem)
		SELECT sha256, now(), now(), $2, $3::jsonb, $4
		FROM   stored_file
		WHERE  sha256 = $1
		ON CONFLICT (sha256) DO UPDATE
		SET    made = excluded.made, version = excluded.version, facts = excluded.facts, problem = excluded.problem
		WHERE  b.version <= excluded.version`, f.SHA256[:], f.Version, f.Facts, f.Problem)
	if err != nil {
		return unavailable(fmt.Errorf("keep facts of %x: %w", f.SHA256, err))
	}
	return nil
}

// BinaryFacts returns the facts of a stored file.
func (s *Store) BinaryFacts(ctx context.Context, sha256 []byte) (*BinaryFacts, error) {
	list, err := collect(ctx, s.pool, "read facts", func(row pgx.CollectableRow) (f BinaryFacts, err error) {
		var digest []byte
		err = row.Scan(&digest, &f.Version, &f.Facts, &f.Problem, &f.Made)
		copy(f.SHA256[:], digest)
		return f, err
	}, `
		SELECT sha256, version, facts, problem, made
		FROM   binary_facts
		WHERE  sha256 = $1 AND made IS NOT NULL`, sha256)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return &list[0], nil
	}
	if _, err := s.StoredFile(ctx, sha256); err != nil {
		return nil, err
	}
	return nil, fault.NotFoundf("the file %x was fetched, and is examined now; ask again in a moment", sha256).Coded("facts_pending")
}
