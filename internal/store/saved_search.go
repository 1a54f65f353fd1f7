package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eljefe/eljefe/internal/fault"
)

// SavedSearch is a search that somebody keeps under a name: a page of the UI
// with its filter and its span.
type SavedSearch struct {
	ID          int64
	OwnerID     int64  // 0: the owner was removed, the search was shared
	Owner       string // "" then
	Name        string // unique among those of one owner, without case
	Description string
	Page        string
	Q           string
	Range       string // as in the page's address; "" with From or To
	From, To    *time.Time
	Order       string
	Shared      bool // everybody sees it
	Created     time.Time
	Updated     time.Time
}

const savedSearchColumns = `s.id, COALESCE(s.owner_id, 0), COALESCE(u.name, ''), s.name, s.description, s.page, s.q, s.range, s.from_time, s.to_time,
		       s.sort_order, s.shared, s.created, s.updated`

func scanSavedSearch(row pgx.CollectableRow) (s SavedSearch, err error) {
	err = row.Scan(&s.ID, &s.OwnerID, &s.Owner, &s.Name, &s.Description, &s.Page, &s.Q, &s.Range, &s.From, &s.To,
		&s.Order, &s.Shared, &s.Created, &s.Updated)
	return s, err
}

func (s *SavedSearch) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": s.ID, "owner": s.OwnerID, "name": s.Name, "description": s.Description, "page": s.Page, "q": s.Q, "range": s.Range,
		"from": s.From, "to": s.To, "order": s.Order, "shared": s.Shared,
	}
}

// SavedSearches returns the searches of a user and those that are shared, by name.
func (s *Store) SavedSearches(ctx context.Context, user int64) ([]SavedSearch, error) {
	return collect(ctx, s.pool, "list searches", scanSavedSearch, `
		SELECT `+savedSearchColumns+`
		FROM   saved_search s LEFT JOIN user_account u ON u.id = s.owner_id
		WHERE  s.shared OR s.owner_id = $1
		ORDER  BY lower(s.name), s.id`, user)
}

// SavedSearch returns a search that a user may see.
func (s *Store) SavedSearch(ctx context.Context, id, user int64) (*SavedSearch, error) {
	list, err := collect(ctx, s.pool, "read search", scanSavedSearch, `
		SELECT `+savedSearchColumns+`
		FROM   saved_search s LEFT JOIN user_account u ON u.id = s.owner_id
		WHERE  s.id = $1 AND (s.shared OR s.owner_id = $2)`, id, user)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no saved search %d", id).Coded("no_search", "id")
	}
	return &list[0], nil
}

// AddSavedSearch adds a search. Its name must be new to its owner.
func (s *Store) AddSavedSearch(ctx context.Context, search SavedSearch) (*SavedSearch, error) {
	return s.writeSavedSearch(ctx, &search, `
		INSERT INTO saved_search (owner_id, name, description, page, q, range, from_time, to_time, sort_order, shared)
		VALUES (@owner, @name, @description, @page, @q, @range, @from, @to, @order, @shared)
		RETURNING *`)
}

// ChangeSavedSearch stores what a search says now.
func (s *Store) ChangeSavedSearch(ctx context.Context, search SavedSearch) (*SavedSearch, error) {
	return s.writeSavedSearch(ctx, &search, `
		UPDATE saved_search
		SET    name = @name, description = @description, page = @page, q = @q, range = @range, from_time = @from, to_time = @to,
		       sort_order = @order, shared = @shared, updated = now()
		WHERE  id = @id
		RETURNING *`)
}

func (s *Store) writeSavedSearch(ctx context.Context, search *SavedSearch, sql string) (*SavedSearch, error) {
	list, err := collect(ctx, s.pool, "save search", scanSavedSearch, `
		WITH s AS (`+sql+`)
		SELECT `+savedSearchColumns+`
		FROM   s LEFT JOIN user_account u ON u.id = s.owner_id`, search.args())
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		return nil, fault.New(fault.Conflict, "there is a saved search called %q already; choose another name, or change that one", search.Name).Coded("search_exists", "name")
	}
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no saved search %d", search.ID).Coded("no_search", "id")
	}
	return &list[0], nil
}

// RemoveSavedSearch removes a search.
func (s *Store) RemoveSavedSearch(ctx context.Context, id int64) error {
	tag, err := s.pool.Exec(ctx, `DELETE FROM saved_search WHERE id = $1`, id)
	if err != nil {
		return unavailable(fmt.Errorf("remove search %d: %w", id, err))
	}
	if tag.RowsAffected() == 0 {
		return fault.NotFoundf("there is no saved search %d", id).Coded("no_search", "id")
	}
	return nil
}

// leaveSharedSearches takes the owner from what a user has shared, so that it
// stays when the user is removed.
func leaveSharedSearches(ctx context.Context, tx DB, user int64) error {
	if _, err := tx.Exec(ctx, `UPDATE saved_search SET owner_id = NULL WHERE owner_id = $1 AND shared`, user); err != nil {
		return fmt.Errorf("keep shared searches: %w", err)
	}
	return nil
}
