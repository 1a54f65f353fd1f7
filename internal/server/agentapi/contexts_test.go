//go:build unix

package agentapi_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// packedOn packs lines as an agent does.
func packedOn(t testing.TB, lines string, on *wire.Context) []byte {
	t.Helper()
	if on.Empty() {
		return packed(t, lines)
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(0, on.Content()))
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(lines), nil)
}

// sendOn sends a body that claims to be packed on something.
func (a *agent) sendOn(name string, body []byte, encoding string) answer {
	a.t.Helper()
	return a.do("POST", wire.PathEvents, bytes.NewReader(body), "Content-Type", wire.ContentBatch, "Content-Encoding", encoding, wire.ContextHeader, name)
}

// sendLines sends lines on what both sides remember.
func (a *agent) sendLines(lines string, on *wire.Context) answer {
	a.t.Helper()
	body := packedOn(a.t, lines, on)
	got := a.sendOn(on.Name(), body, "zstd")
	if got.status == http.StatusOK {
		on.Append(on.After(body), []byte(lines))
	}
	return got
}

// wantStored holds what a batch was answered, and what is in the database.
func (a *agent) wantStored(what string, got answer, acknowledged uint64, starts int64) {
	a.t.Helper()
	var s wire.Stored
	got.into(a.t, &s)
	if s.Acknowledged != acknowledged || s.NoContext || a.stored() != starts {
		a.t.Errorf("%s: answered %+v, and %d starts are stored; want %d and %d", what, s, a.stored(), acknowledged, starts)
	}
}

// Batches that build on one another are stored as if each stood alone, however
// the row of them is broken.
func TestBatchesBuildOnOneAnother(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	var on wire.Context
	a.wantStored("the first", a.sendLines(records(1, 10), &on), 10, 10)
	alone := len(packed(t, record(11)))
	if n := len(packedOn(t, record(11), &on)); n > alone/2 {
		t.Errorf("a record has %d bytes, and %d alone", n, alone)
	}
	for seq := uint64(11); seq <= 60; seq++ {
		a.wantStored("the next", a.sendLines(record(seq), &on), seq, int64(seq))
	}
	a.wantStored("a large one", a.sendLines(records(61, 400), &on), 400, 400)

	again, name := packedOn(t, records(401, 402), &on), on.Name()
	a.wantStored("with an answer that is lost", a.sendOn(name, again, "zstd"), 402, 402)
	a.sendOn(name, again, "zstd").wants(t, "the same once more", 412, wire.CodeContext)
	on.Forget()
	a.wantStored("the same, on nothing", a.sendLines(records(401, 402), &on), 402, 402)
	a.wantStored("what follows", a.sendLines(record(403), &on), 403, 403)

	// A batch that stands alone neither needs what is remembered nor changes it.
	a.wantStored("alone", a.send(record(404)), 404, 404)
	a.wantStored("what follows on what was before", a.sendLines(record(405), &on), 405, 405)

	// Neither does one that is refused.
	a.sendLines(record(500)+record(499), &on).wants(t, "one that is refused", 422, wire.CodeSequence)
	a.sendLines("no JSON", &on).wants(t, "one that is none", 422, wire.CodeMalformed)
	a.wantStored("what follows that", a.sendLines(record(406), &on), 406, 406)

	// Neither side has more than a context holds, and both cut it at one place.
	last := uint64(406)
	for _, n := range []uint64{300, 1000, 1, 299, 1} {
		a.wantStored("much", a.sendLines(records(last+1, last+n), &on), last+n, int64(last+n))
		last += n
	}
	if gaps := a.gaps(); len(gaps) != 0 {
		t.Errorf("there are gaps: %+v", gaps)
	}
}

