package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"time"
)

// StationLife is how long a station's certificate is good. The agent renews it
// at two thirds. It may be long, since each request asks whether it was revoked;
// and a machine that lay in a drawer for months reports again by itself.
const StationLife = 180 * 24 * time.Hour

// Request is a station's wish for a certificate. Nothing but its key is taken
// from what was sent: the server gives the name.
type Request struct {
	key *ecdsa.PublicKey

	// PublicKey is the SHA-256 of the key's SubjectPublicKeyInfo.
	PublicKey [32]byte
}

// ParseRequest reads a PKCS #10 request, and checks that its sender has the key
// it is for. Its errors may be shown to the sender.
func ParseRequest(der []byte) (*Request, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("the certificate request is not PKCS #10 in DER: %w", err)
	}
	key, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the certificate request is for a key of another kind; only ECDSA on P-256 is taken")
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the certificate request is not signed with its own key: %w", err)
	}
	// Written anew: two encodings of one key must not count as two keys.
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("the certificate request's key cannot be used: %w", err)
	}
	return &Request{key: key, PublicKey: sha256.Sum256(spki)}, nil
}

// StationCertificate is a certificate of a station, just signed.
type StationCertificate struct {
	Serial  []byte
	Expires time.Time
	DER     []byte
}

// SignStation signs a certificate for the station with the given number.
func (a *Authority) SignStation(station int64, r *Request, now time.Time) (*StationCertificate, error) {
	number := serial()
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: "station " + strconv.FormatInt(station, 10)},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(StationLife).Truncate(time.Second),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, r.key, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of station %d: %w", station, err)
	}
	return &StationCertificate{Serial: SerialOf(number), Expires: template.NotAfter.UTC(), DER: der}, nil
}

// RenewAfter returns when a certificate that is signed now should be renewed.
func RenewAfter(now time.Time) time.Time {
	return now.Add(StationLife * 2 / 3).UTC().Truncate(time.Second)
}

// SerialOf returns a serial number as it is kept.
func SerialOf(number *big.Int) []byte { return number.FillBytes(make([]byte, 16)) }

// CheckStation says whether cert is a station's, signed by this authority and
// good at now. Its errors may be shown to whoever sent it.
func (a *Authority) CheckStation(cert *x509.Certificate, now time.Time) error {
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: a.pool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	if cert.IsCA || len(cert.SerialNumber.Bytes()) > 16 {
		return errors.New("it is no station's certificate")
	}
	return nil
}

// PublicKeyOf returns the SHA-256 of a certificate's SubjectPublicKeyInfo.
func PublicKeyOf(cert *x509.Certificate) [32]byte { return sha256.Sum256(cert.RawSubjectPublicKeyInfo) }
