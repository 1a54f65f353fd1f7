package tasks

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// job is a task that was begun.
type job struct {
	cancel context.CancelFunc
	over   chan struct{} // closed when nothing more happens
}

// Run asks for tasks and does them until ctx is over. It returns when those that
// it began have ended.
func (r *Runner) Run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	jobs := map[int64]*job{}
	failures := 0
	for ctx.Err() == nil {
		tasks, err := r.cfg.Server.Tasks(ctx, pollWait)
		if err != nil {
			// The uplink tells people that the server is not there; this only waits.
			r.log.DebugContext(ctx, "asking for tasks failed", "err", err)
			pause(ctx, growing(failures))
			failures++
			continue
		}
		failures = 0
		r.follow(ctx, &group, jobs, tasks)
		if len(tasks) > 0 {
			// The server answers at once while something is open.
			pause(ctx, pollBusy)
		}
	}
}

// follow begins the tasks that are new, and ends those that the server does not
// name any more: somebody cancelled them, or their time is over.
func (r *Runner) follow(ctx context.Context, group *sync.WaitGroup, jobs map[int64]*job, tasks []wire.Task) {
	open := map[int64]bool{}
	for _, t := range tasks {
		open[t.ID] = true
	}
	for id, j := range jobs {
		if !open[id] {
			j.cancel()
			select {
			case <-j.over:
				delete(jobs, id)
			default: // it is on its way to end; until then its number stays taken
			}
		}
	}
	for _, t := range tasks {
		if jobs[t.ID] != nil || len(jobs) >= mostOpen {
			continue
		}
		ctx, cancel := context.WithCancel(ctx)
		j := &job{cancel: cancel, over: make(chan struct{})}
		jobs[t.ID] = j
		group.Go(func() {
			defer close(j.over)
			defer cancel()
			out := r.do(ctx, t)
			r.report(ctx, t.ID, out)
		})
	}
}

// report tells the server how the task ended, until it knows or the task is over.
func (r *Runner) report(ctx context.Context, task int64, out outcome) {
	report := out.report()
	for failures := 0; ctx.Err() == nil; failures++ {
		err := r.cfg.Server.Report(ctx, task, report)
		if err == nil {
			return
		}
		switch r.cfg.Code(err) {
		case wire.CodeUnknownTask:
			return
		case wire.CodeMalformed, wire.CodeTooLarge:
			if ctx.Err() == nil {
				r.log.WarnContext(ctx, "the server does not take the report of a task", "task", task, "err", err)
			}
			if report.Result == nil {
				return
			}
			report = &wire.TaskReport{State: wire.TaskFailed, Message: "the server did not take the result: " + err.Error()}
			continue
		}
		pause(ctx, growing(failures))
	}
}

// growing returns a random pause below a bound that doubles with each failure.
func growing(failures int) time.Duration {
	return rand.N(min(firstWait<<min(failures, 16), lastWait))
}

// pause waits for d, or until ctx is over.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
