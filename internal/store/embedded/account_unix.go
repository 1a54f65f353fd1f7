//go:build unix

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

// account is whom the database runs as. The zero value is ourselves.
type account struct {
	name string
	cred *syscall.Credential
}

// chooseAccount returns whom to run the database as. PostgreSQL refuses root,
// so root steps down: to whoever owns the data or the folder, else to the
// account of the distribution's PostgreSQL, else to nobody.
func chooseAccount(dir, data string) (account, error) {
	self := os.Geteuid()
	owner, group, err := ownerOf(data)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return account{}, fmt.Errorf("see who owns the database: %w", err)
	}
	if self != 0 {
		if there && owner != self {
			return account{}, fault.New(fault.Forbidden, "the database in %s belongs to %s; run eljefe as that account or as root", data, userName(owner))
		}
		return account{}, nil
	}
	if there && owner == 0 {
		return account{}, fault.New(fault.Forbidden, "the database in %s belongs to root, and PostgreSQL never runs as root; "+
			"give it to the account that shall run it: chown -R postgres %[1]s", data)
	}
	if !there {
		if owner, group, err = ownerOf(dir); err != nil {
			return account{}, fmt.Errorf("see who owns the database's folder: %w", err)
		}
	}
	if owner != 0 {
		return account{name: userName(owner), cred: &syscall.Credential{Uid: uint32(owner), Gid: uint32(group)}}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID != nil || errGID != nil || uid == 0 {
			continue
		}
		return account{name: name, cred: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, fault.New(fault.Forbidden, "PostgreSQL never runs as root, and there is no account postgres or nobody to run it; run eljefe as an ordinary user")
}

// command makes a command that runs as the account, in a process group of its
// own: the terminal's Ctrl-C is for us, and we stop the database in good order.
func (a account) command(ctx context.Context, dir, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")} // none of our secrets
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred, Setpgid: true}
	tie(cmd.SysProcAttr, syscall.SIGKILL)
	return cmd
}

// own gives a folder that we have made to the account.
func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Lchown(path, int(a.cred.Uid), int(a.cred.Gid))
}

// checkAccess makes sure that the account can enter dir and run the server,
// and names the folder that is in the way if not.
func (a account) checkAccess(ctx context.Context, dir, server string) error {
	if a.cred == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := runTied(a.command(ctx, dir, server, "--version"))
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrPermission) {
		for _, path := range []string{dir, filepath.Dir(server)} {
			if barred := a.barred(path); barred != "" {
				return fault.Wrap(fault.Forbidden, err, "PostgreSQL never runs as root; it runs as the account %s, which may not enter %s on the way to %s; "+
					"choose a data directory elsewhere, such as /var/lib/eljefe, or allow it: chmod o+x %[2]s", a.name, barred, path)
			}
		}
	}
	return fmt.Errorf("run %s as the account %s: %w: %s", server, a.name, err, strings.TrimSpace(string(out)))
}

// barred returns the topmost folder on the way to path that the account may not
// enter, by its mode; empty if there is none.
func (a account) barred(path string) string {
	var up []string
	for p := path; ; p = filepath.Dir(p) {
		up = append(up, p)
		if p == filepath.Dir(p) {
			break
		}
	}
	for i := len(up) - 1; i >= 0; i-- {
		info, err := os.Stat(up[i])
		if err != nil {
			return ""
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return ""
		}
		bit := fs.FileMode(0o001)
		switch {
		case stat.Uid == a.cred.Uid:
			bit = 0o100
		case stat.Gid == a.cred.Gid:
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return up[i]
		}
	}
	return ""
}

// authentication returns initdb's arguments on who is let in: everybody who can
// reach the socket, which its folder leaves to the account and root.
func (a account) authentication(string) ([]string, error) {
	return []string{"--auth=trust"}, nil
}

const (
	socketPort   = 5432 // only part of the socket's name: nothing listens on it
	socketPrefix = "eljefe-pg-"

	// A socket's path has 104 bytes on macOS and 108 on Linux, with the zero.
	longestSocket = 103
)

// fits tells whether a client can be given the address: a socket's path has a
// limit, and a comma divides hosts.
func (a address) fits() bool {
	return len(a.socket()) <= longestSocket && !strings.Contains(a.host, ",")
}

// newAddress makes the folder for the socket: in dir, or, where that path does
// not fit, in the folder for temporary files. before is the address of a server
// that was not stopped properly; its folder is used again.
func (a account) newAddress(dir string, before address) (address, error) {
	run := address{host: filepath.Join(dir, "run"), port: socketPort}
	if run.fits() {
		if err := os.Mkdir(run.host, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return address{}, fmt.Errorf("make the socket's folder: %w", err)
		}
		if err := a.own(run.host); err != nil {
			return address{}, fmt.Errorf("make the socket's folder: %w", err)
		}
		return run, nil
	}
	if strings.HasPrefix(filepath.Base(before.host), socketPrefix) && a.owns(before.host) {
		return before, nil
	}
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		host, err := os.MkdirTemp(temp, socketPrefix)
		if err != nil {
			continue
		}
		short := address{host: host, port: socketPort}
		if short.fits() && a.own(host) == nil {
			return short, nil
		}
		_ = os.Remove(host)
	}
	return address{}, fault.Invalidf("the path of the data directory will not do for a socket (it has a comma or over %d bytes), "+
		"and neither will the folder for temporary files, %s: %s", longestSocket, os.TempDir(), dir)
}

// owns tells whether path is a private folder of the account: in a folder that
// everybody writes to, somebody else may have taken the name.
func (a account) owns(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	owner, _, err := ownerOf(path)
	if err != nil {
		return false
	}
	if a.cred == nil {
		return owner == os.Geteuid()
	}
	return owner == int(a.cred.Uid)
}

func (a address) socket() string {
	return filepath.Join(a.host, ".s.PGSQL."+strconv.Itoa(a.port))
}

// settings returns where the server listens, for postgresql.conf.
func (a address) settings() map[string]string {
	return map[string]string{
		"listen_addresses": "",
		"port":             strconv.Itoa(a.port),
		// A list: quotes keep a comma or a space in the path from dividing it.
		"unix_socket_directories": `"` + strings.ReplaceAll(a.host, `"`, `""`) + `"`,
		"unix_socket_permissions": "0700",
	}
}

// access returns who is let in, for pg_hba.conf.
func (a address) access() string { return "local all all trust" }
