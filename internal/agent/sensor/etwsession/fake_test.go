package etwsession

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/agent/sensor/winproc/winproctest"
	"github.com/eljefe/eljefe/internal/etw"
	"github.com/eljefe/eljefe/internal/event"
)

// recorded are payloads that real kernels wrote, by which record they are of.
type recorded map[shape][]byte

type shape struct {
	classic bool
	number  uint16 // id, or opcode of a classic one
	version uint8
}

// Those of build 9200, which has both sources.
var (
	manifestStart = shape{false, 1, 1}
	manifestStop  = shape{false, 2, 1}
	classicStart  = shape{true, 1, 4}
	classicStop   = shape{true, 2, 4}
	counters      = shape{true, 32, 2}
)

// payloads reads the recorded payloads. They lie beside the project, not in it:
// without them a test is skipped, unless ELJEFE_REQUIRE_TESTDATA=1.
func payloads(t *testing.T) recorded {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "..", "shared", "testdata", "etl", "vectors.jsonl"))
	if err != nil {
		if os.Getenv("ELJEFE_REQUIRE_TESTDATA") == "1" {
			t.Fatalf("test data is required, but %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	all := recorded{}
	for d := json.NewDecoder(bytes.NewReader(raw)); d.More(); {
		var v struct {
			Class, Payload, Src string
			ID                  uint16
			Opcode, Version     uint8
		}
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if v.Src != "win8-9200-system-and-manifest.etl.zip" {
			continue
		}
		s := shape{v.Class == "system", v.ID, v.Version}
		if s.classic {
			s.number = uint16(v.Opcode)
		}
		if all[s], err = hex.DecodeString(v.Payload); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// record returns a recorded payload as that of another process at another time.
func (r recorded) record(t *testing.T, s shape, pid uint32, created, at time.Time) etw.Record {
	t.Helper()
	payload := bytes.Clone(r[s])
	if payload == nil {
		t.Fatalf("no payload %v was recorded", s)
	}
	le := binary.LittleEndian
	rec := etw.Record{Provider: etw.KernelProcess, ID: s.number, Version: s.version, PointerSize: 8, Time: at, PID: 500, TID: 501, Payload: payload}
	switch s {
	case manifestStart, manifestStop:
		rec.Opcode = uint8(s.number)
		le.PutUint32(payload, pid)
		le.PutUint64(payload[4:], fileTime(created))
		if s == manifestStop {
			le.PutUint64(payload[12:], fileTime(at))
		}
	case classicStart, classicStop:
		le.PutUint64(payload, uint64(pid)<<12) // the kernel's object
		le.PutUint32(payload[8:], pid)
	case counters:
		le.PutUint32(payload, pid)
		rec.PID, rec.TID = etw.NoID, etw.NoID
	}
	if s.classic {
		rec.Provider, rec.Classic, rec.ID, rec.Opcode = etw.Process, true, 0, uint8(s.number)
	}
	return rec
}

func fileTime(t time.Time) uint64 { return uint64(t.UnixNano()/100 + 116444736000000000) }

// fakeSession is a session without Windows. It has the awkward sides of a real
// one: it delivers some time later; anybody may end it, and then consume returns
// as if all were well; it may lose a source, and only look tells; what it loses it
// counts and does not say; its own count begins anew with it.
type fakeSession struct {
	delay  time.Duration // until records are delivered
	manual bool          // or only when it is flushed

	mu      sync.Mutex
	pending []etw.Record
	put     func(*etw.Record)
	lost    losses
	wrong   error
	flushes int
	over    chan struct{}
}

func (f *fakeSession) consume(put func(*etw.Record)) error {
	f.mu.Lock()
	f.put = put
	f.mu.Unlock()
	for {
		select {
		case <-f.over:
			f.deliver()
			return nil
		case <-time.After(f.delay):
			if !f.manual {
				f.deliver()
			}
		}
	}
}

func (f *fakeSession) deliver() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, rec := range f.pending {
		payload := bytes.Clone(rec.Payload)
		rec.Payload = payload
		f.put(&rec)
		clear(payload) // it is the system's memory
	}
	f.pending = nil
}

func (f *fakeSession) write(records ...etw.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending = append(f.pending, records...)
}

// lose counts a loss that nothing else tells of.
func (f *fakeSession) lose(l losses) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost.events += l.events
	f.lost.buffers += l.buffers
}

func (f *fakeSession) look() (losses, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost, f.wrong
}

func (f *fakeSession) flush() error {
	f.deliver()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flushes++
	return nil
}

func (f *fakeSession) flushed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flushes
}

func (f *fakeSession) needsFlush() bool { return f.manual }

func (f *fakeSession) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.over: // ended by somebody else: nothing is left to do
	default:
		close(f.over)
	}
	return nil
}

