package bench

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Print writes the report as tables.
func (r *Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }
	line("%s, %d CPUs, %s, PostgreSQL %s", r.Time.Format("2006-01-02 15:04"), r.CPUs, r.Go, r.PostgreSQL)
	line("%d stations over %.1f days; %d writers, %d events in a transaction, %d of a station at once", r.Stations, r.Days, r.Writers, r.Batch, r.Burst)
	line("\nINGEST ALONE\tEVENTS/S\tCOPY ALONE\tRATIO\tCOMMIT P50\tP99\tMAX\tGENERATOR\tCHECK\tCLOSING DAYS")
	for _, s := range r.Stages {
		in := s.Ingest
		line("to %s\t%.0f\t%.0f\t%.2f\t%.0f ms\t%.0f ms\t%.0f ms\t%.1f %%\t%.1f %%\t%.0f s", count(s.Events), in.PerSecond, s.Copy.PerSecond, in.PerSecond/s.Copy.PerSecond,
			in.P50MS, in.P99MS, in.MaxMS, 100*in.GeneratorShare, 100*in.CheckShare, s.Size.MaintenanceSeconds)
	}
	line("\nTHE WHOLE WAY\tEVENTS/S\tCOPY ALONE\tRATIO\tBYTES/EVENT SENT\tEVENTS/BATCH\tACKNOWLEDGED P50\tP99\tMAX\tBUSY")
	for _, s := range r.Stages {
		p := s.Path
		line("at %s\t%.0f\t%.0f\t%.2f\t%.0f\t%.1f\t%.0f ms\t%.0f ms\t%.0f ms\t%d", count(s.Events), p.PerSecond, s.Copy.PerSecond, p.PerSecond/s.Copy.PerSecond,
			p.WirePerEvent, float64(p.Events)/float64(max(p.Batches, 1)), p.AckP50MS, p.AckP99MS, p.AckMaxMS, p.Busy)
	}
	line("target\t40000\t\t0.33\t120")
	line("\nBYTES PER EVENT\tALL BUT TRIGRAMS\tTRIGRAMS OF CLOSED DAYS\tCLOSED DAYS\tDATABASE")
	for _, s := range r.Stages {
		line("at %s\t%.0f\t%.0f\t%d\t%d MiB", count(s.Events), s.Size.PerEvent, s.Size.TrigramsPerEvent, s.Size.ClosedDays, s.Size.Bytes>>20)
	}
	line("target\t400")
	if n := len(r.Stages); n > 0 {
		parts := r.Stages[n-1].Size.Parts
		names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Compare(parts[b], parts[a]) })
		line("\nOF WHICH, AT %s", count(r.Stages[n-1].Events))
		for _, name := range names {
			if parts[name] >= 0.5 {
				line("%s\t%.1f", name, parts[name])
			}
		}
	}
	for _, s := range r.Stages {
		line("\nMILLISECONDS AT %s\tSPAN\tP50\tP95\tMAX\tTARGET\tROWS\tRUNS\t", count(s.Events))
		for _, q := range s.Searches {
			goal, note := "", ""
			if q.TargetMS > 0 {
				goal = fmt.Sprint(q.TargetMS)
			}
			if !q.Complete {
				note = "cut off"
			}
			line("%s\t%s\t%.1f\t%.1f\t%.1f\t%s\t%d\t%d\t%s", q.Name, q.Span, q.P50MS, q.P95MS, q.MaxMS, goal, q.Rows, q.Runs, note)
		}
	}
	return t.Flush()
}

// count writes a number of events in thousands or millions.
func count(n int64) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%.0f k", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f M", float64(n)/1e6)
}
