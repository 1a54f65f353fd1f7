package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/eljefe/eljefe/internal/fault"
)

// AgentIdentity is whose a certificate is.
type AgentIdentity struct {
	Station int64
	Name    string
	Expires time.Time // of the certificate
	Revoked bool      // the certificate, or the station
	Retired bool      // the station
}

// StationByCertificate returns whose the certificate with a serial number is, or
// an error of kind NotFound.
func (s *Store) StationByCertificate(ctx context.Context, serial []byte) (*AgentIdentity, error) {
	var i AgentIdentity
	err := s.pool.QueryRow(ctx, `
		SELECT s.id, s.name, c.expires, c.revoked IS NOT NULL OR a.revoked IS NOT NULL, a.retired IS NOT NULL
		FROM   station_certificate c
		JOIN   station s ON s.id = c.station_id
		JOIN   station_agent a ON a.station_id = c.station_id
		WHERE  c.serial = $1`, serial).Scan(&i.Station, &i.Name, &i.Expires, &i.Revoked, &i.Retired)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.NotFoundf("no station has the certificate with serial number %x", serial)
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("find station by certificate: %w", err))
	}
	return &i, nil
}

// AddCertificate keeps a further certificate of a station. Those before stay
// good until they expire: the answer with the new one may be lost.
func (s *Store) AddCertificate(ctx context.Context, station int64, c Certificate) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		gone, err := lockAgent(ctx, tx, station)
		if err != nil {
			return err
		}
		if gone {
			return fault.New(fault.Forbidden, "station %d was retired or revoked: it gets no certificate", station)
		}
		return addCertificate(ctx, tx, station, &c)
	})
}

func addCertificate(ctx context.Context, tx DB, station int64, c *Certificate) error {
	_, err := tx.Exec(ctx, `INSERT INTO station_certificate (serial, station_id, public_key, expires) VALUES ($1, $2, $3, $4)`,
		c.Serial, station, c.PublicKey[:], c.Expires)
	if err != nil {
		return fmt.Errorf("keep certificate of station %d: %w", station, err)
	}
	return nil
}

// lockAgent locks what is known of a station's agent, and tells whether the
// station was retired or revoked. Who changes a station begins with it.
func lockAgent(ctx context.Context, tx DB, station int64) (gone bool, err error) {
	err = tx.QueryRow(ctx, `SELECT retired IS NOT NULL OR revoked IS NOT NULL FROM station_agent WHERE station_id = $1::bigint FOR UPDATE`, station).Scan(&gone)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, fault.NotFoundf("there is no station %d that reports by itself", station).Coded("no_reporting_station", "id")
	}
	if err != nil {
		return false, fmt.Errorf("lock station %d: %w", station, err)
	}
	return gone, nil
}
