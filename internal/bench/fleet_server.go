package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/embedded"
)

// privateServer is a server that was started for a load test, as a program of
// its own, so that what it costs can be told apart.
type privateServer struct {
	page, agents, authority, key string
	cmd                          *exec.Cmd
	ended                        chan error
}

const (
	startTime = time.Minute
	stopTime  = 30 * time.Second
)

// startServer starts a server with all that it keeps in dir.
func startServer(ctx context.Context, program, dir string) (_ *privateServer, err error) {
	if err := os.Chmod(dir, 0o711); err != nil { // the database's account must be able to enter
		return nil, err
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		return nil, err
	}
	s := &privateServer{page: "https://" + addresses[0], agents: "https://" + addresses[1], ended: make(chan error, 1)}
	data := filepath.Join(dir, "data")
	var told bytes.Buffer
	s.cmd = exec.Command(program, "serve", "--data-dir", data, "--listen", addresses[0], "--agent-listen", addresses[1], "--log-level", "warn")
	s.cmd.Env = withoutSettings(os.Environ())
	s.cmd.Stderr = &told
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if err := s.ready(ctx); err != nil {
		if errors.Is(err, errEnded) {
			return nil, fmt.Errorf("the server ended: %s", strings.TrimSpace(told.String()))
		}
		return nil, err
	}
	return s, s.letIn(ctx, data)
}

// freeAddresses returns addresses on this machine on which nobody listens.
func freeAddresses(n int) (list []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("look for a free port: %w", err)
		}
		defer l.Close()
		list = append(list, l.Addr().String())
	}
	return list, nil
}

// withoutSettings leaves out what is meant for other servers.
func withoutSettings(environment []string) (kept []string) {
	for _, e := range environment {
		if !strings.HasPrefix(e, "ELJEFE_") {
			kept = append(kept, e)
		}
	}
	return kept
}

var errEnded = errors.New("the server ended")

// ready waits until the server answers.
func (s *privateServer) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // on this machine, started above
	defer client.CloseIdleConnections()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.page+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := client.Do(req); err == nil {
			_ = res.Body.Close() // only the status counts
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the server: %w", ctx.Err())
		case err := <-s.ended:
			s.ended <- err
			return errEnded
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// letIn makes an enrolment key, and finds out who the server is.
func (s *privateServer) letIn(ctx context.Context, data string) (err error) {
	authority, err := pki.Open(filepath.Join(data, "keys"))
	if err != nil {
		return err
	}
	s.authority = authority.Fingerprint()
	// The server runs: this only finds out where its database is.
	cluster, err := embedded.Attach(ctx, embedded.Config{Dir: filepath.Join(data, "postgresql")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Stop(context.WithoutCancel(ctx))) }()
	db, err := store.Open(ctx, cluster.URL(), nil)
	if err != nil {
		return err
	}
	defer db.Close()
	secret, hash := auth.NewSecret("ejk_")
	s.key = secret
	_, err = db.AddEnrolmentKey(ctx, store.EnrolmentKey{Name: "load test", CreatedBy: "bench"}, [32]byte(hash))
	return err
}

// stop ends the server, and its database with it.
func (s *privateServer) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(fmt.Errorf("stop the server: %w", err), s.cmd.Process.Kill())
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(stopTime):
		return errors.Join(errors.New("the server did not stop in time"), s.cmd.Process.Kill())
	}
}

// ticksPerSecond is the unit of times in /proc, the same on all Linux machines.
const ticksPerSecond = 100

// databaseCPU returns what the processes below the server have used, in seconds:
// those are its database's. It is nil where there is no /proc.
func (s *privateServer) databaseCPU() *float64 {
	type process struct {
		parent int
		ticks  float64
	}
	all := map[int]process{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return nil
	}
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, behind, _ := strings.Cut(string(raw), ") ") // its name may hold blanks
		f := strings.Fields(behind)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(f) < 15 {
			continue
		}
		var p process
		p.parent, _ = strconv.Atoi(f[1])
		for _, i := range [...]int{11, 12, 13, 14} { // its own time and that of its ended children
			ticks, _ := strconv.ParseFloat(f[i], 64)
			p.ticks += ticks
		}
		all[pid] = p
	}
	sum := 0.0
	for pid, p := range all {
		for up := p.parent; up > 0 && pid != s.cmd.Process.Pid; up = all[up].parent {
			if up == s.cmd.Process.Pid {
				sum += p.ticks
				break
			}
		}
	}
	seconds := sum / ticksPerSecond
	return &seconds
}
