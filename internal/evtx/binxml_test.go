package evtx

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestWithoutTemplate reads elements that stand in the record itself, as some
// providers' events do, with System fields as constant texts.
func TestWithoutTemplate(t *testing.T) {
	w := newBuilder()
	w.record(5, func() {
		w.element(false, "Event", func() {
			w.element(false, "System", func() {
				w.element(false, "EventID", func() { w.constant("4688") })
				w.element(false, "Version", func() { w.constant("256") }) // does not fit
				w.element(false, "Computer", func() { w.constant("PC"); w.u8(tokenCharRef); w.u16('1') })
			})
			w.element(false, "UserData", func() {
				w.element(false, "Thing", func() {
					w.element(false, "Name", func() {
						w.constant("a")
						w.u8(tokenEntityRef)
						w.name("lt")
						w.u8(tokenCDATA)
						w.u16(1)
						w.text("b")
					})
				})
			})
		})
	})
	records, damages := readLog(t, w.log())
	if len(records) != 1 || len(damages) != 0 {
		t.Fatalf("%d records, damages %v", len(records), damages)
	}
	r := records[0]
	if r.EventID != 4688 || r.Version != 0 || r.Computer != "PC1" || r.RecordID != 5 || r.Number != 5 || !r.Time.IsZero() {
		t.Errorf("record is %+v", r)
	}
	if want := (time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)); !r.Written.Equal(want) {
		t.Errorf("FILETIME 0 is %v, want %v", r.Written, want)
	}
	if want := []Value{{"Name", "a<b"}}; !slices.Equal(r.Data, want) {
		t.Errorf("data is %q, want %q", r.Data, want)
	}
}

// TestTemplate reads a template used twice, with an array of texts and nested
// binary XML.
func TestTemplate(t *testing.T) {
	nested := func(at int) []byte {
		n := builder{b: make([]byte, at)}
		n.fragment()
		n.element(false, "Inner", func() { n.constant("deep") })
		n.u8(tokenEnd)
		return n.b[at:]
	}
	w := newBuilder()
	var offset uint32
	values := func() {
		two := []value{{typeUint16, []byte{5, 0}}, {typeString | typeArray, utf16Bytes('x', 0, 'y', 'z', 0)}, {typeBinXML, nil}}
		// The nested XML's names are found by their place in the chunk.
		at := len(w.b) + 4 + 3*4 + len(two[0].data) + len(two[1].data)
		two[2].data = nested(at)
		w.values(two...)
	}
	w.record(1, func() {
		offset = uint32(len(w.b)) + instanceSize
		w.definition(func() {
			w.element(true, "Event", func() {
				w.element(true, "System", func() { w.element(true, "EventID", func() { w.substitution(0, typeUint16) }) })
				w.element(true, "EventData", func() {
					w.element(true, "Data", func() { w.substitution(1, typeString|typeArray) })
					w.substitution(2, typeBinXML)
					w.element(true, "Missing", func() { w.substitution(9, typeString) })
				})
			})
		})
		values()
	})
	w.record(2, func() {
		w.u8(tokenInstance, 1)
		w.u32(1)
		w.u32(offset)
		values()
	})
	records, damages := readLog(t, w.log())
	if len(records) != 2 || len(damages) != 0 {
		t.Fatalf("%d records, damages %v", len(records), damages)
	}
	want := []Value{{"Data", "x"}, {"Data", "yz"}, {"Inner", "deep"}, {"Missing", ""}}
	for _, r := range records {
		if r.EventID != 5 || !slices.Equal(r.Data, want) {
			t.Errorf("record %d: event %d, data %q; want 5, %q", r.Number, r.EventID, r.Data, want)
		}
	}
}

// TestBombs reads records that unfold: a template that uses a long text many
// times, one that nests itself, one whose elements nest. They are refused in
// little time, and the good record behind them is delivered.
func TestBombs(t *testing.T) {
	event := func(w *builder, definition bool, content func()) {
		w.element(definition, "Event", func() {
			w.element(definition, "System", func() { w.element(definition, "EventID", func() { w.constant("1") }) })
			w.element(definition, "EventData", content)
		})
	}
	for _, c := range []struct {
		name, says string
		record     func(w *builder)
	}{
		{"text used often", "unfold", func(w *builder) {
			w.definition(func() {
				event(w, true, func() {
					for range 1000 {
						w.element(true, "D", func() { w.substitution(0, typeString) })
					}
				})
			})
			w.values(value{typeString, utf16Bytes(make([]uint16, 10000)...)}, value{typeNull, nil})
			for i := range 10000 { // no NULs
				w.b[len(w.b)-2*(i+1)] = 'x'
			}
		}},
		{"array used often", "unfold", func(w *builder) {
			w.definition(func() {
				event(w, true, func() {
					for range 1000 {
						w.element(true, "D", func() { w.substitution(0, typeString) })
					}
				})
			})
			w.values(value{typeString | typeArray, make([]byte, 20000)})
		}},
		{"nested again and again", "nested deeper|unfold", func(w *builder) {
			// An instance whose value, used a hundred times, is an instance of
			// the same template: the value's own value is the rest of it.
			start := uint32(len(w.b) + instanceSize)
			w.definition(func() {
				event(w, true, func() {
					for range 100 {
						w.substitution(0, typeBinXML)
					}
				})
			})
			inner := []byte{}
			for range 12 {
				outer := builder{}
				outer.u8(tokenInstance, 1)
				outer.u32(1)
				outer.u32(start)
				outer.values(value{typeBinXML, inner})
				inner = outer.b
			}
			w.values(value{typeBinXML, inner})
		}},
		{"deep elements", "nested deeper", func(w *builder) {
			var nest func(n int)
			nest = func(n int) {
				if n > 0 {
					w.element(false, "D", func() { nest(n - 1) })
				}
			}
			event(w, false, func() { nest(1000) })
		}},
		{"long name", "a name has", func(w *builder) {
			event(w, false, func() { w.element(false, strings.Repeat("n", 2000), func() {}) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newBuilder()
			w.record(1, func() { c.record(w) })
			w.record(2, func() { event(w, false, func() { w.element(false, "Good", func() { w.constant("yes") }) }) })
			start := time.Now()
			records, damages := readLog(t, w.log())
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			if len(damages) != 1 || damages[0].Record != 1 {
				t.Fatalf("damages are %v; want one, of record 1", damages)
			}
			said := false
			for says := range strings.SplitSeq(c.says, "|") {
				said = said || strings.Contains(damages[0].Error(), says)
			}
			if !said {
				t.Errorf("damage is %q; want it to say %q", damages[0], c.says)
			}
			if len(records) != 1 || len(records[0].Data) != 1 || records[0].Data[0].Text != "yes" {
				t.Errorf("records are %v; want the second", records)
			}
		})
	}
}
