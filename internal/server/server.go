// Package server wires one El Jefe server: its database, its two listeners, for
// people and for agents, its background work, and how they begin and end.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/examine"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/rollout"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/server/api"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/embedded"
)

// Config configures a server.
type Config struct {
	DataDir     string   // keys, uploads and the private database; required
	Listen      string   // address of the page and the API
	AgentListen string   // address for agents; "": they are not served
	Files       string   // folder or URL of the files fetched from stations; "": a folder in DataDir
	Names       []string // further host names for the certificate
	Clients     fs.FS    // generic clients that the program carries; nil: none
	DatabaseURL string   // "": the server runs its own PostgreSQL in DataDir
	Demo        DemoPlay // nil: no demo
	MaxUpload   int64    // greatest size of an imported file, in bytes
	Retention   int      // days of events kept; 0 keeps all
	Version     string
	Log         *slog.Logger
	Out         io.Writer // where address and first password are printed

	// Ready, if not nil, is called with the address once requests are answered.
	Ready func(address string)
}

// drainTime is how long requests may go on after the server was told to stop.
const drainTime = 10 * time.Second

// Run runs a server until ctx ends, then drains it.
func Run(ctx context.Context, cfg Config) (err error) {
	if cfg.Demo != nil && cfg.AgentListen == "" {
		return fault.Invalidf("the demo's stations report as agents do; leave --agent-listen on, or --demo away")
	}
	if err := os.MkdirAll(cfg.DataDir, 0o711); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	// Before anything is started: an address that is taken is the commonest mistake.
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fault.Wrap(fault.Conflict, err, "cannot listen on %s; choose another address with --listen", cfg.Listen)
	}
	defer func() { err = errors.Join(err, ignoreClosed(listener.Close())) }()
	var agents net.Listener
	if cfg.AgentListen != "" {
		if agents, err = net.Listen("tcp", cfg.AgentListen); err != nil {
			return fault.Wrap(fault.Conflict, err, "cannot listen on %s for agents; choose another address with --agent-listen, or none with --agent-listen=off", cfg.AgentListen)
		}
		defer func() { err = errors.Join(err, ignoreClosed(agents.Close())) }()
	}

	db, closeDB, err := openStore(ctx, embedded.Start, cfg.DataDir, cfg.DatabaseURL, cfg.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDB()) }()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	password, err := firstAdministrator(ctx, db, cfg.DataDir)
	if err != nil {
		return err
	}
	authority, err := pki.Open(filepath.Join(cfg.DataDir, "keys"))
	if err != nil {
		return err
	}
	cert, err := authority.KeepServer(append(pki.HostNames(), cfg.Names...))
	if err != nil {
		return err
	}
	files, err := openFiles(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	hello := announcement{address: pageAddress(listener.Addr(), cfg.Names), password: password, authority: authority.Fingerprint(), demo: cfg.Demo != nil}
	if agents != nil {
		hello.agents = agentAddress(agents.Addr(), cfg.Names)
		if cfg.Demo != nil {
			if hello.thisMachine, err = offerThisMachine(ctx, db, cfg.DataDir, "https://"+loopback(agents.Addr()), authority.Fingerprint()); err != nil {
				return err
			}
		}
	}
	s, err := newServer(cfg, db, files, authority, cert, hello)
	if err != nil {
		return err
	}
	if agents != nil {
		agents = tls.NewListener(s.agents.Limit(agents), authority.AgentsTLS(cert.Certificate))
	}
	return s.run(ctx, tls.NewListener(listener, &tls.Config{
		GetCertificate: cert.Certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), agents, hello)
}

// OpenStore opens, for a command, the database at url, or the private one in
// dataDir, which a server may be running. closeDB closes it, and stops it if it
// was started here.
func OpenStore(ctx context.Context, dataDir, url string, log *slog.Logger) (db *store.Store, closeDB func() error, err error) {
	return openStore(ctx, embedded.Attach, dataDir, url, log)
}

// HasDatabase tells whether dataDir holds a private database.
func HasDatabase(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, databaseDir))
	return err == nil
}

// databaseDir is the private database's folder in the data directory.
const databaseDir = "postgresql"

type openCluster func(context.Context, embedded.Config) (*embedded.Cluster, error)

func openStore(ctx context.Context, open openCluster, dataDir, url string, log *slog.Logger) (db *store.Store, closeDB func() error, err error) {
	stop := func() error { return nil }
	if url == "" {
		if err := os.MkdirAll(dataDir, 0o711); err != nil {
			return nil, nil, fmt.Errorf("make data directory: %w", err)
		}
		cluster, err := open(ctx, embedded.Config{Dir: filepath.Join(dataDir, databaseDir), Log: log})
		if err != nil {
			return nil, nil, err
		}
		url = cluster.URL()
		stop = func() error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			return cluster.Stop(ctx)
		}
	}
	db, err = store.Open(ctx, url, log)
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return db, func() error {
		db.Close()
		return stop()
	}, nil
}

// server is one running server.
type server struct {
	cfg     Config
	db      *store.Store
	files   *blob.Store
	imports *importer.Jobs
	ingest  *ingest.Ingester
	live    *ingest.Live
	broker  *api.Broker
	agents  *agentapi.API
	cert    *pki.ServerKeeper
	http    []*http.Server // of the page, and of the agents
	closing chan struct{}  // closed when the server begins to drain
}