// What is packed on something that the server does not have, or has of another
// station, is not stored, and says what to do.
func TestForgedContexts(t *testing.T) {
	r := newRig(t, options{})
	a, b := r.agent(t, "alpha"), r.agent(t, "beta")
	var on, others wire.Context
	a.wantStored("alpha's", a.sendLines(records(1, 50), &on), 50, 50)
	b.wantStored("beta's", b.sendLines(records(1, 49), &others), 49, 49)
	next := record(51)
	for _, name := range []string{others.Name(), strings.Repeat("0", 16), "x", strings.Repeat("a", 5000)} {
		a.sendOn(name, packedOn(t, next, &on), "zstd").wants(t, "under the name "+name[:1], 412, wire.CodeContext)
	}
	a.sendOn(on.Name(), packedOn(t, next, &others), "zstd").wants(t, "another content", 422, wire.CodeMalformed)
	a.sendOn(wire.NewContext, packedOn(t, next, &on), "zstd").wants(t, "said to be on nothing", 422, wire.CodeMalformed)
	a.do("POST", wire.PathEvents, bytes.NewReader(packedOn(t, next, &on)), "Content-Type", wire.ContentBatch, "Content-Encoding", "zstd").
		wants(t, "said to stand alone", 422, wire.CodeMalformed)
	numbered, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(7, on.Content()))
	if err != nil {
		t.Fatal(err)
	}
	a.sendOn(on.Name(), numbered.EncodeAll([]byte(next), nil), "zstd").wants(t, "a dictionary with a number", 422, wire.CodeMalformed)
	a.sendOn(on.Name(), []byte(next), "").wants(t, "not packed", 415, wire.CodeMalformed)
	a.sendOn(on.Name(), []byte(next), "gzip").wants(t, "packed otherwise", 415, wire.CodeMalformed)
	bomb := packedOn(t, strings.Repeat(string(on.Content()), wire.MaxUnpacked/len(on.Content())+1), &on)
	a.sendOn(on.Name(), bomb, "zstd").wants(t, "a bomb", 413, wire.CodeTooLarge)
	if a.stored() != 50 {
		t.Errorf("%d starts are stored; want 50", a.stored())
	}
	a.wantStored("what follows", a.sendLines(next, &on), 51, 51)
}

// Two agents with one station's key, that send the same stream each in its own
// pieces, store it once and as it was.
func TestContextsOfOneStationTwice(t *testing.T) {
	r := newRig(t, options{http2: true})
	first := r.agent(t, "alpha")
	const all = 300
	lines := make([]string, all+1)
	for seq := range lines {
		lines[seq] = record(uint64(seq))
	}
	var agents sync.WaitGroup
	for n := range 3 {
		other := *first
		other.show(first.cert)
		agents.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), 1))
			var on wire.Context
			for at := 1; at <= all; {
				piece := strings.Join(lines[at:min(all+1, at+1+random.IntN(9))], "")
				body := packedOn(t, piece, &on)
				got, err := other.try("POST", wire.PathEvents, bytes.NewReader(body),
					"Content-Type", wire.ContentBatch, "Content-Encoding", "zstd", wire.ContextHeader, on.Name())
				switch {
				case err != nil:
					t.Error(err)
					return
				case got.status == http.StatusOK:
					on.Append(on.After(body), []byte(piece))
					at += strings.Count(piece, "\n")
				case got.problem.Code == wire.CodeContext && !on.Empty():
					on.Forget()
				case got.problem.Code == wire.CodeBusy:
					time.Sleep(time.Millisecond)
				default:
					t.Errorf("at %d: %s", at, got.body)
					return
				}
			}
		})
	}
	agents.Wait()
	if n, gaps := first.stored(), first.gaps(); n != all || len(gaps) != 0 {
		t.Errorf("%d starts and %d gaps are stored; want %d and none", n, len(gaps), all)
	}
}

// A batch that could not be stored is not built on.
func TestContextOfBatchThatWaits(t *testing.T) {
	in := &sometimes{}
	r := newRig(t, options{ingest: func(db *store.Store) agentapi.Ingest {
		live := ingest.NewLive(db, ingest.LiveConfig{})
		ctx, stop := context.WithCancel(context.Background())
		var run sync.WaitGroup
		run.Go(func() { _ = live.Run(ctx) }) // never fails
		t.Cleanup(func() { stop(); run.Wait() })
		in.Ingest = live
		return in
	}})
	a := r.agent(t, "alpha")
	var on wire.Context
	for seq := uint64(1); seq < 5; seq++ {
		in.full.Store(true)
		a.sendLines(record(seq), &on).wants(t, fmt.Sprint("record ", seq), 429, wire.CodeBusy)
		in.full.Store(false)
		a.wantStored(fmt.Sprint("record ", seq), a.sendLines(record(seq), &on), seq, int64(seq))
	}
}

// sometimes takes nothing while it is full.
type sometimes struct {
	agentapi.Ingest
	full atomic.Bool
}

func (s *sometimes) Add(ctx context.Context, b ingest.LiveBatch) (ingest.LiveResult, error) {
	if s.full.Load() {
		return ingest.LiveResult{}, fault.New(fault.TooMany, "full")
	}
	return s.Ingest.Add(ctx, b)
}
