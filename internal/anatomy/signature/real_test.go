package signature

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

// now is the present of these tests.
var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A bench is a folder with certificates and a program to sign.
type bench struct {
	t   *testing.T
	dir string
}

// A holder is a certificate with its key.
type holder struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// certify issues a certificate that is valid for a year around now, or from then on.
func certify(t *testing.T, issuer *holder, name string, from time.Time, usage ...x509.ExtKeyUsage) *holder {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}, Country: []string{"ES"}},
		NotBefore: from, NotAfter: from.AddDate(1, 0, 0), ExtKeyUsage: usage, KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if len(usage) == 0 {
		tmpl.IsCA, tmpl.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	}
	if len(usage) == 1 && usage[0] == x509.ExtKeyUsageTimeStamping { // RFC 3161 wants it critical
		value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			t.Fatal(err)
		}
		tmpl.ExtKeyUsage, tmpl.ExtraExtensions = nil, []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}}
	}
	h := &holder{key: key}
	if issuer == nil {
		issuer = &holder{tmpl, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, issuer.cert, key.Public(), issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	if h.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return h
}

// newBench makes authorities, signers and a program.
func newBench(t *testing.T) *bench {
	t.Helper()
	for _, p := range []string{"osslsigncode", "openssl"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("skipped: %s is not installed (apt-get install osslsigncode openssl)", p)
		}
	}
	b := &bench{t, t.TempDir()}
	from := now.AddDate(0, -6, 0)
	root := certify(t, nil, "Root", from.AddDate(-1, 0, 0)) // not valid any more: for us that changes nothing
	middle := certify(t, root, "Middle", from)
	for name, h := range map[string]*holder{
		"signer": certify(t, middle, "Signer GmbH", from, x509.ExtKeyUsageCodeSigning), "expired": certify(t, middle, "Late Ltd", from.AddDate(-1, 0, 0), x509.ExtKeyUsageCodeSigning),
		"stamper": certify(t, middle, "Stamper", from.AddDate(-1, 0, 0), x509.ExtKeyUsageTimeStamping),
	} {
		certs := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.cert.Raw})
		certs = append(certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: middle.cert.Raw})...)
		certs = append(certs, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.cert.Raw})...)
		key, err := x509.MarshalPKCS8PrivateKey(h.key)
		if err != nil {
			t.Fatal(err)
		}
		b.write(name+".pem", certs)
		b.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	b.write("plain.exe", specimen.Harmless(specimen.Info{CompanyName: "Example"}, 50<<10))
	return b
}

func (b *bench) write(name string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) []byte {
	b.t.Helper()
	raw, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return raw
}

// sign signs a program as somebody.
func (b *bench) sign(in, out, who string, more ...string) {
	b.t.Helper()
	cmd := exec.Command("osslsigncode", append([]string{"sign", "-certs", who + ".pem", "-key", who + ".key", "-in", in, "-out", out}, more...)...)
	cmd.Dir = b.dir
	if text, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %v\n%s", cmd.Args, err, text)
	}
}

// check returns the signatures of a file.
func check(t *testing.T, raw []byte) []Signature {
	t.Helper()
	s, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return nil
	}
	digests := map[crypto.Hash][]byte{}
	for _, h := range s.Hashes() {
		d := h.New()
		for _, p := range s.Covered() {
			d.Write(raw[p[0]:p[1]])
		}
		digests[h] = d.Sum(nil)
	}
	return s.Check(digests, now)
}

// one returns the only signature of a file.
func (b *bench) one(name string) Signature {
	b.t.Helper()
	list := check(b.t, b.read(name))
	if len(list) != 1 {
		b.t.Fatalf("%s has %d signatures; want 1", name, len(list))
	}
	return list[0]
}

// digestOf returns the digest that osslsigncode computes of a file.
func (b *bench) digestOf(name string) string {
	cmd := exec.Command("osslsigncode", "verify", "-in", name)
	cmd.Dir = b.dir
	out, _ := cmd.CombinedOutput() // it fails for authorities that it does not know
	for line := range strings.Lines(string(out)) {
		if label, value, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(label, "Calculated message digest") {
			return strings.ToLower(strings.TrimSpace(value))
		}
	}
	b.t.Errorf("osslsigncode says no digest of %s:\n%s", name, out)
	return ""
}

