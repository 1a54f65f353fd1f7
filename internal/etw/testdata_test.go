package etw

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The recorded traces, which lie beside the project and not in it.
const (
	traceWin7       = "win7-manifest-kernel-process.etl.gz"
	traceWin8       = "win8-9200-system-and-manifest.etl.zip"
	traceWin10      = "win10-1903-shutdown-system.etl.gz"
	traceWin11      = "win11-system-process.etl.zip"
	traceServer2022 = "ws2022-system-process.etl.zip"
	traceMade32     = "synthetic-classic-process_32_v3.etl.gz"
	traceMade64     = "synthetic-classic-process_64_v3.etl.gz"
)

// sample returns a file of testdata/etl, taken out of its archive. Without it a
// test is skipped, unless ELJEFE_REQUIRE_TESTDATA=1 says that it must be there.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "testdata", "etl", name))
	if err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	var r io.Reader = bytes.NewReader(packed)
	switch filepath.Ext(name) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zip":
		r, err = trace(packed)
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

// trace opens the ETL file in a zip archive.
func trace(packed []byte) (io.Reader, error) {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".etl") {
			return f.Open()
		}
	}
	return nil, os.ErrNotExist
}

// openSample opens a recorded trace.
func openSample(t testing.TB, name string) *File {
	t.Helper()
	b := sample(t, name)
	f, err := NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A vector is a record and what it decodes to.
type vector struct {
	Class       string         `json:"class"`
	ID          uint16         `json:"id"`
	Opcode      uint8          `json:"opcode"`
	Version     uint8          `json:"version"`
	PointerSize int            `json:"pointer_size"`
	HeaderPID   *uint32        `json:"header_pid"`
	HeaderTID   *uint32        `json:"header_tid"`
	Payload     string         `json:"payload"`
	Want        map[string]any `json:"want"`
	Real        bool           `json:"real"`
	Src         string         `json:"src"`
}

// record returns the vector as a record that was written at the time that its
// payload speaks of, if it does.
func (v *vector) record(t testing.TB) *Record {
	t.Helper()
	payload, err := hex.DecodeString(v.Payload)
	if err != nil {
		t.Fatal(err)
	}
	r := &Record{
		Provider: KernelProcess, ID: v.ID, Version: v.Version, Opcode: v.Opcode,
		PointerSize: v.PointerSize, PID: NoID, TID: NoID, Payload: payload,
		Time: time.Date(2022, 6, 3, 0, 0, 0, 0, time.UTC),
	}
	if v.Class == "system" {
		r.Provider, r.Classic = Process, true
	}
	for _, name := range []string{"CreateTime", "ExitTime"} {
		if n, ok := v.Want[name].(json.Number); ok {
			ticks, err := n.Int64()
			if err != nil {
				t.Fatal(err)
			}
			r.Time = filetime(uint64(ticks))
		}
	}
	if v.HeaderPID != nil {
		r.PID, r.TID = *v.HeaderPID, *v.HeaderTID
	}
	return r
}

// vectors returns all of vectors.jsonl.
func vectors(t testing.TB) []vector {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(sample(t, "vectors.jsonl")))
	dec.UseNumber()
	var all []vector
	for dec.More() {
		var v vector
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}