func newServer(cfg Config, db *store.Store, files *blob.Store, authority *pki.Authority, cert *pki.ServerKeeper, hello announcement) (*server, error) {
	s := &server{cfg: cfg, db: db, files: files, cert: cert, broker: api.NewBroker(db.ListenStored, cfg.Log), closing: make(chan struct{})}
	guard := DiskGuard(cfg.DataDir)
	s.ingest = ingest.New(db, ingest.Config{Guard: guard, Retention: cfg.Retention, Log: cfg.Log})
	s.live = ingest.NewLive(db, ingest.LiveConfig{Guard: guard, Retention: cfg.Retention})
	var err error
	if s.imports, err = importer.NewJobs(filepath.Join(cfg.DataDir, "uploads"), cfg.MaxUpload, guard, db, s.ingest, cfg.Log); err != nil {
		return nil, err
	}
	clients := ClientCatalogue(cfg.Clients, cfg.DataDir)
	registry := newRegistry()
	a := api.New(api.Config{
		Store: db, Auth: auth.New(db), Imports: s.imports, Stored: s.broker, Files: files, Agents: agentsConfig(cfg, hello), Log: cfg.Log,
		Clients: &api.Clients{Catalogue: clients, Authority: authority, Names: cert},
		Version: cfg.Version, Demo: cfg.Demo != nil, Private: cfg.DatabaseURL == "", Closing: s.closing,
	})
	page := s.newHTTP(s.handler(a, registry))
	page.ReadTimeout = time.Minute // the import of a file sets its own
	s.http = append(s.http, page)
	if cfg.AgentListen != "" {
		updates, err := authority.UpdateKey()
		if err != nil {
			return nil, err
		}
		s.agents = agentapi.New(agentapi.Config{
			Updates: rollout.New(rollout.Config{Store: db, Catalogue: clients, Key: updates, Log: cfg.Log}),
			Store:   db, Ingest: s.live, Files: files, Authority: authority, Log: cfg.Log, Metrics: registry, Closing: s.closing,
		})
		s.http = append(s.http, s.newAgentsHTTP())
	}
	return s, nil
}

// newHTTP returns a server of h with what both listeners need.
func (s *server) newHTTP(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(quietTLS{s.cfg.Log.Handler()}, slog.LevelDebug),
	}
}

// run serves until ctx ends or the listener fails, and then ends everything in
// the order of dependence: requests, imports, background work.
func (s *server) run(ctx context.Context, page, agents net.Listener, hello announcement) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	failed := make(chan error, 8)
	begin := func(f func(context.Context) error) {
		work.Go(func() {
			if err := f(background); err != nil {
				failed <- err
			}
		})
	}
	begin(s.broker.Run)
	begin(func(ctx context.Context) error { return s.cert.Run(ctx, s.renewed) })
	begin(func(ctx context.Context) error { return s.db.Maintain(ctx, s.cfg.Retention) })
	begin(examine.New(examine.Config{Store: s.db, Files: s.files, Guard: DiskGuard(s.cfg.DataDir), Folder: s.cfg.DataDir, Log: s.cfg.Log}).Run)
	s.beginAgents(begin)
	for i, listener := range []net.Listener{page, agents}[:len(s.http)] {
		begin(func(context.Context) error {
			if err := s.http[i].Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve: %w", err)
			}
			return nil
		})
	}
	if s.cfg.Demo != nil {
		begin(func(ctx context.Context) error { return s.playDemo(ctx, agents.Addr(), hello.authority) })
	}
	hello.print(s.cfg.Out)
	if s.cfg.Ready != nil {
		s.cfg.Ready(hello.address)
	}
	s.cfg.Log.Info("serving", "address", hello.address, "agents", hello.agents, "version", s.cfg.Version)

	var err error
	select {
	case <-ctx.Done():
		s.cfg.Log.Info("stopping")
	case err = <-failed:
	}
	err = errors.Join(err, s.drain(ctx))
	s.imports.Close()
	stop()
	work.Wait()
	return err
}

// renewed tells what became of the server's certificate.
func (s *server) renewed(until time.Time, err error) {
	if err != nil {
		s.cfg.Log.Error("the server's certificate cannot be renewed; trying again", "until", until, "err", err)
		return
	}
	s.cfg.Log.Info("the server's certificate was renewed", "until", until)
}

// drain takes no more requests on either listener, and gives those that run a
// little time.
func (s *server) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	close(s.closing)
	var group sync.WaitGroup
	failed := make([]error, len(s.http))
	for i, h := range s.http {
		group.Go(func() {
			if err := h.Shutdown(ctx); err != nil {
				s.cfg.Log.Warn("requests cut off", "err", err)
				failed[i] = ignoreClosed(h.Close())
			}
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// pageAddress returns what to type into a browser on this machine.
func pageAddress(addr net.Addr, names []string) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
		if len(names) > 0 && ip.IsUnspecified() {
			host = names[0]
		}
	}
	return "https://" + net.JoinHostPort(host, port)
}
