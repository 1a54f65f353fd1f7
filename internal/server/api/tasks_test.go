//go:build unix

package api

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/blob"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

func TestTasks(t *testing.T) {
	a := agentsAPI(t)
	a.fill()
	_, secret := a.addKey(body{"name": "office"})
	station := a.agent("ACC-01", secret, noon.Add(-time.Minute), true)
	other := a.agent("ACC-02", secret, noon.Add(-time.Minute), false)
	content := []byte("MZ, and so on")
	sum, elsewhere := sha256.Sum256(content), sha256.Sum256([]byte("elsewhere"))
	hash := fmt.Sprintf("%x", sum)
	ids := a.report(station, nil,
		start(10, noon.Add(-3*time.Hour), `C:\old\a.exe`, sum), start(11, noon.Add(-2*time.Hour), `C:\new\a.exe`, sum), start(12, noon.Add(-time.Hour), `C:\new\a.exe`, sum))
	others := a.report(other, nil, start(10, noon.Add(-3*time.Hour), `D:\a.exe`, sum), start(11, noon.Add(-time.Hour), `D:\b.exe`, elsewhere))
	path, otherPath := fmt.Sprintf("/stations/%d/tasks", station), fmt.Sprintf("/stations/%d/tasks", other)

	a.call(auth.Viewer, http.MethodPost, path, body{"verb": "diagnose"}, http.StatusForbidden)
	for _, test := range []struct {
		role, path string
		body       body
		status     int
		words      string
	}{
		{auth.Analyst, path, body{"verb": "run", "why": "x"}, 422, "verb"},
		{auth.Analyst, path, body{"verb": "fetch_file", "why": "x"}, 422, "needs sha256"},
		{auth.Analyst, path, body{"verb": "fetch_file", "why": "x", "sha256": strings.Repeat("x", 64)}, 422, "not a SHA-256"},
		{auth.Analyst, path, body{"verb": "fetch_file", "why": " ", "sha256": hash}, 422, "say in why"},
		{auth.Analyst, path, body{"verb": "fetch_file", "why": "x", "sha256": fmt.Sprintf("%x", elsewhere)}, 409, "has never run on station ACC-01"},
		{auth.Analyst, path, body{"verb": "fetch_file", "why": "x", "sha256": strings.Repeat("0", 64)}, 409, "has never run"},
		{auth.Analyst, path, body{"verb": "diagnose", "sha256": hash}, 422, "takes no sha256"},
		{auth.Analyst, path, body{"verb": "list_processes", "process_id": ids[0]}, 422, "takes no process_id"},
		{auth.Analyst, path, body{"verb": "end_process", "why": "x", "process_id": ids[0]}, 403, "administrator"},
		{auth.Administrator, path, body{"verb": "end_process", "process_id": ids[0]}, 422, "say in why"},
		{auth.Administrator, path, body{"verb": "end_process", "why": "x", "process_id": others[0]}, 422, "another station"},
		{auth.Administrator, path, body{"verb": "end_process", "why": "x", "process_id": "4"}, 404, ""},
		{auth.Administrator, otherPath, body{"verb": "end_process", "why": "x", "process_id": others[0]}, 409, "was not made to end processes"},
		{auth.Analyst, "/stations/1/tasks", body{"verb": "diagnose"}, 409, "imported files only"},
		{auth.Analyst, "/stations/99/tasks", body{"verb": "diagnose"}, 404, "no station 99"},
	} {
		p := a.call(test.role, http.MethodPost, test.path, test.body, test.status)
		if raw, _ := json.Marshal(p); !strings.Contains(string(raw), test.words) {
			t.Errorf("%v: %s, want %q", test.body, raw, test.words)
		}
	}
	a.expect(a.get("/tasks"), "[]", "tasks")

	fetch := a.call(auth.Analyst, http.MethodPost, path, body{"verb": "fetch_file", "why": "looks odd", "sha256": strings.ToUpper(hash)}, http.StatusOK)
	for member, want := range map[string]any{
		"verb": "fetch_file", "state": "queued", "who": "the analyst", "why": "looks odd", "sha256": hash, "image": `C:\new\a.exe`, "bytes": 0, "expires": "2026-11-24T12:00:00Z",
	} {
		a.expect(fetch, want, member)
	}
	a.expect(fetch, "ACC-01", "station", "name")
	kept, err := a.Store.Task(t.Context(), int64(at(fetch, "id").(float64)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(kept.Arguments.Paths), `[C:\new\a.exe C:\old\a.exe D:\a.exe]`; got != want || kept.Arguments.MaxBytes != blob.MaxBytes {
		t.Errorf("the station is to look at %s for up to %d bytes, want %s", got, kept.Arguments.MaxBytes, want)
	}

	end := a.call(auth.Administrator, http.MethodPost, path, body{"verb": "end_process", "why": "malware", "process_id": ids[2]}, http.StatusOK)
	a.expect(end, ids[2], "process_id")
	a.expect(end, `C:\new\a.exe`, "image")
	if kept, err = a.Store.Task(t.Context(), int64(at(end, "id").(float64))); err != nil {
		t.Fatal(err)
	}
	if g := kept.Arguments; g.PID != 12 || !g.Started.Equal(noon.Add(-time.Hour)) || g.BootID != 7 || g.Image != `C:\new\a.exe` {
		t.Errorf("the station is to end %+v", g)
	}
	for _, p := range []event.Process{{Kind: event.Stop, PID: 11, Started: noon.Add(-2 * time.Hour)}} {
		p.Sensor, p.Origin, p.Seq, p.Time, p.BootID, p.ProcessSeq = event.SensorSysmon, event.Live, 4, noon.Add(-time.Minute), 7, 11
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Store.AddEvents(t.Context(), []store.StationEvents{{Station: station, Live: true, Events: []event.Process{p}}}); err != nil {
			t.Fatal(err)
		}
	}
	a.call(auth.Administrator, http.MethodPost, path, body{"verb": "end_process", "why": "x", "process_id": ids[1]}, http.StatusConflict)

	diagnose := a.call(auth.Analyst, http.MethodPost, otherPath, body{"verb": "diagnose"}, http.StatusOK)
	list := a.get("/tasks?limit=1")
	a.expect(list, at(diagnose, "id"), "tasks", 0, "id")
	a.expect(a.get("/tasks?limit=1&cursor="+fmt.Sprint(at(list, "next"))), "end_process", "tasks", 0, "verb")
	a.expect(a.get(fmt.Sprintf("/tasks?state=queued&station=%d", station)), "fetch_file", "tasks", 1, "verb")
	a.expect(a.get("/tasks?state=done"), "[]", "tasks")
	cancel := fmt.Sprintf("/tasks/%v/cancel", at(diagnose, "id"))
	a.call(auth.Viewer, http.MethodPost, cancel, nil, http.StatusForbidden)
	a.expect(a.call(auth.Analyst, http.MethodPost, cancel, nil, http.StatusOK), "cancelled", "state")
	a.call(auth.Analyst, http.MethodPost, cancel, nil, http.StatusConflict)
	a.call(auth.Viewer, http.MethodGet, "/tasks/99", nil, http.StatusNotFound)

	list = a.call(auth.Administrator, http.MethodGet, "/audit?action=task.add", nil, http.StatusOK)
	a.expect(list, "malware", "entries", 1, "detail", "why")
	a.expect(list, ids[2], "entries", 1, "detail", "process")
	a.expect(list, hash, "entries", 2, "detail", "sha256")
	a.expect(list, "the analyst", "entries", 2, "who")

	// The file arrives.
	a.call(auth.Viewer, http.MethodGet, "/files/"+hash, nil, http.StatusNotFound)
	id := int64(at(fetch, "id").(float64))
	if _, err := a.Files.AddPart(t.Context(), id, 0, strings.NewReader(string(content))); err != nil {
		t.Fatal(err)
	}
	stored, err := a.Files.Finish(t.Context(), id, sum, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Store.AddStoredFile(t.Context(), store.StoredFile{SHA256: sum, Bytes: int64(len(content)), Stored: stored, Task: id, Station: station}); err != nil {
		t.Fatal(err)
	}
	file := a.get("/files/" + strings.ToUpper(hash))
	a.expect(file, hash, "sha256")
	a.expect(file, len(content), "bytes")
	a.expect(file, stored, "stored")
	a.expect(file, "ACC-01", "station", "name")
	a.expect(file, id, "task")
	p := a.call(auth.Analyst, http.MethodPost, path, body{"verb": "fetch_file", "why": "again", "sha256": hash}, http.StatusConflict)
	a.expect(p, "the file is here already: /files/"+hash, "detail")

	a.call(auth.Viewer, http.MethodGet, "/files/"+hash+"/content", nil, http.StatusForbidden)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(a.asCaller(auth.Analyst), http.MethodGet, "/api/v1/files/"+hash+"/content", nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/gzip" || w.Header().Get("Content-Disposition") != `attachment; filename="`+hash+`.gz"` {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	unpacked, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(unpacked); err != nil || string(got) != string(content) {
		t.Errorf("downloaded %q, %v", got, err)
	}
	a.expect(a.call(auth.Administrator, http.MethodGet, "/audit?action=file.download", nil, http.StatusOK), hash, "entries", 0, "subject")
	for name, status := range map[string]int{"x": 422, strings.Repeat("x", 64): 422, fmt.Sprintf("%x", elsewhere): 404, "..%2f" + hash[5:]: 422} {
		a.call(auth.Analyst, http.MethodGet, "/files/"+name, nil, status)
		a.call(auth.Analyst, http.MethodGet, "/files/"+name+"/content", nil, status)
	}
}
