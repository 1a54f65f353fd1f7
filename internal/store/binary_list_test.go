//go:build unix

package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/query"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

// program is a start of a binary that the hash alone tells from others.
func program(n, parent int, at time.Duration, hash int, image, user string) event.Process {
	p := sysmonStart(n, parent, at, image)
	p.SHA256, p.User = fmt.Sprintf("%064x", hash), user
	return p
}

// smallFleet stores a few programs on three stations, folded up to the last.
//
//	explorer 1: everywhere, starts cmd 2 twice on A and once on B
//	dropper 3: on C alone, as two files, one in Temp
func smallFleet(t *testing.T, s *store.Store) (a, b, c int64) {
	t.Helper()
	a, b, c = imported(t, s, "A"), imported(t, s, "B"), imported(t, s, "C")
	const explorer, cmd = `C:\Windows\explorer.exe`, `C:\Windows\System32\cmd.exe`
	fact := func(p event.Process) event.Process {
		p.Company, p.Description, p.FileSize = "Acme Ltd", "File of Things", 10240
		yes := true
		p.Signed, p.Signer = &yes, "CN=Acme"
		return p
	}
	add(t, s, a, fact(program(1, 0, 0, 1, explorer, `ACME\ana`)), program(2, 1, time.Minute, 2, cmd, `ACME\ana`), program(3, 1, 2*time.Minute, 2, cmd, `ACME\bob`))
	if err := s.FoldPrevalence(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, s, b, program(4, 0, time.Hour, 1, explorer, `ACME\ana`), program(5, 4, 2*time.Hour, 2, cmd, `ACME\ana`))
	add(t, s, c, program(6, 0, 3*time.Hour, 1, explorer, ""), program(7, 0, 4*time.Hour, 3, `C:\Users\eve\Temp\drop.exe`, `ACME\eve`),
		program(8, 0, 30*time.Hour, 3, `C:\Windows\svchost.exe`, `ACME\eve`))
	return a, b, c
}

