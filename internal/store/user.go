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

// User is an account of the page and the API.
type User struct {
	ID                 int64
	Name               string
	Role               string // administrator, analyst or viewer
	PasswordHash       string // argon2id with its parameters
	MustChangePassword bool
	Disabled           bool
	Created            time.Time
	LastLogin          *time.Time
}

const userColumns = `id, name, role, password_hash, must_change_password, disabled, created, last_login`

func scanUser(row pgx.CollectableRow) (u User, err error) {
	err = row.Scan(&u.ID, &u.Name, &u.Role, &u.PasswordHash, &u.MustChangePassword, &u.Disabled, &u.Created, &u.LastLogin)
	return u, err
}

// Users returns all users in the order of their names.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	return collect(ctx, s.pool, "list users", scanUser, `SELECT `+userColumns+` FROM user_account ORDER BY lower(name)`)
}

// UserByName returns the user with that name, in any case, or an error of kind NotFound.
func (s *Store) UserByName(ctx context.Context, name string) (*User, error) {
	return s.user(ctx, `lower(name) = lower($1)`, name)
}

// UserByID returns a user, or an error of kind NotFound.
func (s *Store) UserByID(ctx context.Context, id int64) (*User, error) {
	return s.user(ctx, `id = $1`, id)
}

func (s *Store) user(ctx context.Context, where string, arg any) (*User, error) {
	users, err := collect(ctx, s.pool, "read user", scanUser, `SELECT `+userColumns+` FROM user_account WHERE `+where, arg)
	if err != nil {
		return nil, err
	}
	if len(users) == 0 {
		return nil, fault.NotFoundf("there is no user %v", arg).Coded("no_user", "user")
	}
	return &users[0], nil
}

// AddUser adds a user and returns it with its id. A name that is taken is an error of kind Conflict.
func (s *Store) AddUser(ctx context.Context, u User) (*User, error) {
	users, err := collect(ctx, s.pool, "add user", scanUser, `
		INSERT INTO user_account (name, role, password_hash, must_change_password)
		VALUES ($1, $2, $3, $4)
		RETURNING `+userColumns, u.Name, u.Role, u.PasswordHash, u.MustChangePassword)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		return nil, fault.New(fault.Conflict, "there is a user %q already", u.Name).Coded("user_exists", "user")
	}
	if err != nil {
		return nil, err
	}
	return &users[0], nil
}

// AddFirstUser adds u if there is no user at all, and tells whether it did. Two
// servers that start on one new database do not both add one.
func (s *Store) AddFirstUser(ctx context.Context, u User) (added bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE user_account IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return fmt.Errorf("lock users: %w", err)
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO user_account (name, role, password_hash, must_change_password)
			SELECT $1, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM user_account)`, u.Name, u.Role, u.PasswordHash, u.MustChangePassword)
		added = tag.RowsAffected() == 1
		return err
	})
	return added, err
}

// SetPassword stores a new password and ends the user's sessions but the one
// whose secret has the hash keep; nil ends all.
func (s *Store) SetPassword(ctx context.Context, user int64, hash string, mustChange bool, keep []byte) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE user_account SET password_hash = $2, must_change_password = $3 WHERE id = $1`, user, hash, mustChange)
		if err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFoundf("there is no user %d", user).Coded("no_user", "user")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE user_id = $1 AND secret_hash IS DISTINCT FROM $2`, user, keep); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return nil
	})
}

// ChangeUser sets role and disabled. It refuses to leave no administrator who can log in.
func (s *Store) ChangeUser(ctx context.Context, id int64, role string, disabled bool) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE user_account SET role = $2, disabled = $3 WHERE id = $1`, id, role, disabled)
		if err != nil {
			return fmt.Errorf("change user: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFoundf("there is no user %d", id).Coded("no_user", "user")
		}
		if disabled {
			if _, err := tx.Exec(ctx, `DELETE FROM session WHERE user_id = $1`, id); err != nil {
				return fmt.Errorf("end sessions: %w", err)
			}
		}
		return keepAnAdministrator(ctx, tx)
	})
}

// RemoveUser removes a user with its sessions, tokens and own searches.
func (s *Store) RemoveUser(ctx context.Context, id int64) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if err := leaveSharedSearches(ctx, tx, id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM user_account WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("remove user: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.NotFoundf("there is no user %d", id).Coded("no_user", "user")
		}
		return keepAnAdministrator(ctx, tx)
	})
}

func keepAnAdministrator(ctx context.Context, tx DB) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE user_account IN SHARE ROW EXCLUSIVE MODE`); err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	var left bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM user_account WHERE role = 'administrator' AND NOT disabled)`).Scan(&left)
	if err != nil {
		return fmt.Errorf("count administrators: %w", err)
	}
	if !left {
		return fault.New(fault.Conflict, "this is the last administrator who can log in; make another one first").Coded("last_administrator")
	}
	return nil
}

// AddSession records a log-in. secretHash is the SHA-256 of the cookie's value.
func (s *Store) AddSession(ctx context.Context, user int64, secretHash []byte, expires time.Time) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO session (secret_hash, user_id, expires) VALUES ($1, $2, $3)`, secretHash, user, expires); err != nil {
			return fmt.Errorf("add session: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE user_account SET last_login = now() WHERE id = $1`, user); err != nil {
			return fmt.Errorf("note log-in: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE expires < now()`); err != nil {
			return fmt.Errorf("remove old sessions: %w", err)
		}
		return nil
	})
}

