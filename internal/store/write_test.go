//go:build unix

package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

var monday = time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)

// guid makes a Sysmon GUID that ends in n.
func guid(n int) string { return fmt.Sprintf("0197231e-4a83-694d-9e0e-%012d", n) }

// sysmonStart is a start as Sysmon reports it.
func sysmonStart(n, parent int, at time.Duration, image string) event.Process {
	p := event.Process{
		Kind: event.Start, Sensor: event.SensorSysmon, Time: monday.Add(at), PID: uint32(1000 + n), ProcessGUID: guid(n),
		Image: image, CommandLine: image + " --number " + fmt.Sprint(n), User: `ACME\ana`, SHA256: fmt.Sprintf("%064x", len(image)), SourceFile: "a.evtx", SourceRecord: uint64(n),
	}
	if parent != 0 {
		p.ParentPID, p.ParentProcessGUID = uint32(1000+parent), guid(parent)
	}
	return p
}

func sysmonStop(n int, at time.Duration) event.Process {
	return event.Process{Kind: event.Stop, Sensor: event.SensorSysmon, Time: monday.Add(at), PID: uint32(1000 + n), ProcessGUID: guid(n), Image: "x", SourceFile: "a.evtx"}
}

func securityStart(pid, parent uint32, at time.Duration, image string) event.Process {
	return event.Process{Kind: event.Start, Sensor: event.SensorSecurity, Time: monday.Add(at), PID: pid, ParentPID: parent, Image: image, CommandLine: image}
}

func securityStop(pid uint32, at time.Duration) event.Process {
	code := uint32(1)
	return event.Process{Kind: event.Stop, Sensor: event.SensorSecurity, Time: monday.Add(at), PID: pid, ExitCode: &code}
}

// add stores imported events of one station and returns what became of them.
func add(t *testing.T, s *store.Store, station int64, events ...event.Process) store.Added {
	t.Helper()
	return addBatch(t, s, store.StationEvents{Station: station, Events: events})
}

