package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// sighting is something that is noted when it is seen first: an account that
// runs a binary on a station, a parent binary that starts one there; without a
// station, a binary in a path; without a binary, an account on a station.
type sighting struct {
	kind                  sightingKind
	binary, with, station int32
}

type sightingKind uint8

const (
	ofAccount sightingKind = iota
	ofParent
	ofPath
	ofStation
)

// launch is a pair of binaries; the parent is 0 where it is not stored.
type launch struct{ binary, parent int32 }

// figures are what an ingest adds to the fleet's figures of a launch.
type figures struct {
	runs                     int64
	stations, launchStations int32
	first, last              time.Time
}

// countPrevalence notes what the new starts are the first of, and how often each
// launch ran, in the transaction that stores them: so the figures are exact
// after any replay. Most has been seen before, and costs no statement. A station
// is written by one transaction at a time (lockStreams), and the fleet's figures
// are only ever appended to, so writers never wait for each other.
func (w *writer) countPrevalence(ctx context.Context) error {
	firsts := map[sighting]time.Time{}
	launches := map[launch]*figures{}
	// What is noted without a time is mostly the same for many events of a
	// transaction. This map is small, and quicker than the cache.
	timeless := map[sighting]bool{}
	sight := func(s sighting) {
		if !timeless[s] {
			timeless[s] = true
			w.sight(firsts, s, time.Time{})
		}
	}
	for _, r := range w.starts {
		if r.known {
			continue
		}
		at, station, of := r.self.started, int32(r.self.station), launch{binary: int32(r.binary.id)}
		w.sight(firsts, sighting{ofAccount, of.binary, int32(w.words.accounts[account{r.User, r.UserSID}]), station}, at)
		sight(sighting{ofPath, of.binary, int32(w.words.paths[r.Image]), 0})
		if r.parent != nil {
			of.parent = int32(r.parent.id())
			w.sight(firsts, sighting{ofParent, of.binary, of.parent, station}, at)
		}
		f := launches[of]
		if f == nil {
			f = &figures{first: at, last: at}
			launches[of] = f
		}
		f.runs++
		f.first, f.last = earlier(f.first, at), later(f.last, at)
	}
	account := func(station int64, p *event.Process) {
		if id := w.words.account(p.User, p.UserSID); id != 0 {
			sight(sighting{ofStation, 0, int32(id), int32(station)})
		}
	}
	for _, r := range w.starts {
		account(r.self.station, r.Process)
	}
	for _, r := range w.stops {
		account(r.station, r.Process)
	}
	if err := w.noteFirsts(ctx, firsts, launches); err != nil {
		return err
	}
	if len(launches) == 0 {
		return nil
	}
	return w.appendDeltas(ctx, launches)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// sight takes s into firsts, unless it is remembered to have been seen by then.
func (w *writer) sight(firsts map[sighting]time.Time, s sighting, at time.Time) {
	if w.words.cache.sightings.has(s, at) {
		return
	}
	if old, ok := firsts[s]; !ok || at.Before(old) {
		firsts[s] = at
	}
}

// noteFirsts stores sightings and counts those of a new station.
func (w *writer) noteFirsts(ctx context.Context, firsts map[sighting]time.Time, launches map[launch]*figures) error {
	ordered := make([]sighting, 0, len(firsts))
	for s := range firsts {
		ordered = append(ordered, s)
	}
	w.words.learnt = append(w.words.learnt, func() { w.words.cache.sightings.add(firsts) })
	slices.SortFunc(ordered, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.station, b.station), cmp.Compare(a.binary, b.binary), cmp.Compare(a.with, b.with))
	})
	for kind, sql := range [...]string{ofAccount: noteAccountsSQL, ofParent: noteParentsSQL, ofPath: notePathsSQL, ofStation: noteStationsSQL} {
		var binaries, with, stations []int32
		var times []time.Time
		for _, s := range ordered {
			if s.kind == sightingKind(kind) {
				binaries, with, stations, times = append(binaries, s.binary), append(with, s.with), append(stations, s.station), append(times, firsts[s])
			}
		}
		if len(binaries) == 0 {
			continue
		}
		rows, err := w.tx.Query(ctx, sql, pgx.NamedArgs{"binaries": binaries, "with": with, "stations": stations, "times": times})
		if err != nil {
			return fmt.Errorf("note first sightings: %w", err)
		}
		newStations := map[launch]int32{}
		var of launch
		var n int32
		if _, err := pgx.ForEachRow(rows, []any{&of.binary, &of.parent, &n}, func() error { newStations[of] = n; return nil }); err != nil {
			return fmt.Errorf("note first sightings: %w", err)
		}
		countNewStations(launches, newStations, sightingKind(kind))
	}
	return nil
}

