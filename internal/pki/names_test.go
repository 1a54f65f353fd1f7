package pki

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for text, want := range map[string]string{
		"Jefe.Example.ORG.": "jefe.example.org", " jefe ": "jefe", "10.1.2.3": "10.1.2.3", "[2001:DB8::5]": "2001:db8::5", "::ffff:10.1.2.3": "10.1.2.3",
		"under_score": "under_score", "xn--peafiel-s6a.example": "xn--peafiel-s6a.example",
		"": "", "a b": "", "a..b": "", "-a": "", "a-": "", "*.example.org": "", "peñafiel.example": "", "10.1.2": "", "10.1.2.999": "", "fe80::1%eth0": "",
		"https://jefe": "", "jefe:8444": "", "a'b": "", "a\nb": "", strings.Repeat("a", 64): "", strings.Repeat("a.", 127) + "bc": "",
	} {
		got, err := ParseName(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is the name %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "a.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "10.0.0.1": false, "jefe": false, "": false} {
		if got := Loopback(host); got != want {
			t.Errorf("%q is the machine itself: %v", host, got)
		}
	}
}

func keeper(t *testing.T, dir string) *ServerKeeper {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	k, err := a.KeepServer([]string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A name that was added is in the certificate that is shown next, and in that of
// the next start, until it is removed.
func TestNamesAreAddedAndKept(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	before := k.current.Load()
	for _, name := range []string{"Jefe.Example", "10.1.2.3", "localhost", "jefe.example"} {
		if err := k.AddName(name); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := k.Certificate(nil)
	if err != nil || shown == before {
		t.Fatalf("the certificate shown is the one from before, %v", err)
	}
	want := []Name{{"localhost", false}, {"127.0.0.1", false}, {"jefe.example", true}, {"10.1.2.3", true}}
	for what, k := range map[string]*ServerKeeper{"at once": k, "after a restart": keeper(t, dir)} {
		if got := k.Names(); !slices.Equal(got, want) {
			t.Errorf("%s: the names are %v; want %v", what, got, want)
		}
		for _, name := range []string{ServerName, "localhost", "127.0.0.1", "jefe.example", "10.1.2.3"} {
			if !k.Covers(name) {
				t.Errorf("%s: the certificate is not for %s", what, name)
			}
		}
	}
	if k = keeper(t, dir); !k.current.Load().Leaf.Equal(shown.Leaf) {
		t.Error("a restart made another certificate for the same names")
	}

	if err := k.RemoveName("jefe.example."); err != nil {
		t.Fatal(err)
	}
	for what, k := range map[string]*ServerKeeper{"at once": k, "after a restart": keeper(t, dir)} {
		if k.Covers("jefe.example") || !k.Covers("10.1.2.3") || !k.Covers(ServerName) {
			t.Errorf("%s: after the removal of one name the certificate is for %q and %v", what, k.current.Load().Leaf.DNSNames, k.current.Load().Leaf.IPAddresses)
		}
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	k := keeper(t, dir)
	for i := range MostAddedNames {
		if k.added = append(k.added, fmt.Sprintf("n%d.example", i)); i == MostAddedNames-2 {
			if err := k.AddName("last.example"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for what, test := range map[string]struct{ got, want error }{
		"no name": {k.AddName("a b"), ErrName}, "one too many": {k.AddName("more.example"), ErrManyNames}, "removes no name": {k.RemoveName("a b"), ErrName},
		"its own": {k.RemoveName("localhost"), ErrOwnName}, "the agents'": {k.RemoveName(ServerName), ErrOwnName}, "not there": {k.RemoveName("more.example"), ErrNoName},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: error %v; want %v", what, test.got, test.want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, namesFile), []byte("a b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.KeepServer(nil); err == nil || !strings.Contains(err.Error(), namesFile) {
		t.Errorf("with a damaged list of names: error %v; want the file's name", err)
	}
}