func TestSigned(t *testing.T) {
	b := newBench(t)
	if list := check(t, b.read("plain.exe")); list != nil {
		t.Errorf("a file without signatures has %+v", list)
	}
	for _, digest := range []string{"md5", "sha1", "sha256", "sha384", "sha512"} {
		b.sign("plain.exe", digest+".exe", "signer", "-h", digest, "-n", "Ünsigned no more", "-i", "https://example.org/")
		s := b.one(digest + ".exe")
		if !s.Verified || s.Problem != "" || s.Algorithm != digest || s.FileDigest != s.SignedDigest || s.FileDigest != b.digestOf(digest+".exe") {
			t.Errorf("%s: %+v; osslsigncode computes %s", digest, s, b.digestOf(digest+".exe"))
		}
		if s.Program != "Ünsigned no more" || s.MoreInfo != "https://example.org/" || s.Countersignature != nil || s.SigningTime == nil || time.Since(*s.SigningTime).Abs() > time.Hour {
			t.Errorf("%s says %q, %q, at %v", digest, s.Program, s.MoreInfo, s.SigningTime)
		}
		names := ""
		for _, c := range s.Chain {
			names += c.Name + ","
			if !c.IssuerChecked || c.Key != "RSA 2048" || c.Algorithm != "SHA256-RSA" || c.NotAfter.Sub(c.NotBefore) < 364*24*time.Hour {
				t.Errorf("%s: certificate %+v", digest, c)
			}
		}
		if names != "Signer GmbH,Middle,Root," {
			t.Errorf("%s: the chain is %s", digest, names)
		}
	}
	inner := check(t, b.read("sha1.exe"))[0].Chain[0]
	der, _ := pem.Decode(b.read("signer.pem"))
	if sum := sha256.Sum256(der.Bytes); inner.SHA256 != asHex(sum[:]) {
		t.Errorf("the certificate has the SHA-256 %s; want %x", inner.SHA256, sum)
	}
}

func asHex(b []byte) string {
	return strings.ToLower(new(big.Int).SetBytes(append([]byte{1}, b...)).Text(16))[1:]
}

// Several signatures in one file: the second within the first.
func TestNested(t *testing.T) {
	b := newBench(t)
	b.sign("plain.exe", "first.exe", "signer", "-h", "sha1")
	b.sign("first.exe", "both.exe", "expired", "-h", "sha256", "-nest")
	list := check(t, b.read("both.exe"))
	if len(list) != 2 || !list[0].Verified || list[0].Algorithm != "sha1" || list[0].Nested || list[1].Algorithm != "sha256" || !list[1].Nested || list[1].Problem != OutsideValidity || list[1].Chain[0].Name != "Late Ltd" {
		t.Errorf("%+v", list)
	}
}

