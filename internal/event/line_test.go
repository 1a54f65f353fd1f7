package event

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// A line says the same as the event's JSON; no figure has the place of another.
func TestLine(t *testing.T) {
	everything := full(t)
	nothing := Process{Kind: Stop, Time: at, Statistics: &Statistics{}}
	for name, p := range map[string]Process{
		"everything": everything, "no figure but zeros": nothing,
		"no statistics": {Kind: Stop, Time: at}, "a start": {Kind: Start, Time: at, PID: 4, Image: `C:\a "b"`},
	} {
		before := p
		line, err := p.Line()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p, before) {
			t.Errorf("%s: the event was changed", name)
		}
		var got Process
		if err := new(Decoder).Decode(line, &got); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%s: %s\nis read as %+v, %v\nwant %+v", name, line, got, err, p)
		}
		if has := strings.Contains(string(line), `"statistics":[`); has != (p.Statistics != nil) || strings.Contains(string(line), `"handles"`) {
			t.Errorf("%s: its line is %s", name, line)
		}
	}
	// The order of the list is that of the fields, which docs/protocol.md names.
	list := everything.Statistics.List()
	fields := reflect.ValueOf(*everything.Statistics)
	if fields.NumField() != len(list) {
		t.Fatalf("%d figures in the list of %d", len(list), fields.NumField())
	}
	for i, v := range list {
		if v != fields.Field(i).Uint() {
			t.Errorf("figure %d is not %s", i, fields.Type().Field(i).Name)
		}
	}
	if raw, err := json.Marshal(&everything); err != nil || strings.Contains(string(raw), `"statistics"`) {
		t.Errorf("outside of a line: %s, %v", raw, err)
	}
}
