package enrich

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"

	"github.com/eljefe/eljefe/internal/fleet/specimen"
)

// The facts of a file of 10 MB, against one hash of it: the ratio is to stay under 3.
func BenchmarkFacts(b *testing.B) {
	raw := specimen.Harmless(specimen.Info{CompanyName: "Adobe", ProductName: "Flash"}, 10<<20)
	b.Run("facts", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			f, err := readFacts(io.NewSectionReader(bytes.NewReader(raw), 0, int64(len(raw))), int64(len(raw)))
			if err != nil || f.imphash == "" {
				b.Fatal(err)
			}
		}
	})
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			sha256.Sum256(raw)
		}
	})
}
