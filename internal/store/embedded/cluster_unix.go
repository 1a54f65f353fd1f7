//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const exe = "" // how programs' names end

func usualPlaces() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
		"/usr/pgsql-*/bin",                   // PostgreSQL's own packages for RHEL
		"/opt/homebrew/opt/postgresql@*/bin", // macOS
		"/usr/local/opt/postgresql@*/bin",    // macOS on Intel
		"/Library/PostgreSQL/*/bin",          // macOS, the graphical installer
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
}

// postmaster is a server that runs: our child, or one left behind.
type postmaster struct {
	cmd     *exec.Cmd // nil if it is not our child
	process *os.Process
}

// launch starts the server. The caller's thread must outlive it.
func (c *Cluster) launch() (*postmaster, error) {
	cmd := c.account.command(context.Background(), c.dir, c.bin.path("postgres"),
		"-D", c.data(), "-c", "config_file="+filepath.Join(c.dir, "postgresql.conf"))
	tie(cmd.SysProcAttr, syscall.SIGINT) // a fast shutdown, should we be killed
	cmd.Stdout, cmd.Stderr = c.output, c.output
	// Once the postmaster has ended, its other processes leave by themselves
	// and close our pipe; those that hang are not waited for.
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &postmaster{cmd: cmd, process: cmd.Process}, nil
}

// adopt returns the running server pid, for shutdown only.
func adopt(_ *Cluster, pid int) *postmaster {
	process, err := os.FindProcess(pid)
	if err != nil {
		process = &os.Process{Pid: pid}
	}
	return &postmaster{process: process}
}

func (p *postmaster) wait() error { return p.cmd.Wait() }

func (p *postmaster) shutdown(how shutdown) error {
	return p.process.Signal(map[shutdown]os.Signal{fast: syscall.SIGINT, immediate: syscall.SIGQUIT, kill: syscall.SIGKILL}[how])
}

// noProcess is a pid that no process ever has.
const noProcess = 1<<31 - 1

// clearStale removes what keeps a new server from starting after one was killed
// and its pid went to another process of the same account, as happens when a
// machine or container restarts. PostgreSQL takes any such process for itself.
func clearStale(data string, a address) error {
	pid, err := serverPID(data)
	if err != nil || pid == 0 || serves(pid, data) {
		return err
	}
	for _, path := range []string{a.socket(), a.socket() + ".lock"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a stale socket: %w", err)
		}
	}
	if syscall.Kill(pid, 0) != nil {
		return nil // PostgreSQL sees for itself that the process is gone
	}
	// The rest of the file must stay: by it PostgreSQL finds the memory that
	// processes of the killed server may still use.
	root, err := os.OpenRoot(data) // the account owns data: it could hold any link
	if err != nil {
		return fmt.Errorf("mend a stale pid file: %w", err)
	}
	defer func() { _ = root.Close() }()
	text, err := root.ReadFile("postmaster.pid")
	if err != nil {
		return fmt.Errorf("mend a stale pid file: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	f, err := root.OpenFile("postmaster.pid", os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fmt.Errorf("mend a stale pid file: %w", err)
	}
	_, err = f.WriteString(strconv.Itoa(noProcess) + "\n" + rest)
	if errClose := f.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		return fmt.Errorf("mend a stale pid file: %w", err)
	}
	return nil
}
