//go:build unix

package agentapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/ingest"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// The numbers of a stream decide what is new, what is missing, and what is wrong.
func TestSequences(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	var s wire.Stored
	acknowledges := func(lines string, want uint64, starts int64) {
		t.Helper()
		a.send(lines).into(t, &s)
		if s.Acknowledged != want || len(s.Refused) != 0 || a.stored() != starts {
			t.Errorf("acknowledged %d, refused %v, %d stored; want %d, none, %d", s.Acknowledged, s.Refused, a.stored(), want, starts)
		}
	}
	acknowledges(records(1, 10), 10, 10)
	acknowledges(records(1, 10), 10, 10) // again: the answer was lost
	acknowledges(records(5, 12), 12, 12) // again, and more
	acknowledges(records(15, 16), 16, 14)
	if gaps := a.gaps(); len(gaps) != 1 || gaps[0].Cause != event.Unexplained || gaps[0].FirstSeq != 13 || gaps[0].LastSeq != 14 {
		t.Errorf("gaps %+v; want 13 to 14, unexplained", gaps)
	}
	// A gap that explains it comes later, and moves the stream alone too.
	now := time.Now().UTC().Format(time.RFC3339Nano)
	gap := fmt.Sprintf(`{"kind":"gap","seq":17,"cause":"spool_evicted","from":%q,"to":%q,"events":2,"first_seq":13,"last_seq":14,"detail":"full"}`, now, now)
	acknowledges(gap, 17, 14)
	if gaps := a.gaps(); len(gaps) != 1 || gaps[0].Cause != event.SpoolEvicted {
		t.Errorf("gaps %+v; want the one that explains", gaps)
	}
	for name, lines := range map[string]string{
		"none":              strings.Replace(record(18), `"seq":18,`, "", 1),
		"zero":              record(0),
		"backwards":         record(19) + record(18),
		"twice":             record(18) + record(18),
		"a jump":            record(18 + 1<<33),
		"a jump within":     record(18) + record(20+1<<33),
		"beyond all bounds": record(1 << 63),
	} {
		a.send(lines).wants(t, name, 422, wire.CodeSequence)
	}
	acknowledges(record(18), 18, 15)
	if a.acknowledged() != 18 {
		t.Error("hello tells another number")
	}
	// Another station's numbers are its own.
	b := r.agent(t, "beta")
	b.send(record(1)).into(t, &s)
	if s.Acknowledged != 1 {
		t.Errorf("another station's stream is at %d; want 1", s.Acknowledged)
	}
}

