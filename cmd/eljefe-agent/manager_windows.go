package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/eventlog"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/eljefe/eljefe/internal/agent/winapi"
)

// What people see of the service.
const (
	displayName = "El Jefe agent"
	description = "Records which processes start on this station, and reports them to the El Jefe server of its company."
)

// What the service manager does after a failure, and forgets after a day without one.
const (
	recoveryReset = 24 * 60 * 60 // seconds

	// preshutdownTime is what the agent gets before the system goes down; more than
	// the five seconds that all services share after that.
	preshutdownTime = 20 * time.Second
)

func recovery() []mgr.RecoveryAction {
	return []mgr.RecoveryAction{
		{Type: mgr.ServiceRestart, Delay: 5 * time.Second},
		{Type: mgr.ServiceRestart, Delay: 30 * time.Second},
		{Type: mgr.ServiceRestart, Delay: 60 * time.Second},
	}
}

// What the service manager answers.
const (
	errNoService    = syscall.Errno(1060) // ERROR_SERVICE_DOES_NOT_EXIST
	errBeingRemoved = syscall.Errno(1072) // ERROR_SERVICE_MARKED_FOR_DELETE
)

// withService calls do with the service, or returns an error that is errNoService.
func withService(do func(*mgr.Mgr, *mgr.Service) error) (err error) {
	m, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("reach the service manager: %w", err)
	}
	defer func() { err = errors.Join(err, m.Disconnect()) }()
	s, err := m.OpenService(serviceName)
	if err != nil {
		return fmt.Errorf("open the service: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(m, s)
}

// makeService makes the service, or changes it into what it is to be.
func makeService(program, config, state string) (err error) {
	args := []string{"--state-dir", state, "run", serviceFlag, "--config", config}
	m, err := mgr.Connect()
	if err != nil {
		return fmt.Errorf("reach the service manager: %w", err)
	}
	defer func() { err = errors.Join(err, m.Disconnect()) }()
	s, err := m.OpenService(serviceName)
	if errors.Is(err, errNoService) {
		s, err = m.CreateService(serviceName, program, mgr.Config{StartType: mgr.StartAutomatic, DisplayName: displayName, Description: description}, args...)
	}
	if errors.Is(err, errBeingRemoved) {
		return errors.New("the service was removed, and something still looks at it: close the Services window and the task manager, and install again")
	}
	if err != nil {
		return fmt.Errorf("make the service: %w", err)
	}
	// Of one that was there, what somebody changed is made good. Nothing is waited
	// for at the start of the system: events wait on disk.
	err = winapi.ChangeService(s.Handle, commandLine(program, args), displayName)
	return errors.Join(err, s.Close(), eventSource())
}

func commandLine(program string, args []string) string {
	line := syscall.EscapeArg(program)
	for _, a := range args {
		line += " " + syscall.EscapeArg(a)
	}
	return line
}

// eventSource registers the service with the event log, which takes the texts as
// they are.
func eventSource() error {
	const all = eventlog.Error | eventlog.Warning | eventlog.Info
	// An installer that removed the last source of a log may have removed the log's key with it.
	log, _, err := registry.CreateKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\EventLog\Application`, registry.CREATE_SUB_KEY)
	if err != nil {
		return fmt.Errorf("register with the event log: %w", err)
	}
	defer log.Close()
	if err := eventlog.Remove(serviceName); err != nil && !errors.Is(err, syscall.ERROR_FILE_NOT_FOUND) {
		return fmt.Errorf("register with the event log: %w", err)
	}
	if err := eventlog.InstallAsEventCreate(serviceName, all); err != nil {
		return fmt.Errorf("register with the event log: %w", err)
	}
	return nil
}

// assertService sets what the service manager does after a failure, and who may
// stop the service.
func assertService() error {
	return withService(func(_ *mgr.Mgr, s *mgr.Service) error {
		return errors.Join(
			explained("what follows a failure", s.SetRecoveryActions(recovery(), recoveryReset)),
			explained("what follows a failure", s.SetRecoveryActionsOnNonCrashFailures(true)),
			winapi.SetPreshutdownTime(s.Handle, preshutdownTime),
			winapi.ProtectService(serviceName),
		)
	})
}

func explained(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("set %s: %w", what, err)
}

// manager is the service manager, as a deployment needs it.
type manager struct{}

func (manager) running() (runs bool, err error) {
	err = withService(func(_ *mgr.Mgr, s *mgr.Service) error {
		status, err := s.Query()
		runs = status.State != svc.Stopped
		return err
	})
	if errors.Is(err, errNoService) {
		return false, nil
	}
	return runs, err
}

func (manager) stop(ctx context.Context) error {
	return withService(func(_ *mgr.Mgr, s *mgr.Service) error {
		if status, err := s.Query(); err != nil || status.State == svc.Stopped {
			return err
		}
		if _, err := s.Control(svc.Stop); err != nil {
			return fmt.Errorf("stop the service: %w", err)
		}
		return await(ctx, s, svc.Stopped, stopTime)
	})
}

func (manager) start(ctx context.Context) error {
	return withService(func(_ *mgr.Mgr, s *mgr.Service) error {
		if err := s.Start(); err != nil {
			return fmt.Errorf("start the service: %w", err)
		}
		return await(ctx, s, svc.Running, startTime)
	})
}

// await waits until the service is in a state. A service that stops when it
// should start does not come there.
func await(ctx context.Context, s *mgr.Service, state svc.State, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; {
		status, err := s.Query()
		switch {
		case err != nil:
			return fmt.Errorf("ask how the service is: %w", err)
		case status.State == state:
			return nil
		case status.State == svc.Stopped:
			return fmt.Errorf("it ended with the code %d; why is in %s, and in the event log (Application, source %s)", exitCode(status), agentLog(), serviceName)
		case time.Now().After(deadline):
			return fmt.Errorf("the service manager still says %s after %s", stateName(status.State), limit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// exitCode is the service's own code where it gave one.
func exitCode(status svc.Status) uint32 {
	const own = 1066 // ERROR_SERVICE_SPECIFIC_ERROR
	if status.Win32ExitCode == own {
		return status.ServiceSpecificExitCode
	}
	return status.Win32ExitCode
}

func stateName(s svc.State) string {
	switch s {
	case svc.Stopped:
		return "stopped"
	case svc.StartPending:
		return "starting"
	case svc.StopPending:
		return "stopping"
	case svc.Running:
		return "running"
	}
	return fmt.Sprintf("state %d", s)
}
