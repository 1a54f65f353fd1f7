package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// Greeting is what a station's hello is answered with.
type Greeting struct {
	Acknowledged uint64        // everything up to here is stored
	Cloned       bool          // another machine uses this key: nothing of the hello was noted
	Moved        bool          // the key is on another machine than before, which has been silent
	Offset       time.Duration // server's clock minus the station's
}

const (
	// busyMachine is how long ago a machine may have been in contact to count as
	// still using its key.
	busyMachine = 10 * time.Minute
	// clockStep is a change of a clock's offset that is kept.
	clockStep = time.Second
	// runsKept is for how long a run of an agent that is not the last one is
	// remembered.
	runsKept = 30 * day
)

// Greet notes how a station is. Two machines that use one key are noticed here.
func (s *Store) Greet(ctx context.Context, station int64, h *wire.Hello, address string, now time.Time) (*Greeting, error) {
	g := &greeter{station: station, hello: cleanHello(h), address: address, now: now, offset: clockOffset(h, now)}
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		g.tx, g.Greeting = tx, Greeting{Offset: g.offset}
		return g.greet(ctx)
	})
	if err != nil {
		return nil, err
	}
	return &g.Greeting, nil
}

// clockOffset is the server's clock minus the station's. What the agent has
// measured knows how long a request takes; but it is of the hello before, and
// does not count where the clock was set since.
func clockOffset(h *wire.Hello, now time.Time) time.Duration {
	offset := now.Sub(h.Now)
	if h.OffsetMS != nil {
		if measured := time.Duration(*h.OffsetMS) * time.Millisecond; (offset - measured).Abs() < 2*clockStep {
			return measured
		}
	}
	return offset
}

// greeter is one transaction of Greet.
type greeter struct {
	Greeting
	tx      DB
	station int64
	hello   *wire.Hello
	address string
	now     time.Time
	offset  time.Duration
	before  knownAgent
}

// knownAgent is what was known before the hello.
type knownAgent struct {
	fingerprint, run string
	booted, began    *time.Time
	contact          *time.Time
	offsetMS         *int64
	renamed          bool
	name             string
}

func (g *greeter) greet(ctx context.Context) error {
	b := &g.before
	var acknowledged int64
	err := g.tx.QueryRow(ctx, `
		SELECT a.fingerprint, a.run, a.booted, a.agent_began, a.last_contact, a.clock_offset_ms, a.renamed, s.name,
		       COALESCE((SELECT last_seq FROM station_stream WHERE station_id = a.station_id), 0)
		FROM   station_agent a JOIN station s ON s.id = a.station_id
		WHERE  a.station_id = $1::bigint
		FOR    UPDATE OF a`, g.station).
		Scan(&b.fingerprint, &b.run, &b.booted, &b.began, &b.contact, &b.offsetMS, &b.renamed, &b.name, &acknowledged)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFoundf("there is no station %d that reports by itself", g.station)
	}
	if err != nil {
		return fmt.Errorf("read station %d: %w", g.station, err)
	}
	g.Acknowledged = uint64(acknowledged)
	stale, err := g.compare(ctx)
	if err != nil || stale || g.Cloned {
		return err
	}
	return g.note(ctx)
}

// compare finds out whether the hello comes from the machine, and the run of its
// agent, that said the last one. It is stale if it was sent by a run that has
// ended since.
func (g *greeter) compare(ctx context.Context) (stale bool, err error) {
	b, h := &g.before, g.hello
	if g.Moved = g.otherMachine(); !g.Moved && h.Run == b.run {
		return false, nil
	}
	if g.Moved && h.Run != b.run && b.run != "" && b.contact != nil && g.now.Sub(*b.contact) < busyMachine {
		g.Cloned, g.Moved = true, false
		return false, nil
	}
	// A machine that was copied while it ran has the same run: a run is known
	// together with its machine.
	var returned, cloned bool
	err = g.tx.QueryRow(ctx, `
		WITH known AS (SELECT cloned FROM station_run WHERE station_id = $1::bigint AND run = $2 AND fingerprint = $3),
		added AS (INSERT INTO station_run (station_id, run, fingerprint, first_seen) SELECT $1::bigint, $2, $3, $4 WHERE NOT EXISTS (SELECT FROM known))
		SELECT EXISTS (SELECT FROM known), COALESCE((SELECT cloned FROM known), false)`, g.station, h.Run, g.fingerprint(), g.now).Scan(&returned, &cloned)
	if err != nil {
		return false, fmt.Errorf("note run of station %d: %w", g.station, err)
	}
	switch {
	case cloned:
		g.Cloned, g.Moved = true, false
		return false, nil
	case !returned || b.run == "":
		return false, nil
	case b.began != nil && h.Now.Before(*b.began):
		return true, nil
	}
	// This run was there before the last one, and is there again: both live.
	run, fingerprint := b.run, b.fingerprint
	if g.newer() {
		run, fingerprint = h.Run, g.fingerprint()
		g.Cloned, g.Moved = true, false
	}
	_, err = g.tx.Exec(ctx, `UPDATE station_run SET cloned = true WHERE station_id = $1::bigint AND run = $2 AND fingerprint = $3`, g.station, run, fingerprint)
	if err != nil {
		return false, fmt.Errorf("note clone of station %d: %w", g.station, err)
	}
	return false, nil
}