// Session returns the user of a session that has neither ended nor been idle
// too long, and when it ends; an error of kind Unauthorized otherwise.
func (s *Store) Session(ctx context.Context, secretHash []byte, idle time.Duration) (*User, time.Time, error) {
	var u User
	var expires, used time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT u.id, u.name, u.role, u.password_hash, u.must_change_password, u.disabled, u.created, u.last_login, s.expires, s.last_used
		FROM   session s JOIN user_account u ON u.id = s.user_id
		WHERE  s.secret_hash = $1 AND s.expires > now() AND s.last_used > now() - $2::interval AND NOT u.disabled`, secretHash, idle).
		Scan(&u.ID, &u.Name, &u.Role, &u.PasswordHash, &u.MustChangePassword, &u.Disabled, &u.Created, &u.LastLogin, &expires, &used)
	if err == pgx.ErrNoRows {
		return nil, time.Time{}, fault.New(fault.Unauthorized, "the session has ended; log in again").Coded("session_ended")
	}
	if err != nil {
		return nil, time.Time{}, unavailable(fmt.Errorf("read session: %w", err))
	}
	if time.Since(used) > time.Minute {
		if _, err := s.pool.Exec(ctx, `UPDATE session SET last_used = now() WHERE secret_hash = $1`, secretHash); err != nil {
			return nil, time.Time{}, unavailable(fmt.Errorf("touch session: %w", err))
		}
	}
	return &u, expires, nil
}

// EndSession logs out.
func (s *Store) EndSession(ctx context.Context, secretHash []byte) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM session WHERE secret_hash = $1`, secretHash)
	return unavailable(err)
}

// Token lets a program use the API in a user's name, with at most that user's role.
type Token struct {
	ID       int64
	Name     string
	Role     string
	UserID   int64
	UserName string
	Created  time.Time
	LastUsed *time.Time
	Expires  *time.Time
}

func scanToken(row pgx.CollectableRow) (t Token, err error) {
	err = row.Scan(&t.ID, &t.Name, &t.Role, &t.UserID, &t.UserName, &t.Created, &t.LastUsed, &t.Expires)
	return t, err
}

const tokenColumns = `t.id, t.name, t.role, t.user_id, u.name, t.created, t.last_used, t.expires`

// Tokens returns the tokens of one user, or of all where user is 0.
func (s *Store) Tokens(ctx context.Context, user int64) ([]Token, error) {
	return collect(ctx, s.pool, "list tokens", scanToken, `
		SELECT `+tokenColumns+`
		FROM   token t JOIN user_account u ON u.id = t.user_id
		WHERE  $1 = 0 OR t.user_id = $1
		ORDER  BY t.id`, user)
}

// AddToken adds a token whose secret has the SHA-256 secretHash.
func (s *Store) AddToken(ctx context.Context, t Token, secretHash []byte) (*Token, error) {
	list, err := collect(ctx, s.pool, "add token", scanToken, `
		WITH t AS (
			INSERT INTO token (secret_hash, user_id, name, role, expires) VALUES ($1, $2, $3, $4, $5)
			RETURNING *)
		SELECT `+tokenColumns+`
		FROM   t JOIN user_account u ON u.id = t.user_id`, secretHash, t.UserID, t.Name, t.Role, t.Expires)
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// RemoveToken revokes a token of one user, or of anyone where user is 0.
func (s *Store) RemoveToken(ctx context.Context, id, user int64) error {
	tag, err := s.pool.Exec(ctx, `DELETE FROM token WHERE id = $1 AND ($2 = 0 OR user_id = $2)`, id, user)
	if err != nil {
		return unavailable(fmt.Errorf("remove token %d: %w", id, err))
	}
	if tag.RowsAffected() == 0 {
		return fault.NotFoundf("there is no token %d", id).Coded("no_token", "id")
	}
	return nil
}

// TokenUser returns the user and the role that a token's secret stands for.
func (s *Store) TokenUser(ctx context.Context, secretHash []byte) (*User, string, error) {
	var id int64
	var role string
	err := s.pool.QueryRow(ctx, `
		UPDATE token t
		SET    last_used = now()
		FROM   user_account u
		WHERE  t.secret_hash = $1 AND (t.expires IS NULL OR t.expires > now()) AND u.id = t.user_id AND NOT u.disabled
		RETURNING t.user_id, t.role`, secretHash).Scan(&id, &role)
	if err == pgx.ErrNoRows {
		return nil, "", fault.New(fault.Unauthorized, "the token is unknown, expired or revoked; make a new one under Settings, Tokens").Coded("token_unknown")
	}
	if err != nil {
		return nil, "", unavailable(fmt.Errorf("read token: %w", err))
	}
	u, err := s.UserByID(ctx, id)
	return u, role, err
}

// Audit records that who did action to subject.
func (s *Store) Audit(ctx context.Context, who, action, subject string, detail map[string]any) error {
	return unavailable(audit(ctx, s.pool, who, action, subject, detail))
}

func audit(ctx context.Context, db DB, who, action, subject string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := db.Exec(ctx, `INSERT INTO audit (who, action, subject, detail) VALUES ($1, $2, $3, $4)`, who, action, subject, detail)
	if err != nil {
		return fmt.Errorf("record %s in the audit: %w", action, err)
	}
	return nil
}

// collect runs a query and scans every row.
func collect[T any](ctx context.Context, db DB, doing string, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", doing, err))
	}
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", doing, err))
	}
	return list, nil
}
