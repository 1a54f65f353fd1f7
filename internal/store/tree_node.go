package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
)

// TreeNode is a process somewhere below another, with as much of it as a row of
// a tree shows.
type TreeNode struct {
	Ref         ProcessRef
	Parent      ProcessRef // the process in the tree it hangs from
	Depth       int        // 1: a child
	PID         uint32
	Image       string
	CommandLine string // its beginning
	Truncated   bool   // it is longer
	User        string
	Integrity   event.Integrity
	Stopped     time.Time // zero: no stop is known
	ExitCode    *uint32
	BinaryID    int64
	Prevalence  int64
	Children    int64
}

// mostOfLine is how many characters of a command line a node has.
const mostOfLine = 300

// Tree returns up to limit processes down to a depth below ref, in the order of
// their starts, and whether there are more. A page goes on behind after, the
// last process of the page before; the zero ProcessRef begins.
func (s *Store) Tree(ctx context.Context, ref, after ProcessRef, depth, limit int) (list []TreeNode, more bool, err error) {
	root, err := s.Process(ctx, ref)
	if err != nil {
		return nil, false, err
	}
	err = s.search(ctx, treeTimeLimit, func(tx pgx.Tx) error {
		walk := newTreeWalk(root, after, depth)
		if err := walk.run(ctx, tx, limit); err != nil {
			return err
		}
		more = walk.more
		var ended time.Time
		if list, ended, err = fetchNodes(ctx, tx, walk.page); err != nil {
			return err
		}
		children, err := countChildren(ctx, tx, walk.page, ended)
		for i := range list {
			list[i].Children = children[list[i].Ref.Key]
		}
		return err
	})
	return list, more, treeTooSlow(err, ref)
}

// childrenTimeLimit is how long the page of a process waits for their number.
const childrenTimeLimit = time.Second

// CountChildren returns how many processes a process has started; known is false
// where nobody knows when it started, or where counting takes too long: of a
// process that has run on a busy station for months.
func (s *Store) CountChildren(ctx context.Context, e *Event) (n int64, known bool, err error) {
	if e.Kind == event.Stop {
		return 0, false, nil
	}
	var children map[event.Key]int64
	err = s.search(ctx, childrenTimeLimit, func(tx pgx.Tx) (err error) {
		root := &treeNode{ref: e.Ref, pid: signed(e.PID), sensor: sensorCode[e.Sensor]}
		children, err = countChildren(ctx, tx, []*treeNode{root}, e.Stopped)
		return err
	})
	if isTimeout(err) {
		return 0, false, nil
	}
	return children[e.Ref.Key], err == nil, err
}

// fetchNodes fetches what the nodes of one station show. ended is when the last
// of them ended, zero if one may still run.
func fetchNodes(ctx context.Context, tx DB, page []*treeNode) (list []TreeNode, ended time.Time, err error) {
	if len(page) == 0 {
		return nil, ended, nil
	}
	times, keys := make([]time.Time, len(page)), make([][16]byte, len(page))
	for i, n := range page {
		times[i], keys[i] = n.ref.Started, n.ref.Key
	}
	rows, err := tx.Query(ctx, `
		SELECT w.n, s.pid, COALESCE(image.text, ''), left(s.command_line, @most), length(s.command_line) > @most, COALESCE(account.name, ''),
		       s.integrity, s.binary_id, t.stopped, t.exit_code
		FROM   unnest(@times::timestamptz[], @keys::uuid[]) WITH ORDINALITY AS w (started, process_key, n)
		CROSS  JOIN LATERAL (
			SELECT * FROM process_start s
			WHERE  s.station_id = @station::bigint AND s.started = w.started AND s.process_key = w.process_key AND s.started >= @first AND s.started <= @last
			LIMIT  1) AS s
		LEFT   JOIN LATERAL (
			SELECT * FROM process_stop t
			WHERE  t.station_id = @station::bigint AND t.started = w.started AND t.process_key = w.process_key AND t.started >= @first AND t.started <= @last
			LIMIT  1) AS t ON true
		LEFT   JOIN path image ON image.id = s.image_id
		LEFT   JOIN account    ON account.id = s.account_id
		ORDER  BY w.n`, pgx.NamedArgs{
		"times": times, "keys": keys, "station": page[0].ref.Station, "first": times[0], "last": times[len(times)-1], "most": mostOfLine,
	})
	if err != nil {
		return nil, ended, fmt.Errorf("fetch tree: %w", err)
	}
	var at int64
	var n TreeNode
	var pid int32
	var integrity *int16
	var stopped *time.Time
	var exit *int32
	binaries, running := map[int64][2]int64{}, false
	_, err = pgx.ForEachRow(rows, []any{&at, &pid, &n.Image, &n.CommandLine, &n.Truncated, &n.User, &integrity, &n.BinaryID, &stopped, &exit}, func() error {
		of := page[at-1]
		n.Ref, n.Parent, n.Depth, n.PID, n.Integrity = of.ref, of.parent, of.depth, uint32(pid), nameOf(integrityCode, integrity)
		n.Stopped, n.ExitCode = time.Time{}, nil
		if stopped == nil {
			running = true
		} else {
			n.Stopped = stopped.UTC()
			ended = later(ended, n.Stopped)
		}
		if exit != nil {
			code := uint32(*exit)
			n.ExitCode = &code
		}
		binaries[n.BinaryID] = [2]int64{}
		list = append(list, n)
		return nil
	})
	if err != nil {
		return nil, ended, fmt.Errorf("fetch tree: %w", err)
	}
	if running {
		ended = time.Time{}
	}
	if err := fetchPrevalence(ctx, tx, binaries); err != nil {
		return nil, ended, err
	}
	for i := range list {
		list[i].Prevalence = binaries[list[i].BinaryID][0]
	}
	return list, ended, nil
}

