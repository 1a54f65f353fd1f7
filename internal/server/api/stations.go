package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/store"
)

// Station is a monitored machine, or a computer that an imported log speaks of.
// What follows the labels is known of stations that have enrolled, most of it
// from their last hello.
type Station struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name" doc:"as the computer calls itself, or as a person named it"`
	Origin    string    `json:"origin" enum:"live,imported"`
	State     string    `json:"state" enum:"online,silent,waiting,retired,revoked,imported" doc:"silent: no contact for three minutes; waiting: enrolled, and none since"`
	FirstSeen time.Time `json:"first_seen" doc:"time of the oldest event"`
	LastSeen  time.Time `json:"last_seen" doc:"time of the newest event"`
	Processes int64     `json:"processes" doc:"process starts that were ever stored"`
	Events24h int64     `json:"events_24h" doc:"events in the 24 hours before now and in the rest of the hour in which they began"`
	Silent    bool      `json:"silent" doc:"its state is silent"`
	Labels    []string  `json:"labels"`

	System        string     `json:"system,omitempty"`
	Architecture  string     `json:"architecture,omitempty"`
	AgentVersion  string     `json:"agent_version,omitempty"`
	SensorMode    string     `json:"sensor_mode,omitempty" doc:"which source of events is in use"`
	SensorState   string     `json:"sensor_state,omitempty" doc:"working, degraded or stopped"`
	LastContact   *time.Time `json:"last_contact,omitempty" doc:"by the server's clock"`
	ClockOffsetMS *int64     `json:"clock_offset_ms,omitempty" doc:"the server's clock minus the station's"`
	Address       string     `json:"address,omitempty" doc:"that it called from"`
	Waiting       int64      `json:"waiting,omitempty" doc:"records that it had not sent yet at its last contact"`
	Renamed       bool       `json:"renamed,omitempty" doc:"a person gave it its name"`
	Enrolled      *time.Time `json:"enrolled,omitempty"`
	Retired       *time.Time `json:"retired,omitempty"`
	Revoked       *time.Time `json:"revoked,omitempty"`
}

const recently = 24 * time.Hour

func stationJSON(s *store.ListedStation) Station {
	j := Station{
		ID: s.ID, Name: s.Name, Origin: string(s.Origin), State: string(s.State), FirstSeen: s.FirstSeen.UTC(), LastSeen: s.LastSeen.UTC(),
		Processes: s.Starts, Events24h: s.Recent, Silent: s.State == store.StateSilent, Labels: []string{},
	}
	if a := s.Agent; a != nil {
		enrolled := a.Enrolled.UTC()
		j.Labels, j.System, j.Architecture, j.AgentVersion = listOf(a.Labels), a.System, a.Architecture, a.AgentVersion
		j.SensorMode, j.SensorState, j.LastContact, j.ClockOffsetMS = string(a.SensorMode), a.SensorState, utc(a.LastContact), a.ClockOffsetMS
		j.Address, j.Waiting, j.Renamed, j.Enrolled, j.Retired, j.Revoked = a.Address, a.Waiting, a.Renamed, &enrolled, utc(a.Retired), utc(a.Revoked)
	}
	return j
}

func stationsJSON(list []store.ListedStation) []Station {
	all := make([]Station, len(list))
	for i := range list {
		all[i] = stationJSON(&list[i])
	}
	return all
}

// FindStationsInput chooses stations.
type FindStationsInput struct {
	Search       string `query:"search" maxLength:"256" doc:"part of the name"`
	Show         string `query:"show" enum:"live,online,silent,waiting,retired,revoked,imported" doc:"those that report by themselves, or those in one state; absent: all but the retired ones"`
	Label        string `query:"label" maxLength:"256" doc:"that they have"`
	System       string `query:"system" maxLength:"256"`
	AgentVersion string `query:"agent_version" maxLength:"256"`
	SensorMode   string `query:"sensor_mode" maxLength:"256"`
	EnrolmentKey string `query:"enrolment_key" maxLength:"256" doc:"name of the key with which they enrolled"`
	KeyID        int64  `query:"enrolment_key_id" minimum:"0" doc:"number of the key with which they enrolled; 0: any"`
}

// list returns what the input asks of the store.
func (in *FindStationsInput) list(now time.Time) store.StationList {
	return store.StationList{
		Search: in.Search, Show: store.Shown(in.Show), Label: in.Label, System: in.System, AgentVersion: in.AgentVersion, SensorMode: in.SensorMode,
		EnrolmentKey: in.EnrolmentKey, KeyID: in.KeyID, Since: now.Add(-recently), Now: now,
	}
}

type listStationsInput struct {
	FindStationsInput
	Sort   string `query:"sort" enum:"name,last_seen,first_seen,last_contact,enrolled,processes" default:"name"`
	Order  string `query:"order" enum:"asc,desc" default:"asc"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" maxLength:"1024"`
}

type stationsOutput struct {
	Body struct {
		Stations []Station `json:"stations"`
		Next     string    `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
	}
}

func (a *API) listStations(ctx context.Context, in *listStationsInput) (*stationsOutput, error) {
	l := in.list(a.Now())
	l.Sort, l.Descending, l.Cursor, l.Limit = in.Sort, in.Order == "desc", in.Cursor, in.Limit
	stations, next, err := a.Store.Stations(ctx, l)
	if err != nil {
		return nil, err
	}
	out := &stationsOutput{}
	out.Body.Stations, out.Body.Next = stationsJSON(stations), next
	return out, nil
}

type stationFacetsInput struct {
	FindStationsInput
	Field []string `query:"field,explode" required:"true" minItems:"1" maxItems:"8" enum:"state,origin,label,system,agent_version,sensor_mode,enrolment_key" doc:"once for each field"`
	Limit int      `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"values of each field"`
}

func (a *API) getStationFacets(ctx context.Context, in *stationFacetsInput) (*facetsOutput, error) {
	l := in.list(a.Now())
	l.Limit = in.Limit
	found, err := a.Store.StationFacets(ctx, l, in.Field)
	if err != nil {
		return nil, err
	}
	return facetsJSON(found), nil
}

type stationBinariesInput struct {
	IDInput
	PartInput
}

func (a *API) listStationBinaries(ctx context.Context, in *stationBinariesInput) (*binariesOutput, error) {
	list, next, err := a.Store.StationBinaries(ctx, in.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &binariesOutput{}
	out.Body.Binaries, out.Body.Next = binariesJSON(list), next
	return out, nil
}

type stationUsersInput struct {
	IDInput
	MostInput
}

// StationUser is an account that has run something on a station.
type StationUser struct {
	User      string    `json:"user" doc:"DOMAIN\\name"`
	UserSID   string    `json:"user_sid,omitempty"`
	Binaries  int64     `json:"binaries" doc:"that it ran there"`
	FirstSeen time.Time `json:"first_seen"`
}

type stationUsersOutput struct {
	Body struct {
		Users []StationUser `json:"users" doc:"those with most binaries first"`
		More  bool          `json:"more"`
	}
}

func (a *API) listStationUsers(ctx context.Context, in *stationUsersInput) (*stationUsersOutput, error) {
	list, more, err := a.Store.StationUsers(ctx, in.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &stationUsersOutput{}
	out.Body.Users, out.Body.More = make([]StationUser, len(list)), more
	for i, u := range list {
		out.Body.Users[i] = StationUser{User: u.User, UserSID: u.UserSID, Binaries: u.Count, FirstSeen: u.FirstSeen.UTC()}
	}
	return out, nil
}
