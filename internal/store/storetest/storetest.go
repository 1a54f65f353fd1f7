//go:build unix

// Package storetest gives tests a real PostgreSQL database of their own.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/eljefe/eljefe/internal/store"
)

// URLVariable names a server to test against, as a superuser's URL. Without it
// each test process runs a private one that ends with it.
const URLVariable = "ELJEFE_TEST_DATABASE_URL"

// URL returns the address of a new, migrated database, dropped when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	server, err := startOnce()
	if err != nil {
		t.Fatalf("start PostgreSQL for tests: %v", err)
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), counter.Add(1))
	server.exec(t, `CREATE DATABASE `+name+` TEMPLATE `+server.template)
	t.Cleanup(func() { server.exec(t, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`) })
	return server.url(name)
}

// New returns a pool on a new, migrated database, closed when the test ends.
func New(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return Connect(t, URL(t))
}

// Open returns a Store on a new, migrated database, closed when the test ends.
func Open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), URL(t), nil)
	if err != nil {
		t.Fatalf("open test store: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

var (
	counter   atomic.Int64
	startOnce = sync.OnceValues(start)
)

type server struct {
	base     *pgx.ConnConfig
	template string
}

func (s *server) url(database string) string {
	return fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s", s.base.Host, s.base.Port, s.base.User, s.base.Password, database)
}

func (s *server) exec(t testing.TB, sql string) {
	t.Helper()
	ctx := context.Background() // t.Context has ended when cleanups run
	conn, err := pgx.ConnectConfig(ctx, s.base)
	if err != nil {
		t.Fatalf("connect to test server: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func start() (*server, error) {
	url := os.Getenv(URLVariable)
	if url == "" {
		dir, err := private()
		if err != nil {
			return nil, err
		}
		url = "host=" + dir + " user=eljefe dbname=postgres"
	}
	base, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	s := &server{base: base, template: fmt.Sprintf("template_%d", os.Getpid())}
	ctx := context.Background()
	var conn *pgx.Conn
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err = pgx.ConnectConfig(ctx, base); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return nil, err
		}
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+s.template)
	_ = conn.Close(ctx)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, s.url(s.template))
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	return s, store.Migrate(ctx, pool)
}

// private starts a server in a temporary folder, which it returns; the socket
// is in it. A shell waits for this process to end and then clears up.
func private() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "eljefe-pg")
	if err != nil {
		return "", err
	}
	cred, err := account()
	if err != nil {
		return "", err
	}
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return "", err
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := command(filepath.Join(bin, "initdb"), "-D", data, "-U", "eljefe", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	// The parent's end closes the pipe: read returns, and the shell ends the server.
	sh := command("/bin/sh", "-c", `"$1" -D "$2" -c listen_addresses= -c unix_socket_directories="$3" -c fsync=off -c full_page_writes=off \
		-c synchronous_commit=off -c shared_buffers=256MB -c max_connections=200 -c jit=off >"$3/log" 2>&1 & pg=$!; read _; kill -QUIT $pg; wait $pg; rm -rf "$3"`,
		"sh", filepath.Join(bin, "postgres"), data, dir)
	sh.SysProcAttr.Setsid = true
	pipe, err := sh.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := sh.Start(); err != nil {
		return "", err
	}
	keep = append(keep, pipe)
	return dir, nil
}

// keep holds the pipes open as long as the process lives.
var keep []any

func binaries() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.Sort(dirs)
	slices.Reverse(dirs)
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	return "", fmt.Errorf("no PostgreSQL server found (%s); install the package postgresql, or set %s", runtime.GOOS, URLVariable)
}

// account returns whom to run the server as: PostgreSQL refuses root.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("account postgres has uid %s and gid %s", u.Uid, u.Gid)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// Connect returns a pool on the database at url, closed when the test ends.
func Connect(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}
