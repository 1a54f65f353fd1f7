package agentapi

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

const (
	// A station that was revoked may go on for so long.
	identityLife       = 4 * time.Second
	rememberIdentities = 50_000
)

// identity is what is known of a certificate, by the digest of the whole of it.
type identity struct {
	station *store.AgentIdentity
	until   time.Time
}

// identify finds out which station calls, or says why it may not.
func (a *API) identify(c *call) error {
	if c.TLS == nil || len(c.TLS.PeerCertificates) == 0 {
		return fail(http.StatusUnauthorized, wire.CodeCertificate, "no certificate was shown; enrol at %s and use the one you are given", wire.PathEnroll)
	}
	cert := c.TLS.PeerCertificates[0]
	station, err := a.stationOf(c.Context(), cert)
	if err != nil {
		return err
	}
	c.cert, c.station = cert, station
	switch {
	case station.Revoked:
		return fail(http.StatusForbidden, wire.CodeRevoked, "station %d or its certificate was revoked; an administrator can tell why", station.Station)
	case station.Retired:
		return fail(http.StatusForbidden, wire.CodeRetired, "station %d was retired; an administrator can restore it", station.Station)
	}
	return nil
}

// stationOf returns whose certificate it is. Of one that it has just seen it
// knows without checking again.
func (a *API) stationOf(ctx context.Context, cert *x509.Certificate) (*store.AgentIdentity, error) {
	now := a.cfg.Now()
	key := sha256.Sum256(cert.Raw)
	known, checked := a.identities.Get(key)
	if checked && now.Before(known.until) {
		return known.station, nil
	}
	// What was signed stays signed: only its dates, and what the store says of
	// it, are looked at again.
	if !checked || now.Before(cert.NotBefore) || now.After(cert.NotAfter) {
		if err := a.cfg.Authority.CheckStation(cert, now); err != nil {
			if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
				return nil, fail(http.StatusUnauthorized, wire.CodeCertificate, "the certificate is good from %s to %s, and here it is %s: enrol again",
					cert.NotBefore.UTC().Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
			}
			return nil, fail(http.StatusUnauthorized, wire.CodeCertificate, "the certificate is not one that this server gave to a station: enrol again")
		}
	}
	station, err := a.cfg.Store.StationByCertificate(ctx, pki.SerialOf(cert.SerialNumber))
	if fault.KindOf(err) == fault.NotFound {
		return nil, fail(http.StatusUnauthorized, wire.CodeCertificate, "this server does not know the certificate any more: enrol again")
	}
	if err != nil {
		return nil, err
	}
	until := now.Add(identityLife)
	if cert.NotAfter.Before(until) {
		until = cert.NotAfter
	}
	a.identities.Add(key, identity{station, until})
	return station, nil
}
