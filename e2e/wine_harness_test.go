//go:build linux

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// wine is a Windows to run programs on, as far as Wine is one. It has a drive C:
// of its own, needs no display, and is gone after the tests.
type wine struct {
	loader, server string // Wine's programs
	dir            string // its drives, and a home that is not the user's
	env            []string

	// anchor runs for as long as Wine does. So Wine's own processes belong to it,
	// and not to the first program that a test starts and waits for.
	anchor *specimen
}

const (
	wineStep = 2 * time.Minute // for one command, on the slowest of machines

	wineAgent    = `C:\Downloads\eljefe-agent.exe`
	wineSpecimen = `C:\Samples\specimen.exe`
	wineWindow   = `C:\Samples\window.exe`
)

var errNotInstalled = errors.New("not installed")

// prepareWine makes the drive and builds what runs on it, once for all tests.
var prepareWine = sync.OnceValues(func() (*wine, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	w := &wine{dir: wineDir(path)}
	if w.loader, err = firstOf("wine64", "wine"); err != nil {
		return nil, err
	}
	if w.server, err = firstOf("wineserver"); err != nil {
		return nil, err
	}
	gcc, err := firstOf("x86_64-w64-mingw32-gcc")
	if err != nil {
		return nil, err
	}
	windres, err := firstOf("x86_64-w64-mingw32-windres")
	if err != nil {
		return nil, err
	}
	home := filepath.Join(w.dir, "home")
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + home, "WINEPREFIX=" + filepath.Join(w.dir, "prefix"), "WINEARCH=win64", "WINEDEBUG=-all",
		// Else it would ask whether to download parts of itself, and write menus.
		"WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe=d",
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), wineStep)
	defer cancel()
	for _, cmd := range []*exec.Cmd{
		w.command(ctx, "wineboot", "--init"),
		// The oldest that the agent is for; a new Wine says that it is another one.
		w.command(ctx, "reg", "add", `HKCU\Software\Wine`, "/v", "Version", "/d", "win10", "/f"),
		// Windows can be shown without a display; nobody sees them.
		w.command(ctx, "reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f"),
		// What makes the machine itself. The first who asks would give it a number,
		// which a crash may take away again.
		w.command(ctx, "reg", "add", `HKLM\SOFTWARE\Microsoft\Cryptography`, "/v", "MachineGuid", "/d", "5e0c5a3e-3f0e-4a8e-9d3c-8f1f1f6a7c11", "/f"),
		w.serverCommand(ctx, "-w"), // until all of that is on disk
	} {
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("make a Windows: %q: %w", cmd.Args, err)
		}
	}
	return w, w.build(gcc, windres)
})

func wineDir(program string) string { return filepath.Join(filepath.Dir(program), "wine") }

func firstOf(programs ...string) (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is %w", programs[0], errNotInstalled)
}

// build builds the agent, the process to be seen, and what Wine lacks.
func (w *wine) build(gcc, windres string) error {
	sources := filepath.Join("testdata", "wine")
	resources := filepath.Join(w.dir, "specimen.o")
	compile := []string{gcc, "-O2", "-s", "-Wall", "-Wextra", "-Werror"}
	for _, b := range []struct {
		made string
		line []string
	}{
		{resources, []string{windres, "-O", "coff", filepath.Join(sources, "specimen.rc")}},
		{w.unix(wineSpecimen), append(compile, filepath.Join(sources, "specimen.c"), resources)},
		{w.unix(wineWindow), append(compile, "-municode", filepath.Join(sources, "window.c"))},
		{w.unix(`C:\windows\system32\bcryptprimitives.dll`), append(compile, "-shared", filepath.Join(sources, "bcryptprimitives.c"), "-ladvapi32")},
		{w.unix(wineAgent), []string{"go", "build", "-trimpath", "-ldflags", "-s -w"}},
	} {
		if err := os.MkdirAll(filepath.Dir(b.made), 0o755); err != nil {
			return err
		}
		line := append(slices.Clip(b.line), "-o", b.made)
		if b.line[0] == "go" {
			line = append(line, "github.com/eljefe/eljefe/cmd/eljefe-agent")
		}
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w: %s", filepath.Base(b.made), err, out)
		}
	}
	return nil
}

// wineHere returns the Windows of these tests. Where Wine is not installed they
// are skipped, unless nothing may be.
func wineHere(t *testing.T) *wine {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the agent for Windows is tried on amd64 only")
	}
	if testing.Short() {
		t.Skip("to make a Windows takes half a minute")
	}
	w, err := prepareWine()
	if errors.Is(err, errNotInstalled) && os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "" {
		t.Skipf("%v; \"make test\" sees to it", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// endWine ends what runs on the Windows of a server program's folder.
func endWine(program string) {
	prefix := filepath.Join(wineDir(program), "prefix")
	server, err := firstOf("wineserver")
	if err != nil {
		return
	}
	if _, err := os.Stat(prefix); err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), wineStep)
	defer cancel()
	cmd := exec.CommandContext(ctx, server, "-k", "-w")
	cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix)
	_ = cmd.Run() // it fails where nothing runs any more
	for pid := range wineProcesses(prefix) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// wineProcesses returns the processes that belong to a Windows, and what each is.
