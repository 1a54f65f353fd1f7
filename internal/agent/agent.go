// Package agent wires one agent: a sensor, the spool, the way to the server and
// what the server may ask for.
//
// It promises that whatever the sensor said is on disk, counted as lost, or
// both told by a gap; that the spans in which no agent ran are told too; and
// that an orderly end takes at most ten seconds and leaves nothing unsynced.
// Without a server it goes on recording.
//
// How processes are seen is the sensor's, how records are kept the spool's, how
// they are brought to the server the uplink's, what a station may be asked to do
// is package tasks'. Flags and files of the configuration are the program's.
package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/agent/devices"
	"github.com/eljefe/eljefe/internal/agent/identity"
	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/spool"
	"github.com/eljefe/eljefe/internal/agent/tasks"
	"github.com/eljefe/eljefe/internal/agent/update"
	"github.com/eljefe/eljefe/internal/agent/uplink"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// Config configures an agent.
type Config struct {
	Dir      string           // where it keeps its state, for its own account only; required
	Settings *identity.Config // checked; required

	Source   sensor.Source // nil: none, because of
	NoSource string        // what the hello says then

	Enrich  Enrich         // if nil, events go as the sensor reported them
	Canary  Canary         // how the sensor is tested while it works; without Start it is not
	Devices devices.System // nil: USB devices are not watched
	Version string
	Updates *Updates // nil: the agent takes no newer one from its server

	Ready func() // if not nil, called once the agent records

	Log  *slog.Logger // if nil, nothing is logged
	Ring *LogRing     // what Log writes, for a diagnosis; if nil, that has no log
}

const (
	look = time.Second // between looks at what the agent notes of itself

	// An end in order: what each part gets of the ten seconds.
	endOfSensor   = 4 * time.Second
	endOfRecorder = 2 * time.Second
	endOfLink     = 3 * time.Second
)

// agent is one run of the agent.
type agent struct {
	cfg   Config
	log   *slog.Logger
	run   string
	began time.Time
	boot  boot

	machine  wire.Machine
	sink     *sensor.Sink
	stream   *stream
	recorder *recorder
	canary   *canaryWatch     // nil: the sensor is not tested
	devices  *devices.Watcher // nil: USB devices are not watched
	link     *uplink.Uplink
	tasks    *tasks.Runner
	updates  *update.Engine // nil: it takes none
	contact  contact
}

