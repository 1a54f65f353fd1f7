// Package embedded runs El Jefe's private PostgreSQL: a cluster that belongs to
// one data directory, is made on first use, listens for nobody but us, and lives
// and dies with this process.
//
// It promises that committed data survives whatever is killed, in whatever
// order; that one process at a time uses a data directory; that the database
// never runs as root; and that every refusal says what to do about it. A server
// that dies is started again. What is inside the database is package store's
// business; a PostgreSQL that somebody else runs needs none of this.
//
// A cluster's folder holds:
//
//	data/            PostgreSQL's own data directory
//	run/             the socket, for the database's account only
//	postgresql.conf  written at every start
//	local.conf       an administrator's settings; they win over ours
//	pg_hba.conf      written at every start
//	postgres.log     what the server says; postgres.log.1 is the one before
//	address          the URL of the running server, for Attach
//	lock             held by the process that runs the server; contains its pid
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

// MinMajor is the oldest PostgreSQL that will do.
const MinMajor = 15

const (
	superuser = "eljefe" // owns everything in the cluster
	database  = "eljefe"

	stopTimeout      = 30 * time.Second // for a fast shutdown, checkpoint included
	immediateTimeout = 5 * time.Second  // for an immediate one, before the kill
)

// Config says where a cluster is and how it runs.
type Config struct {
	// Dir is the cluster's folder, made if it is absent. When we are root the
	// database runs under another account, which must be able to enter Dir's
	// parents.
	Dir string

	BinDir string       // where initdb and postgres are; if empty, they are looked for
	Log    *slog.Logger // if nil, nothing is logged

	// Settings are added to the generated configuration and win over it.
	Settings map[string]string
}

// A Cluster is a running PostgreSQL. Its methods are safe for concurrent use.
type Cluster struct {
	dir      string // absolute, without symbolic links
	settings map[string]string
	log      *slog.Logger
	lock     io.Closer // nil if another process runs the server
	bin      binaries
	account  account
	address  address
	output   *logFile

	done     chan struct{} // closed when no server runs and none will
	stopping chan struct{} // closed by the first Stop

	mu      sync.Mutex
	stopped bool
	current *postmaster // nil while none runs
	err     error       // why the database does not answer; nil when it does
}

// Start makes the cluster if there is none, starts it and returns when it
// answers. The context limits the start only; Stop ends the server.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	dir, err := makeDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		dir: dir, settings: cfg.Settings, log: cfg.Log, lock: lock,
		done: make(chan struct{}), stopping: make(chan struct{}),
		err: fault.New(fault.Unavailable, "the database is starting").Coded("database_starting"),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if err := c.start(ctx, cfg.BinDir); err != nil {
		c.release()
		return nil, err
	}
	return c, nil
}

// Attach returns a cluster for a command that needs the database for a while:
// the one that another process runs now, or else a new one as from Start.
func Attach(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := Start(ctx, cfg)
	if _, used := errors.AsType[*inUse](err); !used {
		return c, err
	}
	dir, errDir := makeDir(cfg.Dir)
	if errDir != nil {
		return nil, errDir
	}
	c = &Cluster{dir: dir, done: make(chan struct{}), stopping: make(chan struct{})}
	if c.address, err = readAddress(dir); err != nil {
		return nil, fmt.Errorf("find the running database: %w", err)
	}
	// The other process may have begun to start it only now.
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := c.awaitAnswer(ctx); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "another eljefe runs the database in %s, and it does not answer", dir)
	}
	return c, nil
}

// URL returns the address of the database, which does not change while the
// cluster runs. It gives full rights: keep it secret.
func (c *Cluster) URL() string { return c.address.url(database) }

// Err returns nil while the database answers, and why it does not otherwise:
// it died and is being started again, or it was stopped.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done is closed once the server has stopped for good, which only Stop brings
// about: a server that dies is started again for as long as it takes.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Stop ends the server: politely until the context ends or half a minute has
// passed, then less so. What was committed is kept in any case. A server that
// another process runs is left alone.
func (c *Cluster) Stop(ctx context.Context) error {
	c.mu.Lock()
	first := !c.stopped
	if first {
		c.stopped = true
		c.err = fault.New(fault.Unavailable, "the database was stopped").Coded("database_stopped")
		close(c.stopping)
	}
	c.mu.Unlock()
	if c.lock == nil {
		if first {
			close(c.done)
		}
		return nil
	}
	if !first {
		<-c.done
		return nil
	}
	err := c.end(ctx)
	c.release()
	return err
}

