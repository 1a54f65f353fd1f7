package etw

import (
	"testing"
	"time"
)

// BenchmarkDecode decodes one record of each source in turn.
func BenchmarkDecode(b *testing.B) {
	var records []*Record
	for _, v := range vectors(b) {
		if v.Class == "manifest" && v.Version >= 3 || v.Class == "system" && v.Opcode == opStart {
			records = append(records, v.record(b))
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := Decode(records[i%len(records)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProcess joins all that the kernel says of one
// process from start to end: five messages, two events. 500 others run.
func BenchmarkProcess(b *testing.B) {
	j := NewJoiner(JoinerConfig{BootID: 7})
	for n := range uint32(500) {
		m := listed(manifestStart(4*n+4, uint64(n+1), -1000), -1000)
		j.Add(&m, noon.Add(-time.Second))
	}
	j.Tick(noon)
	b.ReportAllocs()
	seq, now, events := uint64(1000), noon, 0
	for b.Loop() {
		seq++
		pid := uint32(4000 + 4*(seq%1000))
		for _, m := range []Message{
			manifestStart(pid, seq, 0), classicStart(pid, seq, 0.001), countersOf(pid, 1), manifestStop(pid, seq, 0, 1.001), classicStop(pid, seq, 1.002),
		} {
			m.Time = now.Add(m.Time.Sub(noon))
			if !m.Created.IsZero() {
				m.Created = now.Add(m.Created.Sub(noon))
			}
			if !m.Exited.IsZero() {
				m.Exited = now.Add(m.Exited.Sub(noon))
			}
			j.Add(&m, m.Time)
			events += len(j.Tick(m.Time))
		}
		now = now.Add(2 * time.Millisecond)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(max(1, events)), "ns/event")
}

// BenchmarkFile reads a real trace to events.
func BenchmarkFile(b *testing.B) {
	f := openSample(b, traceWin11)
	b.SetBytes(f.size)
	b.ReportAllocs()
	for b.Loop() {
		records := 0
		for r, err := range f.Records() {
			if err != nil {
				b.Fatal(err)
			}
			if _, err := Decode(r); err != nil {
				b.Fatal(err)
			}
			records++
		}
		if records != 75930 {
			b.Fatal(records)
		}
	}
}
