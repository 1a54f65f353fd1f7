package fleet

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

func start(pid uint32) Record {
	return Record{Event: &event.Process{Kind: event.Start, Time: time.Unix(1_700_000_000, 0), PID: pid}}
}

// What finds no room is told as a gap, under a number of its own, before the
// next record that does.
func TestQueueCountsWhatItDrops(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	q := newQueue(3)
	if q.acknowledge(41); q.last != 41 {
		t.Fatalf("the stream goes on behind %d; want 41, as the server says", q.last)
	}
	put := func(pid uint32) bool {
		took, err := q.put(start(pid), now)
		if err != nil {
			t.Fatal(err)
		}
		if !took {
			q.miss(now)
		}
		return took
	}
	for pid := range uint32(5) {
		if took := put(pid); took != (pid < 3) {
			t.Errorf("record %d: taken %t", pid, took)
		}
	}
	if done := q.acknowledge(43); len(done) != 2 {
		t.Errorf("%d records are done with; want 2", len(done))
	}
	put(5)
	var seqs []uint64
	var missed uint64
	for _, l := range q.first(10, 1<<20) {
		var r struct {
			Seq    uint64
			Kind   event.Kind
			Events uint64
		}
		if err := json.Unmarshal(l.data, &r); err != nil {
			t.Fatal(err)
		}
		if r.Kind == event.GapKind {
			missed = r.Events
		}
		if r.Seq != l.seq {
			t.Errorf("record %d says that it is %d", l.seq, r.Seq)
		}
		seqs = append(seqs, r.Seq)
	}
	if len(seqs) != 3 || seqs[0] != 44 || seqs[2] != 46 || missed != 2 {
		t.Errorf("records %v wait, which tell of %d that are missing; want 44 to 46, and 2", seqs, missed)
	}
	if got := q.first(10, 1); len(got) != 1 {
		t.Errorf("a small batch has %d records; want one at least", len(got))
	}
}

func TestLatency(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(time.Duration(i+1)*time.Millisecond, 1)
	}
	before := h.read()
	h.add(time.Hour, 1)
	all := h.read()
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond} {
		if got := all.Quantile(q); got < want || got > want*107/100 {
			t.Errorf("quantile %g is %s; want %s, or a little more", q, got, want)
		}
	}
	if all.Max != time.Hour || all.Quantile(1) != time.Hour {
		t.Errorf("the longest is %s and %s; want an hour", all.Max, all.Quantile(1))
	}
	since := all.Since(&before)
	if got := since.Quantile(0.5); got < 59*time.Minute {
		t.Errorf("since then half took less than %s; want an hour", got)
	}
	for i := range buckets - 1 {
		if top := bucketTop(i); bucketOf(top-time.Microsecond) != i || bucketOf(top) != i+1 {
			t.Fatalf("bucket %d ends at %s, where bucket %d begins", i, top, bucketOf(top))
		}
	}
	var none Latency
	if none.Quantile(0.5) != 0 {
		t.Error("nothing takes time")
	}
}
