package store

import (
	"fmt"
	"math"

	"github.com/eljefe/eljefe/internal/event"
)

// statisticColumns are the columns of process_stop for what a process used. The
// first is not null where the others are known; of them null is 0. They stand in
// the order of event.StatisticsList.
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
type statistics event.StatisticsList

func statisticsOf(s *event.Statistics) (figures statistics) {
	if s == nil {
		return figures
	}
	figures = statistics(s.List())
	for i := range figures {
		figures[i] = min(figures[i], math.MaxInt64)
	}
	return figures
}

// event returns the figures as an event has them.
func (f *statistics) event() *event.Statistics {
	return (*event.StatisticsList)(f).Statistics()
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
