//go:build !windows

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const superuser = "root"

// aboutSystem says who may do what with the agent's files, and how its service is.
func aboutSystem(ctx context.Context, a *app) []section {
	files := section{Title: "access"}
	for _, path := range []string{systemConfig(), a.StateDir, filepath.Join(a.StateDir, "station.pem"), filepath.Join(a.StateDir, "spool")} {
		info, err := os.Stat(path)
		if err != nil {
			files.add(path, "", err)
			continue
		}
		files.addf(path, "%s", access(info))
	}
	service := section{Title: "service"}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "systemctl", "show", "eljefe-agent.service", "--property=LoadState,ActiveState,SubState,NRestarts,MemoryCurrent,CPUUsageNSec").CombinedOutput()
	if err != nil {
		service.add("eljefe-agent.service", "", fmt.Errorf("systemctl: %w: %s", err, strings.TrimSpace(string(out))))
		out = nil
	}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		service.add(name, value, nil)
	}
	return []section{files, service}
}

func access(info fs.FileInfo) string {
	owner := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%s, owner %d, group %d", info.Mode(), owner.Uid, owner.Gid)
}
