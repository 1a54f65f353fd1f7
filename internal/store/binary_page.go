package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// Binary is an executable file's content, and what the fleet knows of it.
type Binary struct {
	ID                                    int64
	Name                                  string // file name it was first seen under
	IdentifiedBy                          string // sha256, sha1, md5, or path where no hash is known
	SHA256, SHA1, MD5, IMPHASH            string // hex; "": not known
	FileSize                              uint64 // 0: not known
	OriginalFileName, Description         string
	Product, Company, FileVersion, Signer string
	Signed                                *bool
	Architecture, EntrySHA256             string     // of the code at the entry point the SHA-256
	EntropyEntry                          *float64   // of the same, in bits per byte
	Compiled                              *time.Time // as the file claims
	Stations, Runs                        int64
	FirstSeen, LastSeen                   time.Time
	Paths                                 []string  // where it lay
	MorePaths                             int64     // that are not among them
	FirstSeenHere                         time.Time // on the station asked for; zero in other lists
}

const (
	binaryTimeLimit = 10 * time.Second
	pathsInList     = 3
	pathsOnPage     = 50
	countedPaths    = 1000 // that are counted beyond those: an installer lies somewhere else each time
)

// Binary returns one binary.
func (s *Store) Binary(ctx context.Context, id int64) (*Binary, error) {
	var list []Binary
	err := s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = fetchBinaries(ctx, tx, []int64{id}, pathsOnPage)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no binary %d; it may have been removed with the only station that ran it", id).Coded("no_binary", "id")
	}
	return &list[0], nil
}

// BinaryByHash returns the number of the binary with a SHA-256, SHA-1 or MD5. Of
// several with one SHA-1 or MD5 it is the one of which most is known.
func (s *Store) BinaryByHash(ctx context.Context, hash []byte) (int64, error) {
	column, ok := map[int]string{32: "sha256", 20: "sha1", 16: "md5"}[len(hash)]
	if !ok {
		return 0, fault.Invalidf("a hash of %d digits is neither SHA-256 nor SHA-1 nor MD5", 2*len(hash)).Coded("hash_length", "digits")
	}
	ids, err := collect(ctx, s.reads, "find binary by its hash", pgx.RowTo[int64], `
		SELECT id FROM binary_file WHERE `+column+` = $1 ORDER BY sha256 IS NULL, sha1 IS NULL, id LIMIT 1`, hash)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, fault.NotFoundf("no binary with the hash %x has run", hash).Coded("no_binary_hash", "hash")
	}
	return ids[0], nil
}

// fetchBinaries returns the binaries that ids name, in that order, each with so
// many of its paths. Those that have no figures (any more) are left out.
func fetchBinaries(ctx context.Context, tx DB, ids []int64, paths int) ([]Binary, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return collect(ctx, tx, "fetch binaries", scanBinary, `
		SELECT b.id, b.name, b.identified_by, COALESCE(encode(b.sha256, 'hex'), ''), COALESCE(encode(b.sha1, 'hex'), ''), COALESCE(encode(b.md5, 'hex'), ''),
		       COALESCE(encode(b.imphash, 'hex'), ''), COALESCE(b.file_size, 0), b.original_file_name, b.description, b.product, b.company, b.file_version,
		       b.signer, b.signed, b.architecture, b.entry_entropy, COALESCE(encode(b.entry_sha256, 'hex'), ''), b.compiled,
		       f.stations, f.runs, f.first_seen, f.last_seen, COALESCE(p.texts, '{}'), p.more
		FROM   unnest(@ids::bigint[]) WITH ORDINALITY AS w (id, n)
		JOIN   binary_file b ON b.id = w.id
		JOIN   `+figuresOfSQL("@ids::bigint[]")+` AS f ON f.binary_id = b.id
		CROSS  JOIN LATERAL (
			SELECT (array_agg(p.text ORDER BY p.id))[1:@paths] AS texts, GREATEST(count(*) - @paths, 0) AS more
			FROM  (SELECT p.id, p.text
			       FROM   binary_path bp JOIN path p ON p.id = bp.path_id
			       WHERE  bp.binary_id = b.id AND p.text <> ''
			       LIMIT  @counted) AS p) AS p
		ORDER  BY w.n`, pgx.NamedArgs{"ids": ids, "paths": paths, "counted": paths + countedPaths})
}

func scanBinary(row pgx.CollectableRow) (b Binary, err error) {
	var size int64
	var entropy *int64
	err = row.Scan(&b.ID, &b.Name, &b.IdentifiedBy, &b.SHA256, &b.SHA1, &b.MD5, &b.IMPHASH, &size, &b.OriginalFileName, &b.Description, &b.Product, &b.Company,
		&b.FileVersion, &b.Signer, &b.Signed, &b.Architecture, &entropy, &b.EntrySHA256, &b.Compiled, &b.Stations, &b.Runs, &b.FirstSeen, &b.LastSeen, &b.Paths, &b.MorePaths)
	b.FileSize, b.FirstSeen, b.LastSeen, b.EntropyEntry = uint64(size), b.FirstSeen.UTC(), b.LastSeen.UTC(), bitsPerByte(entropy)
	if b.Compiled != nil {
		*b.Compiled = b.Compiled.UTC()
	}
	return b, err
}

// BinaryStation is a station that has run a binary.
type BinaryStation struct {
	ID        int64
	Name      string
	Origin    string
	FirstSeen time.Time // when the binary was first seen there
	Users     int64     // that have run it there, as far as they are known
	key       string
}