// Run runs an agent until ctx is over. The error says why it cannot go on; then
// the end was in order too.
func Run(ctx context.Context, cfg Config) (err error) {
	a := &agent{cfg: cfg, log: cfg.Log, run: rand.Text(), began: time.Now().Round(0).UTC(), boot: thisBoot(), sink: sensor.NewSink(0, 0)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.cfg.Ring == nil {
		a.cfg.Ring = new(LogRing)
	}
	a.cfg.Ring.Hide(cfg.Settings.Secrets()...)
	if a.machine, err = Machine(cfg.Version); err != nil {
		return fmt.Errorf("tell which machine this is: %w", err)
	}
	if err := identity.MakeFolder(cfg.Dir); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	// Before anything is read or written, because it locks the folder.
	if a.stream, err = openStream(cfg.Dir, spool.Config{
		MaxBytes: cfg.Settings.Limits.SpoolBytes, MaxAge: time.Duration(cfg.Settings.Limits.SpoolAge), Log: a.log,
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.stream.close()) }()
	if err := a.connect(); err != nil {
		return err
	}
	if cfg.Source != nil && cfg.Canary.Start != nil {
		a.canary = a.newCanaryWatch(cfg.Canary)
	}
	a.recorder = &recorder{sink: a.sink, watch: a.canary.see, enrich: cfg.Enrich, spool: a.stream, log: a.log}
	if cfg.Devices != nil {
		a.devices = devices.New(devices.Config{
			Dir: cfg.Dir, System: cfg.Devices, Boot: a.boot.ID, Report: a.recorder.device,
			Lost: func(g event.Gap) { a.recorder.record(nil, []event.Gap{g}) }, Log: a.log,
		})
	}
	a.tellAbsence()
	if err := keepLife(cfg.Dir, a.boot); err != nil {
		return err
	}
	a.log.Info("agent began", "version", cfg.Version, "server", cfg.Settings.Server, "dir", cfg.Dir, "waiting", a.stream.stats().Records)
	err = a.work(ctx)
	a.log.Info("agent ended", "dur", time.Since(a.began).Round(time.Second))
	return err
}

// connect prepares the way to the server; nothing is sent yet.
func (a *agent) connect() error {
	settings := a.cfg.Settings
	id, err := identity.Open(a.cfg.Dir, settings.Authority)
	if err != nil {
		return err
	}
	proxy, err := settings.ProxyURL()
	if err != nil {
		return err
	}
	client, err := uplink.NewClient(uplink.ClientConfig{
		Server: settings.Server, Authority: settings.Authority, Identity: id,
		Proxy: proxy, NoProxy: settings.Proxy == identity.NoProxy, SystemProxy: SystemProxy(a.log),
		UserAgent: "eljefe-agent/" + a.cfg.Version,
	})
	if err != nil {
		return err
	}
	a.updates = a.newUpdates(client)
	a.link = uplink.New(uplink.Config{
		Client: client, Identity: id, Settings: settings, Spool: a.stream,
		Hello: a.hello, Parted: a.part, Welcomed: a.welcomed, Began: a.began, Log: a.log,
	})
	a.tasks = tasks.New(tasks.Config{
		Server: client, Code: problemCode, Hello: a.hello, Lines: a.cfg.Ring.Lines, ServerNow: a.link.ServerNow,
		Rundown: a.rundown, EndProcess: settings.EndProcess,
		FileBytes: settings.Limits.FileBytes, BytesPerSecond: settings.Limits.BytesPerSecond, Log: a.log,
	})
	return nil
}

// part begins the station anew, which knows of none of the devices then.
func (a *agent) part(ctx context.Context, since time.Time) error {
	if err := a.stream.beginAnew(ctx, since); err != nil {
		return err
	}
	if a.devices != nil {
		a.devices.Forget()
	}
	return nil
}

// tellAbsence records the spans in which no agent ran.
func (a *agent) tellAbsence() {
	last, ran, err := lastLife(a.cfg.Dir)
	if err != nil {
		a.log.Warn("it is not known when the agent ran last", "err", err)
	}
	before := a.stream.stats().Previous
	absence := absence{first: !ran && !before.Known, last: last, now: a.began, boot: a.boot}
	if before.Known {
		absence.alive = before.LastAlive
	}
	a.recorder.record(nil, absence.gaps())
}

// work runs all parts until ctx is over or one cannot go on, and ends them in
// the order in which they depend on each other.
func (a *agent) work(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	recording, stopRecording := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRecording()
	sensing := begin(func() { a.sense(ctx) })
	recorded := begin(func() { a.recorder.run(recording) })
	linked := begin(func() {
		if err := a.link.Run(ctx); err != nil {
			cancel(fmt.Errorf("the way to the server: %w", err))
		}
	})
	var rest sync.WaitGroup
	rest.Go(func() { a.tasks.Run(ctx) })
	rest.Go(func() { a.keepAlive(ctx) })
	if a.canary != nil {
		rest.Go(func() { a.canary.run(ctx) })
	}
	if a.devices != nil {
		rest.Go(func() { a.devices.Run(ctx) })
	}
	if a.updates != nil {
		rest.Go(func() {
			if err := a.updates.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	rest.Go(func() {
		if err := serveStatus(ctx, a.cfg.Dir, a.status); err != nil {
			a.log.Warn("eljefe-agent status will not work", "err", err)
		}
	})

	if a.cfg.Ready != nil {
		a.cfg.Ready()
	}
	<-ctx.Done()
	a.log.Info("ending")
	a.await("the sensor", sensing, endOfSensor)
	stopRecording()
	a.await("recording", recorded, endOfRecorder)
	a.await("the way to the server", linked, endOfLink)
	a.await("the rest", begin(rest.Wait), time.Second)
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// begin runs f beside others; the channel is closed at its end.
func begin(f func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	return done
}

// await waits for a part to end, and goes on without it when it takes too long.
func (a *agent) await(part string, done <-chan struct{}, limit time.Duration) {
	select {
	case <-done:
	case <-time.After(limit):
		a.log.Error("a part of the agent does not end; going on without it", "part", part, "dur", limit)
	}
}

// problemCode returns the code of a server's answer that is a problem.
func problemCode(err error) string {
	if p, ok := errors.AsType[*uplink.Problem](err); ok {
		return p.Code
	}
	return ""
}

// keepAlive notes that the agent runs, which bounds the gap that its next start
// tells of, and since when the server answers, or does not. How often that is
// written to disk the spool decides. It looks at the station's clock too: each
// wake-up costs more than what it is for.
func (a *agent) keepAlive(ctx context.Context) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	clock := newClockWatch(func(g event.Gap) {
		a.log.Warn("the station's clock was set", "detail", g.Detail)
		a.recorder.record(nil, []event.Gap{g})
	})
	failing := false
	for {
		clock.look()
		now := time.Now()
		a.contact.see(a.link.Status().Connected, now)
		a.recorder.tellSkipped(now)
		err := a.stream.touch(now)
		if err != nil && !failing {
			a.log.Warn("it cannot be noted that the agent runs", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// hello describes the station as it is.
func (a *agent) hello() wire.Hello {
	return wire.Hello{
		Machine: a.machine, Run: a.run, BootID: a.boot.ID, Booted: a.boot.Began, AgentBegan: a.began, Now: time.Now(),
		EndProcess: a.cfg.Settings.EndProcess,
		Stream:     a.stream.state(), Sensor: a.canary.over(a.sink.Status()), Self: a.self(),
		Update: a.updateReport(),
	}
}

func (a *agent) self() wire.Self {
	return self(map[string]uint64{"sink": uint64(a.sink.Waiting()), "spool": a.stream.stats().Records})
}

// status is what the agent tells on its own station.
func (a *agent) status() Status {
	now := time.Now().UTC()
	link := a.link.Status()
	since := a.contact.see(link.Connected, now)
	s := Status{
		Version: a.cfg.Version, PID: os.Getpid(), Began: a.began, Now: now, Server: a.cfg.Settings.Server, Authority: a.cfg.Settings.Authority,
		Station: link.Station, Stream: a.stream.state(), Sensor: a.canary.over(a.sink.Status()), Self: a.self(),
		Link: Link{Connected: link.Connected, Since: since, LastContact: link.LastContact, Error: link.Problem, Reason: link.Reason, Said: link.Said},
	}
	if a.devices != nil {
		n := a.devices.PluggedIn()
		s.Devices = &n
	}
	return s
}
