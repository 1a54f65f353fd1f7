package etwsession

import (
	"bytes"
	"sync"
	"time"

	"github.com/eljefe/eljefe/internal/etw"
)

// What a ring holds at most: half a minute of 500 starts a second.
const (
	mostRecords = 1 << 16
	mostBytes   = 12 << 20
)

// A ring holds records between the system's thread, which must not wait, and the
// loop that reads them. What does not fit is counted.
type ring struct {
	mu      sync.Mutex
	records []etw.Record
	bytes   int
	dropped dropped

	filled chan struct{} // has an element when there may be something
}

// dropped is what did not fit.
type dropped struct {
	n        uint64
	from, to time.Time
}

func newRing() *ring { return &ring{filled: make(chan struct{}, 1)} }

// put copies a record, whose payload is the system's.
func (r *ring) put(rec *etw.Record) {
	const head = 120 // about what a record takes beside its payload
	r.mu.Lock()
	if size := head + len(rec.Payload); len(r.records) < mostRecords && r.bytes+size <= mostBytes {
		own := *rec
		own.Payload = bytes.Clone(rec.Payload)
		r.records = append(r.records, own)
		r.bytes += size
	} else {
		if r.dropped.n == 0 {
			r.dropped.from = rec.Time
		}
		r.dropped.n++
		r.dropped.to = rec.Time
	}
	r.mu.Unlock()
	select {
	case r.filled <- struct{}{}:
	default:
	}
}

// take returns everything, and what was dropped since the last time.
func (r *ring) take() ([]etw.Record, dropped) {
	r.mu.Lock()
	defer r.mu.Unlock()
	records, lost := r.records, r.dropped
	r.records, r.bytes, r.dropped = nil, 0, dropped{}
	return records, lost
}
