//go:build unix

package agentapi_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/pki"
	"github.com/eljefe/eljefe/internal/rollout"
	"github.com/eljefe/eljefe/internal/server/agentapi"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// updatesRig is a rig whose catalogue has one program.
type updatesRig struct {
	*rig
	t   *testing.T
	dir string // of the catalogue
}

func newUpdatesRig(t *testing.T) *updatesRig {
	u := &updatesRig{t: t, dir: filepath.Join(t.TempDir(), "clients")}
	var ahead func() time.Time
	u.rig = newRig(t, options{updates: func(db *store.Store, a *pki.Authority) agentapi.Updates {
		key, err := a.UpdateKey()
		if err != nil {
			t.Fatal(err)
		}
		return rollout.New(rollout.Config{Store: db, Catalogue: catalogue.New(nil, u.dir), Key: key, Now: func() time.Time { return ahead() }})
	}})
	ahead = func() time.Time { return time.Now().Add(time.Duration(u.ahead.Load())) }
	return u
}

// have puts a program into the catalogue.
func (u *updatesRig) have(version string) []byte {
	u.t.Helper()
	content := bytes.Repeat([]byte(version), wire.MaxPiece/4)
	list := []installer.Generic{{Format: installer.Debian, Arch: "amd64", Version: version, Content: content}}
	if err := catalogue.Write(u.dir, list, nil); err != nil {
		u.t.Fatal(err)
	}
	u.later(time.Minute) // it is looked up anew
	return content
}

func (u *updatesRig) set(s store.UpdateSettings) {
	u.t.Helper()
	if _, err := u.db.ChangeUpdates(u.t.Context(), s, "ana"); err != nil {
		u.t.Fatal(err)
	}
	u.later(time.Minute)
}

// hello says how an agent of a version is, and returns what it is offered.
func (u *updatesRig) hello(a *agent, version string, report wire.UpdateReport) *update.Offer {
	u.t.Helper()
	report.System = "linux"
	a.hello.Machine.AgentVersion, a.hello.Update, a.hello.Now = version, &report, time.Now()
	var w wire.Welcome
	a.greet().into(u.t, &w)
	if w.Update == nil {
		return nil
	}
	o, err := update.Open(w.Update, u.authority.Fingerprint())
	if err != nil {
		u.t.Fatal(err)
	}
	return o
}

// report is what an agent says that has come so far with an offer.
func report(o *update.Offer, state wire.UpdateState, why string) wire.UpdateReport {
	return wire.UpdateReport{State: state, SHA256: o.SHA256, Attempt: o.Attempt, Why: why}
}

func (u *updatesRig) updates() []store.StationUpdate {
	u.t.Helper()
	list, _, err := u.db.StationUpdates(u.t.Context(), store.UpdateList{Limit: 500})
	if err != nil {
		u.t.Fatal(err)
	}
	return list
}

