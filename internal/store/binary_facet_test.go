//go:build unix

package store_test

import (
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

func TestBinaryFacets(t *testing.T) {
	s := storetest.Open(t)
	a, _, _ := smallFleet(t, s)
	signed := func(n int, signer string, yes bool) event.Process {
		p := program(n, 0, time.Duration(n)*time.Minute, n, fmt.Sprintf(`C:\%d.exe`, n), "")
		p.Signer, p.Signed = signer, &yes
		return p
	}
	add(t, s, a, signed(11, "cn=ACME", true), signed(12, "CN=Acme", true), signed(13, "CN=Other", false))

	for _, tt := range []struct {
		q, field string
		limit    int
		want     string
	}{
		{"", "signer", 10, "CN=Acme 3, CN=Other 1; others 0, blank 2 of 6"},
		{"", "signer", 1, "CN=Acme 3; others 1, blank 2 of 6"},
		{"", "signed", 10, "true 3, false 1; others 0, blank 2 of 6"},
		{"", "company", 10, "Acme Ltd 1; others 0, blank 5 of 6"},
		{"", "name", 2, "11.exe 1, 12.exe 1; others 4, blank 0 of 6"},
		{"name:svchost.exe", "name", 2, "drop.exe 1; others 0, blank 0 of 1"}, // as it was first seen
		{"signed:true prevalence:1", "signer", 10, "CN=Acme 2; others 0, blank 0 of 2"},
		{"prevalence:>3", "signer", 10, "; others 0, blank 0 of 0"},
	} {
		fields := []*query.Field{binaryField(t, "product"), binaryField(t, tt.field)}
		found, err := s.BinaryFacets(t.Context(), store.BinaryFacetList{Query: binaryQuery(t, tt.q), Fields: fields, Limit: tt.limit})
		if err != nil {
			t.Fatalf("%s of %s: %v", tt.field, tt.q, err)
		}
		var values []string
		f := found.Facets[1]
		for _, v := range f.Values {
			values = append(values, fmt.Sprintf("%s %d", v.Value, v.Count))
		}
		got := fmt.Sprintf("%s; others %d, blank %d of %d", strings.Join(values, ", "), f.Others, f.Blank, found.Events)
		if got != tt.want || f.Field != tt.field || !found.Complete || found.Facets[0].Blank != found.Events {
			t.Errorf("%s of %q: %s, want %s (%+v)", tt.field, tt.q, got, tt.want, found)
		}
	}
	for _, name := range []string{"image", "sha256", "runs", "first_seen", "file_size"} {
		_, err := s.BinaryFacets(t.Context(), store.BinaryFacetList{Fields: []*query.Field{binaryField(t, name)}, Limit: 1})
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

func binaryField(t *testing.T, name string) *query.Field {
	t.Helper()
	f, ok := query.BinaryFieldByName(name)
	if !ok {
		t.Fatalf("there is no field %s of binaries", name)
	}
	return f
}

// What comes in pieces is the whole list, each once and in its order.
func TestEach(t *testing.T) {
	s := storetest.Open(t)
	a := imported(t, s, "A")
	var events []event.Process
	for n := range 1201 {
		events = append(events, program(n+1, 0, time.Duration(n)*time.Second, n+1, fmt.Sprintf(`C:\%04d.exe`, n), ""))
	}
	add(t, s, a, events...)
	var stations []store.StationEvents
	for n := range 501 {
		stations = append(stations, store.StationEvents{Station: imported(t, s, fmt.Sprintf("S%03d", n)), Events: events[:1]})
	}
	if _, err := s.AddEvents(t.Context(), stations); err != nil {
		t.Fatal(err)
	}

	var binaries []string
	pieces := 0
	err := s.EachBinary(t.Context(), store.BinaryList{Sort: "name", Descending: true}, func(list []store.Binary) error {
		pieces++
		for _, b := range list {
			binaries = append(binaries, b.Name)
		}
		return nil
	})
	if err != nil || pieces != 3 || len(binaries) != 1201 || binaries[0] != "1200.exe" || !slices.IsSortedFunc(binaries, func(x, y string) int { return strings.Compare(y, x) }) {
		t.Errorf("%d binaries in %d pieces, %v", len(binaries), pieces, err)
	}
	stop := fmt.Errorf("enough")
	if err := s.EachBinary(t.Context(), store.BinaryList{Sort: "runs", Query: binaryQuery(t, "name:0007.exe")}, func(list []store.Binary) error {
		if names(list) != "0007.exe" {
			t.Errorf("filtered: %s", names(list))
		}
		return stop
	}); err != stop {
		t.Errorf("stopped by %v, want %v", err, stop)
	}
	if err := s.EachBinary(t.Context(), store.BinaryList{Sort: "size"}, nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("by size: %v, want a refusal", err)
	}

	var found []string
	if err := s.EachStation(t.Context(), store.StationList{Sort: "name"}, func(list []store.ListedStation) error {
		for _, st := range list {
			found = append(found, st.Name)
		}
		return nil
	}); err != nil || len(found) != 502 || found[0] != "A" || !slices.IsSorted(found) {
		t.Errorf("%d stations, %v", len(found), err)
	}
}
