//go:build unix

package update

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// What new programs do in these tests; each is a whole program.
const (
	works    = "#!/bin/sh\necho recording\necho reported\nexec cat >/dev/null\n"
	hangs    = "#!/bin/sh\necho recording\nexec cat >/dev/null\n"
	crashes  = "#!/bin/sh\necho 'it breaks' >&2\nexit 3\n"
	ends     = "#!/bin/sh\nexit 0\n"
	noFormat = "this is no program"
	babbles  = "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do echo $i; done\necho reported\necho reported\nexec cat >/dev/null\n"
)

// rig is a station with an agent v1.0.0 that is installed, and its server.
type rig struct {
	t         *testing.T
	state     string
	installed string
	authority *pki.Authority
	key       *pki.UpdateKey
	program   []byte // that the server gives out
	offers    []*wire.Update
	withdrawn bool
	did       func(string)
	steps     []string
	fetched   int64
	welcome   func()
}

func newRig(t *testing.T, program string) *rig {
	t.Helper()
	a, err := pki.Open(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, state: filepath.Join(t.TempDir(), "state"), authority: a, program: []byte(program)}
	if r.key, err = a.UpdateKey(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(r.state, 0o700); err != nil {
		t.Fatal(err)
	}
	r.installed = filepath.Join(t.TempDir(), "eljefe-agent")
	r.install("v1.0.0")
	r.offer("v2.0.0", 1)
	return r
}

// install has a person install a program.
func (r *rig) install(content string) {
	r.t.Helper()
	if err := os.WriteFile(r.installed, []byte(content), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) offer(version string, attempt int) *update.Offer {
	r.t.Helper()
	sum := sha256.Sum256(r.program)
	o := &update.Offer{
		Station: 7, Version: version, System: "linux", Arch: "amd64", Size: int64(len(r.program)), SHA256: hex.EncodeToString(sum[:]), Attempt: attempt, Time: time.Now(),
	}
	u, err := update.Seal(o, r.key)
	if err != nil {
		r.t.Fatal(err)
	}
	r.offers = append(r.offers, u)
	return o
}

var errGone = errors.New("not offered")

// engine is the one of an agent of a version.
func (r *rig) engine(version string) *Engine {
	e := New(Config{
		State: r.state, Authority: r.authority.Fingerprint(), Version: version, System: "linux", Arch: "amd64",
		Station: func() int64 { return 7 },
		Tell:    func() { r.welcome() },
		Fetch: func(_ context.Context, sum string, offset int64) ([]byte, error) {
			if r.withdrawn {
				return nil, errGone
			}
			r.fetched += min(16, int64(len(r.program))-offset)
			return r.program[offset:min(offset+16, int64(len(r.program)))], nil
		},
		Gone: func(err error) bool { return errors.Is(err, errGone) },
	})
	e.folder.did = r.note
	r.welcome = func() { e.Welcomed(r.offers[len(r.offers)-1]) }
	return e
}

func (r *rig) note(step string) {
	r.steps = append(r.steps, step)
	if r.did != nil {
		r.did(step)
	}
}

// became is how a process ends that has become another one, and killed how one
// ends that is killed.
type (
	became string
	killed string
)

// live runs the agent as it is started by a service manager, until it is killed,
// becomes another one, or has nothing to do. It returns what runs then.
func (r *rig) live(version string) (runs string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	defer func() {
		switch end := recover().(type) {
		case nil:
		case became:
			runs = string(end)
		case killed:
			runs = "nothing"
		default:
			panic(end)
		}
	}()
	s := r.supervisor(version)
	s.Become = func(program string, args []string) error {
		if strings.Join(args, " ") != program+" run" {
			r.t.Errorf("it becomes %q", args)
		}
		panic(became(program))
	}
	if err := s.Run(ctx, r.work(version)); err != nil || ctx.Err() != nil {
		r.t.Fatalf("the agent ended with %v, %v", err, ctx.Err())
	}
	return r.installed
}

func (r *rig) supervisor(version string) *Supervisor {
	s := &Supervisor{
		State: r.state, Authority: r.authority.Fingerprint(), Version: version, Program: r.installed,
		Args: []string{"run"}, ChildArgs: []string{"run"}, Trial: time.Second,
	}
	s.folder.did = r.note
	return s
}

// work is the agent, which ends when it has no more to do with an offer.
func (r *rig) work(version string) func(context.Context) error {
	return func(ctx context.Context) error {
		e := r.engine(version)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		e.cfg.Tell = func() {
			if s := e.Report().State; s == "" || ended(s) {
				cancel()
				return
			}
			r.welcome()
		}
		if report := e.Report(); report.SHA256 != "" && ended(report.State) && r.last().Attempt <= report.Attempt {
			return nil
		}
		r.welcome()
		return e.Run(ctx)
	}
}

func (r *rig) last() *update.Offer { return opened(r.offers[len(r.offers)-1]) }

func ended(s wire.UpdateState) bool {
	return s == wire.UpdateReporting || s == wire.UpdateRefused || s == wire.UpdateFailed || s == wire.UpdateRolledBack
}

func (r *rig) record() *record {
	r.t.Helper()
	rec, err := folder{dir: Folder(r.state), pin: r.authority.Fingerprint()}.read()
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// wants holds the record's report to a state, and what is in the folder to what
// is needed.
func (r *rig) wants(state wire.UpdateState, why string, files ...string) {
	r.t.Helper()
	rec := r.record()
	if rec.Report.State != state || !strings.Contains(rec.Report.Why, why) || rec.Candidate != nil || rec.OnTrial {
		r.t.Errorf("the update is %+v; want %s because of %q", rec, state, why)
	}
	entries, err := os.ReadDir(Folder(r.state))
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := append(files, recordFile); strings.Join(names, " ") != strings.Join(want, " ") {
		r.t.Errorf("the folder holds %v; want %v", names, want)
	}
	if raw, err := os.ReadFile(r.installed); err != nil || !strings.HasPrefix(string(raw), "v") {
		r.t.Errorf("the installed program is %q, %v", raw, err)
	}
}

// accepted is the name of the program of the last offer.
func (r *rig) accepted() string { return "agent-" + r.last().SHA256[:16] }

func TestNewProgramsProveThemselves(t *testing.T) {
	for _, tt := range []struct {
		name, program string
		state         wire.UpdateState
		why           string
	}{
		{"works", works, wire.UpdateReporting, ""},
		{"babbles", babbles, wire.UpdateReporting, ""},
		{"hangs", hangs, wire.UpdateRolledBack, "did not report to the server within 1s"},
		{"crashes", crashes, wire.UpdateRolledBack, "exit status 3; it logged last: it breaks"},
		{"ends", ends, wire.UpdateRolledBack, "ended before it had reported: exit code 0"},
		{"cannot be started", noFormat, wire.UpdateRolledBack, "cannot be started"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.program)
			runs := r.live("v1.0.0")
			if tt.state == wire.UpdateReporting {
				if runs != filepath.Join(Folder(r.state), r.accepted()) {
					t.Errorf("in the end %s runs", runs)
				}
				r.wants(tt.state, tt.why, r.accepted())
				return
			}
			if runs != r.installed {
				t.Errorf("in the end %s runs", runs)
			}
			r.wants(tt.state, tt.why)
			before := r.fetched
			r.live("v1.0.0")
			if r.wants(tt.state, tt.why); r.fetched != before {
				t.Error("what failed is fetched again by itself")
			}
			r.offer("v2.0.0", 2) // somebody has it tried again
			if r.live("v1.0.0"); r.fetched != 2*before {
				t.Errorf("in the second attempt %d bytes were fetched, and in the first one %d", r.fetched-before, before)
			}
			if r.wants(tt.state, tt.why); r.record().Report.Attempt != 2 {
				t.Errorf("the report is of attempt %d", r.record().Report.Attempt)
			}
		})
	}
}

// Killed after any step that is on disk, the next start finds a program that
// works, and the update comes to its end.
func TestKilledAfterEachStep(t *testing.T) {
	whole := newRig(t, works)
	whole.live("v1.0.0")
	if len(whole.steps) < 8 {
		t.Fatalf("an update has the steps %q", whole.steps)
	}
	for at, step := range whole.steps {
		t.Run(fmt.Sprintf("%d %s", at+1, step), func(t *testing.T) {
			r := newRig(t, works)
			n := 0
			r.did = func(step string) {
				if n++; n == at+1 {
					panic(killed(step))
				}
			}
			if runs := r.live("v1.0.0"); runs != "nothing" {
				t.Fatalf("it was not killed; %s runs", runs)
			}
			if runs := r.live("v1.0.0"); runs != filepath.Join(Folder(r.state), r.accepted()) {
				t.Errorf("after it was started again, %s runs", runs)
			}
			r.wants(wire.UpdateReporting, "", r.accepted())
			if extra := r.fetched - int64(len(works)); extra != 0 {
				t.Errorf("%d bytes were fetched again", extra)
			}
		})
	}
}

// A program that takes everything down with it is not begun for ever.
func TestTrialsThatEndEverything(t *testing.T) {
	r := newRig(t, works)
	trials := 0
	r.did = func(step string) {
		if step == "trial" {
			trials++
			panic(killed(step))
		}
	}
	for range 4 {
		r.live("v1.0.0")
	}
	if trials != mostTrials {
		t.Errorf("it was tried %d times; want %d", trials, mostTrials)
	}
	r.wants(wire.UpdateRolledBack, "each time something ended it")
}

// An orderly stop in the middle of a trial is not the new program's fault.
func TestStoppedInTrial(t *testing.T) {
	r := newRig(t, hangs)
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		r.did = func(step string) {
			if step == "trial" {
				cancel()
			}
		}
		s := r.supervisor("v1.0.0")
		s.Trial = time.Hour
		if err := s.Run(ctx, r.work("v1.0.0")); err != nil {
			t.Fatal(err)
		}
	}
	if rec := r.record(); rec.Candidate == nil || !rec.Verified || rec.Trials != 0 || rec.OnTrial || rec.Report.State != wire.UpdateVerified {
		t.Errorf("after three stops the record is %+v", rec)
	}
}

