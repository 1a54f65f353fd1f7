package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// Task is something that a station is asked to do.
type Task struct {
	ID          int64
	Station     int64
	StationName string
	Verb        wire.Verb
	Arguments   wire.Task // ID, Verb and Expires in it are those of the task
	Process     string    // EndProcess: the ProcessRef of what it is to end
	State       wire.TaskState
	Who, Why    string
	Created     time.Time
	Expires     time.Time
	Sent        *time.Time // the station asked
	Finished    *time.Time
	Updated     time.Time
	Message     string          // of the station, or why it is over
	Result      json.RawMessage // nil: none
	Bytes       int64           // of a file, received so far
	BytesAll    *int64          // nil: its size is not known
}

const taskColumns = `t.id, t.station_id, s.name, t.verb, t.arguments, t.state, t.who, t.why, t.created, t.expires, t.sent, t.finished, t.updated,
		       t.message, t.result, t.bytes, t.bytes_all`

func scanTask(row pgx.CollectableRow) (t Task, err error) {
	var arguments taskArguments
	err = row.Scan(&t.ID, &t.Station, &t.StationName, &t.Verb, &arguments, &t.State, &t.Who, &t.Why, &t.Created, &t.Expires, &t.Sent, &t.Finished,
		&t.Updated, &t.Message, &t.Result, &t.Bytes, &t.BytesAll)
	t.Arguments, t.Process = arguments.Task, arguments.Process
	t.Arguments.ID, t.Arguments.Verb, t.Arguments.Expires = t.ID, t.Verb, t.Expires
	return t, err
}

// taskArguments is what is kept of a task's arguments: those that the station is
// told, and what they came from.
type taskArguments struct {
	wire.Task
	Process string `json:"process,omitempty"`
}

// openTask holds for a task that is not over; the index task_open has the same.
const openTask = `state IN ('queued', 'sent', 'running')`

// AddTask asks a station for something: station, verb, arguments, who, why and
// expiry are given.
func (s *Store) AddTask(ctx context.Context, t Task) (*Task, error) {
	if !slices.Contains(wire.Verbs(), t.Verb) {
		return nil, fault.Invalidf("no station can be asked for %q; it must be one of %v", t.Verb, wire.Verbs()).Coded("task_verb", "verb", "")
	}
	var added *Task
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		gone, err := lockAgent(ctx, tx, t.Station)
		if err != nil {
			return err
		}
		if gone {
			return fault.New(fault.Conflict, "station %d was retired or revoked: it takes no tasks", t.Station).Coded("task_station_gone", "station_id")
		}
		list, err := collect(ctx, tx, "add task", scanTask, `
			WITH t AS (
				INSERT INTO task (station_id, verb, arguments, who, why, expires)
				VALUES (@station, @verb, @arguments, @who, @why, @expires)
				RETURNING *),
			told AS (SELECT pg_notify('`+taskChannel+`', @payload))
			SELECT `+taskColumns+` FROM t JOIN station s ON s.id = t.station_id, told`, pgx.NamedArgs{
			"station": t.Station, "verb": t.Verb, "arguments": taskArguments{t.Arguments, t.Process}, "who": t.Who, "why": t.Why, "expires": t.Expires,
			"payload": strconv.FormatInt(t.Station, 10),
		})
		if err != nil {
			return err
		}
		added = &list[0]
		return nil
	})
	return added, err
}

// TaskList selects a page of tasks, newest first.
type TaskList struct {
	Station int64          // 0: of all
	State   wire.TaskState // "": in any
	Cursor  string
	Limit   int
}

var taskOrder = map[string]sortColumn{"id": {"t.id", "bigint"}}

// Tasks returns a page of tasks and the cursor of the next page.
func (s *Store) Tasks(ctx context.Context, l TaskList) (list []Task, next string, err error) {
	order, err := newSorting(taskOrder, "id", "t.id", true, l.Cursor)
	if err != nil {
		return nil, "", err
	}
	args := pgx.NamedArgs{"limit": l.Limit + 1}
	var ofStation, inState string
	if l.Station != 0 {
		ofStation, args["station"] = "t.station_id = @station::bigint", l.Station
	}
	if l.State != "" {
		inState, args["state"] = "t.state = @state", l.State
	}
	err = s.search(ctx, stationTimeLimit, func(tx pgx.Tx) (err error) {
		list, err = collect(ctx, tx, "list tasks", scanTask, `
		SELECT `+taskColumns+`
		FROM   task t JOIN station s ON s.id = t.station_id
		WHERE  `+conditions("true", ofStation, inState, order.behind(args))+`
		ORDER  BY `+order.orderBy()+`
		LIMIT  @limit`, args)
		return err
	})
	if len(list) > l.Limit {
		list = list[:l.Limit]
		last := list[l.Limit-1].ID
		next = order.next(strconv.FormatInt(last, 10), last)
	}
	return list, next, err
}

// Task returns one task.
func (s *Store) Task(ctx context.Context, id int64) (*Task, error) {
	list, err := collect(ctx, s.pool, "read task", scanTask, `SELECT `+taskColumns+` FROM task t JOIN station s ON s.id = t.station_id WHERE t.id = $1`, id)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.NotFoundf("there is no task %d", id).Coded("no_task", "id")
	}
	return &list[0], nil
}

