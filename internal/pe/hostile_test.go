package pe

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Real files with a few bytes changed, or cut: each ends, and quickly.
func TestMutated(t *testing.T) {
	const slow = 2 * time.Second
	mutations := 40
	if testing.Short() {
		mutations = 10
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, path := range wineFiles(t) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(whole) > 1<<20 {
			continue
		}
		raw := bytes.Clone(whole)
		for range mutations {
			copy(raw, whole)
			for range 1 + random.IntN(8) {
				among := []int{0x400, 0x1000, len(raw)}[random.IntN(3)]
				raw[random.IntN(min(among, len(raw)))] = byte(random.Uint32())
			}
			size := len(raw)
			if random.IntN(4) == 0 {
				size = random.IntN(size)
			}
			began := time.Now()
			factsOf(raw[:size])
			if took := time.Since(began); took > slow {
				t.Errorf("%s, mutated, took %s", path, took)
			}
		}
	}
}

// factsOf reads all there is.
func factsOf(raw []byte) {
	f, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return
	}
	f.Compiled()
	_, _ = f.IMPHASH()
	_, _ = f.Version()
	code, _ := f.EntryCode()
	Entropy(code)
}

// Whatever it is given, it ends, and says little.
func FuzzOpen(f *testing.F) {
	f.Add(newImage(0x400).raw)
	if raw, err := os.ReadFile(filepath.Join(wineFolder, "hostname.exe")); err == nil {
		f.Add(raw[:min(len(raw), 40<<10)])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := Open(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		file.Compiled()
		file.HasSignature()
		n := 0
		for im, err := range file.Imports() {
			if n++; n > mostFunctions+1 || len(im.Name) > longestName || len(im.Library) > longestName {
				t.Fatalf("import %d: %d and %d bytes, %v", n, len(im.Library), len(im.Name), err)
			}
		}
		if hash, err := file.IMPHASH(); err == nil && hash != "" && len(hash) != 32 {
			t.Errorf("IMPHASH %q", hash)
		}
		if _, err := file.Version(); err == nil && file.pages.left < 0 {
			t.Error("it read too much without an error")
		}
		if code, _ := file.EntryCode(); len(code) > entryCode || Entropy(code) > 8 {
			t.Errorf("%d bytes of code", len(code))
		}
	})
}

// What the tables of a large library cost, apart from its hashes.
func BenchmarkTables(b *testing.B) {
	raw, err := os.ReadFile(filepath.Join(wineFolder, "shell32.dll"))
	if err != nil {
		b.Skipf("skipped: %v", err)
	}
	b.ReportAllocs()
	for b.Loop() {
		factsOf(raw)
	}
}
