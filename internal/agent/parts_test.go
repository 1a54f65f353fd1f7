package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent/sensor"
	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/wire"
)

// kept is a spool in memory that can fail.
type kept struct {
	records []string
	fails   error
}

func (k *kept) Append(_ context.Context, records ...[]byte) (uint64, error) {
	if k.fails != nil {
		return 0, k.fails
	}
	for _, r := range records {
		k.records = append(k.records, string(r))
	}
	return uint64(len(k.records)), nil
}

func TestRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring, spool := new(LogRing), new(kept)
		r := &recorder{sink: sensor.NewSink(0, 0), spool: spool, log: slog.New(slog.NewTextHandler(ring, nil))}
		r.enrich = func(ctx context.Context, events []*event.Process) []*event.Process {
			for _, p := range events {
				p.SHA256 = strings.Repeat("ab", 32)
			}
			<-ctx.Done() // what takes long does not hold the events
			return events[:1]
		}
		now := time.Now().UTC()
		r.sink.Report(&event.Process{Kind: event.Start, Time: now, PID: 1, Station: "made up", Seq: 9, Origin: event.Imported})
		r.sink.Report(&event.Process{Kind: "odd", Time: now})
		r.sink.Report(&event.Process{Kind: event.Running, Time: now.AddDate(19000, 0, 0)}) // told of, and not at that time
		r.sink.Report(&event.Process{Kind: event.Stop, Time: now, PID: 1, ParentCommandLine: strings.Repeat("x", wire.MaxLine)})
		ctx, cancel := context.WithCancel(t.Context())
		done := begin(func() { r.run(ctx) })
		time.Sleep(10 * time.Second)
		if r.tellSkipped(time.Now()); len(spool.records) != 2 {
			t.Fatalf("recorded %q; want the event and a gap", spool.records)
		}
		r.tellSkipped(time.Now().Add(time.Minute))
		cancel()
		<-done
		if len(spool.records) != 3 {
			t.Fatalf("recorded %q; want a gap for what has no facts too, once", spool.records)
		}
		var p event.Process
		var g, skipped event.Gap
		if err := errors.Join(
			json.Unmarshal([]byte(spool.records[0]), &p), json.Unmarshal([]byte(spool.records[1]), &g), json.Unmarshal([]byte(spool.records[2]), &skipped),
		); err != nil {
			t.Fatal(err)
		}
		if skipped.Cause != event.EnrichmentSkipped || *skipped.Events != 1 || skipped.Check() != nil {
			t.Errorf("recorded %+v; want one event without facts", skipped)
		}
		if p.PID != 1 || p.Station != "" || p.Seq != 0 || p.Origin != "" || p.SHA256 == "" {
			t.Errorf("recorded %+v; want the event with its hash, and without what the sensor has no say in", p)
		}
		if g.Cause != event.SourceLost || *g.Events != 3 || g.Check() != nil {
			t.Errorf("recorded %+v; want the loss of three", g)
		}

		spool.fails = errors.New("disk full")
		for range 3 {
			r.record([]*event.Process{{Kind: event.Start, Time: now}}, nil)
		}
		spool.fails = nil
		r.record([]*event.Process{{Kind: event.Start, Time: now}}, nil)
		log := strings.Join(ring.Lines(), "\n")
		if strings.Count(log, "disk full") != 1 || !strings.Contains(log, "can be kept again") {
			t.Errorf("the log is %s; want the failure once and its end", log)
		}
	})
}

// What happens to USB devices goes to the spool as JSON, and what cannot be told
// of them is a gap.
func TestRecordDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spool := new(kept)
		r := &recorder{sink: sensor.NewSink(0, 0), spool: spool, log: slog.New(slog.DiscardHandler)}
		d := event.Device{
			Kind: event.DevicePlugged, Seq: 9, Time: time.Now(), Device: "usb 1-1", VendorID: "0951", ProductID: "1666", ProductName: "a\x00\xff<b>",
		}
		r.device(d)
		d.VendorID = "none"
		r.device(d)
		const want = `{"kind":"device_plugged","time":"2000-01-01T00:00:00Z","device":"usb 1-1","vendor_id":"0951","product_id":"1666","product_name":"a␀\ufffd\u003cb\u003e"}`
		if len(spool.records) != 2 || spool.records[0] != strings.ReplaceAll(want, `\ufffd`, "\ufffd") {
			t.Fatalf("recorded %q; want %s and a gap", spool.records, want)
		}
		var g event.Gap
		if err := json.Unmarshal([]byte(spool.records[1]), &g); err != nil {
			t.Fatal(err)
		}
		if g.Cause != event.SourceLost || *g.Events != 1 || g.Detail != notADevice || g.Check() != nil {
			t.Errorf("recorded %+v; want the loss of one", g)
		}
	})
}

