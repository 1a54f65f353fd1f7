//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
	"github.com/eljefe/eljefe/internal/wire"
)

// piece is one request's part of a stream: "1-3 5 8:6-7" are the events 1, 2, 3
// and 5, and 8 is a gap that tells of 6 and 7; "9!" was refused.
func piece(t *testing.T, station int64, text string) store.StationEvents {
	t.Helper()
	b := store.StationEvents{Station: station, Live: true}
	span := func(s string) (first, last uint64) {
		if n, _ := fmt.Sscanf(s, "%d-%d", &first, &last); n == 0 {
			t.Fatalf("%q is no span", s)
		}
		return first, max(first, last)
	}
	for _, word := range strings.Fields(text) {
		number, missing, isGap := strings.Cut(word, ":")
		number, refused := strings.CutSuffix(number, "!")
		first, last := span(number)
		at := monday.Add(time.Duration(first) * time.Second)
		switch {
		case refused:
			one := uint64(1)
			b.Gaps = append(b.Gaps, event.Gap{Kind: event.GapKind, Seq: first, Cause: event.Refused, From: at, To: at, Events: &one, Detail: "no image"})
		case isGap:
			g := event.Gap{Kind: event.GapKind, Seq: first, Cause: event.SpoolEvicted, From: at.Add(-time.Second), To: at}
			if missing != "" {
				g.FirstSeq, g.LastSeq = span(missing)
			}
			b.Gaps = append(b.Gaps, g)
		default:
			for n := first; n <= last; n++ {
				b.Events = append(b.Events, event.Process{
					Kind: event.Start, Sensor: event.SensorReplay, Seq: n, Time: monday.Add(time.Duration(n) * time.Second), PID: uint32(4 * n), BootID: 7, ProcessSeq: n,
					Image: "/bin/true",
				})
			}
		}
	}
	for i := range b.Events {
		if err := b.Events[i].Check(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range b.Gaps {
		if err := b.Gaps[i].Check(); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// ledger writes the gaps of a station in few words: those told, by their causes,
// with what they tell to be missing, and "? 2-3" for what is unexplained.
func ledger(t *testing.T, s *store.Store, station int64) string {
	t.Helper()
	gaps, _, err := s.Gaps(t.Context(), store.GapList{Stations: []int64{station}, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, g := range gaps {
		word := map[event.Cause]string{event.Unexplained: "?", event.Refused: "refused", event.SpoolEvicted: "evicted"}[g.Cause]
		if g.FirstSeq != 0 {
			word += fmt.Sprintf(" %d-%d", g.FirstSeq, g.LastSeq)
		}
		if g.Events != nil {
			word += fmt.Sprintf(" (%d)", *g.Events)
		}
		words = append(words, word)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func TestHoles(t *testing.T) {
	tests := []struct {
		name   string
		pieces []string
		want   string
		last   uint64
		starts int64
	}{
		{"none", []string{"1-3", "4-6"}, "", 6, 6},
		{"between batches", []string{"1-3", "6-7"}, "? 4-5 (2)", 7, 5},
		{"within a batch", []string{"1 4 6"}, "? 2-3 (2), ? 5-5 (1)", 6, 3},
		{"at the beginning", []string{"5-6"}, "? 1-4 (4)", 6, 2},
		{"explained in the same batch", []string{"1-3 6 7:4-5"}, "evicted 4-5", 7, 4},
		{"explained at once", []string{"1-3", "6:4-5 7"}, "evicted 4-5", 7, 4},
		{"explained later", []string{"1-3", "6-7", "8", "9:4-5"}, "evicted 4-5", 9, 6},
		{"explained before", []string{"1-3 4:5-6", "7-8"}, "evicted 5-6", 8, 5},
		{"explained before, in the same batch", []string{"1-3 4:5-6 7-8"}, "evicted 5-6", 8, 5},
		{"explained in part", []string{"1", "10", "11:4-6"}, "? 2-3 (2), ? 7-9 (3), evicted 4-6", 11, 2},
		{"explained piece by piece", []string{"1", "10", "11:4-6", "12:2-3 13:7-9"}, "evicted 2-3, evicted 4-6, evicted 7-9", 13, 2},
		{"more is explained than is missing", []string{"1-2 5 7", "8:1-20"}, "evicted 3-4 (2), evicted 6-6 (1), evicted 9-20 (12)", 8, 4},
		{"told of what had arrived", []string{"1-4", "7:3-6"}, "evicted 5-6 (2)", 7, 4},
		{"told of nothing but what had arrived", []string{"1-4", "5:2-4"}, "", 5, 4},
		{"two holes, one explained", []string{"1 4", "7", "8:2-3"}, "? 5-6 (2), evicted 2-3", 8, 3},
		{"a gap without numbers explains nothing", []string{"1", "4", "5:"}, "? 2-3 (2), evicted", 5, 2},
		{"only a gap", []string{"1-2", "3:"}, "evicted", 3, 2},
		{"refused for one reason", []string{"1 2! 3 4! 5", "6!"}, "refused (1), refused (2)", 6, 3},
		{"refused at the end", []string{"1", "4!"}, "? 2-3 (2), refused (1)", 4, 1},
		{"all known", []string{"1-3", "1-3"}, "", 3, 3},
	}
	// In several transactions or in one, once or sent again: it is the same.
	ways := []string{"one by one", "each twice", "all again", "in one transaction"}
	s := storetest.Open(t)
	var names []string
	for _, tt := range tests {
		for _, way := range ways {
			names = append(names, tt.name+", "+way)
		}
	}
	stations := agents(t, s, names...)
	for i, tt := range tests {
		for j, way := range ways {
			t.Run(tt.name+", "+way, func(t *testing.T) {
				id := stations[i*len(ways)+j]
				var together []store.StationEvents
				for _, p := range tt.pieces {
					b := piece(t, id, p)
					together = append(together, b)
					switch way {
					case "one by one", "all again":
						addBatch(t, s, b)
					case "each twice":
						addBatch(t, s, b)
						if again := addBatch(t, s, b); again.Starts+again.Gaps != 0 || again.Duplicates != len(b.Events)+len(b.Gaps) {
							t.Errorf("%s again: %+v", p, again)
						}
					}
				}
				if way == "all again" || way == "in one transaction" {
					added, err := s.AddEvents(t.Context(), together)
					if err != nil || added[len(added)-1].LastSeq != tt.last {
						t.Fatalf("all: %+v, %v", added, err)
					}
				}
				want := tt.want
				if way == "in one transaction" { // what is refused for one reason in it is one gap
					want = strings.Replace(want, "refused (1), refused (2)", "refused (3)", 1)
				}
				if got := ledger(t, s, id); got != want {
					t.Errorf("gaps: %s; want %s", got, want)
				}
				if g := greet(t, s, id, hello(names[i*len(ways)+j], "r", monday, monday), monday); g.Acknowledged != tt.last {
					t.Errorf("acknowledged: %d, want %d", g.Acknowledged, tt.last)
				}
				if st, err := s.Station(t.Context(), id); err != nil || st.Starts != tt.starts {
					t.Errorf("starts: %+v, %v; want %d", st, err, tt.starts)
				}
			})
		}
	}
}

func TestHoleTimes(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	// Events before the enrolment: the newest stored is not the newest known.
	addBatch(t, s, piece(t, id, "1-2 5"))
	gaps, _, err := s.Gaps(t.Context(), store.GapList{Stations: []int64{id}, Limit: 10})
	if err != nil || len(gaps) != 1 || !gaps[0].From.Equal(monday.Add(2*time.Second)) || !gaps[0].To.Equal(monday.Add(5*time.Second)) || gaps[0].StationName != "A" {
		t.Errorf("between two events: %+v, %v", gaps, err)
	}
	later := piece(t, id, "9")
	later.Events[0].Time = time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	later.Events[0].Started = time.Time{}
	st, err := s.Station(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	addBatch(t, s, later)
	gaps, _, err = s.Gaps(t.Context(), store.GapList{Stations: []int64{id}, Limit: 10})
	if err != nil || len(gaps) != 2 || !gaps[0].From.Equal(st.LastSeen) || !gaps[0].To.Equal(later.Events[0].Time) {
		t.Errorf("since the last event: %+v, %v; want from %v", gaps, err, st.LastSeen)
	}
}

func TestSequenceIsChecked(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	addBatch(t, s, piece(t, ids[0], "1-3"))
	zero := piece(t, ids[0], "4")
	zero.Events[0].Seq = 0
	down := piece(t, ids[0], "5 6")
	down.Events[1].Seq = 5
	far := piece(t, ids[0], "4")
	far.Events[0].Seq = 4 + wire.MaxJump
	for name, b := range map[string]store.StationEvents{"number 0": zero, "the same number twice": down, "a jump": far} {
		_, err := s.AddEvents(t.Context(), []store.StationEvents{piece(t, ids[1], "1-2"), b})
		wantKind(t, name, err, fault.Invalid)
		if !errors.Is(err, store.ErrSequence) {
			t.Errorf("%s: %v is not ErrSequence", name, err)
		}
	}
	for i, want := range []uint64{3, 0} {
		if g := greet(t, s, ids[i], hello("AB"[i:i+1], "r", monday, monday), monday); g.Acknowledged != want {
			t.Errorf("station %d: acknowledged %d, want %d: nothing of those batches is stored", ids[i], g.Acknowledged, want)
		}
	}
	// As far as it may go, with claims that no number can hold.
	b := piece(t, ids[0], "4:5-6")
	lots := uint64(1<<64 - 1)
	b.Gaps[0].Seq, b.Gaps[0].LastSeq, b.Gaps[0].Events = 3+wire.MaxJump, lots, &lots
	if got := addBatch(t, s, b); got.Gaps != 1 {
		t.Errorf("a gap with large numbers: %+v", got)
	}
	if got, want := ledger(t, s, ids[0]), "? 4-4 (1), evicted 4294967300-9223372036854775807 (9223372032559808508), evicted 5-4294967298 (4294967294)"; got != want {
		t.Errorf("gaps: %s; want %s", got, want)
	}
}

// Two servers get pieces of one stream, each piece twice, in any order of
// arrival that an agent can cause: what was acknowledged is there once.
func TestTwoServersOneStream(t *testing.T) {
	url := storetest.URL(t)
	s, err := store.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	id := agents(t, s, "A")[0]
	const pieces, size = 40, 10
	var all []store.StationEvents
	for i := range pieces {
		first := i*size + 1
		all = append(all, piece(t, id, fmt.Sprintf("%d-%d %d:%d", first, first+size-3, first+size-1, first+size-2))) // a hole and its gap in each
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			server, err := store.Open(context.Background(), url, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer server.Close()
			for i := range all {
				if _, err := server.AddEvents(context.Background(), all[i:i+1]); err != nil {
					t.Errorf("piece %d: %v", i, err)
				}
			}
		})
	}
	group.Wait()
	st, err := s.Station(t.Context(), id)
	if err != nil || st.Starts != pieces*(size-2) {
		t.Errorf("%+v, %v; want %d starts", st, err, pieces*(size-2))
	}
	gaps, _, err := s.Gaps(t.Context(), store.GapList{Stations: []int64{id}, Limit: 1000})
	if err != nil || len(gaps) != pieces || slices.ContainsFunc(gaps, func(g store.Gap) bool { return g.Cause != event.SpoolEvicted }) {
		t.Errorf("%d gaps, %v; want %d that were told", len(gaps), err, pieces)
	}
}

func TestGapsList(t *testing.T) {
	s := storetest.Open(t)
	ids := agents(t, s, "A", "B")
	addBatch(t, s, piece(t, ids[0], "1 3 5 6: 7:"))
	addBatch(t, s, piece(t, ids[1], "1: 2: 3!"))
	at := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Second) }
	for _, tt := range []struct {
		name string
		list store.GapList
		want string // ends of the gaps, in seconds
	}{
		{"all", store.GapList{}, "7 6 5 3 3 2 1"},
		{"of a station", store.GapList{Stations: ids[1:2]}, "3 2 1"},
		{"of two stations", store.GapList{Stations: ids[:2]}, "7 6 5 3 3 2 1"},
		{"of none", store.GapList{Stations: []int64{}}, ""},
		{"of a cause", store.GapList{Cause: event.Unexplained}, "5 3"},
		{"of a span", store.GapList{From: at(3), To: at(5)}, "5 3 3"},
	} {
		for _, limit := range []int{1, 2, 100} {
			var got []string
			tt.list.Cursor, tt.list.Limit = "", limit
			for {
				page, next, err := s.Gaps(t.Context(), tt.list)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range page {
					got = append(got, fmt.Sprint(int(g.To.Sub(monday).Seconds())))
				}
				if tt.list.Cursor = next; next == "" {
					break
				}
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("%s, %d at a time: %s; want %s", tt.name, limit, got, tt.want)
			}
		}
	}
}

// Listeners hear of events with their number, and of gaps with none.
func TestListenersHearOfGaps(t *testing.T) {
	s := storetest.Open(t)
	id := agents(t, s, "A")[0]
	heard := make(chan store.Stored, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = s.ListenStored(ctx, func(n store.Stored) { heard <- n }) }()
	await := func(seq int, text string, want store.Stored) {
		t.Helper()
		for deadline := time.After(10 * time.Second); ; seq++ {
			addBatch(t, s, piece(t, id, fmt.Sprintf(text, seq)))
			select { // the first come before it listens, and some of the last time late
			case got := <-heard:
				if got == want {
					return
				}
			case <-deadline:
				t.Fatalf("%s: not heard that %+v were stored", text, want)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	await(1, "%d", store.Stored{Events: 1})
	await(1000, "%d:", store.Stored{})
}
