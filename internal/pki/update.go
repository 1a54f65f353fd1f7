package pki

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// updatePurpose stands before what an UpdateKey signs, so that such a signature
// can be taken for nothing else.
const updatePurpose = "El Jefe agent update\x00"

// updateName is the subject of the certificates of update keys. Together with the
// purpose, signing code, it is found in no other certificate of the authority.
const updateName = "El Jefe agent updates"

// UpdateKey signs offers of newer agents. It is another key than the authority's,
// which signs its certificate, so that it can be replaced: agents pin the authority.
type UpdateKey struct {
	key       ed25519.PrivateKey
	cert      []byte
	authority []byte
}

// UpdateKey returns the key for updates that is kept beside the authority's, which
// is made where it is missing.
func (a *Authority) UpdateKey() (*UpdateKey, error) {
	k, err := a.loadUpdateKey()
	if errors.Is(err, fs.ErrNotExist) {
		return a.makeUpdateKey()
	}
	return k, err
}

func (a *Authority) loadUpdateKey() (*UpdateKey, error) {
	cert, err := readPEM(a.path("updates") + ".pem")
	if err != nil {
		return nil, err
	}
	raw, err := readPEM(a.path("updates") + ".key")
	if err != nil {
		return nil, err
	}
	again := "restore updates.pem and updates.key in " + a.dir + " from a backup, or remove both to have new ones made"
	key, err := x509.ParsePKCS8PrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read the key for updates: %w (%s)", err, again)
	}
	k := &UpdateKey{cert: cert, authority: a.DER()}
	var ok bool
	if k.key, ok = key.(ed25519.PrivateKey); !ok {
		return nil, fmt.Errorf("the key for updates is a %T; an Ed25519 key is wanted (%s)", key, again)
	}
	const probe = "probe"
	if err := CheckUpdate(a.Fingerprint(), k.authority, cert, []byte(probe), k.Sign([]byte(probe))); err != nil {
		return nil, fmt.Errorf("the key for updates does not fit to its certificate or to the authority: %w (%s)", err, again)
	}
	return k, nil
}

func (a *Authority) makeUpdateKey() (*UpdateKey, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key for updates: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: updateName},
		NotBefore: time.Now().Add(-backdate), NotAfter: a.cert.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate for updates: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("write the key for updates: %w", err)
	}
	if err := writeFile(a.path("updates")+".key", &pem.Block{Type: "PRIVATE KEY", Bytes: raw}, 0o600); err != nil {
		return nil, err
	}
	if err := writeFile(a.path("updates")+".pem", &pem.Block{Type: "CERTIFICATE", Bytes: cert}, 0o644); err != nil {
		return nil, err
	}
	return &UpdateKey{key: key, cert: cert, authority: a.DER()}, nil
}

func readPEM(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}

// Sign signs a document.
func (k *UpdateKey) Sign(document []byte) []byte {
	return ed25519.Sign(k.key, append([]byte(updatePurpose), document...))
}

// Certificate returns the key's certificate in DER.
func (k *UpdateKey) Certificate() []byte { return k.cert }

// Authority returns the certificate of the authority that signed it, in DER.
func (k *UpdateKey) Authority() []byte { return k.authority }

// CheckUpdate makes sure that the authority with the fingerprint pin has signed
// the certificate of a key for updates, and that key the document. All but pin is
// what somebody sent.
func CheckUpdate(pin string, authority, certificate, document, signature []byte) error {
	root, err := x509.ParseCertificate(authority)
	if err != nil {
		return fmt.Errorf("read the authority's certificate: %w", err)
	}
	if wanted, err := ParseFingerprint(pin); err != nil {
		return err
	} else if fingerprint(root.Raw) != wanted {
		return errors.New("the update is of another authority than this station's")
	}
	cert, err := x509.ParseCertificate(certificate)
	if err != nil {
		return fmt.Errorf("read the certificate of the key for updates: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	// Clocks of stations are wrong at times, and the key is the authority's whenever it is.
	_, err = cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: cert.NotAfter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}})
	if err != nil {
		return fmt.Errorf("the key for updates is not the authority's: %w", err)
	}
	key, ok := cert.PublicKey.(ed25519.PublicKey)
	if !ok || cert.IsCA || cert.Subject.CommonName != updateName {
		return errors.New("the certificate is not one of a key for updates")
	}
	if !ed25519.Verify(key, append([]byte(updatePurpose), document...), signature) {
		return errors.New("the signature of the update does not fit: bytes were changed")
	}
	return nil
}
