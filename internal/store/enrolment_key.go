package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// EnrolmentKey is what lets agents in who know one of its secrets. Of these only
// digests are kept. One is made with the key, a further one with each client.
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
			INSERT INTO enrolment_key (name, labels, max_uses, expires, created_by)
			VALUES (@name, @labels, NULLIF(@max_uses::integer, 0), @expires, @by)
			RETURNING *),
		first AS (INSERT INTO enrolment_secret (secret_hash, key_id, created_by) SELECT @hash::bytea, k.id, @by FROM k)
		SELECT `+enrolmentKeyColumns+` FROM k`, pgx.NamedArgs{
		"name": k.Name, "hash": secretHash[:], "labels": labels, "max_uses": k.MaxUses, "expires": k.Expires, "by": k.CreatedBy,
	})
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// AddEnrolmentSecret gives a key that still lets stations in a further secret.
// Whoever has it is let in as long as the key does so.
func (s *Store) AddEnrolmentSecret(ctx context.Context, key int64, secretHash [32]byte, by string) (*EnrolmentKey, error) {
	var k EnrolmentKey
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var expired bool
		// The lock keeps it from being revoked meanwhile.
		err := tx.QueryRow(ctx, `SELECT COALESCE(expires <= now(), false) FROM enrolment_key WHERE id = $1 FOR NO KEY UPDATE`, key).Scan(&expired)
		if errors.Is(err, pgx.ErrNoRows) {
			return noEnrolmentKey(key)
		}
		if err != nil {
			return fmt.Errorf("read enrolment key %d: %w", key, err)
		}
		list, err := collect(ctx, tx, "read enrolment key", scanEnrolmentKey, `SELECT `+enrolmentKeyColumns+` FROM enrolment_key k WHERE k.id = $1`, key)
		if err != nil {
			return err
		}
		switch k = list[0]; {
		case k.Revoked != nil:
			return fault.New(fault.Conflict, "enrolment key %q was revoked: it lets nobody in; choose another one, or make a new one", k.Name).Coded("client_key_revoked", "name")
		case expired:
			return fault.New(fault.Conflict, "enrolment key %q has expired: it lets nobody in; choose another one, or make a new one", k.Name).Coded("client_key_expired", "name")
		case k.MaxUses > 0 && k.Uses >= k.MaxUses:
			return fault.New(fault.Conflict, "enrolment key %q has let in as many stations as it may, %d; choose another one, or make a new one", k.Name, k.MaxUses).Coded("client_key_used_up", "name", "uses")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO enrolment_secret (secret_hash, key_id, created_by) VALUES ($1, $2, $3)`, secretHash[:], key, by); err != nil {
			return fmt.Errorf("add a secret to enrolment key %d: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &k, nil
}

func noEnrolmentKey(id int64) error {
	return fault.NotFoundf("there is no enrolment key %d", id).Coded("no_enrolment_key", "id")
}

// RevokeEnrolmentKey makes a key let nobody in any more, by none of its secrets. The stations that it
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
		return noEnrolmentKey(id)
	}
	return nil
}
