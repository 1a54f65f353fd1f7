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
	var of [ofStation + 1]sightings
	for s, at := range firsts {
		of[s.kind] = append(of[s.kind], sighted{s, at})
	}
	w.words.learnt = append(w.words.learnt, func() { w.words.cache.sightings.add(firsts) })
	for _, list := range of {
		slices.SortFunc(list, func(a, b sighted) int {
			return cmp.Or(cmp.Compare(a.station, b.station), cmp.Compare(a.binary, b.binary), cmp.Compare(a.with, b.with))
		})
	}
	if err := w.noteAccounts(ctx, of[ofAccount], launches); err != nil {
		return err
	}
	if err := w.noteParents(ctx, of[ofParent], launches); err != nil {
		return err
	}
	if err := w.noteTimeless(ctx, of[ofPath], notePathsSQL); err != nil {
		return err
	}
	return w.noteTimeless(ctx, of[ofStation], noteStationsSQL)
}

func (w *writer) noteTimeless(ctx context.Context, list sightings, sql string) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := w.tx.Exec(ctx, sql, list.arguments()); err != nil {
		return fmt.Errorf("note first sightings: %w", err)
	}
	return nil
}

// sighted is a sighting, and the time that is to be noted for it.
type sighted struct {
	sighting
	at time.Time
}

type sightings []sighted

// arguments are what sightingRows reads.
func (list sightings) arguments() pgx.NamedArgs {
	binaries, with, stations, times := make([]int32, len(list)), make([]int32, len(list)), make([]int32, len(list)), make([]time.Time, len(list))
	for i, s := range list {
		binaries[i], with[i], stations[i], times[i] = s.binary, s.with, s.station, s.at
	}
	return pgx.NamedArgs{"binaries": binaries, "with": with, "stations": stations, "times": times}
}

// noteAccounts notes who ran what where. A station is new to a binary if nobody
// has run it there before; it counts for any one of the binary's launches,
// because these are summed in the end.
func (w *writer) noteAccounts(ctx context.Context, list sightings, launches map[launch]*figures) error {
	known, err := w.noteTimes(ctx, list, lookForAccountsSQL, "account_binary_station", "account_id")
	if err != nil {
		return err
	}
	newStations := map[int32]int32{} // by binary
	for i, s := range list {
		again := i > 0 && list[i-1].station == s.station && list[i-1].binary == s.binary // by another account
		if !known[i] && !again {
			newStations[s.binary]++
		}
	}
	for of, f := range launches {
		f.stations += newStations[of.binary]
		delete(newStations, of.binary)
	}
	return nil
}

// noteParents notes which binary has started which where.
func (w *writer) noteParents(ctx context.Context, list sightings, launches map[launch]*figures) error {
	known, err := w.noteTimes(ctx, list, lookForParentsSQL, "launch_station", "parent_binary_id")
	if err != nil {
		return err
	}
	for i, s := range list {
		if !known[i] {
			launches[launch{s.binary, s.with}].launchStations++
		}
	}
	return nil
}

// noteTimes stores sightings that have a station in a table, and tells for each
// whether what look looks for was there. Nobody else writes the same rows: they
// are under the station's lock. So they are looked for first, and what is new is
// copied, which is a good deal cheaper than to insert what may be there.
func (w *writer) noteTimes(ctx context.Context, list sightings, look, table, with string) (known []bool, err error) {
	known = make([]bool, len(list))
	if len(list) == 0 {
		return known, nil
	}
	rows, err := w.tx.Query(ctx, look, list.arguments())
	if err != nil {
		return nil, fmt.Errorf("look for sightings in %s: %w", table, err)
	}
	stored := make([]bool, len(list))
	var sooner sightings
	var n int64
	var first *time.Time
	_, err = pgx.ForEachRow(rows, []any{&n, &first}, func() error {
		s := list[n-1]
		known[n-1], stored[n-1] = true, first != nil
		if first != nil && s.at.Before(*first) {
			sooner = append(sooner, s)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for sightings in %s: %w", table, err)
	}
	columns := []string{"binary_id", with, "station_id", "first_seen"}
	b := w.copies.begin(len(columns))
	for i, s := range list {
		if !stored[i] {
			b.row()
			b.integer(int64(s.binary))
			b.integer(int64(s.with))
			b.integer(int64(s.station))
			b.time(s.at)
		}
	}
	if err := b.send(ctx, w.tx, table, columns); err != nil {
		return nil, err
	}
	if len(sooner) == 0 {
		return known, nil
	}
	_, err = w.tx.Exec(ctx, `
		UPDATE `+table+` AS stored
		SET    first_seen = t.first_seen
		FROM   `+sightingRows+`
		WHERE  stored.binary_id = t.binary_id AND stored.`+with+` = t.with_id AND stored.station_id = t.station_id`, sooner.arguments())
	if err != nil {
		return nil, fmt.Errorf("note earlier sightings in %s: %w", table, err)
	}
	return known, nil
}

// What they read is what was stored before the transaction.
const (
	sightingRows = `unnest(@binaries::integer[], @with::integer[], @stations::integer[], @times::timestamptz[]) WITH ORDINALITY
		       AS t (binary_id, with_id, station_id, first_seen, n)`

	// The station is known to the binary; the time is null where the account is not.
	lookForAccountsSQL = `
		SELECT t.n, stored.first_seen
		FROM   ` + sightingRows + `
		CROSS  JOIN LATERAL (
			SELECT min(a.first_seen) FILTER (WHERE a.account_id = t.with_id) AS first_seen
			FROM   account_binary_station a
			WHERE  a.binary_id = t.binary_id AND a.station_id = t.station_id
			HAVING count(*) > 0) AS stored`

	lookForParentsSQL = `
		SELECT t.n, stored.first_seen
		FROM   ` + sightingRows + `
		CROSS  JOIN LATERAL (
			SELECT l.first_seen
			FROM   launch_station l
			WHERE  l.binary_id = t.binary_id AND l.parent_binary_id = t.with_id AND l.station_id = t.station_id
			LIMIT  1) AS stored`

	notePathsSQL = `
		INSERT INTO binary_path (path_id, binary_id)
		SELECT t.with_id, t.binary_id
		FROM   ` + sightingRows + `
		ORDER  BY 1, 2
		ON CONFLICT DO NOTHING`

	noteStationsSQL = `
		INSERT INTO account_station (account_id, station_id)
		SELECT t.with_id, t.station_id
		FROM   ` + sightingRows + `
		ON CONFLICT DO NOTHING`
)

var deltaColumns = []string{"binary_id", "parent_binary_id", "runs", "stations", "launch_stations", "first_seen", "last_seen"}

func (w *writer) appendDeltas(ctx context.Context, launches map[launch]*figures) error {
	b := w.copies.begin(len(deltaColumns))
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

// FoldEvery is the time between two folds. A launch that ran often meanwhile costs
// one; who reads in between adds the deltas, which must stay few for that.
const FoldEvery = 5 * time.Second

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
