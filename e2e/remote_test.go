//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The commands do from elsewhere, with a token, what they do on the server's
// machine; and a station that was removed can be imported again at once.
func TestImportFromElsewhere(t *testing.T) {
	s := serve(t, dataDir(t))
	b := s.logIn()
	var token struct{ Secret string }
	b.must("POST", "/tokens", map[string]string{"name": "import", "role": "administrator"}, 200, &token)
	there := []string{"--server", s.Address, "--token", token.Secret, "--authority", authority(t, s)}
	file := filepath.Join(t.TempDir(), "a.ndjson")
	if err := os.WriteFile(file, ndjson(20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"added":40,"duplicates":0`, `"added":0,"duplicates":40`} {
		out, code := run(t, append([]string{"import", "--json", file}, there...)...)
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("import: exit code %d, %s; want %s", code, out, want)
		}
	}
	var list struct{ Stations []struct{ ID int64 } }
	b.must("GET", "/stations", nil, 200, &list)
	if len(list.Stations) != 7 {
		t.Fatalf("%d stations, want 7", len(list.Stations))
	}
	for _, st := range list.Stations {
		b.must("DELETE", fmt.Sprintf("/stations/%d", st.ID), nil, 204, nil)
	}
	if job := b.importFile("a.ndjson", ndjson(20)); job.State != "done" || job.Added != 40 {
		t.Errorf("import after the stations were removed: %+v", job)
	}
	if out, code := run(t, append([]string{"user", "list"}, there...)...); code != 0 || !strings.Contains(out, "admin") {
		t.Errorf("user list: %d %s", code, out)
	}
}
