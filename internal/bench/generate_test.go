package bench

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func testFleet(stations, events int) Fleet {
	f := Fleet{Of: stations, From: newYear, To: newYear.AddDate(0, 0, 30), Events: events, Seed: 1}
	for i := range stations {
		f.Stations = append(f.Stations, int64(i+1))
	}
	return f
}

// take returns about n events in the order of their making.
func take(g *Generator, n int) (list []event.Process) {
	for len(list) < n {
		for _, b := range g.Next(1500) {
			list = append(list, b.Events...)
		}
	}
	return list
}

func TestGeneratorRepeats(t *testing.T) {
	a, b := take(NewGenerator(testFleet(20, 5000)), 5000), take(NewGenerator(testFleet(20, 5000)), 5000)
	if !reflect.DeepEqual(a, b) {
		t.Error("two generators of the same fleet and seed differ")
	}
}

func TestGeneratorStream(t *testing.T) {
	const n = 200_000
	g := NewGenerator(testFleet(200, n))
	seq, last := map[string]uint64{}, map[string]time.Time{}
	known := map[event.Key]bool{}
	starts, stops, orphans, strangers := 0, 0, 0, 0
	lines, bytes := map[string]int{}, 0
	for _, p := range take(g, n) {
		if err := p.Check(); err != nil {
			t.Fatalf("event %+v: %v", p, err)
		}
		if p.Seq != seq[p.Station]+1 {
			t.Fatalf("%s sends number %d after %d", p.Station, p.Seq, seq[p.Station])
		}
		seq[p.Station]++
		if last[p.Station].Sub(p.Time) > 10*time.Second {
			t.Fatalf("%s goes back from %s to %s", p.Station, last[p.Station], p.Time)
		}
		last[p.Station] = p.Time
		if p.Kind == event.Stop {
			stops++
			if !known[p.Key()] {
				strangers++
			}
			continue
		}
		starts++
		known[p.Key()] = true
		if !known[p.ParentKey()] {
			orphans++
		}
		lines[p.CommandLine]++
		bytes += len(p.CommandLine)
	}
	if strangers > 0 {
		t.Errorf("%d stops are of processes that never started", strangers)
	}
	for _, x := range []struct {
		what      string
		got, want float64
	}{
		{"stops per start", float64(stops) / float64(starts), 0.7},
		{"bytes of a command line", float64(bytes) / float64(starts), 143},
		{"share of distinct command lines", float64(len(lines)) / float64(starts), 0.5},
		{"share of parents that resolve", 1 - float64(orphans)/float64(starts), 1},
	} {
		t.Logf("%s: %.2f", x.what, x.got)
		if math.Abs(x.got-x.want) > 0.12*x.want {
			t.Errorf("%s: got %.2f, want about %.2f", x.what, x.got, x.want)
		}
	}
	if now, end := g.Now(), newYear.AddDate(0, 0, 30); now.Sub(end).Abs() > 36*time.Hour {
		t.Errorf("the stream of %d events ends at %s; want about %s", n, now, end)
	}
}

func TestGeneratorTree(t *testing.T) {
	g := NewGenerator(testFleet(10, 5000))
	take(g, 3000)
	b, root := g.Tree(300)
	if len(b.Events) != 301 {
		t.Fatalf("%d events; want a root and 300", len(b.Events))
	}
	below := map[event.Key]bool{root.Key(): true}
	for i, p := range b.Events[1:] {
		if !below[p.ParentKey()] {
			t.Fatalf("event %d hangs from nothing in the tree", i+1)
		}
		below[p.Key()] = true
	}
}

func BenchmarkGenerate(b *testing.B) {
	g := NewGenerator(testFleet(2000, 1<<40))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		for _, batch := range g.Next(1500) {
			n += len(batch.Events)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
