//go:build unix

package agentapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// FuzzBatch holds that whatever is sent is an answer or a batch whose
// numbers ascend and whose records are all there.
func FuzzBatch(f *testing.F) {
	for _, lines := range []string{
		`{"seq":1,"kind":"start","time":"2026-11-23T08:00:00Z","pid":4}` + "\n" + `{"seq":2,"kind":"gap","cause":"agent_off"}`,
		`{"seq":1,"kind":"device_plugged","time":"2026-11-23T08:00:00Z","device":"usb 1-1","vendor_id":"0951","product_id":"1666","volumes":[{"mount":"E:"}]}` + "\n" + `{"seq":2,"kind":"device_removed","volumes":7}`,
		`{"seq":1,"pid":"x"}`, `{"seq":18446744073709551615}`, `{"seq":2}` + "\n" + `{"seq":1}`, "\n\n", `[1]`, `null`,
	} {
		f.Add("", []byte(lines), []byte(nil))
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("zstd", w.EncodeAll([]byte(`{"seq":1}`), nil), []byte(nil))
	f.Add("gzip", []byte("\x1f\x8b\x08\x00"), []byte(nil))
	before := []byte(`{"seq":1,"kind":"start","time":"2026-11-23T08:00:00Z","pid":4}` + "\n")
	if w, err = zstd.NewWriter(nil, zstd.WithEncoderDictRaw(0, before)); err != nil {
		f.Fatal(err)
	}
	f.Add("zstd", w.EncodeAll([]byte(`{"seq":2,"kind":"start","time":"2026-11-23T08:00:00Z","pid":4}`), nil), before)
	u := new(unpacker)
	f.Fuzz(func(t *testing.T, encoding string, raw, before []byte) {
		var on *wire.Context
		if len(before) > 0 {
			on = new(wire.Context)
			on.Append("before", before)
		}
		b, tail, err := u.decode(encoding, raw, on)
		if (tail != nil) != (on != nil && err == nil) || tail != nil && (len(tail.lines) > wire.ContextBytes+1 || tail.name != on.After(raw)) {
			t.Fatalf("of a batch with the error %v this is to be remembered: %v", err, tail)
		}
		u.release(tail)
		if err != nil {
			if _, ok := errors.AsType[*failure](err); !ok {
				t.Fatalf("an error that is no answer: %v", err)
			}
			return
		}
		seen := map[uint64]bool{}
		for _, e := range b.Events {
			seen[e.Seq] = true
		}
		for _, g := range b.Gaps {
			seen[g.Seq] = true
		}
		for _, d := range b.Devices {
			seen[d.Seq] = true
		}
		for _, r := range b.Refused {
			seen[r.Seq] = true
		}
		if n := len(b.Events) + len(b.Gaps) + len(b.Devices) + len(b.Refused); n == 0 || n > wire.MaxRecords || len(seen) != n || seen[0] {
			t.Fatalf("%d records have %d numbers", n, len(seen))
		}
	})
}

// realistic returns lines of events as stations have them, beginning with a number.
func realistic(tb testing.TB, of []event.Process, first uint64, n int) (raw []byte) {
	tb.Helper()
	for i := range n {
		p := of[(int(first)+i)%len(of)]
		p.Seq, p.Station, p.Origin = first+uint64(i), "", ""
		p.Time, p.Started = time.Now().UTC(), time.Time{} // stops stand for themselves
		p.ProcessSeq = p.Seq
		line, err := json.Marshal(p)
		if err != nil {
			tb.Fatal(err)
		}
		raw = append(append(raw, line...), '\n')
	}
	return raw
}

// officeEvents returns what happens on the demo's stations within a day.
func officeEvents(tb testing.TB) (events []event.Process) {
	tb.Helper()
	s, err := scenario.Load(scenario.OfficeFiles()...)
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	for _, st := range world.New(s, world.Config{From: now.AddDate(0, 0, -1), Live: now}).Stations() {
		for r, ok := st.Next(now); ok; r, ok = st.Next(now) {
			if r.Event != nil {
				events = append(events, *r.Event)
			}
		}
	}
	return events
}

// BenchmarkDecode measures one core with batches as agents send them.
func BenchmarkDecode(b *testing.B) {
	const n = 1000
	raw := realistic(b, officeEvents(b), 1, n)
	w, err := zstd.NewWriter(nil)
	if err != nil {
		b.Fatal(err)
	}
	packed := w.EncodeAll(raw, nil)
	b.SetBytes(int64(len(raw)))
	u := new(unpacker)
	for b.Loop() {
		if _, _, err := u.decode("zstd", packed, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(len(raw))/n, "bytes/event")
	b.ReportMetric(float64(len(packed))/n, "sent-bytes/event")
}

// BenchmarkLive measures decoding and storing with 100 stations that each send
// one batch after the other, and PostgreSQL on the same cores. An operation is a
// batch.
func BenchmarkLive(b *testing.B) {
	const stations, n = 100, 250
	db, u := storetest.Open(b), new(unpacker)
	live := ingest.NewLive(db, ingest.LiveConfig{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- live.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	events := officeEvents(b)
	w, err := zstd.NewWriter(nil)
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]int64, stations)
	for i := range ids {
		if ids[i], err = db.LiveStation(b.Context(), fmt.Sprint("bench ", i), fmt.Sprint("bench ", i), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	// Batches are made ahead: making them is the agents' work.
	rounds := b.N/stations + 1
	batches := make([][]byte, rounds)
	for r := range batches {
		batches[r] = w.EncodeAll(realistic(b, events, uint64(r*n+1), n), nil)
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var group sync.WaitGroup
	b.ResetTimer()
	for _, id := range ids {
		group.Go(func() {
			for _, packed := range batches {
				if left.Add(-1) < 0 {
					return
				}
				batch, _, err := u.decode("zstd", bytes.Clone(packed), nil)
				if err != nil {
					b.Error(err)
					return
				}
				batch.Station = id
				for {
					_, err := live.Add(ctx, *batch)
					if err == nil {
						break
					}
					if fault.KindOf(err) != fault.TooMany {
						b.Error(err)
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkDecodeSmall measures what it costs that batches build on one another.
func BenchmarkDecodeSmall(b *testing.B) {
	const n = 17
	events := officeEvents(b)
	on := new(wire.Context)
	on.Append("before", realistic(b, events, 1, 100))
	raw := realistic(b, events, 101, n)
	for name, before := range map[string]*wire.Context{"alone": nil, "on context": on} {
		b.Run(name, func(b *testing.B) {
			var options []zstd.EOption
			if before != nil {
				options = append(options, zstd.WithEncoderDictRaw(0, before.Content()))
			}
			w, err := zstd.NewWriter(nil, options...)
			if err != nil {
				b.Fatal(err)
			}
			packed := w.EncodeAll(raw, nil)
			u, kept := new(unpacker), new(wire.Context)
			for b.Loop() {
				_, tail, err := u.decode("zstd", packed, before)
				if err != nil {
					b.Fatal(err)
				}
				if tail != nil {
					kept.Append(tail.name, tail.lines)
					u.release(tail)
				}
			}
			b.ReportMetric(float64(len(packed))/n, "sent-bytes/event")
		})
	}
}
