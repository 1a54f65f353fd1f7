package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows/svc/mgr"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/winapi"
)

// aboutSystem says who may do what with the agent's files, and how its service is.
func aboutSystem(_ context.Context, a *app) []section {
	v := winapi.Version()
	system := section{Title: "Windows"}
	system.addf("version", "%d.%d.%d.%d, %q, %q, %q", v.Major, v.Minor, v.Build, v.Revision, v.Product, v.Release, v.OldRelease)
	system.addf("this account is an administrator", "%t", winapi.Elevated())

	access := section{Title: "access"}
	program, err := serviceProgram()
	access.add("program", program, err)
	for _, path := range []string{
		filepath.Dir(program), program, systemFolder(), systemConfig(), a.StateDir, filepath.Join(a.StateDir, "station.pem"),
		filepath.Join(a.StateDir, "spool"), agentLog(),
	} {
		list, err := winapi.AccessList(path)
		access.add(path, list, err)
	}
	list, err := winapi.ServiceAccessList(serviceName)
	access.add("service", list, err)

	log := section{Title: "end of the log"}
	raw, err := agent.Tail(agentLog(), 8<<10)
	if err != nil {
		log.add("", "", err)
	}
	for line := range strings.Lines(string(raw)) {
		log.add("", strings.TrimSpace(line), nil)
	}
	return []section{system, access, aboutService(), log}
}

func aboutService() section {
	s := section{Title: "service"}
	err := withService(func(_ *mgr.Mgr, service *mgr.Service) error {
		status, err := service.Query()
		s.add("state", fmt.Sprintf("%s, process %d, exit code %d", stateName(status.State), status.ProcessId, exitCode(status)), err)
		config, err := service.Config()
		s.add("command", config.BinaryPathName, err)
		s.add("account", config.ServiceStartName, err)
		s.add("start", fmt.Sprintf("type %d, delayed %t", config.StartType, config.DelayedAutoStart), err)
		actions, err := service.RecoveryActions()
		var list []string
		for _, action := range actions {
			list = append(list, fmt.Sprintf("%d after %s", action.Type, action.Delay))
		}
		reset, resetErr := service.ResetPeriod()
		s.add("after a failure", strings.Join(list, ", "), err)
		s.add("failures are forgotten after", fmt.Sprintf("%d s", reset), resetErr)
		always, err := service.RecoveryActionsOnNonCrashFailures()
		s.add("also after an end with an error", fmt.Sprintf("%t", always), err)
		return nil
	})
	if err != nil {
		s.add("service "+serviceName, "", err)
	}
	return s
}
