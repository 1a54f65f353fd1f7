package anatomy

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// large returns a program of ten million bytes and more, and what it is.
func large(b *testing.B) map[string][]byte {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join(wineFolder, "shell32.dll"))
	if err != nil {
		b.Skipf("skipped: %v (apt-get install wine64)", err)
	}
	const size = 10 << 20
	for len(raw) < size {
		raw = append(raw, raw[:min(len(raw), size-len(raw))]...)
	}
	raw = raw[:size]
	// The same with a signature that is none: what it covers is computed all the same.
	signed := append(bytes.Clone(raw), forgery(b)...)
	header := binary.LittleEndian.Uint32(signed[60:])
	entry := signed[header+24+112+8*4:]
	binary.LittleEndian.PutUint32(entry, size)
	binary.LittleEndian.PutUint32(entry[4:], uint32(len(signed)-size))
	return map[string][]byte{"unsigned": raw, "signed": signed}
}

// forgery returns a table with the signatures of another file.
func forgery(b *testing.B) []byte {
	b.Helper()
	der, err := os.ReadFile("signature/testdata/nested_stamped.der")
	if err != nil {
		b.Fatal(err)
	}
	der = append(der, make([]byte, -len(der)&7)...)
	table := binary.LittleEndian.AppendUint32(nil, uint32(8+len(der)))
	return append(append(table, 0, 2, 2, 0), der...)
}

// What facts cost, in times of SHA-256 alone of the same file: the fastest of each in
// one run, because other programs make both slower at times.
func BenchmarkOf(b *testing.B) {
	for name, raw := range large(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			facts, alone := time.Hour, time.Hour
			for b.Loop() {
				began := time.Now()
				if _, err := Of(bytes.NewReader(raw), int64(len(raw)), now); err != nil {
					b.Fatal(err)
				}
				facts = min(facts, time.Since(began))
				b.StopTimer()
				began = time.Now()
				sha256.Sum256(raw)
				alone = min(alone, time.Since(began))
				b.StartTimer()
			}
			b.ReportMetric(float64(facts)/float64(alone), "times-SHA-256")
		})
	}
}
