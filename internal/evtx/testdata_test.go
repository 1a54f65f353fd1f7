package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// dataDir holds the recorded logs: beside the project, not in it.
var dataDir = filepath.Join("..", "..", "..", "shared", "testdata", "evtx")

// samples returns the path of the recorded logs below testdata/evtx. They are
// never copied into the project: without them a test is skipped, unless
// ELJEFE_REQUIRE_TESTDATA=1 says that they must be there.
func samples(t testing.TB, below ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{dataDir}, below...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	return path
}

// sampleLogs returns the paths of all recorded EVTX files.
func sampleLogs(t testing.TB) []string {
	t.Helper()
	root := samples(t)
	var logs []string
	for _, pattern := range []string{"*/*.evtx", "*/*/*.evtx"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, found...)
	}
	if len(logs) == 0 {
		t.Fatalf("no EVTX files below %s", root)
	}
	return logs
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readLog reads a whole log: copies of its records, and its damages.
func readLog(t testing.TB, log []byte) ([]*Record, []*RecordError) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	var records []*Record
	var damages []*RecordError
	for rec, err := range r.Records() {
		if err != nil {
			damage, ok := errors.AsType[*RecordError](err)
			if !ok {
				t.Fatalf("error %v is not a RecordError", err)
			}
			damages = append(damages, damage)
			continue
		}
		records = append(records, rec.Clone())
	}
	return records, damages
}

// recordPlace is where a record stands in a chunk.
type recordPlace struct{ pos, size int }

// recordPlaces returns the places of the records of an undamaged chunk.
func recordPlaces(chunk []byte) []recordPlace {
	var places []recordPlace
	free := int(binary.LittleEndian.Uint32(chunk[chunkOffFree:]))
	for pos := chunkHeaderSize; pos < free; {
		size := int(binary.LittleEndian.Uint32(chunk[pos+recordOffSize:]))
		places = append(places, recordPlace{pos, size})
		pos += size
	}
	return places
}

// dense returns a log like log, of one chunk, but with that chunk filled to its
// end with further copies of its own records, as a chunk of a busy log is, and
// repeated. Only records that use templates defined before are copied.
func dense(t testing.TB, log []byte, chunks int) []byte {
	t.Helper()
	out := bytes.Clone(log[:fileHeaderSize])
	chunk := bytes.Clone(log[fileHeaderSize : fileHeaderSize+chunkSize])
	var users []recordPlace
	places := recordPlaces(chunk)
	for _, r := range places {
		if !defines(chunk, r) {
			users = append(users, r)
		}
	}
	if len(users) == 0 {
		t.Fatal("the chunk has no record that could be copied")
	}
	last := places[len(places)-1]
	number := binary.LittleEndian.Uint64(chunk[last.pos+recordOffNumber:])
	pos := last.pos + last.size
	for i := 0; ; i++ {
		r := users[i%len(users)]
		if pos+r.size > chunkSize {
			break
		}
		copy(chunk[pos:], chunk[r.pos:r.pos+r.size])
		number++
		binary.LittleEndian.PutUint64(chunk[pos+recordOffNumber:], number)
		pos += r.size
	}
	clear(chunk[pos:])
	binary.LittleEndian.PutUint32(chunk[chunkOffFree:], uint32(pos))
	for range chunks {
		out = append(out, chunk...)
	}
	return out
}

// defines tells whether a record holds the definition of a template, its own or
// that of a nested value.
func defines(chunk []byte, r recordPlace) bool {
	for pos := r.pos + recordHeaderSize; pos+instanceSize <= r.pos+r.size; pos++ {
		if chunk[pos] == tokenInstance && binary.LittleEndian.Uint32(chunk[pos+instanceOffDef:]) == uint32(pos+instanceSize) {
			return true
		}
	}
	return false
}
