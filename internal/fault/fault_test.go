package fault

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCodedNamesValues(t *testing.T) {
	type role string
	e := New(Invalid, "%d of %s: %x at %s, because %v", 3, role("analyst"), [2]byte{0xab, 1}, time.Unix(0, 0), errors.New("it broke")).
		Coded("some", "count", "role", "hash", "at_time", "why")
	raw, err := json.Marshal(e.Params)
	want := `{"at_time":"1970-01-01T00:00:00Z","count":3,"hash":"ab01","role":"analyst","why":"it broke"}`
	if err != nil || e.Code != "some" || string(raw) != want {
		t.Errorf("got %s %s, %v; want %s", e.Code, raw, err, want)
	}
}

// A reason keeps its own code within that of what it is the reason of; and the
// error that it is made of can still be found.
func TestReasonsWithinReasons(t *testing.T) {
	cause := errors.New("cause")
	inner := Sayf("inner %v", cause).Coded("inner", "what")
	outer := TextOf(Sayf("line %d: %v", 7, inner).Coded("at_line", "line", "why"))
	raw, err := json.Marshal(outer)
	want := `{"message":"line 7: inner cause","code":"at_line","params":{"line":7,"why":{"message":"inner cause","code":"inner","params":{"what":"cause"}}}}`
	if err != nil || string(raw) != want {
		t.Errorf("got %s, %v; want %s", raw, err, want)
	}
	if !errors.Is(inner, cause) {
		t.Error("the cause is lost")
	}
	if plain := TextOf(cause); plain.Message != "cause" || plain.Code != "" {
		t.Errorf("an error without a code becomes %+v", plain)
	}
}

func TestLongValuesAreCut(t *testing.T) {
	e := Invalidf("%s", strings.Repeat("é", 500)).Coded("long", "text")
	got, _ := e.Params["text"].(string)
	if len(got) > longest+len("…") || !strings.HasSuffix(got, "é…") {
		t.Errorf("a text of 1000 bytes is told as %d bytes ending in %q", len(got), got[len(got)-5:])
	}
}