// A station is offered what is newer than what it has, gets it in pieces, and
// what it says of it is the history.
func TestNewerAgentIsOffered(t *testing.T) {
	u := newUpdatesRig(t)
	content := u.have("v2.0.0")
	a := u.agent(t, "ACC-07")
	none := wire.UpdateReport{}
	if o := u.hello(a, "v1.0.0", none); o != nil {
		t.Errorf("%+v is offered while updates are off", o)
	}
	u.set(store.UpdateSettings{Enabled: true, Share: 100, Threshold: 10})
	for _, version := range []string{"v2.0.0", "v2.0.0-1-gabcd", "v3.0.0", "development"} {
		if o := u.hello(a, version, none); o != nil {
			t.Errorf("%s is offered to an agent %s", o.Version, version)
		}
	}
	o := u.hello(a, "v1.0.0", none)
	if o == nil || o.Station != a.station || o.Version != "v2.0.0" || o.System != "linux" || o.Arch != "amd64" || o.Size != int64(len(content)) || o.Attempt != 1 {
		t.Fatalf("offered: %+v", o)
	}
	var got []byte
	for {
		r := a.do("GET", fmt.Sprintf("%s?offset=%d", strings.Replace(wire.PathUpdate, "{sha256}", o.SHA256, 1), len(got)), nil)
		if r.status != http.StatusOK || len(r.body) > wire.MaxPiece {
			t.Fatalf("a piece is %d with %d bytes", r.status, len(r.body))
		}
		if len(r.body) == 0 {
			break
		}
		got = append(got, r.body...)
	}
	if sum := sha256.Sum256(got); hex.EncodeToString(sum[:]) != o.SHA256 {
		t.Errorf("the pieces are %d bytes and another program", len(got))
	}
	for _, state := range []wire.UpdateState{wire.UpdateFetching, wire.UpdateVerified} {
		u.hello(a, "v1.0.0", report(o, state, ""))
	}
	u.hello(a, "v2.0.0", report(o, wire.UpdateInstalled, ""))
	u.hello(a, "v2.0.0", report(o, wire.UpdateReporting, ""))
	u.hello(a, "v2.0.0", report(o, wire.UpdateRolledBack, "later it says something else"))
	list := u.updates()
	if len(list) != 1 || list[0].State != wire.UpdateReporting || list[0].From != "v1.0.0" || list[0].To != "v2.0.0" || list[0].Who != "ana" ||
		list[0].Fetching == nil || list[0].Verified == nil || list[0].Installed == nil || list[0].Ended == nil || list[0].Why != "" {
		t.Errorf("the history is %+v", list)
	}
	path := strings.Replace(wire.PathUpdate, "{sha256}", o.SHA256, 1)
	a.do("GET", path, nil).wants(t, "a program after the update", http.StatusNotFound, wire.CodeNoUpdate)
	a.do("GET", path[:len(path)-2], nil).wants(t, "half a digest", http.StatusUnprocessableEntity, wire.CodeMalformed)
	u.agent(t, "ACC-08").do("GET", path, nil).wants(t, "another station's program", http.StatusNotFound, wire.CodeNoUpdate)
	a.hello.Update = &wire.UpdateReport{State: "eaten"}
	a.greet().wants(t, "a state that there is not", http.StatusUnprocessableEntity, wire.CodeMalformed)
}

