package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/eljefe/eljefe/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database's schema up to date. Servers that start at the
// same time take turns. A schema newer than this program is refused.
func Migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	turns, err := lock.NewPostgresSessionLocker() // polls pg_try_advisory_lock
	if err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(turns))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return unavailable(fmt.Errorf("read the schema's version: %w", err))
	}
	if current > target {
		return fault.New(fault.Conflict, "the database has schema version %d, this program knows %d: it was used by a newer El Jefe; start that one, or restore a backup", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return unavailable(fmt.Errorf("migrate the schema: %w", err))
	}
	return nil
}