// A record that cannot be stored is named, counted in a gap, and holds up nobody.
func TestRecordsThatCannotBeStored(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	lines := record(1) +
		`{"kind":"start","seq":2,"time":"2200-05-01T00:00:00Z","pid":1}` + "\n" +
		`{"kind":"start","seq":3,"time":"1601-01-01T00:00:00Z","pid":1}` + "\n" +
		`{"kind":"start","seq":4,"time":"` + time.Now().AddDate(0, 1, 0).UTC().Format(time.RFC3339) + `","pid":1}` + "\n" +
		`{"kind":"start","seq":5,"pid":"many"}` + "\n" +
		`{"kind":"dance","seq":6,"time":"2026-01-01T00:00:00Z","pid":1}` + "\n" +
		`{"kind":"gap","seq":7,"cause":"whim"}` + "\n\n" +
		record(8) +
		`{"kind":"start","seq":9,"time":"yesterday"}`
	var s wire.Stored
	a.send(lines).into(t, &s)
	if s.Acknowledged != 9 || a.stored() != 2 {
		t.Errorf("acknowledged %d, %d stored; want 9 and 2", s.Acknowledged, a.stored())
	}
	var refused []uint64
	for _, f := range s.Refused {
		refused = append(refused, f.Seq)
	}
	if fmt.Sprint(refused) != "[2 3 4 5 6 7 9]" {
		t.Errorf("refused %v", s.Refused)
	}
	var lost int64
	for _, g := range a.gaps() {
		if g.Cause != event.Refused || g.Events == nil {
			t.Errorf("gap %+v; want refused, with a count", g)
			continue
		}
		lost += *g.Events
	}
	if lost != 7 {
		t.Errorf("gaps count %d records; want 7", lost)
	}
	a.send(lines).into(t, &s)
	if again := len(a.gaps()); again != 7 {
		t.Errorf("%d gaps after the same batch again; want 7 as before", again)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	zeros := func(n int64) io.Reader { return io.LimitReader(zero{}, n) }
	gzipped := func(from io.Reader) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := io.Copy(w, from); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	zstded := func(from io.Reader, options ...zstd.EOption) []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b, options...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, from); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	frame := zstded(zeros(wire.MaxUnpacked / 4))
	long := `{"kind":"start","seq":1,"command_line":"` + strings.Repeat("x", wire.MaxLine) + `"}`
	for name, c := range map[string]struct {
		encoding string
		body     []byte
		status   int
		code     string
	}{
		"gzip bomb":             {"gzip", gzipped(zeros(wire.MaxUnpacked + 1)), 413, wire.CodeTooLarge},
		"zstd bomb":             {"zstd", zstded(zeros(wire.MaxUnpacked + 1)), 413, wire.CodeTooLarge},
		"zstd bomb in pieces":   {"zstd", bytes.Repeat(frame, 5), 413, wire.CodeTooLarge},
		"zstd with a large eye": {"zstd", zstded(zeros(17<<20), zstd.WithWindowSize(16<<20)), 413, wire.CodeTooLarge},
		"too large as it comes": {"", bytes.Repeat([]byte("\n"), wire.MaxBatch+1), 413, wire.CodeTooLarge},
		"too many records":      {"zstd", packed(t, records(1, wire.MaxRecords+1)), 413, wire.CodeTooLarge},
		"a record too long":     {"zstd", packed(t, record(1)[:0]+long), 413, wire.CodeTooLarge},
		"not zstd":              {"zstd", []byte(record(1)), 422, wire.CodeMalformed},
		"not gzip":              {"gzip", []byte(record(1)), 422, wire.CodeMalformed},
		"broken off":            {"zstd", packed(t, records(1, 100))[:200], 422, wire.CodeMalformed},
		"no JSON in the middle": {"zstd", packed(t, record(1)+"{\"seq\":2,\n"+record(3)), 422, wire.CodeMalformed},
		"a list":                {"zstd", packed(t, "[]\n"), 422, wire.CodeMalformed},
		"a number that is text": {"zstd", packed(t, `{"seq":"1"}`), 422, wire.CodeMalformed},
		"empty":                 {"zstd", packed(t, "\n\n"), 422, wire.CodeMalformed},
		"nothing at all":        {"", nil, 422, wire.CodeMalformed},
		"brotli":                {"br", []byte(record(1)), 415, wire.CodeMalformed},
	} {
		begun := time.Now()
		got := a.do("POST", wire.PathEvents, bytes.NewReader(c.body), "Content-Type", wire.ContentBatch, "Content-Encoding", c.encoding)
		got.wants(t, name, c.status, c.code)
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
	a.do("POST", wire.PathEvents, strings.NewReader(record(1)), "Content-Type", "text/plain").wants(t, "text", 415, wire.CodeMalformed)
	if got := a.send(record(1) + "{\"seq\":2,\n"); !strings.Contains(got.problem.Detail, "line 2") {
		t.Errorf("the detail does not name the line: %s", got.problem.Detail)
	}
	if a.stored() != 0 {
		t.Errorf("%d events of refused batches are stored", a.stored())
	}
	// What a person sends with curl.
	var s wire.Stored
	a.do("POST", wire.PathEvents, bytes.NewReader(gzipped(strings.NewReader(record(1)))), "Content-Type", wire.ContentBatch, "Content-Encoding", "gzip").into(t, &s)
	a.do("POST", wire.PathEvents, strings.NewReader(record(2)), "Content-Type", wire.ContentBatch+"; charset=utf-8").into(t, &s)
	if s.Acknowledged != 2 {
		t.Errorf("acknowledged %d; want 2", s.Acknowledged)
	}
}

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A bad station among good ones costs them nothing.
func TestOneBadStationAmongGoodOnes(t *testing.T) {
	r := newRig(t, options{})
	const stations, rounds = 8, 5
	var group sync.WaitGroup
	for i := range stations {
		a := r.agent(t, fmt.Sprint("station ", i))
		group.Go(func() {
			for n := uint64(0); n < rounds; n++ {
				if i == 0 {
					a.send(record(1<<40)).wants(t, "the bad one", 422, wire.CodeSequence)
					continue
				}
				var s wire.Stored
				a.send(records(10*n+1, 10*n+10)).into(t, &s)
				if s.Acknowledged != 10*n+10 {
					t.Errorf("station %d: acknowledged %d", i, s.Acknowledged)
				}
			}
			if want := int64(10 * rounds); i != 0 && a.stored() != want {
				t.Errorf("station %d: %d stored; want %d", i, a.stored(), want)
			}
		})
	}
	group.Wait()
}

// busyIngest takes nothing.
type busyIngest struct{ err error }

func (b busyIngest) Add(context.Context, ingest.LiveBatch) (ingest.LiveResult, error) {
	return ingest.LiveResult{}, b.err
}
func (busyIngest) Waiting() int { return 7 }

func TestBusy(t *testing.T) {
	in := &busyIngest{}
	r := newRig(t, options{ingest: func(*store.Store) agentapi.Ingest { return in }})
	a := r.agent(t, "alpha")
	for _, c := range []struct {
		err    error
		status int
	}{{fault.New(fault.TooMany, "full"), 429}, {fault.New(fault.Unavailable, "away"), 503}} {
		in.err = c.err
		a.send(record(1)).wants(t, c.err.Error(), c.status, wire.CodeBusy)
	}
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	busy := 0.0
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "eljefe_agent_batches_total" && m.Label[0].GetValue() == "busy" {
				busy = m.Counter.GetValue()
			}
		}
	}
	if busy != 2 {
		t.Errorf("%g batches are counted as busy; want 2", busy)
	}
}

