package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// StationEvents are events of one station, in the order the station gives them.
// Each has passed event.Process.Check.
type StationEvents struct {
	Station int64
	Live    bool // numbered by Seq; otherwise imported
	Events  []event.Process

	// Gaps are those of a live station, numbered by Seq among the events, and
	// have passed event.Gap.Check. A record that the caller refuses is one of
	// cause Refused with the record's number; those of one reason become one.
	Gaps []event.Gap

	// Devices are those of a live station, numbered by Seq among the events, and
	// have passed event.Device.Check.
	Devices []event.Device
}

// Added says what became of one StationEvents.
type Added struct {
	Starts     int    // stored: starts and running processes
	Stops      int    // stored
	Gaps       int    // stored, of those that the station or the caller told
	Devices    int    // records of devices, stored
	Duplicates int    // were stored before
	LastSeq    uint64 // live: everything up to here is stored
}

// AddEvents stores the events of several stations in one transaction: it drops
// what is stored already, resolves parents and ends, and keeps the prevalence.
// After it returns without an error, everything is on disk.
func (s *Store) AddEvents(ctx context.Context, batches []StationEvents) ([]Added, error) {
	copies, ok := s.copies.Get().(*copyBuffer)
	if !ok {
		copies = new(copyBuffer)
	}
	defer func() {
		if cap(copies.bytes) <= mostKept {
			s.copies.Put(copies)
		}
	}()
	begun, forgotten := false, false
	for {
		if err := s.ensureDays(ctx, batches); err != nil {
			return nil, err
		}
		var added []Added
		var w *writer
		err := s.inTx(ctx, func(tx pgx.Tx) (err error) {
			w = &writer{tx: tx, words: s.words.begin(tx), copies: copies}
			added, err = w.run(ctx, batches)
			return err
		})
		if errors.Is(err, errNoStream) && !begun {
			begun = true
			if err = s.beginStreams(ctx, batches); err == nil {
				continue
			}
		}
		pg, ok := errors.AsType[*pgconn.PgError](err)
		if ok && pg.Code == "23514" && !forgotten {
			// "no partition of relation found for row": the day was dropped by
			// retention since we last looked.
			forgotten = true
			s.days.forget()
			continue
		}
		if ok && pg.Code == "23503" || errors.Is(err, errNoStream) {
			return nil, fault.Wrap(fault.Conflict, err, "the station was removed meanwhile").Coded("station_removed")
		}
		if err != nil {
			return nil, err
		}
		w.words.committed()
		return added, nil
	}
}

