// Package identity keeps what makes a station the station that it is: its key,
// its certificate, and the configuration that says whose it is.
//
// A station is its key. The key is made on the station, never leaves it, and
// stays the same for as long as the station is that station; the server knows it
// by a certificate, which is renewed. Both lie in one file, which is replaced as
// a whole, so that there is no moment at which the one exists without the other.
// A key that is still to get its first certificate lies in a file of its own,
// written before the server is asked: whoever is stopped before the answer came
// asks again with the same key, and is given the same station.
//
// The folder and its files belong to the agent's account or to root (SYSTEM and
// administrators on Windows), and nobody else may read them; otherwise nothing is read and the error says what to do.
//
// When to ask for a certificate, and what to do about a refusal, is the uplink's.
// A station that was revoked stays so until a person removes its files.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// Purpose is what a certificate is asked for.
type Purpose string

// The purposes.
const (
	Enroll Purpose = "enroll" // the first certificate, for a new key
	Renew  Purpose = "renew"  // another one, for the key at hand
	Part   Purpose = "part"   // to become a station of its own, with a new key: the one at hand was copied from another machine
)

const stationFile = "station.pem"

// Identity is the folder of one station.
type Identity struct {
	dir string
	pin string // fingerprint of the authority

	mu      sync.Mutex
	station *Station
}

// Station is an identity that the server knows. It is not changed once made.
type Station struct {
	Number      int64
	Certificate tls.Certificate // with its key
	Authority   []byte          // certificate of the authority, DER
	Expires     time.Time
	RenewAfter  time.Time

	// RecordsSince is set after the station parted from the one it was copied
	// from, until StreamBegun: records from before are the other's.
	RecordsSince time.Time
}

// Open returns the identity kept in the folder dir, which is made where it is
// missing. authority is the fingerprint of the authority that may sign for it.
func Open(dir, authority string) (*Identity, error) {
	pin, err := pki.ParseFingerprint(authority)
	if err != nil {
		return nil, err
	}
	if err := MakeFolder(dir); err != nil {
		return nil, fmt.Errorf("make the folder for the station's key: %w", err)
	}
	if err := checkPrivate(dir); err != nil {
		return nil, err
	}
	i := &Identity{dir: dir, pin: pin}
	if err := removeHalfWritten(dir); err != nil {
		return nil, err
	}
	raw, err := readPrivate(i.path(stationFile))
	if errors.Is(err, fs.ErrNotExist) {
		return i, nil
	}
	if err != nil {
		return nil, err
	}
	if i.station, err = decode(raw, pin); err != nil {
		return nil, fmt.Errorf("%s: %w (restore it from a backup; or remove it, and the agent enrols as a new station)", i.path(stationFile), err)
	}
	return i, i.forgetUsed()
}

func (i *Identity) path(name string) string { return filepath.Join(i.dir, name) }

// Station returns who the server says that this is, or nil before it enrolled.
func (i *Identity) Station() *Station {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.station
}

// Request returns a certificate request (PKCS #10, DER). Its key is on disk when
// it returns; a request that was made before and got no answer is made with the
// same key.
func (i *Identity) Request(p Purpose) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	key, err := i.key(p)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate request: %w", err)
	}
	return der, nil
}

// key returns the key for which p asks a certificate.
func (i *Identity) key(p Purpose) (*ecdsa.PrivateKey, error) {
	if p == Renew {
		if i.station == nil {
			return nil, errors.New("there is no station yet whose certificate could be renewed")
		}
		return i.station.key(), nil
	}
	path := i.path(waiting(p))
	raw, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make the station's key: %w", err)
		}
		return key, writeKey(path, key)
	}
	if err != nil {
		return nil, err
	}
	key, err := decodeKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (remove it, and another is made)", path, err)
	}
	return key, nil
}

// Accept keeps the certificate that the server gave for the request of purpose
// p, and is durable when it returns. now says from when on records are the
// station's own, if it parted from another.
func (i *Identity) Accept(p Purpose, e *wire.Enrolled, now time.Time) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	key, err := i.key(p)
	if err != nil {
		return err
	}
	s := &Station{Number: e.Station, Authority: e.Authority, RenewAfter: e.RenewAfter}
	s.Certificate = tls.Certificate{Certificate: [][]byte{e.Certificate}, PrivateKey: key}
	switch {
	case p == Part:
		s.RecordsSince = now
	case i.station != nil:
		s.RecordsSince = i.station.RecordsSince
	}
	if err := s.check(i.pin); err != nil {
		return fmt.Errorf("the server's answer cannot be used: %w", err)
	}
	if err := i.keep(s); err != nil {
		return err
	}
	return i.forgetUsed()
}

// StreamBegun notes that the stream holds the station's own records only.
func (i *Identity) StreamBegun() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.station == nil || i.station.RecordsSince.IsZero() {
		return nil
	}
	s := *i.station
	s.RecordsSince = time.Time{}
	return i.keep(&s)
}

// keep writes the station and makes it the one in use.
func (i *Identity) keep(s *Station) error {
	raw, err := s.encode()
	if err != nil {
		return err
	}
	if err := writePrivate(i.path(stationFile), raw); err != nil {
		return err
	}
	i.station = s
	return nil
}

// forgetUsed removes keys that need not wait any more, because the station has
// its certificate: also those of an agent that was stopped before it did that.
// Only a key to part with that has none yet stays.
func (i *Identity) forgetUsed() error {
	if err := remove(i.path(waiting(Enroll))); err != nil {
		return err
	}
	raw, err := readPrivate(i.path(waiting(Part)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if key, err := decodeKey(raw); err == nil && !key.Equal(i.station.key()) {
		return nil
	}
	return remove(i.path(waiting(Part)))
}

// waiting is the name of the file with the key that p asks a certificate for.
func waiting(p Purpose) string { return string(p) + ".key" }
