package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Before a search begins, the rows of the small tables that its filter speaks of
// are looked up, and their numbers put in place of the looks. The planner knows
// then what it is asked for: a word that no path has leaves a search of the
// command lines alone, with their index; an image or a user leads to the
// binaries and stations that have it, and to the indexes of those.
const (
	lookUpTimeLimit = 150 * time.Millisecond // more, and the look stays in the search
	mostLookedUp    = 1000                   // numbers in place of one look
	mostBinaries    = 200                    // that narrow a search for images
	mostStations    = 50                     // that narrow a search for users, or for stops of a binary
)

// lookUp resolves the looks of a filter.
func (s *Store) lookUp(ctx context.Context, f *filter) error {
	root, err := s.lookUpIn(ctx, f, f.root)
	if err != nil {
		return err
	}
	f.root = root
	f.write()
	return nil
}

func (s *Store) lookUpIn(ctx context.Context, f *filter, c condition) (condition, error) {
	if c.look != nil {
		return s.lookUpOne(ctx, f, c)
	}
	if c.parts == nil {
		return c, nil
	}
	parts := make([]condition, len(c.parts))
	for i, p := range c.parts {
		var err error
		if parts[i], err = s.lookUpIn(ctx, f, p); err != nil {
			return c, err
		}
	}
	return combined(parts, c.all), nil
}

func (s *Store) lookUpOne(ctx context.Context, f *filter, c condition) (condition, error) {
	l := c.look
	if l.from == "line" { // large, and without an index for parts of a text
		return c, nil
	}
	ids, ok, err := s.numbers(ctx, "SELECT d.id FROM "+l.from+" d WHERE "+l.where, f.args, mostLookedUp)
	if err != nil || !ok {
		return c, err
	}
	found := never()
	if len(ids) > 0 {
		found = condition{sql: l.id + " = ANY (" + f.arg(ids) + "::integer[])", other: l.other}
		narrower, err := s.narrower(ctx, f, l, ids)
		if err != nil {
			return c, err
		}
		found = combined([]condition{found, narrower}, true)
	}
	if l.not {
		found = found.not()
	}
	return found, nil
}

// narrower returns a condition that holds wherever the column of l is one of
// ids, and for which there is an index.
func (s *Store) narrower(ctx context.Context, f *filter, l *look, ids []int32) (condition, error) {
	var sql, column string
	var most int
	switch l.id {
	case "s.image_id":
		sql, column, most = `SELECT DISTINCT binary_id FROM binary_path WHERE path_id = ANY (@ids)`, "s.binary_id", mostBinaries
	case "s.account_id", "t.account_id":
		sql, most = `SELECT DISTINCT station_id FROM account_station WHERE account_id = ANY (@ids)`, mostStations
		column = l.id[:2] + "station_id"
	case "t.binary_id": // stops have no index by binary; where they have one, its start was seen there
		sql, column, most = `SELECT DISTINCT station_id FROM account_binary_station WHERE binary_id = ANY (@ids)`, "t.station_id", mostStations
	default:
		return always(), nil
	}
	found, ok, err := s.numbers(ctx, sql, pgx.NamedArgs{"ids": ids}, most)
	if err != nil || !ok {
		return always(), err
	}
	return condition{sql: column + " = ANY (" + f.arg(found) + "::integer[])", other: l.other}, nil
}

// numbers returns what a query for numbers gives; ok is false if that is more
// than most, or takes too long.
func (s *Store) numbers(ctx context.Context, sql string, args pgx.NamedArgs, most int) (ids []int32, ok bool, err error) {
	err = s.search(ctx, lookUpTimeLimit, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf("%s LIMIT %d", sql, most+1), args)
		if err != nil {
			return fmt.Errorf("look up: %w", err)
		}
		if ids, err = pgx.CollectRows(rows, pgx.RowTo[int32]); err != nil {
			return fmt.Errorf("look up: %w", err)
		}
		return nil
	})
	if isTimeout(err) {
		return nil, false, nil
	}
	return ids, len(ids) <= most, err
}
