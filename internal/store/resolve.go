package store

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// A parent, or the start of a process that ends, is looked for in the batch, in
// the cache, and in the database this far back.
const lookBack = 90 * 24 * time.Hour

// signed returns the integer that stands for an unsigned number of 32 bits in
// the database: the one with the same bits.
func signed(v uint32) int64 { return int64(int32(v)) }

// stationPID is a pid of a station: it names a process only together with a time.
type stationPID struct {
	station int64
	pid     uint32
}

// resolver finds process starts for one batch.
type resolver struct {
	byKey map[processRef]*started
	byPID map[stationPID][]*started // in the order of their starts
}

// want is one start that is looked for in the database.
type want struct {
	station int64
	pid     uint32
	key     event.Key // zero: the latest with that pid
	sensor  event.Sensor
	before  time.Time // it started not later than this
}

// resolve gives stops their start and starts their parent.
func (w *writer) resolve(ctx context.Context) error {
	f := &w.found
	f.byKey, f.byPID = map[processRef]*started{}, map[stationPID][]*started{}
	for _, r := range w.starts {
		f.note(r.self)
	}
	for _, list := range f.byPID {
		sort.SliceStable(list, func(i, j int) bool { return list[i].started.Before(list[j].started) })
	}
	if err := w.fetch(ctx); err != nil {
		return err
	}
	for _, r := range w.stops {
		w.resolveStop(r)
	}
	for _, r := range w.starts {
		w.resolveParent(r)
	}
	// A grandparent is the parent of a parent that has just been resolved.
	for _, r := range w.starts {
		if r.parent != nil && r.GrandparentImage == "" {
			r.GrandparentImage = r.parent.parentImage
		}
	}
	return nil
}

func (f *resolver) note(s *started) {
	f.byKey[processRef{s.station, s.key}] = s
	at := stationPID{s.station, s.pid}
	f.byPID[at] = append(f.byPID[at], s)
}

// fetch adds to the batch's own starts what the database knows.
func (w *writer) fetch(ctx context.Context) error {
	wants := map[want]bool{}
	byKey := map[processRef]want{}
	ask := func(x want) {
		if x.pid == 0 {
			return
		}
		if x.key.IsZero() {
			wants[x] = true
			return
		}
		ref := processRef{x.station, x.key}
		if w.found.byKey[ref] != nil {
			return
		}
		if s, ok := w.words.cache.parents.Get(ref); ok {
			w.found.byKey[ref] = s
			return
		}
		// One look-up per process, however many children it has.
		if old, ok := byKey[ref]; !ok || old.before.Before(x.before) {
			byKey[ref] = x
		}
	}
	for _, r := range w.stops {
		before := r.Time
		if !r.key.IsZero() && !r.started.IsZero() {
			before = r.started
		}
		ask(want{r.station, r.PID, r.key, r.Sensor, before})
	}
	for _, r := range w.starts {
		ask(want{r.self.station, r.ParentPID, r.parents, r.Sensor, r.self.started})
	}
	for _, x := range byKey {
		wants[x] = true
	}
	if len(wants) == 0 {
		return nil
	}
	var (
		stations, pids []int64
		keys           []*[16]byte
		sensors        []int16
		befores        []time.Time
	)
	for x := range wants {
		var key *[16]byte
		if !x.key.IsZero() {
			k := [16]byte(x.key)
			key = &k
		}
		stations, pids, keys = append(stations, x.station), append(pids, signed(x.pid)), append(keys, key)
		sensors, befores = append(sensors, sensorCode[x.sensor]), append(befores, x.before)
	}
	// LIMIT makes it one ordered probe per wanted start, newest partition first.
	rows, err := w.tx.Query(ctx, `
		SELECT s.station_id, s.process_key, s.pid, s.sensor, s.started, t.stopped, s.command_line, s.binary_id,
		       COALESCE(image.text, ''), COALESCE(account.name, ''), COALESCE(account.sid, ''), COALESCE(parent_image.text, '')
		FROM   unnest(@stations::bigint[], @pids::bigint[], @keys::uuid[], @sensors::smallint[], @befores::timestamptz[])
		       AS w (station_id, pid, process_key, sensor, before)
		CROSS  JOIN LATERAL (
			SELECT *
			FROM   process_start s
			WHERE  s.station_id = w.station_id AND s.pid = w.pid
			AND    s.started <= w.before AND s.started > w.before - @look_back::interval
			AND    CASE WHEN w.process_key IS NULL THEN s.sensor = w.sensor ELSE s.process_key = w.process_key END
			ORDER  BY s.started DESC
			LIMIT  1) AS s
		LEFT   JOIN LATERAL (
			SELECT stopped FROM process_stop t
			WHERE  t.station_id = s.station_id AND t.started = s.started AND t.process_key = s.process_key
			LIMIT  1) AS t ON true
		LEFT   JOIN path image        ON image.id = s.image_id
		LEFT   JOIN path parent_image ON parent_image.id = s.parent_image_id
		LEFT   JOIN account           ON account.id = s.account_id`,
		pgx.NamedArgs{"stations": stations, "pids": pids, "keys": keys, "sensors": sensors, "befores": befores, "look_back": lookBack})
	if err != nil {
		return fmt.Errorf("look for parents: %w", err)
	}
	fetched := map[processRef]*started{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var s started
		var key [16]byte
		var pid int64
		var sensor int16
		var stopped *time.Time
		err := row.Scan(&s.station, &key, &pid, &sensor, &s.started, &stopped, &s.commandLine, &s.binaryID, &s.image, &s.user.name, &s.user.sid, &s.parentImage)
		s.key, s.pid, s.sensor = key, uint32(pid), sensorOf(sensor)
		if stopped != nil {
			s.stopped = *stopped
		}
		fetched[processRef{s.station, s.key}] = &s
		return struct{}{}, err
	})
	if err != nil {
		return fmt.Errorf("look for parents: %w", err)
	}
	for ref, s := range fetched {
		if w.found.byKey[ref] == nil {
			w.found.note(s)
			w.words.learnt = append(w.words.learnt, func() { w.words.cache.parents.Add(ref, s) })
		}
	}
	for _, list := range w.found.byPID {
		sort.SliceStable(list, func(i, j int) bool { return list[i].started.Before(list[j].started) })
	}
	return nil
}