// What is offered and is none for this agent is refused before anything is fetched.
func TestRefusals(t *testing.T) {
	other := newRig(t, works)
	for _, tt := range []struct {
		name    string
		version string
		change  func(r *rig)
		why     string
	}{
		{"older", "v2.0.1", func(*rig) {}, "not newer"},
		{"equal", "v2.0.0", func(*rig) {}, "not newer"},
		{"another authority's", "v1.0.0", func(r *rig) { r.offers = other.offers }, "another authority"},
		{"changed", "v1.0.0", func(r *rig) {
			u := *r.offers[0]
			u.Offer = []byte(strings.Replace(string(u.Offer), `"station":7`, `"station":8`, 1))
			r.offers = []*wire.Update{&u}
		}, "bytes were changed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, works)
			tt.change(r)
			r.live(tt.version)
			if r.wants(wire.UpdateRefused, tt.why); r.fetched != 0 {
				t.Errorf("%d bytes were fetched", r.fetched)
			}
		})
	}
}

// A server that gives another program than it offered changes nothing.
func TestOtherProgramThanOffered(t *testing.T) {
	for name, program := range map[string]string{
		"other bytes": strings.Replace(works, "recording", "recordinG", 1), "shorter": works[:len(works)-1], "nothing": "",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, works)
			r.program = []byte(program)
			r.live("v1.0.0")
			r.wants(wire.UpdateFailed, "not the agent that it offered")
		})
	}
}

