package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/wire"
)

// Enrolment is a machine that wants to become a station. It has the secret of an
// enrolment key, or is a clone of a station and parts from it.
type Enrolment struct {
	SecretHash *[32]byte // nil: it parts
	PartFrom   int64     // the station whose certificate it showed; 0: it does not part
	Machine    wire.Machine
	Address    string   // that it called from
	PublicKey  [32]byte // SHA-256 of the SubjectPublicKeyInfo that it made: who it is
}

// Certificate is one that was signed for a station.
type Certificate struct {
	Serial    []byte
	PublicKey [32]byte // SHA-256 of its SubjectPublicKeyInfo
	Expires   time.Time
	DER       []byte // not stored
}

// Enrolled is a station and its certificate.
type Enrolled struct {
	Station     int64
	Certificate Certificate
	Known       bool // it had enrolled before, with the same key
}

// Enroll makes a machine a station, and keeps the certificate that sign makes
// for it, in one transaction. A machine that enrols again with the same public
// key, because the answer was lost, is the same station and uses nothing up.
func (s *Store) Enroll(ctx context.Context, e Enrolment, sign func(station int64) (Certificate, error)) (*Enrolled, error) {
	cleanMachine(&e.Machine)
	var enrolled Enrolled
	err := s.inTx(ctx, func(tx pgx.Tx) (err error) {
		enrolled, err = enroll(ctx, tx, &e)
		if err != nil {
			return err
		}
		if enrolled.Certificate, err = sign(enrolled.Station); err != nil {
			return err
		}
		return addCertificate(ctx, tx, enrolled.Station, &enrolled.Certificate)
	})
	if err != nil {
		return nil, err
	}
	return &enrolled, nil
}

func enroll(ctx context.Context, tx DB, e *Enrolment) (Enrolled, error) {
	key := agentKey(e.PublicKey)
	// The same machine twice at once takes turns, whatever it comes with.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, key); err != nil {
		return Enrolled{}, fmt.Errorf("lock enrolment: %w", err)
	}
	from, err := e.sponsor(ctx, tx)
	if err != nil {
		return Enrolled{}, err
	}
	switch id, err := knownStation(ctx, tx, key); {
	case err != nil:
		return Enrolled{}, err
	case id != 0:
		return Enrolled{Station: id, Known: true}, nil
	}
	if err := from.use(ctx, tx); err != nil {
		return Enrolled{}, err
	}
	id, err := addAgentStation(ctx, tx, key, e, from)
	return Enrolled{Station: id}, err
}

// agentKey is the identity of a station that enrolled with a public key.
func agentKey(publicKey [32]byte) string { return "agent:" + hex.EncodeToString(publicKey[:]) }

// knownStation returns the station of a public key, or 0.
func knownStation(ctx context.Context, tx DB, key string) (id int64, err error) {
	var name string
	var retired, revoked bool
	err = tx.QueryRow(ctx, `
		SELECT s.id, s.name, a.retired IS NOT NULL, a.revoked IS NOT NULL
		FROM   station s JOIN station_agent a ON a.station_id = s.id
		WHERE  s.key = $1`, key).Scan(&id, &name, &retired, &revoked)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("look for the station: %w", err)
	case revoked:
		return 0, fault.New(fault.Forbidden, "station %s was revoked; to let this machine in again, its agent needs a new key: remove the agent's data and enrol anew", name)
	case retired:
		return 0, fault.New(fault.Forbidden, "station %s was retired; restore it on its page, then try again", name)
	}
	return id, nil
}

// sponsor is what lets a machine in: an enrolment key, or the station from which
// it parts.
type sponsor struct {
	key     *int64 // its row
	station *int64
	name    string
	labels  []string
	left    bool // a further station may come in
	expired bool
}