// afterEnd is how long after the end of a process its children may seem to have
// started: the times of starts and stops come from different clocks.
const afterEnd = time.Hour

// countChildren counts the children of processes of one station: those that name
// them as their parent, and, of those that nobody has found a parent for, those
// that name the pid while it was theirs. ended is when the last of them ended,
// zero if one may still run.
func countChildren(ctx context.Context, tx DB, of []*treeNode, ended time.Time) (map[event.Key]int64, error) {
	if len(of) == 0 {
		return nil, nil
	}
	first, last := of[0].ref.Started, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if !ended.IsZero() {
		last = later(ended, of[len(of)-1].ref.Started).Add(afterEnd)
	}
	n := len(of)
	keys, starts, pids, sensors := make([][16]byte, n), make([]time.Time, n), make([]int64, n), make([]int16, n)
	for i, p := range of {
		keys[i], starts[i], pids[i], sensors[i] = p.ref.Key, p.ref.Started, p.pid, p.sensor
	}
	rows, err := tx.Query(ctx, `
		WITH children AS MATERIALIZED (
			SELECT parent_key, parent_pid, sensor, started
			FROM   process_start
			WHERE  station_id = @station::bigint AND started >= @first AND started <= @last AND kind = @start
			AND   (parent_key = ANY (@keys::uuid[]) OR parent_key IS NULL AND parent_pid = ANY (@pids::integer[])))
		SELECT parent_key, count(*)
		FROM   children
		WHERE  parent_key IS NOT NULL
		GROUP  BY 1
		UNION  ALL
		SELECT p.key, count(*)
		FROM   children c
		JOIN   unnest(@keys::uuid[], @starts::timestamptz[], @pids::integer[], @sensors::smallint[]) AS p (key, started, pid, sensor)
		       ON p.pid = c.parent_pid AND p.sensor = c.sensor AND p.started <= c.started
		WHERE  c.parent_key IS NULL
		AND    NOT EXISTS (SELECT FROM process_start s
		                   WHERE  s.station_id = @station::bigint AND s.pid = p.pid AND s.started > p.started AND s.started <= c.started
		                   AND    s.started >= @first AND s.started <= @last AND s.kind = @start)
		GROUP  BY 1`, pgx.NamedArgs{
		"station": of[0].ref.Station, "first": first, "last": last, "start": kindCode[event.Start],
		"keys": keys, "starts": starts, "pids": pids, "sensors": sensors,
	})
	if err != nil {
		return nil, fmt.Errorf("count children: %w", err)
	}
	counts := map[event.Key]int64{}
	var key [16]byte
	var children int64
	if _, err := pgx.ForEachRow(rows, []any{&key, &children}, func() error { counts[key] += children; return nil }); err != nil {
		return nil, fmt.Errorf("count children: %w", err)
	}
	return counts, nil
}
