package update

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/wire"
)

// Versions as git describes them are in the order in which they were made.
func TestVersionsHaveAnOrder(t *testing.T) {
	ascending := []string{
		"0.0.0-5-gabcdef0", "v0.9.12", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-rc.2", "v1.0.0-rc.2-3-gde204e5", "v1.0.0-rc.10", "v1.0.0", "v1.0.0-1-gde204e5",
		"v1.0.0-12-gde204e5-dirty", "v1.0.1", "v1.2.0", "v1.10.0", "v2.0.0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if newer, err := Newer(a, b); err != nil || newer != (i > j) {
				t.Errorf("%s is newer than %s: %v, %v", a, b, newer, err)
			}
		}
	}
	for _, same := range [][2]string{{"v1.0.0", "1.0.0"}, {"v1.0.0-dirty", "v1.0.0"}, {"v1.0.0-2-gaaaa", "v1.0.0-2-gbbbb"}} {
		for _, pair := range [][2]string{same, {same[1], same[0]}} {
			if newer, err := Newer(pair[0], pair[1]); err != nil || newer {
				t.Errorf("%s is newer than %s: %v, %v", pair[0], pair[1], newer, err)
			}
		}
	}
	for _, none := range []string{"", "development", "de204e5", "de204e5-dirty", "v1", "v1.0", "v1.0.0.0", "v99999999999.0.0", "v1.0.0 ", "v1.0.0\n", "-v1.0.0"} {
		if _, err := Newer(none, "v1.0.0"); err == nil {
			t.Errorf("%q has an order", none)
		}
		if _, err := Newer("v1.0.0", none); err == nil {
			t.Errorf("something is newer than %q", none)
		}
	}
}

func FuzzVersion(f *testing.F) {
	f.Add("v1.0.0-rc.1-5-gabcd-dirty", "v1.0.0")
	f.Fuzz(func(t *testing.T, a, b string) {
		one, err := Newer(a, b)
		if other, _ := Newer(b, a); one && other {
			t.Errorf("%q and %q are each newer than the other (%v)", a, b, err)
		}
	})
}

func testOffer() *Offer {
	sum := sha256.Sum256(nil)
	return &Offer{Station: 7, Version: "v2.0.0", System: "linux", Arch: "amd64", Size: 10, SHA256: hex.EncodeToString(sum[:]), Attempt: 1, Time: time.Now().UTC().Truncate(time.Second)}
}

func open(t *testing.T) (*pki.Authority, *pki.UpdateKey) {
	t.Helper()
	a, err := pki.Open(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := a.UpdateKey()
	if err != nil {
		t.Fatal(err)
	}
	return a, key
}

// An offer is opened by who pins the authority, and by nobody if anything of it
// was changed, or came from another one.
func TestOffersAreSigned(t *testing.T) {
	a, key := open(t)
	other, otherKey := open(t)
	u, err := Seal(testOffer(), key)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Open(u, a.Fingerprint())
	if err != nil || o.Station != 7 || o.Version != "v2.0.0" || o.Attempt != 1 {
		t.Fatalf("opened: %+v, %v", o, err)
	}
	stranger, err := Seal(testOffer(), otherKey)
	if err != nil {
		t.Fatal(err)
	}
	server, err := a.ServerCertificate([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*wire.Update)) *wire.Update {
		c := &wire.Update{Offer: slices.Clone(u.Offer), Signature: slices.Clone(u.Signature), Certificate: slices.Clone(u.Certificate), Authority: slices.Clone(u.Authority)}
		change(c)
		return c
	}
	for _, tt := range []struct {
		name string
		u    *wire.Update
		pin  string
		want string
	}{
		{"another authority's pin", u, other.Fingerprint(), "another authority"},
		{"another authority's offer", stranger, a.Fingerprint(), "another authority"},
		{"another authority's key", changed(func(c *wire.Update) { c.Certificate, c.Signature = stranger.Certificate, stranger.Signature }), a.Fingerprint(), "not the authority's"},
		{"the server's certificate", changed(func(c *wire.Update) { c.Certificate = server.Certificate[0] }), a.Fingerprint(), "not the authority's"},
		{"the authority's certificate", changed(func(c *wire.Update) { c.Certificate = c.Authority }), a.Fingerprint(), "key for updates"},
		{"a changed offer", changed(func(c *wire.Update) { c.Offer[len(c.Offer)/2] ^= 1 }), a.Fingerprint(), "bytes were changed"},
		{"a changed signature", changed(func(c *wire.Update) { c.Signature[3] ^= 1 }), a.Fingerprint(), "bytes were changed"},
		{"no signature", changed(func(c *wire.Update) { c.Signature = nil }), a.Fingerprint(), "bytes were changed"},
		{"a client's signature", changed(func(c *wire.Update) { c.Signature, _ = a.SignClient(c.Offer) }), a.Fingerprint(), "bytes were changed"},
		{"no certificate", changed(func(c *wire.Update) { c.Certificate = nil }), a.Fingerprint(), "certificate of the key"},
	} {
		if _, err := Open(tt.u, tt.pin); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
	for name, change := range map[string]func(*Offer){
		"no size": func(o *Offer) { o.Size = 0 }, "too large": func(o *Offer) { o.Size = MostBytes + 1 }, "no digest": func(o *Offer) { o.SHA256 = "../../x" },
	} {
		o := testOffer()
		change(o)
		if u, err = Seal(o, key); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(u, a.Fingerprint()); err == nil {
			t.Errorf("an offer with %s is opened", name)
		}
	}
}

// The key stays the same, and one that does not fit is told of.
func TestUpdateKeyIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	a, err := pki.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.UpdateKey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.UpdateKey()
	if err != nil || string(again.Certificate()) != string(first.Certificate()) || string(again.Sign([]byte("x"))) != string(first.Sign([]byte("x"))) {
		t.Errorf("the key is another one the second time: %v", err)
	}
}

func TestOfferIsForOneAgent(t *testing.T) {
	now := time.Now()
	fits := Agent{Station: 7, Version: "v1.9.0", System: "linux", Arch: "amd64", Last: now.Add(-time.Hour)}
	for _, tt := range []struct {
		name   string
		change func(*Agent)
		want   string // "": it is taken
	}{
		{"newer", func(*Agent) {}, ""},
		{"the first one", func(a *Agent) { a.Last = time.Time{} }, ""},
		{"equal", func(a *Agent) { a.Version = "v2.0.0" }, "not newer"},
		{"older", func(a *Agent) { a.Version = "v2.0.1" }, "not newer"},
		{"without an order", func(a *Agent) { a.Version = "development" }, "no version that has an order"},
		{"another station's", func(a *Agent) { a.Station = 8 }, "station 7"},
		{"another system's", func(a *Agent) { a.System = "windows" }, "linux"},
		{"another architecture's", func(a *Agent) { a.Arch = "arm64" }, "amd64"},
		{"replayed", func(a *Agent) { a.Last = now.Add(time.Hour) }, "older than one"},
	} {
		a := fits
		tt.change(&a)
		err := testOffer().For(a)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
}
