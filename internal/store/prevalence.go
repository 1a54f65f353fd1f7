package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// tally counts runs and remembers when the first and the last was.
type tally struct {
	first, last time.Time
	runs        int64
}

func (t *tally) add(at time.Time) {
	if t.runs == 0 || at.Before(t.first) {
		t.first = at
	}
	if t.runs == 0 || at.After(t.last) {
		t.last = at
	}
	t.runs++
}

// pair is a key of a prevalence table: what is counted, per station. The first
// number is the parent binary, the account, or zero.
type pair struct{ with, binary, station int64 }

// countPrevalence adds the new starts to the prevalence of their binary, their
// launch and their user, in the transaction that stores them: so the figures
// are exact after any replay. Rows of one station are written by one
// transaction at a time (lockStreams); the figures of the whole fleet are only
// ever appended to, as deltas.
func (w *writer) countPrevalence(ctx context.Context) error {
	binaries, launches, users := map[pair]*tally{}, map[pair]*tally{}, map[pair]*tally{}
	count := func(in map[pair]*tally, key pair, at time.Time) {
		t := in[key]
		if t == nil {
			t = &tally{}
			in[key] = t
		}
		t.add(at)
	}
	for _, r := range w.starts {
		if r.known {
			continue
		}
		at, station := r.self.started, r.self.station
		count(binaries, pair{0, r.binary.id, station}, at)
		count(users, pair{w.words.accounts[account{r.User, r.UserSID}], r.binary.id, station}, at)
		if r.parent != nil {
			count(launches, pair{r.parent.id(), r.binary.id, station}, at)
		}
	}
	for _, table := range [...]struct {
		sql    string
		counts map[pair]*tally
	}{{countBinariesSQL, binaries}, {countLaunchesSQL, launches}, {countUsersSQL, users}} {
		if len(table.counts) == 0 {
			continue
		}
		if _, err := w.tx.Exec(ctx, table.sql, tallyArgs(table.counts)); err != nil {
			return fmt.Errorf("count prevalence: %w", err)
		}
	}
	return nil
}

func tallyArgs(counts map[pair]*tally) pgx.NamedArgs {
	keys := make([]pair, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b pair) int {
		for _, d := range [...]int64{a.station - b.station, a.binary - b.binary, a.with - b.with} {
			if d != 0 {
				return int(max(-1, min(1, d)))
			}
		}
		return 0
	})
	n := len(keys)
	with, binary, station, runs := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	first, last := make([]time.Time, n), make([]time.Time, n)
	for i, k := range keys {
		t := counts[k]
		with[i], binary[i], station[i], runs[i], first[i], last[i] = k.with, k.binary, k.station, t.runs, t.first, t.last
	}
	return pgx.NamedArgs{"with": with, "binary": binary, "station": station, "runs": runs, "first": first, "last": last}
}

const (
	tallyRows = `unnest(@with::bigint[], @binary::bigint[], @station::bigint[], @runs::bigint[], @first::timestamptz[], @last::timestamptz[])
		AS t (with_id, binary_id, station_id, runs, first_seen, last_seen)`

	// xmax is 0 in a row that was inserted: the binary is new to that station.
	countBinariesSQL = `
		WITH told AS (SELECT * FROM ` + tallyRows + `),
		counted AS (
			INSERT INTO binary_station AS b (binary_id, station_id, first_seen, last_seen, runs)
			SELECT binary_id, station_id, first_seen, last_seen, runs FROM told
			ON CONFLICT (binary_id, station_id) DO UPDATE
			SET    first_seen = LEAST(b.first_seen, excluded.first_seen), last_seen = GREATEST(b.last_seen, excluded.last_seen), runs = b.runs + excluded.runs
			RETURNING binary_id, station_id, xmax = 0 AS new)
		INSERT INTO prevalence_delta (binary_id, stations, runs, first_seen, last_seen)
		SELECT told.binary_id, count(*) FILTER (WHERE counted.new), sum(told.runs), min(told.first_seen), max(told.last_seen)
		FROM   told JOIN counted USING (binary_id, station_id)
		GROUP  BY told.binary_id`

	countLaunchesSQL = `
		INSERT INTO launch_station AS l (parent_binary_id, binary_id, station_id, first_seen, last_seen, runs)
		SELECT with_id, binary_id, station_id, first_seen, last_seen, runs FROM ` + tallyRows + `
		ON CONFLICT (parent_binary_id, binary_id, station_id) DO UPDATE
		SET    first_seen = LEAST(l.first_seen, excluded.first_seen), last_seen = GREATEST(l.last_seen, excluded.last_seen), runs = l.runs + excluded.runs`

	countUsersSQL = `
		INSERT INTO account_binary_station AS a (account_id, binary_id, station_id, first_seen, last_seen, runs)
		SELECT with_id, binary_id, station_id, first_seen, last_seen, runs FROM ` + tallyRows + `
		ON CONFLICT (binary_id, account_id, station_id) DO UPDATE
		SET    first_seen = LEAST(a.first_seen, excluded.first_seen), last_seen = GREATEST(a.last_seen, excluded.last_seen), runs = a.runs + excluded.runs`
)

// FoldPrevalence adds the deltas that have gathered to the totals. Any server
// may call it at any time; only one at a time does the work.
func (s *Store) FoldPrevalence(ctx context.Context) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, foldLock).Scan(&mine); err != nil || !mine {
			return err
		}
		return foldPrevalence(ctx, tx)
	})
}

func foldPrevalence(ctx context.Context, tx DB) error {
	_, err := tx.Exec(ctx, `
		WITH taken AS (DELETE FROM prevalence_delta RETURNING *)
		INSERT INTO binary_total AS t (binary_id, stations, runs, first_seen, last_seen)
		SELECT binary_id, sum(stations), sum(runs), min(first_seen), max(last_seen)
		FROM   taken
		GROUP  BY binary_id
		ON CONFLICT (binary_id) DO UPDATE
		SET    stations = t.stations + excluded.stations, runs = t.runs + excluded.runs,
		       first_seen = LEAST(t.first_seen, excluded.first_seen), last_seen = GREATEST(t.last_seen, excluded.last_seen)`)
	if err != nil {
		return fmt.Errorf("fold prevalence: %w", err)
	}
	return nil
}

// Keys of advisory locks. Each names one kind of work that one server does at a time.
const (
	foldLock      int64 = 0x656c6a65_0001
	partitionLock int64 = 0x656c6a65_0002
	maintainLock  int64 = 0x656c6a65_0003
)
