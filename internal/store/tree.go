package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

// treeTimeLimit is how long one statement for a process or its tree may take.
const treeTimeLimit = 10 * time.Second

// maxAncestors ends a chain that claims to be endless.
const maxAncestors = 64

// Process returns the process that ref names: its start with what is known of
// its end, or its stop alone where no start is stored.
func (s *Store) Process(ctx context.Context, ref ProcessRef) (*Event, error) {
	var found *Event
	err := s.search(ctx, treeTimeLimit, func(tx pgx.Tx) (err error) {
		found, err = fetchProcess(ctx, tx, ref)
		return err
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fault.NotFoundf("no process %s is stored; it may have been removed with its day or its station", ref).Coded("no_process", "id")
	}
	return found, nil
}

func fetchProcess(ctx context.Context, tx DB, ref ProcessRef) (*Event, error) {
	for _, kind := range [...]event.Kind{event.Start, event.Stop} {
		events, err := fetchEvents(ctx, tx, []eventRef{{ref, kind}})
		if err != nil {
			return nil, err
		}
		if len(events) == 1 {
			return &events[0], nil
		}
	}
	return nil, nil
}

// Ancestors returns the parent of a process, the parent of that, and so on. The
// last one may be known only from what its child told: then its Ref is zero.
func (s *Store) Ancestors(ctx context.Context, ref ProcessRef) ([]Event, error) {
	child, err := s.Process(ctx, ref)
	if err != nil {
		return nil, err
	}
	var chain []Event
	err = s.search(ctx, treeTimeLimit, func(tx pgx.Tx) error {
		seen := map[ProcessRef]bool{ref: true}
		for len(chain) < maxAncestors {
			parent, err := fetchParent(ctx, tx, child)
			if err != nil {
				return err
			}
			if parent == nil || seen[parent.Ref] {
				if child.ParentPID != 0 || child.ParentImage != "" {
					chain = append(chain, unseenParent(child))
				}
				return nil
			}
			seen[parent.Ref] = true
			chain = append(chain, *parent)
			child = parent
		}
		return nil
	})
	return chain, err
}

// unseenParent is what a child tells of a parent that is not stored.
func unseenParent(child *Event) Event {
	return Event{StationID: child.StationID, Process: event.Process{
		Station: child.Station, PID: child.ParentPID, Image: child.ParentImage, CommandLine: child.ParentCommandLine,
		User: child.ParentUser, Started: child.ParentStarted, ProcessGUID: child.ParentProcessGUID, Sensor: child.Sensor, Origin: child.Origin,
	}}
}

// fetchParent returns the stored parent of child, or nil. The parent may have
// been stored after the child, by an import of an older log.
func fetchParent(ctx context.Context, tx DB, child *Event) (*Event, error) {
	if child.Parent != nil {
		if p, err := fetchProcess(ctx, tx, *child.Parent); p != nil || err != nil {
			return p, err
		}
	}
	if child.ParentPID == 0 || child.Started.IsZero() {
		return nil, nil
	}
	var key *[16]byte
	if k := child.Process.ParentKey(); !k.IsZero() {
		raw := [16]byte(k)
		key = &raw
	}
	var started time.Time
	var found [16]byte
	err := tx.QueryRow(ctx, `
		SELECT s.started, s.process_key
		FROM   process_start s
		WHERE  s.station_id = @station AND s.pid = @pid AND s.started <= @before AND s.started > @after
		AND    CASE WHEN @key::uuid IS NULL THEN s.sensor = @sensor ELSE s.process_key = @key END
		AND    s.process_key <> @child
		ORDER  BY s.started DESC
		LIMIT  1`, pgx.NamedArgs{
		"station": child.StationID, "pid": signed(child.ParentPID), "before": child.Started, "after": child.Started.Add(-lookBack),
		"key": key, "sensor": sensorCode[child.Sensor], "child": [16]byte(child.Ref.Key),
	}).Scan(&started, &found)
	if err == pgx.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for parent: %w", err)
	}
	p, err := fetchProcess(ctx, tx, ProcessRef{child.StationID, started.UTC(), found})
	if p == nil || err != nil {
		return nil, err
	}
	if key == nil && !p.Stopped.IsZero() && p.Stopped.Before(child.Started) {
		return nil, nil // it had ended: the pid belongs to a process nobody recorded
	}
	return p, nil
}

// Descendant is a process somewhere below another.
type Descendant struct {
	Event
	Depth  int        // 1: a child
	Parent ProcessRef // the process in the tree it hangs from
}

