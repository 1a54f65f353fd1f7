package fleet

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fleet/scenario"
	"github.com/eljefe/eljefe/internal/fleet/world"
)

// A script tells the recent past first, each record once, and in the same order
// however often and at whatever moments it is read.
func TestScript(t *testing.T) {
	s, err := scenario.Load(scenario.OfficeFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	live := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	cut, end := live.Add(-recent), live.Add(3*time.Hour)
	play := func() *world.Station {
		for _, st := range world.New(s, world.Config{Seed: 1, From: live.AddDate(0, 0, -4), Live: live}).Stations() {
			if st.Name() == "GATE-01" {
				return st
			}
		}
		t.Fatal("there is no station GATE-01")
		return nil
	}
	line := func(r world.Record) string {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	var plain, first, then, last []string
	for st := play(); ; {
		r, ok := st.Next(end)
		if !ok {
			break
		}
		plain = append(plain, line(r))
	}
	tell := func(moments ...time.Time) (told []world.Record) {
		sc := &script{recent: play(), past: play(), cut: cut, live: live}
		for _, now := range moments {
			for r, ok := sc.next(now); ok; r, ok = sc.next(now) {
				told = append(told, r)
			}
		}
		return told
	}
	at := tell(end)
	steps := tell(live, live.Add(time.Minute), live.Add(time.Hour), end)
	for i, r := range at {
		switch {
		case len(then) == 0 && len(last) == 0 && !r.Time.Before(cut) && r.Time.Before(live):
			first = append(first, line(r))
		case len(last) == 0 && r.Time.Before(cut.Add(time.Second)):
			then = append(then, line(r))
		default:
			last = append(last, line(r))
		}
		if i >= len(steps) || line(steps[i]) != line(r) {
			t.Fatalf("record %d is another one when it is told step by step", i)
		}
	}
	if len(first) < 200 || len(then) < 500 || len(last) < 20 {
		t.Errorf("%d records of the recent past, %d from before and %d of the present; want some of each", len(first), len(then), len(last))
	}
	if whole := slices.Concat(then, first, last); !slices.Equal(whole, plain) {
		t.Errorf("%d records are told; want the %d of the station", len(whole), len(plain))
	}
}
