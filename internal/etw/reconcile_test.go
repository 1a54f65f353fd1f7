package etw

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

func TestReconcile(t *testing.T) {
	began := at(-10_000)
	here := func(pid uint32, seq uint64, created float64) Snapshot {
		return Snapshot{PID: pid, ParentPID: 8, Created: at(created - 0.5), Seq: seq, Session: 1, Image: fmt.Sprintf("%d.exe", pid)}
	}
	for name, test := range map[string]struct {
		before []Message // until noon
		list   []Snapshot
		after  []Message
		want   []string // ten seconds after noon, what came before left out
	}{
		"all is known": {
			before: []Message{manifestStart(100, 5, -500), listed(classicStart(104, 1, 0), -400)},
			list:   []Snapshot{here(100, 5, -500), here(104, 0, -9e6), {PID: 0}},
			want:   []string{"running 104 classic"},
		},
		"a lost end": {
			before: []Message{manifestStart(100, 5, -500)},
			want:   []string{"stop 100 none #5 inferred"},
		},
		"an end on its way": {
			before: []Message{manifestStart(100, 5, -500)},
			after:  []Message{manifestStop(100, 5, -500, 300)},
			want:   []string{"stop 100 manifest #5"},
		},
		"a lost start": {
			list: []Snapshot{here(100, 0, -900)},
			want: []string{"start 100 none"},
		},
		"one that was there before": {
			list: []Snapshot{here(100, 9, -20_000)},
			want: []string{"running 100 none #9"},
		},
		"a start on its way": {
			list:  []Snapshot{here(100, 0, -10)},
			after: []Message{classicStart(100, 1, -9.9), manifestStart(100, 5, -10)},
			want:  []string{"start 100 both #5"},
		},
		"a lost start, and later the end": {
			list:  []Snapshot{here(100, 0, -900)},
			after: []Message{manifestStop(100, 5, -900, 5000)},
			want:  []string{"start 100 none", "stop 100 manifest"},
		},
		"a pid that was reused in between": {
			before: []Message{manifestStart(100, 5, -5000)},
			list:   []Snapshot{here(100, 6, -900)},
			want:   []string{"start 100 none #6", "stop 100 none #5 inferred"},
		},
		"a start after the snapshot": {
			before: []Message{manifestStart(100, 5, 1)},
			want:   []string{"start 100 manifest #5"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := NewJoiner(JoinerConfig{Sources: 0, Began: began})
			play(j, test.before, -1)
			j.Reconcile(test.list, noon, at(2))
			j.Reconcile(test.list, noon, at(3)) // saying it twice changes nothing
			got := play(j, test.after, 10_000)
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A start that was lost with others comes with what the snapshot knows, and says
// who told.
func TestMissed(t *testing.T) {
	j := NewJoiner(JoinerConfig{Began: at(-1000)})
	j.Reconcile([]Snapshot{{PID: 100, ParentPID: 8, Created: at(-500), Session: 2, Image: "a.exe"}}, noon, noon)
	got := j.Tick(at(3000))
	if len(got) != 1 {
		t.Fatalf("got %v", describe(got))
	}
	p := got[0].Event
	if p.Sensor != event.SensorPoll || p.Image != "a.exe" || p.ParentPID != 8 || !p.Time.Equal(at(-500)) || *p.Session != 2 || j.Stats().Missed != 1 {
		t.Errorf("got %+v, %+v", p, j.Stats())
	}
}

// Whatever comes in whatever order, a run starts once at most, ends once at most,
// and starts before it ends; and nothing that was told waits for ever.
func TestRandomOrder(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		j := NewJoiner(JoinerConfig{Began: at(-100)})
		var all []Message
		for n := range 60 {
			pid, seq, key := uint32(4+4*rng.IntN(4)), uint64(n+1), uint64(0x1000*(1+rng.IntN(5)))
			ms := float64(n*20 + rng.IntN(15))
			for _, m := range []Message{
				manifestStart(pid, seq, ms), classicStart(pid, key, ms), countersOf(pid, ms+3), manifestStop(pid, seq, ms, ms+3),
				classicStop(pid, key, ms+3), listed(manifestStart(pid, seq, ms), ms+2), listed(classicStart(pid, key, ms), ms+1),
			} {
				if rng.IntN(4) > 0 {
					all = append(all, m)
				}
			}
		}
		for range len(all) / 2 {
			i := rng.IntN(len(all))
			k := min(len(all)-1, i+rng.IntN(12))
			all[i], all[k] = all[k], all[i]
		}
		starts, stops := map[*Run]int{}, map[*Run]int{}
		see := func(ready []Joined) {
			for _, r := range ready {
				if r.Event.Kind != event.Stop {
					if starts[r.Run]++; starts[r.Run] > 1 {
						t.Fatalf("seed %d: pid %d started twice", seed, r.Event.PID)
					}
					continue
				}
				if stops[r.Run]++; stops[r.Run] > 1 {
					t.Fatalf("seed %d: pid %d ended twice", seed, r.Event.PID)
				}
				if r.Event.Check() != nil {
					t.Fatalf("seed %d: %v", seed, r.Event.Check())
				}
			}
		}
		now := noon
		for i := range all {
			if all[i].Time.After(now) {
				now = all[i].Time
			}
			see(j.Tick(now))
			j.Add(&all[i], now)
			if rng.IntN(50) == 0 {
				j.Reconcile([]Snapshot{{PID: 4, Created: now.Add(-time.Second)}}, now, now)
			}
		}
		see(j.Tick(now.Add(time.Minute)))
		if _, more := j.Next(); more {
			t.Fatalf("seed %d: something waits for ever", seed)
		}
	}
}

// Memory stays bounded when processes start and never end, and each of them is told.
func TestForgotten(t *testing.T) {
	j := NewJoiner(JoinerConfig{Sources: Manifest})
	told := 0
	const runs = 100_000
	for n := range runs {
		m := manifestStart(uint32(4*n+4), uint64(n+2), float64(n))
		j.Add(&m, m.Time)
		told += len(j.Tick(m.Time))
	}
	s := j.Stats()
	if told != runs || s.Forgotten == 0 || j.kept > maxKept || len(j.byPID)+int(s.Forgotten) != runs || len(j.order) > 2*len(j.byPID)+64 {
		t.Errorf("%d told, %d bytes kept in %d runs of %d, %+v", told, j.kept, len(j.byPID), len(j.order), s)
	}
}
