package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// This file compiles and passes vet; it has not been run on Windows yet. Where
// Windows differs: a socket cannot be guarded by a folder's rights alone, so the
// server listens on 127.0.0.1 and asks for a password; it is started by pg_ctl,
// which drops administrator rights and has it write postgres.log itself; and it
// outlives us when we are killed, so the next start stops it first.

const (
	exe          = ".exe"
	noFollow     = 0
	socketPrefix = "\x00" // no address is a folder here
)

func usualPlaces() []string {
	return []string{filepath.Join(os.Getenv("ProgramFiles"), "PostgreSQL", "*", "bin")}
}

// account is whom the database runs as: ourselves, less administrator rights.
type account struct{}

func chooseAccount(string, string) (account, error) { return account{}, nil }

func (account) own(string) error { return nil }

func (account) checkAccess(context.Context, string, string) error { return nil }

func (account) command(ctx context.Context, dir, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PG") && !strings.HasPrefix(v, "ELJEFE_") { // none of our secrets
			cmd.Env = append(cmd.Env, v)
		}
	}
	// Ctrl-C is for us: we stop the database in good order.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return cmd
}

func passwordFile(dir string) string { return filepath.Join(dir, "password") }

// authentication makes the password that guards the port.
func (account) authentication(dir string) ([]string, error) {
	if err := replaceFile(passwordFile(dir), rand.Text()+"\n", 0o600); err != nil {
		return nil, fmt.Errorf("write the database's password: %w", err)
	}
	return []string{"--auth=scram-sha-256", "--pwfile=" + passwordFile(dir)}, nil
}

// newAddress finds a free port. Another program could take it before the server
// does; then the start fails and says so.
func (account) newAddress(dir string, _ address) (address, error) {
	password, err := os.ReadFile(passwordFile(dir))
	if err != nil {
		return address{}, fmt.Errorf("read the database's password: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return address{}, fmt.Errorf("find a port for the database: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return address{}, fmt.Errorf("find a port for the database: %w", err)
	}
	return address{host: "127.0.0.1", port: port, password: strings.TrimSpace(string(password))}, nil
}

func (a address) settings() map[string]string {
	return map[string]string{
		"listen_addresses":        a.host,
		"port":                    strconv.Itoa(a.port),
		"unix_socket_directories": "",
	}
}

func (a address) access() string { return "host all all 127.0.0.1/32 scram-sha-256" }

// postmaster is a server that runs. It is nobody's child.
type postmaster struct {
	process *os.Process
	stop    func() error
}

func (c *Cluster) launch() (*postmaster, error) {
	cmd := c.account.command(context.Background(), c.dir, c.bin.path("pg_ctl"), "start", "--no-wait", "--silent",
		"--pgdata="+c.data(), "--log="+filepath.Join(c.dir, "postgres.log"),
		"--options=-c config_file=\""+filepath.ToSlash(filepath.Join(c.dir, "postgresql.conf"))+"\"")
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		pid, err := serverPID(c.data())
		switch {
		case err != nil:
			return nil, err
		case pid != 0 && serves(pid, c.data()):
			return adopt(c, pid), nil
		case time.Now().After(deadline):
			return nil, errors.New("pg_ctl started no server; see " + filepath.Join(c.dir, "postgres.log"))
		}
	}
}

func adopt(c *Cluster, pid int) *postmaster {
	p := &postmaster{stop: func() error {
		return c.account.command(context.Background(), c.dir, c.bin.path("pg_ctl"), "stop", "--no-wait", "--mode=fast", "--pgdata="+c.data()).Run()
	}}
	p.process, _ = os.FindProcess(pid) // nil if it has ended already
	return p
}

func (p *postmaster) wait() error {
	if p.process == nil {
		return errors.New("the server ended at once")
	}
	_, err := p.process.Wait()
	return err
}

func (p *postmaster) shutdown(how shutdown) error {
	if how == fast || p.process == nil {
		return p.stop()
	}
	return p.process.Kill()
}

// serves tells whether a process may be the server of a data directory: whether
// it exists.
func serves(pid int, _ string) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}

func clearStale(string, address) error { return nil }

var errLocked = errors.New("locked")

// lockFile opens a file that others may read and not write, until it is closed.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	const sharingViolation = syscall.Errno(32)
	if errors.Is(err, sharingViolation) {
		return nil, errLocked
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func giveToOwner(*os.File) error { return nil }

func makeDir(path string) (string, error) {
	if path == "" {
		return "", errors.New("no folder given for the database")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the database's folder: %w", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("make the database's folder: %w", err)
	}
	return path, nil
}

func syncDir(string) error { return nil }