// countNewStations adds to the figures how many stations are new. Those of a
// binary go to any one of its launches: they are summed in the end.
func countNewStations(launches map[launch]*figures, newStations map[launch]int32, kind sightingKind) {
	if kind == ofParent {
		for of, n := range newStations {
			launches[of].launchStations = n
		}
		return
	}
	for of, f := range launches {
		binary := launch{binary: of.binary}
		f.stations += newStations[binary]
		delete(newStations, binary)
	}
}

// Each gives how many stations are new to a binary, or to a launch. What they
// read is what was stored before the statement.
const (
	sightingRows = `unnest(@binaries::integer[], @with::integer[], @stations::integer[], @times::timestamptz[])`

	noteAccountsSQL = `
		WITH told AS (
			SELECT t.*, stored.known, stored.first
			FROM   ` + sightingRows + ` AS t (binary_id, account_id, station_id, first_seen)
			CROSS  JOIN LATERAL (
				SELECT count(*) > 0 AS known, min(a.first_seen) FILTER (WHERE a.account_id = t.account_id) AS first
				FROM   account_binary_station a
				WHERE  a.binary_id = t.binary_id AND a.station_id = t.station_id) AS stored
		), noted AS (
			INSERT INTO account_binary_station (binary_id, account_id, station_id, first_seen)
			SELECT binary_id, account_id, station_id, first_seen
			FROM   told
			WHERE  first IS NULL OR first > first_seen
			ON CONFLICT (binary_id, station_id, account_id) DO UPDATE SET first_seen = excluded.first_seen)
		SELECT binary_id, 0, count(DISTINCT station_id)::integer
		FROM   told
		WHERE  NOT known
		GROUP  BY binary_id`

	noteParentsSQL = `
		WITH told AS (
			SELECT t.*, (SELECT l.first_seen FROM launch_station l
			             WHERE  l.binary_id = t.binary_id AND l.parent_binary_id = t.parent_binary_id AND l.station_id = t.station_id) AS known
			FROM   ` + sightingRows + ` AS t (binary_id, parent_binary_id, station_id, first_seen)
		), noted AS (
			INSERT INTO launch_station (binary_id, parent_binary_id, station_id, first_seen)
			SELECT binary_id, parent_binary_id, station_id, first_seen
			FROM   told
			WHERE  known IS NULL OR known > first_seen
			ON CONFLICT (binary_id, parent_binary_id, station_id) DO UPDATE SET first_seen = excluded.first_seen)
		SELECT binary_id, parent_binary_id, count(*)::integer
		FROM   told
		WHERE  known IS NULL
		GROUP  BY binary_id, parent_binary_id`

	notePathsSQL = `
		INSERT INTO binary_path (path_id, binary_id)
		SELECT path_id, binary_id
		FROM   ` + sightingRows + ` AS t (binary_id, path_id, station_id, first_seen)
		ORDER  BY 1, 2
		ON CONFLICT DO NOTHING
		RETURNING 0, 0, 0`

	noteStationsSQL = `
		INSERT INTO account_station (account_id, station_id)
		SELECT account_id, station_id
		FROM   ` + sightingRows + ` AS t (binary_id, account_id, station_id, first_seen)
		ON CONFLICT DO NOTHING
		RETURNING 0, 0, 0`
)

var deltaColumns = []string{"binary_id", "parent_binary_id", "runs", "stations", "launch_stations", "first_seen", "last_seen"}

func (w *writer) appendDeltas(ctx context.Context, launches map[launch]*figures) error {
	b := newCopyBuffer(len(deltaColumns), len(launches))
	for of, f := range launches {
		b.row()
		b.integer(int64(of.binary))
		b.integer(int64(of.parent))
		b.bigint(f.runs)
		b.integer(int64(f.stations))
		b.integer(int64(f.launchStations))
		b.time(f.first)
		b.time(f.last)
	}
	return b.send(ctx, w.tx, "prevalence_delta", deltaColumns)
}

// FoldPrevalence adds the deltas that have gathered to the totals. Any server
// may call it at any time; only one at a time does the work, and the others
// return at once.
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
		WITH taken AS (DELETE FROM prevalence_delta RETURNING *),
		launches AS (
			INSERT INTO launch_total AS t (binary_id, parent_binary_id, stations, runs, first_seen, last_seen)
			SELECT binary_id, parent_binary_id, sum(launch_stations), sum(runs), min(first_seen), max(last_seen)
			FROM   taken
			WHERE  parent_binary_id <> 0
			GROUP  BY binary_id, parent_binary_id
			ON CONFLICT (binary_id, parent_binary_id) DO UPDATE
			SET    stations = t.stations + excluded.stations, runs = t.runs + excluded.runs,
			       first_seen = LEAST(t.first_seen, excluded.first_seen), last_seen = GREATEST(t.last_seen, excluded.last_seen))
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