func addBatch(t *testing.T, s *store.Store, b store.StationEvents) store.Added {
	t.Helper()
	for i := range b.Events {
		if err := b.Events[i].Check(); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	added, err := s.AddEvents(t.Context(), []store.StationEvents{b})
	if err != nil {
		t.Fatalf("AddEvents: %v", err)
	}
	return added[0]
}

func imported(t *testing.T, s *store.Store, name string) int64 {
	t.Helper()
	id, err := s.ImportStation(t.Context(), name, monday)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// refOf returns how an imported event's process is named.
func refOf(station int64, p event.Process) store.ProcessRef {
	if err := p.Check(); err != nil {
		panic(err)
	}
	return store.ProcessRef{Station: station, Started: p.Started, Key: p.Key()}
}

func TestImportAgainAddsNothing(t *testing.T) {
	s := storetest.Open(t)
	st := imported(t, s, "ACC-07")
	events := func() []event.Process {
		return []event.Process{
			sysmonStart(1, 0, 0, `C:\Windows\explorer.exe`), sysmonStart(2, 1, time.Second, `C:\Windows\System32\cmd.exe`),
			sysmonStop(2, 2*time.Second), sysmonStop(9, 3*time.Second),
			securityStart(44, 4, 4*time.Second, `C:\a.exe`), securityStop(44, 5*time.Second), securityStop(48, 6*time.Second),
		}
	}
	if got, want := add(t, s, st, events()...), (store.Added{Starts: 3, Stops: 4}); got != want {
		t.Errorf("first import: got %+v, want %+v", got, want)
	}
	for range 2 {
		if got, want := add(t, s, st, events()...), (store.Added{Duplicates: 7}); got != want {
			t.Errorf("second import: got %+v, want %+v", got, want)
		}
	}
	if got, want := add(t, s, st, append(events(), events()...)...), (store.Added{Duplicates: 14}); got != want {
		t.Errorf("doubled file: got %+v, want %+v", got, want)
	}
	if got, err := s.Station(t.Context(), st); err != nil || got.Starts != 3 {
		t.Errorf("runs counted on the station: got %+v, %v; want 3 starts", got, err)
	}
}

func TestStopFindsItsStart(t *testing.T) {
	start1, stop1 := securityStart(44, 4, 0, `C:\first.exe`), securityStop(44, 10*time.Second)
	start2, stop2 := securityStart(44, 4, 20*time.Second, `C:\second.exe`), securityStop(44, 30*time.Second)
	for _, tt := range []struct {
		name    string
		batches [][]event.Process
	}{
		{"in one batch", [][]event.Process{{start1, stop1, start2, stop2}}},
		{"in two batches", [][]event.Process{{start1, start2}, {stop1, stop2}}},
		{"one by one", [][]event.Process{{start1}, {stop1}, {start2}, {stop2}}},
		{"newest first", [][]event.Process{{stop2}, {start2}, {stop1}, {start1}}},
		{"stops first", [][]event.Process{{stop1, stop2}, {start2}, {start1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := storetest.Open(t)
			st := imported(t, s, "ACC-07")
			for _, b := range tt.batches {
				add(t, s, st, b...)
			}
			for i, p := range []event.Process{start1, start2} {
				got, err := s.Process(t.Context(), refOf(st, p))
				if err != nil {
					t.Fatal(err)
				}
				if want := []event.Process{stop1, stop2}[i].Time; !got.Stopped.Equal(want) {
					t.Errorf("%s stopped %v, want %v", p.Image, got.Stopped, want)
				}
			}
			// Again, in another order: nothing is new.
			again := add(t, s, st, stop2, stop1, start2, start1)
			if want := (store.Added{Duplicates: 4}); again != want {
				t.Errorf("imported again: got %+v, want %+v", again, want)
			}
		})
	}
}

func TestParentByPIDEndsWithTheProcess(t *testing.T) {
	s := storetest.Open(t)
	st := imported(t, s, "ACC-07")
	child := securityStart(50, 44, 20*time.Second, `C:\child.exe`)
	early := securityStart(51, 44, 5*time.Second, `C:\early.exe`)
	add(t, s, st, securityStart(44, 4, 0, `C:\first.exe`), securityStop(44, 10*time.Second), child, early)
	for _, tt := range []struct {
		of   event.Process
		want string
	}{{child, ""}, {early, `C:\first.exe`}} {
		chain, err := s.Ancestors(t.Context(), refOf(st, tt.of))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(chain) > 0 {
			got = chain[0].Image
		}
		if got != tt.want {
			t.Errorf("parent of %s: got %q, want %q", tt.of.Image, got, tt.want)
		}
	}
}

func TestAncestorsAndDescendants(t *testing.T) {
	// explorer(1) - winword(2) - powershell(3) - whoami(4), cmd(5); 6 is elsewhere.
	events := []event.Process{
		sysmonStart(1, 99, 0, `C:\Windows\explorer.exe`), sysmonStart(2, 1, time.Second, `C:\Office\winword.exe`),
		sysmonStart(3, 2, 2*time.Second, `C:\Windows\powershell.exe`), sysmonStart(4, 3, 2*time.Second, `C:\Windows\whoami.exe`),
		sysmonStart(5, 3, 25*time.Hour, `C:\Windows\cmd.exe`), sysmonStart(6, 98, 3*time.Second, `C:\other.exe`),
	}
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}} {
		s := storetest.Open(t)
		st := imported(t, s, "ACC-07")
		for _, i := range order { // one by one: parents come after children the second time
			add(t, s, st, events[i])
		}
		chain, err := s.Ancestors(t.Context(), refOf(st, events[3]))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range chain {
			got = append(got, a.Image)
		}
		want := []string{`C:\Windows\powershell.exe`, `C:\Office\winword.exe`, `C:\Windows\explorer.exe`, ""}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("ancestors: got %q, want %q", got, want)
		}
		if last := chain[len(chain)-1]; last.PID != 1099 || last.Ref != (store.ProcessRef{}) {
			t.Errorf("the unseen root: got pid %d and ref %v, want 1099 and none", last.PID, last.Ref)
		}
		below, more, err := s.Descendants(t.Context(), refOf(st, events[0]), store.ProcessRef{}, 10)
		if err != nil || more {
			t.Fatalf("Descendants: more %v, %v", more, err)
		}
		got = nil
		for _, d := range below {
			got = append(got, fmt.Sprint(d.Depth, d.Image))
		}
		want = []string{`1C:\Office\winword.exe`, `2C:\Windows\powershell.exe`, `3C:\Windows\whoami.exe`, `3C:\Windows\cmd.exe`}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("descendants: got %q, want %q", got, want)
		}
		got = nil
		var after store.ProcessRef
		for more := true; more; {
			if below, more, err = s.Descendants(t.Context(), refOf(st, events[0]), after, 1); err != nil || len(below) != 1 {
				t.Fatalf("a page of one: got %d, more %v, %v", len(below), more, err)
			}
			after = below[0].Ref
			got = append(got, fmt.Sprint(below[0].Depth, below[0].Image))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("descendants, a page for each: got %q, want %q", got, want)
		}
		if _, _, err := s.Descendants(t.Context(), refOf(st, events[0]), refOf(st, events[5]), 1); err == nil {
			t.Error("a cursor from elsewhere was accepted")
		}
	}
}

