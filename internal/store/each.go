package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	eachChunk        = 500
	allBinariesLimit = 10 * time.Minute // for finding those of a whole list
)

// EachBinary calls f with all binaries that l selects, in its order, a few
// hundred at a time, each with the paths of its page. Cursor and Limit do not
// count. The order is that of one moment: figures that change meanwhile make no
// binary come twice or be left out.
func (s *Store) EachBinary(ctx context.Context, l BinaryList, f func([]Binary) error) error {
	order, err := newSorting(binaryOrder, l.Sort, "f.binary_id", l.Descending, "")
	if err != nil {
		return err
	}
	filter, err := newBinaryFilter(l.Query)
	if err != nil {
		return err
	}
	var ids []int64
	err = s.search(ctx, allBinariesLimit, func(tx pgx.Tx) (err error) {
		ids, err = collect(ctx, tx, "list all binaries", pgx.RowTo[int64], `
		SELECT f.binary_id
		FROM   `+binaryTables+`
		WHERE  `+conditions("true", filter.where)+`
		ORDER  BY `+order.orderBy(), filter.arguments())
		return err
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(ids, eachChunk) {
		var list []Binary
		err := s.search(ctx, binaryTimeLimit, func(tx pgx.Tx) (err error) {
			list, err = fetchBinaries(ctx, tx, part, pathsOnPage)
			return err
		})
		if err != nil {
			return tooSlow(err)
		}
		if err := f(list); err != nil {
			return err
		}
	}
	return nil
}

// EachStation calls f with all stations that l selects, in its order, a few
// hundred at a time. Cursor and Limit do not count.
func (s *Store) EachStation(ctx context.Context, l StationList, f func([]ListedStation) error) error {
	l.Cursor, l.Limit = "", eachChunk
	for {
		list, next, err := s.Stations(ctx, l)
		if err != nil {
			return err
		}
		if err := f(list); err != nil {
			return err
		}
		if l.Cursor = next; next == "" {
			return nil
		}
	}
}