// What was changed after it was signed is told, wherever it was.
func TestChanged(t *testing.T) {
	b := newBench(t)
	b.sign("plain.exe", "signed.exe", "signer", "-h", "sha256")
	whole := b.read("signed.exe")
	set, err := Open(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	table := int(set.table.Offset)
	for name, test := range map[string]struct {
		change func([]byte) []byte
		want   Problem
	}{
		"a byte of code":       {func(b []byte) []byte { b[0x1234] ^= 1; return b }, WrongDigest},
		"the checksum":         {func(b []byte) []byte { b[set.table.Checksum] ^= 1; return b }, ""}, // not covered
		"something behind":     {func(b []byte) []byte { return append(b, "evil"...) }, DataBehind},
		"its beginning":        {func(b []byte) []byte { b[table+8] ^= 1; return b }, Unreadable},
		"the signer's bits":    {func(b []byte) []byte { b[len(b)-20] ^= 1; return b }, WrongSignature},
		"a certificate's name": {func(b []byte) []byte { i := bytes.LastIndex(b, []byte("Signer GmbH")); b[i] ^= 1; return b }, BrokenChain},
	} {
		list := check(t, test.change(bytes.Clone(whole)))
		if len(list) != 1 || list[0].Problem != test.want || list[0].Verified != (test.want == "") || (list[0].Detail == "") != (test.want == "") {
			t.Errorf("%s: %+v; want %q", name, list, test.want)
		}
	}
	cut := whole[:len(whole)-64]
	if _, err := Open(bytes.NewReader(cut), int64(len(cut))); err == nil {
		t.Error("a table that is cut off gives no error")
	}
}

// A time stamp keeps a signature good beyond its certificate, in both forms.
func TestTimeStamp(t *testing.T) {
	b := newBench(t)
	b.sign("plain.exe", "alone.exe", "expired", "-h", "sha256")
	if s := b.one("alone.exe"); s.Verified || s.Problem != OutsideValidity {
		t.Errorf("expired and without a time stamp: %+v", s)
	}
	at := now.AddDate(-1, 0, 0)
	b.sign("plain.exe", "stamped.exe", "expired", "-h", "sha256", "-TSA-certs", "stamper.pem", "-TSA-key", "stamper.key", "-TSA-time", itoa(at.Unix()))
	s := b.one("stamped.exe")
	c := s.Countersignature
	if !s.Verified || c == nil || !c.Verified || c.Form != "rfc3161" || !c.Time.Equal(at) || len(c.Chain) != 3 || c.Chain[0].Name != "Stamper" {
		t.Errorf("stamped at %s: %+v, %+v", at, s, c)
	}
	// Before the stamper's certificate was valid, nothing that it says counts.
	b.sign("plain.exe", "early.exe", "expired", "-h", "sha256", "-TSA-certs", "stamper.pem", "-TSA-key", "stamper.key", "-TSA-time", itoa(at.AddDate(-5, 0, 0).Unix()))
	if s := b.one("early.exe"); s.Verified || s.Problem != OutsideValidity || s.Countersignature == nil || s.Countersignature.Problem != OutsideValidity {
		t.Errorf("stamped by somebody whose certificate was not valid: %+v, %+v", s, s.Countersignature)
	}

	server := httptest.NewServer(http.HandlerFunc(b.oldStamp))
	defer server.Close()
	b.sign("plain.exe", "old.exe", "signer", "-h", "sha256", "-t", server.URL)
	s = b.one("old.exe")
	if c = s.Countersignature; !s.Verified || c == nil || c.Form != "pkcs9" || c.Time == nil || time.Since(*c.Time).Abs() > time.Hour || len(c.Chain) == 0 || c.Chain[0].Name != "Stamper" {
		t.Errorf("stamped the old way: %+v, %+v", s, c)
	}

	// A damaged time stamp is told, and counts for nothing.
	stamped := b.read("stamped.exe")
	set, err := Open(bytes.NewReader(stamped), int64(len(stamped)))
	if err != nil {
		t.Fatal(err)
	}
	token, err := parseSignedData(set.list[0].others[oidTimeStamp].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	stamped[bytes.Index(stamped, token.signer.Signature)] ^= 1
	if list := check(t, stamped); len(list) != 1 || list[0].Problem != OutsideValidity || list[0].Countersignature.Problem != WrongSignature {
		t.Errorf("with a damaged time stamp: %+v", list)
	}
}

func itoa(n int64) string { return big.NewInt(n).String() }

// oldStamp answers as the older servers for time stamps do.
func (b *bench) oldStamp(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(base64.NewDecoder(base64.StdEncoding, r.Body))
	var request struct {
		Type asn1.ObjectIdentifier
		Blob struct {
			Type    asn1.ObjectIdentifier
			Content []byte `asn1:"explicit,tag:0"`
		}
	}
	if _, err := asn1.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	cmd := exec.Command("openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-md", "sha256", "-signer", "stamper.pem", "-inkey", "stamper.key")
	cmd.Dir, cmd.Stdin = b.dir, bytes.NewReader(request.Blob.Content)
	out, err := cmd.Output()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write([]byte(base64.StdEncoding.EncodeToString(out)))
}

// Whatever a table has in it, it is read, and nothing in it is verified by chance.
func FuzzCheck(f *testing.F) {
	f.Add([]byte{0x30, 0})
	for _, name := range []string{"nested_stamped.der"} {
		if raw, err := os.ReadFile(filepath.Join("testdata", name)); err == nil {
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		s := &Set{}
		s.add(der, false)
		digests := map[crypto.Hash][]byte{}
		for _, h := range s.Hashes() {
			digests[h] = make([]byte, h.Size())
		}
		for _, one := range s.Check(digests, now) {
			if one.Verified && strings.Trim(one.SignedDigest, "0") != "" {
				t.Errorf("verified: %+v", one)
			}
		}
	})
}
