package installer

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/installer/tag"
	"github.com/eljefe/eljefe/internal/pki"
)

// tools skips a test that is to run real programs where they are missing, and
// where it must be short.
func tools(t *testing.T, names ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds programs")
	}
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; scripts/setup.sh test does that", name)
		}
	}
}

// output runs a program and returns what it said.
func output(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// agent builds the agent.
func agent(t *testing.T, system, arch string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent")
	output(t, []string{"GOOS=" + system, "GOARCH=" + arch, "CGO_ENABLED=0"}, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "../../cmd/eljefe-agent")
	return readFile(t, path)
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func writeFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// operator makes a key for code as a company would have one, and a certificate
// for it.
func operator(t *testing.T) *Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "Example Company code signing"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Signer{
		Certificates: writeFile(t, "certificate.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		Key:          writeFile(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})),
	}
}

// verify returns what osslsigncode says of a file, and whether it is good.
func verify(t *testing.T, s *Signer, file []byte) (string, bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "osslsigncode", "verify", "-CAfile", s.Certificates, "-in", writeFile(t, "file", file)).CombinedOutput()
	return string(out), err == nil && strings.Contains(string(out), "Signature verification: ok")
}

func authority(t *testing.T) *pki.Authority {
	t.Helper()
	a, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func example() *tag.Config {
	return &tag.Config{Server: "https://eljefe.example.org:8444", EnrolmentKey: "ej-3k7m-9qpx", Sensor: event.SensorPoll, SpoolBytes: 64 << 20, Made: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
}

// client writes a client of the generic file.
func client(t *testing.T, g *Generic, a *pki.Authority) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := g.Write(&out, example(), a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// carries makes sure that a client has the example in it, and that no byte of it
// can be changed.
func carries(t *testing.T, client []byte, a *pki.Authority) {
	t.Helper()
	path := writeFile(t, "client", client)
	got, err := tag.FromFile(path)
	want := example()
	want.Authority = a.Fingerprint()
	if err != nil || *got != *want {
		t.Fatalf("the client says %+v, %v; want %+v", got, err, want)
	}
	at := bytes.LastIndex(client, []byte("eljefe.example.org")) // the program has it in its help, too
	if at < 0 {
		t.Fatal("the server's address is not in the file")
	}
	changed := bytes.Clone(client)
	copy(changed[at:], "evilje")
	if _, err := tag.FromFile(writeFile(t, "changed", changed)); !errors.Is(err, tag.ErrDamaged) {
		t.Errorf("another server was written into it: error %v; want that it is damaged", err)
	}
}

// good makes sure that the clients of a signed file are signed, whatever is in
// them, and that the signature is not just a word.
func good(t *testing.T, s *Signer, g *Generic) {
	t.Helper()
	if signed, err := g.Signed(); err != nil || !signed {
		t.Errorf("signed: %v, %v", signed, err)
	}
	a := authority(t)
	file := client(t, g, a)
	if len(file) != len(g.Content) {
		t.Errorf("the client has %d bytes; the generic file has %d", len(file), len(g.Content))
	}
	for name, file := range map[string][]byte{"generic": g.Content, "client": file} {
		if said, ok := verify(t, s, file); !ok {
			t.Errorf("%s: the signature is not good:\n%s", name, said)
		} else if strings.Contains(said, "MISMATCH") {
			t.Errorf("%s: %s", name, said)
		}
	}
	carries(t, file, a)
	if name, err := SignerOf(file); err != nil || name != "Example Company code signing" {
		t.Errorf("it is signed by %q, %v", name, err)
	}
	if err := tag.Blank(file); err != nil || !bytes.Equal(file, g.Content) {
		t.Errorf("without its configuration the client is not the generic file: %v", err)
	}
	broken := bytes.Clone(g.Content)
	broken[len(broken)/2] ^= 1
	if _, ok := verify(t, s, broken); ok {
		t.Error("a byte of the program was changed, and the signature is still good")
	}
}

func unsigned(t *testing.T, s *Signer, g *Generic) {
	t.Helper()
	a := authority(t)
	file := client(t, g, a)
	carries(t, file, a)
	if signed, err := g.Signed(); err != nil || signed {
		t.Errorf("signed: %v, %v; want not", signed, err)
	}
	if name, err := SignerOf(file); err != nil || name != "" {
		t.Errorf("it is signed by %q, %v; want nobody", name, err)
	}
	if said, _ := verify(t, s, file); !strings.Contains(said, "No signature found") && !strings.Contains(said, "has no signature") && !strings.Contains(said, "not signed") {
		t.Errorf("of a client that is not signed it is said:\n%s", said)
	}
}

func TestProgram(t *testing.T) {
	tools(t, "go", "osslsigncode")
	s, exe := operator(t), agent(t, "windows", "amd64")
	prepared, err := Prepare(exe)
	if err != nil {
		t.Fatal(err)
	}
	g := &Generic{Format: Program, Arch: "amd64", Version: "v1.2.3", Content: prepared}
	t.Run("unsigned", func(t *testing.T) { unsigned(t, s, g) })
	bare, err := Bare(prepared)
	if err != nil || !bytes.HasPrefix(bare, exe) || len(bytes.Trim(bare[len(exe):], "\x00")) > 0 {
		t.Errorf("without its place it is not the program that it was: %v", err)
	}
	for name, file := range map[string][]byte{"signed": exe, "signed when it had a place": prepared, "signed as it was exported": bare} {
		t.Run(name, func(t *testing.T) {
			signed, err := s.Sign(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			good(t, s, &Generic{Format: Program, Arch: "amd64", Version: "v1.2.3", Content: signed})
			if name != "signed when it had a place" { // that is signed too, and so part of it
				sameEssence(t, signed, exe, prepared)
			}
			again, err := Prepare(signed)
			if err != nil || !bytes.Equal(again, signed) {
				t.Errorf("prepared again it is another file: %v", err)
			}
		})
	}
	t.Run("place added when signed", func(t *testing.T) { good(t, s, placedBySigner(t, s, Program, exe)) })
}

// sameEssence makes sure that a signed file is known as the one that it was made
// from, and any other is not.
func sameEssence(t *testing.T, signed []byte, others ...[]byte) {
	t.Helper()
	want, err := Essence(signed)
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range others {
		if got, err := Essence(file); err != nil || got != want {
			t.Errorf("the file %d and the signed one are told apart: %v", i, err)
		}
	}
	broken := bytes.Clone(signed)
	broken[len(broken)/2] ^= 1
	if got, err := Essence(broken); err == nil && got == want {
		t.Error("a byte of the program was changed, and it is taken for the same")
	}
}

// placedBySigner has the signing tool itself add the certificate with the place.
func placedBySigner(t *testing.T, s *Signer, format Format, file []byte) *Generic {
	t.Helper()
	der, err := Certificate()
	if err != nil {
		t.Fatal(err)
	}
	with := *s
	with.More = []string{"-ac", writeFile(t, "place.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	signed, err := with.Sign(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	const subject = "\x13\x1cEl Jefe client configuration" // as DER has it; the program has the words, too
	if n := bytes.Count(signed, []byte(subject)); n != 1 {
		t.Errorf("the signature has %d places; want the one that the tool added", n)
	}
	return &Generic{Format: format, Arch: "amd64", Version: "v1.2.3", Content: signed}
}

func TestSignSaysWhatIsWrong(t *testing.T) {
	tools(t, "osslsigncode")
	for _, test := range []struct {
		name, want string
		signer     Signer
	}{
		{"nothing to sign with", "either a file in PKCS#12", Signer{}},
		{"no such key", "osslsigncode did not sign", Signer{Certificates: "/nowhere.pem", Key: "/nowhere.key"}},
	} {
		if _, err := test.signer.Sign(t.Context(), []byte("MZ")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v; want it to say %q", test.name, err, test.want)
		}
	}
}
