package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// Import is one file given to be imported, with what came of it so far.
type Import struct {
	ID         int64
	Name       string // file name without its folder
	State      string // receiving, running, done, failed or interrupted
	UserName   string
	Bytes      int64        // size of the file
	BytesDone  int64        // read so far
	Records    int64        // that could be read, whatever they were
	Starts     int64        // process starts among them
	Stops      int64        // process stops among them
	Added      int64        // events stored
	Duplicates int64        // events that were stored before
	Damaged    int64        // records that could not be read
	Other      int64        // records that report no process
	Reason     string       // all that there is to say, in English
	Reasons    []fault.Text // the same one by one; empty: there is nothing but Reason
	Stations   []int64
	Created    time.Time
	Finished   *time.Time
}

const importColumns = `id, name, state, user_name, bytes, bytes_done, records, starts, stops, added, duplicates, damaged, other, reason, reasons, station_ids, created, finished`

func scanImport(row pgx.CollectableRow) (i Import, err error) {
	err = row.Scan(&i.ID, &i.Name, &i.State, &i.UserName, &i.Bytes, &i.BytesDone, &i.Records, &i.Starts, &i.Stops,
		&i.Added, &i.Duplicates, &i.Damaged, &i.Other, &i.Reason, &i.Reasons, &i.Stations, &i.Created, &i.Finished)
	return i, err
}

// AddImport notes that a file is being received.
func (s *Store) AddImport(ctx context.Context, name, user string, bytes int64) (*Import, error) {
	list, err := collect(ctx, s.pool, "add import", scanImport, `
		INSERT INTO import (name, state, user_name, bytes) VALUES ($1, 'receiving', $2, $3)
		RETURNING `+importColumns, name, user, bytes)
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// SaveImport stores the progress of an import.
func (s *Store) SaveImport(ctx context.Context, i *Import) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE import
		SET    state = @state, bytes = @bytes, bytes_done = @bytes_done, records = @records, starts = @starts, stops = @stops, added = @added,
		       duplicates = @duplicates, damaged = @damaged, other = @other, reason = @reason, reasons = @reasons, station_ids = @stations, updated = now(),
		       finished = CASE WHEN @state IN ('done', 'failed', 'interrupted') THEN COALESCE(finished, now()) END
		WHERE  id = @id`, pgx.NamedArgs{
		"id": i.ID, "state": i.State, "bytes": i.Bytes, "bytes_done": i.BytesDone, "records": i.Records, "starts": i.Starts, "stops": i.Stops,
		"added": i.Added, "duplicates": i.Duplicates, "damaged": i.Damaged, "other": i.Other, "reason": i.Reason, "reasons": append([]fault.Text{}, i.Reasons...), "stations": append([]int64{}, i.Stations...),
	})
	if err != nil {
		return unavailable(fmt.Errorf("save import %d: %w", i.ID, err))
	}
	return nil
}

// importLease is how long a running import may be silent before it counts as
// interrupted: its server was stopped or killed.
const importLease = time.Minute

// Imports returns the latest imports, newest first.
func (s *Store) Imports(ctx context.Context, limit int) ([]Import, error) {
	if err := s.endSilentImports(ctx); err != nil {
		return nil, err
	}
	return collect(ctx, s.pool, "list imports", scanImport, `SELECT `+importColumns+` FROM import ORDER BY id DESC LIMIT $1`, limit)
}

// Import returns one import.
func (s *Store) Import(ctx context.Context, id int64) (*Import, error) {
	if err := s.endSilentImports(ctx); err != nil {
		return nil, err
	}
	list, err := collect(ctx, s.pool, "read import", scanImport, `SELECT `+importColumns+` FROM import WHERE id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no import %d", id).Coded("no_import", "id")
	}
	return &list[0], nil
}

func (s *Store) endSilentImports(ctx context.Context) error {
	why := fault.Sayf("the server stopped while it was importing; import the file again: what was added stays and is not added twice").Coded("import_interrupted")
	_, err := s.pool.Exec(ctx, `
		UPDATE import
		SET    state = 'interrupted', finished = now(), reason = $2, reasons = $3
		WHERE  state IN ('receiving', 'running') AND updated < now() - $1::interval`, importLease, why.Message, []fault.Text{why.Text})
	if err != nil {
		return unavailable(fmt.Errorf("end silent imports: %w", err))
	}
	return nil
}

// StationNames returns the names of stations by id; those that are gone are left out.
func (s *Store) StationNames(ctx context.Context, ids []int64) (map[int64]string, error) {
	names := map[int64]string{}
	rows, err := s.pool.Query(ctx, `SELECT id, name FROM station WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, unavailable(fmt.Errorf("name stations: %w", err))
	}
	var id int64
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil }); err != nil {
		return nil, unavailable(fmt.Errorf("name stations: %w", err))
	}
	return names, nil
}