// What was fetched before may be damaged; then it is fetched anew, once.
func TestDamagedPart(t *testing.T) {
	r := newRig(t, works)
	f := folder{dir: Folder(r.state), pin: r.authority.Fingerprint()}
	if err := f.prepare(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.part(r.last()), make([]byte, 20), 0o700); err != nil {
		t.Fatal(err)
	}
	r.live("v1.0.0")
	r.wants(wire.UpdateReporting, "", r.accepted())
}

// A pause on the server ends what is under way, without blame, and it can be
// offered again.
func TestWithdrawn(t *testing.T) {
	r := newRig(t, works)
	r.withdrawn = true
	r.live("v1.0.0")
	r.wants("", "")
	r.withdrawn = false
	r.offer("v2.0.0", 1)
	r.live("v1.0.0")
	r.wants(wire.UpdateReporting, "", r.accepted())
}

// An accepted program counts as long as nobody installs another one, and runs
// only while it is what was signed and nobody else could change it.
func TestWhatRunsIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(r *rig, program string)
		version string // of the installed program
		runs    bool   // the accepted one
		why     string
	}{
		{"nothing", func(*rig, string) {}, "v1.0.0", true, ""},
		{"a person installs an older one", func(r *rig, _ string) { r.install("v0.9.0") }, "v0.9.0", false, ""},
		{"a person installs a newer one", func(r *rig, _ string) { r.install("v3.0.0") }, "v3.0.0", false, ""},
		{"the program is changed", func(r *rig, p string) { r.write(p, works+"#", 0o700) }, "v1.0.0", false, "it was changed"},
		{"the program is gone", func(r *rig, p string) { r.remove(p) }, "v1.0.0", false, "no such file"},
		{"others may write the program", func(r *rig, p string) { r.chmod(p, 0o722) }, "v1.0.0", false, "other accounts"},
		{"others may write into the folder", func(r *rig, p string) { r.chmod(filepath.Dir(p), 0o777) }, "v1.0.0", false, "other accounts"},
		{"the station belongs to another server", func(r *rig, _ string) { r.authority = newRig(t, works).authority }, "v1.0.0", false, "another authority"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, works)
			program := r.live("v1.0.0")
			r.wants(wire.UpdateReporting, "", r.accepted())
			tt.change(r, program)
			runs := r.live(tt.version)
			if (runs == program) != tt.runs || !tt.runs && runs != r.installed {
				t.Errorf("%s runs", runs)
			}
			if tt.name == "others may write into the folder" {
				return // nothing can be noted there: it is not ours any more
			}
			if why := r.record().Report.Why; tt.why != "" && !strings.Contains(why, tt.why) {
				t.Errorf("why it does not run: %q; want %q", why, tt.why)
			}
		})
	}
}

func (r *rig) write(path, content string, mode os.FileMode) {
	r.t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) remove(path string) {
	r.t.Helper()
	if err := os.Remove(path); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) chmod(path string, mode os.FileMode) {
	r.t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		r.t.Fatal(err)
	}
}

// A program that a person installs while one is ready to be tried makes that one
// old.
func TestInstalledWhileReady(t *testing.T) {
	r := newRig(t, works)
	r.did = func(step string) {
		if step == "record verified" {
			panic(killed(step))
		}
	}
	r.live("v1.0.0")
	r.install("v2.0.0")
	r.did = nil
	if runs := r.live("v2.0.0"); runs != r.installed {
		t.Errorf("%s runs", runs)
	}
	r.wants(wire.UpdateRefused, "installed meanwhile")
}
