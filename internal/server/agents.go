package server

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/server/api"
)

// openFiles opens what keeps the files that are fetched from stations.
func openFiles(ctx context.Context, cfg Config) (*blob.Store, error) {
	place := cfg.Files
	if place == "" {
		place = filepath.Join(cfg.DataDir, "files")
	}
	files, err := blob.Open(ctx, place)
	if err != nil {
		return nil, err
	}
	files.Guard = DiskGuard(cfg.DataDir)
	return files, nil
}

// newAgentsHTTP returns the server of the agents' listener. How long a request's
// body may take is the routes' to say, the longest answer is that of a task for
// which an agent waits.
func (s *server) newAgentsHTTP() *http.Server {
	h := s.newHTTP(s.agents)
	h.WriteTimeout = 5 * time.Minute
	h.MaxHeaderBytes = 16 << 10
	h.ConnContext = s.agents.ConnContext
	// An agent has one request for tasks, one for events, one for a file, and few others.
	h.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 16}
	return h
}

// beginAgents begins the background work of the agents' listener.
func (s *server) beginAgents(begin func(func(context.Context) error)) {
	if s.agents == nil {
		return
	}
	begin(s.live.Run)
	begin(s.agents.Run)
	begin(func(ctx context.Context) error {
		return s.files.Keep(ctx, func(err error) { s.cfg.Log.WarnContext(ctx, "files not swept", "err", err) })
	})
}

// agentsConfig is what the API tells of the agents' listener; nil: there is none.
func agentsConfig(cfg Config, hello announcement) *api.Agents {
	if cfg.AgentListen == "" {
		return nil
	}
	return &api.Agents{Listen: cfg.AgentListen, Address: hello.agents, Authority: hello.authority}
}

// ClientCatalogue returns the generic clients that the program carries, and those
// that the operator of a data directory has signed.
func ClientCatalogue(carried fs.FS, dataDir string) *catalogue.Catalogue {
	return catalogue.New(carried, filepath.Join(dataDir, "clients"))
}

// agentAddress returns what agents are to be told: the machine's name where it
// listens on all addresses.
func agentAddress(addr net.Addr, names []string) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
		if name, err := os.Hostname(); err == nil && name != "" {
			host = name
		}
		if len(names) > 0 {
			host = names[0]
		}
	}
	return "https://" + net.JoinHostPort(host, port)
}