// fragile is a source that fails some times and then runs.
type fragile struct {
	fails, starts int
	after         time.Duration
}

func (f *fragile) Run(ctx context.Context, sink *sensor.Sink) error {
	f.starts++
	sink.State(event.SensorEBPF, sensor.Working, "")
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(f.after):
	}
	if f.starts > f.fails {
		return nil
	}
	return fmt.Errorf("failure %d", f.starts)
}

func (f *fragile) Rundown(context.Context) (int, error) { return 3, nil }

// A sensor that fails is started again, and the time without it is a gap.
func TestSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &fragile{fails: 2, after: 10 * time.Second}
		a := &agent{cfg: Config{Source: source}, log: slog.New(slog.DiscardHandler), sink: sensor.NewSink(0, 0)}
		began := time.Now()
		done := begin(func() { a.sense(t.Context()) })
		time.Sleep(10*time.Second + 500*time.Millisecond)
		if s := a.sink.Status(); s.State != sensor.Stopped || !strings.Contains(s.Detail, "failure 1") || s.Mode != event.SensorEBPF {
			t.Errorf("after a failure the sensor is %+v", s)
		}
		_, gaps, err := a.sink.Take(t.Context(), 10)
		if err != nil || len(gaps) != 1 || gaps[0].Events != nil || !gaps[0].From.Equal(began.Add(10*time.Second)) || !gaps[0].To.Equal(began.Add(11*time.Second)) {
			t.Errorf("gaps %+v, %v; want one of a second", gaps, err)
		}
		if n, err := a.rundown(t.Context()); n != 3 || err != nil {
			t.Errorf("rundown: %d, %v", n, err)
		}
		<-done
		if s := a.sink.Status(); source.starts != 3 || s.State != sensor.Stopped || !strings.Contains(s.Detail, "ended") {
			t.Errorf("after %d starts the sensor is %+v", source.starts, s)
		}
	})
	a := &agent{cfg: Config{NoSource: "none here"}, log: slog.New(slog.DiscardHandler), sink: sensor.NewSink(0, 0)}
	a.sense(t.Context())
	if s := a.sink.Status(); s.State != sensor.Stopped || s.Detail != "none here" {
		t.Errorf("without a sensor it is %+v", s)
	}
	if _, err := a.rundown(t.Context()); err == nil {
		t.Error("nothing lists processes")
	}
}

func TestLogRing(t *testing.T) {
	r := new(LogRing)
	r.Hide("s3cret", "")
	for i := range 2 * ringLines {
		fmt.Fprintf(r, "line %d with s3cret\n", i)
	}
	lines := r.Lines()
	if len(lines) != ringLines || lines[0] != fmt.Sprintf("line %d with (hidden)", ringLines) {
		t.Errorf("%d lines, the first %q", len(lines), lines[0])
	}
	fmt.Fprint(r, strings.Repeat("x", 2*ringBytes))
	if lines := r.Lines(); len(lines) != 1 || len(lines[0]) != ringBytes {
		t.Errorf("%d lines after one that is longer than all may be", len(lines))
	}
}

func TestStatus(t *testing.T) {
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if _, err := ReadStatus(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("without an agent: %v", err)
	}
	for range 2 { // the second finds a socket that is left
		ctx, cancel := context.WithCancel(t.Context())
		done := begin(func() {
			if err := serveStatus(ctx, dir, func() Status { return Status{Station: 7, Link: Link{Connected: true}} }); err != nil {
				t.Error(err)
			}
		})
		var s *Status
		for range 200 {
			if s, err = ReadStatus(dir); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err != nil || s.Station != 7 {
			t.Fatalf("got %+v, %v", s, err)
		}
		cancel()
		<-done
	}
}

func TestProblems(t *testing.T) {
	well := Status{Station: 1, Link: Link{Connected: true}, Sensor: wire.Sensor{State: sensor.Working}}
	if p := well.Problems(); len(p) > 0 {
		t.Errorf("all is well, and it says %q", p)
	}
	if p := new(Status).Problems(); len(p) != 3 {
		t.Errorf("nothing is well, and it says %q", p)
	}
}