func wineProcesses(prefix string) map[int]string {
	found := map[int]string{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ")) // of others it cannot be read
		if err != nil || !strings.Contains("\x00"+string(environ), "\x00WINEPREFIX="+prefix+"\x00") {
			continue
		}
		if comm, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "comm")); err == nil {
			found[pid] = strings.TrimSpace(string(comm))
		}
	}
	return found
}

// unix returns where a path of drive C: lies.
func (w *wine) unix(path string) string {
	return filepath.Join(w.dir, "prefix", "drive_c", strings.ReplaceAll(strings.TrimPrefix(path, `C:\`), `\`, "/"))
}

// command returns a command line of Windows, which ends with this test.
func (w *wine) command(ctx context.Context, line ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.loader, line...)
	cmd.Env = w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// serverCommand returns a command line of Wine's server.
func (w *wine) serverCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.server, args...)
	cmd.Env = w.env
	return cmd
}

// up sees to it that Wine runs.
func (w *wine) up(t *testing.T) {
	t.Helper()
	if w.anchor != nil && w.anchor.runs() {
		return
	}
	w.anchor = startSpecimen(t, w.command(context.Background(), wineSpecimen, "0", "anchor"))
}

// run runs a command line and returns what it printed, and its exit code.
func (w *wine) run(t *testing.T, line ...string) (out string, code int) {
	t.Helper()
	w.up(t)
	ctx, cancel := context.WithTimeout(context.Background(), wineStep)
	defer cancel()
	cmd := w.command(ctx, line...)
	raw, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited || ctx.Err() != nil {
		t.Fatalf("%q: %v\n%s", line, errors.Join(err, ctx.Err()), raw)
	}
	return strings.ReplaceAll(string(raw), "\r\n", "\n"), cmd.ProcessState.ExitCode()
}

// crash ends all of Windows, as a power cut would: its kernel, which is Wine's
// server, and then what is left of the processes.
func (w *wine) crash(t *testing.T) {
	t.Helper()
	prefix := filepath.Join(w.dir, "prefix")
	all := wineProcesses(prefix)
	kernels := 0
	for pid, name := range all {
		if strings.HasPrefix(name, "wineserver") && syscall.Kill(pid, syscall.SIGKILL) == nil {
			kernels++
		}
	}
	if kernels != 1 {
		t.Fatalf("%d of Wine's servers were killed, of %v", kernels, all)
	}
	for pid := range wineProcesses(prefix) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	w.anchor.wait(t)
}

// station returns a station that runs the agent on Windows.
func (w *wine) station(t *testing.T, with enrolment) *station {
	t.Helper()
	w.up(t)
	dir := `C:\Stations\` + strconv.FormatInt(time.Now().UnixNano(), 36)
	return &station{
		t: t, dir: dir, with: with, log: &lockedBuffer{},
		program: wineAgent, within: []string{w.loader}, env: w.env, interrupt: syscall.SIGINT,
	}
}

// specimen is a process that runs until it is told to end.
type specimen struct {
	cmd    *exec.Cmd
	input  io.Closer
	exited chan struct{}
}

// begin starts a command line that leads to a specimen, which runs when begin
// returns.
func (w *wine) begin(t *testing.T, line ...string) *specimen {
	t.Helper()
	w.up(t)
	s := startSpecimen(t, w.command(context.Background(), line...))
	t.Cleanup(func() { s.end(t) })
	return s
}

func startSpecimen(t *testing.T, cmd *exec.Cmd) *specimen {
	t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = writer
	err = cmd.Start()
	_ = writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	s := &specimen{cmd: cmd, input: input, exited: make(chan struct{})}
	go func() { _ = cmd.Wait(); close(s.exited) }()
	late := time.AfterFunc(wineStep, func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(output).ReadString('\n')
	late.Stop()
	_ = output.Close()
	if strings.TrimSpace(line) != "runs" {
		_ = cmd.Process.Kill()
		t.Fatalf("%q printed %q (%v)", cmd.Args, line, err)
	}
	return s
}

func (s *specimen) runs() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// end tells the specimen to end, and returns its exit code.
func (s *specimen) end(t *testing.T) int {
	t.Helper()
	_ = s.input.Close()
	s.wait(t)
	return s.cmd.ProcessState.ExitCode()
}

func (s *specimen) wait(t *testing.T) {
	t.Helper()
	select {
	case <-s.exited:
	case <-time.After(wineStep):
		_ = s.cmd.Process.Kill()
		t.Fatalf("%q does not end", s.cmd.Args)
	}
}
