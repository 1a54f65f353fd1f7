//go:build unix

package server_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
	"github.com/eljefe/eljefe/internal/server"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// demoServer is a server that plays a small demo, on a real database and over
// real connections.
type demoServer struct {
	t        *testing.T
	url, dir string
	db       *store.Store
	scenario *scenario.Scenario
}

func newDemoServer(t *testing.T) *demoServer {
	t.Helper()
	night, err := os.ReadFile("testdata/night.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Load(append(scenario.OfficeFiles(), scenario.Source{Name: "night.yaml", Data: night})...)
	if err != nil {
		t.Fatal(err)
	}
	s.Stations = s.Stations[len(s.Stations)-3:]
	d := &demoServer{t: t, url: storetest.URL(t), dir: t.TempDir(), scenario: s}
	if d.db, err = store.Open(t.Context(), d.url, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.db.Close)
	return d
}

const (
	demoDays = 3
	demoSeed = 7
)

// start runs the server until the function that it returns is called.
func (d *demoServer) start() (stop func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- server.Run(ctx, server.Config{
			DataDir: d.dir, Listen: "127.0.0.1:0", AgentListen: "127.0.0.1:0", DatabaseURL: d.url, Log: slog.New(slog.DiscardHandler), Out: io.Discard,
			Ready: func(address string) { ready <- address },
			Demo: func(ctx context.Context, to server.DemoAccess) error {
				return (&fleet.Demo{
					Scenario: d.scenario, Server: to.Server, Authority: to.Authority, Key: to.Key, Dir: to.Dir, Version: "test", Days: demoDays, Seed: demoSeed, Log: to.Log,
				}).Run(ctx)
			},
		})
	}()
	select {
	case <-ready:
	case err := <-ended:
		d.t.Fatal(err)
	}
	return func() {
		d.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			d.t.Fatal(err)
		}
	}
}

// starts returns how many starts of processes are stored, by station, and how
// many processes there are.
func (d *demoServer) starts() (byName map[string]int64, all int64) {
	d.t.Helper()
	list, _, err := d.db.Stations(d.t.Context(), store.StationList{Sort: "name", Limit: 100})
	if err != nil {
		d.t.Fatal(err)
	}
	byName = map[string]int64{}
	for _, s := range list {
		byName[s.Name] = s.Starts
		all += s.Starts
	}
	return byName, all
}

// until waits for something that will be.
func (d *demoServer) until(what string, is func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			got, _ := d.starts()
			d.t.Fatalf("waited for %s; starts are %v", what, got)
		}
	}
}

// world returns the world that the demo plays, and since when it is live.
func (d *demoServer) world() (*world.World, time.Time) {
	d.t.Helper()
	var raw []byte
	d.until("the demo's beginning", func() (there bool) {
		var err error
		raw, err = os.ReadFile(filepath.Join(d.dir, "demo", "demo.json"))
		return err == nil
	})
	var began struct {
		Live   time.Time `json:"live"`
		Offset int       `json:"utc_offset_seconds"`
	}
	if err := json.Unmarshal(raw, &began); err != nil {
		d.t.Fatal(err)
	}
	return world.New(d.scenario, world.Config{
		Seed: demoSeed, From: began.Live.AddDate(0, 0, -demoDays), Live: began.Live, Zone: time.FixedZone("", began.Offset),
	}), began.Live
}

// told returns how many starts the world tells of until a moment.
func (d *demoServer) told(w *world.World, until time.Time) map[string]int64 {
	told := map[string]int64{}
	for _, s := range w.Stations() {
		for r, ok := s.Next(until); ok; r, ok = s.Next(until) {
			if r.Event != nil && r.Event.Kind != event.Stop {
				told[s.Name()]++
			}
		}
	}
	return told
}

