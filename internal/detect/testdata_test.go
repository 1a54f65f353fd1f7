package detect

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/recording"
)

// sharedDir holds recorded logs and public rules: beside the project, not in it.
var sharedDir = filepath.Join("..", "..", "..", "shared")

// shared returns a path below the shared folder. Its content is never copied into
// the project: without it a test is skipped, unless ELJEFE_REQUIRE_TESTDATA=1 says
// that it must be there.
func shared(t testing.TB, below ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{sharedDir}, below...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	return path
}

// filesBelow returns the files with an extension below a folder.
func filesBelow(t testing.TB, root, extension string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == extension {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files with %s below %s: %v", len(files), extension, root, err)
	}
	return files
}

// readRules reads all rules below a folder, which must be good.
func readRules(t testing.TB, root string) []*sigma.Document {
	t.Helper()
	var docs []*sigma.Document
	for _, path := range filesBelow(t, root, ".yml") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		some, errs := (&sigma.Reader{}).Read(path, data)
		for _, err := range errs {
			t.Error(err)
		}
		docs = append(docs, some...)
	}
	return docs
}

// publicRules are read once: it takes a while.
var publicRules struct {
	sync.Once
	docs []*sigma.Document
	set  *Set
}

// sigmaHQ returns the set of all public rules.
func sigmaHQ(t testing.TB) *Set {
	t.Helper()
	root := shared(t, "testdata", "sigma")
	publicRules.Do(func() {
		publicRules.docs = readRules(t, root)
		publicRules.set = compileGood(t, publicRules.docs)
	})
	if publicRules.set == nil {
		t.Fatal("the public rules could not be read")
	}
	return publicRules.set
}

// compileGood makes a set of documents that must all be good.
func compileGood(t testing.TB, docs []*sigma.Document) *Set {
	t.Helper()
	c := Compile(docs)
	for _, err := range append(c.Refused, c.Skipped...) {
		t.Error(err)
	}
	return c.Set
}

// A sample is a recorded event, and where it was recorded.
type sample struct {
	file string // below testdata/evtx
	*event.Process
}

// samples returns the events of all recorded logs.
func samples(t testing.TB) []sample {
	t.Helper()
	root := shared(t, "testdata", "evtx")
	var all []sample
	for _, extension := range []string{".evtx", ".ndjson"} {
		for _, path := range filesBelow(t, root, extension) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			items, err := recording.Read(bytes.NewReader(data), int64(len(data)), recording.Config{})
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			for it := range items {
				if it.Event == nil {
					continue
				}
				if err := it.Event.Check(); err != nil {
					t.Errorf("%s: %v", path, err)
				}
				all = append(all, sample{filepath.ToSlash(name), it.Event})
			}
		}
	}
	return all
}

// match is a row of EXPECTED-MATCHES.tsv.
type match struct {
	file   string
	record uint64
	rule   string
}

func expectedMatches(t testing.TB) map[match]bool {
	t.Helper()
	data, err := os.ReadFile(shared(t, "testdata", "evtx", "EXPECTED-MATCHES.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[match]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		columns := strings.Split(lines.Text(), "\t")
		record, err := strconv.ParseUint(columns[1], 10, 64)
		if err != nil {
			continue // the heading
		}
		all[match{columns[0], record, columns[2]}] = true
	}
	if len(all) < 400 {
		t.Fatalf("only %d matches are expected", len(all))
	}
	return all
}
