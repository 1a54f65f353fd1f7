package store

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// gapRow is a gap on its way into the table.
type gapRow struct {
	station  int64
	cause    event.Cause
	from, to time.Time // from is zero where nobody in the transaction knows
	events   *int64
	seq      uint64  // 0: the server found it
	missing  numbers // zero: none
	detail   string
}

// storeGaps stores what the stations told to be missing, as far as it is, and as
// unexplained what is missing in their streams and nobody has told of, be it before or after. A
// transaction without either costs nothing.
func (w *writer) storeGaps(ctx context.Context) error {
	var told, holes []gapRow
	for _, s := range w.streams {
		told = append(told, s.told()...)
		holes = append(holes, s.holes...)
	}
	w.gaps = len(told) + len(holes)
	if w.gaps == 0 {
		return nil
	}
	explained := map[int64][]numbers{} // by station
	for _, g := range told {
		if g.missing.first != 0 {
			explained[g.station] = append(explained[g.station], g.missing)
		}
	}
	known, err := w.gapsBeside(ctx, explained, holes)
	if err != nil {
		return err
	}
	rows := w.stillMissing(told, holes, known)
	var solved []int64
	for _, k := range known {
		if k.cause != event.Unexplained {
			continue
		}
		left := k.missing.without(explained[k.station])
		if len(left) == 1 && left[0] == k.missing {
			continue
		}
		solved = append(solved, k.id)
		rows = append(rows, k.parts(left)...)
	}
	for _, k := range known {
		if k.cause != event.Unexplained {
			explained[k.station] = append(explained[k.station], k.missing)
		}
	}
	for _, h := range holes {
		rows = append(rows, h.parts(h.missing.without(explained[h.station]))...)
	}
	return w.writeGaps(ctx, rows, solved)
}

// told returns the rows of the gaps that came in the stream. Records that were
// refused for one reason are one gap.
func (s *stream) told() []gapRow {
	var rows []gapRow
	refused := map[string]int{} // place in rows by reason
	for _, g := range s.gaps {
		row := gapRow{
			station: s.station, cause: g.Cause, from: g.From, to: g.To, seq: g.Seq,
			missing: numbers{g.FirstSeq, uint64(bounded(g.LastSeq))}, detail: cleanText(g.Detail),
		}
		if g.Events != nil {
			n := bounded(*g.Events)
			row.events = &n
		}
		if g.Cause != event.Refused || row.events == nil || row.missing.first != row.missing.last {
			rows = append(rows, row)
			continue
		}
		row.missing = numbers{} // it was there, only no good
		i, again := refused[row.detail]
		if !again {
			refused[row.detail] = len(rows)
			rows = append(rows, row)
			continue
		}
		one := &rows[i]
		*one.events += *row.events
		one.from, one.to, one.seq = earlier(one.from, row.from), later(one.to, row.to), row.seq
	}
	return rows
}

// stillMissing returns what was told to be missing without the records that are
// stored: a station that gives up records on their way to the server cannot know
// that they arrived. What is missing is a hole in the stream, new or known, or
// behind its end.
func (w *writer) stillMissing(told, holes []gapRow, known []knownGap) []gapRow {
	missing := map[int64][]numbers{} // by station
	for id, s := range w.streams {
		missing[id] = []numbers{{s.last + 1, math.MaxUint64}}
	}
	for _, h := range holes {
		missing[h.station] = append(missing[h.station], h.missing)
	}
	for _, k := range known {
		if k.cause == event.Unexplained {
			missing[k.station] = append(missing[k.station], k.missing)
		}
	}
	var rows []gapRow
	for _, g := range told {
		if g.missing.first == 0 {
			rows = append(rows, g)
			continue
		}
		left := g.missing.without(g.missing.without(missing[g.station]))
		if len(left) == 1 && left[0] == g.missing {
			rows = append(rows, g)
			continue
		}
		rows = append(rows, g.parts(left)...)
	}
	return rows
}

// parts returns the gap for each of the spans that are left of what is missing.
func (g gapRow) parts(left []numbers) []gapRow {
	rows := make([]gapRow, len(left))
	for i, n := range left {
		events := bounded(n.count())
		rows[i] = g
		rows[i].missing, rows[i].events = n, &events
	}
	return rows
}

