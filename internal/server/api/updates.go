package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/installer/catalogue"
	"github.com/eljefe/eljefe/internal/rollout"
	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/update"
	"github.com/eljefe/eljefe/internal/wire"
)

// UpdateSettings say how far agents are to be brought to a newer version.
type UpdateSettings struct {
	Enabled   bool     `json:"enabled" doc:"the one switch; off in a new installation"`
	Labels    []string `json:"labels" maxItems:"50" doc:"stations with one of these; none: all stations"`
	Share     int      `json:"share" minimum:"1" maximum:"100" doc:"per cent of those; always the same ones, and more as it grows"`
	Threshold int      `json:"threshold" minimum:"1" maximum:"100" doc:"per cent of the stations that were updated: when so many failed, it pauses by itself"`
}

// UpdateProgram is the agent that is offered to stations of one kind.
type UpdateProgram struct {
	System  string      `json:"system" enum:"windows,linux"`
	Arch    string      `json:"arch"`
	Version string      `json:"version"`
	Size    int64       `json:"size" doc:"bytes"`
	SHA256  string      `json:"sha256"`
	Signed  bool        `json:"signed" doc:"by a key for code, of the operator's own"`
	Problem *fault.Text `json:"problem,omitempty" doc:"why it is not offered; absent: it is"`
}

// UpdateVersion is how many stations have the same agent.
type UpdateVersion struct {
	Version  string `json:"version" doc:"of the agent"`
	System   string `json:"system" doc:"windows or linux; empty: its agent takes no updates"`
	Arch     string `json:"arch"`
	Stations int    `json:"stations"`
	InScope  int    `json:"in_scope" doc:"of those, that the settings choose"`
	Standing string `json:"standing" enum:"current,behind,unable,no_program" doc:"measured by what is offered to them: as new or newer, older, takes no updates, or nothing is offered to such a station"`
}

// UpdatePause says why nothing is offered for a while.
type UpdatePause struct {
	At  time.Time  `json:"at"`
	By  string     `json:"by" doc:"empty: it paused by itself"`
	Why fault.Text `json:"why"`
}

// UpdateStations are figures of stations that report by themselves.
type UpdateStations struct {
	All       int `json:"all" doc:"without retired and revoked ones"`
	InScope   int `json:"in_scope" doc:"that the settings choose"`
	Current   int `json:"current" doc:"of those in scope, as are the next two"`
	Behind    int `json:"behind"`
	Unable    int `json:"unable"`
	UnderWay  int `json:"under_way"`
	Succeeded int `json:"succeeded" doc:"since it was switched on or resumed"`
	Failed    int `json:"failed" doc:"since it was switched on or resumed"`
}

type updatesOutput struct {
	Body Updates
}

// Updates is the state of the roll-out of a newer agent.
type Updates struct {
	Settings  UpdateSettings  `json:"settings"`
	State     string          `json:"state" enum:"off,rolling,paused,unavailable"`
	WhyNot    *fault.Text     `json:"why_not,omitempty" doc:"why nothing can be offered"`
	Paused    *UpdatePause    `json:"paused,omitempty"`
	Changed   *time.Time      `json:"changed,omitempty" doc:"when the settings were changed last; absent: never"`
	ChangedBy string          `json:"changed_by,omitempty"`
	Programs  []UpdateProgram `json:"programs"`
	Versions  []UpdateVersion `json:"versions" doc:"those of most stations first"`
	Stations  UpdateStations  `json:"stations"`
	AtOnce    int             `json:"at_once" doc:"so many are under way at a time at most"`
}

func (a *API) getUpdates(ctx context.Context, _ *struct{}) (*updatesOutput, error) {
	settings, err := a.Store.UpdateSettings(ctx)
	if err != nil {
		return nil, err
	}
	return a.updates(ctx, settings)
}

