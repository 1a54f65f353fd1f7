package etwsession

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc"
	"github.com/eljefe/eljefe/internal/agent/winapi"
	"github.com/eljefe/eljefe/internal/etw"
	"github.com/eljefe/eljefe/internal/event"
)

const (
	tick         = 50 * time.Millisecond
	flushEvery   = 100 * time.Millisecond
	lookEvery    = 10 * time.Second // at the session
	compareEvery = time.Minute      // with the system's list
	compareSoon  = time.Second      // after the beginning, and after a loss
	againPause   = time.Second      // at least, between two sessions
	hushLimit    = 2 * time.Second  // for a session that was closed
	shownFor     = time.Hour        // the state says that somebody interfered
)

// Details of gaps.
const (
	ringFull     = "the agent could not keep up with the trace session"
	kernelLost   = "the trace session lost events: its buffers were full"
	undecoded    = "the kernel told of processes in a form that this agent does not understand; its log on level debug has it"
	interference = "somebody interfered with the trace session, which was blind for a part of this time at least: "
)

// A run is one Run.
type run struct {
	*Source
	sink *sensor.Sink
	list winproc.Lister

	session session
	way     way
	began   time.Time // the session
	ring    *ring
	ended   chan error // consume has returned
	joiner  *etw.Joiner
	held    map[uint32]*holding

	sound      time.Time // when the session was last known to be as it should
	looked     time.Time
	compared   time.Time
	compareAt  time.Time // zero: not before compareEvery
	flushed    time.Time
	lost       losses
	interfered time.Time // the last time
	times      int       // how often
}

// holding is a process that is held for the joiner's run.
type holding struct {
	*winproc.Held
	run  *etw.Run
	gone bool // it was not in the last list
}

// open begins a session.
func (r *run) open() error {
	began := time.Now()
	session, how, err := r.start()
	if err != nil {
		return err
	}
	r.session, r.way, r.began = session, how, began
	return nil
}

// attend begins to listen to the session that was opened.
func (r *run) attend() {
	r.ring, r.ended, r.lost = newRing(), make(chan error, 1), losses{}
	go func(s session, ring *ring, ended chan<- error) { ended <- s.consume(ring.put) }(r.session, r.ring, r.ended)
	now := time.Now()
	r.sound, r.looked, r.flushed, r.compared, r.compareAt = now, now, now, now, now.Add(compareSoon)
	r.state(now)
}

// forget makes a joiner that knows nothing.
func (r *run) forget() {
	for pid := range r.held {
		r.let(pid)
	}
	r.joiner = etw.NewJoiner(etw.JoinerConfig{
		BootID: r.station.BootID(), Sources: r.way.sources, Began: r.began,
		Undecoded: func(rec *etw.Record, err error) {
			r.sink.Lost(1, rec.Time, rec.Time, undecoded)
			r.log.Debug("a record cannot be decoded", "provider", rec.Provider, "id", rec.ID, "opcode", rec.Opcode, "version", rec.Version,
				"payload", hex.EncodeToString(rec.Payload), "err", err)
		},
	})
}

// run listens until ctx is over and what had come until then is told.
func (r *run) run(ctx context.Context) error {
	r.forget()
	defer r.forget()
	r.attend()
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		var reason error
		select {
		case <-ctx.Done():
			return r.end()
		case <-r.ring.filled:
		case <-ticks.C:
		case err := <-r.ended:
			r.ended = nil
			reason = errors.Join(errors.New("it was ended"), err)
		case ask := <-r.asked:
			ask.answer <- r.rundown()
		}
		now := time.Now()
		r.take(now)
		r.tell(r.joiner.Tick(now))
		if reason == nil && now.Sub(r.looked) >= lookEvery {
			reason = r.look(now)
		}
		if reason != nil {
			if err := r.again(ctx, reason); err != nil {
				return err
			}
			continue
		}
		r.keepUp(now)
	}
}

// keepUp does what is due now and then.
func (r *run) keepUp(now time.Time) {
	if r.session.needsFlush() && now.Sub(r.flushed) >= flushEvery {
		r.flushed = now
		_ = r.session.flush() // the next look says what is wrong
	}
	soon := !r.compareAt.IsZero() && !now.Before(r.compareAt)
	if soon || now.Sub(r.compared) >= compareEvery {
		r.compare(now)
	}
}

// end ends the session and tells what had come.
func (r *run) end() error {
	err := r.session.close()
	r.hush()
	r.take(time.Now())
	r.tell(r.joiner.Flush())
	if err != nil {
		return fmt.Errorf("end the trace session: %w", err)
	}
	return nil
}

// hush waits until the session tells nothing more.
func (r *run) hush() {
	if r.ended == nil {
		return
	}
	select {
	case <-r.ended:
	case <-time.After(hushLimit):
		r.log.Error("the trace session does not end; going on without it")
	}
	r.ended = nil
}

// take gives the joiner what has come.
func (r *run) take(now time.Time) {
	records, lost := r.ring.take()
	for i := range records {
		rec := &records[i]
		if rec.Provider == etw.LostEvent {
			r.looked = time.Time{} // the session's own count says how many
		}
		r.hold(r.joiner.Record(rec, now))
	}
	if lost.n > 0 {
		r.sink.Lost(lost.n, lost.from, lost.to, ringFull)
		r.compareAt = now.Add(compareSoon)
	}
}

