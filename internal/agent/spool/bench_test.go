package spool

import (
	"bytes"
	"testing"
)

// entry is a record of the size of a process start.
var entry = bytes.Repeat([]byte("0123456789"), 60)

// BenchmarkAppend appends one record at a time, as the sensor does.
func BenchmarkAppend(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	b.SetBytes(int64(len(entry)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Append(b.Context(), entry); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkRead reads batches as large as those that uplink sends.
func BenchmarkRead(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	for range 100_000 {
		if _, err := s.Append(b.Context(), entry); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(entry)))
	b.ReportAllocs()
	var after uint64
	n := 0
	for b.Loop() {
		if n--; n > 0 {
			continue // an iteration is a record
		}
		rs, err := s.Read(after, 10_000, 1<<20)
		if err != nil {
			b.Fatal(err)
		}
		if len(rs) == 0 {
			after, n = 0, 1
			continue
		}
		after, n = rs[len(rs)-1].Seq, len(rs)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