// A panic over what one agent sent is its answer and nobody else's trouble.
func TestPanicIsAnswered(t *testing.T) {
	r := newRig(t, options{ingest: func(*store.Store) agentapi.Ingest { return panics{} }})
	a := r.agent(t, "alpha")
	if got := a.send(record(1)); got.status != 500 || got.problem.Code != "internal" || strings.Contains(string(got.body), "boom") {
		t.Errorf("got %d: %s", got.status, got.body)
	}
	a.acknowledged()
}

type panics struct{}

func (panics) Add(context.Context, ingest.LiveBatch) (ingest.LiveResult, error) { panic("boom") }
func (panics) Waiting() int                                                     { return 0 }

// A station that sends slowly, or stops in the middle, is waited for by nobody.
func TestSlowSenderHoldsNobody(t *testing.T) {
	r := newRig(t, options{})
	slow, quick := r.agent(t, "slow"), r.agent(t, "quick")
	body, end := io.Pipe()
	done := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(t.Context(), "POST", r.http.URL+wire.PathEvents, body)
		if err == nil {
			req.Header.Set(wire.VersionHeader, "1")
			req.Header.Set("Content-Type", wire.ContentBatch)
			var res *http.Response
			if res, err = slow.client.Do(req); err == nil {
				err = res.Body.Close()
			}
		}
		done <- err
	}()
	if _, err := io.WriteString(end, record(1)[:20]); err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq < 20; seq++ {
		quick.send(record(seq)).into(t, &wire.Stored{})
	}
	slow.send(record(1)).wants(t, "a second batch of the slow station", 429, wire.CodeBusy)
	if err := end.CloseWithError(io.ErrUnexpectedEOF); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("a batch that broke off was answered")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if got := slow.send(record(1)); got.status == 200 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the slow station is still refused: %s", got.body)
		}
	}
}

// relay is a way to the database that can be cut.
type relay struct {
	t      *testing.T
	to     string
	listen net.Listener

	mu    sync.Mutex
	away  bool
	conns map[net.Conn]bool
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, to: to, listen: l, conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = l.Close()
		r.cut(true)
	})
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			r.connect(in)
		}
	}()
	return r
}

func (r *relay) connect(in net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out, err := net.Dial("unix", r.to)
	if err != nil || r.away {
		_ = in.Close()
		return
	}
	r.conns[in], r.conns[out] = true, true
	pass := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_, _ = to.Close(), from.Close()
	}
	go pass(in, out)
	go pass(out, in)
}

// cut breaks all connections, and takes no new ones while away.
func (r *relay) cut(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
	for c := range r.conns {
		_ = c.Close()
	}
	clear(r.conns)
}