var binaryStationOrder = map[string]sortColumn{"first_seen": {"a.first_seen", "timestamptz"}}

// BinaryStations returns a page of the stations that have run a binary, those
// first that ran it first, and the cursor of the next page.
func (s *Store) BinaryStations(ctx context.Context, binary int64, cursor string, limit int) (list []BinaryStation, next string, err error) {
	order, err := newSorting(binaryStationOrder, "first_seen", "a.station_id", false, cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"binary": binary, "limit": limit + 1}
	sql := `
		SELECT s.id, s.name, s.origin, a.first_seen, a.users, ` + order.key() + `
		FROM  (SELECT a.station_id, min(a.first_seen) AS first_seen, count(*) FILTER (WHERE u.name <> '' OR u.sid <> '') AS users
		       FROM   account_binary_station a JOIN account u ON u.id = a.account_id
		       WHERE  a.binary_id = @binary::bigint
		       GROUP  BY a.station_id) AS a
		JOIN   station s ON s.id = a.station_id
		WHERE  ` + conditions("true", order.behind(args)) + `
		ORDER  BY ` + order.orderBy() + `
		LIMIT  @limit`
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list stations of binary", func(row pgx.CollectableRow) (b BinaryStation, err error) {
			err = row.Scan(&b.ID, &b.Name, &b.Origin, &b.FirstSeen, &b.Users, &b.key)
			b.FirstSeen = b.FirstSeen.UTC()
			return b, err
		}, sql, args)
		return err
	})
	if len(list) > limit {
		list = list[:limit]
		next = order.next(list[limit-1].key, list[limit-1].ID)
	}
	return list, next, err
}

// Runner is an account that has run a binary, or something on a station.
type Runner struct {
	User, UserSID string
	Count         int64 // stations on which it ran the binary, or binaries that it ran on the station
	FirstSeen     time.Time
}

// BinaryUsers returns the accounts that have run a binary, those on most
// stations first, and whether there are more.
func (s *Store) BinaryUsers(ctx context.Context, binary int64, limit int) ([]Runner, bool, error) {
	return s.runners(ctx, "binary_id", binary, limit)
}

// StationUsers returns the accounts that have run something on a station, those
// with most binaries first, and whether there are more.
func (s *Store) StationUsers(ctx context.Context, station int64, limit int) ([]Runner, bool, error) {
	return s.runners(ctx, "station_id", station, limit)
}

// runners returns the accounts of the rows where a column is id.
func (s *Store) runners(ctx context.Context, column string, id int64, limit int) (list []Runner, more bool, err error) {
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list users", pgx.RowToStructByPos[Runner], `
			SELECT u.name, u.sid, a.n, a.first_seen
			FROM  (SELECT account_id, count(*) AS n, min(first_seen) AS first_seen
			       FROM   account_binary_station
			       WHERE  `+column+` = @id::bigint
			       GROUP  BY account_id) AS a
			JOIN   account u ON u.id = a.account_id AND (u.name <> '' OR u.sid <> '')
			ORDER  BY a.n DESC, a.first_seen, u.id
			LIMIT  @limit`, pgx.NamedArgs{"id": id, "limit": limit + 1})
		return err
	})
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}

// Launch is a binary that has started another, or that was started by it, and
// the figures of the pair.
type Launch struct {
	Binary              Binary
	Stations, Runs      int64
	FirstSeen, LastSeen time.Time
}

// Parents returns the binaries that have started a binary, those that did most
// often first, and whether there are more.
func (s *Store) Parents(ctx context.Context, binary int64, limit int) ([]Launch, bool, error) {
	return s.launches(ctx, "binary_id", "parent_binary_id", binary, limit)
}

// Children returns the binaries that a binary has started, as Parents does.
func (s *Store) Children(ctx context.Context, binary int64, limit int) ([]Launch, bool, error) {
	return s.launches(ctx, "parent_binary_id", "binary_id", binary, limit)
}

func (s *Store) launches(ctx context.Context, own, other string, binary int64, limit int) (list []Launch, more bool, err error) {
	err = s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) error {
		list, err = collect(ctx, tx, "list launches", func(row pgx.CollectableRow) (l Launch, err error) {
			err = row.Scan(&l.Binary.ID, &l.Stations, &l.Runs, &l.FirstSeen, &l.LastSeen)
			l.FirstSeen, l.LastSeen = l.FirstSeen.UTC(), l.LastSeen.UTC()
			return l, err
		}, `
			SELECT `+other+`, stations, runs, first_seen, last_seen
			FROM   `+launchFiguresSQL(own+" = @binary::bigint")+` AS l
			ORDER  BY runs DESC, stations DESC, `+other+`
			LIMIT  @limit`, pgx.NamedArgs{"binary": binary, "limit": limit + 1})
		if err != nil {
			return err
		}
		if more = len(list) > limit; more {
			list = list[:limit]
		}
		return fillLaunches(ctx, tx, list)
	})
	return list, more, err
}

// fillLaunches puts the binaries into launches that have their numbers.
func fillLaunches(ctx context.Context, tx DB, list []Launch) error {
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = list[i].Binary.ID
	}
	binaries, err := fetchBinaries(ctx, tx, ids, pathsInList)
	if err != nil {
		return err
	}
	byID := make(map[int64]Binary, len(binaries))
	for _, b := range binaries {
		byID[b.ID] = b
	}
	for i, id := range ids {
		if b, ok := byID[id]; ok {
			list[i].Binary = b
		}
	}
	return nil
}
