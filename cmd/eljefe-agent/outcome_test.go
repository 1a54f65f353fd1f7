package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eljefe/eljefe/internal/agent"
	"github.com/eljefe/eljefe/internal/agent/plain"
	"github.com/eljefe/eljefe/internal/agent/uplink"
)

// moment is what an agent says from some time after its start on.
type moment struct {
	after  time.Duration
	reason uplink.Reason // "": it says nothing yet
	there  bool          // it has contact
	gone   bool          // it does not answer
}

func TestAwaitOutcome(t *testing.T) {
	for _, test := range []struct {
		name  string
		story []moment
		want  string // reason, "contact", "gone" or "nothing"
		least time.Duration
		most  time.Duration
	}{
		{"at once", []moment{{0, "", true, false}}, "contact", 0, 0},
		{"after a while", []moment{{0, "", false, true}, {time.Second, "", false, false}, {20 * time.Second, "", true, false}}, "contact", 20 * time.Second, 21 * time.Second},
		{"its network comes up", []moment{{0, uplink.ReasonName, false, false}, {4 * time.Second, "", true, false}}, "contact", 4 * time.Second, 5 * time.Second},
		{"a key that is not taken", []moment{{0, "", false, false}, {2 * time.Second, uplink.ReasonKey, false, false}}, "key", 2 * time.Second, 3 * time.Second},
		{"nothing listens", []moment{{0, "", false, false}, {2 * time.Second, uplink.ReasonClosed, false, false}}, "closed", 7 * time.Second, 8 * time.Second},
		{"one reason after the other", []moment{{0, uplink.ReasonName, false, false}, {3 * time.Second, uplink.ReasonTrust, false, false}}, "trust", 5 * time.Second, 6 * time.Second},
		{"no answer", []moment{{0, "", false, false}}, "nothing", 30 * time.Second, 31 * time.Second},
		{"it crashed", []moment{{0, uplink.ReasonName, false, false}, {time.Second, "", false, true}}, "gone", 30 * time.Second, 31 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				o, err := awaitOutcome(t.Context(), func() (*agent.Status, error) {
					var now moment
					for _, m := range test.story {
						if time.Since(began) >= m.after {
							now = m
						}
					}
					if now.gone {
						return nil, agent.ErrNotRunning
					}
					return &agent.Status{Link: agent.Link{Connected: now.there, Reason: now.reason}}, nil
				}, contactLimit)
				if err != nil {
					t.Fatal(err)
				}
				got := "nothing"
				switch {
				case o.status == nil:
					got = "gone"
				case o.well():
					got = "contact"
				case o.status.Link.Reason != "":
					got = string(o.status.Link.Reason)
				}
				if took := time.Since(began); got != test.want || took < test.least || took > test.most {
					t.Errorf("%s after %s; want %s between %s and %s", got, took, test.want, test.least, test.most)
				}
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := awaitOutcome(ctx, agentIn(t.TempDir()), time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("told to end, it ends with %v", err)
	}
}

// Whatever is wrong, what is said has the facts, and ends in what becomes of it.
func TestOutcomeIsExplained(t *testing.T) {
	for _, name := range plain.Names() {
		l, err := plain.In(name)
		if err != nil {
			t.Fatal(err)
		}
		for reason, facts := range map[uplink.Reason][]string{
			uplink.ReasonName: {"eljefe.example.org", "https://eljefe.example.org:8444"}, uplink.ReasonClosed: {"eljefe.example.org", "8444"},
			uplink.ReasonUnreachable: {"eljefe.example.org", "8444"}, "": {"eljefe.example.org", "8444"}, uplink.ReasonProxy: {"the error"},
			uplink.ReasonForeign: {"https://eljefe.example.org:8444", "8443"}, uplink.ReasonTrust: {authority, agentProgram() + " uninstall --purge"},
			uplink.ReasonTime: {time.Now().Format("2006-01-02")}, uplink.ReasonKey: {"what it said."}, uplink.ReasonNoKey: {"Client"},
			uplink.ReasonRevoked: {"what it said", "uninstall --purge"}, uplink.ReasonRetired: {"what it said"}, uplink.ReasonVersion: {"what it said"},
			uplink.ReasonClock: {"what it said", time.Now().Format("2006-01-02")}, uplink.ReasonBusy: {"what it said"}, uplink.ReasonOther: {"the error"},
		} {
			o := outcome{status: &agent.Status{Server: "https://eljefe.example.org:8444", Authority: authority, Link: agent.Link{Error: "the error", Reason: reason, Said: "what it said."}}}
			text := strings.Join(o.explain(l), "\n")
			wantIn(t, name+", "+string(reason), text, append(facts, agentLog()))
			if strings.ContainsAny(text, "{}") || strings.Contains(text, "..") || o.well() {
				t.Errorf("%s, %s: %s", name, reason, text)
			}
			again := strings.Contains(text, "goes on trying") || strings.Contains(text, "sigue intentándolo")
			if again == needsHelp(reason) {
				t.Errorf("%s, %s: it says that it goes on trying: %t\n%s", name, reason, again, text)
			}
		}
		well := outcome{status: &agent.Status{Server: "https://x", Station: 12, Link: agent.Link{Connected: true}}}
		wantIn(t, name, strings.Join(well.explain(l), "\n"), []string{"https://x", " 12."})
		gone := outcome{err: errors.New("nobody there")}
		wantIn(t, name, strings.Join(gone.explain(l), "\n"), []string{"nobody there", agentLog()})
	}
}

func TestLookBefore(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "agent")
	l, err := plain.In()
	if err != nil {
		t.Fatal(err)
	}
	says := func(content, ran string) string {
		i := installation{before: lookBefore(program, dir, []byte(content))}
		i.before.version = ran
		return i.done(l, version)
	}
	wantIn(t, "the first time", says("one", ""), []string{"is installed and runs"})
	if err := os.WriteFile(program, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantIn(t, "the same again", says("one", "v1"), []string{"put in order"})
	wantIn(t, "another", says("two", ""), []string{"was upgraded and runs"})
	wantIn(t, "another of this version", says("two", version), []string{"was upgraded and runs"})
	wantIn(t, "another version", says("two", "v1"), []string{"from version v1 to " + version})
	if b := lookBefore(program, dir, nil); !b.there || !b.same {
		t.Errorf("by itself it is %+v", b)
	}
}