// Whenever the database goes away, also in the middle of a transaction or of its
// commit: what was acknowledged is there, and nothing is there twice.
func TestDatabaseGoesAway(t *testing.T) {
	url := storetest.URL(t)
	field := func(name string) string {
		for _, f := range strings.Fields(url) {
			if v, ok := strings.CutPrefix(f, name+"="); ok {
				return v
			}
		}
		return ""
	}
	if !strings.HasPrefix(field("host"), "/") {
		t.Skip("the database is not on a socket of this machine")
	}
	way := newRelay(t, filepath.Join(field("host"), ".s.PGSQL."+field("port")))
	_, port, err := net.SplitHostPort(way.listen.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), fmt.Sprintf("host=127.0.0.1 port=%s user=%s dbname=%s sslmode=disable", port, field("user"), field("dbname")), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r := newRig(t, options{db: db})
	const stations, batches, each = 4, 40, 25
	agents := make([]*agent, stations)
	for i := range agents {
		agents[i] = r.agent(t, fmt.Sprint("station ", i))
	}

	way.cut(true)
	begun := time.Now()
	agents[0].send(record(1)).wants(t, "while the database is away", 503, wire.CodeBusy)
	agents[0].greet().wants(t, "hello", 503, wire.CodeBusy)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the answers took %s", took)
	}
	way.cut(false)

	var busy atomic.Int64
	var group sync.WaitGroup
	for _, a := range agents {
		group.Go(func() {
			for n := uint64(0); n < batches; n++ {
				for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
					got := a.send(records(n*each+1, n*each+each))
					if got.status == 200 {
						break
					}
					busy.Add(1)
					if got.problem.Code != wire.CodeBusy || time.Now().After(deadline) {
						t.Errorf("got %d: %s", got.status, got.body)
						return
					}
				}
			}
		})
	}
	stop := make(chan struct{})
	cutting := make(chan struct{})
	go func() {
		defer close(cutting)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(20+7*(i%9)) * time.Millisecond):
				way.cut(false)
			}
		}
	}()
	group.Wait()
	close(stop)
	<-cutting
	for _, a := range agents {
		if got := a.stored(); got != batches*each {
			t.Errorf("station %d: %d events are stored; want %d", a.station, got, batches*each)
		}
		if gaps := a.gaps(); len(gaps) != 0 {
			t.Errorf("station %d: gaps %+v", a.station, gaps)
		}
	}
	if busy.Load() == 0 {
		t.Error("no batch met a cut: the test shows nothing")
	}
}

// A station whose clock is set back an hour sends events that are older than
// those before: all are there once, also when they are sent again, the ends find
// their starts, and the ledger tells of the jump.
func TestClockIsSetBack(t *testing.T) {
	r := newRig(t, options{})
	a := r.agent(t, "alpha")
	began := time.Now().UTC().Add(-2 * time.Minute)
	line := func(seq, process int, kind string, at, started time.Time) string {
		return fmt.Sprintf(`{"kind":%q,"seq":%d,"time":%q,"started":%q,"pid":%d,"boot_id":7,"process_seq":%d,"image":"C:\\a.exe","sensor":"etw"}`+"\n",
			kind, seq, at.Format(time.RFC3339Nano), started.Format(time.RFC3339Nano), 4*process, process)
	}
	back := began.Add(-time.Hour)
	before := line(1, 1, "start", began, began) + line(2, 2, "start", began.Add(time.Second), began.Add(time.Second))
	jump := fmt.Sprintf(`{"kind":"gap","seq":3,"cause":"clock_jump","from":%q,"to":%q}`+"\n", back.Format(time.RFC3339Nano), began.Add(2*time.Second).Format(time.RFC3339Nano))
	after := line(4, 3, "start", back.Add(time.Second), back.Add(time.Second)) +
		line(5, 3, "stop", back.Add(2*time.Second), back.Add(time.Second)) +
		// It began before the jump and ends after it, by the new clock before its start.
		line(6, 2, "stop", back.Add(time.Minute), began.Add(time.Second))
	var s wire.Stored
	for _, lines := range []string{before, before + jump + after, jump + after, after} {
		a.send(lines).into(t, &s)
	}
	if s.Acknowledged != 6 || len(s.Refused) != 0 || a.stored() != 3 {
		t.Errorf("acknowledged %d, refused %v, %d starts stored; want 6, none and 3", s.Acknowledged, s.Refused, a.stored())
	}
	if gaps := a.gaps(); len(gaps) != 1 || gaps[0].Cause != event.ClockJump {
		t.Errorf("gaps %+v; want the jump, once", gaps)
	}
	page, err := r.db.ListEvents(t.Context(), store.List{Limit: 100})
	if err != nil || len(page.Events) != 5 {
		t.Fatalf("%d events are listed, %v; want 5", len(page.Events), err)
	}
}