// Failures pause, are not tried again by themselves, and somebody can have them
// tried again.
func TestFailuresPause(t *testing.T) {
	u := newUpdatesRig(t)
	u.have("v2.0.0")
	u.set(store.UpdateSettings{Enabled: true, Share: 100, Threshold: 40})
	var agents []*agent
	for i := range 4 {
		agents = append(agents, u.agent(t, fmt.Sprintf("A-%d", i)))
	}
	var offers []*update.Offer
	for _, a := range agents {
		o := u.hello(a, "v1.0.0", wire.UpdateReport{})
		if o == nil {
			t.Fatalf("%s is offered nothing", a.hello.Machine.Name)
		}
		offers = append(offers, o)
	}
	u.hello(agents[0], "v2.0.0", report(offers[0], wire.UpdateReporting, ""))
	u.hello(agents[1], "v2.0.0", report(offers[1], wire.UpdateReporting, ""))
	u.hello(agents[2], "v1.0.0", report(offers[2], wire.UpdateRolledBack, "=cmd|' \x00 it crashed"))
	settings, err := u.db.UpdateSettings(t.Context())
	if err != nil || settings.Paused != nil {
		t.Fatalf("one of three failed, and 40%% may: %+v, %v", settings, err)
	}
	u.later(time.Minute)
	if o := u.hello(agents[2], "v1.0.0", report(offers[2], wire.UpdateRolledBack, "again")); o != nil {
		t.Error("what failed is offered again")
	}
	// The fourth is not heard of any more.
	u.hello(agents[3], "v1.0.0", report(offers[3], wire.UpdateVerified, ""))
	u.later(time.Hour)
	if err := u.db.ExpireUpdates(t.Context(), time.Now().Add(time.Duration(u.ahead.Load()))); err != nil {
		t.Fatal(err)
	}
	if settings, err = u.db.UpdateSettings(t.Context()); err != nil || settings.Paused == nil || settings.PausedBy != "" || settings.PausedWhy.Code != "update_paused_failures" {
		t.Fatalf("two of four failed: %+v, %v", settings, err)
	}
	late := u.agent(t, "late")
	if o := u.hello(late, "v1.0.0", wire.UpdateReport{}); o != nil {
		t.Error("while it is paused something is offered")
	}
	u.hello(agents[3], "v2.0.0", report(offers[3], wire.UpdateReporting, "")) // it was slow
	for _, l := range u.updates() {
		want := wire.UpdateReporting
		if l.Station == agents[2].station {
			want = wire.UpdateRolledBack
			if strings.Contains(l.Why, "\x00") || !strings.Contains(l.Why, "it crashed") {
				t.Errorf("why it failed is kept as %q", l.Why)
			}
		}
		if l.State != want {
			t.Errorf("the update of %s is %s; want %s", l.StationName, l.State, want)
		}
	}
	if _, err := u.db.ResumeUpdates(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	u.later(time.Minute)
	if o := u.hello(agents[2], "v1.0.0", wire.UpdateReport{}); o == nil || o.Attempt != 2 {
		t.Errorf("after it was resumed, with those that failed, one of these is offered %+v", o)
	}
	if o := u.hello(late, "v1.0.0", wire.UpdateReport{}); o == nil {
		t.Error("after it was resumed nothing is offered")
	}
}

// Labels and share choose stations, and a larger share chooses those of a smaller
// one too; no more are under way than may be.
func TestStationsAreChosen(t *testing.T) {
	u := newUpdatesRig(t)
	u.have("v2.0.0")
	var agents []*agent
	for i := range 30 {
		a := u.agent(t, fmt.Sprintf("B-%02d", i))
		agents = append(agents, a)
		if i%2 == 0 {
			if err := u.db.LabelStation(t.Context(), a.station, []string{"pilot"}); err != nil {
				t.Fatal(err)
			}
		}
		u.hello(a, "v1.0.0", wire.UpdateReport{})
	}
	offered := map[int64]bool{}
	ask := func() (n int) {
		for i, a := range agents {
			o := u.hello(a, "v1.0.0", wire.UpdateReport{})
			u.later(10 * time.Second) // not full any more
			if o == nil {
				continue
			}
			n++
			if i%2 == 1 {
				t.Errorf("%s has no label and is offered %s", a.hello.Machine.Name, o.Version)
			}
			offered[a.station] = true
			u.hello(a, "v2.0.0", report(o, wire.UpdateReporting, ""))
			a.hello.Machine.AgentVersion = "v1.0.0"
		}
		return n
	}
	for _, share := range []int{50, 100} {
		u.set(store.UpdateSettings{Enabled: true, Labels: []string{"pilot"}, Share: share, Threshold: 10})
		ask()
		_, figures, err := u.db.UpdateStations(t.Context(), time.Now().Add(time.Duration(u.ahead.Load())))
		if err != nil || figures.Succeeded != len(offered) {
			t.Errorf("%d%%: %+v, %v; %d were offered", share, figures, err, len(offered))
		}
		if share == 50 && (len(offered) == 0 || len(offered) == 15) {
			t.Errorf("of 15 stations %d are in a share of half", len(offered)) // once in 16,000 runs this may be
		}
	}
	if len(offered) != 15 {
		t.Errorf("of 15 stations with the label %d were offered it", len(offered))
	}

	u.have("v3.0.0")
	u.set(store.UpdateSettings{Enabled: true, Share: 100, Threshold: 10})
	n := 0
	for _, a := range agents {
		if u.hello(a, "v1.0.0", wire.UpdateReport{}) != nil {
			n++
		}
		u.later(6 * time.Second)
	}
	if want := store.UpdatesAtOnce(len(agents)); n != want {
		t.Errorf("%d are under way; want %d", n, want)
	}
	if kind := fault.KindOf(u.db.NoteUpdate(t.Context(), 1, &wire.UpdateReport{State: wire.UpdateFailed, SHA256: "x"}, time.Now())); kind != fault.Invalid {
		t.Errorf("a report without a digest is %v", kind)
	}
}