// sponsor finds and locks what lets the machine in: those who come with the same
// take turns.
func (e *Enrolment) sponsor(ctx context.Context, tx DB) (*sponsor, error) {
	if e.SecretHash == nil {
		return e.stationToPartFrom(ctx, tx)
	}
	var p sponsor
	var revoked bool
	err := tx.QueryRow(ctx, `
		SELECT k.id, k.name, k.labels, k.max_uses IS NULL OR k.uses < k.max_uses, COALESCE(k.expires <= now(), false), k.revoked IS NOT NULL
		FROM   enrolment_secret s JOIN enrolment_key k ON k.id = s.key_id
		WHERE  s.secret_hash = $1
		FOR    UPDATE OF k`, e.SecretHash[:]).Scan(&p.key, &p.name, &p.labels, &p.left, &p.expired, &revoked)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fault.New(fault.Forbidden, "this enrolment key is unknown here; take one that is listed on the server's settings page")
	case err != nil:
		return nil, fmt.Errorf("read enrolment key: %w", err)
	case revoked:
		return nil, fault.New(fault.Forbidden, "enrolment key %q was revoked; make a new one on the server's settings page", p.name)
	}
	return &p, nil
}

func (e *Enrolment) stationToPartFrom(ctx context.Context, tx DB) (*sponsor, error) {
	p := sponsor{left: true}
	var gone bool
	err := tx.QueryRow(ctx, `
		SELECT s.id, s.name, a.labels, a.enrolment_key_id, a.retired IS NOT NULL OR a.revoked IS NOT NULL
		FROM   station_agent a JOIN station s ON s.id = a.station_id
		WHERE  a.station_id = $1
		FOR    UPDATE OF a`, e.PartFrom).Scan(&p.station, &p.name, &p.labels, &p.key, &gone)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, fault.New(fault.Forbidden, "there is no station %d to part from; enrol with an enrolment key", e.PartFrom)
	case err != nil:
		return nil, fmt.Errorf("read the station to part from: %w", err)
	case gone:
		return nil, fault.New(fault.Forbidden, "station %s was retired or revoked; enrol with an enrolment key", p.name)
	}
	return &p, nil
}

// use counts a further station.
func (p *sponsor) use(ctx context.Context, tx DB) error {
	switch {
	case p.station != nil:
		return nil
	case p.expired:
		return fault.New(fault.Forbidden, "enrolment key %q has expired; make a new one on the server's settings page", p.name)
	case !p.left:
		return fault.New(fault.Forbidden, "enrolment key %q has let in as many stations as it may; make a new one on the server's settings page", p.name)
	}
	if _, err := tx.Exec(ctx, `UPDATE enrolment_key SET uses = uses + 1 WHERE id = $1`, p.key); err != nil {
		return fmt.Errorf("count use of enrolment key: %w", err)
	}
	return nil
}

// addAgentStation makes the station. Its stream begins with it, so that it is
// listed before it has sent anything.
func addAgentStation(ctx context.Context, tx DB, key string, e *Enrolment, from *sponsor) (id int64, err error) {
	m := &e.Machine
	err = tx.QueryRow(ctx, `
		INSERT INTO station (key, name, origin, first_seen, last_seen) VALUES ($1, $2, $3, now(), now())
		RETURNING id`, key, m.Name, event.Live).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("add station: %w", err)
	}
	_, err = tx.Exec(ctx, `
		WITH stream AS (INSERT INTO station_stream (station_id, last_seq) VALUES (@id, 0))
		INSERT INTO station_agent (station_id, enrolment_key_id, parted_from, labels, host_name, fingerprint, system, architecture, agent_version, address)
		VALUES (@id, @key, @from, @labels, @host_name, @fingerprint, @system, @architecture, @agent_version, @address)`, pgx.NamedArgs{
		"id": id, "key": from.key, "from": from.station, "labels": from.labels,
		"host_name": m.Name, "fingerprint": m.Fingerprint, "system": m.System, "architecture": m.Architecture, "agent_version": m.AgentVersion, "address": e.Address,
	})
	if err != nil {
		return 0, fmt.Errorf("add station: %w", err)
	}
	action, detail := "station.enrol", map[string]any{"id": id, "key": from.name, "address": e.Address}
	if from.station != nil {
		action, detail = "station.part", map[string]any{"id": id, "from": *from.station, "from_name": from.name, "address": e.Address}
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify('`+storedChannel+`', $1)`, Stored{Stations: 1}.payload()); err != nil {
		return 0, fmt.Errorf("notify: %w", err)
	}
	return id, audit(ctx, tx, auditAgent, action, m.Name, detail)
}

// auditAgent is who did something in the audit where no user did.
const auditAgent = "agent"