// end brings the running server down, by ever harder means.
func (c *Cluster) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	c.shutdown(fast)
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	c.log.Warn("database is slow to stop; ending it without a checkpoint")
	c.shutdown(immediate)
	select {
	case <-c.done:
		return nil
	case <-time.After(immediateTimeout):
	}
	c.shutdown(kill)
	select {
	case <-c.done:
		return nil
	case <-time.After(immediateTimeout):
		return errors.New("the database server cannot be ended")
	}
}

// shutdown asks the current server, if there is one, to end.
func (c *Cluster) shutdown(how shutdown) {
	c.mu.Lock()
	p := c.current
	c.mu.Unlock()
	if p == nil {
		return
	}
	if err := p.shutdown(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.log.Warn("database does not take the order to stop", "err", err)
	}
}

// start does what Start promises once the lock is held.
func (c *Cluster) start(ctx context.Context, binDir string) error {
	began := time.Now()
	made, err := dataMajor(c.data())
	if err != nil {
		return err
	}
	if c.bin, err = choose(ctx, binDir, c.data(), made); err != nil {
		return err
	}
	if c.account, err = chooseAccount(c.dir, c.data()); err != nil {
		return err
	}
	if err := c.account.checkAccess(ctx, c.dir, c.bin.path("postgres")); err != nil {
		return err
	}
	if c.output, err = openLog(filepath.Join(c.dir, "postgres.log"), logLimit); err != nil {
		return fmt.Errorf("open the database's log: %w", err)
	}
	if made == 0 {
		if err := c.create(ctx); err != nil {
			return err
		}
	}
	// A server left behind by our predecessor is still at the old address.
	before, err := readAddress(c.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := c.awaitPredecessor(ctx, before); err != nil {
		return err
	}
	if c.address, err = c.account.newAddress(c.dir, before); err != nil {
		return err
	}
	if err := c.configure(); err != nil {
		return err
	}
	first := make(chan error, 1)
	go c.supervise(first)
	select {
	case err := <-first:
		if err != nil {
			<-c.done
			return err
		}
	case <-ctx.Done():
		c.mu.Lock()
		c.stopped = true
		close(c.stopping)
		c.mu.Unlock()
		// The caller has no more time; the data does not need the politeness.
		return errors.Join(fmt.Errorf("start the database: %w", context.Cause(ctx)), c.end(ctx))
	}
	c.log.Info("database started", "version", c.bin.version, "dir", c.dir, "dur", time.Since(began).Round(time.Millisecond))
	return nil
}

// release gives the data directory free for the next process.
func (c *Cluster) release() {
	if c.output != nil {
		_ = c.output.Close() // nothing is written any more
	}
	c.address.forget(c.dir)
	_ = c.lock.Close()
}

// data is PostgreSQL's own directory.
func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// dataMajor returns which PostgreSQL made the data, or 0 if there is none yet.
func dataMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	switch {
	case err == nil:
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fault.Wrap(fault.Invalid, err, "%s is no PostgreSQL data directory: its PG_VERSION is not a number", data)
		}
		return major, nil
	case errors.Is(err, os.ErrPermission):
		return 0, fault.Wrap(fault.Forbidden, err, "the database in %s belongs to another account; run eljefe as that account or as root", data)
	case !errors.Is(err, os.ErrNotExist):
		return 0, fmt.Errorf("read the database's version: %w", err)
	}
	entries, err := os.ReadDir(data)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("read data directory: %w", err)
	case len(entries) > 0:
		return 0, fault.Invalidf("%s is not empty and is no PostgreSQL data directory; move it away or choose another data directory", data)
	}
	return 0, nil
}

// inUse says that another process holds a cluster's lock.
type inUse struct{ pid string }

func (e *inUse) Error() string { return "locked by process " + e.pid }

// acquire takes the lock file at path and leaves our pid in it.
func acquire(path string) (io.Closer, error) {
	f, err := lockFile(path)
	switch {
	case errors.Is(err, errLocked):
		pid := "unknown"
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			pid = strings.TrimSpace(string(text))
		}
		return nil, fault.Wrap(fault.Conflict, &inUse{pid}, "another eljefe serve uses this data directory (pid %s): %s", pid, filepath.Dir(path))
	case errors.Is(err, os.ErrPermission):
		return nil, fault.Wrap(fault.Forbidden, err, "%s belongs to another account; run eljefe as that account or choose another data directory", filepath.Dir(path))
	case err != nil:
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write the lock of the data directory: %w", err)
	}
	return f, nil
}