func TestParentFactsAreFilledIn(t *testing.T) {
	s := storetest.Open(t)
	st := imported(t, s, "ACC-07")
	add(t, s, st, sysmonStart(1, 0, 0, `C:\Windows\explorer.exe`), sysmonStart(2, 1, time.Second, `C:\Windows\System32\cmd.exe`))
	leaf := sysmonStart(3, 2, 2*time.Second, `C:\Windows\System32\whoami.exe`)
	add(t, s, st, leaf)
	got, err := s.Process(t.Context(), refOf(st, leaf))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ name, got, want string }{
		{"parent_image", got.ParentImage, `C:\Windows\System32\cmd.exe`},
		{"parent_command_line", got.ParentCommandLine, `C:\Windows\System32\cmd.exe --number 2`},
		{"parent_user", got.ParentUser, `ACME\ana`},
		{"grandparent_image", got.GrandparentImage, `C:\Windows\explorer.exe`},
		{"process_guid", got.ProcessGUID, guid(3)},
		{"source_file", got.SourceFile, "a.evtx"},
	} {
		if f.got != f.want {
			t.Errorf("%s: got %q, want %q", f.name, f.got, f.want)
		}
	}
	if got.SourceRecord != 3 || got.Prevalence != 1 || got.Runs != 1 {
		t.Errorf("record %d, prevalence %d, runs %d; want 3, 1, 1", got.SourceRecord, got.Prevalence, got.Runs)
	}
}

