package pki

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// A browser that trusts the authority accepts the server's certificate.
func TestServerCertificateIsTrusted(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := a.ServerCertificate([]string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}}
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	res, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestCertificatesAreKept(t *testing.T) {
	dir := t.TempDir()
	var serials []string
	for _, names := range [][]string{{"localhost"}, {"localhost"}, {"localhost", "jefe.example"}} {
		a, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := a.ServerCertificate(names)
		if err != nil {
			t.Fatal(err)
		}
		serials = append(serials, cert.Leaf.SerialNumber.String())
		if err := cert.Leaf.VerifyHostname(names[len(names)-1]); err != nil {
			t.Error(err)
		}
	}
	if serials[0] != serials[1] {
		t.Error("a second start made a new certificate for the same names")
	}
	if serials[1] == serials[2] {
		t.Error("a new name did not make a new certificate")
	}
	info, err := os.Stat(filepath.Join(dir, "authority.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("authority.key: got %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestDamagedKeyIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "authority.key")
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil {
		t.Error("a damaged key was accepted")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "damaged" {
		t.Errorf("the damaged key was overwritten: %q, %v", got, err)
	}
}
