//go:build unix

package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// A tree has the processes that Descendants has, in that order, whatever the
// size of a page; and each says how many children it has, those on other pages
// and below the depth asked for too.
func TestTree(t *testing.T) {
	s := storetest.Open(t)
	random := rand.New(rand.NewPCG(3, 4))
	for _, sensor := range []string{"by key", "by pid"} {
		st := imported(t, s, sensor)
		var events []event.Process
		for n := 1; n <= 300; n++ {
			at := time.Duration(n/3) * time.Second // some start in the same instant
			parent := random.IntN(n)
			if sensor == "by key" {
				events = append(events, sysmonStart(n, parent, at, `C:\a.exe`))
			} else {
				// Pids come again: only the last of a pid can be the parent.
				events = append(events, securityStart(uint32(1+n%97), uint32(1+parent%97), at, fmt.Sprintf(`C:\%d.exe`, n)))
			}
			if n > 1 && random.IntN(3) == 0 && sensor == "by key" {
				events = append(events, sysmonStop(n, at+time.Hour))
			}
		}
		// Children before their parents, so that nobody has found those.
		slices.Reverse(events)
		for part := range slices.Chunk(events, 50) {
			add(t, s, st, part...)
		}
		first := events[len(events)-1]
		root := refOf(st, first)
		all, more, err := s.Descendants(t.Context(), root, store.ProcessRef{}, 1000)
		if err != nil || more || len(all) < 20 {
			t.Fatalf("%s: %d descendants, %v", sensor, len(all), err)
		}
		children := map[store.ProcessRef]int64{}
		for _, d := range all {
			children[d.Parent]++
		}
		for _, depth := range []int{1, 2, 64} {
			var want []store.Descendant
			for _, d := range all {
				if d.Depth <= depth {
					want = append(want, d)
				}
			}
			for _, limit := range []int{7, 1000} {
				var got []store.TreeNode
				var after store.ProcessRef
				for more := true; more; {
					var page []store.TreeNode
					if page, more, err = s.Tree(t.Context(), root, after, depth, limit); err != nil {
						t.Fatal(err)
					}
					got = append(got, page...)
					after = page[len(page)-1].Ref
				}
				if len(got) != len(want) {
					t.Fatalf("%s, depth %d, %d a page: %d nodes, want %d", sensor, depth, limit, len(got), len(want))
				}
				for i, n := range got {
					d := want[i]
					if n.Ref != d.Ref || n.Parent != d.Parent || n.Depth != d.Depth || n.PID != d.PID || n.Image != d.Image || n.BinaryID != d.BinaryID ||
						n.User != d.User || n.CommandLine != d.CommandLine || n.Prevalence != d.Prevalence || !n.Stopped.Equal(d.Stopped) {
						t.Errorf("%s: node %+v is not %+v", sensor, n, d)
					}
					if n.Children != children[n.Ref] {
						t.Errorf("%s, depth %d, %d a page: %s has %d children, want %d", sensor, depth, limit, n.Ref, n.Children, children[n.Ref])
					}
				}
			}
		}
		e, err := s.Process(t.Context(), root)
		if err != nil {
			t.Fatal(err)
		}
		if n, known, err := s.CountChildren(t.Context(), e); err != nil || !known || n != children[root] || n == 0 {
			t.Errorf("%s: the root has %d children, %v; want %d", sensor, n, err, children[root])
		}
		if _, _, err := s.Tree(t.Context(), all[0].Ref, root, 64, 10); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a cursor from elsewhere: %v", err)
		}
	}
}

func TestTreeCutsCommandLines(t *testing.T) {
	s := storetest.Open(t)
	st := imported(t, s, "A")
	child := sysmonStart(2, 1, time.Second, `C:\a.exe`)
	child.CommandLine = strings.Repeat("é", 301)
	code := uint32(0xc0000005)
	stop := sysmonStop(2, time.Minute)
	stop.ExitCode = &code
	root := sysmonStart(1, 0, 0, `C:\a.exe`)
	add(t, s, st, root, child, stop)
	page, more, err := s.Tree(t.Context(), refOf(st, root), store.ProcessRef{}, 64, 10)
	if err != nil || more || len(page) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	n := page[0]
	if n.CommandLine != strings.Repeat("é", 300) || !n.Truncated || n.ExitCode == nil || *n.ExitCode != code || !n.Stopped.Equal(monday.Add(time.Minute)) {
		t.Errorf("%+v", n)
	}
}