// latest returns the last start with that pid and sensor at or before t for which ok holds.
// The newest decides: an older process with that pid has made room for it.
func (f *resolver) latest(at stationPID, sensor event.Sensor, t time.Time, ok func(*started) bool) *started {
	list := f.byPID[at]
	for i := len(list) - 1; i >= 0; i-- {
		if s := list[i]; s.sensor == sensor && !s.started.After(t) {
			if ok(s) {
				return s
			}
			return nil
		}
	}
	return nil
}

func (w *writer) resolveStop(r *stopRow) {
	var s *started
	switch {
	case r.key.IsZero():
		s = w.found.latest(stationPID{r.station, r.PID}, r.Sensor, r.Time, func(s *started) bool {
			return s.stopped.IsZero() || s.stopped.Equal(r.Time.Truncate(time.Microsecond))
		})
	case r.started.IsZero():
		s = w.found.byKey[processRef{r.station, r.key}]
	default:
		r.started, r.startKnown = r.started.Truncate(time.Microsecond), true
		if s = w.found.byKey[processRef{r.station, r.key}]; s != nil && !s.started.Equal(r.started) {
			s = nil // another process that has the same key
		}
	}
	switch {
	case s != nil:
		r.key, r.started, r.start, r.startKnown = s.key, s.started, s, true
		r.Time = later(r.Time, s.started) // the clock was set back meanwhile: an end is never before its start
		r.Image, r.User, r.UserSID = s.image, s.user.name, s.user.sid
		s.stopped = r.Time.Truncate(time.Microsecond)
	case r.key.IsZero():
		r.key = event.StopKey(r.PID, r.Time)
		fallthrough
	case r.started.IsZero():
		r.started = r.Time.Truncate(time.Microsecond)
	}
}

func (w *writer) resolveParent(r *startRow) {
	if !r.parents.IsZero() {
		r.parent = w.found.byKey[processRef{r.self.station, r.parents}]
	} else if r.ParentPID != 0 {
		r.parent = w.found.latest(stationPID{r.self.station, r.ParentPID}, r.Sensor, r.self.started, func(s *started) bool {
			return s != r.self && (s.stopped.IsZero() || !s.stopped.Before(r.self.started))
		})
	}
	p := r.parent
	if p == nil {
		return
	}
	r.parents = p.key
	for _, f := range [...]struct {
		to   *string
		from string
	}{{&r.ParentImage, p.image}, {&r.ParentCommandLine, p.commandLine}, {&r.ParentUser, p.user.name}} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	r.self.parentImage = r.ParentImage
}

// learnStart remembers a start that may become a parent. Only processes with an
// exact identity are found in the cache, so an old entry can do no harm.
func (w *words) learnStart(r *startRow) {
	s := r.self
	s.binaryID, s.binary = r.binary.id, nil
	if len(s.commandLine) > 4*longestCached {
		return
	}
	w.learnt = append(w.learnt, func() { w.cache.parents.Add(processRef{s.station, s.key}, s) })
}