// CancelTask ends a task that is not over. A station that has begun it finishes
// it all the same, and its report is noted.
func (s *Store) CancelTask(ctx context.Context, id int64, who string) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE task SET state = 'cancelled', updated = now(), finished = now(), message = $3::text || $2
		WHERE  id = $1 AND `+openTask, id, who, taskCancelledBy)
	if err != nil {
		return unavailable(fmt.Errorf("cancel task %d: %w", id, err))
	}
	if tag.RowsAffected() > 0 {
		return nil
	}
	t, err := s.Task(ctx, id)
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "task %d is over already: %s", id, t.State).Coded("task_over", "id", "task_state")
}

// OpenTasks returns what a station is to do, and is doing as far as is known,
// oldest first. What was queued counts as sent from then on.
func (s *Store) OpenTasks(ctx context.Context, station int64) ([]wire.Task, error) {
	tasks, err := collect(ctx, s.pool, "read open tasks", func(row pgx.CollectableRow) (t wire.Task, err error) {
		var id int64
		var verb wire.Verb
		var expires time.Time
		err = row.Scan(&id, &verb, &t, &expires)
		t.ID, t.Verb, t.Expires = id, verb, expires.UTC()
		return t, err
	}, `
		WITH sent AS (
			UPDATE task SET state = 'sent', sent = now(), updated = now()
			WHERE  station_id = $1::bigint AND state = 'queued' AND expires > now()
			RETURNING id, verb, arguments, expires)
		SELECT id, verb, arguments, expires FROM sent
		UNION  ALL
		SELECT id, verb, arguments, expires FROM task
		WHERE  station_id = $1::bigint AND (state = 'running' OR state = 'sent' AND expires > now())
		ORDER  BY id`, station)
	return tasks, err
}

// ReportTask notes how far a station has come with a task. The same report again
// changes nothing. A task that is over takes no other report, with two
// exceptions: one that counted as expired and was done all the same, and one
// that was cancelled too late, which stays cancelled with the report as its
// message.
func (s *Store) ReportTask(ctx context.Context, station, id int64, r wire.TaskReport) error {
	if !slices.Contains([]wire.TaskState{wire.TaskRunning, wire.TaskDone, wire.TaskFailed, wire.TaskRefused}, r.State) {
		return fault.Invalidf("a station cannot report that a task is %q; it must be running, done, failed or refused", r.State)
	}
	var result []byte
	if len(r.Result) > 0 {
		result = bytes.ToValidUTF8(r.Result, []byte("\uFFFD"))
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		var state wire.TaskState
		err := tx.QueryRow(ctx, `SELECT state FROM task WHERE id = $1 AND station_id = $2::bigint FOR UPDATE`, id, station).Scan(&state)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.NotFoundf("there is no task %d of this station", id)
		}
		if err != nil {
			return fmt.Errorf("read task %d: %w", id, err)
		}
		final := r.State != wire.TaskRunning
		switch state {
		case wire.TaskQueued, wire.TaskSent, wire.TaskRunning:
		case r.State:
			return nil
		case wire.TaskExpired, wire.TaskCancelled:
			if !final {
				return taskIsOver(id, state)
			}
		default:
			return taskIsOver(id, state)
		}
		_, err = tx.Exec(ctx, `
			UPDATE task
			SET    state = CASE WHEN state = 'cancelled' THEN state ELSE @state END, updated = now(), finished = CASE WHEN @final THEN now() END,
			       message = CASE WHEN state = 'cancelled' THEN message || @then || @state || ' ' || @message ELSE @message END,
			       result = COALESCE(@result, result)
			WHERE  id = @id`, pgx.NamedArgs{
			"id": id, "then": taskThenSaid, "state": r.State, "final": final, "message": cleanText(r.Message), "result": result,
		})
		if err != nil {
			return fmt.Errorf("note report on task %d: %w", id, err)
		}
		return nil
	})
}

func taskIsOver(id int64, state wire.TaskState) error {
	return fault.NotFoundf("task %d is over: %s", id, state)
}

// TaskReceived notes how much of a file has arrived, of how much; all is 0 where
// that is not known.
func (s *Store) TaskReceived(ctx context.Context, station, id, received, all int64) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE task
		SET    bytes = $3, bytes_all = COALESCE(NULLIF($4::bigint, 0), bytes_all), state = 'running', updated = now()
		WHERE  id = $1 AND station_id = $2::bigint AND `+openTask, id, station, received, all)
	if err != nil {
		return unavailable(fmt.Errorf("note progress of task %d: %w", id, err))
	}
	if tag.RowsAffected() == 0 {
		return fault.NotFoundf("there is no open task %d of this station", id)
	}
	return nil
}

// taskPatience is how long a running task may be silent after its expiry.
const taskPatience = time.Hour

// ExpireTasks ends the tasks that no station asked for, or answered, in time.
func (s *Store) ExpireTasks(ctx context.Context, now time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE task
		SET    state = 'expired', finished = $1, updated = $1,
		       message = CASE state WHEN 'queued' THEN $3 ELSE $4 END
		WHERE  state IN ('queued', 'sent') AND expires <= $1
		OR     state = 'running' AND expires <= $1 AND updated <= $1::timestamptz - $2::interval`, now, taskPatience, taskNotAsked, taskNotAnswered)
	if err != nil {
		return unavailable(fmt.Errorf("expire tasks: %w", err))
	}
	return nil
}

// taskChannel is the PostgreSQL channel on which every server hears for which
// station another has a new task.
const taskChannel = "eljefe_task"

// ListenTasks calls added with the station of each new task of any server, until
// ctx ends or the connection breaks.
func (s *Store) ListenTasks(ctx context.Context, added func(station int64)) error {
	return s.listen(ctx, taskChannel, func(payload string) {
		if station, err := strconv.ParseInt(payload, 10, 64); err == nil {
			added(station)
		}
	})
}
