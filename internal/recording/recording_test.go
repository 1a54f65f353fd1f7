package recording

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/fault"
)

func TestRead(t *testing.T) {
	const content = "\ufeff" + `{"kind":"start","station":"S","time":"2026-11-16T08:00:00Z","stopped":"2026-11-16T08:00:01Z","pid":8,"exit_code":3,"inferred":true}

{"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational"}
{"kind":
{"kind":"stop","station":"S","time":"2026-11-16T08:00:02Z","pid":9,"statistics":[7,8]}`
	items, err := Read(bytes.NewReader([]byte(content)), int64(len(content)), Config{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var read int64
	for it := range items {
		switch {
		case it.Damage != nil:
			got = append(got, "damage")
			if !strings.Contains(it.Damage.Error(), "line 4") {
				t.Errorf("the damage is %q; want it to name line 4", it.Damage)
			}
		case it.Event == nil:
			got = append(got, "other")
		case it.Second:
			got = append(got, "and its "+string(it.Event.Kind))
			if it.Event.ExitCode == nil || !it.Event.Inferred || it.Event.Time.Second() != 1 {
				t.Errorf("the end is %+v", it.Event)
			}
		default:
			got = append(got, string(it.Event.Kind))
			if it.Event.Kind == event.Stop && (it.Event.Statistics == nil || *it.Event.Statistics != (event.Statistics{Handles: 7, Threads: 8})) {
				t.Errorf("the figures of an agent's line are %+v", it.Event.Statistics)
			}
			if it.Event.Kind == event.Start && (it.Event.ExitCode != nil || it.Event.Inferred) {
				t.Error("the start has what is the end's: its exit code, or that it was inferred")
			}
		}
		read = it.Read
	}
	if want := "start, and its stop, other, damage, stop"; strings.Join(got, ", ") != want || read != int64(len(content)) {
		t.Errorf("got %q and read %d bytes; want %q and %d", strings.Join(got, ", "), read, want, len(content))
	}
}

func TestNoRecording(t *testing.T) {
	for name, content := range map[string]string{"empty": "", "text": "hello", "laid out": "{\n \"kind\": \"start\"}", "zip": "PK\x03\x04"} {
		_, err := Read(strings.NewReader(content), int64(len(content)), Config{})
		if !errors.Is(err, ErrFormat) || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v; want an error that says what can be read", name, err)
		}
	}
	file, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := Read(file, 10, Config{}); err == nil || errors.Is(err, ErrFormat) {
		t.Errorf("what cannot be read: %v; want the reason, which is not the format", err)
	}
}
