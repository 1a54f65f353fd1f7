package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/cli"
)

// serviceName is the service's name, and that of its source in the event log.
const serviceName = "eljefe-agent"

// What the service tells in the event log, by number.
const (
	eventBegan = 1
	eventEnded = 2
	eventError = 3
)

const (
	logLimit = 5 << 20 // bytes of one log file
	logKeep  = 3       // files before it

	// pendingFor is how long the service manager is asked to wait; the agent ends
	// within ten seconds, and says every two that it is at it.
	pendingFor   = 15 * time.Second
	pendingEvery = 2 * time.Second

	// memoryMost is what the agent may commit; more ends it, and the service manager
	// starts it again.
	memoryMost = 200 << 20
	// processorsMost is how many the agent may use at the same time.
	processorsMost = 2
)

// host is what the agent runs under: whoever started it, or the service manager.
type host struct {
	Service bool `hidden:"" env:"-" help:"The service manager has started this."`
}

func (h host) host(ctx context.Context, a *app, work func(context.Context, *app, func()) error) error {
	if !h.Service {
		return work(ctx, a, nil)
	}
	events, err := eventlog.Open(serviceName)
	if err != nil {
		return fmt.Errorf("open the event log: %w", err)
	}
	defer func() { _ = events.Close() }()
	log, err := openServiceLog(a.StateDir)
	if err != nil {
		_ = events.Error(eventError, limited(err.Error())) // nobody reads what is returned
		return err
	}
	defer func() { _ = log.Close() }()
	a.err = log
	a.alarm = slog.NewTextHandler(alarm{events}, &slog.HandlerOptions{Level: slog.LevelError, ReplaceAttr: withoutTime})
	s := &service{events: events, log: log, work: func(ctx context.Context, ready func()) error {
		limitSelf(a.log(log))
		return work(ctx, a, func() {
			ready()
			go keepService(a.log(log)) // the service manager may make it wait
		})
	}}
	if err := svc.Run(serviceName, s); err != nil {
		return fmt.Errorf("--service is for the service manager only, \"eljefe-agent run\" without it works here: %w", err)
	}
	return s.err
}

// openServiceLog opens the log beside the state folder. A service has no standard error.
func openServiceLog(state string) (*agent.LogFile, error) {
	dir := filepath.Join(filepath.Dir(state), "log")
	if err := winapi.MakePrivateFolder(dir); err != nil {
		return nil, err
	}
	return agent.OpenLogFile(filepath.Join(dir, "agent.log"), logLimit, logKeep)
}

// keepService makes again what the service is to be, in case somebody changed it.
// It waits until the service runs: before, the service manager is busy with that.
func keepService(log *slog.Logger) {
	if err := assertService(); err != nil {
		log.Warn("the service is not set up as it should be", "err", err)
	}
}

// limitSelf keeps the agent's cost low. It works without that too.
//
// It is a job with a hard limit, and normal priority. Below normal, or in
// background mode, the thread that empties the kernel's buffers would stand behind
// the very processes that it is to report, and whoever keeps all processors busy
// would make it lose events; background mode also makes the disk slow on which
// each batch must be synced. One processor's worth is many times what 500 starts a
// second need, and bounds what a fault of ours costs the station.
func limitSelf(log *slog.Logger) {
	limits := winapi.Limits{Memory: memoryMost, CPU: processorShare(runtime.NumCPU())}
	if err := winapi.Limit(limits); err != nil {
		log.Warn("what the agent may use is not limited", "err", err)
	}
	// So that the garbage collector does not use up the share on all of them at once.
	runtime.GOMAXPROCS(min(runtime.NumCPU(), processorsMost))
}

// processorShare is one processor of n, and at most half of all, in hundredths of
// a percent.
func processorShare(n int) uint32 { return uint32(10000 / max(2, n)) }

// service is the agent as the service manager sees it.
type service struct {
	work   func(ctx context.Context, ready func()) error
	events *eventlog.Log
	log    *agent.LogFile
	err    error // why it ended
}

// Execute implements svc.Handler. It says that the service runs once the agent
// records, and reports an end that nobody asked for as a failure, after which the
// service manager starts it again.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	const accepts = svc.AcceptStop | svc.AcceptPreShutdown
	pending := func(state svc.State, step uint32) svc.Status {
		return svc.Status{State: state, CheckPoint: step, WaitHint: uint32(pendingFor.Milliseconds())}
	}
	now, step := svc.StartPending, uint32(1)
	status <- pending(now, step)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.work(ctx, sync.OnceFunc(func() { close(ready) })) }()
	tick := time.NewTicker(pendingEvery)
	defer tick.Stop()
	for {
		select {
		case <-ready:
			ready = nil
			if now == svc.StartPending {
				now = svc.Running
				status <- svc.Status{State: now, Accepts: accepts}
				_ = s.events.Info(eventBegan, "The El Jefe agent "+version+" began to record.")
			}
		case s.err = <-ended:
			return s.end(now)
		case <-tick.C:
			if now != svc.Running {
				step++
				status <- pending(now, step)
			}
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				status <- r.CurrentStatus
			case svc.Stop, svc.Shutdown, svc.PreShutdown:
				now, step = svc.StopPending, 1
				status <- pending(now, step)
				cancel()
			}
		}
	}
}

// end tells of the end, and returns the exit code.
func (s *service) end(state svc.State) (specific bool, code uint32) {
	if s.err == nil && state == svc.StopPending {
		_ = s.events.Info(eventEnded, "The El Jefe agent ended, as it was asked to. Everything that it recorded is on disk.")
		return false, 0
	}
	if s.err == nil {
		s.err = errors.New("it ended, and nobody asked it to")
	}
	code = cli.Failure
	if _, usage := errors.AsType[cli.UsageError](s.err); usage {
		code = cli.Usage
	}
	text := "The El Jefe agent failed: " + cli.Printable(cli.ForPeople(s.err))
	fmt.Fprintln(s.log, text)
	_ = s.events.Error(eventError, limited(text))
	return true, code
}

// alarm writes lines of the log into the event log.
type alarm struct{ events *eventlog.Log }

func (a alarm) Write(line []byte) (int, error) {
	return len(line), a.events.Error(eventError, limited(strings.TrimSpace(string(line))))
}

// limited is a text as long as the event log takes it.
func limited(text string) string {
	const most = 30000 // of 31,839 UTF-16 units
	if len(text) > most {
		text = text[:most] + " ..."
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// withoutTime leaves out what the event log has itself.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
		return slog.Attr{}
	}
	return a
}

// place says where things are installed: on Windows, where the system wants them.
type place struct{}

const superuser = "an administrator"

// mayChange tells whether this account can install.
func mayChange() error {
	if !winapi.Elevated() {
		return errors.New("only an administrator can do this: open a command prompt or PowerShell by \"Run as administrator\" and run it there")
	}
	return nil
}

// serviceProgram returns where the program is installed.
func serviceProgram() (string, error) {
	dir, err := winapi.ProgramFiles()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, productFolder, "eljefe-agent.exe"), nil
}

// sameFile tells whether two paths are one file.
func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}
