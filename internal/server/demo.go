package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// DemoPlay plays a demo to a server until ctx is over. Its stations come in as
// agents do: the server knows nothing of them but what they report.
type DemoPlay func(ctx context.Context, to DemoAccess) error

// DemoAccess is what a demo is given to reach the server.
type DemoAccess struct {
	Server    string // https://host:port of the agents' listener
	Authority string // its fingerprint
	Key       func(context.Context) (string, error)
	Dir       string // where it may keep what it needs
	Known     int    // stations of a demo that the database has
	Log       *slog.Logger
}

// playDemo plays the demo. A demo that was removed begins anew.
func (s *server) playDemo(ctx context.Context, agents net.Addr, authority string) error {
	stations, err := s.db.DemoStations(ctx)
	if err != nil {
		return s.demoEnded(ctx, err)
	}
	dir := filepath.Join(s.cfg.DataDir, "demo")
	if len(stations) == 0 {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove what is left of an earlier demo: %w", err)
		}
	}
	key := demoKey{db: s.db}
	err = s.cfg.Demo(ctx, DemoAccess{
		Server: "https://" + loopback(agents), Authority: authority, Key: key.get, Dir: dir, Known: len(stations), Log: s.cfg.Log,
	})
	return s.demoEnded(ctx, err)
}

// offerThisMachine returns the command that adds this machine as a station beside
// those of the demo; "" where no agent lies beside the server's program. Each start
// makes a key of its own for it, and removes those of earlier starts.
func offerThisMachine(ctx context.Context, db *store.Store, dataDir, address, authority string) (string, error) {
	if err := db.RemoveDemoKeys(ctx); err != nil {
		return "", err
	}
	program, err := os.Executable()
	if err != nil || runtime.GOOS != "linux" {
		return "", nil
	}
	agent := filepath.Join(filepath.Dir(program), "eljefe-agent")
	if _, err := os.Stat(agent); err != nil {
		return "", nil
	}
	state, err := filepath.Abs(filepath.Join(dataDir, "this-machine"))
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	secret, hash := auth.NewSecret("ejk_")
	expires := time.Now().Add(24 * time.Hour)
	_, err = db.AddEnrolmentKey(ctx, store.EnrolmentKey{Name: "this machine", MaxUses: 1, Expires: &expires, CreatedBy: store.DemoAuthor}, [32]byte(hash))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sudo %s run --state-dir %s --server %s --authority %s --key %s", agent, state, address, authority, secret), nil
}

// demoEnded says why there is no demo, for which no server has to end.
func (s *server) demoEnded(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.WarnContext(ctx, "demo not played", "err", err)
	}
	return nil
}

// demoKey makes an enrolment key when the first station needs one.
type demoKey struct {
	db *store.Store

	mu     sync.Mutex
	secret string
}

// demoKeyLife is how long a key of the demo lets stations in.
const demoKeyLife = time.Hour

func (k *demoKey) get(ctx context.Context) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secret != "" {
		return k.secret, nil
	}
	secret, hash := auth.NewSecret("ejk_")
	expires := time.Now().Add(demoKeyLife)
	_, err := k.db.AddEnrolmentKey(ctx, store.EnrolmentKey{
		Name: "demo", Labels: []string{store.DemoLabel}, Expires: &expires, CreatedBy: store.DemoAuthor,
	}, [32]byte(hash))
	if err != nil {
		return "", err
	}
	k.secret = secret
	return secret, nil
}

// loopback is how a listener is reached on its own machine.
func loopback(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	host := "127.0.0.1"
	if conn, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(tcp.Port))); err == nil {
		_ = conn.Close() // it was only a try
	} else {
		host = "::1"
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}
