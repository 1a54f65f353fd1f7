//go:build unix

package api

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// export returns the file that a path answers with.
func (a *testAPI) export(path string) string {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(a.asCaller(auth.Viewer), http.MethodGet, "/api/v1"+path, nil))
	if status := w.Result().Trailer.Get(exportTrailer); w.Code != http.StatusOK || status != "complete" {
		a.t.Fatalf("%s: %d, trailer %q: %s", path, w.Code, status, w.Body)
	}
	return w.Body.String()
}

func TestExports(t *testing.T) {
	a := newTestAPI(t)
	for _, what := range []string{"events", "binaries", "stations"} {
		if got := a.export("/" + what + "/export"); got != "" {
			t.Errorf("%s of an empty database: %q", what, got)
		}
	}
	a.fill()
	a.addHostile()

	lines := strings.Split(strings.TrimSpace(a.export("/binaries/export?sort=name&order=asc")), "\n")
	var found []string
	for _, line := range lines {
		var b Binary
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		found = append(found, b.Name)
	}
	if want := []string{"=1.exe", "a.exe", "explorer.exe"}; !slices.Equal(found, want) {
		t.Errorf("the binaries are %q, want %q", found, want)
	}
	if got := a.export("/binaries/export?q=" + url.QueryEscape("name:a.exe")); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"runs":2`) {
		t.Errorf("a filter's binaries: %s", got)
	}
	if got := a.export("/stations/export?show=imported&search=cc"); strings.Count(got, "\n") != 1 || !strings.Contains(got, `"name":"ACC-07"`) {
		t.Errorf("stations: %s", got)
	}
	if got := a.export("/stations/export?show=live"); got != "" {
		t.Errorf("live stations: %s", got)
	}

	records, err := csv.NewReader(strings.NewReader(a.export("/binaries/export?format=csv&q=company:*&sort=name"))).ReadAll()
	if err != nil || len(records) != 2 {
		t.Fatalf("%q, %v", records, err)
	}
	for column, want := range map[string]string{"name": "'=1.exe", "company": `'@SUM(A1)\u202e`, "paths": `C:\Some Place\=1.exe | D:\=1.exe`, "runs": "2", "signer": ""} {
		if i := slices.Index(records[0], column); i < 0 || records[1][i] != want {
			t.Errorf("%s is not %q in %q", column, want, records)
		}
	}
	records, err = csv.NewReader(strings.NewReader(a.export("/stations/export?format=csv"))).ReadAll()
	if err != nil || len(records) != 2 || !slices.Equal(records[0], memberNames(Station{})) {
		t.Errorf("stations: %q, %v", records, err)
	}

	a.call(auth.Viewer, http.MethodGet, "/binaries/export?q=user:bob", nil, http.StatusUnprocessableEntity)
	a.call(auth.Viewer, http.MethodGet, "/stations/export?show=nothing", nil, http.StatusUnprocessableEntity)
}

// addHostile stores a binary at two places whose texts mean something to a
// spreadsheet and to a terminal.
func (a *testAPI) addHostile() {
	a.t.Helper()
	var events []event.Process
	for i, image := range []string{`C:\Some Place\=1.exe`, `D:\=1.exe`} {
		p := event.Process{
			Kind: event.Start, Sensor: event.SensorSysmon, Time: noon, PID: uint32(100 + i), Image: image,
			SHA256: strings.Repeat("ab", 32), Company: "@SUM(A1)\u202e",
		}
		if err := p.Check(); err != nil {
			a.t.Fatal(err)
		}
		events = append(events, p)
	}
	if _, err := a.Store.AddEvents(a.t.Context(), []store.StationEvents{{Station: 1, Events: events}}); err != nil {
		a.t.Fatal(err)
	}
}
