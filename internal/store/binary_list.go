package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
)

// BinaryList selects a page of binaries. The query is one of binaries.
type BinaryList struct {
	Query      *query.Query
	Sort       string // first_seen, last_seen, stations, runs or name
	Descending bool
	Cursor     string // of the page before; "" for the first
	Limit      int
}

var binaryOrder = map[string]sortColumn{
	"first_seen": {"f.first_seen", "timestamptz"},
	"last_seen":  {"f.last_seen", "timestamptz"},
	"stations":   {"f.stations", "bigint"},
	"runs":       {"f.runs", "bigint"},
	"name":       {`lower(b.name COLLATE "C")`, "text"},
}

// binaryFields are the columns of a search for binaries: binary_file b and its
// figures f. There may be several paths to one: a condition on them asks whether
// there is one that fits.
func binaryFields() map[string]column {
	const places = "(SELECT bp.binary_id AS id, p.text FROM binary_path bp JOIN path p ON p.id = bp.path_id)"
	place := func(value string) column {
		return column{value: value, from: places, id: "f.binary_id", trigrams: "d.text"}
	}
	return map[string]column{
		"name":               place(lastElement("d.text")),
		"image":              place("d.text"),
		"original_file_name": inline("b.original_file_name"),
		"description":        inline("b.description"),
		"product":            inline("b.product"),
		"company":            inline("b.company"),
		"file_version":       inline("b.file_version"),
		"signer":             inline("b.signer"),
		"signed":             inline("b.signed"),
		"hash":               {hashes: []hashColumn{{"b.sha256", 32}, {"b.sha1", 20}, {"b.md5", 16}}},
		"sha256":             {hashes: []hashColumn{{"b.sha256", 32}}},
		"sha1":               {hashes: []hashColumn{{"b.sha1", 20}}},
		"md5":                {hashes: []hashColumn{{"b.md5", 16}}},
		"imphash":            {hashes: []hashColumn{{"b.imphash", 16}}},
		"file_size":          unsigned("b.file_size"),
		"architecture":       inline("b.architecture"),
		"entry_entropy":      inline("b.entry_entropy"),
		"entry_sha256":       {hashes: []hashColumn{{"b.entry_sha256", 32}}},
		"compiled":           inline("b.compiled"),
		"prevalence":         inline("f.stations"),
		"runs":               inline("f.runs"),
		"binary_id":          inline("f.binary_id"),
		"first_seen":         inline("f.first_seen"),
		"last_seen":          inline("f.last_seen"),
	}
}

// newBinaryFilter compiles a query of binaries.
func newBinaryFilter(q *query.Query) (*filter, error) {
	if q == nil {
		q = &query.Query{}
	}
	return compileFilter(query.SpellOut(q.Root), binaryFields(), nil)
}

// PostgreSQL leaves the join out where nothing speaks of b.
const binaryTables = binaryFiguresSQL + ` AS f
		LEFT   JOIN binary_file b ON b.id = f.binary_id`

// Binaries returns a page of binaries and the cursor of the next page.
func (s *Store) Binaries(ctx context.Context, l BinaryList) (list []Binary, next string, err error) {
	order, err := newSorting(binaryOrder, l.Sort, "f.binary_id", l.Descending, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	f, err := newBinaryFilter(l.Query)
	if err != nil {
		return nil, "", err
	}
	args := f.arguments()
	args["limit"] = l.Limit + 1
	sql := `
		SELECT f.binary_id, ` + order.key() + `
		FROM   ` + binaryTables + `
		WHERE  ` + conditions("true", order.behind(args), f.where) + `
		ORDER  BY ` + order.orderBy() + `
		LIMIT  @limit`
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		keys, err := collect(ctx, tx, "list binaries", pgx.RowToStructByPos[binaryKey], sql, args)
		if err != nil {
			return err
		}
		if len(keys) > l.Limit {
			keys = keys[:l.Limit]
			next = order.next(keys[l.Limit-1].Key, keys[l.Limit-1].ID)
		}
		list, err = fetchBinaries(ctx, tx, idsOf(keys), pathsInList)
		return err
	})
	return list, next, tooSlow(err)
}