// ensureDays makes the partitions that the batches need.
func (s *Store) ensureDays(ctx context.Context, batches []StationEvents) error {
	var missing []time.Time
	asked := map[int64]bool{} // by days of Unix time
	for _, b := range batches {
		for i := range b.Events {
			p := &b.Events[i]
			for _, t := range [...]time.Time{p.Time, p.Started} {
				number := t.Unix() / (24 * 60 * 60)
				if t.IsZero() || asked[number] {
					continue
				}
				asked[number] = true
				if day := t.UTC().Truncate(24 * time.Hour); !s.days.has(day) {
					missing = append(missing, day)
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := EnsurePartitions(ctx, s.pool, missing); err != nil {
		return unavailable(err)
	}
	s.days.add(missing)
	return nil
}

// writer is one transaction of AddEvents.
type writer struct {
	tx     pgx.Tx
	words  *words
	copies *copyBuffer // of the table that is copied into now
	starts []*startRow
	stops  []*stopRow
	found  resolver
	files  map[string]int64 // ids of import_file by name

	streams map[int64]*stream // of all stations, by number
	gaps    int               // that were told or found
	devices []deviceRow       // in the order of their streams
}

// startRow is a start on its way into process_start.
type startRow struct {
	*event.Process
	live    bool
	batch   int
	self    *started
	parent  *started // nil: not stored
	binary  *binary
	known   bool // stored before
	parents event.Key
}

// stopRow is a stop on its way into process_stop.
type stopRow struct {
	*event.Process
	live       bool
	batch      int
	station    int64
	key        event.Key
	started    time.Time
	start      *started // nil: not stored
	startKnown bool
	known      bool
}

// started is what is remembered of a process start, to be the parent of others.
type started struct {
	station     int64
	key         event.Key
	pid         uint32
	sensor      event.Sensor
	started     time.Time
	stopped     time.Time // zero: not known
	image       string
	commandLine string
	user        account
	parentImage string
	binaryID    int64   // once stored
	binary      *binary // while in the same batch
}

func (w *writer) run(ctx context.Context, batches []StationEvents) ([]Added, error) {
	added := make([]Added, len(batches))
	if err := w.lockStreams(ctx, batches); err != nil {
		return nil, err
	}
	for i := range batches {
		if err := w.take(i, &batches[i], &added[i]); err != nil {
			return nil, err
		}
	}
	steps := []func(context.Context) error{
		w.resolve, w.dropKnown, w.intern, w.copyStarts, w.copyStops, w.adoptOrphans, w.countPrevalence, w.storeGaps, w.storeDevices,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	for _, r := range w.starts {
		if r.known {
			added[r.batch].Duplicates++
		} else {
			added[r.batch].Starts++
		}
	}
	for _, r := range w.stops {
		if r.known {
			added[r.batch].Duplicates++
		} else {
			added[r.batch].Stops++
		}
	}
	return added, w.finish(ctx)
}

func (w *writer) add(b *StationEvents, batch int, p *event.Process) {
	if p.Kind == event.Stop {
		w.stops = append(w.stops, &stopRow{Process: p, live: b.Live, batch: batch, station: b.Station, key: p.Key(), started: p.Started})
		return
	}
	w.starts = append(w.starts, &startRow{
		Process: p, live: b.Live, batch: batch, binary: w.words.wantBinary(p), parents: p.ParentKey(),
		self: &started{
			station: b.Station, key: p.Key(), pid: p.PID, sensor: p.Sensor, started: p.Started.Truncate(time.Microsecond), image: p.Image,
			commandLine: p.CommandLine, user: account{p.User, p.UserSID}, parentImage: p.ParentImage,
		},
	})
	r := w.starts[len(w.starts)-1]
	r.self.binary = r.binary
}

// dropKnown marks what is stored already, or stands twice in the batch. Live
// starts and stops need no look: their numbers have told.
func (w *writer) dropKnown(ctx context.Context) error {
	type identity struct {
		processRef
		started int64
	}
	seen := make(map[identity]bool, len(w.starts))
	var starts []*startRow
	for _, r := range w.starts {
		id := identity{processRef{r.self.station, r.self.key}, r.self.started.UnixMicro()}
		r.known = seen[id]
		seen[id] = true
		if !r.known && (!r.live || r.Kind == event.Running) {
			starts = append(starts, r)
		}
	}
	err := w.findStored(ctx, "process_start", len(starts), func(i int) (int64, time.Time, event.Key) {
		return starts[i].self.station, starts[i].self.started, starts[i].self.key
	}, func(i int) { starts[i].known = true })
	if err != nil {
		return err
	}
	clear(seen)
	var stops []*stopRow
	for _, r := range w.stops {
		id := identity{processRef{r.station, r.key}, r.started.UnixMicro()}
		r.known = seen[id]
		seen[id] = true
		if !r.known && !r.live {
			stops = append(stops, r)
		}
	}
	return w.findStored(ctx, "process_stop", len(stops), func(i int) (int64, time.Time, event.Key) {
		return stops[i].station, stops[i].started, stops[i].key
	}, func(i int) { stops[i].known = true })
}

// findStored calls known for each of n identities that table has.
func (w *writer) findStored(ctx context.Context, table string, n int, identity func(int) (int64, time.Time, event.Key), known func(int)) error {
	if n == 0 {
		return nil
	}
	stations, times, keys := make([]int64, n), make([]time.Time, n), make([][16]byte, n)
	for i := range n {
		station, started, key := identity(i)
		stations[i], times[i], keys[i] = station, started, key
	}
	// LIMIT keeps the look-up a probe of one index of one day's partition each.
	rows, err := w.tx.Query(ctx, `
		SELECT w.n
		FROM   unnest($1::bigint[], $2::timestamptz[], $3::uuid[]) WITH ORDINALITY AS w (station_id, started, process_key, n)
		CROSS  JOIN LATERAL (
			SELECT 1 FROM `+table+` e
			WHERE  e.station_id = w.station_id AND e.started = w.started AND e.process_key = w.process_key
			LIMIT  1) AS stored`, stations, times, keys)
	if err != nil {
		return fmt.Errorf("look for known events in %s: %w", table, err)
	}
	var ordinal int64
	if _, err := pgx.ForEachRow(rows, []any{&ordinal}, func() error { known(int(ordinal) - 1); return nil }); err != nil {
		return fmt.Errorf("look for known events in %s: %w", table, err)
	}
	return nil
}

// hourOf is an hour of a station.
type hourOf struct {
	station int64
	hour    int64 // Unix time
}

// activity is what a transaction stores of a station, or of an hour of it.
type activity struct {
	starts, stops int64
	first, last   time.Time
}

func (a *activity) add(at time.Time, stop bool) {
	if a.starts+a.stops == 0 {
		a.first, a.last = at, at
	}
	a.first, a.last = earlier(a.first, at), later(a.last, at)
	if stop {
		a.stops++
	} else {
		a.starts++
	}
}

// finish brings the stations up to date and tells listeners. A stream moves also
// where nothing of it was stored: what was told of known processes, and gaps.
func (w *writer) finish(ctx context.Context) error {
	stations, hours := map[int64]*activity{}, map[hourOf]*activity{}
	stored := 0
	note := func(station int64, at time.Time, stop bool) {
		count(stations, station).add(at, stop)
		count(hours, hourOf{station, at.Truncate(time.Hour).Unix()}).add(at, stop)
		stored++
	}
	for _, r := range w.starts {
		if !r.known {
			note(r.self.station, r.Time, false)
			w.words.learnStart(r)
		}
	}
	for _, r := range w.stops {
		if !r.known {
			note(r.station, r.Time, true)
		}
	}
	for _, s := range w.streams {
		if s.last > s.before {
			count(stations, s.station)
		}
	}
	if len(stations) == 0 {
		return nil
	}
	if err := w.updateStations(ctx, stations); err != nil {
		return err
	}
	if stored > 0 {
		if err := w.countHours(ctx, hours); err != nil {
			return err
		}
	}
	if stored+w.gaps+len(w.devices) == 0 {
		return nil
	}
	if _, err := w.tx.Exec(ctx, `SELECT pg_notify('`+storedChannel+`', $1)`, Stored{Events: stored, Devices: len(w.devices)}.payload()); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

func count[K comparable](in map[K]*activity, key K) *activity {
	a := in[key]
	if a == nil {
		a = &activity{}
		in[key] = a
	}
	return a
}

func (w *writer) updateStations(ctx context.Context, stations map[int64]*activity) error {
	var ids, seqs, starts []int64
	var firsts, lasts []*time.Time // nil: no event
	for id, a := range stations {
		ids, seqs, starts = append(ids, id), append(seqs, bounded(w.streams[id].last)), append(starts, a.starts)
		first, last := &a.first, &a.last
		if a.starts+a.stops == 0 {
			first, last = nil, nil
		}
		firsts, lasts = append(firsts, first), append(lasts, last)
	}
	_, err := w.tx.Exec(ctx, `
		WITH news AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[]) AS n (id, seq, starts, first, last)),
		stream AS (UPDATE station_stream SET last_seq = news.seq FROM news WHERE station_id = news.id)
		UPDATE station
		SET    first_seen = LEAST(first_seen, news.first), last_seen = GREATEST(last_seen, news.last), starts = station.starts + news.starts
		FROM   news
		WHERE  station.id = news.id`, ids, seqs, starts, firsts, lasts)
	if err != nil {
		return fmt.Errorf("update stations: %w", err)
	}
	return nil
}

func (w *writer) countHours(ctx context.Context, of map[hourOf]*activity) error {
	var stations, starts, stops []int64
	var hours []time.Time
	for h, a := range of {
		stations, hours = append(stations, h.station), append(hours, time.Unix(h.hour, 0))
		starts, stops = append(starts, a.starts), append(stops, a.stops)
	}
	_, err := w.tx.Exec(ctx, `
		INSERT INTO station_hour AS h (hour, station_id, starts, stops)
		SELECT * FROM unnest($1::timestamptz[], $2::integer[], $3::integer[], $4::integer[])
		ON CONFLICT (station_id, hour) DO UPDATE SET starts = h.starts + excluded.starts, stops = h.stops + excluded.stops`,
		hours, stations, starts, stops)
	if err != nil {
		return fmt.Errorf("count hours: %w", err)
	}
	return nil
}

// storedChannel is the PostgreSQL channel on which every server hears what another
// has stored, see Stored.
const storedChannel = "eljefe_stored"
