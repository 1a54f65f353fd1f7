package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func authority(t *testing.T) *Authority {
	t.Helper()
	a, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func p256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func requestOf(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "station 1"}, DNSNames: []string{ServerName},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// station returns a certificate of a new key, signed at now.
func station(t *testing.T, a *Authority, now time.Time) tls.Certificate {
	t.Helper()
	key := p256(t)
	r, err := ParseRequest(requestOf(t, key))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := a.SignStation(7, r, now)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(signed.DER)
	if err != nil {
		t.Fatal(err)
	}
	if got := SerialOf(leaf.SerialNumber); string(got) != string(signed.Serial) {
		t.Errorf("serial %x, and %x as it was signed", got, signed.Serial)
	}
	if PublicKeyOf(leaf) != r.PublicKey {
		t.Error("the certificate's key is not known by the digest of the request's")
	}
	return tls.Certificate{Certificate: [][]byte{signed.DER}, PrivateKey: key, Leaf: leaf}
}

func TestSignStationTakesNothingButTheKey(t *testing.T) {
	now := time.Now()
	cert := station(t, authority(t), now).Leaf
	if cert.Subject.CommonName != "station 7" || len(cert.DNSNames)+len(cert.IPAddresses)+len(cert.URIs)+len(cert.EmailAddresses) != 0 {
		t.Errorf("got %s with %q; want station 7 without names", cert.Subject, cert.DNSNames)
	}
	if cert.IsCA || len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		t.Errorf("CA %t, usages %v; want a client's", cert.IsCA, cert.ExtKeyUsage)
	}
	if life := cert.NotAfter.Sub(now); life > StationLife || life < StationLife-time.Minute {
		t.Errorf("it lasts %s; want %s", life, StationLife)
	}
	if renew := RenewAfter(now).Sub(now); renew > StationLife*2/3 || renew < StationLife*2/3-time.Hour {
		t.Errorf("to be renewed after %s; want two thirds of %s", renew, StationLife)
	}
}

func TestParseRequestRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forged := requestOf(t, p256(t))
	forged[len(forged)-1] ^= 1
	for name, c := range map[string]struct {
		der  []byte
		want string
	}{
		"nothing":   {nil, "not PKCS #10"},
		"no DER":    {[]byte("-----BEGIN CERTIFICATE REQUEST-----"), "not PKCS #10"},
		"P-384":     {requestOf(t, p384), "only ECDSA on P-256"},
		"RSA":       {requestOf(t, rsaKey), "only ECDSA on P-256"},
		"Ed25519":   {requestOf(t, edKey), "only ECDSA on P-256"},
		"signature": {forged, "not signed with its own key"},
		"more":      {append(requestOf(t, p256(t)), 0), "not PKCS #10"},
	} {
		if _, err := ParseRequest(c.der); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v; want %q", name, err, c.want)
		}
	}
}

func TestCheckStation(t *testing.T) {
	a, other := authority(t), authority(t)
	now := time.Now()
	server, err := a.ServerCertificate([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	good := station(t, a, now).Leaf
	for name, c := range map[string]struct {
		cert *x509.Certificate
		at   time.Time
		ok   bool
	}{
		"good":            {good, now, true},
		"on its last day": {good, now.Add(StationLife - time.Hour), true},
		"expired":         {good, now.Add(StationLife + time.Second), false},
		"not yet":         {good, now.Add(-48 * time.Hour), false},
		"other authority": {station(t, other, now).Leaf, now, false},
		"server's":        {server.Leaf, now, false},
		"authority's":     {a.cert, now, false},
	} {
		if err := a.CheckStation(c.cert, c.at); (err == nil) != c.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The two configurations fit together, and to no others.
func TestAgentTLS(t *testing.T) {
	a, other := authority(t), authority(t)
	cert, err := a.ServerCertificate([]string{"jefe.example"}) // not what is dialled
	if err != nil {
		t.Fatal(err)
	}
	client := station(t, a, time.Now())
	asServer := func(certs ...tls.Certificate) *httptest.Server {
		t.Helper()
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.TLS.PeerCertificates) > 0 {
				_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
			}
		}))
		s.Config.ErrorLog = nil
		s.TLS = a.AgentsTLS(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certs[0], nil })
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	stationAsServer := station(t, a, time.Now())
	stationAsServer.Certificate = append(stationAsServer.Certificate, a.DER())
	good, bad := asServer(*cert), asServer(stationAsServer)
	colons := strings.ToUpper(a.Fingerprint()[:2]) + ":" + a.Fingerprint()[2:]

	for name, c := range map[string]struct {
		server      *httptest.Server
		fingerprint string
		authority   []byte
		want        string // in the error; "" : none
	}{
		"first contact":             {good, a.Fingerprint(), nil, ""},
		"later":                     {good, a.Fingerprint(), a.DER(), ""},
		"as people write it":        {good, colons, nil, ""},
		"other authority, first":    {good, other.Fingerprint(), nil, "not of the authority"},
		"other authority, later":    {good, other.Fingerprint(), other.DER(), "unknown authority"},
		"a station as server":       {bad, a.Fingerprint(), nil, "not valid for any names"},
		"a station as server later": {bad, a.Fingerprint(), a.DER(), "not valid for any names"},
	} {
		cfg, err := AgentTLS(c.fingerprint, c.authority)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cfg.Certificates = []tls.Certificate{client}
		transport := &http.Transport{TLSClientConfig: cfg}
		res, err := (&http.Client{Transport: transport}).Get(c.server.URL)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			who, err := io.ReadAll(res.Body)
			if err != nil || string(who) != "station 7" {
				t.Errorf("%s: the server sees %q, %v", name, who, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v; want %q", name, err, c.want)
		}
		if res != nil {
			if err := res.Body.Close(); err != nil {
				t.Error(err)
			}
		}
		transport.CloseIdleConnections()
	}

	for name, c := range map[string]struct {
		fingerprint string
		authority   []byte
	}{
		"no fingerprint":     {"", nil},
		"short":              {a.Fingerprint()[:62], nil},
		"another's":          {a.Fingerprint(), other.DER()},
		"not a certificate":  {a.Fingerprint(), []byte("x")},
		"not in hexadecimal": {strings.Repeat("zz", 32), nil},
	} {
		if _, err := AgentTLS(c.fingerprint, c.authority); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// A server certificate of an authority that is right, but made for a client or
// past its time, is refused at the first contact as it is later.
func TestVerifyServer(t *testing.T) {
	a := authority(t)
	sign := func(change func(*x509.Certificate)) []*x509.Certificate {
		t.Helper()
		template := &x509.Certificate{
			SerialNumber: serial(), DNSNames: []string{ServerName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		change(template)
		der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &p256(t).PublicKey, a.key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return []*x509.Certificate{cert, a.cert}
	}
	for name, c := range map[string]struct {
		shown []*x509.Certificate
		ok    bool
	}{
		"good":           {sign(func(*x509.Certificate) {}), true},
		"expired":        {sign(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), false},
		"for clients":    {sign(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), false},
		"other name":     {sign(func(c *x509.Certificate) { c.DNSNames = []string{"jefe.example"} }), false},
		"none":           {nil, false},
		"only authority": {[]*x509.Certificate{a.cert}, false},
	} {
		if err := verifyServer(c.shown, a.Fingerprint()); (err == nil) != c.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
	leaf := sign(func(*x509.Certificate) {})[0]
	if err := verifyServer([]*x509.Certificate{leaf}, fingerprint(leaf.Raw)); err == nil {
		t.Error("a fingerprint of the server's own certificate was taken for the authority's")
	}
}
