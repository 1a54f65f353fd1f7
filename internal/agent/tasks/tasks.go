// Package tasks does what a station is asked to do.
//
// The verbs are a closed list, compiled in: there is none that runs a program,
// writes a file or changes a setting, and a verb that is not known is refused.
// docs/threat-model.md says for each what it can do at worst; a test holds it to
// that.
//
// A task is known by its number. What has been done is reported until the server
// has it, and nothing is done twice while the agent runs. After a restart the
// agent knows nothing of what it had begun, and begins again what is still open:
// each verb is such that this does no harm. A file goes on where the server is, a
// process that was ended is not there any more, and its pid alone ends no other.
//
// Who may ask for a task, and which, is the server's; that end_process is
// possible at all is the client's configuration.
package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/eljefe/eljefe/internal/wire"
)

// Server is what the tasks need of the way to the server.
type Server interface {
	Tasks(ctx context.Context, wait time.Duration) ([]wire.Task, error)
	Report(ctx context.Context, task int64, report *wire.TaskReport) error
	Received(ctx context.Context, task int64) (*wire.Received, error)
	Send(ctx context.Context, task, offset, size int64, piece []byte) (*wire.Received, error)
}

// Config configures a Runner. Server, Code, Hello, Lines and ServerNow are required.
type Config struct {
	Server Server

	// Code returns the code of a problem that the server answered with, or
	// nothing if err is none.
	Code func(err error) string

	Hello     func() wire.Hello                      // how the station is
	Lines     func() []string                        // the agent's newest log lines, oldest first, without secrets
	ServerNow func() time.Time                       // the server's clock; by it tasks expire
	Rundown   func(ctx context.Context) (int, error) // reports all running processes once more; nil: the sensor cannot

	EndProcess     bool  // whether this client may end processes
	FileBytes      int64 // the largest file that is sent; 0: none is
	BytesPerSecond int64 // while one is sent; 0: as fast as it goes

	Log *slog.Logger // if nil, nothing is logged
}

const (
	pollWait  = 50 * time.Second // that the server holds the question
	pollBusy  = time.Second      // between questions while something is being done; the server waits a little too
	firstWait = 2 * time.Second  // after a failure; it doubles
	lastWait  = 5 * time.Minute
	mostOpen  = 64 // tasks that are begun or wait for their turn
)

// outcome is how a task ended.
type outcome struct {
	state   wire.TaskState
	message string
	result  any // of the verb; nil: none
}

func done(format string, args ...any) outcome {
	return outcome{state: wire.TaskDone, message: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) outcome {
	return outcome{state: wire.TaskFailed, message: fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) outcome {
	return outcome{state: wire.TaskRefused, message: fmt.Sprintf(format, args...)}
}

// executor does one task. It returns soon after ctx is over; what it returns
// then is not reported.
type executor func(ctx context.Context, t wire.Task) outcome

// Runner does tasks.
type Runner struct {
	cfg       Config
	log       *slog.Logger
	executors map[wire.Verb]executor
	process   processes
	fetching  chan struct{} // holds a token while a file is being sent: one at a time
}

// New returns a runner that does nothing until Run.
func New(cfg Config) *Runner {
	r := &Runner{cfg: cfg, log: cfg.Log, process: thisSystem(), fetching: make(chan struct{}, 1)}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.executors = map[wire.Verb]executor{
		wire.FetchFile:     r.fetchFile,
		wire.EndProcess:    r.endProcess,
		wire.ListProcesses: r.listProcesses,
		wire.Diagnose:      r.diagnose,
	}
	return r
}

// do does the task.
func (r *Runner) do(ctx context.Context, t wire.Task) outcome {
	execute, known := r.executors[t.Verb]
	switch {
	case !known:
		return refused("this agent does not know how to %.40q; it is older than the server, or that is nothing an agent does", t.Verb)
	case !t.Expires.IsZero() && r.cfg.ServerNow().After(t.Expires):
		return failed("the station got the task at %s, after it had expired", r.cfg.ServerNow().UTC().Format(time.DateTime))
	}
	r.log.InfoContext(ctx, "task begun", "task", t.ID, "verb", t.Verb)
	out := execute(ctx, t)
	if ctx.Err() == nil {
		r.log.InfoContext(ctx, "task ended", "task", t.ID, "verb", t.Verb, "state", out.state, "message", out.message)
	}
	return out
}

// listProcesses has all running processes reported once more.
func (r *Runner) listProcesses(ctx context.Context, _ wire.Task) outcome {
	if r.cfg.Rundown == nil {
		return refused("the sensor of this station cannot list running processes")
	}
	n, err := r.cfg.Rundown(ctx)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return refused("the sensor of this station cannot list running processes")
	case err != nil:
		return failed("list running processes: %v", err)
	}
	return done("reported %d running processes", n)
}

// report is the outcome as the server gets it.
func (o outcome) report() *wire.TaskReport {
	report := &wire.TaskReport{State: o.state, Message: o.message}
	if o.result == nil {
		return report
	}
	raw, err := json.Marshal(o.result)
	if err != nil || len(raw) > wire.MaxJSON-32<<10 {
		return &wire.TaskReport{State: wire.TaskFailed, Message: fmt.Sprintf("the result has %d bytes and cannot be sent (%v)", len(raw), err)}
	}
	report.Result = raw
	return report
}
