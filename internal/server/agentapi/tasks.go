package agentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// taskStore is what tasks need of the database.
type taskStore interface {
	OpenTasks(ctx context.Context, station int64) ([]wire.Task, error)
	ReportTask(ctx context.Context, station, id int64, r wire.TaskReport) error
	ListenTasks(ctx context.Context, added func(station int64)) error
}

// sameTasks is how long an agent waits that asks again and would be given what it
// has just been given: one that asks without a pause must not keep the server busy.
const sameTasks = 5 * time.Second

// tasks handles GET wire.PathTasks: it is answered when there is something to
// do, at the latest after the time that the agent wants to wait.
func (a *API) tasks(ctx context.Context, c *call) (any, error) {
	wait, err := c.parameter("wait", 0, int64(24*time.Hour/time.Second))
	if err != nil {
		return nil, err
	}
	begun, over := time.Now(), time.NewTimer(min(time.Duration(wait)*time.Second, wire.MaxWait))
	defer over.Stop()
	// Before looking: what is added while we look rings.
	bell, leave, err := a.waiters.join(c.number())
	if err != nil {
		return nil, err
	}
	defer leave()
	for last := wait == 0; ; {
		tasks, err := a.cfg.Store.OpenTasks(ctx, c.number())
		if err != nil {
			return nil, err
		}
		var again <-chan time.Time
		if len(tasks) > 0 {
			pause := sameTasks - time.Since(begun)
			if last || pause <= 0 || !a.waiters.gave(c.number(), tasks) {
				a.waiters.give(c.number(), tasks)
				return &wire.Tasks{Tasks: tasks}, nil
			}
			again = time.After(pause)
		} else if last {
			return &wire.Tasks{Tasks: []wire.Task{}}, nil
		}
		select {
		case <-bell:
		case <-again:
		case <-over.C:
			last = true
		case <-a.cfg.Closing:
			return &wire.Tasks{Tasks: []wire.Task{}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// It may have been revoked while it waited.
		if err := a.identify(c); err != nil {
			return nil, err
		}
	}
}

// report handles POST wire.PathTask.
func (a *API) report(ctx context.Context, c *call) (any, error) {
	id, err := c.task()
	if err != nil {
		return nil, err
	}
	var in wire.TaskReport
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Result, err = cleanJSON(in.Result); err != nil {
		return nil, err
	}
	return nil, unknownTask(a.cfg.Store.ReportTask(ctx, c.number(), id, in))
}

// unknownTask gives NotFound its code.
func unknownTask(err error) error {
	if e, ok := isFault(err, fault.NotFound); ok {
		return fail(http.StatusNotFound, wire.CodeUnknownTask, "%s", e.Message)
	}
	return err
}
