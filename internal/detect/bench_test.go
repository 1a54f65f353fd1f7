package detect

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/eljefe/eljefe/internal/detect/sigma"
	"github.com/eljefe/eljefe/internal/event"
)

// BenchmarkMatch asks all public rules about the process starts of the recorded
// logs, one after the other. The goal is 120,000 events a second on one core.
func BenchmarkMatch(b *testing.B) { benchmarkMatch(b, recordedStarts(b)) }

// BenchmarkMatchNew does so where no command line comes a second time.
func BenchmarkMatchNew(b *testing.B) {
	var starts []*event.Process
	recorded := recordedStarts(b)
	for i := range 20_000 {
		p := *recorded[i%len(recorded)]
		p.CommandLine += fmt.Sprint(" ", i)
		p.ParentCommandLine += fmt.Sprint(" ", i)
		starts = append(starts, &p)
	}
	benchmarkMatch(b, starts)
}

func benchmarkMatch(b *testing.B, starts []*event.Process) {
	m := sigmaHQ(b).Matcher()
	matches := 0
	for _, p := range starts { // the states of expressions
		matches += len(m.Match(p))
	}
	if matches < 500 {
		b.Fatalf("only %d matches", matches)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Match(starts[i])
		if i++; i == len(starts) {
			i = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkDecodeAndMatch begins with the lines that a batch of an agent is
// unpacked to. The goal is 80,000 events a second on one core.
func BenchmarkDecodeAndMatch(b *testing.B) {
	var lines [][]byte
	m := sigmaHQ(b).Matcher()
	for _, p := range recordedStarts(b) {
		line, err := json.Marshal(p)
		if err != nil {
			b.Fatal(err)
		}
		lines = append(lines, line)
		m.Match(p)
	}
	var d event.Decoder
	var p event.Process
	i := 0
	for b.Loop() {
		if err := d.Decode(lines[i], &p); err != nil {
			b.Fatal(err)
		}
		if err := p.Check(); err != nil {
			b.Fatal(err)
		}
		m.Match(&p)
		if i++; i == len(lines) {
			i = 0
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func recordedStarts(t testing.TB) []*event.Process {
	var starts []*event.Process
	for _, s := range samples(t) {
		if s.Kind == event.Start {
			starts = append(starts, s.Process)
		}
	}
	return starts
}

// BenchmarkLoad reads and compiles all public rules. The goals are 1.5 s and 100 MB.
func BenchmarkLoad(b *testing.B) {
	var files []string
	var texts [][]byte
	for _, path := range filesBelow(b, shared(b, "testdata", "sigma"), ".yml") {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		files, texts = append(files, filepath.Base(path)), append(texts, data)
	}
	before := heap()
	var set *Set
	for b.Loop() {
		set = nil
		var docs []*sigma.Document
		for i, data := range texts {
			some, errs := (&sigma.Reader{}).Read(files[i], data)
			if len(errs) > 0 {
				b.Fatal(errs[0])
			}
			docs = append(docs, some...)
		}
		set = Compile(docs).Set
	}
	b.ReportMetric(float64(heap()-before)/1e6, "MB")
	b.ReportMetric(float64(len(set.Rules())), "rules")
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
