// Package pki is El Jefe's own certificate authority: it makes the certificate of
// the server and signs those of stations, and gives both sides of the agents'
// protocol their TLS configuration.
//
// The server's keys never leave the data directory, a station's never leave the
// station. Whether a certificate that is good has been revoked, the database
// knows, not this package.
package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ServerName is in every server certificate. Agents ask for it whatever address
// they call, so that a server may move, or stand behind another name.
const ServerName = "server.eljefe.internal"

const (
	authorityLife = 20 * 365 * 24 * time.Hour
	// Browsers refuse server certificates that last longer than 398 days.
	serverLife  = 397 * 24 * time.Hour
	renewBefore = serverLife / 3
	// Clocks of other machines may be behind ours.
	backdate = 24 * time.Hour
)

// Authority signs certificates.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

// Open returns the authority kept in dir, which is made where it is missing.
func Open(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for keys: %w", err)
	}
	a := &Authority{dir: dir}
	cert, key, err := load(a.path("authority"))
	if errors.Is(err, fs.ErrNotExist) {
		cert, key, err = a.create()
	}
	if err != nil {
		return nil, err
	}
	a.cert, a.key = cert, key
	return a, nil
}

// Exists tells whether an authority is kept in dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "authority.pem"))
	return err == nil
}

func (a *Authority) path(name string) string { return filepath.Join(a.dir, name) }

func (a *Authority) create() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make authority: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "El Jefe authority " + now.UTC().Format(time.DateOnly)},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return issue(a.path("authority"), template, template, key, key)
}

// Fingerprint returns the SHA-256 of the authority's certificate in hexadecimal:
// what agents pin.
func (a *Authority) Fingerprint() string { return fingerprint(a.cert.Raw) }

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// DER returns the authority's certificate.
func (a *Authority) DER() []byte { return bytes.Clone(a.cert.Raw) }

// pool returns the authority as the only one to trust.
func (a *Authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// ServerCertificate returns a certificate for the given host names and
// addresses, and for ServerName. The one kept is used while it covers them and
// does not expire soon.
func (a *Authority) ServerCertificate(names []string) (*tls.Certificate, error) {
	names = append([]string{ServerName}, names...)
	cert, key, err := load(a.path("server"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil || !a.covers(cert, names) {
		if cert, key, err = a.issueServer(names); err != nil {
			return nil, err
		}
	}
	return a.chain(cert, key), nil
}

// chain returns a server's certificate as it is shown.
func (a *Authority) chain(cert *x509.Certificate, key *ecdsa.PrivateKey) *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{cert.Raw, a.cert.Raw}, PrivateKey: key, Leaf: cert}
}

func (a *Authority) covers(cert *x509.Certificate, names []string) bool {
	if cert.CheckSignatureFrom(a.cert) != nil || time.Until(cert.NotAfter) < renewBefore {
		return false
	}
	return !slices.ContainsFunc(names, func(n string) bool { return cert.VerifyHostname(n) != nil })
}

func (a *Authority) issueServer(names []string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make server key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "El Jefe server"},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(serverLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	return issue(a.path("server"), template, a.cert, key, a.key)
}

// HostNames returns what this machine may be called: its name, localhost, and
// its addresses.
func HostNames() []string {
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != "" && host != "localhost" {
		names = append(names, host)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return append(names, "127.0.0.1", "::1")
	}
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLinkLocalUnicast() {
			names = append(names, ip.IP.String())
		}
	}
	return names
}

func serial() *big.Int {
	raw := make([]byte, 16)
	rand.Read(raw) // never fails
	raw[0] &= 0x7f // positive
	return new(big.Int).SetBytes(raw)
}

// issue signs a certificate and writes it and its key to path.pem and path.key.
func issue(path string, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, fmt.Errorf("sign certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read certificate just signed: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("write key: %w", err)
	}
	// The certificate is written last: without it the pair counts as missing.
	if err := writeFile(path+".key", &pem.Block{Type: "PRIVATE KEY", Bytes: raw}, 0o600); err != nil {
		return nil, nil, err
	}
	if err := writeFile(path+".pem", &pem.Block{Type: "CERTIFICATE", Bytes: der}, 0o644); err != nil {
		return nil, nil, err
	}
	return cert, key, nil
}

func writeFile(path string, block *pem.Block, mode fs.FileMode) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, pem.EncodeToMemory(block), mode); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

// load reads path.pem and path.key.
func load(path string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.LoadX509KeyPair(path+".pem", path+".key")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s.pem and its key: %w (restore both from a backup, or remove both to have new ones made)", path, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("%s.key holds a %T; an ECDSA key is wanted", path, pair.PrivateKey)
	}
	return pair.Leaf, key, nil
}