func (a *API) updates(ctx context.Context, u *store.UpdateSettings) (*updatesOutput, error) {
	c, err := a.clients()
	if err != nil {
		return nil, err
	}
	programs, err := rollout.Programs(c.Catalogue)
	if err != nil {
		return nil, err
	}
	groups, figures, err := a.Store.UpdateStations(ctx, a.Now())
	if err != nil {
		return nil, err
	}
	out := &updatesOutput{}
	b := &out.Body
	b.Settings = UpdateSettings{Enabled: u.Enabled, Labels: listOf(u.Labels), Share: u.Share, Threshold: u.Threshold}
	b.Changed, b.ChangedBy = utc(u.Changed), u.ChangedBy
	b.Programs, b.Versions = make([]UpdateProgram, len(programs)), []UpdateVersion{}
	offered := 0
	for i := range programs {
		b.Programs[i] = updateProgramJSON(&programs[i])
		if programs[i].Problem == nil {
			offered++
		}
	}
	switch {
	case len(programs) == 0:
		b.WhyNot = textOf(catalogue.ErrNone())
	case offered == 0:
		b.WhyNot = textOf(programs[0].Problem)
	}
	switch {
	case !u.Enabled:
		b.State = "off"
	case b.WhyNot != nil:
		b.State = "unavailable"
	case u.Paused != nil:
		b.State = "paused"
	default:
		b.State = "rolling"
	}
	if u.Paused != nil && u.PausedWhy != nil {
		b.Paused = &UpdatePause{At: u.Paused.UTC(), By: u.PausedBy, Why: *u.PausedWhy}
	}
	b.Stations = UpdateStations{UnderWay: figures.UnderWay, Succeeded: figures.Succeeded, Failed: figures.Failed}
	for _, g := range groups {
		if g.System != "windows" && g.System != "linux" {
			g.System = "" // stations claim it
		}
		b.add(g, programs)
	}
	b.AtOnce = store.UpdatesAtOnce(b.Stations.InScope)
	return out, nil
}

// add counts a group of stations; those that the settings choose and the others
// have one line.
func (b *Updates) add(g store.UpdateGroup, programs []rollout.Program) {
	v := UpdateVersion{Version: g.Version, System: g.System, Arch: g.Arch, Standing: standing(g, programs)}
	at := -1
	for i := range b.Versions {
		if o := &b.Versions[i]; o.Version == v.Version && o.System == v.System && o.Arch == v.Arch {
			at = i
		}
	}
	if at < 0 {
		b.Versions = append(b.Versions, v)
		at = len(b.Versions) - 1
	}
	b.Versions[at].Stations += g.Count
	b.Stations.All += g.Count
	if !g.Chosen {
		return
	}
	b.Versions[at].InScope += g.Count
	b.Stations.InScope += g.Count
	switch v.Standing {
	case "current":
		b.Stations.Current += g.Count
	case "behind":
		b.Stations.Behind += g.Count
	default:
		b.Stations.Unable += g.Count
	}
}

// standing compares what stations have with what is offered to them.
func standing(g store.UpdateGroup, programs []rollout.Program) string {
	if g.System == "" {
		return "unable"
	}
	for i := range programs {
		p := &programs[i]
		if p.Problem != nil || p.Format.System() != g.System || p.Arch != g.Arch {
			continue
		}
		newer, err := update.Newer(p.Version, g.Version)
		switch {
		case err != nil:
			return "unable" // its version has no order
		case newer:
			return "behind"
		}
		return "current"
	}
	return "no_program"
}

func updateProgramJSON(p *rollout.Program) UpdateProgram {
	j := UpdateProgram{System: p.Format.System(), Arch: p.Arch, Version: p.Version, Size: p.Size, SHA256: p.SHA256, Signed: p.Signer != ""}
	if p.Problem != nil {
		j.Problem = textOf(p.Problem)
	}
	return j
}

type setUpdatesInput struct {
	From
	Body struct {
		UpdateSettings
		Password string `json:"password,omitempty" maxLength:"1024" doc:"the caller's own, unless it is switched off; a token needs none"`
	}
}

func (a *API) setUpdates(ctx context.Context, in *setUpdatesInput) (*updatesOutput, error) {
	b := &in.Body
	if b.Enabled {
		// From then on the server has programs run on stations.
		if err := a.confirm(ctx, b.Password, in.From); err != nil {
			return nil, err
		}
	}
	return a.changeUpdates(ctx, "update.set", map[string]any{"enabled": b.Enabled, "labels": listOf(b.Labels), "share": b.Share, "threshold": b.Threshold},
		func() (*store.UpdateSettings, error) {
			return a.Store.ChangeUpdates(ctx, store.UpdateSettings{Enabled: b.Enabled, Labels: b.Labels, Share: b.Share, Threshold: b.Threshold}, caller(ctx).User.Name)
		})
}