// Descendants returns up to limit processes below ref in the order of their
// starts, and whether there are more. A page goes on behind after, the last
// process of the page before; the zero ProcessRef begins.
func (s *Store) Descendants(ctx context.Context, ref, after ProcessRef, limit int) (list []Descendant, more bool, err error) {
	root, err := s.Process(ctx, ref)
	if err != nil {
		return nil, false, err
	}
	err = s.search(ctx, treeTimeLimit, func(tx pgx.Tx) error {
		walk := newTreeWalk(root, after, maxTreeDepth)
		if err := walk.run(ctx, tx, limit); err != nil {
			return err
		}
		more = walk.more
		refs := make([]eventRef, len(walk.page))
		for i, n := range walk.page {
			refs[i] = eventRef{n.ref, event.Start}
		}
		events, err := fetchEvents(ctx, tx, refs)
		if err != nil {
			return err
		}
		byRef := make(map[ProcessRef]*Event, len(events))
		for i := range events {
			byRef[events[i].Ref] = &events[i]
		}
		for _, n := range walk.page {
			if e := byRef[n.ref]; e != nil {
				list = append(list, Descendant{Event: *e, Depth: n.depth, Parent: n.parent})
			}
		}
		return nil
	})
	return list, more, treeTooSlow(err, ref)
}

func treeTooSlow(err error, ref ProcessRef) error {
	if isTimeout(err) {
		return fault.Wrap(fault.Timeout, err, "the tree below %s took longer than %s to read; look at a smaller part of it", ref, treeTimeLimit).Coded("tree_slow", "id", "limit")
	}
	return err
}

// treeWalk reads a station's starts once, in the order of time, and picks those
// below a root: a child always starts after its parent.
type treeWalk struct {
	root  *Event
	depth int // what is deeper is left out
	below map[event.Key]*treeNode
	byPID map[int64]*treeNode // the latest process with each pid; nil: not below the root
	after ProcessRef          // the page begins behind this process
	begun bool                // it has been met, or there is none
	page  []*treeNode
	more  bool
}

type treeNode struct {
	ref    ProcessRef
	parent ProcessRef
	pid    int64
	sensor int16
	depth  int
}

// maxTreeDepth is more than any tree has.
const maxTreeDepth = math.MaxInt

func newTreeWalk(root *Event, after ProcessRef, depth int) *treeWalk {
	n := &treeNode{ref: root.Ref, pid: signed(root.PID), sensor: sensorCode[root.Sensor]}
	return &treeWalk{
		root:  root,
		depth: depth,
		after: after,
		begun: after.Key.IsZero(),
		below: map[event.Key]*treeNode{root.Ref.Key: n},
		byPID: map[int64]*treeNode{signed(root.PID): n},
	}
}

func (w *treeWalk) run(ctx context.Context, tx DB, limit int) error {
	rows, err := tx.Query(ctx, `
		SELECT started, process_key, parent_key, pid, COALESCE(parent_pid, 0), sensor
		FROM   process_start
		WHERE  station_id = $1 AND started >= $2 AND kind = $3
		ORDER  BY started`, w.root.StationID, w.root.Ref.Started, kindCode[event.Start])
	if err != nil {
		return fmt.Errorf("read tree: %w", err)
	}
	defer rows.Close()
	type start struct {
		started        time.Time
		key            [16]byte
		parent         *[16]byte
		pid, parentPID int64
		sensor         int16
	}
	// Starts of the same instant may come in any order: they are gone through
	// until none finds a parent any more.
	var instant []start
	settle := func() {
		for changed := true; changed; {
			changed = false
			rest := instant[:0]
			for _, r := range instant {
				if n := w.parentOf(r.parent, r.parentPID, r.sensor); n != nil && n.depth < w.depth && event.Key(r.key) != w.root.Ref.Key && w.below[r.key] == nil {
					child := &treeNode{ref: ProcessRef{w.root.StationID, r.started.UTC(), r.key}, parent: n.ref, pid: r.pid, sensor: r.sensor, depth: n.depth + 1}
					w.below[r.key], w.byPID[r.pid] = child, child
					w.add(child)
					changed = true
				} else {
					rest = append(rest, r)
				}
			}
			instant = rest
		}
		for _, r := range instant {
			if event.Key(r.key) != w.root.Ref.Key {
				delete(w.byPID, r.pid)
			}
		}
		instant = instant[:0]
	}
	for rows.Next() {
		var r start
		if err := rows.Scan(&r.started, &r.key, &r.parent, &r.pid, &r.parentPID, &r.sensor); err != nil {
			return fmt.Errorf("read tree: %w", err)
		}
		if len(instant) > 0 && !instant[0].started.Equal(r.started) {
			settle()
			if len(w.page) > limit {
				break
			}
		}
		instant = append(instant, r)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read tree: %w", err)
	}
	settle()
	if len(w.page) > limit {
		w.page, w.more = w.page[:limit], true
	}
	if !w.begun {
		return fault.Invalidf("process %s is not below %s; begin without a cursor", w.after, w.root.Ref).Coded("tree_cursor", "process", "root")
	}
	return nil
}

// add takes a process into the page, unless it was in one before.
func (w *treeWalk) add(n *treeNode) {
	if w.begun {
		w.page = append(w.page, n)
	}
	w.begun = w.begun || n.ref.Key == w.after.Key
}

func (w *treeWalk) parentOf(key *[16]byte, pid int64, sensor int16) *treeNode {
	if key != nil {
		return w.below[*key]
	}
	if n := w.byPID[pid]; n != nil && n.sensor == sensor {
		return n
	}
	return nil
}
