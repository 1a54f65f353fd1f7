package fleet

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Figures are what a fleet has done.
type Figures struct {
	Made         uint64            // records that stations were given
	Sent         uint64            // records in requests, again and again if need be
	Acknowledged uint64            // records that the server has taken
	Refused      uint64            // of those, that it could not store
	Dropped      uint64            // records for which a station had no room
	Batches      uint64            // that were answered with success
	Bytes        uint64            // of those, as they were sent
	WireSent     uint64            // bytes of all that the stations sent, TLS and headers too
	WireReceived uint64            // and of all answers
	Greeted      uint64            // stations that the server knows
	Failures     map[string]uint64 // requests that failed, by the code of the answer, or "network"
	Latency      Latency           // from a record's making to its acknowledgement
}

// figures are the same while they are counted.
type figures struct {
	made, sent, acknowledged, refused, dropped, batches, bytes, wireSent, wireReceived, greeted atomic.Uint64
	failures                                                                                    failures
	latency                                                                                     histogram
}

func (f *figures) read() Figures {
	return Figures{
		Made: f.made.Load(), Sent: f.sent.Load(), Acknowledged: f.acknowledged.Load(), Refused: f.refused.Load(), Dropped: f.dropped.Load(),
		Batches: f.batches.Load(), Bytes: f.bytes.Load(), WireSent: f.wireSent.Load(), WireReceived: f.wireReceived.Load(),
		Greeted: f.greeted.Load(), Failures: f.failures.read(), Latency: f.latency.read(),
	}
}

// Latency is a distribution of times, exact to 6 %.
type Latency struct {
	Counts [buckets]uint64
	Max    time.Duration
}

// Quantile returns the time below which the share q of all lies.
func (l *Latency) Quantile(q float64) time.Duration {
	var all, below uint64
	for _, n := range l.Counts {
		all += n
	}
	if all == 0 {
		return 0
	}
	for i, n := range l.Counts {
		if below += n; float64(below) >= q*float64(all) {
			return min(bucketTop(i), l.Max)
		}
	}
	return l.Max
}

// Since returns what has been added since before.
func (l Latency) Since(before *Latency) Latency {
	for i := range l.Counts {
		l.Counts[i] -= before.Counts[i]
	}
	return l
}

const (
	perOctave = 16 // buckets for each power of two of microseconds
	buckets   = 32 * perOctave
)

type histogram struct {
	counts [buckets]atomic.Uint64
	max    atomic.Int64
}

func (h *histogram) add(d time.Duration, n uint64) {
	h.counts[bucketOf(d)].Add(n)
	for {
		before := h.max.Load()
		if int64(d) <= before || h.max.CompareAndSwap(before, int64(d)) {
			return
		}
	}
}

func (h *histogram) read() (l Latency) {
	for i := range h.counts {
		l.Counts[i] = h.counts[i].Load()
	}
	l.Max = time.Duration(h.max.Load())
	return l
}

// bucketOf returns the bucket of a time: by its leading bit and the four behind.
func bucketOf(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	if us < perOctave {
		return int(us)
	}
	octave := bits.Len64(us) - 5
	return min(buckets-1, (octave+1)*perOctave+int(us>>octave)-perOctave)
}

// bucketTop returns the time above those of a bucket.
func bucketTop(i int) time.Duration {
	if i < perOctave {
		return time.Duration(i+1) * time.Microsecond
	}
	octave := i/perOctave - 1
	return time.Duration(uint64(i%perOctave+perOctave+1)<<octave) * time.Microsecond
}