func (a *API) pauseUpdates(ctx context.Context, _ *struct{}) (*updatesOutput, error) {
	return a.changeUpdates(ctx, "update.pause", nil, func() (*store.UpdateSettings, error) { return a.Store.PauseUpdates(ctx, caller(ctx).User.Name) })
}

type resumeUpdatesInput struct {
	From
	Body struct {
		Retry    bool   `json:"retry,omitempty" doc:"offer it anew to stations where it failed"`
		Password string `json:"password,omitempty" maxLength:"1024" doc:"the caller's own; a token needs none"`
	}
}

func (a *API) resumeUpdates(ctx context.Context, in *resumeUpdatesInput) (*updatesOutput, error) {
	if err := a.confirm(ctx, in.Body.Password, in.From); err != nil {
		return nil, err
	}
	return a.changeUpdates(ctx, "update.resume", map[string]any{"retry": in.Body.Retry}, func() (*store.UpdateSettings, error) { return a.Store.ResumeUpdates(ctx, in.Body.Retry) })
}

// changeUpdates records what is to be changed before it acts: stations may be
// offered something the moment after.
func (a *API) changeUpdates(ctx context.Context, action string, detail map[string]any, change func() (*store.UpdateSettings, error)) (*updatesOutput, error) {
	if err := a.audit(ctx, action, "agents", detail); err != nil {
		return nil, err
	}
	settings, err := change()
	if err != nil {
		return nil, err
	}
	return a.updates(ctx, settings)
}

// StationUpdate is what became of one offer to one station.
type StationUpdate struct {
	ID        int64       `json:"id"`
	Station   StationName `json:"station"`
	From      string      `json:"from" doc:"version"`
	To        string      `json:"to" doc:"version"`
	Attempt   int         `json:"attempt" doc:"a higher one each time somebody had failed stations tried again"`
	State     string      `json:"state" enum:"offered,fetching,verified,installed,reporting,refused,failed,rolled_back,lost" doc:"reporting: it is done; lost: not heard of since it went over to the new agent"`
	Why       string      `json:"why" doc:"it ended without success; the station's own words"`
	Who       string      `json:"who" doc:"whose settings it was offered by"`
	Offered   time.Time   `json:"offered"`
	Fetching  *time.Time  `json:"fetching,omitempty"`
	Verified  *time.Time  `json:"verified,omitempty"`
	Installed *time.Time  `json:"installed,omitempty"`
	Ended     *time.Time  `json:"ended,omitempty"`
	Updated   time.Time   `json:"updated"`
}

type listStationUpdatesInput struct {
	Station int64  `query:"station" minimum:"0" doc:"number of a station; absent: all"`
	State   string `query:"state" enum:"offered,fetching,verified,installed,reporting,refused,failed,rolled_back,lost" doc:"absent: any"`
	Version string `query:"version" maxLength:"128" doc:"to which; absent: any"`
	PartInput
}

type stationUpdatesOutput struct {
	Body struct {
		Updates []StationUpdate `json:"updates" doc:"newest first"`
		Next    string          `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listStationUpdates(ctx context.Context, in *listStationUpdatesInput) (*stationUpdatesOutput, error) {
	list, next, err := a.Store.StationUpdates(ctx, store.UpdateList{
		Station: in.Station, State: wire.UpdateState(in.State), Version: in.Version, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &stationUpdatesOutput{}
	out.Body.Updates, out.Body.Next = make([]StationUpdate, len(list)), next
	for i := range list {
		u := &list[i]
		out.Body.Updates[i] = StationUpdate{
			ID: u.ID, Station: StationName{u.Station, u.StationName}, From: u.From, To: u.To, Attempt: u.Attempt, State: string(u.State), Why: u.Why, Who: u.Who,
			Offered: u.Offered.UTC(), Fetching: utc(u.Fetching), Verified: utc(u.Verified), Installed: utc(u.Installed), Ended: utc(u.Ended), Updated: u.Updated.UTC(),
		}
	}
	return out, nil
}
