package devices

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

// A Watcher compares what is plugged in with what it has told.
type Watcher struct {
	cfg Config
	log *slog.Logger

	memory  *memory
	devices map[string]*device // by what the station calls them
	budget  budget
	lost    losses
	forget  chan struct{} // has an element when nothing was told any more
	here    atomic.Int64  // how many were plugged in at the last look
	failing bool          // the last look failed
	looked  bool          // there was one
}

// A device is what is known about one name.
type device struct {
	told *told  // the server's picture; nil: it knows of none
	here *guest // what is plugged in; nil: nothing is
}

// A told is a device as it was told.
type told struct {
	found Found
	early bool // by an agent before this one, and not seen by this one yet
}

// A guest is a device that is plugged in.
type guest struct {
	found Found
	since time.Time // when it was noticed
	first bool      // it was here at the first look
	known bool      // it stands in told
}

// New returns a Watcher, which has not looked yet.
func New(cfg Config) *Watcher {
	w := &Watcher{cfg: cfg, log: cfg.Log, devices: map[string]*device{}, budget: newBudget(), forget: make(chan struct{}, 1)}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	w.memory = openMemory(cfg.Dir, cfg.Boot, w.log)
	for _, f := range w.memory.list {
		w.devices[f.Facts.Device] = &device{told: &told{found: f, early: true}}
	}
	return w
}

// Run watches until ctx is over. What is not told then, the next one tells.
func (w *Watcher) Run(ctx context.Context) {
	changes := w.cfg.System.Changes()
	w.look(nil)
	for {
		var came []*Found
		select {
		case <-ctx.Done():
			w.lost.tell(time.Now(), true, w.cfg.Lost)
			return
		case <-w.forget:
			w.begin()
		case <-w.due(changes == nil):
		case c := <-changes:
			came = w.gather(ctx, changes, w.hear(c, nil))
		}
		w.look(came)
	}
}

// Forget has everything told anew, because whoever it was told to is another now.
func (w *Watcher) Forget() {
	select {
	case w.forget <- struct{}{}:
	default:
	}
}

// PluggedIn returns how many devices are plugged in. It may be called at any time.
func (w *Watcher) PluggedIn() int { return int(w.here.Load()) }

// begin is what Forget asks for.
func (w *Watcher) begin() {
	clear(w.devices)
	w.looked = false
}

// gather takes the changes that follow one: they come in swarms, for a device, its
// interfaces, a disk and its partitions.
func (w *Watcher) gather(ctx context.Context, changes <-chan Change, came []*Found) []*Found {
	pause := time.NewTimer(leastPause)
	defer pause.Stop()
	for len(came) < maxGathered {
		select {
		case c := <-changes:
			came = w.hear(c, came)
		case <-pause.C:
			return came
		case <-ctx.Done():
			return came
		}
	}
	return came
}

// hear takes a change, and returns came with what was plugged in.
func (w *Watcher) hear(c Change, came []*Found) []*Found {
	if c.Missed {
		w.lost.note(0, time.Now(), unheard)
	}
	if c.Came != nil {
		came = append(came, c.Came)
	}
	return came
}

// due returns a channel that says when to look though nothing was told to have
// changed; nil: never.
func (w *Watcher) due(polling bool) <-chan time.Time {
	if w.failing {
		return time.After(pollEvery)
	}
	for _, d := range w.devices {
		if d.open() {
			return time.After(lookAgain)
		}
	}
	switch at, waiting := w.lost.due(); {
	case waiting:
		return time.After(time.Until(at))
	case polling:
		return time.After(pollEvery)
	}
	return nil
}

// open tells whether the server's picture is not what is the case.
func (d *device) open() bool {
	if d.here == nil {
		return d.told != nil
	}
	return !d.here.known
}

// look compares what is plugged in with what is known, and tells what differs.
// came are those that came since the last look, of which some may be gone.
func (w *Watcher) look(came []*Found) {
	now := time.Now()
	list, err := w.cfg.System.List()
	if err != nil {
		if !w.failing {
			w.log.Warn("it cannot be said which USB devices are plugged in", "err", err)
		}
		w.failing = true
		return
	}
	if w.failing {
		w.log.Info("it can be said again which USB devices are plugged in")
	}
	w.failing = false
	w.here.Store(int64(len(list)))
	here := map[string]*Found{}
	for i := range list {
		here[list[i].Facts.Device] = &list[i]
	}
	for _, f := range came {
		w.flash(f, here[f.Facts.Device], now)
	}
	for name, f := range here {
		w.see(w.named(name), f, now)
	}
	for _, d := range w.devices {
		if d.here != nil && here[d.here.found.Facts.Device] == nil {
			w.leave(d, now)
		}
	}
	if !w.looked {
		w.log.Debug("USB devices are watched", "plugged_in", len(list), "told", w.cfg.System.Changes() != nil)
	}
	w.looked = true
	w.settle(now)
	w.lost.tell(now, false, w.cfg.Lost)
	w.remember()
}

