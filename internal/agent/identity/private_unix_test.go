//go:build unix

package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that others may read are not used, and the error says what to do.
func TestPrivate(t *testing.T) {
	s := newSigner(t)
	dir := filepath.Join(t.TempDir(), "state")
	i := s.open(dir)
	accept(t, i, Enroll, s.sign(request(t, i, Enroll)))
	for _, test := range []struct {
		path      string
		mode, own os.FileMode
	}{{dir, 0o755, 0o700}, {filepath.Join(dir, stationFile), 0o640, 0o600}} {
		if info, err := os.Stat(test.path); err != nil || info.Mode().Perm() != test.own {
			t.Errorf("%s has mode %v, %v; want %o", test.path, info.Mode(), err, test.own)
		}
		chmod(t, test.path, test.mode)
		if _, err := Open(dir, s.Fingerprint()); err == nil || !strings.Contains(err.Error(), "chmod") || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s with mode %o: %v", test.path, test.mode, err)
		}
		chmod(t, test.path, test.own)
	}
	if os.Geteuid() == 0 {
		file := filepath.Join(dir, stationFile)
		if err := os.Chown(file, 12345, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, s.Fingerprint()); err == nil || !strings.Contains(err.Error(), "chown") {
			t.Errorf("another's file: %v", err)
		}
		if err := os.Chown(file, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	s.open(dir)
}

func TestPrivateConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.json")
	const plain = `{"server": "https://s", "authority": "` + goodPin + `"`
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string // in the error; empty: it is taken
	}{
		{"readable, no secret", plain + "}", 0o644, ""},
		{"writable for others", plain + "}", 0o622, "may change"},
		{"readable, with a key", plain + `, "enrolment_key": "k"}`, 0o644, "may read"},
		{"private, with a key", plain + `, "enrolment_key": "k"}`, 0o600, ""},
		{"readable, with a proxy's password", plain + `, "proxy": "http://b:p@x"}`, 0o640, "may read"},
	} {
		write(t, path, test.text)
		chmod(t, path, test.mode)
		_, err := ReadConfig(path)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v; want %q", test.name, err, test.want)
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
