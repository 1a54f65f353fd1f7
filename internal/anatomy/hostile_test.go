package anatomy

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/eljefe/eljefe/internal/disasm"
	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

// slow is how long no file may take, for each 25 MB that it has: other programs run too.
const slow = 2 * time.Second

// Real files with a few bytes changed, or cut: each ends, quickly, and its facts can be
// kept. ELJEFE_MUTANTS=100000 makes so many of them.
func TestMutated(t *testing.T) {
	mutants := 1000
	if raced {
		mutants = 100
	}
	if n, err := strconv.Atoi(os.Getenv("ELJEFE_MUTANTS")); err == nil {
		mutants = n
	}
	var wholes [][]byte
	for _, path := range append(some(t, wineFolder+"/*.[de][lx][le]", "/usr/*-w64-mingw32/lib/*.dll"), some(t, "/usr/bin/*")...) {
		if raw, err := os.ReadFile(path); err == nil && len(raw) < 300<<10 {
			wholes = append(wholes, raw)
		}
	}
	random := rand.New(rand.NewPCG(1, uint64(mutants)))
	worst := time.Duration(0)
	for n := range mutants {
		raw := mutate(random, wholes[n%len(wholes)])
		worst = max(worst, fastest(func() { checkFacts(t, raw) }))
		if t.Failed() {
			t.Fatalf("mutant %d of file %d", n, n%len(wholes))
		}
	}
	t.Logf("%d mutants of %d files; the slowest took %s", mutants, len(wholes), worst)
	if worst > slow {
		t.Errorf("a mutant took %s; want less than %s", worst, slow)
	}
}

// fastest returns how long something takes where it is left alone: what took too long is
// tried again, because on a machine that is shared other programs run too.
func fastest(do func()) time.Duration {
	if raced {
		do() // how long it takes then says nothing
		return 0
	}
	best := time.Hour
	for range 10 {
		began := time.Now()
		do()
		if best = min(best, time.Since(began)); best < slow {
			break
		}
	}
	return best
}

// mutate changes up to eight places of a file, most often in its headers, and cuts
// every fourth.
func mutate(random *rand.Rand, whole []byte) []byte {
	raw := bytes.Clone(whole)
	for range 1 + random.IntN(8) {
		among := []int{0x400, 0x1000, len(raw)}[random.IntN(3)]
		at := random.IntN(min(among, len(raw)))
		switch random.IntN(3) {
		case 0:
			raw[at] = byte(random.Uint32())
		case 1: // numbers at which programs trip
			copy(raw[at&^3:], []string{"\xff\xff\xff\xff", "\x00\x00\x00\x80", "\x00\x00\x00\x00", "\xff\xff\xff\x7f"}[random.IntN(4)])
		default: // what belongs elsewhere
			from := random.IntN(len(raw))
			copy(raw[at:], raw[from:min(from+16, len(raw))])
		}
	}
	if random.IntN(4) == 0 {
		raw = raw[:random.IntN(len(raw))]
	}
	return raw
}

// checkFacts reads a file, and checks what is promised of all facts.
func checkFacts(t *testing.T, raw []byte) {
	t.Helper()
	f, err := Of(bytes.NewReader(raw), int64(len(raw)), now)
	if err != nil {
		t.Errorf("%v; every file that can be read has facts", err)
		return
	}
	out, err := json.Marshal(f)
	switch {
	case err != nil:
		t.Error(err)
	case bytes.Contains(out, []byte(`\u0000`)) || !utf8.Valid(out):
		t.Error("the facts have texts that cannot be kept")
	case len(out) > 16<<20:
		t.Errorf("the facts have %d bytes", len(out))
	}
	if n := len(f.Entropy.Points); n > mostPoints {
		t.Errorf("%d points of entropy", n)
	}
	for _, bits := range append(f.Entropy.Points, f.Entropy.Whole) {
		if bits < 0 || bits > 8 {
			t.Errorf("%v bits per byte", bits)
		}
	}
	if f.Entry != nil {
		at := f.Entry.Address
		for _, in := range f.Entry.Instructions {
			if in.Address != at || len(in.Bytes) == 0 {
				t.Errorf("an instruction of %d bytes at %s; want one at %s", len(in.Bytes), in.Address, at)
			}
			at += disasm.Address(len(in.Bytes))
		}
	}
}

// Every file of a machine has facts.
func TestEveryFile(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in a short test: it reads all of /usr")
	}
	step, n := 1, 0
	if raced {
		step = 25
	}
	formats, worst, slowest := map[Format]int{}, time.Duration(0), ""
	err := filepath.WalkDir("/usr", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // one that is gone meanwhile, or not ours to read
		}
		if n++; n%step != 0 {
			return nil
		}
		r, err := os.Open(path)
		if err != nil {
			return nil
		}
		defer r.Close()
		s, err := r.Stat()
		if err != nil {
			return err
		}
		var f *Facts
		took := fastest(func() { f, err = Of(r, s.Size(), now) })
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		formats[f.Format]++
		if took > worst {
			worst, slowest = took, path
		}
		if most := slow * time.Duration(1+s.Size()/25e6); took > most {
			t.Errorf("%s of %d bytes took %s; want less than %s", path, s.Size(), took, most)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v; the slowest was %s: %s", formats, slowest, worst)
}

// FuzzOf holds what is promised of all facts for whatever bytes.
func FuzzOf(f *testing.F) {
	f.Add(specimen.Harmless(specimen.Info{CompanyName: "Example"}, 50<<10)[:12<<10])
	f.Add([]byte("#!/bin/sh -e\necho\n"))
	if raw, err := os.ReadFile("/usr/bin/true"); err == nil {
		f.Add(raw[:min(len(raw), 8<<10)])
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkFacts(t, raw) })
}

// A script is one that names its program.
func TestScript(t *testing.T) {
	for text, want := range map[string]Script{
		"#!/bin/sh\n": {"/bin/sh", ""}, "#! /usr/bin/env  python3 -u\r\nx": {"/usr/bin/env", "python3 -u"}, "#!/bin/awk": {"/bin/awk", ""},
		"#!\n": {}, "# /bin/sh\n": {}, "": {}, "#!/bin/" + strings.Repeat("x", 2000): {Interpreter: "/bin/" + strings.Repeat("x", longestText-len("#!/bin/"))},
	} {
		f, err := Of(strings.NewReader(text), int64(len(text)), now)
		if err != nil {
			t.Fatal(err)
		}
		got := Script{}
		if f.Script != nil {
			got = *f.Script
		}
		if got != want || (f.Format == Interpreted) != (want != Script{}) {
			t.Errorf("%.40q is %s, %+v; want %+v", text, f.Format, got, want)
		}
	}
}
