package store

import (
	"fmt"
	"math"

	"github.com/eljefe/eljefe/internal/event"
)

// statisticColumns are the columns of process_stop for what a process used. The
// first is not null where the others are known; of them null is 0.
var statisticColumns = [...]string{
	"handles", "threads", "kernel_time_us", "user_time_us", "cpu_cycles", "read_ops", "write_ops", "other_ops", "read_bytes", "write_bytes", "other_bytes",
	"hard_faults", "page_faults", "commit_charge", "commit_peak", "peak_working_set", "peak_virtual_size", "peak_pagefile", "peak_paged_pool", "peak_nonpaged_pool",
}

// mostNarrow is the largest figure that has room in a column of 32 bits. A larger
// one stands there as this number; the array large then has all of them as they
// are. Such a process is rare.
const mostNarrow = math.MaxInt32

// wide tells which columns have 64 bits: they often need them.
func wide(column int) bool {
	name := statisticColumns[column]
	return name == "cpu_cycles" || name == "peak_virtual_size"
}

// statistics are figures in the order of statisticColumns.
type statistics [len(statisticColumns)]uint64

func statisticsOf(s *event.Statistics) (figures statistics) {
	if s == nil {
		return figures
	}
	figures = statistics{
		s.Handles, s.Threads, s.KernelTimeUS, s.UserTimeUS, s.CPUCycles, s.ReadOps, s.WriteOps, s.OtherOps, s.ReadBytes, s.WriteBytes, s.OtherBytes,
		s.HardFaults, s.PageFaults, s.CommitCharge, s.CommitPeak, s.PeakWorkingSet, s.PeakVirtualSize, s.PeakPagefile, s.PeakPagedPool, s.PeakNonpaged,
	}
	for i := range figures {
		figures[i] = min(figures[i], math.MaxInt64)
	}
	return figures
}

// event returns the figures as an event has them.
func (f *statistics) event() *event.Statistics {
	return &event.Statistics{
		Handles: f[0], Threads: f[1], KernelTimeUS: f[2], UserTimeUS: f[3], CPUCycles: f[4], ReadOps: f[5], WriteOps: f[6], OtherOps: f[7],
		ReadBytes: f[8], WriteBytes: f[9], OtherBytes: f[10], HardFaults: f[11], PageFaults: f[12], CommitCharge: f[13], CommitPeak: f[14],
		PeakWorkingSet: f[15], PeakVirtualSize: f[16], PeakPagefile: f[17], PeakPagedPool: f[18], PeakNonpaged: f[19],
	}
}

// write writes the columns of statisticColumns.
func (f *statistics) write(b *copyBuffer, known bool) {
	for i, v := range f {
		switch {
		case v == 0 && (i > 0 || !known):
			b.null()
		case wide(i):
			b.bigint(int64(v))
		default:
			b.integer(int64(min(v, mostNarrow)))
		}
	}
}

// writeLarge writes the column large.
func (f *statistics) writeLarge(b *copyBuffer) {
	for i, v := range f {
		if v > mostNarrow && !wide(i) {
			b.bigints(f[:])
			return
		}
	}
	b.null()
}

// statisticColumn says where the database has a figure.
func statisticColumn(number int) column {
	name := "t." + statisticColumns[number]
	known := fmt.Sprintf("WHEN t.%s IS NOT NULL THEN COALESCE(%s, 0) END", statisticColumns[0], name)
	if wide(number) {
		return column{value: "CASE " + known, zeroless: name}
	}
	large := fmt.Sprintf("t.large[%d]", number+1)
	return column{value: fmt.Sprintf("CASE WHEN t.large IS NOT NULL THEN %s %s", large, known), zeroless: name, large: large}
}
