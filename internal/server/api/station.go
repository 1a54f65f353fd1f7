package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eljefe/eljefe/internal/store"
	"github.com/eljefe/eljefe/internal/wire"
)

// StationAgent is what the page of one station says of its agent.
type StationAgent struct {
	HostName           string         `json:"host_name" doc:"as the computer calls itself"`
	Fingerprint        string         `json:"fingerprint" doc:"of the machine: its own claim"`
	Booted             *time.Time     `json:"booted,omitempty"`
	AgentBegan         *time.Time     `json:"agent_began,omitempty"`
	EnrolmentKey       string         `json:"enrolment_key,omitempty" doc:"name of the key with which it enrolled"`
	PartedFrom         *StationName   `json:"parted_from,omitempty" doc:"it is a clone of this station"`
	SameMachine        []SameMachine  `json:"same_machine" doc:"other stations on the same machine: what it was before it was installed anew"`
	Report             *wire.Hello    `json:"report,omitempty" doc:"its last hello; absent until there was one"`
	CertificateExpires *time.Time     `json:"certificate_expires,omitempty" doc:"until when the newest certificate is good that was given to it; absent: it has none, or they were revoked"`
	Gaps7d             int64          `json:"gaps_7d" doc:"gaps that ended in the last seven days"`
	Clock              []ClockReading `json:"clock" doc:"newest first, where the difference has changed"`
}

// SameMachine is another station on the same machine.
type SameMachine struct {
	StationName
	LastContact *time.Time `json:"last_contact,omitempty"`
}

// ClockReading is what two clocks showed at the same moment.
type ClockReading struct {
	ServerTime  time.Time `json:"server_time"`
	StationTime time.Time `json:"station_time"`
}

func stationAgentJSON(d *store.StationDetail) (*StationAgent, error) {
	a := d.Agent
	if a == nil {
		return nil, nil
	}
	j := &StationAgent{
		HostName: a.HostName, Fingerprint: a.Fingerprint, Booted: utc(a.Booted), AgentBegan: utc(a.AgentBegan), EnrolmentKey: a.EnrolmentKey,
		SameMachine: make([]SameMachine, len(d.SameMachine)), CertificateExpires: utc(d.CertificateExpires), Gaps7d: d.WeekGaps, Clock: make([]ClockReading, len(d.Clock)),
	}
	if a.PartedFrom != 0 {
		j.PartedFrom = &StationName{a.PartedFrom, a.PartedName}
	}
	for i, s := range d.SameMachine {
		j.SameMachine[i] = SameMachine{StationName{s.ID, s.Name}, utc(s.LastContact)}
	}
	for i, c := range d.Clock {
		j.Clock[i] = ClockReading{c.Server.UTC(), c.Station.UTC()}
	}
	if len(d.Report) > 0 {
		if err := json.Unmarshal(d.Report, &j.Report); err != nil {
			return nil, fmt.Errorf("read the report of station %d: %w", d.ID, err)
		}
	}
	return j, nil
}

type stationOutput struct {
	Body struct {
		Station
		Binaries int64         `json:"binaries" doc:"that have run there"`
		Users    int64         `json:"users" doc:"that have run something there"`
		Agent    *StationAgent `json:"agent,omitempty" doc:"absent of an imported one"`
	}
}

func (a *API) getStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	now := a.Now()
	s, err := a.Store.StationDetail(ctx, in.ID, now, now.Add(-recently))
	if err != nil {
		return nil, err
	}
	f, err := a.Store.StationFigures(ctx, in.ID, now.Add(-recently))
	if err != nil {
		return nil, err
	}
	out := &stationOutput{}
	out.Body.Station, out.Body.Binaries, out.Body.Users = stationJSON(&s.ListedStation), f.Binaries, f.Users
	out.Body.Agent, err = stationAgentJSON(s)
	return out, err
}

type changeStationInput struct {
	IDInput
	Body struct {
		Name   *string  `json:"name,omitempty" maxLength:"255" doc:"that stays, whatever the computer calls itself; empty: as the computer calls itself again"`
		Labels []string `json:"labels,omitempty" maxItems:"50" nullable:"true" doc:"in place of those it has; absent: they stay"`
	}
}

func (a *API) changeStation(ctx context.Context, in *changeStationInput) (*stationOutput, error) {
	before, err := a.Store.StationDetail(ctx, in.ID, a.Now(), a.Now())
	if err != nil {
		return nil, err
	}
	if in.Body.Labels != nil {
		if err := a.Store.LabelStation(ctx, in.ID, in.Body.Labels); err != nil {
			return nil, err
		}
		if err := a.audit(ctx, "station.label", before.Name, map[string]any{"id": in.ID, "labels": in.Body.Labels}); err != nil {
			return nil, err
		}
	}
	if in.Body.Name != nil {
		if err := a.Store.RenameStation(ctx, in.ID, *in.Body.Name); err != nil {
			return nil, err
		}
		if err := a.audit(ctx, "station.rename", before.Name, map[string]any{"id": in.ID, "name": *in.Body.Name}); err != nil {
			return nil, err
		}
	}
	return a.getStation(ctx, &in.IDInput)
}

func (a *API) retireStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	return a.endStation(ctx, in, "station.retire", a.Store.RetireStation)
}

func (a *API) restoreStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	return a.endStation(ctx, in, "station.restore", a.Store.RestoreStation)
}

func (a *API) revokeStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	return a.endStation(ctx, in, "station.revoke", a.Store.RevokeStation)
}

// endStation says whether something is still expected of a station.
func (a *API) endStation(ctx context.Context, in *IDInput, action string, end func(context.Context, int64) error) (*stationOutput, error) {
	if err := end(ctx, in.ID); err != nil {
		return nil, err
	}
	out, err := a.getStation(ctx, in)
	if err != nil {
		return nil, err
	}
	return out, a.audit(ctx, action, out.Body.Name, map[string]any{"id": in.ID})
}

func (a *API) removeStation(ctx context.Context, in *IDInput) (*struct{}, error) {
	s, err := a.Store.Station(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveStation(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "station.remove", s.Name, map[string]any{"id": s.ID, "processes": s.Starts})
}
