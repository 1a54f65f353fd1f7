// Package store keeps everything in PostgreSQL. It is the only package with SQL.
//
// Each concern has a file: the event tables are written in write.go and what it
// calls, listed in list.go, walked as trees in tree.go. Times are UTC; a process
// start belongs to the partition of the UTC day it happened on, and so does the
// stop of the same process.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eljefe/eljefe/internal/fault"
)

// MinServerVersion is the oldest PostgreSQL that will do, as server_version_num.
const MinServerVersion = 150000

// DB is what a query needs; a pool and a transaction both have it.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// Store is the database. Its methods are safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool // writes, and reads by key
	reads *pgxpool.Pool // searches: every statement planned for its own values
	log   *slog.Logger
	words *dictionaries
	days  *dayCache

	copies sync.Pool // of *copyBuffer, that nobody uses
}

// Open connects to the database at url and checks that it is a PostgreSQL that
// will do. It does not migrate. A nil log discards.
func Open(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the database URL is not understood; it looks like postgres://user:password@host:5432/eljefe")
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "eljefe"
	cfg.MaxConns = max(cfg.MaxConns, 8)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	// A cached generic plan cannot use the trigram index: a search that takes
	// 20 ms took 45 s after its fifth run.
	cfg = cfg.Copy()
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	reads, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database for reading: %w", err)
	}
	s := New(pool, reads, log)
	if err := s.checkServer(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// New returns a Store on pools that are open already; both may be the same.
func New(pool, reads *pgxpool.Pool, log *slog.Logger) *Store {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Store{pool: pool, reads: reads, log: log, words: newDictionaries(), days: newDayCache()}
}

// Close closes all connections.
func (s *Store) Close() {
	s.reads.Close()
	s.pool.Close()
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return unavailable(fmt.Errorf("ping database: %w", err))
	}
	return nil
}

// Migrate brings the schema up to date.
func (s *Store) Migrate(ctx context.Context) error { return Migrate(ctx, s.pool) }

func (s *Store) checkServer(ctx context.Context) error {
	var version int
	var recovery, latin bool
	err := s.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), lower('I') = 'i'`).Scan(&version, &recovery, &latin)
	switch {
	case err != nil:
		return unavailable(fmt.Errorf("connect to database: %w", err))
	case version < MinServerVersion:
		return fault.Invalidf("the database is PostgreSQL %d; El Jefe needs %d or later", version/10000, MinServerVersion/10000)
	case recovery:
		return fault.Invalidf("the database is a read-only standby; give the address of the primary")
	case !latin:
		// The trigram indexes would miss what the filters find, see filter.
		return fault.Invalidf("in the locale of the database I and i are different letters, as in Turkish; make it anew with LC_CTYPE C, C.UTF-8 or en_US.UTF-8")
	}
	return nil
}

// inTx runs f in a transaction and commits it if f returns no error.
func (s *Store) inTx(ctx context.Context, f func(tx pgx.Tx) error) error {
	return unavailable(pgx.BeginFunc(ctx, s.pool, f))
}

// searchMemory is how much one step of a search may take, in MiB: the numbers of
// a million binaries or paths fit, and are looked up by hashing.
const searchMemory = 64

// search runs f in a read-only transaction of the read pool, in which each
// statement may take at most limit.
func (s *Store) search(ctx context.Context, limit time.Duration, f func(tx pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, s.reads, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`SET LOCAL statement_timeout = %d; SET LOCAL work_mem = '%dMB'`, max(20, limit.Milliseconds()), searchMemory)); err != nil {
			return fmt.Errorf("limit the time of a search: %w", err)
		}
		return f(tx)
	})
	return unavailable(err)
}

// unavailable gives an error that comes from a database that is not there, or
// not able to write, a kind and words for people; it returns any other unchanged.
func unavailable(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == "53100":
			return fault.Wrap(fault.Unavailable, err, "the database's disk is full; free space, then try again: nothing that was acknowledged is lost").Coded("disk_full_database")
		case pg.Code == "25006":
			return fault.Wrap(fault.Unavailable, err, "the database is read-only at the moment; try again later").Coded("database_read_only")
		case pg.Code[:2] == "57" && pg.Code != "57014", pg.Code[:2] == "53", pg.Code[:2] == "08":
			return fault.Wrap(fault.Unavailable, err, "the database is not available at the moment; try again in a few seconds").Coded("database_away")
		}
		return err
	}
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	brokeOff := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) // in the middle of an answer
	if connect || network && !errors.Is(err, context.DeadlineExceeded) || brokeOff || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) {
		return fault.Wrap(fault.Unavailable, err, "the database is not available at the moment; try again in a few seconds").Coded("database_away")
	}
	return err
}

// isTimeout tells whether err is a statement that ran into its time limit.
func isTimeout(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "57014"
}
