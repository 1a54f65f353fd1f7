//go:build unix

package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
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

// lowerASCII is the case that the filter language knows.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// valueOf returns what row j has in a field, as facets write it; "" for nothing.
func (m *filterMaker) valueOf(j int, f *query.Field) string {
	row, values := &m.rows[j], m.json[j]
	text := func(name string) string {
		if v, ok := values[name]; ok {
			return fmt.Sprint(v)
		}
		return ""
	}
	base := func(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }
	switch f.Name {
	case "name":
		return base(row.Image)
	case "parent_name":
		return base(row.ParentImage)
	case "station_id":
		return fmt.Sprint(row.StationID)
	case "binary_id", "parent_binary_id":
		if id := map[string]int64{"binary_id": row.BinaryID, "parent_binary_id": row.ParentBinaryID}[f.Name]; id != 0 {
			return fmt.Sprint(id)
		}
		return ""
	case "running":
		return fmt.Sprint(row.Stopped.IsZero() && row.Kind != event.Stop)
	case "pid":
		return fmt.Sprint(row.PID)
	case "hash":
		return strings.TrimSpace(strings.Split(row.SHA256+" "+row.SHA1+" "+row.MD5, " ")[0])
	case "wow64", "protected", "packaged", "app_container", "image_mismatch", "inferred":
		return fmt.Sprint(text(f.Name) == "true") // JSON leaves out what is false
	}
	if v := text(f.Name); v != "" || row.Statistics == nil || !isStatistic(f.Name) {
		return v
	}
	return "0" // JSON leaves it out
}

func isStatistic(name string) bool {
	of := reflect.TypeFor[event.Statistics]()
	for i := range of.NumField() {
		if tag, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); tag == name {
			return true
		}
	}
	return false
}

// The facets of a search say what counting the events that it lists says.
func TestFacets(t *testing.T) {
	s := storetest.Open(t)
	m := &filterMaker{Rand: rand.New(rand.NewPCG(9, 10))}
	m.fill(t, s)
	var fields []*query.Field
	for _, f := range query.Fields() {
		_, err := s.FacetBy(t.Context(), store.FacetList{Fields: []*query.Field{f}, Limit: 10})
		switch f.Type {
		case query.Time, query.Duration, query.GUID, query.Privilege, query.Capability:
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v, want a refusal", f.Name, err)
			}
			continue
		}
		if f.Name != "prevalence" && f.Name != "runs" {
			fields = append(fields, f)
		}
	}
	for _, text := range []string{"", "kind:start", "kind:stop", "user:bob", "-signed:true", "exit_code:0", "name:nothing_has_it"} {
		q := parse(t, text)
		fits := q.Predicate()
		for some := range slices.Chunk(fields, 8) {
			got, err := s.FacetBy(t.Context(), store.FacetList{Search: store.Search{Query: q}, Fields: some, Limit: 1000})
			if err != nil || !got.Complete {
				t.Fatalf("%s: %+v, %v", text, got, err)
			}
			for i, f := range some {
				compareFacet(t, m, text, f, got.Facets[i], got.Events, fits)
			}
		}
	}
}

func compareFacet(t *testing.T, m *filterMaker, search string, f *query.Field, got store.Facet, events int64, fits func(*query.Row) bool) {
	t.Helper()
	want := map[string]int64{}
	var all, blank int64
	for j := range m.rows {
		if !fits(&m.rows[j]) {
			continue
		}
		all++
		v := lowerASCII(m.valueOf(j, f))
		if f.Match == query.Directory {
			v = strings.TrimRight(v, `\/`)
		}
		if v == "" && m.valueOf(j, f) == "" {
			blank++
		} else {
			want[v]++
		}
	}
	found := map[string]int64{}
	last := int64(1 << 62)
	for _, v := range got.Values {
		text := lowerASCII(v.Value)
		if f.Match == query.Directory {
			text = strings.TrimRight(text, `\/`)
		}
		found[text] += v.Count
		if v.Count > last {
			t.Errorf("%s of %q: %q with %d events comes after one with %d", f.Name, search, v.Value, v.Count, last)
		}
		last = v.Count
	}
	a, _ := json.Marshal(found)
	b, _ := json.Marshal(want)
	if string(a) != string(b) || got.Blank != blank || got.Others != 0 || events != all {
		t.Errorf("%s of %q: %d events, %d blank, %d others, %s\nwant %d, %d, 0, %s", f.Name, search, events, got.Blank, got.Others, a, all, blank, b)
	}
}

// A facet shows the values with most events, and says how many it does not show.
func TestFacetLimitAndTime(t *testing.T) {
	s := storetest.Open(t)
	live, err := s.LiveStation(t.Context(), "k", "a", monday)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"A", "A"} { // an imported station may have the name of a live one
		st := imported(t, s, name)
		if i == 1 {
			st = live
		}
		var events []event.Process
		for n := range 10 {
			p := sysmonStart(n+1, 0, time.Duration(n)*time.Hour, `C:\`+strings.Repeat("x", n/4+1)+".exe")
			if i == 1 {
				p.Seq = uint64(n + 1)
			}
			events = append(events, p)
		}
		addBatch(t, s, store.StationEvents{Station: st, Live: i == 1, Events: events})
	}
	field := func(name string) *query.Field {
		f, ok := query.FieldByName(name)
		if !ok {
			t.Fatalf("there is no field %s", name)
		}
		return f
	}
	got, err := s.FacetBy(t.Context(), store.FacetList{Fields: []*query.Field{field("image"), field("station"), field("command_line"), field("exit_code")}, Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	image, station, line, exit := got.Facets[0], got.Facets[1], got.Facets[2], got.Facets[3]
	if len(image.Values) != 2 || image.Values[0].Count != 8 || image.Values[1].Count != 8 || image.Others != 4 || image.Blank != 0 {
		t.Errorf("images: %+v", image)
	}
	if len(station.Values) != 2 || station.Values[0].ID == station.Values[1].ID || station.Values[0].Count != 10 {
		t.Errorf("two stations of one name are two values: %+v", station)
	}
	if len(line.Values) != 2 || line.Values[0].Count != 2 || line.Others != 16 || !strings.Contains(line.Values[0].Value, "--number") {
		t.Errorf("command lines: %+v", line)
	}
	if len(exit.Values) != 0 || exit.Blank != 20 {
		t.Errorf("exit codes: %+v", exit)
	}
	rare, err := s.FacetBy(t.Context(), store.FacetList{Fields: []*query.Field{field("image"), field("pid")}, Limit: 1, Rarest: true})
	if err != nil || rare.Facets[0].Values[0] != (store.FacetValue{Value: `C:\xxx.exe`, Count: 4}) || rare.Facets[0].Others != 16 || rare.Facets[1].Values[0].Count != 2 {
		t.Errorf("the rarest first: %+v, %v", rare, err)
	}
	cut, err := s.FacetBy(t.Context(), store.FacetList{Search: store.Search{Budget: time.Nanosecond}, Fields: []*query.Field{field("image")}, Limit: 2})
	if err != nil || cut.Complete || cut.SearchedTo.IsZero() {
		t.Errorf("with no time at all: %+v, %v", cut, err)
	}
}
