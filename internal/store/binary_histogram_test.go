//go:build unix

package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store/storetest"
)

func TestBinariesOverTime(t *testing.T) {
	s := storetest.Open(t)
	if _, _, ok, err := s.BinaryBounds(t.Context(), nil); ok || err != nil {
		t.Errorf("bounds of no binaries: %t, %v", ok, err)
	}
	if id, err := s.NewestBinary(t.Context()); id != 0 || err != nil {
		t.Errorf("the newest of no binaries: %d, %v", id, err)
	}
	a, _, _ := smallFleet(t, s) // first seen at 0 h, 0 h 1 min and 4 h; partly folded

	for _, tt := range []struct {
		q              string
		oldest, newest time.Duration
		ok             bool
	}{
		{"", 0, 4 * time.Hour, true},
		{"-name:explorer.exe", time.Minute, 4 * time.Hour, true},
		{"name:nothing", 0, 0, false},
	} {
		oldest, newest, ok, err := s.BinaryBounds(t.Context(), binaryQuery(t, tt.q))
		if err != nil || ok != tt.ok || ok && (!oldest.Equal(monday.Add(tt.oldest)) || !newest.Equal(monday.Add(tt.newest))) {
			t.Errorf("bounds of %q: %s to %s, %t, %v", tt.q, oldest, newest, ok, err)
		}
	}

	for _, tt := range []struct {
		q        string
		from, to time.Duration
		n        int
		width    time.Duration
		want     []int64
	}{
		{"", 0, 4*time.Hour + time.Second, 5, 2881 * time.Second, []int64{2, 0, 0, 0, 1}},
		{"", 0, 5 * time.Hour, 5, time.Hour, []int64{2, 0, 0, 0, 1}},
		{"", 0, 4 * time.Hour, 4, time.Hour, []int64{2, 0, 0, 0}}, // the end is not in it
		{"", time.Second, 5 * time.Hour, 2, 8999500*time.Millisecond + 500*time.Millisecond, []int64{1, 1}},
		{"prevalence:1", 0, 5 * time.Hour, 5, time.Hour, []int64{0, 0, 0, 0, 1}},
		{"", -time.Hour, 0, 1, time.Hour, []int64{0}},
		{"", 0, 2 * time.Second, 500, time.Second, []int64{1, 0}},
		{"", -290 * 365 * 24 * time.Hour, time.Hour, 1, 0, []int64{2}},
	} {
		h, err := s.CountBinariesOverTime(t.Context(), binaryQuery(t, tt.q), monday.Add(tt.from), monday.Add(tt.to), tt.n)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(h.Counts, tt.want) || !h.Complete || tt.width != 0 && h.Width != tt.width {
			t.Errorf("%q from %s to %s: %v, each %s; want %v, each %s", tt.q, tt.from, tt.to, h.Counts, h.Width, tt.want, tt.width)
		}
	}
	h, err := s.CountBinariesOverTime(t.Context(), nil, monday.AddDate(-1500, 0, 0), monday.AddDate(1500, 0, 0), 10)
	if err != nil || h.Counts[9] != 3 {
		t.Errorf("over millennia: %+v, %v; want all in the last bucket", h, err)
	}

	// What is new here may have run long ago.
	newest, err := s.NewestBinary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	add(t, s, a, []event.Process{program(20, 0, -900*time.Hour, 20, `C:\old.exe`, ""), program(21, 0, 50*time.Hour, 1, `C:\Windows\explorer.exe`, "")}...)
	if now, err := s.NewestBinary(t.Context()); err != nil || now != newest+1 {
		t.Errorf("the newest binary is %d, %v; want %d", now, err, newest+1)
	}
}
