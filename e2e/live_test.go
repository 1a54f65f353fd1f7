//go:build linux

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A page that listens hears of events as they are stored, how many of them are
// new to it, and nothing ends an idle stream.
func TestLive(t *testing.T) {
	s := serve(t, dataDir(t))
	b := s.logIn()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.Address+"/api/v1/events/live?q=image:7.exe&after=2026-11-16T08:00:00Z", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(res.Body); in.Scan(); {
			lines <- in.Text()
		}
	}()
	wait := func(want string) {
		t.Helper()
		for {
			select {
			case line, open := <-lines:
				if !open {
					t.Fatalf("the stream ended before %q", want)
				}
				if strings.Contains(line, want) {
					return
				}
			case <-time.After(25 * time.Second):
				t.Fatalf("no %q in 25 s", want)
			}
		}
	}
	wait("event: ping")
	time.Sleep(7 * time.Second) // longer than any deadline of a single write
	// Of 100 processes 2 are 7.exe: two starts, and two stops.
	if job := b.importFile("a.ndjson", ndjson(100)); job.Added != 200 {
		t.Fatalf("import: %+v", job)
	}
	wait("event: stored")
	wait(fmt.Sprintf(`"count":%d`, 4))
	wait("event: ping")
}
