package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Print writes the report as tables.
func (r *FleetReport) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }
	line("%s, %d CPUs, %s", r.Time.Format("2006-01-02 15:04"), r.CPUs, r.Go)
	rate := fmt.Sprintf("%g events/s each", r.Rate)
	if r.Rate == 0 {
		rate = "as fast as it goes"
	}
	line("%d stations, %s, for %.0f s; they were let in within %.1f s", r.Stations, rate, r.Seconds, r.Joining)
	line("\nEVENTS\tMADE\tACKNOWLEDGED\tPER SECOND\tP50\tP99\tMAX\tBATCHES")
	line("\t%d\t%d\t%.0f\t%.0f ms\t%.0f ms\t%.0f ms\t%d", r.Made, r.Acknowledged, r.PerSecond, r.P50MS, r.P99MS, r.MaxMS, r.Batches)
	line("\nBYTES/EVENT\tBATCHES\tALL SENT\tALL RECEIVED")
	line("\t%.0f\t%.0f\t%.0f", r.BatchBytes, r.WireSent, r.WireReceived)
	line("\nLOST\tNO ROOM\tREFUSED\tUNACKNOWLEDGED\tSTORED TOO MANY")
	twice := "not measured"
	if r.Server != nil {
		twice = fmt.Sprint(r.Losses.Twice)
	}
	line("\t%d\t%d\t%d\t%s", r.Losses.NoRoom, r.Losses.Refused, r.Losses.Unacknowledged, twice)
	for _, code := range slices.Sorted(maps.Keys(r.Failures)) {
		line("requests that failed, %s\t%d", code, r.Failures[code])
	}
	line("\nCOST\tMEMORY\tPEAK\tCPU\tCORES")
	cost := func(name string, c *Cost) {
		line("%s\t%d MiB\t%d MiB\t%.1f s\t%.2f", name, c.MemoryBytes>>20, c.PeakBytes>>20, c.CPUSeconds, c.Cores)
	}
	if r.Server != nil {
		cost("server", r.Server)
	}
	if r.Database != nil {
		line("its database\t\t\t%.1f s", *r.Database)
	}
	cost("all stations", &r.Agents)
	line("\nTHIRD\tPER SECOND\tP50\tP99\tWAITING\tSERVER\tSTATIONS")
	for i, x := range r.Thirds {
		line("%d\t%.0f\t%.0f ms\t%.0f ms\t%d\t%d MiB\t%d MiB", i+1, x.PerSecond, x.P50MS, x.P99MS, x.Waiting, x.ServerBytes>>20, x.AgentsBytes>>20)
	}
	return t.Flush()
}
