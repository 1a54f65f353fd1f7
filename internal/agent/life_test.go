package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/event"
)

func clock(s string) time.Time {
	t, err := time.Parse("15:04", s)
	if err != nil {
		panic(err)
	}
	return t.AddDate(2026, 0, 0)
}

func TestAbsence(t *testing.T) {
	now := clock("09:05")
	monday, tuesday := boot{ID: 1, Began: clock("07:00")}, boot{ID: 2, Began: clock("09:00")}
	for _, tt := range []struct {
		name string
		absence
		want []string // cause, from, to, and a part of the detail
	}{
		{"first start", absence{first: true, boot: tuesday}, nil},
		{"first start, boot unknown", absence{first: true}, nil},
		{"restart", absence{last: tuesday, alive: clock("09:04"), boot: tuesday}, []string{"agent_off 09:04 09:05 did not run"}},
		{"reboot", absence{last: monday, alive: clock("08:30"), boot: tuesday}, []string{
			"agent_off 08:30 09:00 unknown part", "before_agent 09:00 09:05 before the agent",
		}},
		{"boots are not known", absence{alive: clock("08:30")}, []string{"agent_off 08:30 09:05 did not run"}},
		{"reboot, spool lost", absence{last: monday, boot: tuesday}, []string{"before_agent 09:00 09:05 before"}},
		{"clock set back", absence{last: tuesday, alive: clock("10:00"), boot: tuesday}, []string{"agent_off 09:05 10:00 set back"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.absence.now = now
			got := tt.absence.gaps()
			if len(got) != len(tt.want) {
				t.Fatalf("got %+v, want %q", got, tt.want)
			}
			for i, g := range got {
				if err := g.Check(); err != nil {
					t.Error(err)
				}
				line := strings.Join([]string{string(g.Cause), g.From.Format("15:04"), g.To.Format("15:04")}, " ")
				span, detail := tt.want[i][:len(line)], tt.want[i][len(line)+1:]
				if line != span || !strings.Contains(g.Detail, detail) || g.Events != nil {
					t.Errorf("gap %d is %s %q of %v events; want %q", i, line, g.Detail, g.Events, tt.want[i])
				}
			}
		})
	}
}

func TestLife(t *testing.T) {
	dir := t.TempDir()
	if _, ran, err := lastLife(dir); ran || err != nil {
		t.Fatalf("in an empty folder: %v, %v", ran, err)
	}
	want := boot{ID: 77, Began: clock("09:00")}
	if err := keepLife(dir, want); err != nil {
		t.Fatal(err)
	}
	if got, ran, err := lastLife(dir); got != want || !ran || err != nil {
		t.Errorf("got %+v, %v, %v; want %+v", got, ran, err, want)
	}
	if err := os.WriteFile(filepath.Join(dir, lifeFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := lastLife(dir); err == nil || !strings.Contains(err.Error(), "remove") {
		t.Errorf("a damaged file: %v; want an error that says what to do", err)
	}
}

func TestThisStation(t *testing.T) {
	m, err := Machine("1.2")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Machine("1.3")
	if len(m.Fingerprint) != 64 || m.Fingerprint != again.Fingerprint || m.Name == "" || m.System == "" || m.Architecture == "" {
		t.Errorf("the machine is %+v and %+v", m, again)
	}
	s := self(map[string]uint64{"sink": 1})
	if s.MemoryBytes < 1<<20 || s.MemoryBytes > 1<<34 || s.Goroutines < 1 {
		t.Errorf("the agent costs %+v", s)
	}
	if currentBoot == nil {
		t.Skip("this system does not tell its boot")
	}
	b := thisBoot()
	if b.ID == 0 || b.ID >= 1<<53 || b.ID != thisBoot().ID || b.Began.IsZero() || b.Began.After(time.Now()) {
		t.Errorf("the boot is %+v", b)
	}
	if sinceBoot() <= 0 {
		t.Error("there is no clock that counts from the boot")
	}
}

func TestSpan(t *testing.T) {
	g := span(event.ClockJump, clock("10:00"), clock("09:00"), "x")
	if !g.From.Equal(clock("09:00")) || !g.To.Equal(clock("10:00")) || g.Detail == "x" {
		t.Errorf("got %+v; want it the right way round, and said", g)
	}
}
