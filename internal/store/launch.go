package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// fetchLaunches fills in the figures of the launch that each event was part of.
// An event whose parent is not stored has none.
func fetchLaunches(ctx context.Context, tx DB, events []Event) error {
	found := map[launch]*figures{}
	var binaries, parents []int32
	for i := range events {
		of := launch{binary: int32(events[i].BinaryID), parent: int32(events[i].ParentBinaryID)}
		if of.binary != 0 && of.parent != 0 && found[of] == nil {
			found[of] = &figures{}
			binaries, parents = append(binaries, of.binary), append(parents, of.parent)
		}
	}
	if len(found) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `
		SELECT binary_id, parent_binary_id, stations::integer, runs
		FROM   `+launchFiguresSQL(`(binary_id, parent_binary_id) IN (SELECT * FROM unnest(@binaries::integer[], @parents::integer[]))`)+` AS l`,
		pgx.NamedArgs{"binaries": binaries, "parents": parents})
	if err != nil {
		return fmt.Errorf("fetch launches: %w", err)
	}
	var of launch
	var f figures
	if _, err := pgx.ForEachRow(rows, []any{&of.binary, &of.parent, &f.launchStations, &f.runs}, func() error { *found[of] = f; return nil }); err != nil {
		return fmt.Errorf("fetch launches: %w", err)
	}
	for i := range events {
		if f := found[launch{binary: int32(events[i].BinaryID), parent: int32(events[i].ParentBinaryID)}]; f != nil {
			events[i].LaunchStations, events[i].LaunchRuns = int64(f.launchStations), f.runs
		}
	}
	return nil
}
