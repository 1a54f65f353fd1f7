package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// The blocks of a station's file, in this order. It is PEM, so that other tools
// (curl --cert) can speak for the station to whoever may read the file.
const (
	blockKey         = "PRIVATE KEY"
	blockCertificate = "CERTIFICATE" // the station's, then the authority's
	blockFacts       = "ELJEFE STATION"
)

// facts is what the certificate does not say, as JSON.
type facts struct {
	Station      int64     `json:"station"`
	RenewAfter   time.Time `json:"renew_after"`
	RecordsSince time.Time `json:"records_since,omitzero"`
}

func (s *Station) key() *ecdsa.PrivateKey { return s.Certificate.PrivateKey.(*ecdsa.PrivateKey) }

// check makes sure that the parts belong together and to the authority pin. It
// sets what the certificate says.
func (s *Station) check(pin string) error {
	authority, err := x509.ParseCertificate(s.Authority)
	if err != nil {
		return fmt.Errorf("the authority's certificate: %w", err)
	}
	if sum := sha256.Sum256(authority.Raw); hex.EncodeToString(sum[:]) != pin {
		return fmt.Errorf("the authority is %x; the configuration wants %s", sum, pin)
	}
	leaf, err := x509.ParseCertificate(s.Certificate.Certificate[0])
	if err != nil {
		return fmt.Errorf("the station's certificate: %w", err)
	}
	if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || !key.Equal(s.key().Public()) {
		return errors.New("the certificate is not for the station's key")
	}
	if err := leaf.CheckSignatureFrom(authority); err != nil {
		return fmt.Errorf("the station's certificate is not the authority's: %w", err)
	}
	if s.Number <= 0 {
		return fmt.Errorf("%d is no number of a station", s.Number)
	}
	life := leaf.NotAfter.Sub(leaf.NotBefore)
	if s.RenewAfter.Before(leaf.NotBefore) || s.RenewAfter.After(leaf.NotAfter) {
		s.RenewAfter = leaf.NotBefore.Add(life * 2 / 3)
	}
	s.Expires, s.Certificate.Leaf = leaf.NotAfter, leaf
	return nil
}

func (s *Station) encode() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(s.key())
	if err != nil {
		return nil, fmt.Errorf("write the station's key: %w", err)
	}
	rest, err := json.Marshal(facts{Station: s.Number, RenewAfter: s.RenewAfter, RecordsSince: s.RecordsSince})
	if err != nil {
		return nil, fmt.Errorf("write the station's facts: %w", err)
	}
	var b bytes.Buffer
	for _, block := range []pem.Block{
		{Type: blockKey, Bytes: key},
		{Type: blockCertificate, Bytes: s.Certificate.Certificate[0]},
		{Type: blockCertificate, Bytes: s.Authority},
		{Type: blockFacts, Bytes: rest},
	} {
		if err := pem.Encode(&b, &block); err != nil {
			return nil, fmt.Errorf("write the station's file: %w", err)
		}
	}
	return b.Bytes(), nil
}

// decode reads what encode wrote.
func decode(raw []byte, pin string) (*Station, error) {
	blocks := map[string][][]byte{}
	for {
		block, rest := pem.Decode(raw)
		if block == nil {
			break
		}
		blocks[block.Type] = append(blocks[block.Type], block.Bytes)
		raw = rest
	}
	if len(blocks[blockKey]) != 1 || len(blocks[blockCertificate]) != 2 || len(blocks[blockFacts]) != 1 {
		return nil, errors.New("the file is not whole: it must hold a key, two certificates and the station's facts")
	}
	key, err := parseKey(blocks[blockKey][0])
	if err != nil {
		return nil, err
	}
	var f facts
	if err := json.Unmarshal(blocks[blockFacts][0], &f); err != nil {
		return nil, fmt.Errorf("the station's facts: %w", err)
	}
	s := &Station{Number: f.Station, RenewAfter: f.RenewAfter, RecordsSince: f.RecordsSince, Authority: blocks[blockCertificate][1]}
	s.Certificate = tls.Certificate{Certificate: blocks[blockCertificate][:1], PrivateKey: key}
	return s, s.check(pin)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write the station's key: %w", err)
	}
	return writePrivate(path, pem.EncodeToMemory(&pem.Block{Type: blockKey, Bytes: raw}))
}

// decodeKey reads what writeKey wrote.
func decodeKey(raw []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != blockKey {
		return nil, errors.New("the file holds no private key")
	}
	return parseKey(block.Bytes)
}

func parseKey(der []byte) (*ecdsa.PrivateKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("the private key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the private key is of another kind; an ECDSA key on P-256 is wanted")
	}
	return key, nil
}
