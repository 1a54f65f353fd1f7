package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/event"
	"github.com/eljefe/eljefe/internal/store"
)

// Station is a monitored machine, or a computer that an imported log speaks of.
type Station struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name" doc:"as the computer calls itself"`
	Origin    string    `json:"origin" enum:"live,imported"`
	FirstSeen time.Time `json:"first_seen" doc:"time of the oldest event"`
	LastSeen  time.Time `json:"last_seen" doc:"time of the newest event"`
	Processes int64     `json:"processes" doc:"process starts that were ever stored"`
	Events24h int64     `json:"events_24h" doc:"events in the 24 hours before now and in the rest of the hour in which they began"`
	Silent    bool      `json:"silent" doc:"live, and no event for over 24 hours"`
}

const recently = 24 * time.Hour

func stationJSON(s *store.Station, recent int64, now time.Time) Station {
	return Station{
		ID: s.ID, Name: s.Name, Origin: string(s.Origin), FirstSeen: s.FirstSeen.UTC(), LastSeen: s.LastSeen.UTC(), Processes: s.Starts,
		Events24h: recent, Silent: s.Origin == event.Live && s.LastSeen.Before(now.Add(-recently)),
	}
}

func stationsJSON(list []store.ListedStation, now time.Time) []Station {
	all := make([]Station, len(list))
	for i := range list {
		all[i] = stationJSON(&list[i].Station, list[i].Recent, now)
	}
	return all
}

// FindStationsInput chooses stations.
type FindStationsInput struct {
	Search string `query:"search" maxLength:"256" doc:"part of the name"`
	Show   string `query:"show" enum:"live,silent,imported" doc:"absent: all. Silent ones are live, and have had no event for over 24 hours"`
}

// list returns what the input asks of the store.
func (in *FindStationsInput) list(now time.Time) store.StationList {
	return store.StationList{Search: in.Search, Show: store.Shown(in.Show), Since: now.Add(-recently)}
}

type listStationsInput struct {
	FindStationsInput
	Sort   string `query:"sort" enum:"name,last_seen,first_seen,processes" default:"name"`
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
	now := a.Now()
	l := in.list(now)
	l.Sort, l.Descending, l.Cursor, l.Limit = in.Sort, in.Order == "desc", in.Cursor, in.Limit
	stations, next, err := a.Store.Stations(ctx, l)
	if err != nil {
		return nil, err
	}
	out := &stationsOutput{}
	out.Body.Stations, out.Body.Next = stationsJSON(stations, now), next
	return out, nil
}

type stationOutput struct {
	Body struct {
		Station
		Binaries int64 `json:"binaries" doc:"that have run there"`
		Users    int64 `json:"users" doc:"that have run something there"`
	}
}

func (a *API) getStation(ctx context.Context, in *IDInput) (*stationOutput, error) {
	s, err := a.Store.Station(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	f, err := a.Store.StationFigures(ctx, in.ID, now.Add(-recently))
	if err != nil {
		return nil, err
	}
	out := &stationOutput{}
	out.Body.Station, out.Body.Binaries, out.Body.Users = stationJSON(s, f.Recent, now), f.Binaries, f.Users
	return out, nil
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

func (a *API) removeStation(ctx context.Context, in *IDInput) (*struct{}, error) {
	s, err := a.Store.Station(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.Store.RemoveImportedStation(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, a.audit(ctx, "station.remove", s.Name, map[string]any{"id": s.ID, "processes": s.Starts})
}

type statusOutput struct {
	Body struct {
		Version  string `json:"version"`
		Demo     bool   `json:"demo"`
		Database struct {
			Version string `json:"version"`
			Private bool   `json:"private" doc:"run by this server itself"`
			Bytes   int64  `json:"bytes"`
		} `json:"database"`
		Events struct {
			Starts int64 `json:"starts" doc:"process starts stored, estimated"`
			Stops  int64 `json:"stops" doc:"process stops stored, estimated"`
		} `json:"events"`
		Oldest   *time.Time `json:"oldest,omitempty" doc:"time of the oldest event"`
		Newest   *time.Time `json:"newest,omitempty" doc:"time of the newest event"`
		Stations int64      `json:"stations"`
	}
}

func (a *API) getStatus(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	s, err := a.Store.Status(ctx)
	if err != nil {
		return nil, err
	}
	out := &statusOutput{}
	b := &out.Body
	b.Version, b.Demo, b.Database.Version, b.Database.Private, b.Database.Bytes = a.Version, a.Demo, s.ServerVersion, a.Private, s.Bytes
	b.Events.Starts, b.Events.Stops, b.Oldest, b.Newest, b.Stations = s.Starts, s.Stops, s.Oldest, s.Newest, s.Stations
	return out, nil
}
