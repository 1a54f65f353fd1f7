package identity

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// signer is the server's side: it gives each key its station.
type signer struct {
	t *testing.T
	*pki.Authority
	stations map[[32]byte]int64
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	a, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &signer{t: t, Authority: a, stations: map[[32]byte]int64{}}
}

func (s *signer) sign(request []byte) *wire.Enrolled {
	s.t.Helper()
	r, err := pki.ParseRequest(request)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.stations[r.PublicKey] == 0 {
		s.stations[r.PublicKey] = int64(len(s.stations) + 1)
	}
	c, err := s.SignStation(s.stations[r.PublicKey], r, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return &wire.Enrolled{
		Station: s.stations[r.PublicKey], Certificate: c.DER, Authority: s.DER(), Expires: c.Expires, RenewAfter: pki.RenewAfter(time.Now()),
	}
}

func (s *signer) open(dir string) *Identity {
	s.t.Helper()
	i, err := Open(dir, s.Fingerprint())
	if err != nil {
		s.t.Fatal(err)
	}
	return i
}

func request(t *testing.T, i *Identity, p Purpose) []byte {
	t.Helper()
	der, err := i.Request(p)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func accept(t *testing.T, i *Identity, p Purpose, e *wire.Enrolled) {
	t.Helper()
	if err := i.Accept(p, e, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestLife(t *testing.T) {
	s, dir := newSigner(t), filepath.Join(t.TempDir(), "state")
	i := s.open(dir)
	if i.Station() != nil {
		t.Fatal("a new folder has a station")
	}
	accept(t, i, Enroll, s.sign(request(t, i, Enroll)))
	first := i.Station()
	if first.Number != 1 || first.RenewAfter.Before(time.Now()) || !first.Expires.After(first.RenewAfter) {
		t.Errorf("station is %+v", first)
	}

	// Renewed, it has another certificate for the same key.
	accept(t, i, Renew, s.sign(request(t, i, Renew)))
	renewed := s.open(dir).Station()
	if renewed.Number != 1 || !renewed.key().Equal(first.key()) || bytes.Equal(renewed.Certificate.Certificate[0], first.Certificate.Certificate[0]) {
		t.Error("the renewed station is another one, or has the same certificate")
	}

	// Parted, it is another station, until whose stream has begun that is kept.
	began := time.Now().Round(0)
	if err := i.Accept(Part, s.sign(request(t, i, Part)), began); err != nil {
		t.Fatal(err)
	}
	parted := s.open(dir)
	if got := parted.Station(); got.Number != 2 || got.key().Equal(first.key()) || !got.RecordsSince.Equal(began) {
		t.Errorf("parted station is %d, records since %s; want 2, %s", got.Number, got.RecordsSince, began)
	}
	if err := parted.StreamBegun(); err != nil {
		t.Fatal(err)
	}
	if got := s.open(dir).Station(); !got.RecordsSince.IsZero() || got.Number != 2 {
		t.Errorf("after its stream has begun: %+v", got)
	}
	if got := names(t, dir); got != stationFile {
		t.Errorf("the folder holds %s", got)
	}
}

// Wherever the agent is stopped, the next one goes on as the same station.
func TestStopped(t *testing.T) {
	s := newSigner(t)
	steps := []struct {
		name    string
		leave   func(t *testing.T, dir string)
		station int64 // that is there; 0: none
	}{
		{"before the request", func(t *testing.T, dir string) { s.open(dir) }, 0},
		{"while the key is written", func(t *testing.T, dir string) {
			s.open(dir)
			write(t, filepath.Join(dir, "enroll.key.new"), "-----BEGIN PRIV")
		}, 0},
		{"before the answer", func(t *testing.T, dir string) { s.sign(request(t, s.open(dir), Enroll)) }, 0},
		{"while the certificate is written", func(t *testing.T, dir string) {
			s.sign(request(t, s.open(dir), Enroll))
			write(t, filepath.Join(dir, "station.pem.new"), "-----BEGIN PRIV")
		}, 0},
		{"before the key is cleared away", func(t *testing.T, dir string) {
			i := s.open(dir)
			r := request(t, i, Enroll)
			waiting, err := os.ReadFile(filepath.Join(dir, "enroll.key"))
			if err != nil {
				t.Fatal(err)
			}
			accept(t, i, Enroll, s.sign(r))
			write(t, filepath.Join(dir, "enroll.key"), string(waiting))
		}, 1},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			clear(s.stations)
			dir := filepath.Join(t.TempDir(), "state")
			step.leave(t, dir)
			i := s.open(dir)
			if step.station == 0 {
				if i.Station() != nil {
					t.Fatal("there is a station already")
				}
				accept(t, i, Enroll, s.sign(request(t, i, Enroll)))
			}
			if got := i.Station().Number; got != 1 || len(s.stations) != 1 {
				t.Errorf("station %d of %d; want the same one again", got, len(s.stations))
			}
			if got := names(t, dir); got != stationFile {
				t.Errorf("the folder holds %s", got)
			}
		})
	}

	// The same with a clone that parts.
	clear(s.stations)
	dir := filepath.Join(t.TempDir(), "state")
	i := s.open(dir)
	accept(t, i, Enroll, s.sign(request(t, i, Enroll)))
	s.sign(request(t, i, Part))
	again := s.open(dir)
	accept(t, again, Part, s.sign(request(t, again, Part)))
	if got := again.Station().Number; got != 2 || len(s.stations) != 2 {
		t.Errorf("the clone is station %d of %d; want 2 of 2", got, len(s.stations))
	}
}

// What the server answers is checked before it replaces anything.
func TestRefuseAnswer(t *testing.T) {
	s, other := newSigner(t), newSigner(t)
	dir := filepath.Join(t.TempDir(), "state")
	i := s.open(dir)
	r := request(t, i, Enroll)
	good := s.sign(r)
	foreign := other.sign(r)
	tests := map[string]wire.Enrolled{
		"another authority":           *foreign,
		"signed by another authority": {Station: 1, Certificate: foreign.Certificate, Authority: good.Authority},
		"for another key":             *s.sign(request(t, s.open(filepath.Join(t.TempDir(), "other")), Enroll)),
		"no number":                   {Certificate: good.Certificate, Authority: good.Authority},
		"no certificate":              {Station: 1, Authority: good.Authority},
		"nothing":                     {},
	}
	for name, e := range tests {
		if err := i.Accept(Enroll, &e, time.Now()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if i.Station() != nil || s.open(dir).Station() != nil {
		t.Error("a bad answer made a station")
	}
	accept(t, i, Enroll, good)

	if _, err := Open(dir, other.Fingerprint()); err == nil || !strings.Contains(err.Error(), "configuration wants") {
		t.Errorf("with another authority the station opens: %v", err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, stationFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, raw[:len(raw)/2], bytes.Replace(raw, []byte("M"), []byte("N"), 3)} {
		write(t, filepath.Join(dir, stationFile), string(damaged))
		if _, err := Open(dir, s.Fingerprint()); err == nil || !strings.Contains(err.Error(), "restore it from a backup") {
			t.Errorf("a damaged file of %d bytes: %v", len(damaged), err)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

const goodPin = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

func TestConfig(t *testing.T) {
	c, err := parseConfig([]byte(`{
		"server": "https://10.1.2.3:8444/", "authority": "` + strings.ToUpper(goodPin) + `",
		"enrolment_key": "k", "proxy": "http://bob:pw@proxy:3128", "limits": {"spool_age": "36h", "spool_bytes": 10000000}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Server != "https://10.1.2.3:8444" || c.Authority != goodPin || time.Duration(c.Limits.SpoolAge) != 36*time.Hour ||
		c.Limits.SpoolBytes != 10_000_000 || c.Limits.FileBytes != defaultFileBytes || c.EndProcess {
		t.Errorf("read as %+v", c)
	}
	if got := c.Secrets(); len(got) != 2 || got[0] != "k" || got[1] != "pw" {
		t.Errorf("secrets are %q", got)
	}

	const good = `"server": "https://s:8444", "authority": "` + goodPin + `"`
	tests := []struct{ name, text, want string }{
		{"empty", ``, "line 1"},
		{"not JSON", "{\n\"server\": x}", "line 2"},
		{"unknown member", "{" + good + ",\n\n\"sever\": 1}", `unknown field "sever"`},
		{"wrong type", "{" + good + ",\n\"end_process\": \"yes\"}", "line 2: end_process must be a bool"},
		{"more behind it", "{" + good + "} {}", "something follows"},
		{"no server", `{}`, "server is missing"},
		{"not https", `{"server": "http://s:8444"}`, "must be https"},
		{"a path", `{"server": "https://s:8444/agent"}`, "nothing may follow"},
		{"no authority", `{"server": "https://s"}`, "authority is missing"},
		{"half an authority", `{"server": "https://s", "authority": "0011"}`, "64 hexadecimal digits"},
		{"two keys", "{" + good + `, "enrolment_key": "a", "enrolment_key_file": "b"}`, "remove one"},
		{"a proxy that is none", "{" + good + `, "proxy": "socks://bob:pw@x"}`, "proxy is no address"},
		{"too small a spool", "{" + good + `, "limits": {"spool_bytes": 5}}`, "limits.spool_bytes is 5"},
		{"a negative limit", "{" + good + `, "limits": {"file_bytes": -1}}`, "limits.file_bytes is -1"},
		{"a duration without a unit", "{" + good + `, "limits": {"spool_age": "36"}}`, "no duration"},
		{"too short", "{" + good + `, "limits": {"spool_age": "3m"}}`, "at least 1h"},
		{"too long a file", strings.Repeat(" ", maxConfig+1), "no configuration"},
	}
	for _, test := range tests {
		_, err := parseConfig([]byte(test.text))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v; want %q in it", test.name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%s: the password is in the error: %v", test.name, err)
		}
	}
}

func TestEnrolmentKeyFile(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "agent.json"), `{"server": "https://s", "authority": "`+goodPin+`", "enrolment_key_file": "key"}`)
	write(t, filepath.Join(dir, "key"), " secret\n")
	c, err := ReadConfig(filepath.Join(dir, "agent.json"))
	if err != nil {
		t.Fatal(err)
	}
	if key, err := c.Key(); key != "secret" || err != nil {
		t.Errorf("key is %q, %v", key, err)
	}
	for range 2 { // also when it has gone already
		if err := c.Enrolled(); err != nil {
			t.Fatal(err)
		}
	}
	if key, err := c.Key(); key != "" || err != nil {
		t.Errorf("afterwards the key is %q, %v", key, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"server": "https://s", "authority": "` + goodPin + `", "limits": {"spool_age": "36h"}}`))
	f.Add([]byte("{\n\"server\": 5}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseConfig(raw)
		if err == nil && (c.Server == "" || len(c.Authority) != 2*sha256.Size) {
			t.Errorf("%q was taken as %+v", raw, c)
		}
	})
}
