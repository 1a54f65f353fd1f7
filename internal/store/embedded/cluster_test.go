//go:build linux

package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
)

func TestStartStopStart(t *testing.T) {
	dir := filepath.Join(tempDir(t), "new", "db")
	c := start(t, Config{Dir: dir})
	if err := c.Err(); err != nil {
		t.Errorf("while it runs: %v", err)
	}
	for name, want := range map[string]string{
		"listen_addresses": "", "jit": "off", "data_checksums": "on", "server_encoding": "UTF8", "lc_collate": "C", "fsync": "on",
	} {
		if got := query1(t, c.URL(), "SHOW "+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	exec1(t, c.URL(), write)
	stop(t, c)
	if c.Err() == nil {
		t.Error("after Stop: no error")
	}
	select {
	case <-c.Done():
	default:
		t.Error("after Stop: not done")
	}
	stop(t, c) // again, to no effect
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("postmaster.pid after a clean stop: %v", err)
	}

	// What administrators set is obeyed, except on where to listen.
	if err := os.WriteFile(filepath.Join(dir, "local.conf"), []byte("work_mem = '17MB'\nlisten_addresses = '*'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c = start(t, Config{Dir: dir, Settings: map[string]string{"fsync": "off"}})
	wantKept(t, c.URL())
	for name, want := range map[string]string{"work_mem": "17MB", "listen_addresses": "", "fsync": "off"} {
		if got := query1(t, c.URL(), "SHOW "+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestDatabaseAccount(t *testing.T) {
	slow(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := filepath.Join(tempDir(t), "db")
	c := start(t, Config{Dir: dir})
	pid, err := serverPID(c.data())
	if err != nil {
		t.Fatal(err)
	}
	uid, _, err := ownerOf("/proc/" + strconv.Itoa(pid))
	if err != nil || uid == 0 {
		t.Errorf("the server runs as uid %d, %v; want an account without rights", uid, err)
	}
	for path, want := range map[string]int{"": 0, "data": uid, "run": uid, "postgresql.conf": 0, "postgres.log": 0} {
		if got, _, err := ownerOf(filepath.Join(dir, path)); err != nil || got != want {
			t.Errorf("owner of %q is %d, %v; want %d", path, got, err, want)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "run"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder: %v, %v; want it private", info.Mode(), err)
	}
}

func TestRefusesFolderTheAccountCannotEnter(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	closed := filepath.Join(tempDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: filepath.Join(closed, "db")})
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Forbidden || !strings.Contains(e.Message, "may not enter "+closed+" ") {
		t.Errorf("got %v; want a refusal that names %s", err, closed)
	}
}

func TestOrdinaryUser(t *testing.T) {
	slow(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root to become an ordinary user; the other tests run as one already")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	base := tempDir(t)
	program, home := filepath.Join(base, "program"), filepath.Join(base, "home")
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	nobody, err := user.Lookup("nobody") // initdb wants an account with a name
	if err != nil {
		t.Skip(err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	as := func(uid int) *syscall.Credential { return &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)} }
	if err := os.Chown(home, uid, uid); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "db")
	ch := holdIn(t, program, dir, as(uid))
	if strings.HasPrefix(ch.said, "error:") {
		t.Fatal(ch.said)
	}
	exec1(t, ch.said, write)
	pid, err := serverPID(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := ownerOf("/proc/" + strconv.Itoa(pid)); err != nil || got != uid {
		t.Errorf("the server runs as uid %d, %v; want %d", got, err, uid)
	}
	_ = ch.input.Close()
	if err := ch.cmd.Wait(); err != nil {
		t.Errorf("end of the child: %v", err)
	}

	// Root, say with an administration command, steps down to the same account
	// and leaves nothing that the account could not use.
	c, err := Attach(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatalf("attach as root: %v", err)
	}
	wantKept(t, c.URL())
	stop(t, c)
	ch = holdIn(t, program, dir, as(uid))
	if strings.HasPrefix(ch.said, "error:") {
		t.Fatalf("the account after root: %s", ch.said)
	}
	wantKept(t, ch.said)

	// Another user is told whose it is.
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	other := holdIn(t, program, dir, as(54321))
	if !strings.Contains(other.said, "belongs to another account") {
		t.Errorf("another user is told %q", other.said)
	}
}

func TestKilledWithServer(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(tempDir(t), "db")
	ch := holdIn(t, self, dir, nil)
	exec1(t, ch.said, write)
	pid, err := serverPID(filepath.Join(dir, "data"))
	if err != nil || pid == 0 {
		t.Fatalf("server's pid: %d, %v", pid, err)
	}

	// Somebody else is told who uses it; an administration command gets in.
	_, err = Start(t.Context(), Config{Dir: dir})
	want := fmt.Sprintf("another eljefe serve uses this data directory (pid %d)", ch.cmd.Process.Pid)
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Conflict || !strings.Contains(e.Message, want) {
		t.Errorf("second start: %v; want %q", err, want)
	}
	a, err := Attach(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatalf("attach: %v", err)
	}
	wantKept(t, a.URL())
	stop(t, a)
	wantKept(t, ch.said) // it was not stopped

	if err := ch.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = ch.cmd.Wait()
	began := time.Now()
	c := start(t, Config{Dir: dir})
	t.Logf("started %v after the kill", time.Since(began).Round(time.Millisecond))
	wantKept(t, c.URL())
	if serves(pid, c.data()) {
		t.Errorf("the killed program's server (pid %d) still runs", pid)
	}
}

func TestKilledTogether(t *testing.T) {
	slow(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(tempDir(t), "db")
	data := filepath.Join(dir, "data")
	ch := holdIn(t, self, dir, nil)
	exec1(t, ch.said, write)
	pid, err := serverPID(data)
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	_ = ch.cmd.Process.Kill()
	_ = ch.cmd.Wait()

	// The pid has gone to another process of the account, as after a reboot.
	account, err := chooseAccount(dir, data)
	if err != nil {
		t.Fatal(err)
	}
	stranger := account.command(t.Context(), "/", "/bin/sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	}()
	file := filepath.Join(data, "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(file, []byte(strconv.Itoa(stranger.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{Dir: dir})
	wantKept(t, c.URL())
	if err := stranger.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the process that has the server's old pid: %v; want it untouched", err)
	}
}

func TestLeftBehindServerIsStopped(t *testing.T) {
	slow(t)
	dir := filepath.Join(tempDir(t), "db")
	c := start(t, Config{Dir: dir})
	exec1(t, c.URL(), write)
	stop(t, c)
	// A server without us, as where the kernel does not end it with its parent.
	if err := c.address.remember(dir); err != nil {
		t.Fatal(err)
	}
	orphan := c.account.command(t.Context(), dir, c.bin.path("postgres"), "-D", c.data(), "-c", "config_file="+filepath.Join(dir, "postgresql.conf"))
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the orphan answers", func() bool { return ping(t.Context(), c.address) == nil })
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()

	c = start(t, Config{Dir: dir})
	if err := <-ended; err != nil {
		t.Errorf("the server left behind: %v; want an orderly end", err)
	}
	wantKept(t, c.URL())
}

func TestServerKilled(t *testing.T) {
	var log syncBuffer
	c := start(t, Config{Dir: filepath.Join(tempDir(t), "db"), Log: slog.New(slog.NewTextHandler(&log, nil))})
	exec1(t, c.URL(), write)
	for range 2 {
		pid, err := serverPID(c.data())
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the loss is noticed", func() bool { return c.Err() != nil })
		if e, ok := errors.AsType[*fault.Error](c.Err()); ok && e.Kind != fault.Unavailable {
			t.Errorf("while it is down: %v; want it unavailable", e)
		}
		eventually(t, "the server is back", func() bool { return c.Err() == nil })
		wantKept(t, c.URL())
	}
	for _, want := range []string{"database stopped; starting it again", "database is back"} {
		if got := strings.Count(log.String(), want); got != 2 {
			t.Errorf("%d lines in the log say %q, want one for each kill:\n%s", got, want, log.String())
		}
	}
}

func TestStopWhileItCannotStart(t *testing.T) {
	slow(t)
	c := start(t, Config{Dir: filepath.Join(tempDir(t), "db")})
	conf := filepath.Join(c.dir, "postgresql.conf")
	if err := os.WriteFile(conf, []byte("no_such_setting = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	pid, err := serverPID(c.data())
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reason is known", func() bool { return c.Err() != nil && strings.Contains(c.Err().Error(), "no_such_setting") })
	stop(t, c)
}

func TestFailedStartSaysWhy(t *testing.T) {
	slow(t)
	dir := filepath.Join(tempDir(t), "db")
	began := time.Now()
	_, err := Start(t.Context(), Config{Dir: dir, Settings: map[string]string{"wal_compression": "best"}})
	if err == nil || !strings.Contains(err.Error(), "wal_compression") {
		t.Errorf("start with a bad setting: %v; want the server's own words", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v to fail", took)
	}
	start(t, Config{Dir: dir}) // and all was released
}

func TestCancelledStart(t *testing.T) {
	slow(t)
	dir := filepath.Join(tempDir(t), "db")
	for _, after := range []time.Duration{time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		c, err := Start(ctx, Config{Dir: dir})
		cancel()
		if err == nil {
			stop(t, c) // it was quicker
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("start with %v to go: %v", after, err)
		}
	}
	c := start(t, Config{Dir: dir})
	if left, err := filepath.Glob(filepath.Join(dir, "initdb-*")); err != nil || len(left) > 0 {
		t.Errorf("unfinished databases left: %v, %v", left, err)
	}
	if got := query1(t, c.URL(), `SELECT 'yes'`); got != "yes" {
		t.Errorf("got %q", got)
	}
}

func TestLongPath(t *testing.T) {
	slow(t)
	dir := filepath.Join(tempDir(t), strings.Repeat("a very long folder's name ", 3), "db")
	c := start(t, Config{Dir: dir})
	exec1(t, c.URL(), write)
	host := c.address.host
	if len(c.address.socket()) > longestSocket {
		t.Errorf("the socket's path has %d bytes", len(c.address.socket()))
	}
	if info, err := os.Stat(host); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder: %v, %v; want it private", info, err)
	}
	a, err := Attach(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatalf("attach: %v", err)
	}
	wantKept(t, a.URL())
	stop(t, a)
	stop(t, c)
	if _, err := os.Stat(host); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's folder after the stop: %v; want it gone", err)
	}
	c = start(t, Config{Dir: dir})
	wantKept(t, c.URL())
}

func TestPathWithSigns(t *testing.T) {
	slow(t)
	for _, name := range []string{`it's "x" [y]* \ñ`, "a, b"} {
		c := start(t, Config{Dir: filepath.Join(tempDir(t), name)})
		if got := query1(t, c.URL(), `SELECT 'yes'`); got != "yes" {
			t.Errorf("in %q: got %q", name, got)
		}
	}
}

func TestDataOfAnotherMajor(t *testing.T) {
	slow(t)
	dir := filepath.Join(tempDir(t), "db")
	c := start(t, Config{Dir: dir})
	stop(t, c)
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("13\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Invalid {
		t.Fatalf("got %v; want a refusal", err)
	}
	for _, want := range []string{"made by PostgreSQL 13", c.bin.version, "postgresql-13"} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("refusal %q, want it to say %q", e.Message, want)
		}
	}
}

func TestBinDirWithoutServer(t *testing.T) {
	_, err := Start(t.Context(), Config{Dir: filepath.Join(tempDir(t), "db"), BinDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "no PostgreSQL server") {
		t.Errorf("got %v; want a refusal", err)
	}
}

// A link on the PATH that stands alone leads to a server with initdb beside it;
// a program that stands alone is no server.
func TestInstallations(t *testing.T) {
	slow(t)
	c := start(t, Config{Dir: filepath.Join(tempDir(t), "db")})
	link, alone := t.TempDir(), t.TempDir()
	if err := os.Symlink(c.bin.path("postgres"), filepath.Join(link, "postgres")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(alone, "postgres"), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 99.0'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got := installations(t.Context(), []string{alone, link, c.bin.dir, "/nonexistent"})
	if len(got) != 1 || got[0] != c.bin {
		t.Errorf("found %+v, want only %+v", got, c.bin)
	}
}

func BenchmarkFirstStart(b *testing.B) {
	dir := tempDir(b)
	for n := 0; b.Loop(); n++ {
		c, err := Start(b.Context(), Config{Dir: filepath.Join(dir, strconv.Itoa(n))})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		stop(b, c)
		b.StartTimer()
	}
}

func BenchmarkNextStart(b *testing.B) {
	dir := filepath.Join(tempDir(b), "db")
	stop(b, start(b, Config{Dir: dir}))
	for b.Loop() {
		c, err := Start(b.Context(), Config{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		stop(b, c)
		b.StartTimer()
	}
}
