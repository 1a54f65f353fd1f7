//go:build unix

package importer_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/importer"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// recordedTrace returns the trace in an archive of testdata/etl.
func recordedTrace(t *testing.T, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join(recorded(t), "..", "etl", name))
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader
	if filepath.Ext(name) == ".gz" {
		r, err = gzip.NewReader(bytes.NewReader(packed))
	} else {
		var z *zip.Reader
		if z, err = zip.NewReader(bytes.NewReader(packed), int64(len(packed))); err == nil {
			for _, f := range z.File {
				if strings.HasSuffix(f.Name, ".etl") {
					r, err = f.Open()
				}
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every recorded trace gives its process events once, whatever the file is called.
func TestRecordedTraces(t *testing.T) {
	db := storetest.Open(t)
	in := ingest.New(db, ingest.Config{})
	for name, want := range map[string]struct {
		importer.Summary
		station string
	}{
		"win7-manifest-kernel-process.etl.gz":   {importer.Summary{Records: 10344, Starts: 4, Stops: 4, Other: 10336}, "TOLD"},
		"win8-9200-system-and-manifest.etl.zip": {importer.Summary{Records: 179474, Starts: 32, Stops: 1, Other: 179405}, "BRIANROB-W8"},
		"ws2022-system-process.etl.zip":         {importer.Summary{Records: 28692, Starts: 99, Stops: 2, Other: 28492}, "TECHEMP02"},
		"win11-system-process.etl.zip":          {importer.Summary{Records: 75930, Starts: 519, Stops: 118, Other: 74890}, "MUSHARM"},
		"win10-1903-shutdown-system.etl.gz":     {importer.Summary{Records: 17078, Starts: 93, Stops: 60, Other: 16887}, "TOLD"},
	} {
		content := recordedTrace(t, name)
		for again, log := range []importer.Log{{Name: "a.etl", Station: "TOLD"}, {Name: "copy of a.etl", Station: "TOLD"}} {
			got, err := importer.File(t.Context(), in, log, bytes.NewReader(content), int64(len(content)), nil)
			if err != nil || got.Damaged != 0 || got.Lost != 0 || got.Reason() != "" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			if got.Records != want.Records || got.Starts != want.Starts || got.Stops != want.Stops || got.Other != want.Other {
				t.Errorf("%s: got %+v; want %+v", name, got, want.Summary)
			}
			if events := got.Starts + got.Stops; again == 0 && got.Added != events || again == 1 && (got.Added != 0 || got.Duplicates != events) {
				t.Errorf("%s: %d added and %d duplicates of %d events, in turn %d", name, got.Added, got.Duplicates, events, again)
			}
			names, err := db.StationNames(t.Context(), got.Stations)
			if err != nil || len(got.Stations) != 1 || names[got.Stations[0]] != want.station {
				t.Errorf("%s: stations %v, %v; want %s", name, names, err, want.station)
			}
		}
	}
}
