//go:build unix

package agentapi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// everything is one request of each kind that needs a certificate.
var everything = [][2]string{
	{"POST", wire.PathRenew}, {"POST", wire.PathHello}, {"POST", wire.PathEvents}, {"GET", wire.PathTasks},
	{"POST", "/agent/v1/tasks/1"}, {"GET", "/agent/v1/files/1"}, {"PUT", "/agent/v1/files/1"},
}

func TestCertificates(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	good := a.cert

	selfSigned := func() *tls.Certificate {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		// It claims the very serial number of the good one.
		template := &x509.Certificate{
			SerialNumber: good.Leaf.SerialNumber, Subject: good.Leaf.Subject, NotBefore: good.Leaf.NotBefore, NotAfter: good.Leaf.NotAfter,
			ExtKeyUsage: good.Leaf.ExtKeyUsage,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	signed := func(authority *pki.Authority, at time.Time) *tls.Certificate {
		request, err := pki.ParseRequest(a.request())
		if err != nil {
			t.Fatal(err)
		}
		c, err := authority.SignStation(a.station, request, at)
		if err != nil {
			t.Fatal(err)
		}
		return &tls.Certificate{Certificate: [][]byte{c.DER}, PrivateKey: a.key}
	}
	other, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server, err := r.authority.ServerCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, cert := range map[string]*tls.Certificate{
		"none":                     nil,
		"self-signed":              selfSigned(),
		"another authority's":      signed(other, time.Now()),
		"expired":                  signed(r.authority, time.Now().Add(-pki.StationLife-time.Hour)),
		"the server's":             server,
		"signed but not stored":    signed(r.authority, time.Now()),
		"good, and another's wire": {Certificate: [][]byte{selfSigned().Certificate[0], good.Certificate[0]}, PrivateKey: selfSigned().PrivateKey},
	} {
		a.show(cert)
		for _, q := range everything {
			got, err := a.try(q[0], q[1], strings.NewReader("{}"))
			if err != nil && name == "good, and another's wire" {
				continue // the key does not fit to the certificate: the handshake fails
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got.wants(t, name+", "+q[0]+" "+q[1], 401, wire.CodeCertificate)
		}
	}
	a.show(good)
	if a.acknowledged() != 0 {
		t.Error("the good one is refused")
	}
}

// A revocation acts within five seconds, a retirement too, and both are told apart.
func TestRevokedAndRetired(t *testing.T) {
	r := newRig(t, options{})
	for code, end := range map[string]func(*agent) error{
		wire.CodeRevoked: func(a *agent) error { return r.db.RevokeStation(t.Context(), a.station) },
		wire.CodeRetired: func(a *agent) error { return r.db.RetireStation(t.Context(), a.station) },
	} {
		a, b := r.agent(t, "a "+code), r.agent(t, "b "+code)
		a.send(record(1)).into(t, &wire.Stored{})
		if err := end(a); err != nil {
			t.Fatal(err)
		}
		r.later(5 * time.Second)
		for _, q := range everything {
			a.do(q[0], q[1], strings.NewReader("{}")).wants(t, q[0]+" "+q[1], 403, code)
		}
		if got := a.stored(); got != 1 {
			t.Errorf("%d events are stored; want the 1 from before", got)
		}
		b.send(record(1)).into(t, &wire.Stored{})
	}
}

func TestEnrolAgainIsTheSameStation(t *testing.T) {
	r := newRig(t, options{})
	a := r.stranger(t, "alpha")
	in := wire.EnrollRequest{Key: r.key, Request: a.request(), Machine: a.hello.Machine}
	var first, second, third wire.Enrolled
	a.do("POST", wire.PathEnroll, in).into(t, &first)
	a.do("POST", wire.PathEnroll, in).into(t, &second)
	if first.Station != second.Station {
		t.Errorf("stations %d and %d; want the same", first.Station, second.Station)
	}
	if left := time.Until(first.RenewAfter); left < pki.StationLife*2/3-time.Hour || left > pki.StationLife*2/3 || first.Expires.Before(first.RenewAfter) {
		t.Errorf("renew after %s, expires %s", first.RenewAfter, first.Expires)
	}
	keys, err := r.db.EnrolmentKeys(t.Context())
	if err != nil || keys[0].Uses != 1 {
		t.Errorf("the key was used %+v times, %v; want once", keys, err)
	}
	// Each of the certificates that were given is good: any answer may have been lost.
	a.use(&first)
	a.acknowledged()
	a.use(&second)
	a.acknowledged()
	// The same for renewals, also with a new key.
	for range 2 {
		b := r.stranger(t, "alpha")
		a.do("POST", wire.PathRenew, wire.RenewRequest{Request: b.request()}).into(t, &third)
		b.use(&third)
		b.hello.Run = a.hello.Run
		b.acknowledged()
		if b.station != a.station {
			t.Errorf("renewed for station %d; want %d", b.station, a.station)
		}
	}
	a.acknowledged()
}

func TestTwoMachinesOfOneNameAreTwoStations(t *testing.T) {
	r := newRig(t, options{})
	if a, b := r.agent(t, "alpha"), r.agent(t, "alpha"); a.station == b.station {
		t.Errorf("both are station %d", a.station)
	}
}

func TestEnrolRefuses(t *testing.T) {
	r := newRig(t, options{})
	a := r.stranger(t, "alpha")
	request, machine := a.request(), a.hello.Machine
	nameless := machine
	nameless.Name = ""
	long := machine
	long.System = strings.Repeat("x", 10_000)
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"no key":           {wire.EnrollRequest{Request: request, Machine: machine}, 403, wire.CodeKey},
		"wrong key":        {wire.EnrollRequest{Key: "x", Request: request, Machine: machine}, 403, wire.CodeKey},
		"no request":       {wire.EnrollRequest{Key: r.key, Machine: machine}, 422, wire.CodeMalformed},
		"no request again": {wire.EnrollRequest{Key: r.key, Request: []byte("x"), Machine: machine}, 422, wire.CodeMalformed},
		"no name":          {wire.EnrollRequest{Key: r.key, Request: request, Machine: nameless}, 422, wire.CodeMalformed},
		"a long name":      {wire.EnrollRequest{Key: r.key, Request: request, Machine: long}, 422, wire.CodeMalformed},
		"no JSON":          {strings.NewReader("{"), 400, wire.CodeMalformed},
		"a list":           {strings.NewReader("[]"), 400, wire.CodeMalformed},
		"too much":         {strings.NewReader(`"` + strings.Repeat("x", wire.MaxJSON) + `"`), 413, wire.CodeTooLarge},
	} {
		a.do("POST", wire.PathEnroll, c.body).wants(t, name, c.status, c.code)
	}
	keys, err := r.db.EnrolmentKeys(t.Context())
	if err != nil || keys[0].Uses != 0 {
		t.Errorf("keys %+v, %v; want one without uses", keys, err)
	}
}

// Guessing keys is slow, and costs others at other addresses nothing.
func TestGuessingKeysIsSlow(t *testing.T) {
	r := newRig(t, options{})
	a := r.stranger(t, "alpha")
	guess := func(i int) answer {
		return a.do("POST", wire.PathEnroll, wire.EnrollRequest{Key: fmt.Sprint("guess ", i), Request: a.request(), Machine: a.hello.Machine})
	}
	for i := range 20 {
		guess(i).wants(t, fmt.Sprint("guess ", i), 403, wire.CodeKey)
	}
	guess(20).wants(t, "guess 20", 429, wire.CodeBusy)
	r.later(time.Hour)
	a.enrol()
	a.acknowledged()
}

// A clone parts from the station whose certificate it has, and its original
// goes on.
func TestClone(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	a.acknowledged()
	a.send(records(1, 3)).into(t, &wire.Stored{})

	clone := r.stranger(t, "beta")
	clone.key = a.key
	clone.show(a.cert)
	clone.greet().wants(t, "the clone's hello", 409, wire.CodeCloned)

	in := wire.EnrollRequest{Request: clone.request(), Machine: clone.hello.Machine}
	clone.do("POST", wire.PathEnroll, in).wants(t, "parting with the old key", 422, wire.CodeMalformed)
	fresh := r.stranger(t, "beta")
	fresh.show(a.cert)
	// The key of the TLS connection is the old one, the request's is new.
	in.Request = fresh.request()
	var e, again wire.Enrolled
	clone.do("POST", wire.PathEnroll, in).into(t, &e)
	clone.do("POST", wire.PathEnroll, in).into(t, &again)
	if e.Station == a.station || e.Station != again.Station {
		t.Errorf("the original is station %d, the clone %d and then %d", a.station, e.Station, again.Station)
	}
	fresh.use(&e)
	if fresh.acknowledged() != 0 {
		t.Error("the clone's stream does not begin anew")
	}
	fresh.send(record(1)).into(t, &wire.Stored{})
	if a.acknowledged() != 3 {
		t.Error("the original does not go on")
	}
	page, _, err := r.db.Tasks(t.Context(), store.TaskList{Limit: 1}) // nothing else is touched
	if err != nil || len(page) != 0 {
		t.Errorf("tasks %v, %v", page, err)
	}
}

func TestVersions(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	for version, want := range map[string]struct {
		status int
		code   string
	}{
		"0":   {426, wire.CodeVersion},
		"2":   {426, wire.CodeVersion},
		"-1":  {426, wire.CodeVersion},
		"":    {400, wire.CodeMalformed},
		"one": {400, wire.CodeMalformed},
	} {
		a.version = version
		for _, q := range append(everything, [2]string{"POST", wire.PathEnroll}) {
			a.do(q[0], q[1], strings.NewReader("{}")).wants(t, "version "+version+", "+q[0]+" "+q[1], want.status, want.code)
		}
	}
	a.do("GET", "/agent/v2/hello", nil).wants(t, "an unknown path", 404, "unknown")
	a.do("DELETE", wire.PathHello, nil).wants(t, "an unknown method", 404, "unknown")
}

// A hundred stations at once: each is itself.
func TestHundredStations(t *testing.T) {
	r := newRig(t, options{http2: true})
	var group sync.WaitGroup
	var mu sync.Mutex
	seen := map[int64]string{}
	for i := range 100 {
		name := fmt.Sprintf("station-%d", i)
		group.Go(func() {
			a := r.stranger(t, name)
			got, err := a.try("POST", wire.PathEnroll, wire.EnrollRequest{Key: r.key, Request: a.request(), Machine: a.hello.Machine})
			if err != nil || got.status != 200 {
				t.Errorf("%s enrols: %v, %s", name, err, got.body)
				return
			}
			var e wire.Enrolled
			got.into(t, &e)
			a.use(&e)
			if got, err = a.try("POST", wire.PathHello, a.hello); err != nil || got.status != 200 {
				t.Errorf("%s greets: %v, %s", name, err, got.body)
				return
			}
			var w wire.Welcome
			got.into(t, &w)
			if w.Station != e.Station {
				t.Errorf("%s enrolled as %d and was greeted as %d", name, e.Station, w.Station)
			}
			mu.Lock()
			defer mu.Unlock()
			if before, ok := seen[e.Station]; ok {
				t.Errorf("%s and %s are both station %d", before, name, e.Station)
			}
			seen[e.Station] = name
		})
	}
	group.Wait()
	if len(seen) != 100 {
		t.Errorf("%d stations; want 100", len(seen))
	}
}

func TestClockThatIsWrong(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	a.hello.Now = time.Now().AddDate(-1, 0, 0)
	got := a.greet()
	got.wants(t, "a clock a year behind", 422, wire.CodeClock)
	for _, year := range []int{time.Now().Year(), time.Now().Year() - 1} {
		if !strings.Contains(got.problem.Detail, big.NewInt(int64(year)).String()) {
			t.Errorf("the detail does not tell both times: %s", got.problem.Detail)
		}
	}
	a.hello.Now = time.Now().Add(-23 * time.Hour)
	a.greet().into(t, &wire.Welcome{})
	a.hello.Run = ""
	a.greet().wants(t, "a hello without a run", 422, wire.CodeMalformed)
	a.hello.Run, a.hello.Sensor.Detail = "r\x00", "nul \x00 and \xff"
	a.greet().into(t, &wire.Welcome{})
}
