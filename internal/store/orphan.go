package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// adoptOrphans moves imported stops that were stored before their start to the
// day of that start. Logs are often imported newest first.
func (w *writer) adoptOrphans(ctx context.Context) error {
	var rows []*startRow
	var ids []int64
	for _, r := range w.starts {
		if !r.known && !r.live {
			rows = append(rows, r)
			if !slices.Contains(ids, r.self.station) {
				ids = append(ids, r.self.station)
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	ids, err := w.stationsWithOrphans(ctx, ids, rows)
	if err != nil {
		return err
	}
	var (
		stations, pids             []int64
		keys                       [][16]byte
		times                      []time.Time
		sensors                    []int16
		binaries, accounts, images []int64
	)
	for _, r := range rows {
		if slices.Contains(ids, r.self.station) {
			stations, pids, keys = append(stations, r.self.station), append(pids, signed(r.PID)), append(keys, r.self.key)
			times, sensors = append(times, r.self.started), append(sensors, sensorCode[r.Sensor])
			binaries, accounts, images = append(binaries, r.binary.id), append(accounts, w.words.accounts[account{r.User, r.UserSID}]), append(images, w.words.paths[r.Image])
		}
	}
	if len(stations) == 0 {
		return nil
	}
	// A stop that moves to its start may make a new record.
	if _, err := w.tx.Exec(ctx, `UPDATE longest_run SET longest = $1::interval WHERE longest < $1::interval`, lookBack); err != nil {
		return fmt.Errorf("note the longest run: %w", err)
	}
	_, err = w.tx.Exec(ctx, adoptOrphansSQL, pgx.NamedArgs{
		"stations": stations, "pids": pids, "keys": keys, "times": times, "sensors": sensors, "binaries": binaries, "accounts": accounts, "images": images,
		"security": sensorCode[event.SensorSecurity], "look_back": lookBack,
	})
	if err != nil {
		return fmt.Errorf("give stops their starts: %w", err)
	}
	return nil
}

// stationsWithOrphans returns those of the stations that have a stop without a
// start, at or after the first of the starts: most imports have none.
func (w *writer) stationsWithOrphans(ctx context.Context, ids []int64, starts []*startRow) ([]int64, error) {
	first := slices.MinFunc(starts, func(a, b *startRow) int { return a.self.started.Compare(b.self.started) }).self.started
	rows, err := w.tx.Query(ctx, `
		SELECT id
		FROM   unnest($1::bigint[]) id
		WHERE  EXISTS (SELECT FROM process_stop WHERE station_id = id AND NOT start_known AND started >= $2)`, ids, first)
	if err != nil {
		return nil, fmt.Errorf("look for stops without a start: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("look for stops without a start: %w", err)
	}
	return found, nil
}

// A stop of the security log names its process by pid alone: it belongs to the
// last process with that pid that started before it.
var adoptOrphansSQL = `
	WITH new AS (
		SELECT * FROM unnest(@stations::bigint[], @pids::bigint[], @keys::uuid[], @times::timestamptz[], @sensors::smallint[],
		                     @binaries::integer[], @accounts::integer[], @images::integer[])
		AS n (station_id, pid, process_key, started, sensor, binary_id, account_id, image_id)
	), orphan AS (
		SELECT new.process_key AS new_key, new.started AS new_started, new.binary_id AS new_binary, new.account_id AS new_account,
		       new.image_id AS new_image, o.station_id, o.started, o.process_key
		FROM   new
		CROSS  JOIN LATERAL (
			SELECT *
			FROM   process_stop o
			WHERE  NOT o.start_known AND o.station_id = new.station_id AND o.pid = new.pid AND o.sensor = new.sensor
			AND    o.started >= new.started AND o.started < new.started + @look_back::interval
			AND    (new.sensor = @security OR o.process_key = new.process_key)
			ORDER  BY o.stopped
			LIMIT  1) AS o
		WHERE  new.sensor <> @security OR NOT EXISTS (
			SELECT FROM process_start later
			WHERE  later.station_id = new.station_id AND later.pid = new.pid AND later.sensor = new.sensor
			AND    later.started > new.started AND later.started <= o.stopped)
	), moved AS (
		DELETE FROM process_stop s
		USING  orphan
		WHERE  s.station_id = orphan.station_id AND s.started = orphan.started AND s.process_key = orphan.process_key AND NOT s.start_known
		RETURNING orphan.new_started, orphan.new_key, orphan.new_binary, orphan.new_account, orphan.new_image, s.*
	)
	INSERT INTO process_stop (started, process_key, binary_id, account_id, image_id, start_known, ` + strings.Join(movedColumns, ", ") + `)
	SELECT new_started, new_key, new_binary, new_account, new_image, true, ` + strings.Join(movedColumns, ", ") + `
	FROM   moved`

// movedColumns are the columns of a stop that stay as they are when it moves.
var movedColumns = slices.DeleteFunc(slices.Clone(stopColumns), func(c string) bool {
	return slices.Contains([]string{"started", "process_key", "binary_id", "account_id", "image_id", "start_known"}, c)
})
