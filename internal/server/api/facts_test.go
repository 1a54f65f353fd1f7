//go:build unix

package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/anatomy"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fleet/specimen"
	"github.com/eljefe/eljefe/internal/server/auth"
	"github.com/eljefe/eljefe/internal/store"
)

// The facts of a binary: from nobody having its content to all that is in it.
func TestBinaryFacts(t *testing.T) {
	a := newTestAPI(t)
	raw := specimen.Harmless(specimen.Info{CompanyName: "Example"}, 50<<10)
	sum := sha256.Sum256(raw)
	station, err := a.Store.ImportStation(t.Context(), "ACC-01", noon)
	if err != nil {
		t.Fatal(err)
	}
	for i, digest := range []string{fmt.Sprintf("%x", sum), ""} {
		p := event.Process{Kind: event.Start, Sensor: event.SensorPoll, Time: noon.Add(-time.Hour), PID: uint32(100 + i), Image: fmt.Sprintf(`C:\%d.exe`, i), SHA256: digest}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Store.AddEvents(t.Context(), []store.StationEvents{{Station: station, Events: []event.Process{p}}}); err != nil {
			t.Fatal(err)
		}
	}
	path := fmt.Sprintf("/binaries/%x/facts", sum)
	a.expect(a.call(auth.Viewer, http.MethodGet, path, nil, http.StatusNotFound), "no_file", "code")
	if err := a.Store.AddStoredFile(t.Context(), store.StoredFile{SHA256: sum, Bytes: int64(len(raw))}); err != nil {
		t.Fatal(err)
	}
	a.expect(a.call(auth.Viewer, http.MethodGet, path, nil, http.StatusNotFound), "facts_pending", "code")
	nameless := a.get(`/binaries?q=image:*\1.exe`)
	a.expect(a.call(auth.Viewer, http.MethodGet, fmt.Sprintf("/binaries/%v/facts", at(nameless, "binaries", 0, "id")), nil, http.StatusNotFound), "no_sha256", "code")

	facts, err := anatomy.Of(bytes.NewReader(raw), int64(len(raw)), noon)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Store.SetBinaryFacts(t.Context(), store.BinaryFacts{SHA256: sum, Version: anatomy.Version, Facts: text}); err != nil {
		t.Fatal(err)
	}
	got := a.get(path)
	a.expect(got, fmt.Sprintf("%x", sum), "facts", "sha256")
	a.expect(got, "pe32", "facts", "format")
	a.expect(got, "0x401000", "facts", "entry", "instructions", 0, "address")
	a.expect(got, "90", "facts", "entry", "instructions", 0, "bytes")
	a.expect(got, "KERNEL32.dll", "facts", "image", "imports", 0, "library")
	a.expect(got, "entry_code_simple", "facts", "anomalies", 0, "code")
	if err := a.Store.SetBinaryFacts(t.Context(), store.BinaryFacts{SHA256: sum, Version: anatomy.Version, Problem: "it is damaged"}); err != nil {
		t.Fatal(err)
	}
	a.expect(a.get(path), "it is damaged", "problem")
}
