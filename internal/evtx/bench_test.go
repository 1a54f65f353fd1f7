package evtx

import (
	"bytes"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
)

// benchmarkRead reads the logs, which are in memory, and reports records per
// second.
func benchmarkRead(b *testing.B, logs [][]byte, each func(*Record)) {
	records, size := 0, 0
	for _, log := range logs {
		size += len(log)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, log := range logs {
			r, err := NewReader(bytes.NewReader(log))
			if err != nil {
				b.Fatal(err)
			}
			for rec, err := range r.Records() {
				if err != nil {
					b.Fatal(err)
				}
				records++
				if each != nil {
					each(rec)
				}
			}
		}
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

// denseLogs are logs with full chunks, as busy stations have them: 64 chunks
// each of firewall and process auditing and of Sysmon, made of the recordings'
// records.
func denseLogs(b *testing.B) (security, sysmon []byte) {
	return dense(b, readFile(b, samples(b, "EVTX-ATTACK-SAMPLES", "DE_RDP_Tunnel_5156.evtx")), 64),
		dense(b, readFile(b, samples(b, "EVTX-ATTACK-SAMPLES", "sysmon_13_1_persistence_via_winlogon_shell.evtx")), 64)
}

// BenchmarkRead measures the reader alone, with all values as text. The
// recordings are small, each a chunk that is mostly empty.
func BenchmarkRead(b *testing.B) {
	b.Run("recordings", func(b *testing.B) {
		var logs [][]byte
		for _, path := range sampleLogs(b) {
			logs = append(logs, readFile(b, path))
		}
		benchmarkRead(b, logs, nil)
	})
	security, sysmon := denseLogs(b)
	b.Run("dense security", func(b *testing.B) { benchmarkRead(b, [][]byte{security}, nil) })
	b.Run("dense sysmon", func(b *testing.B) { benchmarkRead(b, [][]byte{sysmon}, nil) })
}

// BenchmarkProcess measures the reader and the mapping of process records.
func BenchmarkProcess(b *testing.B) {
	security, sysmon := denseLogs(b)
	processes := 0
	each := func(rec *Record) {
		_, ok, err := Process(rec)
		if err != nil {
			b.Fatal(err)
		}
		if ok {
			processes++
		}
	}
	b.Run("dense sysmon", func(b *testing.B) {
		processes = 0
		benchmarkRead(b, [][]byte{sysmon}, each)
		b.ReportMetric(float64(processes)/b.Elapsed().Seconds(), "processes/s")
	})
	b.Run("dense security", func(b *testing.B) {
		processes = 0
		benchmarkRead(b, [][]byte{security}, each)
		b.ReportMetric(float64(processes)/b.Elapsed().Seconds(), "processes/s")
	})
}

// BenchmarkFlatJSON measures the reading of lines as NXLog writes them.
func BenchmarkFlatJSON(b *testing.B) {
	log := readFile(b, samples(b, "otrf-json", "purplesharp_ad_playbook_I.ndjson"))
	b.SetBytes(int64(len(log)))
	lines := 0
	var p event.Process
	for b.Loop() {
		for line := range bytes.Lines(log) {
			var err error
			if p, _, err = FromFlatJSON(line); err != nil {
				b.Fatal(err)
			}
			lines++
		}
	}
	_ = p
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}