func TestLiveStreamIsExact(t *testing.T) {
	s := storetest.Open(t)
	id, err := s.LiveStation(t.Context(), "key-1", "ACC-07", monday)
	if err != nil {
		t.Fatal(err)
	}
	stream := func(from, to int) (list []event.Process) {
		for n := from; n <= to; n++ {
			p := event.Process{
				Kind: event.Start, Sensor: event.SensorETW, Seq: uint64(n), Time: monday.Add(time.Duration(n) * time.Second), PID: uint32(4 * n), BootID: 7, ProcessSeq: uint64(n),
				ParentProcessSeq: uint64(n - 1), ParentPID: uint32(4 * (n - 1)), Image: `C:\a.exe`, CommandLine: "a",
			}
			list = append(list, p)
		}
		return list
	}
	for _, tt := range []struct {
		from, to int
		want     store.Added
	}{
		{1, 10, store.Added{Starts: 10, LastSeq: 10}},
		{1, 10, store.Added{Duplicates: 10, LastSeq: 10}},
		{5, 12, store.Added{Starts: 2, Duplicates: 6, LastSeq: 12}},
	} {
		if got := addBatch(t, s, store.StationEvents{Station: id, Live: true, Events: stream(tt.from, tt.to)}); got != tt.want {
			t.Errorf("events %d to %d: got %+v, want %+v", tt.from, tt.to, got, tt.want)
		}
	}
	// A rundown tells of processes that are stored: no second row.
	rundown := stream(3, 3)
	rundown[0].Kind, rundown[0].Seq = event.Running, 13
	if got, want := addBatch(t, s, store.StationEvents{Station: id, Live: true, Events: rundown}), (store.Added{Duplicates: 1, LastSeq: 13}); got != want {
		t.Errorf("rundown: got %+v, want %+v", got, want)
	}
}

// Writers that meet the same new texts and binaries at the same time neither
// deadlock nor lose a count.
func TestConcurrentWriters(t *testing.T) {
	url := storetest.URL(t)
	const writers, rounds, size = 4, 15, 40
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			s, err := store.Open(context.Background(), url, nil) // a server of its own
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			id, err := s.LiveStation(context.Background(), fmt.Sprint("key-", w), "S", monday)
			if err != nil {
				t.Error(err)
				return
			}
			for r := range rounds {
				var events []event.Process
				for i := range size {
					n := r*size + i + 1
					image := fmt.Sprintf(`C:\bin\%d.exe`, (n*7+w)%97)
					p := event.Process{Kind: event.Start, Sensor: event.SensorETW, Seq: uint64(n), Time: monday.Add(time.Duration(n) * time.Second), PID: uint32(n), BootID: 1, ProcessSeq: uint64(n), Image: image, SHA256: fmt.Sprintf("%064x", (n*7+w)%97), User: image}
					if err := p.Check(); err != nil {
						t.Error(err)
					}
					events = append(events, p)
				}
				if _, err := s.AddEvents(context.Background(), []store.StationEvents{{Station: id, Live: true, Events: events}}); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				if err := s.FoldPrevalence(context.Background()); err != nil {
					t.Errorf("fold: %v", err)
				}
			}
		})
	}
	wg.Wait()
	// A fold leaves alone what another is at: the last one takes the rest.
	last, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if err := last.FoldPrevalence(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool := storetest.Connect(t, url)
	var totals, stations, rows int64
	err = pool.QueryRow(t.Context(), `SELECT (SELECT sum(runs) FROM binary_total), (SELECT sum(stations) FROM binary_total) - (SELECT count(DISTINCT (binary_id, station_id)) FROM account_binary_station), (SELECT count(*) FROM process_start)`).
		Scan(&totals, &stations, &rows)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(writers * rounds * size); totals != want || rows != want || stations != 0 {
		t.Errorf("got %d runs, %d rows, stations off by %d; want %d, %d, 0", totals, rows, stations, want, want)
	}
}

func TestRemoveStation(t *testing.T) {
	s := storetest.Open(t)
	a, b := imported(t, s, "A"), imported(t, s, "B")
	add(t, s, a, sysmonStart(1, 0, 0, `C:\x.exe`), sysmonStop(1, time.Second))
	add(t, s, b, sysmonStart(1, 0, time.Hour, `C:\x.exe`))
	if err := s.RemoveStation(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	left, err := s.Process(t.Context(), refOf(b, sysmonStart(1, 0, time.Hour, "")))
	if err != nil || left.Prevalence != 1 || left.Runs != 1 {
		t.Errorf("the other station's process: %+v, %v; want prevalence 1 and 1 run", left, err)
	}
	if _, err := s.Process(t.Context(), refOf(a, sysmonStart(1, 0, 0, ""))); err == nil {
		t.Error("the removed station's process is still there")
	}
}
