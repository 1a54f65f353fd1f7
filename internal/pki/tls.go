package pki

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AgentsTLS returns the configuration of the listener for agents. The server shows
// what certificate returns.
//
// It asks for a certificate, makes sure that who shows one has its key, and lets
// everybody in: who may do what, each request decides by CheckStation. So a
// station whose certificate has expired is told that in words, and can enrol.
func (a *Authority) AgentsTLS(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		GetCertificate: certificate, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"},
		ClientAuth: tls.RequestClientCert, ClientCAs: a.pool(),
	}
}

// AgentTLS returns what an agent needs to be sure of its server: the authority
// must have the given fingerprint and must have signed the server's certificate,
// and that must be for ServerName. authority is the authority's certificate in
// DER as Enrolled gave it; nil at the first contact, when the server's own copy
// is taken if it has the fingerprint.
func AgentTLS(authorityFingerprint string, authority []byte) (*tls.Config, error) {
	pin, err := ParseFingerprint(authorityFingerprint)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{ServerName: ServerName, MinVersion: tls.VersionTLS13}
	if authority == nil {
		// The usual check needs the authority's certificate, which comes with the
		// handshake. VerifyConnection makes the same check with that one.
		cfg.InsecureSkipVerify = true
		cfg.VerifyConnection = func(cs tls.ConnectionState) error { return verifyServer(cs.PeerCertificates, pin) }
		return cfg, nil
	}
	root, err := x509.ParseCertificate(authority)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	if got := fingerprint(root.Raw); got != pin {
		return nil, fmt.Errorf("the authority's certificate has the fingerprint %s; wanted is %s", got, pin)
	}
	cfg.RootCAs = x509.NewCertPool()
	cfg.RootCAs.AddCert(root)
	return cfg, nil
}

// ParseFingerprint returns an authority's fingerprint as Authority.Fingerprint
// writes it. People may put colons or blanks between the digits, and use capitals.
func ParseFingerprint(s string) (string, error) {
	pin := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(s))
	if raw, err := hex.DecodeString(pin); err != nil || len(raw) != 32 {
		return "", fmt.Errorf("%.80q is no fingerprint of an authority; it has 64 hexadecimal digits, and eljefe serve shows it when it starts", s)
	}
	return pin, nil
}

// verifyServer makes the checks of an ordinary TLS client, with the authority
// that has the fingerprint pin and is among the certificates.
func verifyServer(shown []*x509.Certificate, pin string) error {
	if len(shown) == 0 {
		return errors.New("the server shows no certificate")
	}
	i := slices.IndexFunc(shown, func(c *x509.Certificate) bool { return fingerprint(c.Raw) == pin })
	if i < 0 {
		return fmt.Errorf("the server is not of the authority %s: it may be another El Jefe, or somebody pretends to be it", pin)
	}
	if !shown[i].IsCA {
		return fmt.Errorf("the certificate with the fingerprint %s is no authority's", pin)
	}
	roots := x509.NewCertPool()
	roots.AddCert(shown[i])
	_, err := shown[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: ServerName, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}
