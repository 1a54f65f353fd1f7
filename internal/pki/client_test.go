package pki

import (
	"errors"
	"slices"
	"testing"
)

func TestSignClient(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	configuration := []byte(`{"server":"https://eljefe.example.org:8444"}`)
	signature, err := a.SignClient(configuration)
	if err != nil {
		t.Fatal(err)
	}
	pin, err := CheckClient(a.DER(), configuration, signature)
	if err != nil || pin != a.Fingerprint() {
		t.Fatalf("got %q, %v; want the authority's fingerprint %s", pin, err, a.Fingerprint())
	}
	for i := range configuration {
		changed := slices.Clone(configuration)
		changed[i] ^= 1
		if _, err := CheckClient(a.DER(), changed, signature); !errors.Is(err, ErrClientSignature) {
			t.Errorf("byte %d changed: error %v; want that the signature does not fit", i, err)
		}
	}
	if _, err := CheckClient(other.DER(), configuration, signature); !errors.Is(err, ErrClientSignature) {
		t.Errorf("another authority: error %v; want that the signature does not fit", err)
	}
	server, err := a.ServerCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CheckClient(server.Certificate[0], configuration, signature); err == nil {
		t.Error("the server's certificate was taken for an authority's")
	}
	if _, err := CheckClient([]byte("no certificate"), configuration, signature); err == nil {
		t.Error("no certificate was taken for an authority's")
	}
}

// What is signed for a client must not be good as a certificate.
func TestSignClientIsNoCertificate(t *testing.T) {
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := a.SignClient(a.cert.RawTBSCertificate)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert.CheckSignature(a.cert.SignatureAlgorithm, a.cert.RawTBSCertificate, signature) == nil {
		t.Error("a signature for a client's configuration is one of a certificate too")
	}
}
