package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/eljefe/eljefe/internal/fault"
)

// How a server is asked to end; each is harder than the one before.
type shutdown uint8

const (
	fast      shutdown = iota // disconnect everybody, write a checkpoint
	immediate                 // drop everything; the next start recovers
	kill
)

const (
	predecessorTimeout = 30 * time.Second
	firstDelay         = 100 * time.Millisecond // before the first restart
	longestDelay       = 30 * time.Second
	steady             = time.Minute // a server that ran so long starts afresh with delays
	slowStart          = 10 * time.Second
)

var errStopping = errors.New("stopping")

// supervise runs the server, again and again, until Stop. What comes of the
// first attempt goes to first; if that fails, there is no second.
func (c *Cluster) supervise(first chan<- error) {
	defer close(c.done)
	// The kernel ties the server's life to the thread that started it, which
	// must therefore not end before the server.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	delay := firstDelay
	down := false // a failure was logged, and no recovery yet
	for {
		began := time.Now()
		answered := false
		err := c.runOnce(func() {
			answered = true
			c.setErr(nil)
			if first != nil {
				first <- nil
				first = nil
			}
			if down {
				down = false
				c.log.Info("database is back")
			}
		})
		if c.isStopping() {
			return
		}
		if first != nil && !leftBehind(err, began) {
			first <- err
			return
		}
		c.setErr(fault.Wrap(fault.Unavailable, err, "the database stopped and is being started again").Coded("database_restarting"))
		if !down && first == nil {
			down = true
			c.log.Warn("database stopped; starting it again", "err", err)
		}
		if answered && time.Since(began) > steady {
			delay = firstDelay
		}
		select {
		case <-time.After(delay):
		case <-c.stopping:
			return
		}
		delay = min(2*delay, longestDelay)
	}
}

// leftBehind tells whether a first start failed because processes of a server
// that was killed hold its memory still. They notice, and leave soon.
func leftBehind(err error, began time.Time) bool {
	return strings.Contains(err.Error(), "is still in use") && time.Since(began) < predecessorTimeout
}

// runOnce starts the server, calls ready when it answers, and returns why it
// ended, never nil.
func (c *Cluster) runOnce(ready func()) error {
	if err := clearStale(c.data(), c.address); err != nil {
		return err
	}
	c.output.forget()
	c.mu.Lock()
	if c.stopped {
		c.mu.Unlock()
		return errStopping
	}
	p, err := c.launch()
	c.current = p
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("start the database: %w", err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan error, 1)
	go func() {
		err := c.prepare(ctx)
		if err == nil {
			ready()
		} else if ctx.Err() == nil {
			// It runs, and will never let us in.
			_ = p.shutdown(fast) // if it has ended by now, so much the better
		}
		answer <- err
	}()
	ended := p.wait()
	cancel()
	refused := <-answer

	c.mu.Lock()
	c.current = nil
	c.mu.Unlock()
	if refused != nil && !errors.Is(refused, context.Canceled) {
		return refused
	}
	text := "it ended by itself"
	if ended != nil {
		text = ended.Error()
	}
	return fmt.Errorf("the database server ended (%s); its last words:\n%s", text, c.output.last(12))
}

// prepare waits until the server answers and makes our database in it. It
// gives up when the server refuses us or the context ends.
func (c *Cluster) prepare(ctx context.Context) error {
	if err := c.awaitAnswer(ctx); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, c.address.url("postgres"))
	if err != nil {
		return fmt.Errorf("connect to the new database server: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&there); err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+database); err != nil {
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}

// awaitAnswer waits until the server takes connections. Recovery after a crash
// may take minutes, so only the context and a refusal end it.
func (c *Cluster) awaitAnswer(ctx context.Context) error {
	slow := time.Now().Add(slowStart)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		err := ping(ctx, c.address)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), err)
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && !passing(pg.Code) {
			return fmt.Errorf("the database refuses us: %w", err)
		}
		if c.log != nil && !slow.IsZero() && time.Now().After(slow) {
			slow = time.Time{}
			c.log.Warn("database is slow to start, as after a crash", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// passing tells whether an SQLSTATE is of the sort that waiting mends.
func passing(code string) bool {
	switch code {
	case "57P01", "57P02", "57P03", // shutting down, crashed, starting up
		"53300": // too many connections
		return true
	}
	return false
}

// ping tells whether the server at an address takes connections.
func ping(ctx context.Context, a address) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, a.url("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// awaitPredecessor waits for a server that outlived the process before us. We
// hold the lock, so nobody else has a claim on it: if it still takes
// connections it is told to stop.
func (c *Cluster) awaitPredecessor(ctx context.Context, a address) error {
	deadline := time.Now().Add(predecessorTimeout)
	for told := false; ; {
		pid, err := serverPID(c.data())
		if err != nil {
			return err
		}
		if pid == 0 || !serves(pid, c.data()) {
			return nil
		}
		if !told && a != (address{}) && ping(ctx, a) == nil {
			told = true
			c.log.Warn("stopping a database server that was left behind", "pid", pid)
			if err := adopt(c, pid).shutdown(fast); err != nil {
				return fmt.Errorf("stop the database server left behind (pid %d): %w", pid, err)
			}
		}
		if time.Now().After(deadline) {
			return fault.New(fault.Conflict, "a PostgreSQL server (pid %d) still uses the database in %s; end it, then start again", pid, c.data())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a database server left behind: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// serverPID returns the process that the data directory's postmaster.pid names,
// or 0 if there is no such file.
func serverPID(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the database's pid: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid <= 0 {
		return 0, nil // empty after a crash of the machine; PostgreSQL says so itself
	}
	return pid, nil
}

// runTied runs a helper program that must not outlive us.
func runTied(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.CombinedOutput()
}

func (c *Cluster) setErr(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.err = err
	}
}

func (c *Cluster) isStopping() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}