// station is a Windows with a Source that runs.
type station struct {
	*winproctest.Station
	t        *testing.T
	payloads recorded
	source   *Source
	sink     *sensor.Sink
	stop     context.CancelFunc
	ended    chan error

	manual bool
	way    way

	mu       sync.Mutex
	sessions []*fakeSession // that were begun, the last one is in use
	refuse   error          // for the next session
}

// begin runs a Source. It is called in a bubble of virtual time.
func begin(t *testing.T, s *station) *station {
	t.Helper()
	s.t, s.Station, s.sink, s.ended = t, new(winproctest.Station), sensor.NewSink(0, 0), make(chan error, 1)
	if s.way.sources == 0 {
		s.way.sources = etw.Both
	}
	s.Begin(winproctest.Process{PID: 4, Created: time.Now().Add(-time.Hour), Image: "System", Denied: true, NoThreads: true})
	var err error
	if s.source, err = open(s.start, s, nil); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s.stop = stop
	go func() { s.ended <- s.source.Run(ctx, s.sink) }()
	return s
}

func (s *station) start() (session, way, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return nil, way{}, s.refuse
	}
	f := &fakeSession{delay: 100 * time.Millisecond, manual: s.manual, over: make(chan struct{})}
	s.sessions = append(s.sessions, f)
	return f, s.way, nil
}

// session returns the one that is in use.
func (s *station) session() *fakeSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[len(s.sessions)-1]
}

// begun returns how many sessions were begun.
func (s *station) begun() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// refusing says why no session can be begun; nil: one can.
func (s *station) refusing(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = why
}

// run starts a process, which the kernel tells of by the shapes.
func (s *station) run(pid uint32, told ...shape) time.Time {
	s.t.Helper()
	created := time.Now()
	s.Begin(winproctest.Process{PID: pid, ParentPID: 4, Created: created, Image: `C:\Windows\notepad.exe`, CommandLine: "notepad"})
	for _, shape := range told {
		s.session().write(s.payloads.record(s.t, shape, pid, created, created.Add(10*time.Microsecond)))
	}
	return created
}

// exit ends it.
func (s *station) exit(pid uint32, created time.Time, told ...shape) {
	s.t.Helper()
	s.End(pid, 9, time.Now())
	for _, shape := range told {
		s.session().write(s.payloads.record(s.t, shape, pid, created, time.Now()))
	}
}

// reported returns what was reported since the last time.
func (s *station) reported() (events []*event.Process, gaps []event.Gap) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	for {
		e, g, err := s.sink.Take(ctx, 1000)
		if err != nil {
			return events, gaps
		}
		events, gaps = append(events, e...), append(gaps, g...)
	}
}

// end ends the Source, which must have let everything go.
func (s *station) end() {
	s.t.Helper()
	s.stop()
	if err := <-s.ended; err != nil {
		s.t.Error(err)
	}
	if n := s.Held(); n != 0 {
		s.t.Errorf("%d processes are held at the end", n)
	}
	if _, err := s.source.Rundown(s.t.Context()); err == nil {
		s.t.Error("a rundown is possible at the end")
	}
}
