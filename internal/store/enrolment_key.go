package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// EnrolmentKey is a secret with which agents enrol. Of the secret itself only a
// digest is kept.
type EnrolmentKey struct {
	ID        int64
	Name      string
	Labels    []string   // that its stations get
	MaxUses   int        // 0: no limit
	Uses      int        // stations that it ever let in
	Stations  int        // of those, that are still there
	Expires   *time.Time // nil: never
	Revoked   *time.Time
	Created   time.Time
	CreatedBy string
}

const enrolmentKeyColumns = `k.id, k.name, k.labels, COALESCE(k.max_uses, 0), k.uses,
		       (SELECT count(*) FROM station_agent a WHERE a.enrolment_key_id = k.id), k.expires, k.revoked, k.created, k.created_by`

func scanEnrolmentKey(row pgx.CollectableRow) (k EnrolmentKey, err error) {
	err = row.Scan(&k.ID, &k.Name, &k.Labels, &k.MaxUses, &k.Uses, &k.Stations, &k.Expires, &k.Revoked, &k.Created, &k.CreatedBy)
	return k, err
}

// EnrolmentKeys returns all keys, newest first.
func (s *Store) EnrolmentKeys(ctx context.Context) ([]EnrolmentKey, error) {
	return collect(ctx, s.pool, "list enrolment keys", scanEnrolmentKey, `SELECT `+enrolmentKeyColumns+` FROM enrolment_key k ORDER BY k.id DESC`)
}

// AddEnrolmentKey adds a key of which name, labels, limits and author are given.
func (s *Store) AddEnrolmentKey(ctx context.Context, k EnrolmentKey, secretHash [32]byte) (*EnrolmentKey, error) {
	labels, err := cleanLabels(k.Labels)
	if err != nil {
		return nil, err
	}
	list, err := collect(ctx, s.pool, "add enrolment key", scanEnrolmentKey, `
		WITH k AS (
			INSERT INTO enrolment_key (name, secret_hash, labels, max_uses, expires, created_by)
			VALUES (@name, @hash, @labels, NULLIF(@max_uses::integer, 0), @expires, @by)
			RETURNING *)
		SELECT `+enrolmentKeyColumns+` FROM k`, pgx.NamedArgs{
		"name": k.Name, "hash": secretHash[:], "labels": labels, "max_uses": k.MaxUses, "expires": k.Expires, "by": k.CreatedBy,
	})
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// RevokeEnrolmentKey makes a key let nobody in any more. The stations that it
// has let in stay.
func (s *Store) RevokeEnrolmentKey(ctx context.Context, id int64) error {
	return s.changeEnrolmentKey(ctx, "revoke", id, `UPDATE enrolment_key SET revoked = COALESCE(revoked, now()) WHERE id = $1`)
}

// RemoveEnrolmentKey removes a key; its stations stay, and do not know any more
// which one let them in.
func (s *Store) RemoveEnrolmentKey(ctx context.Context, id int64) error {
	return s.changeEnrolmentKey(ctx, "remove", id, `DELETE FROM enrolment_key WHERE id = $1`)
}

func (s *Store) changeEnrolmentKey(ctx context.Context, doing string, id int64, sql string) error {
	tag, err := s.pool.Exec(ctx, sql, id)
	if err != nil {
		return unavailable(fmt.Errorf("%s enrolment key %d: %w", doing, id, err))
	}
	if tag.RowsAffected() == 0 {
		return fault.NotFoundf("there is no enrolment key %d", id).Coded("no_enrolment_key", "id")
	}
	return nil
}