// The demo comes in as agents do, each event once, however often it is begun
// again; its file can be fetched; and it can be removed.
func TestDemo(t *testing.T) {
	d := newDemoServer(t)
	stop := d.start()
	w, live := d.world()
	want := d.told(w, live)
	arrived := func() bool {
		got, _ := d.starts()
		for name, n := range want {
			if got[name] < n {
				return false
			}
		}
		return true
	}
	d.until("the past", arrived)
	w, _ = d.world()
	d.fetch(w)
	stop()

	stop = d.start()
	d.until("a start of the second run", func() bool { _, all := d.starts(); return all > 0 })
	time.Sleep(300 * time.Millisecond) // what would be told twice is told at once
	stop()
	got, _ := d.starts()
	w, _ = d.world()
	most := d.told(w, time.Now())
	for name, n := range got {
		if n < want[name] || n > most[name] {
			t.Errorf("%s has %d starts; it told of %d to %d", name, n, want[name], most[name])
		}
	}
	gaps, _, err := d.db.Gaps(t.Context(), store.GapList{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gaps {
		if g.Cause != event.BeforeAgent {
			t.Errorf("%s has a gap of the cause %s: %s", g.StationName, g.Cause, g.Detail)
		}
	}

	if pens := d.devices(); len(pens) != 1 || pens[0].Stations != 2 || pens[0].Plugs != 2 || pens[0].Present != 0 {
		t.Errorf("the stick that went to two stations is %+v", pens)
	}
	stations, err := d.db.DemoStations(t.Context())
	if err != nil || len(stations) != 3 {
		t.Fatalf("the demo has %d stations (%v); want 3", len(stations), err)
	}
	_, all := d.starts()
	if n, err := d.db.ProcessesOf(t.Context(), stations); err != nil || n != all || n == 0 {
		t.Errorf("the demo has %d processes (%v); want %d", n, err, all)
	}
	for _, id := range stations {
		if err := d.db.RemoveDemoStation(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := d.starts(); len(left) != 0 {
		t.Errorf("%v are left of the demo", left)
	}
	if left := d.devices(); len(left) != 0 {
		t.Errorf("these devices are left of the demo: %+v", left)
	}
	stop = d.start() // it begins anew
	d.until("a new demo", func() bool { _, all := d.starts(); return all > 0 })
	stop()
}

// devices returns those that the server knows.
func (d *demoServer) devices() []store.Device {
	d.t.Helper()
	list, _, err := d.db.Devices(d.t.Context(), store.DeviceList{Sort: "first_seen", Limit: 10})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// fetch asks a station for the file that the simulator makes.
func (d *demoServer) fetch(w *world.World) {
	d.t.Helper()
	sum := ""
	for _, s := range w.Stations() {
		for r, ok := s.Next(time.Now()); ok; r, ok = s.Next(time.Now()) {
			if r.Event != nil && r.Event.OriginalFileName == "setup_x86.bin" && r.Event.SHA256 != "" {
				sum = r.Event.SHA256
			}
		}
	}
	digest, err := hex.DecodeString(sum)
	if err != nil || sum == "" {
		d.t.Fatalf("nobody ran the odd file (%v)", err)
	}
	list, _, err := d.db.Stations(d.t.Context(), store.StationList{Search: "NIGHT-02", Sort: "name", Limit: 1})
	if err != nil || len(list) != 1 {
		d.t.Fatalf("%d stations are called NIGHT-02 (%v)", len(list), err)
	}
	task := func(sha256 string) *store.Task {
		task, err := d.db.AddTask(d.t.Context(), store.Task{
			Station: list[0].ID, Verb: wire.FetchFile, Who: "ana", Why: "odd", Expires: time.Now().Add(time.Hour),
			Arguments: wire.Task{SHA256: sha256, Paths: []string{`C:\Users\nils\Downloads\FlashPlayer_update.exe`}, MaxBytes: 1 << 20},
		})
		if err != nil {
			d.t.Fatal(err)
		}
		d.until("the task", func() bool {
			if task, err = d.db.Task(d.t.Context(), task.ID); err != nil {
				d.t.Fatal(err)
			}
			return task.Finished != nil
		})
		return task
	}
	if got := task(sum); got.State != wire.TaskDone {
		d.t.Errorf("fetching the file: %s, %s", got.State, got.Message)
	}
	if f, err := d.db.StoredFile(d.t.Context(), digest); err != nil || f.Bytes < 100<<10 {
		d.t.Errorf("the file is not stored: %+v, %v", f, err)
	}
	d.until("its facts", func() bool {
		f, err := d.db.BinaryFacts(d.t.Context(), digest)
		if err != nil {
			return false // not examined yet
		}
		var facts anatomy.Facts
		if err := json.Unmarshal(f.Facts, &facts); err != nil || facts.SHA256 != sum || facts.Format != anatomy.PE32 || facts.Entry == nil || facts.Entry.Entropy >= 3 {
			d.t.Errorf("its facts are %.300s, %v", f.Facts, err)
		}
		return true
	})
	if got := task("00" + sum[2:]); got.State != wire.TaskFailed || got.Message == "" {
		d.t.Errorf("fetching a file that does not exist: %s, %q", got.State, got.Message)
	}
}