// hold opens a process at the first word of it.
func (r *run) hold(about *etw.Run) {
	if about == nil || about.Attached != nil {
		return
	}
	held := new(winproc.Held)
	if !about.Ended() {
		held = winproc.Hold(r.station, about.PID)
		if created, seq, ok := held.Identity(); ok && !r.joiner.Identify(about, created, seq) {
			held.Let() // another process has its pid by now
		}
	}
	about.Attached = held
	if _, _, ok := held.Identity(); ok {
		r.let(about.PID)
		r.held[about.PID] = &holding{Held: held, run: about}
	}
}

// let lets the process that is held under a pid go.
func (r *run) let(pid uint32) {
	if h := r.held[pid]; h != nil {
		h.Let()
		delete(r.held, pid)
	}
}

// tell reports events that are ready.
func (r *run) tell(ready []etw.Joined) {
	for _, j := range ready {
		e := j.Event
		e.Sensor = mode
		e.Image, e.ParentImage = r.station.Path(e.Image), r.station.Path(e.ParentImage)
		if j.Run.Attached == nil { // only the list told of it
			r.hold(j.Run)
		}
		held, _ := j.Run.Attached.(*winproc.Held)
		if e.Kind == event.Stop {
			held.End(e)
			if h := r.held[e.PID]; h != nil && h.run == j.Run {
				r.let(e.PID)
			}
		} else {
			held.Describe(e)
			r.loaded.put(e.Key(), j.Run.ImageStamp, j.Run.ImageChecksum)
		}
		r.sink.Report(e)
	}
}

// rundown reports what runs once more, and returns how many that are.
func (r *run) rundown() int {
	all := r.joiner.Rundown()
	r.tell(all)
	return len(all)
}

// compare compares what is known to run with the system's list.
func (r *run) compare(now time.Time) {
	r.compared, r.compareAt = now, time.Time{}
	all, err := r.list.List(func(p winapi.ListedProcess) *winproc.Held {
		if h := r.held[p.PID]; h != nil {
			return h.Held
		}
		return nil
	})
	if err != nil {
		r.log.Warn("what runs cannot be compared with the system's list", "err", err)
		return
	}
	there := make(map[uint32]bool, len(all))
	list := make([]etw.Snapshot, len(all))
	for i, p := range all {
		there[p.PID] = true
		list[i] = etw.Snapshot{PID: p.PID, ParentPID: p.ParentPID, Created: p.Created, Session: p.Session, Image: p.Name}
		if h := r.held[p.PID]; h != nil { // no other can have its pid
			list[i].Created, list[i].Seq, _ = h.Identity()
		}
	}
	r.joiner.Reconcile(list, now, now)
	for pid, h := range r.held { // for runs that the joiner had no room for
		if h.gone && !there[pid] {
			r.let(pid)
		}
		h.gone = !there[pid]
	}
}

// look asks the session how it is. The error is why it must be begun anew.
func (r *run) look(now time.Time) error {
	before := r.looked
	if before.IsZero() {
		before = r.sound
	}
	r.looked = now
	lost, err := r.session.look()
	if err != nil {
		return err
	}
	if events, buffers := lost.events-r.lost.events, lost.buffers-r.lost.buffers; events > 0 || buffers > 0 {
		if buffers > 0 {
			events = 0 // nobody knows how many were in them
		}
		r.sink.Lost(events, before, now, kernelLost)
		r.compareAt = now.Add(compareSoon)
	}
	r.lost, r.sound = lost, now
	r.state(now)
	return nil
}

// again begins the session anew, after somebody interfered with it.
func (r *run) again(ctx context.Context, reason error) error {
	from, sources := r.sound, r.way.sources
	why := strings.ReplaceAll(reason.Error(), "\n", ": ")
	r.log.Error("somebody interfered with the trace session; it is begun anew", "reason", why)
	_ = r.session.close() // there may be nothing left of it
	r.hush()
	r.take(time.Now())
	if wait := againPause - time.Since(r.began); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	err := r.open()
	now := time.Now()
	r.sink.Lost(0, from, now, interference+why)
	if err != nil {
		return fmt.Errorf("%s%s; it cannot be begun anew: %w", interference, why, err)
	}
	r.interfered, r.times = now, r.times+1
	if r.way.sources != sources {
		r.tell(r.joiner.Flush())
		r.forget() // the joiner waits for other halves from here on
	}
	r.attend()
	return nil
}

// state says how the sensor is.
func (r *run) state(now time.Time) {
	var why []string
	if r.way.why != "" {
		why = append(why, r.way.why)
	}
	if r.times > 0 && now.Sub(r.interfered) < shownFor {
		why = append(why, fmt.Sprintf("somebody interfered with the trace session %d times, last at %s", r.times, r.interfered.UTC().Format(time.RFC3339)))
	}
	if len(why) == 0 {
		r.sink.State(mode, sensor.Working, "")
		return
	}
	r.sink.State(mode, sensor.Degraded, strings.Join(why, "; "))
}
