package agentapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// enroll handles POST wire.PathEnroll: a machine with an enrolment key becomes a
// station, and one that shows the certificate it was copied with another one.
func (a *API) enroll(ctx context.Context, c *call) (any, error) {
	from := neighbourhood(c.address)
	if wait := a.guesses.wait(from, a.cfg.Now()); wait > 0 {
		f := busy("too many failed enrolments from %s; try again later", c.address)
		f.retryAfter = int(wait.Seconds()) + seconds(1, 5)
		return nil, f
	}
	enrolled, err := a.enrolled(ctx, c)
	if err == nil {
		return enrolled, nil
	}
	f := a.failure(ctx, err)
	if f.Status < 500 {
		a.guesses.note(from, a.cfg.Now())
		a.metrics.enrolments.WithLabelValues("refused").Inc()
		a.cfg.Log.WarnContext(ctx, "enrolment refused", "address", c.address, "code", f.Code, "reason", f.Detail)
	}
	return nil, f
}

func (a *API) enrolled(ctx context.Context, c *call) (*wire.Enrolled, error) {
	var in wire.EnrollRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkMachine(&in.Machine); err != nil {
		return nil, err
	}
	request, err := pki.ParseRequest(in.Request)
	if err != nil {
		return nil, malformed("%v", err)
	}
	e, result := store.Enrolment{Machine: in.Machine, Address: c.address, PublicKey: request.PublicKey}, "enrolled"
	if in.Key != "" {
		e.SecretHash = (*[32]byte)(auth.HashSecret(strings.TrimSpace(in.Key)))
	} else {
		if c.TLS == nil || len(c.TLS.PeerCertificates) == 0 {
			return nil, fail(http.StatusForbidden, wire.CodeKey, "the enrolment key is missing; an administrator makes one under Settings, Enrolment keys")
		}
		if err := a.identify(c); err != nil {
			return nil, err
		}
		if pki.PublicKeyOf(c.cert) == request.PublicKey {
			return nil, malformed("to part from station %d takes a new key, and the request is for the key of the certificate that is shown; ask for a new certificate for it at %s", c.station.Station, wire.PathRenew)
		}
		e.PartFrom, result = c.station.Station, "parted"
	}
	enrolled, err := a.cfg.Store.Enroll(ctx, e, func(station int64) (store.Certificate, error) { return a.sign(station, request) })
	if e, ok := isFault(err, fault.Forbidden); ok {
		return nil, fail(http.StatusForbidden, wire.CodeKey, "%s", e.Message)
	}
	if err != nil {
		return nil, err
	}
	a.metrics.enrolments.WithLabelValues(result).Inc()
	a.cfg.Log.InfoContext(ctx, "station enrolled", "station", enrolled.Station, "address", c.address, "parted_from", e.PartFrom, "again", enrolled.Known)
	return a.certificate(enrolled.Station, enrolled.Certificate), nil
}

// sign makes a certificate.
func (a *API) sign(station int64, r *pki.Request) (store.Certificate, error) {
	cert, err := a.cfg.Authority.SignStation(station, r, a.cfg.Now())
	if err != nil {
		return store.Certificate{}, err
	}
	return store.Certificate{Serial: cert.Serial, PublicKey: r.PublicKey, Expires: cert.Expires, DER: cert.DER}, nil
}

func (a *API) certificate(station int64, c store.Certificate) *wire.Enrolled {
	return &wire.Enrolled{
		Station: station, Certificate: c.DER, Authority: a.cfg.Authority.DER(), Expires: c.Expires, RenewAfter: pki.RenewAfter(a.cfg.Now()),
	}
}

// renew handles POST wire.PathRenew: a further certificate of a station. The one
// that is shown stays good: the answer may be lost.
func (a *API) renew(ctx context.Context, c *call) (any, error) {
	var in wire.RenewRequest
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	request, err := pki.ParseRequest(in.Request)
	if err != nil {
		return nil, malformed("%v", err)
	}
	if !a.renewals.allow(strconv.FormatInt(c.number(), 10), a.cfg.Now()) {
		f := busy("station %d has been given many certificates within the hour; use the last one", c.number())
		f.retryAfter = 3600
		return nil, f
	}
	cert, err := a.sign(c.number(), request)
	if err != nil {
		return nil, err
	}
	err = a.cfg.Store.AddCertificate(ctx, c.number(), cert)
	if e, ok := isFault(err, fault.Forbidden); ok { // since we last looked
		return nil, fail(http.StatusForbidden, wire.CodeRevoked, "%s", e.Message)
	}
	if err != nil {
		return nil, err
	}
	a.cfg.Log.InfoContext(ctx, "certificate renewed", "station", c.number(), "address", c.address)
	return a.certificate(c.number(), cert), nil
}