func binaryQuery(t *testing.T, text string) *query.Query {
	t.Helper()
	q, err := query.ParseBinaries(text, monday.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func names(list []store.Binary) string {
	var all []string
	for _, b := range list {
		all = append(all, b.Name)
	}
	return strings.Join(all, " ")
}

func TestBinaries(t *testing.T) {
	s := storetest.Open(t)
	smallFleet(t, s)
	for _, tt := range []struct{ q, sort, want string }{
		{"", "first_seen", "explorer.exe cmd.exe drop.exe"},
		{"", "last_seen", "cmd.exe explorer.exe drop.exe"},
		{"", "stations", "drop.exe cmd.exe explorer.exe"},
		{"", "runs", "drop.exe explorer.exe cmd.exe"},
		{"", "name", "cmd.exe drop.exe explorer.exe"},
		{"prevalence:1", "name", "drop.exe"},
		{"prevalence:2..3", "name", "cmd.exe explorer.exe"},
		{"runs:!=3", "name", "drop.exe"},
		{"first_seen:>2026-11-16T10:00", "name", "drop.exe"},
		{"first_seen:>-22h", "name", "drop.exe"},
		{"last_seen:<2026-11-17", "name", "cmd.exe explorer.exe"},
		{"image:*\\temp\\*", "name", "drop.exe"},
		{"-image:*\\temp\\*", "name", "cmd.exe explorer.exe"},
		{"name:svchost.exe", "name", "drop.exe"},
		{"name:svchost.exe image:*\\windows\\*", "name", "drop.exe"},
		{"name:drop.exe image:*\\windows\\*", "name", ""},
		{"image:svchost.exe OR image:cmd.exe", "name", "cmd.exe drop.exe"},
		{"acme", "name", "explorer.exe"},
		{`"of things"`, "name", "explorer.exe"},
		{"system32", "name", "cmd.exe"},
		{"-system32", "name", "drop.exe explorer.exe"},
		{"-signed:true", "name", "cmd.exe drop.exe"},
		{`signer:""`, "name", "cmd.exe drop.exe"},
		{"signed:*", "name", "explorer.exe"},
		{"file_size:10KiB", "name", "explorer.exe"},
		{"company:acme*", "name", "explorer.exe"},
		{"hash:000000", "name", "cmd.exe drop.exe explorer.exe"},
		{fmt.Sprintf("sha256:%064x", 2), "name", "cmd.exe"},
		{`sha1:""`, "name", "cmd.exe drop.exe explorer.exe"},
		{"md5:*", "name", ""},
		{"-(runs:3 OR nothing)", "name", "drop.exe"},
	} {
		q := binaryQuery(t, tt.q)
		// One by one, in either order, as in one piece.
		for _, descending := range []bool{false, true} {
			want := strings.Fields(tt.want)
			if descending {
				slices.Reverse(want)
			}
			for _, limit := range []int{1, 100} {
				l := store.BinaryList{Query: q, Sort: tt.sort, Descending: descending, Limit: limit}
				var got []store.Binary
				for {
					list, next, err := s.Binaries(t.Context(), l)
					if err != nil {
						t.Fatalf("%s by %s: %v", tt.q, tt.sort, err)
					}
					got = append(got, list...)
					if l.Cursor = next; next == "" {
						break
					}
				}
				if names(got) != strings.Join(want, " ") {
					t.Errorf("%s by %s, descending %t, %d a page: %s, want %s", tt.q, tt.sort, descending, limit, names(got), want)
				}
			}
		}
		n, more, err := s.CountBinaries(t.Context(), q, 2)
		if want := int64(len(strings.Fields(tt.want))); err != nil || n != min(want, 2) || more != (want > 2) {
			t.Errorf("%s: counted %d, more %t, %v; want %d", tt.q, n, more, err, want)
		}
	}
	_, next, err := s.Binaries(t.Context(), store.BinaryList{Sort: "runs", Limit: 1})
	if err != nil || next == "" {
		t.Fatalf("%q, %v", next, err)
	}
	for _, l := range []store.BinaryList{{Sort: "name", Cursor: next}, {Sort: "runs", Descending: true, Cursor: next}, {Sort: "runs", Cursor: "x"}, {Sort: "size"}} {
		if _, _, err := s.Binaries(t.Context(), l); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v, want a refusal", l, err)
		}
	}
}

// What the page of a binary says is the same before and after the deltas are folded.
func TestBinaryPage(t *testing.T) {
	s := storetest.Open(t)
	a, b, c := smallFleet(t, s)
	for _, folded := range []bool{false, true} {
		if folded {
			if err := s.FoldPrevalence(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		id := func(hash int) int64 {
			raw := make([]byte, 32)
			raw[31] = byte(hash)
			id, err := s.BinaryByHash(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		explorer, cmd, drop := id(1), id(2), id(3)
		got, err := s.Binary(t.Context(), drop)
		if err != nil || got.Stations != 1 || got.Runs != 2 || !got.FirstSeen.Equal(monday.Add(4*time.Hour)) || !got.LastSeen.Equal(monday.Add(30*time.Hour)) ||
			len(got.Paths) != 2 || got.MorePaths != 0 || got.IdentifiedBy != "sha256" {
			t.Errorf("dropper: %+v, %v", got, err)
		}
		stations, next, err := s.BinaryStations(t.Context(), cmd, "", 1)
		if err != nil || len(stations) != 1 || stations[0].ID != a || stations[0].Users != 2 || !stations[0].FirstSeen.Equal(monday.Add(time.Minute)) {
			t.Errorf("first station of cmd: %+v, %v", stations, err)
		}
		stations, next, err = s.BinaryStations(t.Context(), cmd, next, 1)
		if err != nil || len(stations) != 1 || stations[0].ID != b || stations[0].Users != 1 || next != "" {
			t.Errorf("second station of cmd: %+v, %q, %v", stations, next, err)
		}
		users, more, err := s.BinaryUsers(t.Context(), cmd, 1)
		if err != nil || !more || len(users) != 1 || users[0].User != `ACME\ana` || users[0].Count != 2 {
			t.Errorf("users of cmd: %+v, more %t, %v", users, more, err)
		}
		users, more, err = s.BinaryUsers(t.Context(), explorer, 10)
		if err != nil || more || len(users) != 1 || users[0].Count != 2 {
			t.Errorf("users of explorer, of which one is not known: %+v, %v", users, err)
		}
		parents, more, err := s.Parents(t.Context(), cmd, 10)
		if err != nil || more || len(parents) != 1 || parents[0].Binary.ID != explorer || parents[0].Runs != 3 || parents[0].Stations != 2 ||
			parents[0].Binary.Stations != 3 || !parents[0].LastSeen.Equal(monday.Add(2*time.Hour)) {
			t.Errorf("parents of cmd: %+v, %v", parents, err)
		}
		children, _, err := s.Children(t.Context(), explorer, 10)
		if err != nil || len(children) != 1 || children[0].Binary.ID != cmd || children[0].Runs != 3 || children[0].Stations != 2 {
			t.Errorf("children of explorer: %+v, %v", children, err)
		}
		if none, _, err := s.Parents(t.Context(), explorer, 10); err != nil || len(none) != 0 {
			t.Errorf("parents of explorer: %+v, %v", none, err)
		}
		page, err := s.ListEvents(t.Context(), store.List{Search: store.Search{Query: parse(t, "name:cmd.exe station:B")}, Limit: 1})
		if err != nil || len(page.Events) != 1 || page.Events[0].LaunchRuns != 3 || page.Events[0].LaunchStations != 2 {
			t.Errorf("the launch of an event: %+v, %v", page, err)
		}
		page, err = s.ListEvents(t.Context(), store.List{Search: store.Search{Query: parse(t, "name:drop.exe")}, Limit: 1})
		if err != nil || len(page.Events) != 1 || page.Events[0].LaunchRuns != 0 || page.Events[0].LaunchStations != 0 {
			t.Errorf("an event whose parent is not stored: %+v, %v", page, err)
		}
		here, next, err := s.StationBinaries(t.Context(), c, "", 1)
		if err != nil || names(here) != "drop.exe" || next == "" || !here[0].FirstSeenHere.Equal(monday.Add(4*time.Hour)) {
			t.Errorf("the rarest on C: %+v, %q, %v", here, next, err)
		}
		here, next, err = s.StationBinaries(t.Context(), c, next, 1)
		if err != nil || names(here) != "explorer.exe" || next != "" || !here[0].FirstSeenHere.Equal(monday.Add(3*time.Hour)) {
			t.Errorf("the next on C: %+v, %q, %v", here, next, err)
		}
		users, _, err = s.StationUsers(t.Context(), a, 10)
		slices.SortFunc(users, func(a, b store.Runner) int { return cmp.Compare(a.User, b.User) })
		if err != nil || len(users) != 2 || users[0].Count != 2 || users[1].Count != 1 {
			t.Errorf("users of A: %+v, %v", users, err)
		}
	}
	if _, err := s.Binary(t.Context(), 4711); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a binary that is not there: %v", err)
	}
	if _, err := s.BinaryByHash(t.Context(), make([]byte, 16)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a hash that is not there: %v", err)
	}
	// Without the one station that ran it nothing is left of the dropper.
	if err := s.RemoveStation(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if left, _, err := s.Binaries(t.Context(), store.BinaryList{Sort: "name", Limit: 10}); err != nil || names(left) != "cmd.exe explorer.exe" {
		t.Errorf("left without C: %s, %v", names(left), err)
	}
}
