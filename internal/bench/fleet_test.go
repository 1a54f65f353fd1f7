package bench

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

func TestServerGauge(t *testing.T) {
	cpu := "1.5"
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("# HELP x y\nprocess_cpu_seconds_total " + cpu + "\nprocess_resident_memory_bytes 2.5e+07\neljefe_agent_events_total 1" + cpu[:1] + "\neljefe_agent_gaps_total 2\n"))
	}))
	defer s.Close()
	g := serverGauge(s.URL)
	if err := g.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	cpu = "4.5"
	if err := g.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := g.cost(); c.CPUSeconds != 3 || c.MemoryBytes != 25_000_000 || c.PeakBytes != 25_000_000 || g.stored() != 3 {
		t.Errorf("the server costs %+v and stored %d; want 3 s, 25 MB and 3", c, g.stored())
	}
	var none *gauge
	if err := none.begin(t.Context()); err != nil || none.cost() != nil {
		t.Errorf("nothing is measured, and costs %+v, %v", none.cost(), err)
	}
	if _, err := serverGauge(s.URL + "\x7f").read(t.Context()); err == nil {
		t.Error("an address that is none is asked")
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	program, err := exec.LookPath("false")
	if err != nil {
		t.Skip("there is no program that ends at once")
	}
	if _, err := startServer(t.Context(), program, t.TempDir()); err == nil || !strings.Contains(err.Error(), "the server ended") {
		t.Errorf("error %v; want that the server ended, and what it said", err)
	}
}

func TestFleetReportIsPrinted(t *testing.T) {
	r := &FleetReport{
		Stations: 7, Rate: 0.5, Acknowledged: 4711, P99MS: 42, Losses: Losses{NoRoom: 13}, Failures: map[string]uint64{"busy": 9},
		Server: &Cost{MemoryBytes: 99 << 20}, Thirds: []Third{{PerSecond: 5}, {PerSecond: 6}, {PerSecond: 8}},
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"7 stations", "4711", "42 ms", "13", "busy", "99 MiB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the tables do not tell %q:\n%s", want, out.String())
		}
	}
}
