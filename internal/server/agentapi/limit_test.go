package agentapi

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	l := newLimiter(3, time.Second)
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		at   time.Duration
		want bool
	}{
		{0, true}, {0, true}, {0, true}, {0, false}, {900 * time.Millisecond, false},
		{time.Second, true}, {time.Second, false},
		{time.Hour, true}, {time.Hour, true}, {time.Hour, true}, {time.Hour, false},
	} {
		if got := l.allow("a", now.Add(c.at)); got != c.want {
			t.Errorf("%d, after %s: got %t; want %t", i, c.at, got, c.want)
		}
	}
	if !l.allow("b", now.Add(time.Hour)) {
		t.Error("another key is not allowed")
	}
	if wait := l.wait("a", now.Add(time.Hour)); wait != time.Second {
		t.Errorf("a has to wait %s; want a second", wait)
	}
	for i := range 30_000 {
		l.note(fmt.Sprint(i), now)
	}
	if n := l.debts.Len(); n != 10_000 {
		t.Errorf("%d keys are remembered; want 10,000", n)
	}
}

func TestNeighbourhood(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":             "192.0.2.7",
		"::ffff:192.0.2.7":      "192.0.2.7",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::1":  "2001:db8:1:2::/64",
		"fe80::1%eth0":          "fe80::/64",
		"something of a socket": "something of a socket",
	} {
		if got := neighbourhood(address); got != want {
			t.Errorf("%s: got %s; want %s", address, got, want)
		}
	}
}