// fingerprint is that of the machine; one that tells none has the one it had.
func (g *greeter) fingerprint() string {
	return cmp.Or(g.hello.Machine.Fingerprint, g.before.fingerprint)
}

// otherMachine tells whether the hello comes from a machine with another
// fingerprint.
func (g *greeter) otherMachine() bool {
	return g.before.fingerprint != "" && g.before.fingerprint != g.fingerprint()
}

// newer tells whether the hello's machine, or its agent, was started after that
// of the hello before.
func (g *greeter) newer() bool {
	b, h := &g.before, g.hello
	if b.booted != nil && !h.Booted.Equal(*b.booted) {
		return h.Booted.After(*b.booted)
	}
	return b.began == nil || h.AgentBegan.After(*b.began)
}

// note stores what the hello says.
func (g *greeter) note(ctx context.Context) error {
	h := g.hello
	report, err := json.Marshal(h)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the hello has a time or a number that cannot be kept")
	}
	_, err = g.tx.Exec(ctx, `
		UPDATE station_agent
		SET    host_name = @host_name, fingerprint = @fingerprint, system = @system, architecture = @architecture,
		       agent_version = @agent_version, address = @address, run = @run, boot_id = @boot_id, booted = @booted, agent_began = @began,
		       last_contact = GREATEST(last_contact, @now), clock_offset_ms = @offset_ms, sensor_mode = @mode, sensor_state = @state,
		       waiting = @waiting, oldest_waiting = @oldest, report = @report
		WHERE  station_id = @station`, pgx.NamedArgs{
		"station": g.station, "host_name": h.Machine.Name, "fingerprint": g.fingerprint(), "system": h.Machine.System, "architecture": h.Machine.Architecture,
		"agent_version": h.Machine.AgentVersion, "address": g.address, "run": h.Run, "boot_id": int64(h.BootID), "booted": saneTime(h.Booted), "began": saneTime(h.AgentBegan),
		"now": g.now, "offset_ms": g.offset.Milliseconds(), "mode": h.Sensor.Mode, "state": h.Sensor.State,
		"waiting": bounded(h.Stream.Waiting), "oldest": saneTime(h.Stream.OldestWaiting), "report": report,
	})
	if err != nil {
		return fmt.Errorf("note hello of station %d: %w", g.station, err)
	}
	if err := g.noteName(ctx); err != nil {
		return err
	}
	if err := g.noteClock(ctx); err != nil {
		return err
	}
	return g.noteMove(ctx)
}

// noteName calls the station as its computer calls itself, unless a person has
// named it.
func (g *greeter) noteName(ctx context.Context) error {
	if g.before.renamed || g.before.name == g.hello.Machine.Name {
		return nil
	}
	if _, err := g.tx.Exec(ctx, `UPDATE station SET name = $2 WHERE id = $1::bigint`, g.station, g.hello.Machine.Name); err != nil {
		return fmt.Errorf("name station %d: %w", g.station, err)
	}
	return nil
}

// noteClock keeps what both clocks show, if that is news.
func (g *greeter) noteClock(ctx context.Context) error {
	if b := g.before.offsetMS; b != nil && (g.offset-time.Duration(*b)*time.Millisecond).Abs() <= clockStep {
		return nil
	}
	at := saneTime(g.now.Add(-g.offset))
	if at == nil {
		return nil // the report tells what it said
	}
	_, err := g.tx.Exec(ctx, `
		INSERT INTO station_clock (station_id, server_time, station_time) VALUES ($1, $2, $3)
		ON CONFLICT (station_id, server_time) DO UPDATE SET station_time = excluded.station_time`, g.station, g.now, at)
	if err != nil {
		return fmt.Errorf("note clock of station %d: %w", g.station, err)
	}
	return nil
}

// noteMove writes into the audit that the key is on another machine now.
func (g *greeter) noteMove(ctx context.Context) error {
	if !g.Moved {
		return nil
	}
	return audit(ctx, g.tx, auditAgent, "station.move", g.hello.Machine.Name, map[string]any{
		"id": g.station, "fingerprint": g.hello.Machine.Fingerprint, "before": g.before.fingerprint, "address": g.address,
	})
}