// binaryKey is a binary found by a list, before it is fetched.
type binaryKey struct {
	ID  int64
	Key string
}

func idsOf(keys []binaryKey) []int64 {
	ids := make([]int64, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	return ids
}

func tooSlow(err error) error {
	if isTimeout(err) {
		return fault.Wrap(fault.Timeout, err, "looking through the binaries took longer than %s; ask for less, or try again later", binaryTimeLimit).Coded("binaries_slow", "limit")
	}
	return err
}

// NewestBinary returns the highest number of a binary that has run; 0 where none has.
func (s *Store) NewestBinary(ctx context.Context) (id int64, err error) {
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT COALESCE(GREATEST((SELECT max(binary_id) FROM binary_total), (SELECT max(binary_id) FROM prevalence_delta)), 0)`).Scan(&id)
		if err != nil {
			return fmt.Errorf("read the newest binary: %w", err)
		}
		return nil
	})
	return id, err
}

// CountBinaries counts binaries up to most; more tells whether there are more.
func (s *Store) CountBinaries(ctx context.Context, q *query.Query, most int64) (n int64, more bool, err error) {
	f, err := newBinaryFilter(q)
	if err != nil {
		return 0, false, err
	}
	args := f.arguments()
	args["limit"] = most + 1
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		sql := `SELECT count(*) FROM (SELECT FROM ` + binaryTables + ` WHERE ` + conditions("true", f.where) + ` LIMIT @limit) AS counted`
		if err := tx.QueryRow(ctx, sql, args).Scan(&n); err != nil {
			return fmt.Errorf("count binaries: %w", err)
		}
		return nil
	})
	return min(n, most), n > most, tooSlow(err)
}

var rarityOrder = map[string]sortColumn{"rarity": {"(f.stations << 40) + LEAST(f.runs, (1::bigint << 40) - 1)", "bigint"}}

// StationBinaries returns a page of the binaries that have run on a station,
// those first that have run on the fewest stations, and the cursor of the next.
func (s *Store) StationBinaries(ctx context.Context, station int64, cursor string, limit int) (list []Binary, next string, err error) {
	order, err := newSorting(rarityOrder, "rarity", "f.binary_id", false, cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"station": station, "limit": limit + 1}
	sql := `
		WITH here AS MATERIALIZED (
			SELECT binary_id, min(first_seen) AS first_seen
			FROM   account_binary_station
			WHERE  station_id = @station::bigint
			GROUP  BY binary_id)
		SELECT f.binary_id, ` + order.key() + `, here.first_seen
		FROM   here JOIN ` + figuresOfSQL("ARRAY(SELECT binary_id FROM here)") + ` AS f ON f.binary_id = here.binary_id
		WHERE  ` + conditions("true", order.behind(args)) + `
		ORDER  BY ` + order.orderBy() + `
		LIMIT  @limit`
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		keys, err := collect(ctx, tx, "list binaries of station", pgx.RowToStructByPos[hereKey], sql, args)
		if err != nil {
			return err
		}
		if len(keys) > limit {
			keys = keys[:limit]
			next = order.next(keys[limit-1].Key, keys[limit-1].ID)
		}
		ids, seen := make([]int64, len(keys)), make(map[int64]time.Time, len(keys))
		for i, k := range keys {
			ids[i], seen[k.ID] = k.ID, k.Seen.UTC()
		}
		list, err = fetchBinaries(ctx, tx, ids, pathsInList)
		for i := range list {
			list[i].FirstSeenHere = seen[list[i].ID]
		}
		return err
	})
	return list, next, tooSlow(err)
}

type hereKey struct {
	binaryKey
	Seen time.Time
}