func (w *Watcher) named(name string) *device {
	d := w.devices[name]
	if d == nil {
		d = &device{}
		w.devices[name] = d
	}
	return d
}

// flash takes word that f came. If it is not here, and was not before, it came and
// went between two looks.
func (w *Watcher) flash(f, here *Found, now time.Time) {
	// The word may lack the serial number; what it has must fit.
	fits := func(g *Found) bool {
		return g.Facts.VendorID == f.Facts.VendorID && g.Facts.ProductID == f.Facts.ProductID && (f.Arrival == "" || f.Arrival == g.Arrival)
	}
	d := w.named(f.Facts.Device)
	if here != nil && fits(here) || d.here != nil && fits(&d.here.found) {
		return
	}
	if d.here != nil {
		w.leave(d, now)
	}
	d.here = &guest{found: *f, since: now}
	w.leave(d, now)
}

// see takes that f is plugged in.
func (w *Watcher) see(d *device, f *Found, now time.Time) {
	if d.here != nil && !d.here.found.same(f) {
		w.leave(d, now)
	}
	if d.here == nil {
		d.here = &guest{found: *f, since: now, first: !w.looked}
		if d.told != nil && d.told.early && d.told.found.same(f) {
			d.told.early, d.here.known = false, true
			d.told.found.Arrival = f.Arrival
		}
	}
	// What it has now, and what was seen of it before: a volume that was mounted for
	// a while.
	f.Facts.Volumes = withVolumes(d.here.found.Facts.Volumes, f.Facts.Volumes)
	d.here.found = *f
	if d.here.known {
		// Volumes that come after the plugging was told are told with the removal.
		facts := &d.told.found.Facts
		if facts.Volumes = withVolumes(facts.Volumes, f.Facts.Volumes); len(facts.Volumes) > 0 {
			facts.Missing = ""
		}
	}
}

// leave takes that what was plugged in is not any more.
func (w *Watcher) leave(d *device, now time.Time) {
	g := d.here
	d.here = nil
	w.tellRemoval(d, now)
	if g.known {
		return
	}
	// It came and went before it was told.
	if d.told != nil || !w.budget.take(g.found.Facts.Device, 2, now) {
		w.lost.note(2, now, tooOften)
		return
	}
	g.lacksVolumes("volumes=gone")
	w.report(g.kind(), g.found.Facts, g.since, false)
	w.report(event.DeviceRemoved, g.found.Facts, now, false)
}

// tellRemoval tells that what the server knows of is gone, if it may be told now.
func (w *Watcher) tellRemoval(d *device, now time.Time) {
	if d.told != nil && w.budget.take(d.told.found.Facts.Device, 1, now) {
		w.report(event.DeviceRemoved, d.told.found.Facts, now, d.told.early)
		d.told = nil
	}
}

// settle tells what is due.
func (w *Watcher) settle(now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(w.devices)) {
		d := w.devices[name]
		if d.here == nil || !d.here.known {
			w.tellRemoval(d, now)
		}
		if g := d.here; g != nil && d.told == nil && g.ready(now) && w.budget.take(name, 1, now) {
			g.lacksVolumes("volumes=busy")
			w.report(g.kind(), g.found.Facts, g.since, false)
			d.told, g.known = &told{found: g.found}, true
		}
		if d.told == nil && d.here == nil {
			delete(w.devices, name)
		}
	}
	w.budget.forget(now)
}

// ready tells whether there is nothing more to wait for.
func (g *guest) ready(now time.Time) bool {
	age := now.Sub(g.since)
	if age < settled || !g.found.Storage {
		return age >= settled
	}
	volumes := g.found.Facts.Volumes
	missing := slices.ContainsFunc(volumes, func(v event.Volume) bool { return v.Mount == "" })
	return len(volumes) > 0 && !missing || age >= forVolumes
}

// lacksVolumes notes why mass storage is told without volumes, if it is.
func (g *guest) lacksVolumes(why string) {
	if g.found.Storage && len(g.found.Facts.Volumes) == 0 {
		g.found.Facts.Missing = why
	}
}

func (g *guest) kind() event.Kind {
	if g.first {
		return event.DevicePresent
	}
	return event.DevicePlugged
}

func (w *Watcher) report(kind event.Kind, facts event.Device, at time.Time, inferred bool) {
	facts.Kind, facts.Time, facts.Inferred = kind, at.Round(0).UTC(), inferred
	facts.Volumes = slices.Clone(facts.Volumes)
	w.cfg.Report(facts)
}

// remember writes down what was told. It is done after the telling: killed in
// between, the agent tells again that a device is here, rather than never.
func (w *Watcher) remember() {
	var list []Found
	for _, name := range slices.Sorted(maps.Keys(w.devices)) {
		if t := w.devices[name].told; t != nil {
			list = append(list, t.found)
		}
	}
	w.memory.keep(list)
}