// knownGap is a gap of an earlier transaction.
type knownGap struct {
	gapRow
	id int64
}

// gapsBeside returns the stored gaps that what is new may concern: unexplained
// ones where something is explained now, and explanations where there is a hole
// now.
func (w *writer) gapsBeside(ctx context.Context, explained map[int64][]numbers, holes []gapRow) ([]knownGap, error) {
	var stations, firsts, lasts []int64
	var unexplained []bool
	want := func(station int64, n numbers, isUnexplained bool) {
		stations, firsts, lasts = append(stations, station), append(firsts, bounded(n.first)), append(lasts, bounded(n.last))
		unexplained = append(unexplained, isUnexplained)
	}
	for station, list := range explained {
		want(station, hull(list), true)
	}
	passed := map[int64][]numbers{}
	for _, h := range holes {
		passed[h.station] = append(passed[h.station], h.missing)
	}
	for station, list := range passed {
		want(station, hull(list), false)
	}
	if len(stations) == 0 {
		return nil, nil
	}
	return collect(ctx, w.tx, "look for gaps beside new ones", func(row pgx.CollectableRow) (k knownGap, err error) {
		var first, last int64
		err = row.Scan(&k.id, &k.station, &k.cause, &k.from, &k.to, &first, &last, &k.detail)
		k.missing = numbers{uint64(first), uint64(last)}
		return k, err
	}, `
		SELECT g.id, g.station_id, g.cause, g.from_time, g.to_time, g.first_seq, g.last_seq, g.detail
		FROM   unnest($1::integer[], $2::bigint[], $3::bigint[], $4::boolean[]) AS w (station_id, first_seq, last_seq, unexplained)
		JOIN   gap g ON g.station_id = w.station_id AND g.last_seq >= w.first_seq AND g.first_seq <= w.last_seq AND (g.cause = $5) = w.unexplained`,
		stations, firsts, lasts, unexplained, event.Unexplained)
}

// writeGaps adds rows, and removes those that were solved. Where a hole is the
// first thing of a transaction, it began with the last event of those before.
func (w *writer) writeGaps(ctx context.Context, rows []gapRow, solved []int64) error {
	var (
		stations, firsts, lasts, seqs []int64
		causes, details               []string
		froms                         []*time.Time
		tos                           []time.Time
		events                        []*int64
	)
	slices.SortStableFunc(rows, func(a, b gapRow) int { return int(a.station - b.station) })
	for _, g := range rows {
		from, to := &g.from, g.to
		if from.IsZero() {
			from = nil
		} else if to.Before(*from) {
			from, to = &g.to, g.from
		}
		stations, causes, details = append(stations, g.station), append(causes, string(g.cause)), append(details, g.detail)
		froms, tos, events, seqs = append(froms, from), append(tos, to), append(events, g.events), append(seqs, bounded(g.seq))
		firsts, lasts = append(firsts, bounded(g.missing.first)), append(lasts, bounded(g.missing.last))
	}
	_, err := w.tx.Exec(ctx, `
		WITH solved AS (DELETE FROM gap WHERE station_id = ANY ($10::integer[]) AND id = ANY ($11::bigint[]))
		INSERT INTO gap (station_id, cause, from_time, to_time, events, seq, first_seq, last_seq, detail)
		SELECT n.station_id, n.cause, COALESCE(n.from_time, LEAST(n.to_time, s.last_seen)), n.to_time, n.events, NULLIF(n.seq, 0), NULLIF(n.first_seq, 0), NULLIF(n.last_seq, 0), n.detail
		FROM   unnest($1::integer[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[])
		       WITH ORDINALITY AS n (station_id, cause, from_time, to_time, events, seq, first_seq, last_seq, detail, place)
		JOIN   station s ON s.id = n.station_id
		ORDER  BY n.place`, stations, causes, froms, tos, events, seqs, firsts, lasts, details, stationsOf(w.streams), append([]int64{}, solved...))
	if err != nil {
		return fmt.Errorf("store gaps: %w", err)
	}
	return nil
}

func stationsOf(streams map[int64]*stream) []int64 {
	ids := make([]int64, 0, len(streams))
	for id := range streams {
		ids = append(ids, id)
	}
	return ids
}
